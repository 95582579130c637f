//! `swim sim shrink`: the smallest scenario that fails in the same way.

use std::time::Instant;

use swim_sim::sweep::{Smallest, Step, emit_test, shrink};

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
    let files = [("--out", &args.out), ("--emit-test", &args.emit_test)];
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
    let before = schedule.scenario();
    let sizes = [
        (before.nodes, before.faults.len(), before.duration),
        (
            smallest.scenario.nodes,
            smallest.scenario.faults.len(),
            smallest.scenario.duration,
        ),
    ];
    let sizes = sizes.map(|(nodes, faults, duration)| {
        let (nodes, faults) = (
            text::count(nodes as usize, "node"),
            text::count(faults, "fault"),
        );
        format!("{nodes}, {faults}, {duration}")
    });
    output::note(&format!(
        "{}: {} -> {} in {} and {}{}",
        smallest.fingerprint,
        sizes[0],
        sizes[1],
        text::count(usize::try_from(smallest.runs).unwrap_or(usize::MAX), "run"),
        text::took(began.elapsed()),
        rest(&smallest),
    ));
    Ok(())
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
