//! `swim sim run`: one scenario, once.

use swim_sim::run::{Outcome, Verdict, cpu};

use super::reports::{self, Reports};
use super::{files, large_pages, subject};
use crate::args::RunArgs;
use crate::errors::Failure;
use crate::output;

/// Runs the scenario and tells what came out.
pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let scenario = subject::scenario(&args.subject)?;
    let schedule = subject::expanded(&args.subject.scenario, &scenario)?;
    large_pages::take(&args.subject.scenario, &schedule);
    for remark in scenario.cut_short() {
        output::note(&format!("swim sim run: note: {remark}"));
    }
    let read = files::of_scenario(&args.subject.scenario);
    let mut reports = Reports::create(args.reports.clone(), &schedule.scenario().name, &read)?;
    let mut outcome = swim_sim::run::run(&schedule, &mut reports.eyes());
    outcome.cpu = cpu::time();
    outcome.metrics.extend(reports.metrics());
    if args.json {
        output::json(&outcome)?;
    } else {
        output::print(&reports.summary(&outcome))?;
    }
    let again = reports::again(&args.subject, outcome.seed);
    if let Some(page) = reports.finish(&outcome, &again)?
        && !args.json
    {
        output::line(&format!(" page      {}", page.display()))?;
    }
    judge(&outcome)
}

/// The exit code, with a word of why.
pub(crate) fn judge(outcome: &Outcome) -> Result<(), Failure> {
    match outcome.verdict {
        Verdict::Pass => Ok(()),
        Verdict::Violated => Err(Failure::violated(match outcome.violations.as_slice() {
            [one] => format!("violated: {}", one.id),
            several => format!("violated {} times, first {}", several.len(), several[0].id),
        })),
        Verdict::Vacuous => Err(Failure::vacuous(vacuous(outcome))),
    }
}

/// What never happened, and what there was nothing to see of.
fn vacuous(outcome: &Outcome) -> String {
    let idle = outcome.faults.iter().filter(|fault| fault.fired == 0);
    let idle = idle.map(|fault| {
        format!(
            "{} at {:?} had no effect (does it befall somebody, for long enough?)",
            fault.kind, fault.at
        )
    });
    let nothing: Vec<_> = idle.chain(outcome.unshown.iter().cloned()).collect();
    format!("vacuous: {}", nothing.join("; "))
}
