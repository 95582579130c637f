//! `swim sim shrink`: the smallest scenario that fails in the same way.

use std::time::Instant;

use swim_sim::scenario::Scenario;
use swim_sim::sweep::{Smallest, Step, emit_test, shrink};

use super::files::{check_apart, of_kept};
use super::interrupt::Interrupt;
use super::kept::Case;
use super::progress::Ticker;
use super::reports::{check_writable, written};
use crate::args::ShrinkArgs;
use crate::errors::Failure;
use crate::output;
use crate::text;

/// Shrinks, and writes what is left.
pub(crate) fn run(args: &ShrinkArgs) -> Result<(), Failure> {
    let case = Case::at(&args.kept, args.force)?;
    let schedule = case.schedule()?;
    let files = [
        ("--out", args.out.as_deref()),
        ("--emit-test", args.emit_test.as_deref()),
    ];
    check_apart(&of_kept(&args.kept), &files)?;
    for (flag, path) in files {
        if let Some(path) = path {
            check_writable(flag, path)?;
        }
    }
    let interrupt = Interrupt::listen()?;
    let (began, mut ticker) = (Instant::now(), Ticker::new());
    let smallest = shrink(&case.scenario, |step| {
        ticker.show(|| words(step));
        began.elapsed() < args.budget.0 && !interrupt.came()
    });
    ticker.finish();
    let smallest = smallest.map_err(|error| Failure::usage(error.to_string()))?;
    let Some(mut smallest) = smallest else {
        return Err(Failure::vacuous(format!(
            "{} violates nothing, so there is nothing to shrink (try other seeds: swim sim sweep)",
            case.name
        )));
    };
    let violation = smallest.outcome.violations[0].clone();
    smallest.scenario.about = format!("{}: {}", violation.id, violation.text);
    let toml = smallest.scenario.to_toml();
    match &args.out {
        Some(path) => written("--out", path, &toml)?,
        None => output::print(&toml)?,
    }
    if let Some(path) = &args.emit_test {
        let source = emit_test(&smallest.scenario, &violation, case.mutant());
        written("--emit-test", path, &source)?;
    }
    output::note(&format!(
        "{}: {} -> {} in {} and {}{}",
        smallest.fingerprint,
        size(schedule.scenario()),
        size(&smallest.scenario),
        text::count(usize::try_from(smallest.runs).unwrap_or(usize::MAX), "run"),
        text::took(began.elapsed()),
        rest(&smallest),
    ));
    if interrupt.came() && !smallest.complete {
        return Err(Failure::interrupted(
            "interrupted; what is written is the smallest so far (begin with that, and it goes on)",
        ));
    }
    Ok(())
}

fn size(scenario: &Scenario) -> String {
    format!(
        "{}, {}, {}",
        text::count(scenario.nodes as usize, "node"),
        text::count(scenario.faults.len(), "fault"),
        scenario.duration
    )
}

fn rest(smallest: &Smallest) -> &'static str {
    if smallest.complete {
        "; nothing more can go"
    } else {
        "; more might go with a greater --budget"
    }
}

fn words(step: &Step) -> String {
    format!(
        "{} runs; smallest so far: {}, {}, {}",
        step.runs,
        text::count(step.nodes as usize, "node"),
        text::count(step.faults, "fault"),
        step.duration
    )
}
