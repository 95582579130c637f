//! The handle that an application holds.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smol::channel::Receiver;
use smol::future::{FutureExt, block_on};
use smol::{Task, Timer};

use crate::builder::Builder;
use crate::error::{JoinError, LeaveError, UpdateError};
use crate::event::Events;
use crate::member::{Info, Member};
use crate::runtime;
use crate::seeds;
use crate::shared::{Shared, lock};
use crate::stream::Streams;

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
/// It works in the background, on threads that all nodes of a process share. Dropping it is a crash: the others will
/// suspect it and find it dead. Say [`leave`](Self::leave) first to part in peace.
///
/// Every method that waits is `async` for any runtime, and has a form that blocks the thread.
#[derive(Debug)]
pub struct Cluster {
    shared: Arc<Shared>,
    streams: Arc<Streams>,
    tasks: Mutex<Vec<Task<()>>>,
}

impl Cluster {
    /// Settings for a node of this name: 1 to [`MAX_NAME`](crate::MAX_NAME) bytes, unique in the cluster.
    pub fn builder(name: impl Into<String>) -> Builder {
        Builder::new(name.into())
    }

    pub(crate) fn of(
        shared: Arc<Shared>,
        streams: Arc<Streams>,
        tasks: impl IntoIterator<Item = Task<()>>,
    ) -> Self {
        Self {
            shared,
            streams,
            tasks: Mutex::new(tasks.into_iter().collect()),
        }
    }

    /// Our name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.place.name
    }

    /// The address bound, by UDP and TCP, with its real port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.place.bound
    }

    /// The address that others are told.
    #[must_use]
    pub fn advertised(&self) -> SocketAddr {
        self.shared.state().node.me().peer.socket_addr()
    }

    /// Everybody remembered, ourselves included, in all four states, sorted by name. All of it is of one moment.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let mut members = self.shared.state().members();
        members.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// One member, in whatever state.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Member> {
        self.shared.state().member(name)
    }

    /// Ourselves.
    #[must_use]
    pub fn me(&self) -> Member {
        self.shared.state().me()
    }

    /// The node's account of itself.
    #[must_use]
    pub fn info(&self) -> Info {
        self.shared.state().info(self.shared.clock)
    }

    /// Lifeguard's score: 0 is healthy.
    #[must_use]
    pub fn health(&self) -> u8 {
        self.shared.state().node.health()
    }

    /// Whether we have left, or were silenced because an older node has our name.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.shared.state().node.has_departed()
    }

    /// What happens from now on. Subscribe first and look at [`members`](Self::members) then, and nothing is missed.
    #[must_use]
    pub fn events(&self) -> Events {
        let mut state = self.shared.state();
        let events = state.subscribers.subscribe();
        if state.ended {
            state.subscribers.end();
        }
        events
    }

    /// Joins through each of these seeds, all at once; after a [`leave`](Self::leave), begins a new life. See
    /// [`Builder::seed`] for how they are written.
    ///
    /// Ends when each seed has answered or failed. Dropping the future gives up waiting; exchanges that have begun go
    /// on.
    pub fn join<S: Into<String>>(
        &self,
        seeds: impl IntoIterator<Item = S>,
    ) -> impl Future<Output = JoinReport> + Send + 'static {
        let begin = |seed: S| {
            let seed = seed.into();
            let join = seeds::join(Arc::clone(&self.shared), seed.clone());
            (seed, runtime::spawn(join))
        };
        let joins: Vec<_> = seeds.into_iter().map(begin).collect();
        async move {
            let mut report = JoinReport::default();
            for (seed, join) in joins {
                match join.await {
                    Ok(()) => report.answered += 1,
                    Err(error) => report.failed.push((seed, error)),
                }
            }
            report
        }
    }

    /// As [`join`](Self::join), blocking the thread.
    pub fn join_blocking(&self, seeds: impl IntoIterator<Item = impl Into<String>>) -> JoinReport {
        block_on(self.join(seeds))
    }

    /// Says goodbye and returns when others were told often enough, at most after `timeout`. The node still runs, as
    /// somebody who left; [`join`](Self::join) begins a new life.
    ///
    /// # Errors
    /// [`LeaveError`]; also when the time ran out the node has left.
    pub async fn leave(&self, timeout: Duration) -> Result<(), LeaveError> {
        let told = {
            let mut state = self.shared.state();
            if state.ended {
                return Err(LeaveError::Ended);
            }
            let left = state.node.leave(self.shared.clock.now());
            left.map_err(|_| LeaveError::AlreadyLeft)?;
            state.waiting.leave()
        };
        self.shared.wake();
        let told = async { told.recv().await.map_err(|_| LeaveError::Ended) };
        let late = async {
            Timer::after(timeout).await;
            Err(LeaveError::TimedOut { timeout })
        };
        told.or(late).await
    }

    /// As [`leave`](Self::leave), blocking the thread.
    ///
    /// # Errors
    /// As [`leave`](Self::leave).
    pub fn leave_blocking(&self, timeout: Duration) -> Result<(), LeaveError> {
        block_on(self.leave(timeout))
    }

    /// Replaces our metadata. Returns at once; gossip carries it.
    ///
    /// # Errors
    /// [`UpdateError`]: nothing changed.
    #[expect(clippy::unused_async, reason = "all of the API can be awaited alike")]
    pub async fn update(&self, meta: impl AsRef<[u8]>) -> Result<(), UpdateError> {
        self.update_blocking(meta)
    }

    /// As [`update`](Self::update), for code that isn't async.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn update_blocking(&self, meta: impl AsRef<[u8]>) -> Result<(), UpdateError> {
        let meta = meta.as_ref();
        let mut state = self.shared.state();
        if state.ended {
            return Err(UpdateError::Ended);
        }
        let me = state.node.me().peer;
        let me = me
            .with_meta(meta)
            .ok()
            .filter(|me| self.shared.place.fits(me));
        let Some(me) = me else {
            let length = meta.len();
            let limit = self.shared.place.meta_limit(state.node.me().peer);
            return Err(UpdateError::TooLong { length, limit });
        };
        let updated = state.node.update(self.shared.clock.now(), me);
        updated.map_err(|error| match error {
            swim_core::UpdateError::Exhausted => UpdateError::Exhausted,
            _ => UpdateError::Left,
        })?;
        drop(state);
        self.shared.wake();
        Ok(())
    }

    /// Ends the node without a leave, and returns when both ports are closed. Calls after it say so
    /// ([`JoinError::Ended`] and its like); views show what was last known.
    pub async fn shutdown(&self) {
        let (tasks, driver) = self.end();
        for task in tasks {
            task.cancel().await;
        }
        // Nothing is ever sent: it ends when the other end is dropped, and the socket with it.
        let _ = driver.recv().await;
    }

    /// As [`shutdown`](Self::shutdown), blocking the thread.
    pub fn shutdown_blocking(&self) {
        block_on(self.shutdown());
    }

    /// Nothing begins from here on; these tasks hold the sockets.
    fn end(&self) -> (Vec<Task<()>>, Receiver<()>) {
        self.shared.state().end();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.append(&mut self.streams.end());
        (tasks, self.shared.stop())
    }
}

impl Drop for Cluster {
    /// Both ports are closed when this returns.
    fn drop(&mut self) {
        self.shutdown_blocking();
    }
}
