//! A scenario made explicit: every lot drawn, every instant known.

use std::time::Duration;

use super::Scenario;

/// A scenario whose every fault is explicit, ready to run.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub(crate) scenario: Scenario,
    pub(crate) faults: Vec<Scheduled>,
    pub(crate) absent: Vec<u32>,
}

/// One fault of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scheduled {
    /// The kind's name.
    pub kind: &'static str,
    /// When it begins, from the scenario's beginning.
    pub at: Duration,
    /// When it ends; `None`: not before the run does, or at once.
    pub until: Option<Duration>,
    /// The nodes that it touches, by number; of a fault on links, those at both ends.
    pub nodes: Vec<u32>,
    /// The place of the fault that was written, of which this is a part.
    pub written: usize,
}

impl Schedule {
    /// The scenario with all lots drawn and all generators unfolded: running it anew gives the same run.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Its faults, in the order of their beginnings.
    #[must_use]
    pub fn faults(&self) -> &[Scheduled] {
        &self.faults
    }

    /// The nodes that do not run when it begins.
    #[must_use]
    pub fn absent(&self) -> &[u32] {
        &self.absent
    }
}
