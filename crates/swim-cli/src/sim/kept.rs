//! What is run again: a failure that a sweep kept, what `run --jsonl` wrote, or any scenario.

use std::path::Path;

use serde::Deserialize;
use swim_sim::report::LINES_VERSION;
use swim_sim::run::Verdict;
use swim_sim::scenario::{Scenario, Schedule};
use swim_sim::sweep::{Build, Failure as KeptFailure, break_protocol};

use super::subject;
use super::sweep::COMMIT;
use crate::args::Subject;
use crate::errors::{Failure, reason};

/// A scenario, and how its run went before, if that was kept.
#[derive(Debug)]
pub(crate) struct Case {
    /// What it is called in messages.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) before: Option<Before>,
}

/// How a run went before.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) build: Build,
    pub(crate) trace_hash: String,
    /// Lines tell it; a failure was violated anyway.
    pub(crate) verdict: Option<Verdict>,
}

impl Case {
    /// Finds out what is meant, and breaks the protocol as it was broken then.
    ///
    /// # Errors
    /// A usage failure: there is nothing, it can't be read, or another version kept it and `force` is not given.
    pub(crate) fn at(path: &Path, force: bool) -> Result<Self, Failure> {
        let case = if KeptFailure::is_at(path) {
            of_failure(path)?
        } else if path.is_dir() {
            return Err(of_folder(path));
        } else if path.extension().is_some_and(|end| end == "jsonl") {
            of_lines(path)?
        } else {
            let name = path.display().to_string();
            let scenario = subject::scenario(&Subject::named(&name))?;
            let before = None;
            Self {
                name,
                scenario,
                before,
            }
        };
        if let Some(before) = &case.before {
            before.check(&case.name, force)?;
            break_protocol(before.build.mutant.as_deref())
                .map_err(|error| Failure::usage(format!("{}: {error}", case.name)))?;
        }
        Ok(case)
    }

    /// Its schedule, small enough to run here.
    ///
    /// # Errors
    /// A usage failure: it can't be, or needs more memory than there is.
    pub(crate) fn schedule(&self) -> Result<Schedule, Failure> {
        subject::expanded(&self.name, &self.scenario)
    }

    /// The deliberate fault of the program that it fails with.
    pub(crate) fn mutant(&self) -> Option<&str> {
        self.before.as_ref()?.build.mutant.as_deref()
    }
}

impl Before {
    fn check(&self, name: &str, force: bool) -> Result<(), Failure> {
        if force || self.build.is_of_this_version() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{name} was kept by {}, and this is {}: another version may run it another way (take that version, or --force)",
            self.build,
            Build::this(COMMIT)
        )))
    }

    /// Whether it was this very program.
    pub(crate) fn is_this_program(&self) -> bool {
        let this = Build::this(COMMIT).with_mutant(self.build.mutant.as_deref());
        self.build == this
    }
}

fn of_failure(path: &Path) -> Result<Case, Failure> {
    let kept = KeptFailure::read(path).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Case {
        name: path.display().to_string(),
        scenario: kept.expanded,
        before: Some(Before {
            build: kept.build,
            trace_hash: kept.trace_hash,
            verdict: None,
        }),
    })
}

/// A folder that keeps no failure: perhaps others lie in it.
fn of_folder(path: &Path) -> Failure {
    let inner = path.read_dir().into_iter().flatten().flatten();
    let mut kept: Vec<String> = inner
        .map(|entry| entry.path())
        .filter(|inner| inner.is_dir() && KeptFailure::is_at(inner))
        .map(|inner| inner.display().to_string())
        .collect();
    kept.sort();
    let next = match kept.first() {
        Some(first) => format!("choose one of the {} in it, such as {first}", kept.len()),
        None => "it has no failure.json".to_owned(),
    };
    Failure::usage(format!(
        "{} keeps no failure itself ({next})",
        path.display()
    ))
}

/// The first line of what `run --jsonl` writes.
#[derive(Deserialize)]
struct First {
    version: Option<u32>,
    swim: Option<String>,
    wire: Option<u8>,
    expanded: Option<String>,
}

/// The last one.
#[derive(Deserialize)]
struct Last {
    trace_hash: String,
    verdict: Option<Verdict>,
}

fn of_lines(path: &Path) -> Result<Case, Failure> {
    let name = path.display().to_string();
    let bad = |why: &str| Failure::usage(format!("{name}: {why}"));
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "cannot read {name}: {} (check the path)",
            reason(&error)
        ))
    })?;
    let first = text.lines().next().unwrap_or_default();
    let first: First = serde_json::from_str(first)
        .map_err(|_| bad("its first line is none that `run --jsonl` writes"))?;
    if let Some(version) = first.version.filter(|version| *version != LINES_VERSION) {
        return Err(bad(&format!(
            "its lines are of version {version}, and this program reads version {LINES_VERSION} (take the swim that wrote it)"
        )));
    }
    let last = text.lines().next_back().unwrap_or_default();
    let last: Last = serde_json::from_str(last)
        .map_err(|_| bad("its end is missing: the run that wrote it did not end"))?;
    let First {
        swim: Some(swim),
        wire: Some(wire),
        expanded: Some(expanded),
        ..
    } = first
    else {
        return Err(bad(
            "an older version wrote it, and it does not say what was run",
        ));
    };
    let scenario = expanded
        .parse()
        .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    let build = Build {
        swim,
        wire,
        ..Build::this("unknown")
    };
    Ok(Case {
        name,
        scenario,
        before: Some(Before {
            build,
            trace_hash: last.trace_hash,
            verdict: last.verdict,
        }),
    })
}
