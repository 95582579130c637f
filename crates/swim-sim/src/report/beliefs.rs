//! What everybody believes of everybody, beside what is so.

use std::iter;

use swim_core::State;

use crate::run::Held;

/// What an observer believes of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Belief {
    /// It knows of no such member.
    #[default]
    Unknown,
    Alive,
    Suspect,
    Dead,
    Left,
}

/// How many beliefs there are.
pub(super) const BELIEFS: usize = 5;

impl Belief {
    /// All, in order.
    pub(super) const ALL: [Self; BELIEFS] = [
        Self::Unknown,
        Self::Alive,
        Self::Suspect,
        Self::Dead,
        Self::Left,
    ];

    pub(super) const fn of(state: State) -> Self {
        match state {
            State::Alive => Self::Alive,
            State::Suspect => Self::Suspect,
            State::Dead => Self::Dead,
            State::Left => Self::Left,
        }
    }
}

impl From<Option<Held>> for Belief {
    fn from(held: Option<Held>) -> Self {
        held.map_or(Self::Unknown, |held| Self::of(held.state))
    }
}

/// What is so of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Truth {
    /// It never ran.
    #[default]
    Absent,
    Running,
    /// Its process is paused: nothing that is believed of it counts as wrong.
    Paused,
    Stopped,
    /// It said goodbye.
    Departed,
    /// Nobody who looks at it from outside can tell: nothing that is believed of it counts as wrong.
    Unasked,
}

/// A belief that is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It runs, and is suspected.
    Suspected,
    /// It runs, and is held dead or gone.
    Buried,
    /// It runs, and is not known.
    Missing,
    /// It is gone, and is held to be there.
    Ghost,
}

/// How many ways of being wrong there are.
pub(super) const WRONGS: usize = 4;

/// In what way this belief is wrong, if it is.
pub(super) const fn wrong(truth: Truth, belief: Belief) -> Option<Wrong> {
    match (truth, belief) {
        (Truth::Running, Belief::Suspect) => Some(Wrong::Suspected),
        (Truth::Running, Belief::Dead | Belief::Left) => Some(Wrong::Buried),
        (Truth::Running, Belief::Unknown) => Some(Wrong::Missing),
        (Truth::Absent | Truth::Stopped | Truth::Departed, Belief::Alive | Belief::Suspect) => {
            Some(Wrong::Ghost)
        }
        _ => None,
    }
}

/// How many observers believe each thing of one member.
pub(super) type Counts = [u32; BELIEFS];

const ALL: [Belief; BELIEFS] = [
    Belief::Unknown,
    Belief::Alive,
    Belief::Suspect,
    Belief::Dead,
    Belief::Left,
];

/// One observer: a machine with a node.
#[derive(Debug, Default)]
struct Observer {
    /// The member that it is itself.
    name: u32,
    /// Whether its node runs and is not paused: the beliefs of others count nothing.
    looks: bool,
    held: Vec<Belief>,
}

/// All beliefs, counted in advance: a change costs the same however large the cluster is.
#[derive(Debug, Default)]
pub(super) struct Beliefs {
    observers: Vec<Observer>,
    truth: Vec<Truth>,
    counts: Vec<Counts>,
    wrong: [u64; WRONGS],
    looking: u32,
}

impl Beliefs {
    /// Nothing runs, and nobody believes anything. `names` has the member that each observer is itself.
    pub(super) fn new(names: &[u32], members: usize) -> Self {
        let observer = |name: &u32| Observer {
            name: *name,
            looks: false,
            held: vec![Belief::Unknown; members],
        };
        Self {
            observers: names.iter().map(observer).collect(),
            truth: vec![Truth::Absent; members],
            counts: vec![Counts::default(); members],
            wrong: [0; WRONGS],
            looking: 0,
        }
    }

    pub(super) const fn members(&self) -> usize {
        self.truth.len()
    }

    pub(super) fn name_of(&self, observer: u32) -> Option<u32> {
        self.observers.get(observer as usize).map(|one| one.name)
    }

    /// What an observer believes of a member.
    pub(super) fn held(&self, observer: u32, member: usize) -> Belief {
        let one = self.observers.get(observer as usize);
        let held = one.and_then(|one| one.held.get(member));
        held.copied().unwrap_or_default()
    }

    pub(super) fn truth_of(&self, member: usize) -> Truth {
        self.truth[member]
    }

    pub(super) fn counts_of(&self, member: usize) -> Counts {
        self.counts[member]
    }

    /// How many pairs of an observer and a member are wrong now, in each way.
    pub(super) const fn wrong(&self) -> [u64; WRONGS] {
        self.wrong
    }

    /// How many pairs there are.
    pub(super) fn pairs(&self) -> u64 {
        let others = (self.members() as u64).saturating_sub(1);
        u64::from(self.looking) * others
    }

    /// Whether anybody believes something wrong of this member that is more than a suspicion.
    pub(super) fn is_wrong_about(&self, member: usize) -> bool {
        let truth = self.truth[member];
        let more = |belief| wrong(truth, belief).is_some_and(|way| way != Wrong::Suspected);
        iter::zip(ALL, self.counts[member]).any(|(belief, count)| count > 0 && more(belief))
    }

    /// Those that look and believe something of that member of which this is true.
    pub(super) fn believers(&self, member: usize, belief: impl Fn(Belief) -> bool) -> u32 {
        let others = self.observers.iter().filter(|one| one.looks);
        let others = others.filter(|one| one.name as usize != member);
        let count = others.filter(|one| belief(one.held[member])).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Who is held dead now while it runs, of all pairs that this node or this member is part of: observer and member.
    pub(super) fn buried_around(&self, node: u32, member: u32) -> Vec<(u32, u32)> {
        let is_buried = |by: &Observer, of: usize| {
            by.looks && by.name as usize != of && {
                wrong(self.truth[of], by.held[of]) == Some(Wrong::Buried)
            }
        };
        let mut pairs = Vec::new();
        for (by, one) in (0..).zip(&self.observers) {
            if is_buried(one, member as usize) {
                pairs.push((by, member));
            }
            if by == node {
                let members = (0..).zip(&self.truth).map(|(of, _)| of);
                pairs.extend(
                    members
                        .filter(|of| is_buried(one, *of as usize))
                        .map(|of| (by, of)),
                );
            }
        }
        pairs
    }

    /// An observer believes something else now. Returns in what way the new belief is wrong, if the observer looks.
    pub(super) fn believe(&mut self, by: u32, of: u32, belief: Belief) -> Option<Wrong> {
        let member = of as usize;
        let one = self.observers.get_mut(by as usize)?;
        let before = std::mem::replace(one.held.get_mut(member)?, belief);
        if !one.looks || one.name == of || before == belief {
            return None;
        }
        self.counts[member][before as usize] -= 1;
        self.counts[member][belief as usize] += 1;
        let truth = self.truth[member];
        if let Some(way) = wrong(truth, before) {
            self.wrong[way as usize] -= 1;
        }
        let way = wrong(truth, belief);
        if let Some(way) = way {
            self.wrong[way as usize] += 1;
        }
        way
    }

    /// Something else is so of a member now.
    pub(super) fn set_truth(&mut self, member: u32, truth: Truth) {
        let place = member as usize;
        if place >= self.truth.len() {
            return;
        }
        let before = std::mem::replace(&mut self.truth[place], truth);
        for (belief, count) in iter::zip(ALL, self.counts[place]) {
            if let Some(way) = wrong(before, belief) {
                self.wrong[way as usize] -= u64::from(count);
            }
            if let Some(way) = wrong(truth, belief) {
                self.wrong[way as usize] += u64::from(count);
            }
        }
    }

    /// An observer begins to look, or ceases to.
    pub(super) fn set_looking(&mut self, by: u32, looks: bool) {
        let Some(one) = self.observers.get_mut(by as usize) else {
            return;
        };
        if std::mem::replace(&mut one.looks, looks) == looks {
            return;
        }
        self.looking = if looks {
            self.looking + 1
        } else {
            self.looking - 1
        };
        for (member, belief) in one.held.iter().enumerate() {
            if member == one.name as usize {
                continue;
            }
            let count = &mut self.counts[member][*belief as usize];
            let way = wrong(self.truth[member], *belief);
            let wrong = way.map(|way| &mut self.wrong[way as usize]);
            if looks {
                *count += 1;
                wrong.into_iter().for_each(|wrong| *wrong += 1);
            } else {
                *count -= 1;
                wrong.into_iter().for_each(|wrong| *wrong -= 1);
            }
        }
    }

    /// An observer's node is no more: it believes nothing.
    pub(super) fn forget(&mut self, by: u32) {
        self.set_looking(by, false);
        if let Some(one) = self.observers.get_mut(by as usize) {
            one.held.fill(Belief::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_that_know_each_other() -> Beliefs {
        let mut beliefs = Beliefs::new(&[0, 1, 2], 3);
        for by in 0..3 {
            beliefs.set_truth(by, Truth::Running);
            for of in 0..3 {
                beliefs.believe(by, of, Belief::Alive);
            }
            beliefs.set_looking(by, true);
        }
        beliefs
    }

    #[test]
    fn all_is_well_while_everybody_runs_and_is_believed_to() {
        let beliefs = three_that_know_each_other();
        assert_eq!(beliefs.wrong(), [0; WRONGS]);
        assert_eq!(beliefs.pairs(), 6);
        assert_eq!(beliefs.counts_of(1), [0, 2, 0, 0, 0]);
    }

    #[test]
    fn a_crash_makes_ghosts_until_the_others_know() {
        let mut beliefs = three_that_know_each_other();
        beliefs.set_truth(2, Truth::Stopped);
        beliefs.forget(2);
        assert_eq!(beliefs.wrong()[Wrong::Ghost as usize], 2);
        assert_eq!(beliefs.believe(0, 2, Belief::Suspect), Some(Wrong::Ghost));
        assert_eq!(beliefs.believe(0, 2, Belief::Dead), None);
        assert_eq!(beliefs.believe(1, 2, Belief::Dead), None);
        assert_eq!(beliefs.wrong(), [0; WRONGS]);
    }

    #[test]
    fn whoever_runs_and_is_held_dead_is_buried_but_the_beliefs_of_the_paused_do_not_count() {
        let mut beliefs = three_that_know_each_other();
        assert_eq!(beliefs.believe(0, 1, Belief::Dead), Some(Wrong::Buried));
        assert!(beliefs.is_wrong_about(1) && !beliefs.is_wrong_about(0));
        beliefs.set_looking(0, false);
        assert_eq!(beliefs.wrong(), [0; WRONGS]);
        assert_eq!(beliefs.believe(0, 2, Belief::Dead), None);
        beliefs.set_looking(0, true);
        assert_eq!(beliefs.wrong()[Wrong::Buried as usize], 2);
        assert_eq!(beliefs.buried_around(0, 0), [(0, 1), (0, 2)]);
        assert_eq!(beliefs.buried_around(1, 1), [(0, 1)]);
    }

    #[test]
    fn what_a_node_holds_of_itself_is_no_belief_of_others() {
        let mut beliefs = three_that_know_each_other();
        assert_eq!(beliefs.believe(1, 1, Belief::Left), None);
        assert_eq!(beliefs.counts_of(1), [0, 2, 0, 0, 0]);
    }
}
