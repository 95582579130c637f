//! Figures over many seeds: what a claim about time is made of.

use std::fmt::{self, Display};
use std::time::Duration;

use crate::random::micros;

/// How long something took, seed after seed. Printed as `median 6.08 s, 99 % 9.21 s, most 9.50 s of 100`.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<Duration>);

impl Figures {
    /// The time that `measure` finds for each of these seeds.
    pub fn over(seeds: impl IntoIterator<Item = u64>, measure: impl Fn(u64) -> Duration) -> Self {
        let mut all: Vec<_> = seeds.into_iter().map(measure).collect();
        all.sort();
        Self(all)
    }

    /// The shortest time that is at least as long as so many percent of all; zero if there are none.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.0, percent).unwrap_or_default()
    }

    /// The time that half of all do not exceed.
    #[must_use]
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The longest time.
    #[must_use]
    pub fn most(&self) -> Duration {
        self.percentile(100)
    }
}

/// The smallest of these, sorted already, that is at least as great as so many percent of all; `None` of nothing.
pub(crate) fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent.min(100)).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Duration| match micros(time) {
            short @ ..1_000_000 => format!("{}.{} ms", short / 1_000, short / 100 % 10),
            long => format!("{}.{:02} s", long / 1_000_000, long / 10_000 % 100),
        };
        write!(
            f,
            "median {}, 99 % {}, most {} of {}",
            seconds(self.median()),
            seconds(self.percentile(99)),
            seconds(self.most()),
            self.0.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let figures = Figures::over([30, 10, 20, 40], Duration::from_secs);
        assert_eq!(figures.median(), Duration::from_secs(20));
        assert_eq!(figures.percentile(51), Duration::from_secs(30));
        assert_eq!(figures.most(), Duration::from_secs(40));
        assert_eq!(
            figures.to_string(),
            "median 20.00 s, 99 % 40.00 s, most 40.00 s of 4"
        );
        let short = Figures::over([1_234], Duration::from_micros);
        assert!(short.to_string().starts_with("median 1.2 ms,"), "{short}");
        assert_eq!(Figures::default().median(), Duration::ZERO);
    }
}
