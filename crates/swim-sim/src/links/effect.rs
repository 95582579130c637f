//! What a rule does to what travels over its links.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use std::time::Duration;

use super::says::Says;
use crate::delay::Delay;
use crate::random::{Chance, Draws, Purpose, micros};

/// What a fault does to what travels over its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Nothing arrives.
    Cut(Carries),
    /// Nothing arrives before the fault ends, and then all that waited.
    Jam(Carries),
    /// Datagrams get lost; streams do not (their transport repeats what was lost).
    Loss(Chance),
    /// Datagrams get lost in bursts.
    Bursts(Bursts),
    /// The datagram of this number on each link gets lost.
    Drop(u32),
    /// Datagrams and pieces of streams take this long instead of the network's usual time.
    Slow(Delay),
    /// They take so much longer.
    Add(Delay, Carries),
    /// Datagrams arrive twice, the copy after a delay of its own.
    Duplicate(Chance, Delay),
    /// Datagrams are held back for so much longer, and others overtake them.
    Reorder(Chance, Delay),
    /// Datagrams arrive once more, after this delay.
    Replay(Chance, Delay),
    /// So many bits of datagrams turn over.
    Corrupt(Chance, u32),
    /// Datagrams lose their ends, at a random place.
    Truncate(Chance),
    /// Datagrams with more bytes vanish.
    SizeLimit(u32),
    /// Datagrams leave their sender one after the other.
    Rate {
        /// So many bytes in a second.
        bytes_per_second: u32,
        /// The most bytes that wait; what finds no room is lost.
        queue: u32,
    },
    /// Datagrams that say this get lost.
    LossOf(Chance, Says),
    /// Datagrams, or those that say this, arrive at another machine.
    Astray(Chance, Option<Says>),
}

/// What a fault takes hold of, of all that travels over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Carries {
    /// Everything.
    #[default]
    All,
    /// Datagrams alone: UDP is blocked, TCP is not.
    Datagrams,
    /// Streams alone.
    Streams,
}

impl Carries {
    pub(crate) const fn datagrams(self) -> bool {
        !matches!(self, Self::Streams)
    }

    pub(crate) const fn streams(self) -> bool {
        !matches!(self, Self::Datagrams)
    }
}

/// Loss in bursts, as Gilbert and Elliott have it: each link is good or bad, changes at random, and loses all while bad.
///
/// Time goes in steps, an eighth of a burst each. In each step one draw either makes the link bad, or good, or leaves it as
/// it was, so the state is known from the latest draw that decided: nothing has to be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bursts {
    enter: Chance,
    leave: Chance,
    step: u64,
}

impl Bursts {
    /// Steps in a burst, on average.
    const STEPS: u32 = 8;
    /// Steps to look back for a draw that decided, at most. The chance that none did is less than e⁻³².
    const MEMORY: u64 = 256;

    /// A share of the time, in bursts of this length on average. More than seven eighths count as that.
    #[must_use]
    pub fn new(share: Chance, length: Duration) -> Self {
        let share = share.min(Chance::permille(875));
        Self {
            enter: share.odds_over(Self::STEPS),
            leave: Chance::ALWAYS.over(Self::STEPS),
            step: (micros(length) / u64::from(Self::STEPS)).max(1),
        }
    }

    /// Whether the link is bad at `now`.
    pub(crate) fn is_bad(self, draws: Draws, from: u32, to: u32, now: u64) -> bool {
        let slot = now / self.step;
        let earliest = slot.saturating_sub(Self::MEMORY);
        let decided = (earliest..=slot).rev().find_map(|slot| {
            let draw = draws.draw(Purpose::Burst, from, to, u32::try_from(slot).unwrap_or(0));
            if self.enter.hits(draw) {
                Some(true)
            } else {
                self.leave.hits(!draw).then_some(false)
            }
        });
        decided.unwrap_or(false)
    }
}

/// What was done to a datagram's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Harm {
    /// So many bits turned over, by this draw.
    pub(crate) flips: Option<(u32, u64)>,
    /// The end is gone, by this draw.
    pub(crate) cut: Option<u64>,
}

impl Harm {
    pub(crate) fn is_done(&self) -> bool {
        *self != Self::default()
    }

    pub(crate) fn apply(self, bytes: &mut Vec<u8>) {
        let place = |draw: u64, bound: usize| {
            let place = (u128::from(draw) * bound as u128) >> 64;
            usize::try_from(place).unwrap_or(0)
        };
        if let Some((flips, draw)) = self.flips {
            for flip in 0..flips {
                let bit = place(crate::random::mix(draw ^ u64::from(flip)), bytes.len() * 8);
                if let Some(byte) = bytes.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
        }
        if let Some(draw) = self.cut {
            bytes.truncate(place(draw, bytes.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_take_their_share_of_the_time_and_last_as_long_as_they_should() {
        for percent in [5, 30, 60] {
            let bursts = Bursts::new(Chance::percent(percent), Duration::from_millis(80));
            let draws = Draws::new(4);
            let bad: Vec<bool> = (0..400_000)
                .map(|step| bursts.is_bad(draws, 1, 2, step * 10_000))
                .collect();
            let share = bad.iter().filter(|bad| **bad).count() * 1_000 / bad.len();
            let meant = percent as usize * 10;
            assert!(
                share.abs_diff(meant) <= meant / 10,
                "{share} of 1,000, not {meant}"
            );
            let begun = bad.windows(2).filter(|pair| !pair[0] && pair[1]).count();
            let steps = bad.iter().filter(|bad| **bad).count() / begun;
            assert!((7..=8).contains(&steps), "{steps} steps of 10 ms");
        }
    }

    #[test]
    fn every_link_has_bursts_of_its_own() {
        let bursts = Bursts::new(Chance::percent(50), Duration::from_millis(8));
        let link = |from, to| {
            let times = (0..64).map(move |step| step * 1_000);
            times
                .map(move |now| bursts.is_bad(Draws::new(4), from, to, now))
                .collect::<Vec<_>>()
        };
        assert_ne!(link(1, 2), link(2, 1));
        assert_eq!(link(1, 2), link(1, 2));
    }

    #[test]
    fn harm_turns_bits_and_takes_ends() {
        let mut bytes = vec![0; 100];
        let harm = Harm {
            flips: Some((3, 7)),
            cut: None,
        };
        harm.apply(&mut bytes);
        assert_eq!(bytes.iter().map(|byte| byte.count_ones()).sum::<u32>(), 3);
        let cut = Some(u64::MAX / 2);
        Harm { flips: None, cut }.apply(&mut bytes);
        assert_eq!(bytes.len(), 49);
        assert!(!Harm::default().is_done() && harm.is_done());
    }
}
