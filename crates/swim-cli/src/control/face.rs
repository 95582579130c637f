//! What the control face can ask of the agent.

use std::cell::Cell;
use std::rc::Rc;

use event_listener::Event as Bell;
use swim_smol::{Cluster, LeaveError, Profile, UpdateError};

use super::LEAVE_TIMEOUT;
use super::journal::Journal;
use super::json::{Departure, FailedSeed, InfoView, Joined, MemberView};
use crate::metadata::{self, Pairs};

/// The node and what surrounds it, shared by everything that runs in the agent.
#[derive(Debug)]
pub(crate) struct Face {
    cluster: Cluster,
    profile: Profile,
    pub(crate) journal: Rc<Journal>,
    pub(crate) counts: Counters,
    departed: Cell<bool>,
    bell: Bell,
}

/// What the face itself counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Requests answered.
    pub(crate) requests: Cell<u64>,
    /// Connections closed at once because too many were open.
    pub(crate) connections_refused: Cell<u64>,
    /// Events that came too fast for the agent itself.
    pub(crate) events_overrun: Cell<u64>,
}

/// One more.
pub(crate) fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

/// Why metadata was not replaced.
#[derive(Debug)]
pub(crate) enum MetaRefused {
    /// The value can't be told.
    Value(String),
    /// The node can't tell anything.
    Node(UpdateError),
}

impl Face {
    pub(crate) fn new(cluster: Cluster, profile: Profile, events_kept: usize) -> Self {
        Self {
            cluster,
            profile,
            journal: Rc::new(Journal::new(events_kept)),
            counts: Counters::default(),
            departed: Cell::new(false),
            bell: Bell::new(),
        }
    }

    /// The node.
    pub(crate) const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Everybody remembered, by name.
    pub(crate) fn members(&self) -> Vec<MemberView> {
        self.cluster.members().iter().map(MemberView::of).collect()
    }

    /// The node's account of itself, with the face's own counters.
    pub(crate) fn info(&self) -> InfoView {
        let mut view = InfoView::of(&self.cluster.info(), self.profile);
        let own = [
            ("control_requests", self.counts.requests.get()),
            (
                "control_connections_refused",
                self.counts.connections_refused.get(),
            ),
            ("control_events_overrun", self.counts.events_overrun.get()),
            ("control_events_missed", self.journal.missed()),
        ];
        view.counters
            .extend(own.map(|(name, count)| (name.to_owned(), count)));
        view
    }

    /// Joins through seeds, and says which did not answer.
    pub(crate) async fn join(&self, seeds: Vec<String>) -> Joined {
        let asked = seeds.len();
        let report = self.cluster.join(seeds).await;
        let failed = report.failed.into_iter();
        let failed = failed.map(|(seed, error)| FailedSeed {
            seed,
            reason: error.to_string(),
        });
        Joined {
            asked,
            answered: report.answered,
            failed: failed.collect(),
        }
    }

    /// Replaces the metadata.
    pub(crate) async fn meta(&self, pairs: &Pairs) -> Result<(), MetaRefused> {
        let bytes = metadata::encode(pairs).map_err(MetaRefused::Value)?;
        let updated = self.cluster.update(bytes).await;
        updated.map_err(|error| match error {
            UpdateError::TooLong { .. } => MetaRefused::Value(error.to_string()),
            other => MetaRefused::Node(other),
        })
    }

    /// Leaves the cluster; the agent ends after it.
    pub(crate) async fn leave(&self) -> Departure {
        let left = self.cluster.leave(LEAVE_TIMEOUT).await;
        let told = !matches!(left, Err(LeaveError::TimedOut { .. }));
        self.departed.set(true);
        self.bell.notify(usize::MAX);
        Departure { told }
    }

    /// Waits until somebody has made the node leave.
    pub(crate) async fn departure(&self) {
        loop {
            let rung = self.bell.listen();
            if self.departed.get() {
                return;
            }
            rung.await;
        }
    }
}
