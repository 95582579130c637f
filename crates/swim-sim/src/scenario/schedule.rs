//! A scenario made explicit: every lot drawn, every instant known.

use std::time::Duration;

use swim_core::Config;

use super::Scenario;
use crate::links::Zones;
use crate::random::micros;
use crate::run::Timed;

/// A scenario whose every fault is explicit, ready to run.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub(crate) scenario: Scenario,
    pub(crate) config: Config,
    pub(crate) zones: Zones,
    /// Kind and beginning of each fault that was written.
    pub(crate) written: Vec<(&'static str, Duration)>,
    /// Of heals, which are no faults of their own here: which was written, and how many faults it ended.
    pub(crate) healed: Vec<(usize, u64)>,
    pub(crate) faults: Vec<Scheduled>,
    pub(crate) acts: Vec<Timed>,
    pub(crate) absent: Vec<u32>,
    /// Whose names the machines have that come after those of the nodes.
    pub(crate) clones: Vec<u32>,
    pub(crate) expected: Expected,
}

/// The nodes that entries of `[expect]` are about, entry by entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) breaks: Vec<Vec<u32>>,
    pub(crate) deaths: Vec<Vec<u32>>,
}

/// One fault of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scheduled {
    /// The kind's name.
    pub kind: &'static str,
    /// When it begins, from the scenario's beginning.
    pub at: Duration,
    /// When the last of it is over, restarts included; `None`: not before the run is, or at once.
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

    /// The settings of all nodes.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Its faults, in the order of their beginnings: those of the scenario, one for one, but for heals that had nothing to
    /// heal, which are its last.
    #[must_use]
    pub fn faults(&self) -> &[Scheduled] {
        &self.faults
    }

    /// The nodes that do not run when it begins.
    #[must_use]
    pub fn absent(&self) -> &[u32] {
        &self.absent
    }

    /// The numbers of nodes that have a second machine, with a node of the same name: the machines after all others.
    #[must_use]
    pub fn clones(&self) -> &[u32] {
        &self.clones
    }

    /// The zone of a node by number, if it stands in one: its place among the scenario's zones.
    #[must_use]
    pub fn zone_of(&self, node: u32) -> Option<usize> {
        let zone = self.zones.of.get(node as usize).copied().flatten();
        zone.map(usize::from)
    }

    /// The longest usual round trip, in microseconds: ninety-nine of a hundred between any two nodes are no longer, as long as
    /// no fault slows them.
    pub(crate) fn round_trip(&self) -> u64 {
        let network = &self.scenario.network;
        let between = network.rtt.values().map(|rtt| micros(rtt.0)).max();
        2 * network.delay.delay().usual() + between.unwrap_or(0)
    }

    /// About how many bytes a run takes: nodes know each other, so it grows with their square.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let clones = u32::try_from(self.clones.len()).unwrap_or(u32::MAX);
        memory(self.scenario.nodes.saturating_add(clones))
    }
}

/// About how many bytes a run of so many nodes takes.
#[must_use]
pub fn memory(nodes: u32) -> u64 {
    let nodes = u64::from(nodes);
    let pairs = nodes.saturating_mul(nodes).saturating_mul(BYTES_PER_PAIR);
    pairs.saturating_add(nodes.saturating_mul(BYTES_PER_NODE))
}

/// What one node keeps of one member, with what the simulator keeps of the two: ten thousand calm nodes take 95 bytes.
const BYTES_PER_PAIR: u64 = 128;
/// What a node takes alone.
const BYTES_PER_NODE: u64 = 8_192;
