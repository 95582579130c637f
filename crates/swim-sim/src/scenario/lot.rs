//! Draws by lot for one fault of a scenario: from a stream of its own, so that no other fault's lot moves with it.

use crate::delay::Delay;
use crate::random::{Draws, Purpose};

/// One fault's draws, in order.
#[derive(Clone, Debug)]
pub(super) struct Lot {
    draws: Draws,
    fault: u32,
    drawn: u32,
}

impl Lot {
    pub(super) const fn new(seed: u64, fault: u32) -> Self {
        Self {
            draws: Draws::new(seed),
            fault,
            drawn: 0,
        }
    }

    fn next(&mut self) -> u64 {
        let draw = self.draws.draw(Purpose::Lot, self.fault, 0, self.drawn);
        self.drawn += 1;
        draw
    }

    /// A number below `bound`; 0 if the bound is.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let share = (u128::from(self.next()) * u128::from(bound)) >> 64;
        u64::try_from(share).unwrap_or(0)
    }

    /// `count` of these, in order.
    pub(super) fn choose(&mut self, mut from: Vec<u32>, count: u32) -> Vec<u32> {
        let count = (count as usize).min(from.len());
        for place in 0..count {
            let left = (from.len() - place) as u64;
            let other = place + usize::try_from(self.below(left)).unwrap_or(0);
            from.swap(place, other);
        }
        from.truncate(count);
        from.sort_unstable();
        from
    }

    /// A length of time by this law, in microseconds.
    pub(super) fn time(&mut self, law: Delay) -> u64 {
        law.sample(self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_its_own_and_falls_on_everybody_alike() {
        let mut times = [0; 10];
        for seed in 0..2_000 {
            let chosen = Lot::new(seed, 3).choose((0..10).collect(), 3);
            assert!(chosen.is_sorted() && chosen.len() == 3);
            for node in chosen {
                times[node as usize] += 1;
            }
        }
        assert!(
            times.iter().all(|times| (520..680).contains(times)),
            "{times:?}"
        );
        let all = || (0..100).collect::<Vec<_>>();
        assert_ne!(
            Lot::new(1, 0).choose(all(), 5),
            Lot::new(1, 1).choose(all(), 5)
        );
        assert_eq!(
            Lot::new(1, 1).choose(all(), 5),
            Lot::new(1, 1).choose(all(), 5)
        );
    }
}
