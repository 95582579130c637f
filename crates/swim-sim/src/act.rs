//! What can happen to a machine: faults and wishes as data, done now or planned for later.

use std::time::Duration;

use swim_core::{Incarnation, Instant, Peer, Roster, hash_under};

use crate::host::{Arrival, SimNode};
use crate::links::FaultId;
use crate::network::{Due, Rank};
use crate::peer::SimAddr;
use crate::random::{Purpose, micros};
use crate::sim::{CLOCK_START, Sim};
use crate::trace::Kind;

/// Something that happens to one machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Act {
    /// A node starts, if none runs: it joins through its seeds.
    Start,
    /// The process dies without a word, and all that it knew with it.
    Crash,
    /// A node starts anew under its name, after a crash if one still runs.
    Restart(Return),
    /// The process stops: what arrives waits, timers are late.
    Freeze,
    /// The process goes on: it reads what waits, then looks at the clock.
    Thaw,
    /// The machine's clock jumps by so many microseconds, forward or backward.
    JumpClock(i64),
    /// The machine's clock runs faster, or slower, by so many parts of a million.
    DriftClock(i32),
    /// The node says goodbye.
    Leave,
    /// The node joins through the machine of that number.
    Join(u32),
    /// The node's metadata becomes this version.
    Update(u32),
    /// A datagram that no node sent arrives, bytes as they are.
    Inject {
        /// The address that it seems to come from.
        from: SimAddr,
        /// What it says.
        bytes: Vec<u8>,
    },
}

/// How a node comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Return {
    /// At an address that nobody had before.
    pub elsewhere: bool,
    /// With this first incarnation instead of the seconds of its machine's clock.
    pub incarnation: Option<u32>,
}

/// Something planned.
#[derive(Debug)]
pub(crate) enum Planned {
    On(u32, Act),
    Lift(FaultId),
    /// A node calls its seeds again, if it still lives that life.
    JoinAgain {
        host: u32,
        life: u32,
    },
}

/// The true time at the simulation's beginning, in unix seconds: where first incarnations come from.
const EPOCH: u64 = 1_800_000_000;

impl Sim {
    pub(crate) fn plan(&mut self, after: Duration, planned: Planned) {
        let at = self.now.saturating_add(micros(after));
        let due = Due::Planned(Box::new(planned));
        self.queue.push(at, Rank::Planned.order(), due);
    }

    pub(crate) fn carry_out(&mut self, planned: Planned) {
        match planned {
            Planned::On(host, act) => self.act(host, act),
            Planned::Lift(fault) => self.end(fault),
            Planned::JoinAgain { host, life } => self.join_again(host, life),
        }
    }

    /// Does it now. What is impossible (to thaw what is not frozen) changes nothing.
    pub(crate) fn act(&mut self, host: u32, act: Act) {
        self.trace
            .note(self.now, Kind::Fault, host, 0, hash_under(0, &act));
        let label = &self.hosts[host as usize].label;
        self.trace.line(self.now, label, || match &act {
            Act::Inject { from, bytes } => format!("! forged from {from:?}, {} B", bytes.len()),
            act => format!("! {act:?}"),
        });
        self.changes += 1;
        match act {
            Act::Start => self.start_node(host, None),
            Act::Crash => self.crash(host),
            Act::Restart(how) => self.restart(host, how),
            Act::Freeze => self.hosts[host as usize].frozen = true,
            Act::Thaw => self.thaw(host),
            Act::JumpClock(by) => {
                self.hosts[host as usize].clock.jump(self.now, by);
                self.rearm(host);
            }
            Act::DriftClock(parts) => {
                self.hosts[host as usize].clock.set_drift(self.now, parts);
                self.rearm(host);
            }
            Act::Leave => self.wish(host, SimNode::leave),
            Act::Join(to) => {
                let seed = *self.hosts[to as usize].peer.addr();
                self.wish(host, |node, now| node.join(now, seed));
            }
            Act::Update(meta) => self.update(host, meta),
            Act::Inject { from, bytes } => self.inject(from, host, &bytes),
        }
    }

    fn start_node(&mut self, at: u32, incarnation: Option<u32>) {
        let capacity = self.settings.capacity;
        let host = &mut self.hosts[at as usize];
        if host.node.is_some() {
            return;
        }
        let seed = self.draws.draw(Purpose::Birth, at, host.lives, 0);
        host.lives += 1;
        let local = host.clock.at(self.now);
        let seconds = EPOCH + local.saturating_sub(CLOCK_START) / 1_000_000;
        let first = incarnation.unwrap_or_else(|| u32::try_from(seconds).unwrap_or(u32::MAX));
        let now = Instant::from_micros(local);
        let node = SimNode::new(
            host.peer,
            Incarnation(first),
            host.config,
            Roster::owned(capacity),
            seed,
            now,
        );
        let node = node.expect("the builder checked the configuration");
        host.node = Some(Box::new(node));
        self.begin_joining(at);
    }

    fn crash(&mut self, at: u32) {
        let host = &mut self.hosts[at as usize];
        host.node = None;
        host.frozen = false;
        host.alarm.until = None;
        host.alarm.set(None);
        for arrival in std::mem::take(&mut host.unread) {
            self.drop_unread(arrival);
        }
        self.break_streams(at);
        if let Some(watch) = &mut self.watch {
            watch.forget(at);
        }
    }

    fn restart(&mut self, at: u32, how: Return) {
        self.crash(at);
        if how.elsewhere {
            let fresh = self.new_address(at);
            let host = &mut self.hosts[at as usize];
            host.peer = host.peer.with_addr(fresh);
        }
        self.start_node(at, how.incarnation);
    }

    fn thaw(&mut self, at: u32) {
        let host = &mut self.hosts[at as usize];
        if !std::mem::take(&mut host.frozen) {
            return;
        }
        for arrival in std::mem::take(&mut host.unread) {
            match arrival {
                Arrival::Datagram(place) => self.read_datagram(at, place),
                Arrival::Piece(place) => self.read_piece(at, place),
            }
        }
        let host = &mut self.hosts[at as usize];
        let local = host.clock.at(self.now);
        let late = host.alarm.until.is_some_and(|until| until <= local);
        if let Some(node) = host.node.as_mut().filter(|_| late) {
            node.handle_timeout(Instant::from_micros(local));
        }
        self.drain(at);
    }

    fn update(&mut self, at: u32, meta: u32) {
        let host = &mut self.hosts[at as usize];
        host.peer = host.peer.with_meta(meta);
        let peer = host.peer;
        self.wish(at, |node, now| node.update(now, peer));
    }

    /// What an application wants of its node; of one that doesn't run, or is frozen, nothing.
    fn wish<R>(&mut self, at: u32, wish: impl FnOnce(&mut SimNode, Instant) -> R) {
        let host = &mut self.hosts[at as usize];
        if !host.is_awake() {
            return;
        }
        let now = Instant::from_micros(host.clock.at(self.now));
        if let Some(node) = &mut host.node {
            // A wish that the node refuses changes nothing.
            let _ = wish(node, now);
        }
        self.drain(at);
    }
}
