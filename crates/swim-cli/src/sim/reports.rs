//! What a run leaves behind besides its summary: lines of JSON, and a page for a browser.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use swim_sim::report::{Lines, Recorder};
use swim_sim::run::{Metrics, Observer, Outcome};

use super::files;
use crate::args::{ReportArgs, Subject};
use crate::errors::{Failure, reason};

/// Who looks on while a scenario runs, and where that goes.
#[derive(Debug)]
pub(crate) struct Reports {
    recorder: Recorder,
    lines: Option<Lines<BufWriter<File>>>,
    jsonl: Option<PathBuf>,
    html: Option<PathBuf>,
    open: bool,
}

impl Reports {
    /// Sees to it before the run that the files can be written, so that nobody waits for a run that can't be told. Lines are
    /// written as it goes; a page that is there already stays as it is until there is a new one.
    ///
    /// # Errors
    /// A usage failure if a file can't be created, or is one of those that are `read`.
    pub(crate) fn create(
        args: ReportArgs,
        scenario: &str,
        read: &[PathBuf],
    ) -> Result<Self, Failure> {
        let among_temporary =
            || std::env::temp_dir().join(format!("swim-{}.html", plain(scenario)));
        let html = args.html.or_else(|| args.open.then(among_temporary));
        let written = [
            ("--jsonl", args.jsonl.as_deref()),
            ("--html", html.as_deref()),
        ];
        files::check_apart(read, &written)?;
        let lines = args
            .jsonl
            .as_deref()
            .map(|path| create("--jsonl", path))
            .transpose()?;
        html.as_deref()
            .map(|path| check_writable("--html", path))
            .transpose()?;
        let lines = lines.map(|file| Lines::new(BufWriter::new(file)));
        Ok(Self {
            recorder: html
                .as_ref()
                .map_or_else(Recorder::new, |_| Recorder::for_a_page()),
            lines: lines.map(|lines| {
                if args.datagrams {
                    lines.with_datagrams()
                } else {
                    lines
                }
            }),
            jsonl: args.jsonl,
            html,
            open: args.open,
        })
    }

    /// Who looks on.
    pub(crate) fn eyes(&mut self) -> impl Observer {
        (&mut self.recorder, self.lines.as_mut())
    }

    /// The summary of the run that was just looked at.
    pub(crate) fn summary(&self, outcome: &Outcome) -> String {
        self.recorder.summary(outcome)
    }

    /// The figures of the run that was just looked at.
    pub(crate) fn metrics(&self) -> Metrics {
        self.recorder.metrics()
    }

    /// Writes what is still to be written. `command` repeats the run. Returns where the page is.
    ///
    /// # Errors
    /// If a file can't be written.
    pub(crate) fn finish(
        self,
        outcome: &Outcome,
        command: &str,
    ) -> Result<Option<PathBuf>, Failure> {
        if let Some(lines) = self.lines {
            let path = self.jsonl.unwrap_or_default();
            lines
                .finish()
                .map_err(|error| unwritten("--jsonl", &path, &error))?;
        }
        let Some(path) = self.html else {
            return Ok(None);
        };
        let page = self.recorder.page(outcome, command);
        written("--html", &path, &page)?;
        if self.open {
            show(&path)?;
        }
        Ok(Some(path))
    }
}

/// Creates the file that a flag names.
///
/// # Errors
/// A usage failure if that can't be.
fn create(flag: &str, path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| uncreated(flag, path, &error))
}

/// Sees to it that a file can be written once there is something to write; nothing is changed until then.
///
/// # Errors
/// A usage failure if it can't.
pub(super) fn check_writable(flag: &str, path: &Path) -> Result<(), Failure> {
    let is_new = !path.exists();
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.map_err(|error| uncreated(flag, path, &error))?;
    if is_new {
        // Should it stay, it is empty, and will be filled.
        let _ = fs::remove_file(path);
    }
    Ok(())
}

fn uncreated(flag: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!(
        "{flag} {}: cannot create it: {} (does its folder exist, and may you write there?)",
        path.display(),
        reason(error)
    ))
}

/// Writes the file that a flag names. What was there is there until the new one is whole.
///
/// # Errors
/// If that can't be.
pub(super) fn written(flag: &str, path: &Path, text: &str) -> Result<(), Failure> {
    put(path, text).map_err(|error| unwritten(flag, path, &error))
}

/// Writes beside a plain file and puts it in its place. Devices, links, and files in a folder where nothing new may be
/// are written where they are.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let old = fs::symlink_metadata(path).ok();
    let is_plain = old.as_ref().is_none_or(fs::Metadata::is_file);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(name);
    let may_create = is_plain && File::create(&beside).is_ok();
    if !may_create {
        return fs::write(path, text);
    }
    let moved = fs::write(&beside, text)
        .and_then(|()| {
            old.map_or(Ok(()), |old| {
                fs::set_permissions(&beside, old.permissions())
            })
        })
        .and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        // A part of a page helps nobody.
        let _ = fs::remove_file(&beside);
    }
    moved
}

fn unwritten(flag: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!(
        "{flag} {}: cannot write it: {} (is the disk full?)",
        path.display(),
        reason(error)
    ))
}

/// Only letters, digits and dashes: a name that is good for a file.
fn plain(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    name.chars().map(letter).collect()
}

/// Asks the system to show a file in the browser.
pub(super) fn show(path: &Path) -> Result<(), Failure> {
    let (program, before): (_, &[&str]) = if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let started = Command::new(program)
        .args(before)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    started.map(drop).map_err(|error| {
        Failure::failed(format!(
            "--open: cannot start {program}: {} (the page is {}: open it yourself)",
            reason(&error),
            path.display()
        ))
    })
}

/// The command that repeats a run.
pub(crate) fn again(subject: &Subject, seed: u64) -> String {
    let mut command = format!("swim sim run {}", quoted(&subject.scenario));
    let mut flag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            command.push_str(&format!(" --{name} {}", quoted(&value)));
        }
    };
    flag("nodes", subject.nodes.map(|nodes| nodes.to_string()));
    flag("for", subject.lasting.map(|time| time.to_string()));
    flag("seed", Some(seed.to_string()));
    flag("profile", subject.profile.clone());
    for change in &subject.set {
        flag("set", Some(change.clone()));
    }
    command
}

/// As a shell takes it for one word.
pub(crate) fn quoted(word: &str) -> String {
    let is_harmless = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,%".contains(letter);
    if !word.is_empty() && word.chars().all(is_harmless) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_repeats_the_run_with_all_that_was_said() {
        let subject = Subject {
            nodes: Some(20),
            set: vec!["network.loss=5%".to_owned(), "about=it's us".to_owned()],
            ..Subject::named("my scenario.toml")
        };
        assert_eq!(
            again(&subject, 9),
            r"swim sim run 'my scenario.toml' --nodes 20 --seed 9 --set network.loss=5% --set 'about=it'\''s us'"
        );
    }

    #[test]
    fn a_page_is_replaced_whole_and_a_link_is_followed() {
        let folder = std::env::temp_dir().join(format!("swim-pages-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let page = folder.join("page.html");
        for text in ["first", "second"] {
            written("--html", &page, text).unwrap();
            assert_eq!(fs::read_to_string(&page).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no part is left");
        #[cfg(unix)]
        {
            let link = folder.join("link.html");
            std::os::unix::fs::symlink(&page, &link).unwrap();
            written("--html", &link, "third").unwrap();
            assert_eq!(fs::read_to_string(&page).unwrap(), "third");
            assert!(link.is_symlink());
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_page_that_cannot_be_written_is_refused_before_the_run() {
        let args = ReportArgs {
            html: Some(PathBuf::from("no such folder/page.html")),
            ..ReportArgs::default()
        };
        let failure = Reports::create(args, "crash", &[]).unwrap_err();
        assert!(
            failure.to_string().contains("does its folder exist"),
            "{failure}"
        );
    }
}
