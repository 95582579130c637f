//! Single datagrams: where a fault took many by chance, those that must be lost are named, and all others arrive.

use std::collections::BTreeMap;

use super::Hunt;
use super::reduce::reduce;
use crate::run::{Cause, Observer, Sight, What, run};
use crate::scenario::{Carries, Dropped, Fault, FaultKind, LinkSelector, Mode, Scenario, Selector};
use crate::sim::Sim;

/// So many datagrams say more than the fault that took them; more do not.
const FEW: usize = 12;
/// Of more than so many, nobody looks for the few.
const MANY: usize = 4_000;

/// One datagram: from whom, to whom, which of those on that link.
type Datagram = (u32, u32, u32);

impl Hunt<'_> {
    /// Puts the datagrams that must be lost in the place of each fault that loses some by chance or by their size, if
    /// they are few. Tells whether the time was enough.
    pub(super) fn single_datagrams(&mut self) -> bool {
        let mut place = 0;
        while let Some(fault) = self.best.faults.get(place) {
            let taken = cause(&fault.kind).map_or_else(Vec::new, |cause| self.taken(fault, cause));
            let outcome = self.outcome.clone();
            match self.must_be_lost(place, taken) {
                Some(smaller) => self.best = smaller,
                None => self.outcome = outcome,
            }
            place += 1;
        }
        !self.over
    }

    /// The scenario with the few of these datagrams that must be lost named in the place of a fault.
    fn must_be_lost(&mut self, place: usize, taken: Vec<Datagram>) -> Option<Scenario> {
        if taken.is_empty() || taken.len() > MANY {
            return None;
        }
        let base = self.best.clone();
        let mut smallest = None;
        let mut holds = |few: &[Datagram]| {
            let candidate = naming(&base, place, few);
            let holds = self.fails(&candidate);
            if holds {
                smallest = Some((few.len(), candidate));
            }
            holds
        };
        if holds(&taken) {
            reduce(taken, holds);
        }
        let (count, smallest) = smallest?;
        (count <= FEW).then_some(smallest)
    }

    /// All that a fault took for this cause; what another one took meanwhile may be among them.
    fn taken(&self, fault: &Fault, cause: Cause) -> Vec<Datagram> {
        let Ok(schedule) = self.best.expand() else {
            return Vec::new();
        };
        let mut taken = Taken {
            cause,
            from: fault.at.micros(),
            until: fault
                .lasts
                .map_or(u64::MAX, |lasts| fault.at.micros() + lasts.micros()),
            nodes: self.best.nodes,
            sent: BTreeMap::new(),
            list: Vec::new(),
        };
        run(&schedule, &mut taken);
        taken.list.sort_unstable();
        taken.list
    }
}

/// Why datagrams end at such a fault, if that is all that it does.
fn cause(kind: &FaultKind) -> Option<Cause> {
    match kind {
        FaultKind::Loss(_) => Some(Cause::Lost),
        FaultKind::SizeLimit(_) => Some(Cause::TooLong),
        FaultKind::Partition(cut)
            if cut.mode == Mode::Drop && cut.carries == Carries::Datagrams =>
        {
            Some(Cause::Cut)
        }
        _ => None,
    }
}

/// The scenario with these datagrams lost, and nothing else by that fault.
fn naming(base: &Scenario, place: usize, datagrams: &[Datagram]) -> Scenario {
    let mut links: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for &(from, to, number) in datagrams {
        links.entry((from, to)).or_default().push(number);
    }
    let mut named = base.clone();
    let fault = named.faults.remove(place);
    let drops = links.into_iter().map(|((from, to), numbers)| Fault {
        kind: FaultKind::Dropped(Dropped {
            numbers,
            links: LinkSelector {
                from: Selector::these([from]),
                to: Selector::these([to]),
                both_ways: false,
            },
        }),
        ..fault.clone()
    });
    named.faults.splice(place..place, drops);
    named
}

/// Sees what is lost.
struct Taken {
    cause: Cause,
    from: u64,
    until: u64,
    nodes: u32,
    /// Datagrams that were sent meanwhile and have neither arrived nor been lost.
    sent: BTreeMap<u64, Datagram>,
    list: Vec<Datagram>,
}

impl Observer for Taken {
    fn see(&mut self, sight: &Sight, _: &Sim) {
        let now = crate::random::micros(sight.at);
        match sight.what {
            What::Sent {
                datagram,
                from,
                to: Some(to),
                nth: Some(nth),
                ..
            } if (self.from..self.until).contains(&now) && from.max(to) < self.nodes => {
                self.sent.insert(datagram, (from, to, nth));
            }
            What::Dropped {
                datagram, cause, ..
            } => {
                let sent = self.sent.remove(&datagram);
                self.list.extend(sent.filter(|_| cause == self.cause));
            }
            What::Delivered { datagram, .. } => drop(self.sent.remove(&datagram)),
            _ => {}
        }
    }
}
