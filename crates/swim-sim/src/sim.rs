//! The simulation: one thread, one queue, one clock.

use std::fmt::{self, Debug};
use std::time::Duration;

use swim_core::wire::{Counters, Datagram, Envelope};
use swim_core::{Event, Instant, Output, Reason};

use crate::builder::Settings;
use crate::chronicle::{self, Told};
use crate::host::{Host, Traffic};
use crate::links::{Effect, FaultId, Links, Scope};
use crate::network::{Due, Packets, Rank, Tally};
use crate::peer::{SimName, SimPeer};
use crate::queue::Queue;
use crate::random::{Draws, micros};
use crate::run::{Bytes, Held, Script, What};
use crate::sights::Sights;
use crate::streams::{Streams, scratch_for};
use crate::trace::{Kind, Trace, duration};
use crate::watch::{Moment, Violation, Watch};

/// What a machine's clock shows when the simulation begins: far enough from zero to jump back.
pub(crate) const CLOCK_START: u64 = 1_000_000_000_000;
/// How often in a row a node may wake without time passing before that counts as standing still.
const STANDSTILL: u32 = 1_000;
/// A condition is looked at whenever a view may have changed, and at least this often.
const LOOK: u64 = 100_000;

/// A cluster of real nodes on a network that isn't.
///
/// Every datagram and every stream carries the real wire format; only the clock and the network are virtual. Begin with
/// [`Sim::cluster`] or [`Sim::builder`]. Equal seeds and equal calls give equal runs, whatever is looked at on the way:
/// [`trace_hash`](Self::trace_hash) shows it.
#[derive(Debug)]
pub struct Sim {
    pub(crate) now: u64,
    pub(crate) queue: Queue<Due>,
    pub(crate) hosts: Vec<Host>,
    /// Which machine has the address of that number.
    pub(crate) addresses: Vec<Option<u32>>,
    pub(crate) links: Links,
    pub(crate) packets: Packets,
    pub(crate) streams: Streams,
    pub(crate) record: Record,
    pub(crate) sights: Sights,
    pub(crate) script: Script,
    pub(crate) watch: Option<Watch>,
    pub(crate) settings: Settings,
    pub(crate) draws: Draws,
    pub(crate) notes: Notes,
}

/// What the run leaves behind.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
    pub(crate) told: Vec<Told>,
    /// What the datagrams said, if the builder was asked for that.
    pub(crate) datagrams: Option<Vec<Vec<u8>>>,
}

/// What conditions and look-ups need to know of the run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notes {
    /// Counts whatever may change somebody's view: conditions are looked at again then.
    pub(crate) changes: u64,
    /// Whether any two machines run nodes of one name.
    pub(crate) has_namesakes: bool,
    /// What nodes tell now is noted nowhere.
    pub(crate) unheard: bool,
}

/// What was waited for did not come within its limit. `Debug` shows who held what.
pub struct NotYet {
    limit: Duration,
    picture: String,
}

impl Debug for NotYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not within {:?}\n{}", self.limit, self.picture)
    }
}

impl Sim {
    // ---- time ----

    /// The true time since the beginning.
    #[must_use]
    pub const fn now(&self) -> Duration {
        duration(self.now)
    }

    /// Lets the time pass.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now.saturating_add(micros(time));
        while self.step(end) {}
        self.now = end;
    }

    /// Lets the time pass until `condition` holds, and says how long that took.
    ///
    /// # Errors
    /// [`NotYet`] if it does not hold within `limit`.
    pub fn run_until(
        &mut self,
        condition: impl Fn(&Self) -> bool,
        limit: Duration,
    ) -> Result<Duration, NotYet> {
        let begin = self.now;
        let end = begin.saturating_add(micros(limit));
        let (mut seen, mut look_at) = (None, 0);
        loop {
            if seen != Some(self.notes.changes) || self.now >= look_at {
                (seen, look_at) = (Some(self.notes.changes), self.now + LOOK);
                if condition(self) {
                    return Ok(duration(self.now - begin));
                }
            }
            if !self.step(end) {
                break;
            }
        }
        self.now = end;
        if condition(self) {
            return Ok(limit);
        }
        let picture = self.to_string();
        Err(NotYet { limit, picture })
    }

    /// Does what is due next, unless it lies after `end`.
    pub(crate) fn step(&mut self, end: u64) -> bool {
        let Some((time, due)) = self.queue.pop_until(end) else {
            return false;
        };
        self.now = time;
        match due {
            Due::Wake(host) => self.wake(host),
            Due::Datagram(place) => self.arrive(place),
            Due::Piece(place) => self.piece_arrives(place),
            Due::Read(at, arrival) => {
                self.hosts[at as usize].slow.next();
                self.get_to(at, arrival);
            }
            Due::Planned(planned) => self.carry_out(*planned),
        }
        true
    }

    // ---- one machine ----

    fn wake(&mut self, at: u32) {
        let host = &mut self.hosts[at as usize];
        match host.alarm.rings(self.now) {
            Err(None) => return,
            Err(Some(later)) => {
                let order = Rank::Alarm { at }.order();
                return self.queue.push(later, order, Due::Wake(at));
            }
            Ok(()) if !host.is_awake() => return,
            Ok(()) => {}
        }
        let (shown, local) = (host.clock.shows(self.now), host.clock.at(self.now));
        self.record.trace.note(self.now, Kind::Woke, at, 0, shown);
        if let Some(node) = &mut host.node {
            node.handle_timeout(Instant::from_micros(local));
            if !node.has_departed() {
                host.clock.told(local);
            }
        }
        self.drain_after(at, true);
    }

    /// Does all that a node wants done, and sets its alarm.
    pub(crate) fn drain(&mut self, at: u32) {
        self.drain_after(at, false);
    }

    fn drain_after(&mut self, at: u32, woke: bool) {
        if self.hosts[at as usize].pause.undrained {
            return;
        }
        let Some(mut node) = self.hosts[at as usize].node.take() else {
            return;
        };
        let mut buffer = std::mem::take(&mut self.settings.buffer);
        let mut datagram = Datagram::new(&mut buffer, envelope(self.settings.label));
        let before = (node.digest(), node.counts());
        self.sights.touch_changed(&node);
        let (mut outputs, mut datagrams) = (0, 0);
        let until = loop {
            match node.poll_output(&mut datagram) {
                Output::Send { to } => {
                    datagrams += 1;
                    self.send(at, to, datagram.finish());
                }
                Output::Exchange { id, with, why } => {
                    self.open_stream(at, id, with, why, scratch_for(&node));
                    if why == Reason::Seed {
                        // Behind a seed's name there may be another address by now.
                        node.set_seeds(self.seeds_of(at));
                    }
                }
                Output::Event(event) => self.tell(at, event),
                Output::Wait { until } => break until,
            }
            outputs += 1;
        };
        if before != (node.digest(), node.counts()) {
            self.notes.changes += 1;
        }
        self.sights.compare(self.now, at, &node);
        self.sights.see(self.now, || What::Drained {
            node: at,
            datagrams,
            woke,
        });
        let host = &mut self.hosts[at as usize];
        if let Some(watch) = &mut self.watch {
            let moment = Moment {
                now: self.now,
                at,
                local: Instant::from_micros(host.clock.at(self.now)),
                outputs,
                until,
                woke,
            };
            watch.look(moment, &mut node, &mut datagram);
        }
        host.node = Some(node);
        self.settings.buffer = buffer;
        self.set_alarm(at, until.map(Instant::as_micros));
        if self.converse_on(at) {
            self.drain(at);
        }
    }

    fn set_alarm(&mut self, at: u32, until: Option<u64>) {
        self.hosts[at as usize].alarm.until = until;
        self.rearm(at);
    }

    /// Sets the alarm to what the node asked for: anew after something happened to the clock or the process.
    pub(crate) fn rearm(&mut self, at: u32) {
        let host = &mut self.hosts[at as usize];
        let when = |until| host.clock.when(until).max(self.now);
        let mut due = host.alarm.until.map(when);
        if due == Some(self.now) {
            host.alarm.standstill += 1;
            if host.alarm.standstill > STANDSTILL {
                // A node that wants to be woken for ever at one instant would stop the time for all.
                due = Some(self.now + 1_000);
                if let Some(watch) = &mut self.watch {
                    watch.accuse(
                        self.now,
                        at,
                        "late",
                        "wakes without end at one instant".into(),
                    );
                }
            }
        } else {
            host.alarm.standstill = 0;
        }
        if let Some(entry) = host.alarm.set(due) {
            let order = Rank::Alarm { at }.order();
            self.queue.push(entry, order, Due::Wake(at));
        }
    }

    fn tell(&mut self, by: u32, event: Event<SimPeer>) {
        if matches!(event, Event::Joined) {
            self.has_come_in(by);
        }
        if self.notes.unheard {
            return;
        }
        let (kind, member) = chronicle::subject(&event);
        let about = u64::from(kind) << 32 | member.map_or(0, |name| u64::from(name.number()));
        self.record.trace.note(self.now, Kind::Told, by, 0, about);
        let label = &self.hosts[by as usize].label;
        self.record
            .trace
            .line(self.now, label, || chronicle::words(&event));
        self.notes.changes += 1;
        if let Some(watch) = &mut self.watch {
            watch.told(by, &event);
        }
        // A round trip changes nothing that is held, and nobody waits to hear of it.
        if matches!(event, Event::RoundTrip { .. }) {
            return;
        }
        if let Some(member) = member {
            self.sights.touch(member);
        }
        let mut told = Told {
            at: duration(self.now),
            by,
            event,
            wrongly: false,
        };
        told.wrongly = told.death_of().is_some_and(|dead| self.is_running(dead));
        if self.sights.is_open() {
            self.sights.see(self.now, || What::Told(told));
        } else {
            self.record.told.push(told);
        }
    }

    /// Whether a node of that name runs, reads what comes, and has not said goodbye.
    pub(crate) fn is_running(&self, name: SimName) -> bool {
        let runs = |host: &Host| {
            let node = host.node.as_deref().filter(|_| host.is_awake());
            host.peer.name() == name && node.is_some_and(|node| !node.has_departed())
        };
        // Its own machine is the likeliest; namesakes stand behind.
        let own = self.hosts.get(name.number() as usize);
        own.is_some_and(runs) || self.notes.has_namesakes && self.hosts.iter().any(runs)
    }

    // ---- faults on links ----

    pub(crate) fn impose(&mut self, scope: Scope, effect: Effect) -> FaultId {
        self.record
            .trace
            .line(self.now, "", || format!("! {effect:?} on {scope:?}"));
        let fault = self.links.impose(scope, effect);
        self.record
            .trace
            .note(self.now, Kind::Fault, u32::MAX, fault.0, 0);
        fault
    }

    /// Ends a fault on links. One that is over already stays so.
    pub fn end(&mut self, fault: FaultId) {
        self.record
            .trace
            .line(self.now, "", || format!("! {fault:?} ends"));
        self.record
            .trace
            .note(self.now, Kind::Fault, u32::MAX, fault.0, 1);
        self.links.lift(fault);
        self.release(fault);
    }

    /// Ends all faults on links.
    pub fn heal(&mut self) {
        self.record
            .trace
            .line(self.now, "", || "! all faults on links end");
        self.record
            .trace
            .note(self.now, Kind::Fault, u32::MAX, u32::MAX, 1);
        for fault in self.links.in_force() {
            self.links.lift(fault);
            self.release(fault);
        }
    }

    /// How many datagrams and pieces of streams a fault on links has touched. One that touched none proves nothing.
    #[must_use]
    pub fn fired(&self, fault: FaultId) -> u64 {
        self.links.fired(fault)
    }

    // ---- what happened ----

    /// One number for all that happened so far.
    #[must_use]
    pub const fn trace_hash(&self) -> u64 {
        self.record.trace.hash()
    }

    /// How many events went into [`trace_hash`](Self::trace_hash).
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.record.trace.events()
    }

    /// One line for each event, if the builder was asked for them.
    #[must_use]
    pub fn transcript(&self) -> &str {
        self.record.trace.lines()
    }

    /// What the applications were told, in order; round trips are left out.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.record.told
    }

    /// Deaths told of members that were running and not frozen at that moment.
    pub fn false_deaths(&self) -> impl Iterator<Item = &Told> {
        self.record.told.iter().filter(|told| told.wrongly)
    }

    /// Whether there is a way for datagrams from one machine to another now, by their numbers.
    #[must_use]
    pub fn is_open(&self, from: u32, to: u32) -> bool {
        self.links.is_open(from, to)
    }

    /// What a datagram says that is being seen ([`Observer::see`](crate::run::Observer::see)).
    #[must_use]
    pub fn bytes(&self, bytes: Bytes) -> &[u8] {
        self.sights.bytes(bytes)
    }

    /// What the node on the machine of number `by` holds of a member, while a scenario is run.
    #[must_use]
    pub fn held(&self, by: u32, of: SimName) -> Option<Held> {
        self.sights.held(by, of)
    }

    /// What became of all datagrams.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.record.tally
    }

    /// What each datagram said that a node has sent, in order, if the builder was asked for that.
    #[must_use]
    pub fn datagrams(&self) -> &[Vec<u8>] {
        self.record.datagrams.as_deref().unwrap_or_default()
    }

    /// What was read and refused by the wire format, all nodes together.
    #[must_use]
    pub const fn wire_counters(&self) -> &Counters {
        &self.settings.counters
    }

    /// What all machines together have sent.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.hosts
            .iter()
            .fold(Traffic::default(), |sum, host| sum + host.traffic)
    }

    /// Laws that were broken, in order; empty also if the builder was not asked to watch.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.watch.as_ref().map_or(&[], Watch::violations)
    }
}

/// The wrapping of all datagrams of this cluster.
pub(crate) fn envelope(label: &'static str) -> Envelope<'static> {
    Envelope::new(label.as_bytes()).expect("the builder checked the label")
}
