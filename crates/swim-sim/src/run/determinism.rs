//! Whether a schedule runs the same way twice, and where it does not.

use std::time::Duration;

use super::conduct::run;
use super::observer::{Observer, Sight};
use crate::scenario::Schedule;
use crate::sim::Sim;

/// Two runs of one schedule went apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// When the second run first did something else.
    pub at: Duration,
    /// What it did; empty if it only stopped earlier.
    pub what: String,
    /// The trace hashes of both runs.
    pub hashes: [u64; 2],
}

/// Runs a schedule twice, once with somebody looking on, and compares the two after each event; the trace hash if they were
/// one and the same.
///
/// # Errors
/// The first event at which they were not.
pub fn check_determinism(schedule: &Schedule) -> Result<u64, Divergence> {
    let mut first = Record::default();
    let with_observer = run(schedule, &mut first).trace_hash;
    let mut second = Compare {
        first: &first.hashes,
        seen: Record::default(),
        apart: None,
    };
    let compared = run(schedule, &mut second).trace_hash;
    let alone = run(schedule, &mut ()).trace_hash;
    if with_observer == compared && compared == alone {
        return Ok(alone);
    }
    let (at, what) = second
        .apart
        .unwrap_or((schedule.scenario.duration.0, String::new()));
    let other = if compared == with_observer {
        alone
    } else {
        compared
    };
    Err(Divergence {
        at,
        what,
        hashes: [with_observer, other],
    })
}

/// The trace hash after each event.
#[derive(Debug, Default)]
struct Record {
    hashes: Vec<u64>,
}

impl Record {
    /// Adds the hash, unless it is still the same event; tells which one it is.
    fn add(&mut self, hash: u64) -> Option<usize> {
        if self.hashes.last() == Some(&hash) {
            return None;
        }
        self.hashes.push(hash);
        Some(self.hashes.len() - 1)
    }
}

impl Observer for Record {
    fn see(&mut self, _: &Sight, sim: &Sim) {
        self.add(sim.trace_hash());
    }
}

/// Compares a run with a recorded one.
struct Compare<'f> {
    first: &'f [u64],
    seen: Record,
    apart: Option<(Duration, String)>,
}

impl Observer for Compare<'_> {
    fn see(&mut self, sight: &Sight, sim: &Sim) {
        if self.apart.is_some() {
            return;
        }
        let hash = sim.trace_hash();
        if let Some(place) = self.seen.add(hash)
            && self.first.get(place) != Some(&hash)
        {
            self.apart = Some((sight.at, format!("{:?}", sight.what)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, Span};

    fn schedule(seed: u64) -> Schedule {
        let scenario = Scenario::new("two")
            .nodes(3)
            .lasting(Span::secs(5))
            .seed(seed);
        scenario.expand().unwrap()
    }

    #[test]
    fn one_schedule_runs_the_same_way_twice() {
        let hash = check_determinism(&schedule(1)).unwrap();
        assert_eq!(hash, run(&schedule(1), &mut ()).trace_hash);
    }

    #[test]
    fn the_first_event_of_another_run_is_found() {
        let mut first = Record::default();
        run(&schedule(1), &mut first);
        let mut other = Compare {
            first: &first.hashes,
            seen: Record::default(),
            apart: None,
        };
        run(&schedule(2), &mut other);
        let (at, what) = other.apart.unwrap();
        assert!(
            at < Duration::from_secs(1) && !what.is_empty(),
            "{at:?} {what}"
        );
    }
}
