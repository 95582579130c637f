//! A failure that is kept: a folder with all that it takes to repeat it.
//!
//! | file | what |
//! |---|---|
//! | `failure.json` | who found it, the seed, the trace hash, what was violated, the command that repeats it |
//! | `scenario.toml` | the scenario as it was given |
//! | `expanded.toml` | the same with every lot drawn: what is run again |

use std::fmt::{self, Display};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swim_core::wire;

use crate::run::{Outcome, Violation};
use crate::scenario::Scenario;

/// The version of what is written into folders; it grows when an older program could not read it.
pub const FORMAT: u32 = 1;

const FAILURE: &str = "failure.json";
const GIVEN: &str = "scenario.toml";
const EXPANDED: &str = "expanded.toml";

/// The program that ran something: another one may run it another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The version of swim.
    pub swim: String,
    /// The version of its wire format.
    pub wire: u8,
    /// The commit that it was built from.
    pub commit: String,
    /// The deliberate fault that it had, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
}

impl Build {
    /// This program.
    #[must_use]
    pub fn this(commit: &str) -> Self {
        Self {
            swim: env!("CARGO_PKG_VERSION").to_owned(),
            wire: wire::VERSION,
            commit: commit.to_owned(),
            mutant: None,
        }
    }

    /// The same with a deliberate fault.
    #[must_use]
    pub fn with_mutant(mut self, name: Option<&str>) -> Self {
        self.mutant = name.map(ToOwned::to_owned);
        self
    }

    /// Whether it has the version of this program, and its wire format; commits may differ.
    #[must_use]
    pub fn is_of_this_version(&self) -> bool {
        let this = Self::this("");
        (&self.swim, self.wire) == (&this.swim, this.wire)
    }
}

impl Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            swim, wire, commit, ..
        } = self;
        write!(f, "swim {swim} (commit {commit}, wire version {wire}")?;
        if let Some(mutant) = &self.mutant {
            write!(f, ", mutant {mutant}")?;
        }
        f.write_str(")")
    }
}

/// A folder could not be read or written, or is of somebody else; in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepError(String);

impl KeepError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or(&text);
        Self(format!("cannot {what} {}: {reason}", path.display()))
    }
}

impl Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeepError {}

/// What was violated first, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// Which invariant.
    pub id: String,
    /// When, in seconds from the scenario's beginning.
    pub at_s: f64,
    /// Whom it is about, the observer first.
    pub members: Vec<String>,
    /// In a sentence.
    pub text: String,
    /// The last events that led there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

impl From<&Violation> for Why {
    fn from(violation: &Violation) -> Self {
        Self {
            id: violation.id.clone(),
            at_s: violation.at.as_secs_f64(),
            members: violation.members.clone(),
            text: violation.text.clone(),
            story: violation.story.clone(),
        }
    }
}

/// One failure with all that it takes to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// Who found it.
    pub build: Build,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// What it has in common with others that are most likely the same.
    pub fingerprint: String,
    /// The trace hash of the run, in hexadecimal.
    pub trace_hash: String,
    /// What was violated first.
    pub violation: Option<Why>,
    /// The command that repeats it.
    pub command: String,
    /// The scenario as it was given, with its seed.
    #[serde(skip)]
    pub given: Scenario,
    /// The scenario with all lots drawn.
    #[serde(skip)]
    pub expanded: Scenario,
}

impl Failure {
    /// The failure that a run of `given` was. `expanded` is the scenario that was run.
    #[must_use]
    pub fn new(
        build: &Build,
        [given, expanded]: [&Scenario; 2],
        outcome: &Outcome,
        fingerprint: &str,
        command: String,
    ) -> Self {
        Self {
            format: FORMAT,
            build: build.clone(),
            scenario: outcome.scenario.clone(),
            seed: outcome.seed,
            fingerprint: fingerprint.to_owned(),
            trace_hash: hexadecimal(outcome.trace_hash),
            violation: outcome.violations.first().map(Why::from),
            command,
            given: given.clone(),
            expanded: expanded.clone(),
        }
    }

    /// Writes the folder, whole or not at all; what was there is replaced.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), KeepError> {
        let mut beside = folder.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        remove(&beside)?;
        let unwritten = |error: io::Error| KeepError::io("write", &beside, &error);
        fs::create_dir_all(&beside).map_err(unwritten)?;
        let json = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        for (name, text) in [
            (FAILURE, json),
            (GIVEN, self.given.to_toml()),
            (EXPANDED, self.expanded.to_toml()),
        ] {
            fs::write(beside.join(name), text).map_err(unwritten)?;
        }
        remove(folder)?;
        fs::rename(&beside, folder).map_err(|error| KeepError::io("write", folder, &error))
    }

    /// Reads a folder, or the folder that this file of it lies in.
    ///
    /// # Errors
    /// There is none, or its files can't be read.
    pub fn read(path: &Path) -> Result<Self, KeepError> {
        let folder = folder_of(path);
        let read = |name: &str| {
            let file = folder.join(name);
            let text = fs::read_to_string(&file);
            text.map_err(|error| KeepError::io("read", &file, &error))
        };
        let json = read(FAILURE)?;
        let format: Format = parse(&json, folder)?;
        if format.format > FORMAT {
            return Err(KeepError::new(format!(
                "{}: it is written in format {}, and this program reads up to {FORMAT} (take the swim that wrote it, or a newer one)",
                folder.display(),
                format.format
            )));
        }
        let mut failure: Self = parse(&json, folder)?;
        let scenario = |name: &str| {
            let read: Result<Scenario, _> = read(name)?.parse();
            read.map_err(|error| {
                KeepError::new(format!("{}: {error}", folder.join(name).display()))
            })
        };
        failure.given = scenario(GIVEN)?;
        failure.expanded = scenario(EXPANDED)?;
        Ok(failure)
    }

    /// The files of such a folder, or of the folder that this file of it lies in.
    #[must_use]
    pub fn files(path: &Path) -> Vec<PathBuf> {
        let names = [FAILURE, GIVEN, EXPANDED];
        names.map(|name| folder_of(path).join(name)).to_vec()
    }

    /// Whether this is such a folder, or `failure.json` or another file of one.
    #[must_use]
    pub fn is_at(path: &Path) -> bool {
        let known = [FAILURE, GIVEN, EXPANDED].map(std::ffi::OsStr::new);
        let among_its_files = path.file_name().is_some_and(|name| known.contains(&name))
            && path.with_file_name(FAILURE).is_file();
        path.join(FAILURE).is_file() || among_its_files
    }
}

fn folder_of(path: &Path) -> &Path {
    if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn parse<'j, T: Deserialize<'j>>(json: &'j str, folder: &Path) -> Result<T, KeepError> {
    serde_json::from_str(json).map_err(|error| {
        let file = folder.join(FAILURE);
        KeepError::new(format!(
            "{}: it is no kept failure: {error} (was it changed?)",
            file.display()
        ))
    })
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), KeepError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(KeepError::io("replace", folder, &error))
        }
        _ => Ok(()),
    }
}

/// A trace hash as it is written everywhere.
#[must_use]
pub fn hexadecimal(hash: u64) -> String {
    format!("{hash:016x}")
}
