//! The network between the nodes: what happens to a datagram on its way, and which faults make it happen.
//!
//! A fault is a rule: from whom, to whom, what. Rules add up. What several rules say about loss, duplication or
//! reordering is one chance decided by one draw per datagram, so that a datagram which one rule loses is lost with or
//! without the others; of several delays the youngest rule's holds, and what is added to them adds up.

mod effect;
mod says;
mod scope;

pub(crate) use effect::Harm;
pub use effect::{Bursts, Carries, Effect};
pub(crate) use says::Said;
pub use says::Says;
pub(crate) use scope::{Group, Scope};

use crate::delay::Delay;
use crate::random::{Chance, Draws, Purpose};
use crate::run::Cause;

/// Names a fault on links until it is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(pub(crate) u32);

/// One fault: an effect on some links.
#[derive(Debug)]
struct Rule {
    id: FaultId,
    scope: Scope,
    effect: Effect,
    fired: u64,
    /// Of a limited rate: until when each sender's line is busy.
    busy: Vec<u64>,
}

/// Something about to travel: the `count`-th from one host to the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) count: u32,
    pub(crate) now: u64,
    pub(crate) bytes: u32,
    /// What it says, if a fault heeds that.
    pub(crate) says: Said,
}

/// What becomes of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives.
    Arrives(Arrives),
    /// It does not.
    Dropped(Cause),
}

/// When a datagram arrives, in microseconds from the sending, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrives {
    pub(crate) after: u64,
    /// It waits until this fault ends, and takes its time then.
    pub(crate) jam: Option<FaultId>,
    /// Once more after this time, and once more after that.
    pub(crate) again: [Option<u64>; 2],
    pub(crate) harm: Harm,
    /// It arrives at another machine, by this draw.
    pub(crate) astray: Option<u64>,
}

/// The way of a piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) after: u64,
    pub(crate) jam: Option<FaultId>,
}

/// Where hosts stand, and how far it is from one place to another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zones {
    /// The zone of each host; those that stand nowhere have none.
    pub(crate) of: Vec<Option<u16>>,
    /// Microseconds one way from zone to zone, row by row.
    pub(crate) way: Vec<Vec<u64>>,
}

impl Zones {
    fn way(&self, from: u32, to: u32) -> u64 {
        let zone = |host: u32| {
            self.of
                .get(host as usize)
                .copied()
                .flatten()
                .map(usize::from)
        };
        let Some((from, to)) = zone(from).zip(zone(to)) else {
            return 0;
        };
        self.way
            .get(from)
            .and_then(|row| row.get(to))
            .copied()
            .unwrap_or(0)
    }
}

/// All links.
#[derive(Debug)]
pub(crate) struct Links {
    draws: Draws,
    usual: Delay,
    /// What gets lost anyway.
    usual_loss: Chance,
    zones: Zones,
    rules: Vec<Rule>,
    /// Of faults that are over: what each did.
    lifted: Vec<(FaultId, u64)>,
    imposed: u32,
}

impl Links {
    pub(crate) fn new(draws: Draws, usual: Delay) -> Self {
        Self {
            draws,
            usual,
            usual_loss: Chance::NEVER,
            zones: Zones::default(),
            rules: Vec::new(),
            lifted: Vec::new(),
            imposed: 0,
        }
    }

    pub(crate) fn set_usual(&mut self, loss: Chance, zones: Zones) {
        self.usual_loss = loss;
        self.zones = zones;
    }

    pub(crate) fn impose(&mut self, scope: Scope, effect: Effect) -> FaultId {
        let id = FaultId(self.imposed);
        self.imposed += 1;
        self.rules.push(Rule {
            id,
            scope,
            effect,
            fired: 0,
            busy: Vec::new(),
        });
        id
    }

    pub(crate) fn lift(&mut self, id: FaultId) {
        let lifted = &mut self.lifted;
        self.rules.retain(|rule| {
            if rule.id == id {
                lifted.push((id, rule.fired));
            }
            rule.id != id
        });
    }

    /// Whether it matters to a fault what a datagram says.
    pub(crate) fn heed_words(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| matches!(rule.effect, Effect::LossOf(..) | Effect::Astray(_, Some(_))))
    }

    /// All faults that are in force.
    pub(crate) fn in_force(&self) -> Vec<FaultId> {
        self.rules.iter().map(|rule| rule.id).collect()
    }

    /// How many datagrams and pieces of streams a fault has touched. A fault that never fired proves nothing.
    pub(crate) fn fired(&self, id: FaultId) -> u64 {
        let active = self.rules.iter().filter(|rule| rule.id == id);
        let over = self.lifted.iter().filter(|(lifted, _)| *lifted == id);
        active.map(|rule| rule.fired).sum::<u64>() + over.map(|(_, fired)| fired).sum::<u64>()
    }

    /// Whether there is a way for datagrams from one host to the other now. Asking is no use of it.
    pub(crate) fn is_open(&self, from: u32, to: u32) -> bool {
        let draws = self.draws;
        !self.rules.iter().any(|rule| {
            let closes =
                matches!(rule.effect, Effect::Cut(what) | Effect::Jam(what) if what.datagrams());
            closes && rule.scope.has(draws, from, to)
        })
    }

    /// Whether what arrives now, or a piece of a stream, is stopped just before the end of its way.
    pub(crate) fn is_cut(&mut self, from: u32, to: u32, what: Carries) -> bool {
        count_cuts(on_link(&mut self.rules, self.draws, from, to), what) > 0
    }

    /// What becomes of a datagram.
    pub(crate) fn fate(&mut self, flight: Flight) -> Fate {
        let draws = self.draws;
        let mut sum = Sum {
            lost: self.usual_loss,
            delay: self.usual,
            added: self.zones.way(flight.from, flight.to),
            ..Sum::default()
        };
        let mut rules = on_link(&mut self.rules, draws, flight.from, flight.to);
        while let Some(rule) = rules.next() {
            match sum.add(rule, draws, flight) {
                Ok(fires) => rule.fired += u64::from(fires),
                Err(cause) => {
                    rule.fired += 1;
                    count_cuts(rules, Carries::Datagrams);
                    return Fate::Dropped(cause);
                }
            }
        }
        sum.fate(draws, flight)
    }

    /// The way of a piece of a stream; `None`: it never arrives.
    pub(crate) fn stream_way(&mut self, from: u32, to: u32, count: u32) -> Option<Way> {
        let draws = self.draws;
        let (mut usual, mut added, mut jam) = (self.usual, self.zones.way(from, to), None);
        let mut rules = on_link(&mut self.rules, draws, from, to);
        while let Some(rule) = rules.next() {
            let fires = match rule.effect {
                Effect::Cut(what) if what.streams() => {
                    rule.fired += 1;
                    count_cuts(rules, Carries::Streams);
                    return None;
                }
                Effect::Jam(what) if what.streams() => {
                    jam = Some(rule.id);
                    true
                }
                Effect::Slow(delay) => {
                    usual = delay;
                    true
                }
                Effect::Add(delay, what) if what.streams() => {
                    added += delay.sample(draws.draw(Purpose::Added, from, to, count));
                    true
                }
                _ => false,
            };
            rule.fired += u64::from(fires);
        }
        let draw = draws.draw(Purpose::Stream, from, to, count);
        let after = usual.sample(draw).saturating_add(added);
        Some(Way { after, jam })
    }
}

/// Whether something happens, by a draw, and another draw for how.
fn marked(chance: Chance, draw: u64) -> Option<u64> {
    chance.hits(draw).then(|| crate::random::mix(draw))
}

/// What all rules together say about one datagram.
#[derive(Debug)]
struct Sum {
    lost: Chance,
    delay: Delay,
    added: u64,
    jam: Option<FaultId>,
    late: (Chance, Option<Delay>),
    twice: (Chance, Option<Delay>),
    replayed: (Chance, Option<Delay>),
    harm: Harm,
    astray: Option<u64>,
}

impl Default for Sum {
    fn default() -> Self {
        let never = (Chance::NEVER, None);
        Self {
            lost: Chance::NEVER,
            delay: Delay::LAN,
            added: 0,
            jam: None,
            late: never,
            twice: never,
            replayed: never,
            harm: Harm::default(),
            astray: None,
        }
    }
}

impl Sum {
    /// Adds what one rule says; tells whether it touches this datagram, or why it ends its way.
    fn add(&mut self, rule: &mut Rule, draws: Draws, flight: Flight) -> Result<bool, Cause> {
        let Flight { from, to, .. } = flight;
        let draw = |purpose| draws.draw(purpose, from, to, flight.count);
        let more = |sum: &mut (Chance, Option<Delay>), chance: Chance, delay, purpose| {
            *sum = (sum.0.or(chance), Some(delay));
            chance.hits(draw(purpose))
        };
        Ok(match rule.effect {
            Effect::Cut(what) if what.datagrams() => return Err(Cause::Cut),
            Effect::Jam(what) if what.datagrams() => {
                self.jam = Some(rule.id);
                true
            }
            Effect::Cut(_) | Effect::Jam(_) => false,
            Effect::Loss(chance) => self.lose(chance, draw(Purpose::Loss)),
            Effect::LossOf(chance, says) if flight.says.has(says) => {
                self.lose(chance, draw(Purpose::Loss))
            }
            Effect::Astray(chance, says) if says.is_none_or(|says| flight.says.has(says)) => {
                let astray = marked(chance, draw(Purpose::Astray));
                self.astray = astray.or(self.astray);
                astray.is_some()
            }
            Effect::LossOf(..) | Effect::Astray(..) => false,
            Effect::Bursts(bursts) if bursts.is_bad(draws, from, to, flight.now) => {
                return Err(Cause::Lost);
            }
            Effect::Drop(number) if number == flight.count => return Err(Cause::Lost),
            Effect::Bursts(_) | Effect::Drop(_) => false,
            Effect::Slow(delay) => {
                self.delay = delay;
                true
            }
            Effect::Add(delay, what) => {
                if what.datagrams() {
                    self.added += delay.sample(draw(Purpose::Added));
                }
                what.datagrams()
            }
            Effect::Duplicate(chance, delay) => {
                more(&mut self.twice, chance, delay, Purpose::Duplicate)
            }
            Effect::Reorder(chance, delay) => more(&mut self.late, chance, delay, Purpose::Reorder),
            Effect::Replay(chance, delay) => {
                more(&mut self.replayed, chance, delay, Purpose::Replay)
            }
            Effect::Corrupt(chance, flips) => {
                let marked = marked(chance, draw(Purpose::Corrupt));
                self.harm.flips = marked.map(|draw| (flips, draw)).or(self.harm.flips);
                marked.is_some()
            }
            Effect::Truncate(chance) => {
                let marked = marked(chance, draw(Purpose::Truncate));
                self.harm.cut = marked.or(self.harm.cut);
                marked.is_some()
            }
            Effect::SizeLimit(bytes) if flight.bytes > bytes => return Err(Cause::TooLong),
            Effect::SizeLimit(_) => false,
            Effect::Rate {
                bytes_per_second,
                queue,
            } => {
                let waits = rule.wait(flight, bytes_per_second, queue)?;
                self.added += waits;
                waits > 0
            }
        })
    }

    /// It may get lost; tells whether this rule alone would have it so.
    fn lose(&mut self, chance: Chance, draw: u64) -> bool {
        self.lost = self.lost.or(chance);
        chance.hits(draw)
    }

    fn fate(self, draws: Draws, flight: Flight) -> Fate {
        let draw = |purpose| draws.draw(purpose, flight.from, flight.to, flight.count);
        if self.lost.may_happen() && self.lost.hits(draw(Purpose::Loss)) {
            return Fate::Dropped(Cause::Lost);
        }
        let extra = |(chance, delay): (Chance, Option<Delay>), whether, how_long| {
            let delay = delay.filter(|_| chance.hits(draw(whether)))?;
            Some(delay.sample(draw(how_long)))
        };
        let late = extra(self.late, Purpose::Reorder, Purpose::ReorderDelay);
        let usual = self.delay.sample(draw(Purpose::Delay));
        Fate::Arrives(Arrives {
            after: usual
                .saturating_add(self.added)
                .saturating_add(late.unwrap_or(0)),
            jam: self.jam,
            again: [
                extra(self.twice, Purpose::Duplicate, Purpose::DuplicateDelay),
                extra(self.replayed, Purpose::Replay, Purpose::ReplayDelay),
            ],
            harm: self.harm,
            astray: self.astray,
        })
    }
}

impl Rule {
    /// How long a datagram waits for its sender's line, besides its own time on it.
    fn wait(&mut self, flight: Flight, rate: u32, queue: u32) -> Result<u64, Cause> {
        let sender = flight.from as usize;
        if self.busy.len() <= sender {
            self.busy.resize(sender + 1, 0);
        }
        let on_line = |bytes: u32| u64::from(bytes) * 1_000_000 / u64::from(rate.max(1));
        let waits = self.busy[sender].saturating_sub(flight.now);
        if waits > on_line(queue) {
            return Err(Cause::Full);
        }
        let takes = on_line(flight.bytes);
        self.busy[sender] = flight.now + waits + takes;
        // A line that keeps up is as if it were not there.
        Ok(if waits == 0 { 0 } else { waits + takes })
    }
}

/// How many of these rules cut off what is so carried. Each has fired: where cuts overlap, none hides behind another.
fn count_cuts<'r>(rules: impl Iterator<Item = &'r mut Rule>, what: Carries) -> usize {
    let stops = |cut: Carries| match what {
        Carries::Streams => cut.streams(),
        _ => cut.datagrams(),
    };
    let cuts = rules.filter(|rule| matches!(rule.effect, Effect::Cut(cut) if stops(cut)));
    cuts.map(|rule| rule.fired += 1).count()
}

fn on_link(
    rules: &mut [Rule],
    draws: Draws,
    from: u32,
    to: u32,
) -> impl Iterator<Item = &mut Rule> {
    rules
        .iter_mut()
        .filter(move |rule| rule.scope.has(draws, from, to))
}

#[cfg(test)]
mod tests;
