//! Which scenario is meant, with all that is different in it.

use std::fmt::Display;
use std::path::Path;

use swim_sim::scenario::{Nearest, PRESETS, Profile, Scenario, Schedule};

use super::memory;
use crate::args::Subject;
use crate::errors::{Failure, reason};

/// The schedule of what is meant, small enough to run here.
///
/// # Errors
/// A usage failure: there is no such scenario, it can't be, or it needs more memory than there is.
pub(crate) fn schedule(subject: &Subject) -> Result<Schedule, Failure> {
    expanded(&subject.scenario, &scenario(subject)?)
}

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
    let name = &subject.scenario;
    let text = text_of(name)?;
    let changes = subject.set.iter().map(|change| {
        let pair = change.split_once('=');
        let pair = pair.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
        pair.ok_or_else(|| {
            Failure::usage(format!(
                "--set {change:?}: no value (write one such as network.loss=5%)"
            ))
        })
    });
    let changes: Vec<_> = changes.collect::<Result<_, _>>()?;
    let mut scenario = Scenario::read_with(&text, &changes).map_err(|error| about(name, &error))?;
    scenario.nodes = subject.nodes.unwrap_or(scenario.nodes);
    scenario.duration = subject.lasting.unwrap_or(scenario.duration);
    scenario.seed = subject.seed.unwrap_or(scenario.seed);
    if let Some(name) = &subject.profile {
        scenario.profile = profile(name)?;
    }
    Ok(scenario)
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
    std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "cannot read {name}: {} (check the path)",
            reason(&error)
        ))
    })
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
}
