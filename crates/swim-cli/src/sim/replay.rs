//! `swim sim replay`: a run that was kept, once more.

use serde::Serialize;
use swim_sim::run::{Outcome, Verdict, cpu};
use swim_sim::sweep::hexadecimal;

use super::files;
use super::kept::{Before, Case};
use super::reports::{Reports, quoted};
use super::run::judge;
use crate::args::ReplayArgs;
use crate::errors::Failure;
use crate::output;

/// The outcome, and whether it is as before.
#[derive(Serialize)]
struct Replayed<'o> {
    #[serde(flatten)]
    outcome: &'o Outcome,
    expected_trace_hash: &'o str,
    matches: bool,
}

/// Runs it again and compares.
pub(crate) fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let case = Case::at(&args.kept, args.force)?;
    let Some(before) = &case.before else {
        return Err(Failure::usage(format!(
            "{0} says nothing of an earlier run, so there is nothing to compare with (try: swim sim run {0})",
            case.name
        )));
    };
    let schedule = case.schedule()?;
    let read = files::of_kept(&args.kept);
    let mut reports = Reports::create(args.reports.clone(), &schedule.scenario().name, &read)?;
    let mut outcome = swim_sim::run::run(&schedule, &mut reports.eyes());
    outcome.cpu = cpu::time();
    let trace_hash = hexadecimal(outcome.trace_hash);
    let matches = trace_hash == before.trace_hash;
    // What was one fault when it was written is several here, and that one of them had no effect says nothing.
    let passed = matches && before.verdict == Some(Verdict::Pass);
    if passed && outcome.verdict == Verdict::Vacuous {
        outcome.verdict = Verdict::Pass;
    }
    if args.json {
        output::json(&Replayed {
            outcome: &outcome,
            expected_trace_hash: &before.trace_hash,
            matches,
        })?;
    } else {
        output::print(&reports.summary(&outcome))?;
        let same = if matches {
            "the same, event by event".to_owned()
        } else {
            format!("another one: it was {}", before.trace_hash)
        };
        output::line(&format!(" trace     {trace_hash}: {same}"))?;
    }
    let again = format!("swim sim replay {}", quoted(&case.name));
    reports.finish(&outcome, &again)?;
    if !matches {
        differs(before, args.force)?;
    }
    judge(&outcome)
}

/// The same program must run it the same way. Another one may not, and whoever takes that for a replay is deceived unless
/// they asked for it.
fn differs(before: &Before, force: bool) -> Result<(), Failure> {
    if before.is_this_program() {
        return Err(Failure::nondeterministic(
            "the very program that kept it runs it another way (this is a fault of the simulator: please report it)",
        ));
    }
    if !force {
        return Err(Failure::nondeterministic(format!(
            "this is not the run that was kept: {} kept it, and another build of that version may run it another way (take that build, or judge this run all the same with --force)",
            before.build
        )));
    }
    // Whoever can't be told has no use for it.
    output::note(&format!(
        "note: it was kept by {}, and this program runs it another way; what follows is about this run",
        before.build
    ));
    Ok(())
}
