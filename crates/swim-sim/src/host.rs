//! One machine of the simulation: its clock, its alarm, and the node that runs on it, if one does.

use std::collections::BTreeMap;
use std::ops::Add;

use swim_core::{Config, Incarnation, Node};

use crate::clock::Clock;
use crate::joining::Joining;
use crate::peer::SimPeer;
use crate::run::Cause;
use crate::sim::CLOCK_START;

/// The true time at the simulation's beginning, in unix seconds: where first incarnations come from.
const EPOCH: u64 = 1_800_000_000;

/// The node of a machine: all of its memory is its own.
pub(crate) type SimNode = Node<'static, SimPeer>;

/// What a machine has put on the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams sent.
    pub datagrams: u64,
    /// Bytes in them, without the headers of IP and UDP.
    pub bytes: u64,
    /// Bytes sent over streams.
    pub stream_bytes: u64,
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            datagrams: self.datagrams + other.datagrams,
            bytes: self.bytes + other.bytes,
            stream_bytes: self.stream_bytes + other.stream_bytes,
        }
    }
}

/// The one queue entry that a machine has for its next deadline.
///
/// When the deadline moves back, the entry stays where it is and is pushed again when it comes up; when it moves
/// forward, a new entry is pushed and the old one finds that it is not meant any more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alarm {
    /// What the node asked for, on its machine's clock.
    pub(crate) until: Option<u64>,
    /// The same on the true clock.
    due: Option<u64>,
    queued: Option<u64>,
    /// How often in a row it was set to the present instant.
    pub(crate) standstill: u32,
}

impl Alarm {
    /// Sets the deadline; returns when to push an entry, if one must be pushed.
    pub(crate) fn set(&mut self, due: Option<u64>) -> Option<u64> {
        self.due = due;
        let due = due?;
        if self.queued.is_some_and(|queued| queued <= due) {
            return None;
        }
        self.queued = Some(due);
        Some(due)
    }

    /// An entry came up at `now`: `Ok` if the deadline has come, else when to push it again, if at all.
    pub(crate) fn rings(&mut self, now: u64) -> Result<(), Option<u64>> {
        if self.queued != Some(now) {
            return Err(None);
        }
        self.queued = None;
        match self.due {
            Some(due) if due <= now => Ok(()),
            later => Err(self.set(later)),
        }
    }
}

/// Whether a machine's process is stopped, or careless.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    /// It reads nothing, and its timers are late.
    pub(crate) frozen: bool,
    /// It reads what comes, and never asks the node what to do about it.
    pub(crate) undrained: bool,
    /// How many datagrams wait at most; `None`: all.
    pub(crate) room: Option<u32>,
    /// What arrived meanwhile, to be read when it thaws.
    pub(crate) unread: Vec<Arrival>,
}

impl Pause {
    /// Whether one more datagram finds no room.
    pub(crate) fn is_full(&self) -> bool {
        self.room.is_some_and(|room| {
            let datagrams = self.unread.iter();
            let waiting = datagrams.filter(|one| matches!(one, Arrival::Datagram(_)));
            waiting.count() >= room as usize
        })
    }
}

/// The lives that nodes had on a machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// How many were started.
    pub(crate) lives: u32,
    /// The greatest incarnation at which any ended.
    pub(crate) incarnation: Incarnation,
}

/// One machine.
// In the order in which they are used: with many machines each event finds its own cold.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Host {
    /// The node, while it runs.
    pub(crate) node: Option<Box<SimNode>>,
    pub(crate) clock: Clock,
    pub(crate) alarm: Alarm,
    pub(crate) pause: Pause,
    /// How slow it is to read, if it is or was.
    pub(crate) slow: Slow,
    /// What its node says about itself, or will when it starts.
    pub(crate) peer: SimPeer,
    pub(crate) traffic: Traffic,
    /// Datagrams and pieces of streams sent so far to each machine: the count that their fates are drawn with.
    pub(crate) sent: Counts,
    pub(crate) past: Past,
    pub(crate) joining: Joining,
    pub(crate) label: String,
    /// Its node's settings, which a run needs seldom.
    pub(crate) config: Box<Config>,
    /// The machines whose addresses it is started with.
    pub(crate) seeds: Vec<u32>,
    /// A node whose machine is switched off asleep.
    pub(crate) asleep: Option<Box<SimNode>>,
}

/// A count for each other machine. All machines together have n² of them and touch them at random: a byte each, and what
/// does not fit elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    low: Vec<u8>,
    /// Of those that have passed 255: how often.
    high: BTreeMap<u32, u32>,
}

impl Counts {
    /// One more; returns how many there were before.
    pub(crate) fn count(&mut self, at: u32) -> u32 {
        let place = at as usize;
        if self.low.len() <= place {
            self.low.resize(place + 1, 0);
        }
        let low = self.low[place];
        let high = if self.high.is_empty() {
            0
        } else {
            self.high.get(&at).copied().unwrap_or(0)
        };
        self.low[place] = low.wrapping_add(1);
        if low == u8::MAX {
            self.high.insert(at, high.wrapping_add(1));
        }
        high << 8 | u32::from(low)
    }
}

/// A machine's slowness to read: what arrives waits in line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slow {
    /// How long each thing that arrives takes; zero: no time.
    pub(crate) each: u64,
    /// How many may wait.
    pub(crate) room: u32,
    /// Who is to be told that it had an effect, in the script.
    pub(crate) fault: Option<u32>,
    waiting: u32,
    busy_until: u64,
}

impl Slow {
    /// A datagram arrives: when it is read; `None`: now.
    pub(crate) fn take(&mut self, now: u64) -> Result<Option<u64>, Cause> {
        if self.is_slow(now) && self.waiting >= self.room {
            return Err(Cause::Full);
        }
        Ok(self.queue(now))
    }

    fn is_slow(&self, now: u64) -> bool {
        self.each > 0 || self.busy_until > now
    }

    /// A piece of a stream arrives, for which there is always room: when it is read; `None`: now.
    pub(crate) fn queue(&mut self, now: u64) -> Option<u64> {
        if !self.is_slow(now) {
            return None;
        }
        self.waiting += 1;
        self.busy_until = self.busy_until.max(now) + self.each;
        Some(self.busy_until)
    }

    /// One of those that waited is read.
    pub(crate) const fn next(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }
}

/// Something that arrived at a machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival {
    /// A datagram, by its place among those in flight.
    Datagram(u32),
    /// Something on a stream, by its place.
    Piece(u32),
}

impl Host {
    /// What its clock shows at that true time, in unix seconds: the first incarnation of a node that starts then (P8).
    pub(crate) fn seconds(&self, now: u64) -> Incarnation {
        let seconds = EPOCH + self.clock.at(now).saturating_sub(CLOCK_START) / 1_000_000;
        Incarnation(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// Whether a node runs and reads what comes.
    pub(crate) const fn is_awake(&self) -> bool {
        self.node.is_some() && !self.pause.frozen
    }

    /// The greatest incarnation that any of its nodes had, as far as is known now.
    pub(crate) fn greatest(&self) -> Incarnation {
        let now = self.node.as_deref().map(|node| node.me().incarnation);
        self.past.incarnation.max(now.unwrap_or_default())
    }

    /// The count of the next thing sent to `to`.
    pub(crate) fn count_to(&mut self, to: u32) -> u32 {
        self.sent.count(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_moves_back_keeps_its_entry_and_one_that_moves_forward_gets_another() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(Some(10)), Some(10));
        assert_eq!(alarm.set(Some(15)), None);
        assert_eq!(alarm.rings(10), Err(Some(15)));
        assert_eq!(alarm.set(Some(12)), Some(12));
        assert_eq!(alarm.rings(12), Ok(()));
        assert_eq!(alarm.rings(15), Err(None), "a leftover");
        assert_eq!(alarm.set(None), None);
    }

    #[test]
    fn a_slow_machine_reads_one_after_the_other_and_loses_what_finds_no_room() {
        let mut slow = Slow::default();
        assert_eq!(slow.take(5), Ok(None));
        (slow.each, slow.room) = (100, 2);
        assert_eq!(
            [slow.take(10), slow.take(20)],
            [Ok(Some(110)), Ok(Some(210))]
        );
        assert_eq!(slow.take(30), Err(Cause::Full));
        slow.next();
        slow.each = 0;
        assert_eq!(
            slow.take(120),
            Ok(Some(210)),
            "none overtakes those that wait"
        );
        assert_eq!(slow.take(211), Ok(None));
    }

    #[test]
    fn counts_go_on_beyond_a_byte() {
        let mut counts = Counts::default();
        for before in 0..70_000 {
            assert_eq!(counts.count(7), before);
        }
        assert_eq!(
            (counts.count(3), counts.count(3), counts.count(8)),
            (0, 1, 0)
        );
    }

    #[test]
    fn an_alarm_that_was_switched_off_does_not_ring() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.set(Some(10)), Some(10));
        assert_eq!(alarm.set(None), None);
        assert_eq!(alarm.rings(10), Err(None));
    }
}
