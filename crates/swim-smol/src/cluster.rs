//! The handle that an application holds.

use std::net::SocketAddr;
use std::time::Duration;

use crate::builder::Builder;
use crate::error::{JoinError, LeaveError, StartError, UpdateError};
use crate::event::Events;
use crate::member::{Info, Member};

/// What became of a join.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JoinReport {
    /// How many seeds answered and exchanged rosters with us.
    pub answered: usize,
    /// The others, each with the reason.
    pub failed: Vec<(String, JoinError)>,
}

/// A running node, and through it the cluster that it is in.
///
/// It works in the background, on a thread named `swim` that all nodes of a process share. Dropping it is a crash: the
/// others will suspect it and find it dead. Say [`leave`](Self::leave) first to part in peace.
#[derive(Debug)]
pub struct Cluster {
    name: String,
}

impl Cluster {
    /// Settings for a node of this name: 1 to [`MAX_NAME`](crate::MAX_NAME) bytes, unique in the cluster.
    pub fn builder(name: impl Into<String>) -> Builder {
        Builder::new(name.into())
    }

    pub(crate) fn launch(settings: Builder) -> Result<Self, StartError> {
        Ok(Self {
            name: settings.name,
        })
    }

    /// Our name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address bound, by UDP and TCP, with its real port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        unimplemented_yet()
    }

    /// The address that others are told.
    #[must_use]
    pub fn advertised(&self) -> SocketAddr {
        unimplemented_yet()
    }

    /// Everybody remembered, ourselves included, in all four states, sorted by name.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        Vec::new()
    }

    /// One member, in whatever state.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Member> {
        self.members()
            .into_iter()
            .find(|member| member.name == name)
    }

    /// Ourselves.
    #[must_use]
    pub fn me(&self) -> Member {
        unimplemented_yet()
    }

    /// The node's account of itself.
    #[must_use]
    pub fn info(&self) -> Info {
        unimplemented_yet()
    }

    /// Lifeguard's score: 0 is healthy.
    #[must_use]
    pub fn health(&self) -> u8 {
        self.info().health
    }

    /// Whether we have left, or were silenced because an older node has our name.
    #[must_use]
    pub fn has_left(&self) -> bool {
        false
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        unimplemented_yet()
    }

    /// Joins through each of these seeds, all at once; after a [`leave`](Self::leave), begins a new life. See
    /// [`Builder::seed`] for how they are written.
    ///
    /// Ends when each seed has answered or failed. Dropping the future gives up waiting; joins that have begun go on.
    pub async fn join(&self, seeds: impl IntoIterator<Item = impl Into<String>>) -> JoinReport {
        let failed = seeds
            .into_iter()
            .map(|seed| (seed.into(), JoinError::Ended));
        JoinReport {
            answered: 0,
            failed: failed.collect(),
        }
    }

    /// As [`join`](Self::join), blocking the thread.
    pub fn join_blocking(&self, seeds: impl IntoIterator<Item = impl Into<String>>) -> JoinReport {
        smol::future::block_on(self.join(seeds))
    }

    /// Says goodbye and returns when others were told often enough, at most after `timeout`. The node still runs, as
    /// somebody who left; [`join`](Self::join) begins a new life.
    ///
    /// # Errors
    /// [`LeaveError`]; also when the time ran out the node has left.
    pub async fn leave(&self, timeout: Duration) -> Result<(), LeaveError> {
        Err(LeaveError::TimedOut { timeout })
    }

    /// As [`leave`](Self::leave), blocking the thread.
    ///
    /// # Errors
    /// As [`leave`](Self::leave).
    pub fn leave_blocking(&self, timeout: Duration) -> Result<(), LeaveError> {
        smol::future::block_on(self.leave(timeout))
    }

    /// Replaces our metadata. Returns at once; gossip carries it.
    ///
    /// # Errors
    /// [`UpdateError`]: nothing changed.
    pub async fn update(&self, meta: impl Into<Vec<u8>>) -> Result<(), UpdateError> {
        self.update_blocking(meta)
    }

    /// As [`update`](Self::update), outside of async code.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn update_blocking(&self, meta: impl Into<Vec<u8>>) -> Result<(), UpdateError> {
        drop(meta.into());
        Err(UpdateError::Ended)
    }

    /// Ends the node without a leave, and returns when both ports are closed. Calls after it say so
    /// ([`JoinError::Ended`] and its like); views show what was last known.
    pub async fn shutdown(&self) {}

    /// As [`shutdown`](Self::shutdown), blocking the thread.
    pub fn shutdown_blocking(&self) {
        smol::future::block_on(self.shutdown());
    }
}

fn unimplemented_yet<T>() -> T {
    panic!("the node is not there yet")
}
