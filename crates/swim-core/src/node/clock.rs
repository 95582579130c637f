//! Lived time: the caller's clock less what the node slept through (P1).

use crate::time::Instant;

/// Deadlines inside the node are microseconds of lived time. A node that was frozen finds that no time passed: its
/// deadlines all moved by what it missed, by one offset.
#[derive(Debug)]
pub(super) struct Clock {
    /// The latest instant that the caller named.
    given: Instant,
    /// Microseconds that do not count.
    slept: u64,
    /// The deadline that the last `Wait` promised to wake at.
    promised: Option<u64>,
}

impl Clock {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            given: now,
            slept: 0,
            promised: None,
        }
    }

    /// Lived time now, microseconds.
    pub(super) const fn now(&self) -> u64 {
        self.given.as_micros().saturating_sub(self.slept)
    }

    /// Lived time now, wrapping milliseconds: the unit of members' deadlines.
    #[expect(clippy::cast_possible_truncation, reason = "wraps by design")]
    pub(super) const fn millis(&self) -> u32 {
        (self.now() / 1_000) as u32
    }

    /// The caller's instant for a lived one.
    pub(super) const fn instant(&self, lived: u64) -> Instant {
        Instant::from_micros(lived.saturating_add(self.slept))
    }

    /// The lived microsecond at which the wrapping millisecond `when` comes, within 24 days of now.
    pub(super) const fn at_millis(&self, when: u32) -> u64 {
        let whole = self.now() / 1_000;
        let ahead = when.wrapping_sub(self.millis());
        let target = if ahead > u32::MAX / 2 {
            whole.saturating_sub(ahead.wrapping_neg() as u64)
        } else {
            whole.saturating_add(ahead as u64)
        };
        target.saturating_mul(1_000)
    }

    /// Whether `now` is no news: many messages come at one instant.
    #[inline]
    pub(super) fn is_past(&self, now: Instant) -> bool {
        now <= self.given
    }

    /// Moves to `now`. A fact more than `grace` later than the later of the promised wake and the last fact means that
    /// the node slept: `true`, and the excess does not count.
    pub(super) fn advance(&mut self, now: Instant, grace: u64, forgive: bool) -> bool {
        if self.is_past(now) {
            return false;
        }
        let last = self.now();
        self.given = now;
        let lived = self.now();
        let base = self.promised.map_or(lived, |promised| promised.max(last));
        let overslept = forgive && lived > base.saturating_add(grace);
        if overslept {
            self.slept = self.slept.saturating_add(lived.saturating_sub(base));
        }
        overslept
    }

    pub(super) const fn promise(&mut self, until: Option<u64>) {
        self.promised = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1_time_not_lived_does_not_count() {
        let mut clock = Clock::new(Instant::ZERO);
        clock.promise(Some(1_000_000));
        assert!(!clock.advance(Instant::from_millis(1_400), 500_000, true));
        clock.promise(Some(2_000_000));
        assert!(clock.advance(Instant::from_millis(62_000), 500_000, true));
        assert_eq!(clock.now(), 2_000_000, "sixty seconds were not lived");
        assert_eq!(clock.instant(2_000_000), Instant::from_millis(62_000));
    }

    #[test]
    fn p1_a_deadline_left_in_the_past_makes_no_packet_a_sleep() {
        let mut clock = Clock::new(Instant::ZERO);
        clock.promise(Some(1_000));
        for at in 1..100 {
            assert!(!clock.advance(Instant::from_millis(at * 100), 500_000, true));
        }
    }

    #[test]
    fn an_earlier_now_counts_as_the_latest_seen() {
        let mut clock = Clock::new(Instant::from_millis(10));
        clock.advance(Instant::from_millis(5), 500_000, true);
        assert_eq!(clock.now(), 10_000);
    }

    #[test]
    fn milliseconds_wrap_in_both_directions() {
        let clock = Clock::new(Instant::from_millis(u64::from(u32::MAX) + 5));
        assert_eq!(
            clock.at_millis(clock.millis().wrapping_add(7)),
            clock.now() + 7_000
        );
        assert_eq!(
            clock.at_millis(clock.millis().wrapping_sub(7)),
            clock.now() - 7_000
        );
    }
}
