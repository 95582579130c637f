//! The network between the nodes: what happens to a datagram on its way, and which faults make it happen.
//!
//! A fault is a rule: from whom, to whom, what. Rules add up. What several rules say about loss, duplication or
//! reordering is one chance decided by one draw per datagram, so that a datagram which one rule loses is lost with or
//! without the others; of several delays the youngest rule's holds.

use crate::delay::Delay;
use crate::random::{Chance, Draws, Purpose};

/// Names a fault on links until it is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(pub(crate) u32);

/// A set of hosts, by their place in the simulation. Hosts that come later belong to [`Group::everyone`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Everyone,
    /// Bit `h` of the words is host `h`.
    These(Vec<u64>),
}

impl Group {
    pub(crate) fn of(hosts: impl IntoIterator<Item = u32>) -> Self {
        let mut words = Vec::new();
        for host in hosts {
            let word = (host / 64) as usize;
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            words[word] |= 1 << (host % 64);
        }
        Self::These(words)
    }

    pub(crate) fn has(&self, host: u32) -> bool {
        match self {
            Self::Everyone => true,
            Self::These(words) => words
                .get((host / 64) as usize)
                .is_some_and(|word| word >> (host % 64) & 1 == 1),
        }
    }
}

/// What a fault does to what travels over its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing arrives: neither datagrams nor streams.
    Cut,
    /// Datagrams get lost; streams do not (their transport repeats what was lost).
    Loss(Chance),
    /// Datagrams and pieces of streams take this long instead of the network's usual time.
    Slow(Delay),
    /// Datagrams arrive twice, the copy after a delay of its own.
    Duplicate(Chance, Delay),
    /// Datagrams are held back for so much longer, and others overtake them.
    Reorder(Chance, Delay),
}

/// Which directed links a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// From each of the first to each of the second.
    OneWay(Group, Group),
    /// Both ways between each of the first and each of the second.
    Between(Group, Group),
    /// All links that lead from one of these groups into another.
    Apart(Vec<Group>),
}

impl Scope {
    fn has(&self, from: u32, to: u32) -> bool {
        match self {
            Self::OneWay(one, other) => one.has(from) && other.has(to),
            Self::Between(one, other) => {
                one.has(from) && other.has(to) || other.has(from) && one.has(to)
            }
            Self::Apart(groups) => {
                let group = |host| groups.iter().position(|group| group.has(host));
                matches!((group(from), group(to)), (Some(one), Some(other)) if one != other)
            }
        }
    }
}

/// One fault: an effect on some links.
#[derive(Debug)]
struct Rule {
    id: FaultId,
    scope: Scope,
    effect: Effect,
    fired: u64,
}

/// What becomes of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives after so many microseconds, and perhaps once more.
    Arrives { after: u64, again: Option<u64> },
    /// It is lost.
    Lost,
    /// There is no way to the receiver.
    Cut,
}

/// All links.
#[derive(Debug)]
pub(crate) struct Links {
    draws: Draws,
    usual: Delay,
    rules: Vec<Rule>,
    /// Of faults that are over: what each did.
    lifted: Vec<(FaultId, u64)>,
    imposed: u32,
}

impl Links {
    pub(crate) const fn new(draws: Draws, usual: Delay) -> Self {
        Self {
            draws,
            usual,
            rules: Vec::new(),
            lifted: Vec::new(),
            imposed: 0,
        }
    }

    pub(crate) fn impose(&mut self, scope: Scope, effect: Effect) -> FaultId {
        let id = FaultId(self.imposed);
        self.imposed += 1;
        self.rules.push(Rule {
            id,
            scope,
            effect,
            fired: 0,
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

    pub(crate) fn lift_all(&mut self) {
        self.lifted
            .extend(self.rules.drain(..).map(|rule| (rule.id, rule.fired)));
    }

    /// How many datagrams and pieces of streams a fault has touched. A fault that never fired proves nothing.
    pub(crate) fn fired(&self, id: FaultId) -> u64 {
        let active = self.rules.iter().filter(|rule| rule.id == id);
        let over = self.lifted.iter().filter(|(lifted, _)| *lifted == id);
        active.map(|rule| rule.fired).sum::<u64>() + over.map(|(_, fired)| fired).sum::<u64>()
    }

    /// Whether nothing gets from one host to the other.
    pub(crate) fn is_cut(&mut self, from: u32, to: u32) -> bool {
        let cut = on_link(&mut self.rules, from, to).find(|rule| rule.effect == Effect::Cut);
        cut.map(|rule| rule.fired += 1).is_some()
    }

    /// What becomes of the `count`-th datagram from one host to the other.
    pub(crate) fn fate(&mut self, from: u32, to: u32, count: u32) -> Fate {
        let draws = self.draws;
        let draw = |purpose| draws.draw(purpose, from, to, count);
        let (mut lost, mut usual) = (Chance::NEVER, self.usual);
        let (mut twice, mut late) = (Chance::NEVER, Chance::NEVER);
        let (mut copy_delay, mut extra_delay) = (None, None);
        for rule in on_link(&mut self.rules, from, to) {
            let fires = match rule.effect {
                Effect::Cut => {
                    rule.fired += 1;
                    return Fate::Cut;
                }
                Effect::Loss(chance) => {
                    lost = lost.or(chance);
                    chance.hits(draw(Purpose::Loss))
                }
                Effect::Slow(delay) => {
                    usual = delay;
                    true
                }
                Effect::Duplicate(chance, delay) => {
                    (twice, copy_delay) = (twice.or(chance), Some(delay));
                    chance.hits(draw(Purpose::Duplicate))
                }
                Effect::Reorder(chance, delay) => {
                    (late, extra_delay) = (late.or(chance), Some(delay));
                    chance.hits(draw(Purpose::Reorder))
                }
            };
            rule.fired += u64::from(fires);
        }
        if lost.hits(draw(Purpose::Loss)) {
            return Fate::Lost;
        }
        let extra = extra_delay
            .filter(|_| late.hits(draw(Purpose::Reorder)))
            .map_or(0, |delay| delay.sample(draw(Purpose::ReorderDelay)));
        let again = copy_delay
            .filter(|_| twice.hits(draw(Purpose::Duplicate)))
            .map(|delay| delay.sample(draw(Purpose::DuplicateDelay)));
        let after = usual.sample(draw(Purpose::Delay)).saturating_add(extra);
        Fate::Arrives { after, again }
    }

    /// How long the `count`-th piece of a stream takes from one host to the other; `None`: it never arrives.
    pub(crate) fn stream_delay(&mut self, from: u32, to: u32, count: u32) -> Option<u64> {
        let mut usual = self.usual;
        for rule in on_link(&mut self.rules, from, to) {
            match rule.effect {
                Effect::Cut => {
                    rule.fired += 1;
                    return None;
                }
                Effect::Slow(delay) => {
                    rule.fired += 1;
                    usual = delay;
                }
                Effect::Loss(_) | Effect::Duplicate(..) | Effect::Reorder(..) => {}
            }
        }
        Some(usual.sample(self.draws.draw(Purpose::Stream, from, to, count)))
    }
}

fn on_link(rules: &mut [Rule], from: u32, to: u32) -> impl Iterator<Item = &mut Rule> {
    rules
        .iter_mut()
        .filter(move |rule| rule.scope.has(from, to))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ANY: Scope = Scope::OneWay(Group::Everyone, Group::Everyone);

    fn links() -> Links {
        Links::new(Draws::new(9), Delay::LAN)
    }

    fn fates(links: &mut Links) -> Vec<Fate> {
        (0..500).map(|count| links.fate(0, 1, count)).collect()
    }

    #[test]
    fn a_cut_goes_one_way_and_ends() {
        let mut links = links();
        let cut = links.impose(Scope::OneWay(Group::of([0]), Group::Everyone), Effect::Cut);
        assert_eq!(links.fate(0, 1, 0), Fate::Cut);
        assert_eq!(links.stream_delay(0, 1, 0), None);
        assert!(links.is_cut(0, 70) && !links.is_cut(70, 0));
        assert!(matches!(links.fate(1, 0, 0), Fate::Arrives { .. }));
        assert_eq!(links.fired(cut), 3);
        links.lift(cut);
        assert!(matches!(links.fate(0, 1, 1), Fate::Arrives { .. }));
        assert_eq!(links.fired(cut), 3);
    }

    #[test]
    fn groups_apart_reach_their_own_and_whoever_belongs_to_none() {
        let mut links = links();
        let groups = vec![Group::of([0, 1]), Group::of([2]), Group::of([3, 64])];
        links.impose(Scope::Apart(groups), Effect::Cut);
        for (from, to, cut) in [(0, 1, false), (0, 2, true), (2, 1, true), (64, 3, false)] {
            assert_eq!(links.is_cut(from, to), cut, "{from} -> {to}");
        }
        assert!(!links.is_cut(0, 9) && !links.is_cut(9, 2));
    }

    #[test]
    fn between_is_both_ways() {
        let mut links = links();
        links.impose(Scope::Between(Group::of([0]), Group::of([1])), Effect::Cut);
        assert!(links.is_cut(0, 1) && links.is_cut(1, 0) && !links.is_cut(0, 2));
    }

    #[test]
    fn taking_one_fault_away_leaves_every_other_datagrams_fate_as_it_was() {
        let (mut both, mut one) = (links(), links());
        for links in [&mut both, &mut one] {
            links.impose(ANY, Effect::Loss(Chance::percent(20)));
        }
        let hold = Delay::Uniform(Duration::from_millis(1), Duration::from_millis(50));
        let link = Scope::OneWay(Group::of([0]), Group::of([1]));
        let fault = both.impose(link, Effect::Reorder(Chance::percent(10), hold));
        let (with, without) = (fates(&mut both), fates(&mut one));
        let moved = with.iter().zip(&without).filter(|(a, b)| a != b).count();
        assert!((20..70).contains(&moved), "{moved}");
        assert!(both.fired(fault) >= moved as u64);
        both.lift(fault);
        assert_eq!(fates(&mut both), without);
    }

    #[test]
    fn the_effects_of_several_rules_add_up() {
        let mut links = links();
        for _ in 0..2 {
            let scope = Scope::OneWay(Group::Everyone, Group::of([1]));
            links.impose(scope, Effect::Loss(Chance::percent(50)));
        }
        let copies = Effect::Duplicate(Chance::ALWAYS, Delay::Constant(Duration::from_secs(9)));
        links.impose(ANY, copies);
        let slow = Effect::Slow(Delay::Constant(Duration::from_millis(3)));
        links.impose(Scope::OneWay(Group::of([0]), Group::of([1])), slow);
        let fates = fates(&mut links);
        let arrives = Fate::Arrives {
            after: 3_000,
            again: Some(9_000_000),
        };
        let arrived = fates.iter().filter(|&&fate| fate == arrives).count();
        assert!((90..160).contains(&arrived), "{arrived}");
        assert!(
            fates
                .iter()
                .all(|fate| [arrives, Fate::Lost].contains(fate))
        );
    }
}
