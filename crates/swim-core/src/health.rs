//! Lifeguard's local health: a score that says how far we doubt ourselves, and what it stretches (§III-A; P13).

use core::time::Duration;

use crate::time::micros;

/// 0 is healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health(u8);

impl Health {
    pub(crate) const fn score(self) -> u8 {
        self.0
    }

    /// Better by one (R92).
    pub(crate) const fn improve(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }

    /// Worse by `points`, at most `max` in all (R92).
    pub(crate) fn worsen(&mut self, points: u8, max: u8) {
        self.0 = self.0.saturating_add(points).min(max);
    }

    /// `duration` stretched by score + 1, in microseconds (R81).
    pub(crate) const fn stretch(self, duration: Duration) -> u64 {
        micros(duration).saturating_mul((self.0 as u64).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r92_the_score_stays_between_zero_and_its_maximum() {
        let mut health = Health::default();
        health.improve();
        assert_eq!(health.score(), 0);
        health.worsen(9, 7);
        assert_eq!(health.score(), 7);
        health.improve();
        assert_eq!(health.score(), 6);
        assert_eq!(health.stretch(Duration::from_secs(1)), 7_000_000);
    }
}
