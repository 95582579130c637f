//! Lengths of time by the million, in a few kilobytes.

use std::collections::BTreeMap;

/// Steps between a power of two and the next: a figure read back is wrong by less than one part in so many.
const STEPS: u32 = 64;

/// How often each length of time was seen: logarithmic buckets, all in integers, so that two can be merged exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    buckets: BTreeMap<u32, u64>,
    count: u64,
    most: u64,
}

impl Times {
    /// Adds one, in microseconds.
    pub(super) fn add(&mut self, micros: u64) {
        *self.buckets.entry(bucket(micros)).or_default() += 1;
        self.count += 1;
        self.most = self.most.max(micros);
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The longest, in microseconds.
    pub(super) const fn most(&self) -> u64 {
        self.most
    }

    /// The time that so many parts of a thousand do not exceed, in microseconds; `None` if there are none.
    pub(super) fn quantile(&self, thousandths: u64) -> Option<u64> {
        let rank = (self.count * thousandths).div_ceil(1_000).max(1);
        let mut steps = self.steps();
        let found = steps.find(|(_, below)| *below >= rank);
        found.map(|(micros, _)| micros.min(self.most))
    }

    /// Each bucket's upper end in microseconds, with the number of all times up to it.
    pub(super) fn steps(&self) -> impl Iterator<Item = (u64, u64)> {
        self.buckets.iter().scan(0, |sum, (bucket, count)| {
            *sum += count;
            Some((upper(*bucket), *sum))
        })
    }
}

fn bucket(micros: u64) -> u32 {
    let steps = u64::from(STEPS);
    let shift = (micros / steps)
        .checked_ilog2()
        .map_or(0, |power| power + 1);
    // Below 2 × 64 each number is its own bucket; above, the seven leading bits tell it.
    let lead = u32::try_from(micros >> shift.saturating_sub(1)).unwrap_or(u32::MAX);
    shift.saturating_sub(1) * STEPS + lead
}

fn upper(bucket: u32) -> u64 {
    if bucket < 2 * STEPS {
        return u64::from(bucket);
    }
    let shift = bucket / STEPS - 1;
    let lead = u64::from(bucket - shift * STEPS);
    ((lead + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_read_back_is_wrong_by_less_than_one_part_in_64() {
        let mut last = 0;
        for micros in (0..300).chain((1..400).map(|step| step * step * 4_999)) {
            let read = upper(bucket(micros));
            assert!(read >= micros, "{micros} became {read}");
            assert!((read - micros) * 64 <= micros, "{micros} became {read}");
            assert!(bucket(micros) >= last, "buckets are in order");
            last = bucket(micros);
        }
        assert!(upper(bucket(u64::MAX >> 8)) >= u64::MAX >> 8);
    }

    #[test]
    fn quantiles_count_from_the_shortest() {
        let mut times = Times::default();
        assert_eq!(times.quantile(500), None);
        for micros in 1..=100 {
            times.add(micros);
        }
        assert_eq!(times.quantile(500), Some(50));
        assert_eq!(times.quantile(990), Some(99));
        assert_eq!(
            (times.quantile(1_000), times.most(), times.count()),
            (Some(100), 100, 100)
        );
    }
}
