//! Who believed what wrongly, and for how long.

use super::beliefs::{Belief, Beliefs, WRONGS, Wrong};

/// Up to so many nodes, who buried whom is kept pair by pair.
const PAIRS_OF: usize = 1_024;

/// All that was wrong in one way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spells {
    /// When it was so first, in microseconds.
    pub(super) first: Option<u64>,
    /// Until when it was so last; the present if it is so now.
    pub(super) last: u64,
    /// For how long anybody was wrong in this way.
    pub(super) time: u64,
    /// The sum over all pairs.
    pub(super) pair_time: u128,
    /// How many pairs there were at most.
    pub(super) most: u64,
}

impl Spells {
    fn pass(&mut self, from: u64, to: u64, pairs: u64) {
        if pairs > 0 && to > from {
            self.first.get_or_insert(from);
            self.last = to;
            self.time += to - from;
            self.pair_time += u128::from(pairs) * u128::from(to - from);
            self.most = self.most.max(pairs);
        }
    }
}

/// The story of wrong beliefs, told as the time passes.
#[derive(Debug, Default)]
pub(super) struct Story {
    now: u64,
    ways: [Spells; WRONGS],
    /// Everything but mere suspicion.
    any: Spells,
    /// Whether any of them was held to have left, not dead.
    left_too: bool,
    buried_by: Vec<bool>,
    buried: Vec<bool>,
    /// By observer, of member; empty if there are too many.
    pairs: Vec<Vec<bool>>,
}

impl Story {
    pub(super) fn new(observers: usize, members: usize) -> Self {
        let few = observers.max(members) <= PAIRS_OF;
        Self {
            buried_by: vec![false; observers],
            buried: vec![false; members],
            pairs: vec![Vec::new(); if few { observers } else { 0 }],
            ..Self::default()
        }
    }

    /// The time passes up to `now`; until now the beliefs were these.
    pub(super) fn pass(&mut self, now: u64, beliefs: &Beliefs) {
        let wrong = beliefs.wrong();
        for (way, pairs) in self.ways.iter_mut().zip(wrong) {
            way.pass(self.now, now, pairs);
        }
        let mere = wrong[Wrong::Suspected as usize];
        let all: u64 = wrong.iter().sum();
        self.any.pass(self.now, now, all - mere);
        self.now = now;
    }

    /// One observer now holds a member dead or gone that runs.
    pub(super) fn bury(&mut self, by: u32, of: u32, belief: Belief) {
        let (by, of) = (by as usize, of as usize);
        self.left_too |= belief == Belief::Left;
        self.buried_by[by] = true;
        self.buried[of] = true;
        let members = self.buried.len();
        if let Some(row) = self.pairs.get_mut(by) {
            row.resize(members, false);
            row[of] = true;
        }
    }

    /// What those were held that ran: dead, or dead or gone.
    pub(super) const fn held_what(&self) -> &'static str {
        if self.left_too {
            "dead or gone"
        } else {
            "dead"
        }
    }

    pub(super) const fn of(&self, way: Wrong) -> &Spells {
        &self.ways[way as usize]
    }

    /// Since when nothing is wrong but mere suspicion; `None` if something is, and zero if nothing ever was.
    pub(super) fn well_since(&self) -> Option<u64> {
        (self.any.first.is_none() || self.any.last < self.now).then_some(self.any.last)
    }

    /// All who ever held somebody dead that ran.
    pub(super) fn all_who_buried(&self) -> Vec<u32> {
        numbers(&self.buried_by)
    }

    /// All who were ever held dead while they ran.
    pub(super) fn all_buried(&self) -> Vec<u32> {
        numbers(&self.buried)
    }

    /// Who held whom dead, those together who held the same; `None` if that makes more groups than `most`.
    pub(super) fn who_buried_whom(&self, most: usize) -> Option<Vec<(Vec<u32>, Vec<u32>)>> {
        let mut groups: Vec<(Vec<u32>, &[bool])> = Vec::new();
        if self.pairs.is_empty() {
            return None;
        }
        for (by, row) in (0..).zip(&self.pairs).filter(|(_, row)| !row.is_empty()) {
            match groups.iter().position(|(_, same)| *same == &row[..]) {
                Some(same) => groups[same].0.push(by),
                None if groups.len() == most => return None,
                None => groups.push((vec![by], row)),
            }
        }
        let told = groups.into_iter().map(|(by, row)| (by, numbers(row)));
        Some(told.collect())
    }
}

fn numbers(flags: &[bool]) -> Vec<u32> {
    let set = (0..).zip(flags).filter(|(_, flag)| **flag);
    set.map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::super::beliefs::Truth;
    use super::*;

    fn two() -> Beliefs {
        let mut beliefs = Beliefs::new(&[0, 1], 2);
        for by in 0..2 {
            beliefs.set_truth(by, Truth::Running);
            beliefs.believe(by, 1 - by, Belief::Alive);
            beliefs.set_looking(by, true);
        }
        beliefs
    }

    #[test]
    fn the_time_that_somebody_is_wrong_is_counted_to_the_microsecond() {
        let (mut beliefs, mut story) = (two(), Story::new(2, 2));
        story.pass(10, &beliefs);
        assert_eq!(story.well_since(), Some(0));
        beliefs.believe(0, 1, Belief::Dead);
        story.bury(0, 1, Belief::Dead);
        story.pass(25, &beliefs);
        assert_eq!(story.well_since(), None);
        beliefs.believe(0, 1, Belief::Alive);
        story.pass(40, &beliefs);
        let spells = story.of(Wrong::Buried);
        assert_eq!(
            (spells.first, spells.last, spells.time, spells.most),
            (Some(10), 25, 15, 1)
        );
        assert_eq!(story.well_since(), Some(25));
        assert_eq!(story.who_buried_whom(3), Some(vec![(vec![0], vec![1])]));
    }

    #[test]
    fn a_suspicion_does_not_make_things_unwell() {
        let (mut beliefs, mut story) = (two(), Story::new(2, 2));
        beliefs.believe(0, 1, Belief::Suspect);
        story.pass(25, &beliefs);
        assert_eq!(story.of(Wrong::Suspected).time, 25);
        assert_eq!(story.well_since(), Some(0));
    }
}
