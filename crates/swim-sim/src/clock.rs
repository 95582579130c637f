//! A machine's own clock: it may stand elsewhere than the true time, run fast or slow, and jump.

/// Parts of a million: the unit of a clock's drift.
const MILLION: i128 = 1_000_000;

/// A clock that agreed with `local` at the true time `since` and has run at its own rate from then on. Microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    since: u64,
    local: u64,
    /// How much faster than the truth it runs, in parts of a million; more than −1,000,000.
    drift: i32,
    /// The least that its node is told, where the machine hides from it that its clock jumped back.
    least: Option<u64>,
}

impl Clock {
    /// A true clock that shows `local` at the true time `now`.
    pub(crate) const fn showing(local: u64, now: u64) -> Self {
        Self {
            since: now,
            local,
            drift: 0,
            least: None,
        }
    }

    /// From now on a node is never told less than it was told before: [`told`](Self::told) says what that was.
    pub(crate) const fn steady(mut self) -> Self {
        self.least = Some(0);
        self
    }

    /// A new life begins, and was told nothing yet.
    pub(crate) fn forget(&mut self) {
        self.least = self.least.map(|_| 0);
    }

    /// The node took a fact that came with this time.
    pub(crate) fn told(&mut self, local: u64) {
        self.least = self.least.map(|least| least.max(local));
    }

    /// What a node is told at the true time `now`.
    pub(crate) fn at(&self, now: u64) -> u64 {
        self.shows(now).max(self.least.unwrap_or(0))
    }

    /// What it shows at the true time `now`.
    pub(crate) fn shows(&self, now: u64) -> u64 {
        let passed = now.saturating_sub(self.since);
        if self.drift == 0 {
            return self.local.saturating_add(passed);
        }
        let passed = i128::from(passed);
        let local = i128::from(self.local) + passed * (MILLION + i128::from(self.drift)) / MILLION;
        u64::try_from(local).unwrap_or(u64::MAX)
    }

    /// The first true time at which it shows `local` or more.
    pub(crate) fn when(&self, local: u64) -> u64 {
        let missing = local.saturating_sub(self.local);
        if self.drift == 0 {
            return self.since.saturating_add(missing);
        }
        let missing = i128::from(missing);
        let rate = MILLION + i128::from(self.drift);
        let passed = (missing * MILLION + rate - 1) / rate;
        u64::try_from(i128::from(self.since) + passed).unwrap_or(u64::MAX)
    }

    /// From the true time `now` on it shows `by` microseconds more (or less) than it would have; not less than zero.
    pub(crate) fn jump(&mut self, now: u64, by: i64) {
        self.local = self.shows(now).saturating_add_signed(by);
        self.since = now;
    }

    /// From the true time `now` on it runs faster (or slower) than the truth by so many parts of a million.
    pub(crate) fn set_drift(&mut self, now: u64, parts: i32) {
        self.local = self.shows(now);
        self.since = now;
        self.drift = parts.max(-999_999);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_jumps_and_drifts_from_the_present_on() {
        let mut clock = Clock::showing(5_000_000, 1_000);
        assert_eq!(clock.at(2_000), 5_001_000);
        clock.jump(2_000, -1_000_000);
        assert_eq!(clock.at(2_000), 4_001_000);
        clock.set_drift(2_000, 100_000);
        assert_eq!(clock.at(12_000), 4_012_000);
        clock.jump(12_000, i64::MIN);
        assert_eq!(clock.at(12_000), 0);
    }

    #[test]
    fn a_steady_one_tells_a_node_never_less_than_before() {
        let mut clock = Clock::showing(5_000_000, 0).steady();
        clock.told(clock.at(1_000));
        clock.jump(1_000, -3_000);
        assert_eq!(
            (clock.shows(2_000), clock.at(2_000)),
            (4_999_000, 5_001_000)
        );
        clock.forget();
        assert_eq!(clock.at(2_000), 4_999_000);
    }

    proptest! {
        #[test]
        fn it_tells_when_it_will_show_what(drift in -900_000..5_000_000_i32, passed in 0..1_u64 << 40) {
            let mut clock = Clock::showing(77, 33);
            clock.set_drift(33, drift);
            let when = clock.when(77 + passed);
            prop_assert!(clock.at(when) >= 77 + passed);
            prop_assert!(when == 33 || clock.at(when - 1) < 77 + passed);
        }
    }
}
