//! `breaks`: invariants that are meant to be violated.

use std::time::Duration;

use super::{EXPECT, Kept};
use crate::run::{Verdict, Violation};
use crate::scenario::{Schedule, node_name};
use crate::verdict::Finding;

/// Takes out the violations that the scenario is meant to show. One that it does not show is missed.
pub(in crate::run) fn set_aside(
    mut violations: Vec<Violation>,
    findings: &[Finding],
    schedule: &Schedule,
    end: Duration,
    kept: &mut Kept,
) -> Vec<Violation> {
    let expect = &schedule.scenario.expect;
    if expect.breaks.is_empty() {
        return violations;
    }
    // Only the first violations are kept, and those that are meant may stand before others.
    for finding in findings
        .iter()
        .filter(|one| one.verdict == Verdict::Violated)
    {
        if violations
            .iter()
            .all(|violation| violation.id != finding.id)
        {
            violations.push(Violation {
                id: finding.id.to_owned(),
                at: end,
                members: Vec::new(),
                text: "violated, after more others than are told".to_owned(),
                story: Vec::new(),
            });
        }
    }
    for (breaks, nodes) in expect.breaks.iter().zip(&schedule.expected.breaks) {
        let names: Vec<String> = nodes.iter().copied().map(node_name).collect();
        let any = nodes.len() == schedule.scenario.nodes as usize;
        let before = violations.len();
        violations.retain(|violation| {
            let meant = any || violation.members.iter().any(|one| names.contains(one));
            violation.id != breaks.invariant || !meant
        });
        if violations.len() == before {
            kept.missed.push(Violation {
                id: EXPECT.to_owned(),
                at: end,
                members: Vec::new(),
                text: format!(
                    "breaks: {} held, and was expected to be violated ({})",
                    breaks.invariant, breaks.reason
                ),
                story: Vec::new(),
            });
        }
    }
    violations
}
