//! What the threads of a driver share (feature `std`): the node under a lock, its clock, its randomness, its counters.

// Clocks and randomness are a driver's, and this is a part of drivers: no other file of the core has them, and none that a node
// is made of names this one.
#![allow(clippy::disallowed_types)]

use core::hash::BuildHasher;
use std::hash::RandomState;
use std::io;
use std::sync::{Mutex, MutexGuard};
use std::time::{self, SystemTime, UNIX_EPOCH};
use std::vec::Vec;

use crate::config::{Config, ConfigError};
use crate::converse::{Stream, lock};
use crate::exchange::Exchange;
use crate::node::Node;
use crate::output::{ExchangeFailed, ExchangeId, Exchanged, Reason};
use crate::peer::Incarnation;
use crate::receive::receive;
use crate::roster::Roster;
use crate::time::Instant;
use crate::wire::{Counters, Envelope, WirePeer};

/// A node that several threads drive: one has the datagrams and the timer, each stream has its own.
///
/// It opens no socket and starts no thread. What it has is what every such driver would write: monotone time, a first
/// incarnation, unforeseeable numbers, and exchanges held to their end. The example `udp_thread` shows all of it at work.
///
/// Its methods block nobody for long: the node is locked for moments, and never while a stream waits.
#[derive(Debug)]
pub struct Shared<P: WirePeer + 'static> {
    node: Mutex<Node<'static, P>>,
    counters: Mutex<Counters>,
    label: Envelope<'static>,
    birth: time::Instant,
}

impl<P: WirePeer + 'static> Shared<P> {
    /// A node that remembers `members` at most; `label` is its cluster's. Its first incarnation is the unix time.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that can't work.
    pub fn new(
        me: P,
        config: Config,
        label: Envelope<'static>,
        members: u32,
    ) -> Result<Self, ConfigError> {
        // A hint that saves a round trip: whatever the clock says, the node outbids what others hold (P8).
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        let first = unix.map_or(1, |unix| u32::try_from(unix.as_secs()).unwrap_or(1));
        let first = Incarnation(first);
        let roster = Roster::owned(usize::try_from(members).unwrap_or(usize::MAX));
        let node = Node::new(me, first, config, roster, random(), Instant::ZERO)?;
        Ok(Self {
            node: Mutex::new(node),
            counters: Mutex::default(),
            label,
            birth: time::Instant::now(),
        })
    }

    /// The node, locked until the guard is dropped. Don't wait for anything meanwhile.
    pub fn node(&self) -> MutexGuard<'_, Node<'static, P>> {
        lock(&self.node)
    }

    /// Monotone time since the beginning.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::ZERO.after(self.birth.elapsed())
    }

    /// What came in and was read, or refused.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *lock(&self.counters)
    }

    /// A datagram came in. One that is not ours is counted, and dropped.
    pub fn hear(&self, from: &P::Addr, bytes: &[u8]) {
        let (mut node, mut counters) = (self.node(), lock(&self.counters));
        let (now, label) = (self.now(), self.label);
        // Refusals are counted there.
        let _ = receive(&mut node, now, from, label, bytes, &mut counters, |_| {});
    }

    /// The node wants an exchange (`Output::Exchange`): holds it over this stream, or says that there is none.
    ///
    /// # Errors
    /// [`ExchangeFailed`], of which the node has been told.
    pub fn call(
        &self,
        id: ExchangeId,
        why: Reason,
        stream: io::Result<impl Stream>,
    ) -> Result<Exchanged, ExchangeFailed> {
        match stream {
            Ok(stream) => self.hold(
                Exchange::open(id, why, self.label, random(), self.scratch()),
                stream,
            ),
            Err(_) => {
                let how = Err(ExchangeFailed::Broken);
                self.node().handle_exchange(self.now(), id, how);
                how
            }
        }
    }

    /// Somebody opened a stream: holds an exchange over it, unless the node is busy.
    ///
    /// # Errors
    /// [`ExchangeFailed`], of which the node has been told; [`Busy`](ExchangeFailed::Busy) also if it serves as many as it can.
    pub fn answer(&self, from: P::Addr, stream: impl Stream) -> Result<Exchanged, ExchangeFailed> {
        let accepted = self.node().accept(self.now(), from);
        let id = accepted.map_err(|_| ExchangeFailed::Busy)?;
        self.hold(Exchange::accept(id, self.label, self.scratch()), stream)
    }

    fn hold(
        &self,
        mut exchange: Exchange<'_, Vec<u32>>,
        mut stream: impl Stream,
    ) -> Result<Exchanged, ExchangeFailed> {
        let how = exchange.converse(&mut stream, &self.node, || self.now());
        lock(&self.counters).add(exchange.counters());
        how
    }

    fn scratch(&self) -> Vec<u32> {
        // A newcomer knows few, and is told of many.
        let members = u32::try_from(self.node().capacity()).unwrap_or(u32::MAX);
        std::vec![0; Exchange::scratch_for(members)]
    }
}

/// A number that nobody can foresee: the hash keys of the standard library are the system's randomness.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
