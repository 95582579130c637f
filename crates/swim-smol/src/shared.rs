//! What a node's driver, its streams and its handles share.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use mio::Token;
use smol::channel::{Receiver, Sender, bounded};
use swim_core::{ExchangeFailed, ExchangeId, Exchanged, Incarnation, Node, wire};

use crate::counters::Counters;
use crate::driver::Driver;
use crate::event::Subscribers;
use crate::member::{Info, Member};
use crate::peer::{MAX_META, NameKey, NodePeer};
use crate::reactor::Reactor;
use crate::runtime::Clock;

/// A panic elsewhere leaves our values whole: each change is made by one call.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What never changes while the node runs.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) label: Box<[u8]>,
    /// The address bound, with its real port.
    pub(crate) bound: SocketAddr,
    /// Bytes of a datagram at most.
    pub(crate) datagram_size: usize,
}

impl Place {
    /// How our datagrams are wrapped. The label's length was checked at the start.
    pub(crate) fn envelope(&self) -> wire::Envelope<'_> {
        wire::Envelope::new(&self.label).unwrap_or(UNLABELLED)
    }

    /// Whether our datagrams have room for two such records beside a ping (P11).
    pub(crate) fn fits(&self, peer: &NodePeer) -> bool {
        self.envelope().smallest_datagram(peer) <= self.datagram_size
    }

    /// The most metadata that `peer` could have.
    pub(crate) fn meta_limit(&self, peer: &NodePeer) -> usize {
        let possible = |length: &usize| {
            let longest = peer.with_meta(&[0; MAX_META][..*length]);
            longest.is_ok_and(|longest| self.fits(&longest))
        };
        (1..=MAX_META).rev().find(possible).unwrap_or(0)
    }
}

const UNLABELLED: wire::Envelope<'static> = match wire::Envelope::new(b"") {
    Ok(envelope) => envelope,
    Err(_) => unreachable!(),
};

/// One node, and who waits for it.
pub(crate) struct Shared {
    pub(crate) place: Place,
    pub(crate) clock: Clock,
    state: Mutex<State>,
    /// Where the driver runs, and as whom.
    reactor: Arc<Reactor>,
    token: Token,
    /// Wakes the seeds' task: the core has tried a seed, so names are resolved anew.
    pub(crate) seed_tried: Sender<()>,
}

/// Everything behind the lock, which is never held while waiting.
pub(crate) struct State {
    pub(crate) node: Node<'static, NodePeer>,
    /// The incarnation that we began with.
    pub(crate) first: Incarnation,
    pub(crate) subscribers: Subscribers,
    pub(crate) waiting: Waiting,
    pub(crate) counters: Counters,
    pub(crate) wire: wire::Counters,
    pub(crate) ended: bool,
    /// Whether a join has ever succeeded.
    pub(crate) joined: bool,
    /// Rounds of the driver so far, and who waits for the next.
    turns: u64,
    turn_wakers: Vec<Waker>,
}

/// Calls that wait for the node.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    joins: HashMap<ExchangeId, Sender<Result<(), ExchangeFailed>>>,
    leaves: Vec<Sender<()>>,
}

impl Waiting {
    pub(crate) fn join(&mut self, id: ExchangeId) -> Receiver<Result<(), ExchangeFailed>> {
        let (sender, receiver) = bounded(1);
        self.joins.insert(id, sender);
        receiver
    }

    pub(crate) fn leave(&mut self) -> Receiver<()> {
        let (sender, receiver) = bounded(1);
        self.leaves.push(sender);
        receiver
    }

    /// Whoever waits for a leave waits no more: closing the channel wakes it.
    pub(crate) fn departed(&mut self) {
        for leave in self.leaves.drain(..) {
            let _ = leave.try_send(());
        }
    }

    fn exchanged(&mut self, id: ExchangeId, how: Result<Exchanged, ExchangeFailed>) {
        if let Some(join) = self.joins.remove(&id) {
            // Nobody may be waiting any more.
            let _ = join.try_send(how.map(drop));
        }
    }
}

impl State {
    /// An exchange has ended: the node is told, and whoever waits for it.
    pub(crate) fn end_exchange(
        &mut self,
        now: swim_core::Instant,
        id: ExchangeId,
        how: Result<Exchanged, ExchangeFailed>,
    ) {
        self.node.handle_exchange(now, id, how);
        self.waiting.exchanged(id, how);
    }

    /// The driver has made a round: the node may have heard something.
    pub(crate) fn count_turn(&mut self) {
        self.turns += 1;
        self.turn_wakers.drain(..).for_each(Waker::wake);
    }

    /// No call will be answered any more, no event told.
    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.waiting = Waiting::default();
        self.subscribers.end();
    }

    pub(crate) fn me(&self) -> Member {
        Member::of(&self.node.me())
    }

    pub(crate) fn member(&self, name: &str) -> Option<Member> {
        let found = self.node.member(NameKey(name.as_bytes()));
        found.map(|member| Member::of(&member))
    }

    pub(crate) fn members(&self) -> Vec<Member> {
        self.node
            .members()
            .map(|member| Member::of(&member))
            .collect()
    }

    pub(crate) fn info(&self, clock: Clock) -> Info {
        let me = self.me();
        Info {
            name: me.name,
            addr: me.addr,
            incarnation: me.incarnation,
            uptime: clock.now().since(swim_core::Instant::ZERO),
            silenced: self.node.is_silenced(),
            counts: self.node.counts(),
            health: self.node.health(),
            digest: self.node.digest(),
            agreement: self.node.agreement(),
            counters: self.all_counters(),
        }
    }

    fn all_counters(&self) -> Vec<(&'static str, u64)> {
        let sockets = Counters {
            events_lost: self.subscribers.lost(),
            ..self.counters
        };
        let widen = |(name, count): (&'static str, u32)| (name, u64::from(count));
        let protocol = self.node.stats().iter().map(widen);
        let format = self.wire.iter().map(widen);
        protocol.chain(format).chain(sockets.iter()).collect()
    }
}

impl Shared {
    /// The node's shared part, and what the seeds' task listens to.
    pub(crate) fn new(
        place: Place,
        clock: Clock,
        node: Node<'static, NodePeer>,
        (reactor, token): (Arc<Reactor>, Token),
    ) -> (Self, Receiver<()>) {
        let (seed_tried, seeds_to_resolve) = bounded(1);
        let state = State {
            first: node.me().incarnation,
            node,
            subscribers: Subscribers::default(),
            waiting: Waiting::default(),
            counters: Counters::default(),
            wire: wire::Counters::default(),
            ended: false,
            joined: false,
            turns: 0,
            turn_wakers: Vec::new(),
        };
        let shared = Self {
            place,
            clock,
            state: Mutex::new(state),
            reactor,
            token,
            seed_tried,
        };
        (shared, seeds_to_resolve)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Tells the driver that the node has something to do.
    pub(crate) fn wake(&self) {
        self.reactor.wake(self.token);
    }

    /// Hands the driver over to be run.
    pub(crate) fn drive(&self, driver: Driver) {
        self.reactor.add(self.token, driver);
    }

    /// Ends the driver. The channel is closed once its socket is.
    pub(crate) fn stop(&self) -> Receiver<()> {
        self.reactor.remove(self.token)
    }

    /// The driver's round at this moment.
    pub(crate) fn turn(&self) -> u64 {
        self.state().turns
    }

    /// Waits for a round after that one.
    pub(crate) async fn turn_after(&self, turn: u64) {
        poll_fn(|context| {
            let mut state = self.state();
            if state.turns > turn {
                return Poll::Ready(());
            }
            state.turn_wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Whether a datagram to this canonical address would come back to us.
    pub(crate) fn is_ours(&self, addr: SocketAddr) -> bool {
        let bound = self.place.bound;
        let through_any = bound.ip().is_unspecified() && addr.ip().is_loopback();
        let same_port = addr.port() == bound.port();
        addr == self.state().node.me().peer.socket_addr()
            || same_port && (through_any || addr.ip() == bound.ip().to_canonical())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
