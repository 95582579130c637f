//! Randomness without state: every draw is a function of the seed, a purpose, a directed link and a count.
//!
//! One shared generator would couple everything to everything: one packet more, and all that comes later is dealt anew.
//! Here the fate of the seventh packet from a to b depends on nothing but the seed, so a fault that is taken away leaves
//! every other packet's fate as it was. That is what makes two runs comparable and a failing run shrinkable.

use std::time::Duration;

/// SplitMix64's finalizer: a bijection on 64 bits whose outputs look unrelated to its inputs.
#[must_use]
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a draw is for. Draws of different purposes never touch each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Purpose {
    /// The seed of a node's life.
    Birth = 1,
    /// Whether a datagram is lost.
    Loss,
    /// How long a datagram takes.
    Delay,
    /// Whether a datagram is held back.
    Reorder,
    /// How long it is held back.
    ReorderDelay,
    /// Whether a datagram arrives twice.
    Duplicate,
    /// How long the second copy takes.
    DuplicateDelay,
    /// How long a piece of a stream takes.
    Stream,
    /// When each node of a cluster starts.
    Start,
    /// The salt of an exchange.
    Salt,
    /// When seeds are called again.
    Retry,
    /// Lots of a scenario's faults.
    Lot,
    /// Whether a link is in a burst of loss.
    Burst,
    /// Whether a datagram comes again, long after.
    Replay,
    /// How long after.
    ReplayDelay,
    /// Whether bits of a datagram turn over, and which.
    Corrupt,
    /// Whether a datagram loses its end, and where.
    Truncate,
    /// Which links a partition by lot cuts.
    Link,
    /// How much is added to the usual delay.
    Added,
    /// What a forged datagram says.
    Forge,
    /// Whether a datagram arrives at another machine, and which.
    Astray,
}

/// The draws of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    seed: u64,
}

impl Draws {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The `count`-th draw for `purpose` on the directed link `from` → `to`.
    pub(crate) const fn draw(self, purpose: Purpose, from: u32, to: u32, count: u32) -> u64 {
        let stream = mix(self.seed ^ mix(purpose as u64));
        let link = mix(stream ^ ((from as u64) << 32 | to as u64));
        mix(link ^ count as u64)
    }
}

/// A probability, as so many of 2³²: exact, comparable, the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chance(u64);

const WHOLE: u64 = 1 << 32;

impl Chance {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(WHOLE);

    /// So many in a hundred; more than a hundred is always.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self::of(percent, 100)
    }

    /// So many in a thousand; more than a thousand is always.
    #[must_use]
    pub const fn permille(permille: u32) -> Self {
        Self::of(permille, 1_000)
    }

    pub(crate) const fn of(part: u32, whole: u32) -> Self {
        let part = if part < whole { part } else { whole };
        Self(part as u64 * WHOLE / whole as u64)
    }

    /// The chance that at least one of two independent things happens.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        let neither = ((WHOLE - self.0) as u128 * (WHOLE - other.0) as u128) >> 32;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a product of two numbers up to 2³², shifted by 32"
        )]
        Self(WHOLE - neither as u64)
    }

    /// A part of the odds: how often it happens for each time that it does not. At most always.
    pub(crate) const fn odds_over(self, parts: u32) -> Self {
        let (missing, parts) = (WHOLE - self.0, parts as u64);
        if missing == 0 || self.0 / missing >= parts {
            return Self::ALWAYS;
        }
        Self(self.0 * WHOLE / missing / parts)
    }

    /// A part of it.
    pub(crate) const fn over(self, parts: u32) -> Self {
        Self(self.0 / parts as u64)
    }

    /// Whether it is not impossible.
    pub(crate) const fn may_happen(self) -> bool {
        self.0 > 0
    }

    /// Whether it happens at this draw. A greater chance happens at every draw at which a smaller one does.
    pub(crate) const fn hits(self, draw: u64) -> bool {
        draw >> 32 < self.0
    }
}

/// A duration in whole microseconds, saturating: the simulator's unit.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_is_splitmix64() {
        // The first outputs of SplitMix64 from seed 0, as its authors publish them.
        assert_eq!(mix(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(mix(0x9E37_79B9_7F4A_7C15), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn draws_differ_by_purpose_link_direction_and_count() {
        let draws = Draws::new(7);
        let one = draws.draw(Purpose::Loss, 1, 2, 3);
        assert_eq!(one, Draws::new(7).draw(Purpose::Loss, 1, 2, 3));
        for other in [
            Draws::new(8).draw(Purpose::Loss, 1, 2, 3),
            draws.draw(Purpose::Delay, 1, 2, 3),
            draws.draw(Purpose::Loss, 2, 1, 3),
            draws.draw(Purpose::Loss, 1, 2, 4),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_chance_happens_about_as_often_as_it_says() {
        let draws = Draws::new(1);
        let hits = |chance: Chance| {
            (0..10_000)
                .filter(|&count| chance.hits(draws.draw(Purpose::Loss, 0, 1, count)))
                .count()
        };
        assert_eq!(hits(Chance::NEVER), 0);
        assert_eq!(hits(Chance::ALWAYS), 10_000);
        assert!((2_850..3_150).contains(&hits(Chance::percent(30))));
        assert!((4_950..5_250).contains(&hits(Chance::percent(30).or(Chance::percent(30)))));
    }

    #[test]
    fn what_a_small_chance_hits_a_greater_one_hits_too() {
        let draws = Draws::new(2);
        for count in 0..1_000 {
            let draw = draws.draw(Purpose::Loss, 0, 1, count);
            assert!(!Chance::percent(10).hits(draw) || Chance::percent(20).hits(draw));
        }
    }
}
