//! `swim sim check-determinism`: one scenario, one run.

use serde::Serialize;
use swim_sim::run::check_determinism;
use swim_sim::scenario::PRESETS;

use super::subject::{self, Texts};
use crate::args::{DeterminismArgs, Subject};
use crate::errors::Failure;
use crate::output;

/// What came of one scenario.
#[derive(Serialize)]
struct Checked {
    name: String,
    deterministic: bool,
    /// Of the first run.
    trace_hash: String,
    /// Where a later one went another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence: Option<Apart>,
}

#[derive(Serialize)]
struct Apart {
    at_s: f64,
    what: String,
    trace_hash: String,
}

/// Runs all that is named, or all presets.
pub(crate) fn run(args: &DeterminismArgs) -> Result<(), Failure> {
    let presets = || {
        PRESETS
            .iter()
            .map(|preset| preset.name.to_owned())
            .collect()
    };
    let names = if args.scenarios.is_empty() {
        presets()
    } else {
        args.scenarios.clone()
    };
    // What can't be run is told before anything is.
    let mut texts = Texts::default();
    let schedules = names.iter().map(|name| {
        let scenario = texts.scenario(&Subject::named(name))?;
        subject::expanded(name, &scenario)
    });
    let schedules: Vec<_> = schedules.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for (name, schedule) in names.iter().zip(&schedules) {
        let checked = checked(name, check_determinism(schedule));
        if !args.json {
            output::line(&checked.to_string())?;
        }
        all.push(checked);
    }
    if args.json {
        output::json(&all)?;
    }
    let apart: Vec<_> = all.iter().filter(|one| !one.deterministic).collect();
    match apart.first() {
        None => Ok(()),
        Some(first) => Err(Failure::nondeterministic(format!(
            "{} of {} scenarios did not run the same way twice, {} among them (this is a fault of the simulator: please report it)",
            apart.len(),
            all.len(),
            first.name
        ))),
    }
}

fn checked(name: &str, result: Result<u64, swim_sim::run::Divergence>) -> Checked {
    let (hash, divergence) = match result {
        Ok(hash) => (hash, None),
        Err(apart) => {
            let [first, second] = apart.hashes;
            let apart = Apart {
                at_s: apart.at.as_secs_f64(),
                what: apart.what,
                trace_hash: format!("{second:016x}"),
            };
            (first, Some(apart))
        }
    };
    Checked {
        name: name.to_owned(),
        deterministic: divergence.is_none(),
        trace_hash: format!("{hash:016x}"),
        divergence,
    }
}

impl std::fmt::Display for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name, trace_hash, ..
        } = self;
        match &self.divergence {
            None => write!(f, "{name:<28}{trace_hash}  the same each time"),
            Some(apart) => write!(
                f,
                "{name:<28}{trace_hash}  another time {}: apart at {:.6} s: {}",
                apart.trace_hash, apart.at_s, apart.what
            ),
        }
    }
}
