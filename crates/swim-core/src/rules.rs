//! The arithmetic of the protocol: pure functions, integers only, the same on every machine.

use core::time::Duration;

use crate::config::{Config, Retransmit};
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, State};
use crate::time::micros;

/// A piece of evidence about a member: which incarnation, in which state.
pub(crate) type Evidence = (Incarnation, State);

/// P7: one order of evidence, whatever the path: incarnation first, then alive < suspect < dead < left.
pub(crate) fn beats(new: Evidence, held: Evidence) -> bool {
    if is(Mutant::NoTieOrder) {
        return new.0 >= held.0 && new != held;
    }
    new > held
}

/// log₂ of `n` (0 for 0) in 1/65,536, rounded down: 16 squarings.
const fn log2_q16(n: u32) -> u32 {
    let Some(whole) = n.checked_ilog2() else {
        return 0;
    };
    // The mantissa in [1, 2) with 31 bits behind the point.
    let mut mantissa = (n as u64) << 31_u32.saturating_sub(whole);
    let mut fraction = 0;
    let mut bit = 0_u32;
    while bit < 16 {
        mantissa = (mantissa.wrapping_mul(mantissa)) >> 31;
        fraction <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            fraction |= 1;
        }
        bit = bit.saturating_add(1);
    }
    (whole << 16) | fraction
}

/// log₁₀ of `n` in thousandths, rounded to nearest within one.
pub(crate) const fn log10_milli(n: u32) -> u32 {
    // 1000 × log₁₀ 2 = 301.03; the 1/2 rounds.
    let scaled = (log2_q16(n) as u64)
        .wrapping_mul(30_103)
        .wrapping_add(50 << 16);
    #[expect(clippy::cast_possible_truncation, reason = "at most 9,633")]
    let milli = ((scaled / 100) >> 16) as u32;
    milli
}

/// What kind of news a record is; decides how often it is sent (P2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A confirmation of a suspicion.
    Confirmation = 1,
    /// The first word of a suspicion.
    Suspicion = 2,
    /// All else.
    Plain = 4,
    /// A refutation, or an Alive that overturned a suspicion or death.
    Refutation = 6,
}

/// Most sends of one piece of news: 6/4 × 4·log₁₀ of a million is 36.
pub(crate) const MOST_SENDS: u8 = 40;

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::Confirmation,
        Self::Suspicion,
        Self::Plain,
        Self::Refutation,
    ];
}

/// How often a piece of news is sent among `n` known members (P2; R60).
pub(crate) const fn sends(retransmit: Retransmit, kind: Kind, n: u32) -> u8 {
    let count = match retransmit {
        Retransmit::Smooth => {
            let log = log10_milli(n.saturating_add(1)).saturating_mul(4);
            // Not every confirmation need reach all: K accusers in one node's hands are enough for a verdict.
            let grows = log > 8_000 && !matches!(kind, Kind::Confirmation);
            let base = if grows { log } else { 8_000 };
            (kind as u32).saturating_mul(base).saturating_add(2_000) / 4_000
        }
        Retransmit::Stepped(multiplier) => {
            let digits = match n.checked_ilog10() {
                Some(log) => log.saturating_add(1),
                None => 1,
            };
            (multiplier as u32).saturating_mul(digits)
        }
    };
    #[expect(clippy::cast_possible_truncation, reason = "compared first")]
    let small = count as u8;
    if count > MOST_SENDS as u32 {
        MOST_SENDS
    } else {
        small
    }
}

/// The least time that a suspect has, in microseconds: interval × max(floor, α·log₁₀ n) (P2; R31).
pub(crate) const fn suspicion_min(config: &Config, n: u32) -> u64 {
    let alpha = (config.suspicion.alpha_tenths as u64).saturating_mul(log10_milli(n) as u64) / 10;
    let floor = (config.suspicion.floor as u64).saturating_mul(1_000);
    let factor = if alpha > floor { alpha } else { floor };
    (micros(config.probe.interval) / 1_000).saturating_mul(factor)
}

/// K: how many confirmations bring a suspicion down to its minimum among `up` members (P2; R30).
pub(crate) const fn confirmations(config: &Config, up: u32) -> u32 {
    let wanted = config.suspicion.confirmations as u32;
    let possible = up.saturating_sub(2);
    if wanted <= possible {
        wanted
    } else if config.suspicion.fewer_when_small {
        possible
    } else {
        0
    }
}

/// How long a suspicion lasts with `confirmed` of `k` confirmations, in microseconds, whole milliseconds (R33):
/// max − log(c + 1)/log(k + 1) · (max − min), at least min.
pub(crate) const fn suspicion_total(min: u64, max_factor: u8, confirmed: u32, k: u32) -> u64 {
    let max = min.saturating_mul(max_factor as u64);
    // log(c + 1)/log(k + 1) in 100,000ths.
    let share = match (k, confirmed) {
        (0, _) => 100_000,
        (_, 0) => 0,
        (2, 1) => 63_093,
        (3, 1) => 50_000,
        (3, 2) => 79_248,
        _ => 100_000,
    };
    let cut = max.saturating_sub(min).saturating_mul(share) / 100_000;
    let total = (max.saturating_sub(cut) / 1_000).saturating_mul(1_000);
    if total > min { total } else { min }
}

/// By how much the timed exchange is stretched among `n` members: 1 up to 32, then 1 + ⌈log₂ n/32⌉ (R52).
pub(crate) const fn exchange_scale(n: u32) -> u32 {
    if n <= 32 {
        1
    } else {
        // ⌈log₂ n⌉ − 5 + 1.
        let ceiling = u32::BITS.saturating_sub(n.wrapping_sub(1).leading_zeros());
        ceiling.saturating_sub(4)
    }
}

/// P9: how long between two pings of the dead, in microseconds: clamp(up/8 × 1 s, 1 s, 60 s) in units of the probe
/// interval, doubled for each ten minutes (600 intervals) since the youngest death, up to eight-fold.
pub(crate) fn reconnect_gap(interval: Duration, up: u32, since_death: u64) -> u64 {
    let interval = micros(interval);
    let intervals = u64::from(up).clamp(8, 480);
    let age = since_death
        .checked_div(interval.saturating_mul(600))
        .unwrap_or(0)
        .min(3);
    (interval.saturating_mul(intervals) / 8) << age
}

/// P9 in a hurry: how long between two pings of the dead, in microseconds. A tenth of the interval, but longer where few are
/// dead: all `up` members together send each of them four hundred pings in an interval at most.
pub(crate) fn hurried_gap(interval: Duration, up: u32, dead: u32) -> u64 {
    let interval = micros(interval);
    let pings = u64::from(dead).saturating_mul(400);
    let share = interval.saturating_mul(u64::from(up)).checked_div(pings);
    share.unwrap_or(interval).max(interval / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_agree_with_the_floating_ones() {
        for n in [
            1_u32,
            2,
            3,
            8,
            10,
            11,
            64,
            99,
            100,
            1_000,
            65_536,
            1_000_000,
            u32::MAX,
        ] {
            let exact = (f64::from(n).log10() * 1_000.0).round();
            assert!(
                (f64::from(log10_milli(n)) - exact).abs() <= 1.0,
                "log10 {n}"
            );
        }
        assert_eq!(log10_milli(0), 0);
    }

    #[test]
    fn r60_news_is_sent_multiplier_times_the_digits_of_n() {
        for (n, times) in [(1, 4), (9, 4), (10, 8), (99, 8), (100, 12), (999, 12)] {
            assert_eq!(
                sends(Retransmit::Stepped(4), Kind::Plain, n),
                times,
                "n = {n}"
            );
        }
    }

    #[test]
    fn p2_news_is_sent_without_steps_at_powers_of_ten() {
        let smooth = |kind, n| sends(Retransmit::Smooth, kind, n);
        assert_eq!(smooth(Kind::Plain, 9), 8);
        assert_eq!(smooth(Kind::Plain, 99), 8);
        assert_eq!(smooth(Kind::Plain, 1_023), 12);
        assert_eq!(smooth(Kind::Refutation, 64), 12);
        assert_eq!(smooth(Kind::Suspicion, 1_023), 6);
        assert_eq!(smooth(Kind::Confirmation, 1_023), 2);
        assert!(smooth(Kind::Refutation, 1_000_000) <= 40);
    }

    #[test]
    fn r31_the_least_suspicion_grows_with_the_logarithm() {
        let seconds = |config: &Config, n| suspicion_min(config, n) as f64 / 1e6;
        let theirs = Config::MEMBERLIST_LAN;
        for (n, s) in [(2, 4.0), (10, 4.0), (32, 6.02), (100, 8.0), (1_000, 12.0)] {
            assert!(
                (seconds(&theirs, n) - s).abs() < 0.01,
                "n = {n}: {}",
                seconds(&theirs, n)
            );
        }
        assert!((seconds(&Config::LAN, 64) - 4.334).abs() < 0.01);
        assert!((seconds(&Config::LAN, 1_024) - 7.224).abs() < 0.01);
    }

    #[test]
    fn r33_r34_confirmations_shorten_by_the_logarithm() {
        let total = |c| suspicion_total(2_000_000, 15, c, 3) / 1_000;
        assert_eq!(
            [total(0), total(1), total(2), total(3)],
            [30_000, 16_000, 7_810, 2_000]
        );
        assert_eq!(suspicion_total(4_000_000, 6, 0, 0), 4_000_000);
    }

    #[test]
    fn r30_k_needs_enough_members() {
        let k = |config, up| confirmations(config, up);
        assert_eq!(
            [k(&Config::LAN, 2), k(&Config::LAN, 4), k(&Config::LAN, 9)],
            [0, 2, 3]
        );
        let theirs = &Config::MEMBERLIST_LAN;
        assert_eq!([k(theirs, 3), k(theirs, 4), k(theirs, 9)], [0, 2, 2]);
    }

    #[test]
    fn r52_the_timed_exchange_stretches_by_bands() {
        for (n, scale) in [
            (1, 1),
            (32, 1),
            (33, 2),
            (64, 2),
            (65, 3),
            (128, 3),
            (129, 4),
        ] {
            assert_eq!(exchange_scale(n), scale, "n = {n}");
        }
    }

    #[test]
    fn p9_in_a_hurry_the_dead_are_pinged_ten_times_as_often_the_few_less() {
        let millis = |up, dead| hurried_gap(Duration::from_secs(1), up, dead) / 1_000;
        assert_eq!([millis(32, 32), millis(1_000, 25)], [100, 100]);
        assert_eq!([millis(1_000, 5), millis(1_000, 1)], [500, 2_500]);
    }

    #[test]
    fn p7_the_order_of_evidence() {
        use State::{Alive, Dead, Left, Suspect};
        let order = [
            (Incarnation(1), Alive),
            (Incarnation(1), Suspect),
            (Incarnation(1), Dead),
            (Incarnation(1), Left),
            (Incarnation(2), Alive),
        ];
        for pair in order.windows(2) {
            assert!(beats(pair[1], pair[0]) && !beats(pair[0], pair[1]));
            assert!(!beats(pair[0], pair[0]));
        }
    }
}
