//! `swim sim run`: one scenario, once.

use std::fmt::Write as _;

use swim_sim::run::{Outcome, Verdict, cpu};

use super::subject;
use crate::args::RunArgs;
use crate::errors::Failure;
use crate::output;

/// Runs the scenario and tells what came out.
pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let schedule = subject::schedule(&args.subject)?;
    let mut outcome = swim_sim::run::run(&schedule, &mut ());
    outcome.cpu = cpu::time();
    if args.json {
        output::json(&outcome)?;
    } else {
        output::print(&summary(&outcome))?;
    }
    judge(&outcome)
}

/// The exit code, with a word of why.
fn judge(outcome: &Outcome) -> Result<(), Failure> {
    match outcome.verdict {
        Verdict::Pass => Ok(()),
        Verdict::Violated => Err(Failure::violated(match outcome.violations.as_slice() {
            [one] => format!("violated: {}", one.id),
            several => format!("violated {} times, first {}", several.len(), several[0].id),
        })),
        Verdict::Vacuous => {
            let idle = outcome.faults.iter().filter(|fault| fault.fired == 0);
            let idle: Vec<_> = idle
                .map(|fault| format!("{} at {:?}", fault.kind, fault.at))
                .collect();
            Err(Failure::vacuous(format!(
                "vacuous: without any effect was {} (does it befall somebody, for long enough?)",
                idle.join(", ")
            )))
        }
    }
}

fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    let speed = outcome.simulated.as_secs_f64() / outcome.cpu.as_secs_f64().max(1e-6);
    // Writing into a string can't fail.
    let _ = writeln!(
        text,
        "{}  {} nodes  seed {}  {:?} simulated in {:.2} s ({speed:.0} simulated seconds a second)  trace {:016x}",
        outcome.scenario,
        outcome.nodes,
        outcome.seed,
        outcome.simulated,
        outcome.cpu.as_secs_f64(),
        outcome.trace_hash
    );
    for fault in &outcome.faults {
        let _ = writeln!(
            text,
            "  fault  {:>8.1} s  {:<16} had an effect {} times",
            fault.at.as_secs_f64(),
            fault.kind,
            fault.fired
        );
    }
    for violation in &outcome.violations {
        let members = violation.members.join(", ");
        let _ = writeln!(
            text,
            "  {:<5}  {:>8.3} s  {members}: {}",
            violation.id,
            violation.at.as_secs_f64(),
            violation.text
        );
    }
    for (name, value) in &outcome.metrics {
        let _ = writeln!(text, "  {name:<32} {value}");
    }
    let _ = writeln!(text, "{}", outcome.verdict.name());
    text
}
