//! Which links a rule is about.

use crate::random::{Chance, Draws, Purpose};

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

/// Which directed links a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// From each of the first to each of the second.
    OneWay(Group, Group),
    /// Both ways between each of the first and each of the second.
    Between(Group, Group),
    /// All links that lead from one of these groups into another.
    Apart(Vec<Group>),
    /// As apart, but groups side by side in this order reach each other.
    Chain(Vec<Group>),
    /// All links that lead to or from one of these.
    Around(Group),
    /// Of so many hosts in a ring, all links between those further apart than this.
    Ring { hosts: u32, reach: u32 },
    /// A share of all links between the first so many hosts, by lot.
    Lot {
        hosts: u32,
        chance: Chance,
        salt: u32,
    },
}

impl Scope {
    pub(crate) fn has(&self, draws: Draws, from: u32, to: u32) -> bool {
        let group_of = |groups: &[Group], host| groups.iter().position(|group| group.has(host));
        match self {
            Self::OneWay(one, other) => one.has(from) && other.has(to),
            Self::Between(one, other) => {
                one.has(from) && other.has(to) || other.has(from) && one.has(to)
            }
            Self::Apart(groups) => {
                matches!((group_of(groups, from), group_of(groups, to)), (Some(one), Some(other)) if one != other)
            }
            Self::Chain(groups) => {
                matches!((group_of(groups, from), group_of(groups, to)), (Some(one), Some(other)) if one.abs_diff(other) > 1)
            }
            Self::Around(group) => from != to && (group.has(from) || group.has(to)),
            Self::Ring { hosts, reach } => {
                let apart = from.abs_diff(to);
                from.max(to) < *hosts && apart.min(hosts - apart) > *reach
            }
            Self::Lot {
                hosts,
                chance,
                salt,
            } => from.max(to) < *hosts && chance.hits(draws.draw(Purpose::Link, from, to, *salt)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(scope: &Scope, from: u32, to: u32) -> bool {
        scope.has(Draws::new(1), from, to)
    }

    #[test]
    fn groups_apart_reach_their_own_and_whoever_belongs_to_none() {
        let groups = vec![Group::of([0, 1]), Group::of([2]), Group::of([3, 64])];
        let apart = Scope::Apart(groups.clone());
        for (from, to, cut) in [
            (0, 1, false),
            (0, 2, true),
            (2, 1, true),
            (64, 3, false),
            (0, 9, false),
        ] {
            assert_eq!(has(&apart, from, to), cut, "{from} -> {to}");
        }
        let chain = Scope::Chain(groups);
        assert!(
            !has(&chain, 0, 2) && !has(&chain, 2, 64) && has(&chain, 0, 3) && has(&chain, 64, 1)
        );
    }

    #[test]
    fn between_is_both_ways_and_one_way_is_not() {
        let between = Scope::Between(Group::of([0]), Group::of([1]));
        assert!(has(&between, 0, 1) && has(&between, 1, 0) && !has(&between, 0, 2));
        let one_way = Scope::OneWay(Group::of([0]), Group::Everyone);
        assert!(has(&one_way, 0, 70) && !has(&one_way, 70, 0));
    }

    #[test]
    fn around_somebody_is_to_and_from_everybody() {
        let around = Scope::Around(Group::of([4, 5]));
        assert!(
            has(&around, 4, 5) && has(&around, 0, 4) && has(&around, 5, 9) && !has(&around, 0, 1)
        );
    }

    #[test]
    fn in_a_ring_only_neighbours_reach_each_other() {
        let ring = Scope::Ring {
            hosts: 10,
            reach: 2,
        };
        for (from, to, cut) in [
            (0, 2, false),
            (0, 3, true),
            (9, 1, false),
            (9, 2, true),
            (0, 30, false),
        ] {
            assert_eq!(has(&ring, from, to), cut, "{from} -> {to}");
        }
    }

    #[test]
    fn a_lot_of_links_is_about_its_share_in_each_direction_by_itself() {
        let lot = |salt| Scope::Lot {
            hosts: 50,
            chance: Chance::percent(30),
            salt,
        };
        let links = |scope: &Scope| {
            let all = (0..50).flat_map(|from| (0..50).map(move |to| (from, to)));
            all.filter(|&(from, to)| has(scope, from, to))
                .collect::<Vec<_>>()
        };
        let (one, other) = (links(&lot(1)), links(&lot(2)));
        assert!((650..850).contains(&one.len()), "{}", one.len());
        assert_ne!(one, other);
        let both_ways = one
            .iter()
            .filter(|(from, to)| one.contains(&(*to, *from)))
            .count();
        assert!(both_ways < one.len() / 2, "{both_ways}");
    }
}
