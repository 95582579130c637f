//! Which violations are most likely one and the same.

use std::collections::BTreeSet;

use crate::run::Outcome;
use crate::scenario::Schedule;

/// The first violation's invariant with the roles of its members: what faults touched each. `None` if nothing was violated.
#[must_use]
pub fn fingerprint(schedule: &Schedule, outcome: &Outcome) -> Option<String> {
    let first = outcome.violations.first()?;
    let roles = first.members.iter().map(|member| role(schedule, member));
    let mut text = first.id.clone();
    for role in roles {
        text.push('-');
        text.push_str(&role);
    }
    Some(text)
}

/// The kinds of faults that turn a node's life; those on links touch all alike.
fn role(schedule: &Schedule, member: &str) -> String {
    let number = member
        .strip_prefix('n')
        .and_then(|digits| digits.parse::<u32>().ok());
    let touching = schedule.faults().iter().filter(|fault| {
        let turns = matches!(
            fault.kind,
            "crash" | "pause" | "leave" | "join" | "clone" | "forge" | "throttle"
        );
        turns && number.is_some_and(|number| fault.nodes.contains(&number))
    });
    let kinds: BTreeSet<&str> = touching.map(|fault| fault.kind).collect();
    if kinds.is_empty() {
        return "bystander".to_owned();
    }
    kinds.into_iter().collect::<Vec<_>>().join("+")
}
