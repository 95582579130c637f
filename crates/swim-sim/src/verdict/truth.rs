//! What is really so: who lives since when, who can reach whom since when.

use std::collections::BTreeSet;

use swim_core::Peer;

use crate::peer::{SimAddr, SimName};
use crate::random::micros;
use crate::run::{Life, Sight, What};
use crate::scenario::{Carries, FaultKind, Mode, Schedule, Start};
use crate::sim::Sim;

/// Up to so many nodes every pair of links is looked at when a cut begins or ends.
const PAIRS: usize = 2_048;
/// No time is as late.
const STILL: u64 = u64::MAX;

/// What became of a machine's node last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has not run so far, or its process died.
    Down,
    /// It runs for the first time.
    Joined,
    /// It came back.
    Returned,
    /// It said goodbye.
    Left,
}

/// One machine.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) name: SimName,
    pub(super) turn: Turn,
    /// When, in microseconds from the scenario's beginning.
    pub(super) turned: u64,
    /// When it had turned before that.
    pub(super) turned_before: u64,
    /// When its metadata changed last.
    pub(super) updated: u64,
    /// Two nodes bear its name: nothing can be said of it.
    pub(super) shared: bool,
    ran: bool,
    /// It has left at some time.
    left: bool,
    /// Where it is.
    addr: SimAddr,
    /// It came back at another address than it had: the dead are looked for at the old one (P9).
    moved: bool,
}

impl Machine {
    pub(super) const fn is_up(&self) -> bool {
        matches!(self.turn, Turn::Joined | Turn::Returned)
    }

    /// When it began to run; of one that has left, before it did.
    pub(super) const fn began(&self) -> u64 {
        match self.turn {
            Turn::Left => self.turned_before,
            _ => self.turned,
        }
    }
}

/// What the network is like while no fault is in force.
#[derive(Debug, Default)]
struct Usual {
    /// It loses datagrams.
    lossy: bool,
    /// An answer takes longer than a probe waits for it.
    slow: bool,
}

/// What is really so.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) now: u64,
    pub(super) machines: Vec<Machine>,
    /// Since when the network, the clocks and the processes are as they are.
    pub(super) since: u64,
    /// When the last forgery was sent.
    pub(super) forged: Option<u64>,
    /// The kinds of faults in the schedule.
    kinds: Vec<Kind>,
    /// Those in force that leave nothing to be relied upon.
    rough: BTreeSet<usize>,
    /// Those in force that cut.
    cuts: BTreeSet<usize>,
    /// Something began or ended at this instant; parts are found once it is over.
    unsettled: Option<u64>,
    /// The part of the network that each machine is in; `None`: in no part that is whole in itself and apart from others.
    parts: Vec<Option<u32>>,
    usual: Usual,
    trouble: Trouble,
    /// When fewer than half ran last; [`STILL`] while that is so.
    thinned: Option<u64>,
    /// The nodes lived in peace before the beginning.
    converged: bool,
    /// When the one turned last that has run for longest.
    eldest: u64,
}

/// How long the network was in trouble, and what that may have cost.
#[derive(Debug, Default)]
struct Trouble {
    /// Since when faults are in force without a break.
    began: Option<u64>,
    /// How long they were, the last time.
    lasted: u64,
    /// When one ended last, and what it held up had arrived.
    mended: u64,
    /// How long tombstones are kept.
    tombstone: u64,
    /// Some trouble was longer than that.
    forgot: bool,
}

/// What a fault does to what can be relied upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing beyond the lives that it turns.
    Harmless,
    /// It cuts cleanly.
    Cut,
    /// While it lasts, and so many microseconds longer, nothing is certain.
    Rough(u64),
    /// It lies.
    Lie,
    /// Two nodes bear one name.
    Shared,
}

impl Truth {
    pub(super) fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        let written = &schedule.scenario().faults;
        self.kinds = written.iter().map(|fault| kind(&fault.kind)).collect();
        self.usual.lossy = !schedule.scenario().network.loss.is_none();
        self.usual.slow = schedule.round_trip() > micros(schedule.config().probe.timeout);
        self.trouble.tombstone = micros(schedule.config().recovery.tombstone);
        self.converged = schedule.scenario().start == Start::Converged;
        self.meet(sim);
        self.parts = vec![Some(0); sim.hosts.len()];
    }

    /// Machines that are new on the network.
    fn meet(&mut self, sim: &Sim) {
        for host in sim.hosts.iter().skip(self.machines.len()) {
            let runs = host.node.is_some();
            let name = host.peer.name();
            let mut shared = false;
            for other in &mut self.machines {
                if other.name == name {
                    other.shared = true;
                    shared = true;
                }
            }
            self.machines.push(Machine {
                name,
                turn: if runs { Turn::Joined } else { Turn::Down },
                turned: self.now,
                turned_before: self.now,
                updated: 0,
                shared,
                ran: runs,
                left: false,
                addr: *host.peer.addr(),
                moved: false,
            });
            self.parts.push(None);
        }
        self.weigh();
    }

    /// Takes in what was seen.
    pub(super) fn see(&mut self, sight: &Sight, sim: &Sim) {
        self.now = u64::try_from(sight.at.as_micros()).unwrap_or(u64::MAX);
        if self.unsettled.is_some_and(|at| at < self.now) {
            self.unsettled = None;
            self.find_parts(sim);
        }
        if self.machines.len() < sim.hosts.len() {
            self.meet(sim);
        }
        match sight.what {
            What::FaultBegins(place) => self.begins(place),
            What::FaultEnds(place) => self.ends(place),
            What::Forged { .. } => self.forged = Some(self.now),
            What::Life { node, life } => {
                self.turn(node, life);
                if life == Life::Started {
                    self.is_at(node, sim);
                }
            }
            _ => {}
        }
    }

    fn begins(&mut self, place: usize) {
        if self.rough.is_empty() && self.cuts.is_empty() {
            self.trouble.began = Some(self.now);
        }
        match self.kinds.get(place) {
            Some(Kind::Rough(_)) => {
                self.rough.insert(place);
            }
            Some(Kind::Cut) => {
                self.cuts.insert(place);
            }
            Some(Kind::Lie) => self.forged = Some(self.now),
            _ => return,
        }
        self.shake(0);
    }

    fn ends(&mut self, place: usize) {
        let after = match self.kinds.get(place) {
            Some(Kind::Rough(after)) if self.rough.remove(&place) => *after,
            Some(Kind::Cut) if self.cuts.remove(&place) => 0,
            _ => return,
        };
        self.trouble.mended = self.now + after;
        // Also where other faults go on.
        let lasted = self.trouble.began.map_or(0, |began| self.now - began);
        self.trouble.forgot |= lasted >= self.trouble.tombstone;
        if self.rough.is_empty()
            && self.cuts.is_empty()
            && let Some(began) = self.trouble.began
        {
            self.trouble.lasted = self.now - began;
        }
        if self.forged.is_some() {
            // Whoever was cut off may hold what was forged, and tells it now (swarm 105211).
            self.forged = Some(self.now);
        }
        self.shake(after);
    }

    /// Whether some trouble was so long that its dead may have been forgotten: then only seeds bring them together.
    pub(super) const fn may_have_forgotten(&self) -> bool {
        self.trouble.forgot
    }

    /// Whether, so long before then and up to then, no fault on the network ended.
    pub(super) const fn is_mended_for(&self, micros: u64, then: u64) -> bool {
        self.trouble.mended == 0 || self.trouble.mended.saturating_add(micros) <= then
    }

    /// Whether nobody looks for it when it begins to run: it never was there, had said goodbye, is at another address, or was
    /// away for so long that it may be forgotten. (Whoever is dead is pinged where it was, P9.)
    pub(super) fn must_call(&self, machine: &Machine) -> bool {
        let away = machine.turned - machine.turned_before;
        machine.turned > 0
            && (machine.turn == Turn::Joined
                || machine.left
                || machine.moved
                || away >= self.trouble.tombstone)
    }

    /// Whether the network was in trouble then, or soon after.
    pub(super) fn was_in_trouble(&self, then: u64, soon: u64) -> bool {
        let Trouble {
            began,
            lasted,
            mended,
            ..
        } = self.trouble;
        let last = self.since.max(mended);
        began.is_some_and(|began| {
            then.saturating_add(soon) >= began && then <= began.saturating_add(lasted).max(last)
        })
    }

    /// Something about the network changed, or will have changed when this time has passed.
    fn shake(&mut self, after: u64) {
        self.since = self.since.max(self.now + after);
        self.unsettled = Some(self.now);
    }

    fn turn(&mut self, node: u32, life: Life) {
        let now = self.now;
        let Some(machine) = self.machines.get_mut(node as usize) else {
            return;
        };
        let turn = match life {
            Life::Started if machine.ran => Turn::Returned,
            Life::Started => Turn::Joined,
            Life::Rejoined | Life::Woken => Turn::Returned,
            Life::Stopped if machine.turn == Turn::Left => return,
            Life::Stopped => Turn::Down,
            Life::Leaving => Turn::Left,
            Life::Updated(_) => {
                machine.updated = now;
                return;
            }
            // A clock that went back is not believed until it has caught up: the node's time stands still.
            Life::ClockJumped(by) => return self.shake(by.min(0).unsigned_abs()),
            Life::Paused | Life::Resumed | Life::ClockDrifts(_) => return self.shake(0),
        };
        machine.turn = turn;
        machine.left |= turn == Turn::Left;
        machine.turned_before = std::mem::replace(&mut machine.turned, now);
        machine.ran = true;
        self.weigh();
    }

    fn is_at(&mut self, node: u32, sim: &Sim) {
        let host = sim.hosts.get(node as usize);
        if let (Some(machine), Some(host)) = (self.machines.get_mut(node as usize), host) {
            let now = *host.peer.addr();
            machine.moved = std::mem::replace(&mut machine.addr, now) != now;
        }
    }

    /// Somebody came or went: do most run, and since when does the eldest? That is asked of every pair, and answered here once.
    fn weigh(&mut self) {
        let up = self.machines.iter().filter(|machine| machine.is_up());
        self.eldest = up.map(|machine| machine.turned).min().unwrap_or(0);
        if self.most_are_gone() {
            self.thinned = Some(STILL);
        } else if self.thinned == Some(STILL) {
            self.thinned = Some(self.now);
        }
    }

    /// Whether nothing disturbs the network, and nothing has for so long.
    pub(super) fn is_calm_for(&self, micros: u64) -> bool {
        let long = self.is_since(self.since, micros);
        self.rough.is_empty() && self.unsettled.is_none() && long
    }

    /// Whether what is so since then is so for that long. What was so at the beginning has always been so, if the nodes
    /// lived in peace before.
    pub(super) fn is_since(&self, then: u64, micros: u64) -> bool {
        self.now >= then.saturating_add(micros) || self.converged && then == 0
    }

    /// The same, where also no datagram is lost by chance and all reach all.
    pub(super) fn is_perfect_for(&self, micros: u64) -> bool {
        !self.usual.lossy && self.cuts.is_empty() && self.is_calm_for(micros)
    }

    /// Whether nothing but clean cuts is in force: then no datagram may cross one.
    pub(super) fn has_only_cuts(&self) -> bool {
        self.is_calm_for(0) && !self.cuts.is_empty()
    }

    /// Whether so many have gone that those who are left can't confirm each other's suspicions, or know few others.
    pub(super) fn is_decimated(&self) -> bool {
        self.up() < 6.min(self.machines.len()) || self.most_are_gone()
    }

    fn most_are_gone(&self) -> bool {
        2 * self.up() < self.machines.len()
    }

    fn up(&self) -> usize {
        let up = self.machines.iter().filter(|machine| machine.is_up());
        up.count()
    }

    /// Whether most have gone, or had at any time since then.
    pub(super) fn was_thinned(&self, then: u64) -> bool {
        self.thinned.is_some_and(|at| at >= then)
    }

    /// When the one turned last that has run for longest: nobody ran before it whom it had to find.
    pub(super) const fn eldest(&self) -> u64 {
        self.eldest
    }

    /// Whether an answer usually takes longer than a probe waits for it: nothing comes about within any time then. That members
    /// are suspected who run is seen all the same (L3, L4).
    pub(super) const fn is_slow(&self) -> bool {
        self.usual.slow
    }

    pub(super) const fn is_lossy(&self) -> bool {
        self.usual.lossy
    }

    pub(super) fn part(&self, node: u32) -> Option<u32> {
        self.parts.get(node as usize).copied().flatten()
    }

    /// Whether nobody else runs in this machine's part.
    pub(super) fn is_alone(&self, node: u32) -> bool {
        let part = self.part(node);
        let others = self.machines.iter().zip(0_u32..);
        let mut beside = others.filter(|(other, at)| {
            *at != node && other.is_up() && part.is_some() && self.part(*at) == part
        });
        beside.next().is_none()
    }

    /// Whether fewer than half of those that run are in this machine's part.
    pub(super) fn is_small_part(&self, node: u32) -> bool {
        let part = self.part(node);
        let all = self.machines.iter().zip(&self.parts);
        let beside = all.filter(|(machine, other)| machine.is_up() && **other == part);
        !self.cuts.is_empty() && 2 * beside.count() < self.up()
    }

    fn find_parts(&mut self, sim: &Sim) {
        let count = self.machines.len();
        if self.cuts.is_empty() {
            self.parts = vec![Some(0); count];
        } else if count > PAIRS {
            self.parts = vec![None; count];
        } else {
            self.parts = whole_parts(count, |from, to| sim.is_open(from, to));
        }
    }
}

/// The parts in which all reach all and nobody reaches anybody outside, or is reached.
fn whole_parts(count: usize, open: impl Fn(u32, u32) -> bool) -> Vec<Option<u32>> {
    let nodes: Vec<u32> = (0..count)
        .map(|node| u32::try_from(node).unwrap_or(u32::MAX))
        .collect();
    let mut parts: Vec<Option<u32>> = vec![None; count];
    let mut next = 0;
    for &first in &nodes {
        if parts[first as usize].is_some() {
            continue;
        }
        for &other in &nodes[first as usize..] {
            if other == first || open(first, other) && open(other, first) {
                parts[other as usize].get_or_insert(next);
            }
        }
        next += 1;
    }
    let mut whole = vec![true; next as usize];
    for &from in &nodes {
        for &to in &nodes {
            let (mine, theirs) = (
                parts[from as usize].unwrap_or(0),
                parts[to as usize].unwrap_or(0),
            );
            if from != to && open(from, to) != (mine == theirs) {
                whole[mine as usize] = false;
                whole[theirs as usize] = false;
            }
        }
    }
    parts
        .into_iter()
        .map(|part| part.filter(|part| whole[*part as usize]))
        .collect()
}

/// So long after a fault on links has ended what it held up may still arrive.
const UNDER_WAY: u64 = 2_000_000;

fn kind(fault: &FaultKind) -> Kind {
    match fault {
        FaultKind::Partition(cut) if cut.mode == Mode::Drop && cut.carries == Carries::All => {
            Kind::Cut
        }
        FaultKind::Partition(_)
        | FaultKind::Loss(_)
        | FaultKind::Dropped(_)
        | FaultKind::Delay(_)
        | FaultKind::Reorder(_)
        | FaultKind::Duplicate(_)
        | FaultKind::Corrupt(_)
        | FaultKind::Truncate(_)
        | FaultKind::SizeLimit(_)
        | FaultKind::Deaf(_)
        | FaultKind::Pause(_)
        | FaultKind::ClockRate(_) => Kind::Rough(UNDER_WAY),
        // What waits in line at the end is read, or sent, at the old pace or sooner.
        FaultKind::Throttle(slow) => {
            Kind::Rough(slow.per_datagram.micros() * u64::from(slow.buffer) + UNDER_WAY)
        }
        FaultKind::RateLimit(limit) => {
            let seconds = u64::from(limit.queue) / u64::from(limit.bytes_per_second.max(1)) + 1;
            Kind::Rough(seconds * 1_000_000 + UNDER_WAY)
        }
        FaultKind::Replay(replay) => Kind::Rough(replay.age.micros() + UNDER_WAY),
        FaultKind::Forge(_) => Kind::Lie,
        FaultKind::Clone(_) => Kind::Shared,
        _ => Kind::Harmless,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_or_none() {
        let halves = whole_parts(4, |from, to| (from < 2) == (to < 2));
        assert_eq!(halves, [Some(0), Some(0), Some(1), Some(1)]);
        let one_way = whole_parts(4, |from, to| (from < 2) == (to < 2) || from < 2);
        assert_eq!(one_way, [None; 4]);
        let bridge = whole_parts(5, |from, to| from == 4 || to == 4 || (from < 2) == (to < 2));
        assert_eq!(bridge, [None; 5]);
        let aside = whole_parts(4, |from, to| from != 3 && to != 3);
        assert_eq!(aside, [Some(0), Some(0), Some(0), Some(1)]);
    }
}
