//! How long something takes: laws in whole numbers, so that every machine draws the same.

use std::time::Duration;

use crate::normal;
use crate::random::micros;

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delay {
    /// Always the same.
    Constant(Duration),
    /// Anything between the two, both included, equally likely.
    Uniform(Duration, Duration),
    /// A law whose logarithm is easy; made by [`exponential`](Self::exponential), [`lognormal`](Self::lognormal) and
    /// [`pareto`](Self::pareto).
    Skewed(Skewed),
}

/// A law with a long tail, between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Skewed {
    tail: Tail,
    least: u64,
    most: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tail {
    /// −mean · ln u, plus the least.
    Exponential { mean: u64 },
    /// The logarithm is `median` plus `spread` for each 99 % quantile of the normal law.
    Lognormal { median: i64, spread: i64 },
    /// The logarithm is `least` plus −log u times `inverse` over 2¹⁶.
    Pareto { least: i64, inverse: i64 },
}

/// The binary point of logarithms.
const POINT: u32 = 16;
/// ln 2 and log₂ 100 in these units.
const LN_2: u64 = 45_426;
const LOG_100: i64 = 435_412;

impl Delay {
    /// A quiet local network: 0.25 to 0.75 ms one way.
    pub const LAN: Self = Self::Uniform(Duration::from_micros(250), Duration::from_micros(750));
    /// No bound worth the name.
    pub const LONGEST: Duration = Duration::from_secs(3_600);

    /// Memoryless, with this mean besides `least`, and at most `most`.
    #[must_use]
    pub fn exponential(mean: Duration, least: Duration, most: Duration) -> Self {
        let mean = micros(mean);
        Self::skewed(Tail::Exponential { mean }, least, most)
    }

    /// Half are shorter than `median`, one in a hundred is longer than `p99`.
    #[must_use]
    pub fn lognormal(median: Duration, p99: Duration, least: Duration, most: Duration) -> Self {
        let median = log2(micros(median));
        let spread = log2(micros(p99)) - median;
        Self::skewed(Tail::Lognormal { median, spread }, least, most)
    }

    /// None is shorter than `least`, one in a hundred is longer than `p99`.
    #[must_use]
    pub fn pareto(least: Duration, p99: Duration, most: Duration) -> Self {
        let from = log2(micros(least));
        let inverse = ((log2(micros(p99)) - from) << POINT) / LOG_100;
        let tail = Tail::Pareto {
            least: from,
            inverse,
        };
        Self::skewed(tail, least, most)
    }

    fn skewed(tail: Tail, least: Duration, most: Duration) -> Self {
        let (least, most) = (micros(least), micros(most));
        let most = most.max(least);
        Self::Skewed(Skewed { tail, least, most })
    }

    /// What ninety-nine of a hundred are no longer than, in microseconds; of a constant or uniform law, all.
    pub(crate) fn usual(self) -> u64 {
        const HUNDREDTH: u64 = u64::MAX / 100;
        match self {
            Self::Constant(most) | Self::Uniform(_, most) => micros(most),
            Self::Skewed(_) => self
                .sample(HUNDREDTH)
                .max(self.sample(u64::MAX - HUNDREDTH)),
        }
    }

    /// The delay at this draw, in microseconds.
    pub(crate) fn sample(self, draw: u64) -> u64 {
        match self {
            Self::Constant(delay) => micros(delay),
            Self::Uniform(least, most) => {
                let (least, most) = (micros(least), micros(most));
                let span = most.saturating_sub(least).saturating_add(1);
                let share = (u128::from(draw) * u128::from(span)) >> 64;
                least.saturating_add(u64::try_from(share).unwrap_or(u64::MAX))
            }
            Self::Skewed(Skewed { tail, least, most }) => {
                tail.sample(least, draw).clamp(least, most)
            }
        }
    }
}

impl Tail {
    fn sample(self, least: u64, draw: u64) -> u64 {
        // −log₂ of a number in (0, 1].
        let rarity = (64 << POINT) - log2(draw.saturating_add(1));
        match self {
            Self::Exponential { mean } => {
                let nats = u128::from(rarity.unsigned_abs()) * u128::from(LN_2);
                let above = (u128::from(mean) * nats) >> (2 * POINT);
                least.saturating_add(u64::try_from(above).unwrap_or(u64::MAX))
            }
            Self::Lognormal { median, spread } => {
                exp2(median + ((spread * normal::quantile(draw)) >> POINT))
            }
            Self::Pareto { least, inverse } => exp2(least + ((rarity * inverse) >> POINT)),
        }
    }
}

/// log₂ with 16 binary places, rounded down; 0 of 0.
fn log2(number: u64) -> i64 {
    let Some(whole) = number.checked_ilog2() else {
        return 0;
    };
    let mut log = i64::from(whole);
    // The rest is a number in [1, 2), with 63 binary places.
    let mut rest = u128::from(number) << (63 - whole);
    for _ in 0..POINT {
        rest = (rest * rest) >> 63;
        log <<= 1;
        if rest >> 64 != 0 {
            log |= 1;
            rest >>= 1;
        }
    }
    log
}

/// 2^(2^−k) for k from 1 on, with 63 binary places, rounded.
const ROOTS: [u64; POINT as usize] = [
    0xB504_F333_F9DE_6484,
    0x9837_F051_8DB8_A96F,
    0x8B95_C1E3_EA8B_D6E7,
    0x85AA_C367_CC48_7B15,
    0x82CD_8698_AC2B_A1D7,
    0x8164_D1F3_BC03_0773,
    0x80B1_ED4F_D999_AB6C,
    0x8058_D7D2_D5E5_F6B1,
    0x802C_6436_D0E0_4F51,
    0x8016_302F_1746_7628,
    0x800B_179C_8202_8FD1,
    0x8005_8BAF_7FEE_3B5D,
    0x8002_C5D0_0FDC_FCB7,
    0x8001_62E6_1BED_4A49,
    0x8000_B172_92F7_02A4,
    0x8000_58B9_2ABB_AE02,
];

/// The whole part of two to the power of a logarithm with 16 binary places; 0 below, the greatest number above.
fn exp2(log: i64) -> u64 {
    let Ok(whole) = u32::try_from(log >> POINT) else {
        return 0;
    };
    if whole > 63 {
        return u64::MAX;
    }
    let mut number = 1_u128 << 63;
    for (place, root) in ROOTS.iter().enumerate() {
        if log >> (POINT as usize - 1 - place) & 1 == 1 {
            number = (number * u128::from(*root)) >> 63;
        }
    }
    u64::try_from(number >> (63 - whole)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draws, Purpose};

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn samples(law: Delay) -> Vec<u64> {
        let draws = Draws::new(3);
        let draw = |count| law.sample(draws.draw(Purpose::Delay, 0, 1, count));
        let mut all: Vec<u64> = (0..20_000).map(draw).collect();
        all.sort_unstable();
        all
    }

    /// The shares of all samples that are at most this long, in thousandths.
    fn below(samples: &[u64], micros: u64) -> usize {
        samples.partition_point(|sample| *sample <= micros) * 1_000 / samples.len()
    }

    #[test]
    fn a_uniform_delay_stays_within_its_bounds_and_reaches_both() {
        let law = Delay::Uniform(Duration::from_micros(5), Duration::from_micros(8));
        let all = samples(law);
        assert_eq!((all[0], all[all.len() - 1]), (5, 8));
        assert!((480..520).contains(&below(&all, 6)), "{}", below(&all, 6));
    }

    #[test]
    fn an_exponential_delay_has_its_mean() {
        let all = samples(Delay::exponential(MS(10), MS(2), Delay::LONGEST));
        let mean = all.iter().sum::<u64>() / all.len() as u64;
        assert!((11_700..12_300).contains(&mean), "{mean}");
        // 1 − 1/e lie below the mean.
        assert!(
            (615..650).contains(&below(&all, 12_000)),
            "{}",
            below(&all, 12_000)
        );
        assert!(all[0] >= 2_000);
    }

    #[test]
    fn a_lognormal_delay_has_its_median_and_its_rare_ones() {
        let all = samples(Delay::lognormal(MS(5), MS(40), MS(1), MS(200)));
        assert!(
            (485..515).contains(&below(&all, 5_000)),
            "{}",
            below(&all, 5_000)
        );
        assert!(
            (985..995).contains(&below(&all, 40_000)),
            "{}",
            below(&all, 40_000)
        );
        assert!(all[0] >= 1_000 && all[all.len() - 1] <= 200_000);
    }

    #[test]
    fn a_pareto_delay_has_a_heavy_tail() {
        let all = samples(Delay::pareto(MS(1), MS(100), Delay::LONGEST));
        assert!(all[0] >= 999);
        // With one in a hundred above a hundred times the least, the exponent is 1: half lie below twice the least.
        assert!(
            (485..515).contains(&below(&all, 2_000)),
            "{}",
            below(&all, 2_000)
        );
        assert!(
            (985..995).contains(&below(&all, 100_000)),
            "{}",
            below(&all, 100_000)
        );
    }

    #[test]
    fn logarithms_and_powers_undo_each_other() {
        for number in [1, 2, 3, 250, 1_000_003, 1 << 40, u64::MAX] {
            let back = exp2(log2(number));
            let off = number.abs_diff(back);
            assert!(off <= 1 + number / 50_000, "{number} came back as {back}");
        }
        assert_eq!((log2(8), exp2(3 << POINT), exp2(-1)), (3 << POINT, 8, 0));
        assert_eq!(exp2(64 << POINT), u64::MAX);
    }
}
