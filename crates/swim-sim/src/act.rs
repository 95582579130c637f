//! What can happen to a machine: faults and wishes as data, done now or planned for later.

use std::time::Duration;

use swim_core::{Incarnation, Instant, Peer, Roster, State, hash_under};

use crate::host::{Arrival, SimNode};
use crate::links::FaultId;
use crate::network::{Due, Rank};
use crate::peer::{SimAddr, SimPeer};
use crate::random::{Purpose, micros};
use crate::run::{Life, What};
use crate::sim::Sim;
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
    /// The machine is switched off asleep: what is sent to it is lost, its streams break, its node keeps all it knows.
    Sleep,
    /// It is switched on again, and its node goes on.
    Wake,
    /// A node that has left joins through its seeds, as a new life; if none runs, one starts.
    Rejoin,
    /// Its next metadata.
    UpdateAnew,
    /// Everything that arrives takes so many microseconds to be read, and at most so many datagrams wait; zero: no time.
    Throttle(u64, u32),
    /// A datagram that no node sent arrives: it says this of the member on the machine of that number, at an incarnation so
    /// much above all that it ever had.
    Forge {
        /// The machine of the member.
        about: u32,
        /// What is said of it; `None`: random bytes.
        says: Option<State>,
        /// How far above.
        above: u32,
    },
    /// The driver becomes careless: it tells its node what happens, and asks it for nothing any more.
    Neglect,
    /// The driver asks its node again, first for all that it wanted meanwhile.
    Attend,
    /// A node starts anew under its name, and has kept nothing but its incarnation.
    RestartKept {
        /// At an address that nobody had before.
        elsewhere: bool,
    },
    /// The process stops, and so many datagrams wait at most.
    FreezeWithin(u32),
    /// A node starts at the address of another machine, whose node runs no more.
    TakeOver(u32),
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
    /// The act of that number in the script.
    Scripted(u32),
    Lift(FaultId),
    /// A node calls its seeds again, if it still lives that life.
    JoinAgain {
        host: u32,
        life: u32,
    },
}

impl Sim {
    pub(crate) fn plan(&mut self, after: Duration, planned: Planned) {
        let at = self.now.saturating_add(micros(after));
        let due = Due::Planned(Box::new(planned));
        self.queue.push(at, Rank::Planned.order(), due);
    }

    pub(crate) fn carry_out(&mut self, planned: Planned) {
        match planned {
            Planned::On(host, act) => {
                self.act(host, act);
            }
            Planned::Scripted(number) => self.play(number),
            Planned::Lift(fault) => self.end(fault),
            Planned::JoinAgain { host, life } => self.join_again(host, life),
        }
    }

    /// Does it now. What is impossible (to thaw what is not frozen) changes nothing; tells whether it was possible.
    pub(crate) fn act(&mut self, host: u32, act: Act) -> bool {
        self.record
            .trace
            .note(self.now, Kind::Fault, host, 0, hash_under(0, &act));
        let label = &self.hosts[host as usize].label;
        self.record.trace.line(self.now, label, || match &act {
            Act::Inject { from, bytes } => format!("! forged from {from:?}, {} B", bytes.len()),
            act => format!("! {act:?}"),
        });
        self.notes.changes += 1;
        match act {
            Act::Start => self.start_node(host, None),
            Act::Crash => self.crash(host),
            Act::Restart(how) => self.restart(host, how),
            Act::Sleep => self.sleep(host),
            Act::Wake => self.wake_up(host),
            Act::Neglect => self.neglect(host),
            Act::Attend => self.attend(host),
            Act::RestartKept { elsewhere } => self.restart_kept(host, elsewhere),
            Act::TakeOver(of) => self.take_over(host, of),
            Act::Freeze => self.freeze(host, None),
            Act::FreezeWithin(room) => self.freeze(host, Some(room)),
            Act::Thaw => self.thaw(host),
            Act::JumpClock(_) | Act::DriftClock(_) => self.set_clock(host, &act),
            Act::Leave => self.leave(host),
            Act::Join(to) => {
                let seed = *self.hosts[to as usize].peer.addr();
                self.wish(host, |node, now| node.join(now, seed).is_ok())
            }
            Act::Rejoin => self.rejoin(host),
            Act::Update(meta) => self.update(host, meta),
            Act::UpdateAnew => self.update(host, self.hosts[host as usize].peer.meta() + 1),
            Act::Throttle(each, room) => self.throttle(host, each, room),
            Act::Inject { from, bytes } => {
                self.inject(from, host, &bytes);
                true
            }
            Act::Forge { about, says, above } => self.forge_about(host, about, says, above),
        }
    }

    /// A node's life takes a turn, for whoever looks on.
    fn turn(&mut self, node: u32, life: Life) {
        self.sights.see(self.now, || What::Life { node, life });
    }

    fn start_node(&mut self, at: u32, incarnation: Option<u32>) -> bool {
        let room = Roster::owned(self.settings.capacity);
        let born = self.bear(at, incarnation, room);
        if born {
            self.begin_joining(at);
        }
        born
    }

    /// A node comes to life, and knows nobody; if none runs there.
    fn bear(&mut self, at: u32, incarnation: Option<u32>, room: Roster<'static, SimPeer>) -> bool {
        if self.hosts[at as usize].node.is_some() {
            return false;
        }
        if self.host_at(*self.hosts[at as usize].peer.addr()) != Some(at) {
            // Somebody else has its address by now.
            self.move_away(at);
        }
        let host = &mut self.hosts[at as usize];
        let seed = self.draws.draw(Purpose::Birth, at, host.past.lives, 0);
        host.clock.forget();
        host.past.lives += 1;
        host.asleep = None;
        let now = Instant::from_micros(host.clock.at(self.now));
        let first = incarnation.map_or_else(|| host.seconds(self.now), Incarnation);
        let node = SimNode::new(host.peer, first, *host.config, room, seed, now);
        let node = node.expect("the builder checked the configuration");
        host.node = Some(Box::new(node));
        self.turn(at, Life::Started);
        true
    }

    /// These machines' nodes start, and know each other as if they had been together for long.
    pub(crate) fn start_together(&mut self, machines: &[u32]) {
        let about = hash_under(0, &Act::Start);
        let known = machines.iter().map(|&at| {
            let host = &self.hosts[at as usize];
            (host.peer, host.seconds(self.now))
        });
        let known: Vec<_> = known.collect();
        for (place, &at) in machines.iter().enumerate() {
            self.record.trace.note(self.now, Kind::Fault, at, 0, about);
            // One at a time: what it is lent is filled while the processor still has it.
            let room = Roster::allocated(self.settings.capacity);
            self.bear(at, None, room);
            let seeds = self.seeds_of(at);
            if let Some(node) = &mut self.hosts[at as usize].node {
                node.set_seeds(seeds);
                // Each in an order of its own.
                let (before, after) = known.split_at(place);
                for &(peer, incarnation) in after.iter().skip(1).chain(before) {
                    node.recall(peer, incarnation);
                }
                // That they know each other is no news to anybody.
                node.count_as_told();
            }
            self.notes.unheard = true;
            self.drain(at);
            self.notes.unheard = false;
        }
    }

    /// The process is gone; what it knew is not thrown away yet.
    fn stop(&mut self, at: u32) -> Option<Box<SimNode>> {
        let host = &mut self.hosts[at as usize];
        host.past.incarnation = host.greatest();
        let node = host.node.take()?;
        (host.pause.frozen, host.pause.undrained) = (false, false);
        host.alarm.set(None);
        for arrival in std::mem::take(&mut host.pause.unread) {
            self.drop_unread(at, arrival);
        }
        self.break_streams(at);
        self.turn(at, Life::Stopped);
        Some(node)
    }

    fn crash(&mut self, at: u32) -> bool {
        let ran = self.stop(at).is_some();
        self.sights.forget(at);
        if let Some(watch) = &mut self.watch {
            watch.forget(at);
        }
        ran
    }

    fn restart(&mut self, at: u32, how: Return) -> bool {
        self.crash(at);
        if how.elsewhere {
            self.move_away(at);
        }
        self.start_node(at, how.incarnation)
    }

    /// The machine has an address that nobody had before.
    fn move_away(&mut self, at: u32) {
        let fresh = self.new_address(at);
        let host = &mut self.hosts[at as usize];
        host.peer = host.peer.with_addr(fresh);
    }

    fn restart_kept(&mut self, at: u32, elsewhere: bool) -> bool {
        self.crash(at);
        let kept = self.hosts[at as usize].past.incarnation.0;
        let incarnation = Some(kept);
        self.restart(
            at,
            Return {
                elsewhere,
                incarnation,
            },
        )
    }

    fn take_over(&mut self, at: u32, of: u32) -> bool {
        let (new, old) = (&self.hosts[at as usize], &self.hosts[of as usize]);
        let is_free = old.node.is_none() && old.asleep.is_none();
        if at == of || new.node.is_some() || !is_free {
            return false;
        }
        let (own, taken) = (*new.peer.addr(), *old.peer.addr());
        self.give_address(own, at, None);
        self.give_address(taken, of, Some(at));
        let host = &mut self.hosts[at as usize];
        host.peer = host.peer.with_addr(taken);
        self.start_node(at, None)
    }

    fn sleep(&mut self, at: u32) -> bool {
        let node = self.stop(at);
        let slept = node.is_some();
        self.hosts[at as usize].asleep = node;
        slept
    }

    fn wake_up(&mut self, at: u32) -> bool {
        let host = &mut self.hosts[at as usize];
        if host.node.is_some() || host.asleep.is_none() {
            return false;
        }
        host.node = host.asleep.take();
        self.turn(at, Life::Woken);
        self.rearm(at);
        true
    }

    fn neglect(&mut self, at: u32) -> bool {
        let host = &mut self.hosts[at as usize];
        host.node.is_some() && !std::mem::replace(&mut host.pause.undrained, true)
    }

    fn attend(&mut self, at: u32) -> bool {
        let neglected = std::mem::take(&mut self.hosts[at as usize].pause.undrained);
        self.drain(at);
        neglected
    }

    fn freeze(&mut self, at: u32, room: Option<u32>) -> bool {
        let host = &mut self.hosts[at as usize];
        if !host.is_awake() {
            return false;
        }
        host.pause.frozen = true;
        host.pause.room = room;
        self.turn(at, Life::Paused);
        true
    }

    fn thaw(&mut self, at: u32) -> bool {
        let host = &mut self.hosts[at as usize];
        if !std::mem::take(&mut host.pause.frozen) {
            return false;
        }
        let unread = std::mem::take(&mut host.pause.unread);
        self.turn(at, Life::Resumed);
        for arrival in unread {
            match arrival {
                Arrival::Datagram(place) => self.read_datagram(at, place),
                Arrival::Piece(place) => self.read_piece(at, place),
            }
        }
        // It has read all: now it looks at the clock, or, if nothing is due yet, asks its node what to do about what it read.
        let host = &self.hosts[at as usize];
        let local = host.clock.at(self.now);
        if host.alarm.until.is_some_and(|until| until <= local) {
            self.rearm(at);
        } else {
            self.drain(at);
        }
        true
    }

    fn set_clock(&mut self, at: u32, act: &Act) -> bool {
        let clock = &mut self.hosts[at as usize].clock;
        match *act {
            Act::JumpClock(by) => {
                clock.jump(self.now, by);
                self.turn(at, Life::ClockJumped(by));
            }
            Act::DriftClock(parts) => {
                clock.set_drift(self.now, parts);
                self.turn(at, Life::ClockDrifts(parts));
            }
            _ => return false,
        }
        self.rearm(at);
        self.hosts[at as usize].node.is_some()
    }

    fn rejoin(&mut self, at: u32) -> bool {
        let host = &self.hosts[at as usize];
        match &host.node {
            None => self.start_node(at, None),
            // A seed that has none but itself stays what it is: left, with all that it knows.
            Some(node)
                if node.has_departed() && host.is_awake() && !self.seeds_of(at).is_empty() =>
            {
                self.turn(at, Life::Rejoined);
                self.outlive_streams(at);
                self.sights.forget(at);
                self.begin_joining(at);
                true
            }
            Some(_) => false,
        }
    }

    fn update(&mut self, at: u32, meta: u32) -> bool {
        let host = &mut self.hosts[at as usize];
        host.peer = host.peer.with_meta(meta);
        let peer = host.peer;
        self.turn(at, Life::Updated(meta));
        self.wish(at, |node, now| node.update(now, peer).is_ok())
    }

    /// It has left only if there was a node to say so: neither a dead process nor a paused one leaves.
    fn leave(&mut self, at: u32) -> bool {
        let host = &self.hosts[at as usize];
        let node = host.node.as_deref().filter(|_| host.is_awake());
        if node.is_some_and(|node| !node.has_departed()) {
            self.turn(at, Life::Leaving);
        }
        self.wish(at, |node, now| node.leave(now).is_ok())
    }

    fn throttle(&mut self, at: u32, each: u64, room: u32) -> bool {
        let slow = &mut self.hosts[at as usize].slow;
        (slow.each, slow.room) = (each, room.max(slow.room));
        // It has an effect when something has to wait.
        false
    }

    /// What an application wants of its node; one that doesn't run, or is frozen, refuses.
    fn wish(&mut self, at: u32, wish: impl FnOnce(&mut SimNode, Instant) -> bool) -> bool {
        let host = &mut self.hosts[at as usize];
        if !host.is_awake() {
            return false;
        }
        let now = Instant::from_micros(host.clock.at(self.now));
        // A wish that the node refuses changes nothing.
        let granted = host.node.as_mut().is_some_and(|node| wish(node, now));
        if granted {
            host.clock.told(now.as_micros());
        }
        self.drain(at);
        granted
    }
}
