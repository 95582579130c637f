//! Which scenario is meant, with all that is different in it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use swim_sim::scenario::{Nearest, PRESETS, Profile, Scenario, Schedule};

use super::memory;
use crate::args::Subject;
use crate::errors::{Failure, reason};

/// The schedule of a scenario, small enough to run here.
///
/// # Errors
/// A usage failure: it can't be, or it needs more memory than there is.
pub(crate) fn expanded(name: &str, scenario: &Scenario) -> Result<Schedule, Failure> {
    let schedule = scenario.expand().map_err(|error| about(name, &error))?;
    memory::check(&schedule)?;
    Ok(schedule)
}

/// The scenario that is meant.
///
/// # Errors
/// A usage failure: there is no such scenario, or it can't be read.
pub(crate) fn scenario(subject: &Subject) -> Result<Scenario, Failure> {
    Texts::default().scenario(subject)
}

/// What was read so far. Each file is read once: a pipe is empty the second time.
#[derive(Debug, Default)]
pub(crate) struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The scenario that is meant.
    ///
    /// # Errors
    /// A usage failure: there is no such scenario, or it can't be read.
    pub(crate) fn scenario(&mut self, subject: &Subject) -> Result<Scenario, Failure> {
        let name = &subject.scenario;
        let text = match self.0.get(name) {
            Some(text) => text.clone(),
            None => text_of(name)?,
        };
        let scenario = with_changes(&text, subject)?;
        self.0.insert(name.clone(), text);
        Ok(scenario)
    }
}

/// What is set, then what flags say, then what is varied: the later goes before the earlier.
fn with_changes(text: &str, subject: &Subject) -> Result<Scenario, Failure> {
    let mut changes = Vec::new();
    for change in &subject.set {
        changes.push(pair("--set", change)?);
    }
    let profile = subject.profile.as_deref().map(profile).transpose()?;
    let flags = [
        ("nodes", subject.nodes.map(|nodes| nodes.to_string())),
        ("duration", subject.lasting.map(|time| time.to_string())),
        ("profile", profile.map(|profile| profile.name().to_owned())),
    ];
    for (key, value) in flags {
        changes.extend(value.map(|value| (key.to_owned(), value)));
    }
    for change in &subject.varied {
        changes.push(pair("--with", change)?);
    }
    let read = Scenario::read_with(text, &changes);
    let mut scenario = read.map_err(|error| about(&subject.scenario, &error))?;
    scenario.seed = subject.seed.unwrap_or(scenario.seed);
    Ok(scenario)
}

/// `key=value`, as a flag has it.
pub(crate) fn pair(flag: &str, change: &str) -> Result<(String, String), Failure> {
    let pair = change.split_once('=');
    let pair = pair.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    pair.ok_or_else(|| {
        Failure::usage(format!(
            "{flag} {change:?}: no value (write one such as network.loss=5%)"
        ))
    })
}

/// What many seeds are run with can't be varied: each run has its own.
pub(crate) fn refuse_seed(flag: &str, key: &str) -> Result<(), Failure> {
    if key != "seed" {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{flag} seed: every seed of --seeds is run anyway (say which with --seeds A..B)"
    )))
}

/// The text of a preset, or of a file.
pub(crate) fn text_of(name: &str) -> Result<String, Failure> {
    if let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) {
        return Ok(preset.text.to_owned());
    }
    let path = Path::new(name);
    if !path.exists() && is_word(name) {
        let nearest = Nearest::of(name, PRESETS.iter().map(|preset| preset.name));
        return Err(Failure::usage(format!(
            "{name:?} is neither a preset{nearest} nor a file (`swim sim list presets` shows them all)"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "cannot read {name}: {} (check the path)",
            reason(&error)
        ))
    })?;
    if text.trim().is_empty() {
        // All defaults would be a run that passes, and not the one that was meant.
        return Err(Failure::usage(format!(
            "{name}: the file is empty (swim sim init writes a scenario to begin with)"
        )));
    }
    Ok(text)
}

/// Whether somebody who writes this means a preset rather than a file.
fn is_word(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
}

/// A profile by its name.
pub(crate) fn profile(name: &str) -> Result<Profile, Failure> {
    let names = || Profile::ALL.iter().map(|profile| profile.name());
    let known = Profile::ALL.iter().find(|profile| profile.name() == name);
    known.copied().ok_or_else(|| {
        let (nearest, all) = (Nearest::of(name, names()), names().collect::<Vec<_>>());
        Failure::usage(format!(
            "--profile: {name:?} is no profile{nearest}; choose one of {}",
            all.join(", ")
        ))
    })
}

fn about(name: &str, error: &dyn Display) -> Failure {
    Failure::usage(format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_go_before_the_file() {
        let subject = Subject {
            nodes: Some(20),
            seed: Some(9),
            profile: Some("wan".to_owned()),
            set: vec!["fault.1.at=7s".to_owned(), "seed=3".to_owned()],
            ..Subject::named("crash")
        };
        let scenario = scenario(&subject).unwrap();
        assert_eq!(
            (scenario.nodes, scenario.seed, scenario.profile),
            (20, 9, Profile::Wan)
        );
        assert_eq!(scenario.faults[0].at.to_string(), "7s");
    }

    #[test]
    fn what_is_varied_goes_before_flags() {
        let subject = Subject {
            nodes: Some(20),
            lasting: Some("70s".parse().unwrap()),
            seed: Some(u64::MAX),
            profile: Some("wan".to_owned()),
            varied: vec!["nodes=7".to_owned(), "profile=local".to_owned()],
            ..Subject::named("crash")
        };
        let scenario = scenario(&subject).unwrap();
        assert_eq!((scenario.nodes, scenario.profile), (7, Profile::Local));
        assert_eq!(
            (scenario.duration.to_string(), scenario.seed),
            ("70s".to_owned(), u64::MAX)
        );
    }
}
