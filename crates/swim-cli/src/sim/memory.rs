//! Nodes know each other, so a cluster too large for this machine is better told before than after.

use std::ops::Range;

use swim_sim::scenario::{Schedule, memory};

use crate::errors::Failure;

/// Whether there is room for such a run.
///
/// # Errors
/// A usage failure if there is not.
pub(crate) fn check(schedule: &Schedule) -> Result<(), Failure> {
    check_with(schedule, available())
}

fn check_with(schedule: &Schedule, available: Option<u64>) -> Result<(), Failure> {
    let nodes = schedule.scenario().nodes;
    refuse(nodes, schedule.memory(), available, |possible| {
        format!("--nodes {possible}")
    })
}

/// Whether there is room for the largest scenario that a swarm may draw, and for how many of that size beside each other.
///
/// # Errors
/// A usage failure if there is none.
pub(crate) fn check_swarm(nodes: &Range<u32>) -> Result<usize, Failure> {
    let most = nodes.end.saturating_sub(1);
    let (need, available) = (memory(most), available());
    refuse(most, need, available, |possible| {
        let from = nodes.start.min(possible.max(1));
        format!("--nodes {from}..{}", possible.saturating_add(1))
    })?;
    Ok(beside(need, available))
}

fn refuse(
    nodes: u32,
    need: u64,
    available: Option<u64>,
    instead: impl FnOnce(u32) -> String,
) -> Result<(), Failure> {
    let Some(available) = available.filter(|available| need > *available) else {
        return Ok(());
    };
    // The need grows with the square of the nodes.
    let share = available as f64 / need as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "less than the nodes asked for"
    )]
    let possible = (f64::from(nodes) * share.sqrt() * 0.9) as u32;
    Err(Failure::usage(format!(
        "{nodes} nodes that know each other need about {}, and {} are available (try {})",
        gigabytes(need),
        gigabytes(available),
        instead(possible)
    )))
}

/// How many runs of that size have room beside each other; at least one.
pub(crate) fn fitting(schedule: &Schedule) -> usize {
    beside(schedule.memory(), available())
}

fn beside(need: u64, available: Option<u64>) -> usize {
    let runs = available.unwrap_or(u64::MAX) / need.max(1);
    usize::try_from(runs).unwrap_or(usize::MAX).max(1)
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// The memory that processes may still take, where the system tells it.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes = line.trim().strip_suffix("kB")?.trim();
    kilobytes.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Subject;
    use crate::sim::subject::scenario;

    #[test]
    fn more_nodes_than_memory_allows_are_told_with_a_number_that_it_does() {
        let subject = Subject {
            nodes: Some(100_000),
            ..Subject::named("crash")
        };
        let schedule = scenario(&subject).unwrap().expand().unwrap();
        let failure = check_with(&schedule, Some(16_000_000_000)).unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("100000 nodes") && text.contains("16.0 GB are available"),
            "{text}"
        );
        let possible = text
            .rsplit("--nodes ")
            .next()
            .unwrap()
            .trim_end_matches(')');
        let subject = Subject {
            nodes: Some(possible.parse().unwrap()),
            ..subject
        };
        let schedule = scenario(&subject).unwrap().expand().unwrap();
        assert!(check_with(&schedule, Some(16_000_000_000)).is_ok());
        assert!(check_with(&schedule, None).is_ok());
    }

    #[test]
    fn runs_beside_each_other_share_what_there_is() {
        assert_eq!(beside(5, Some(16)), 3);
        assert_eq!(beside(50, Some(16)), 1);
        assert_eq!(beside(0, Some(16)), 16);
    }
}
