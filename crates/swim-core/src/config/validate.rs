//! The check of a configuration: the first field that can't work, by name.

use core::fmt;
use core::time::Duration;

use super::Config;

/// A setting that can't work. Nothing was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConfigError {
    /// The offending field, as `group.field`.
    pub field: &'static str,
    /// What it must be.
    pub must: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.must)
    }
}

impl core::error::Error for ConfigError {}

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Deadlines of members are kept in wrapping milliseconds, 2³¹ of which are 24.8 days.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const fn check(good: bool, field: &'static str, must: &'static str) -> Result<(), ConfigError> {
    if good {
        Ok(())
    } else {
        Err(ConfigError { field, must })
    }
}

impl Config {
    /// Whether these settings can work together.
    ///
    /// # Errors
    /// The first field that can't, with what it must be.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check_probes()?;
        self.check_suspicion()?;
        self.check_gossip()?;
        self.check_exchanges()?;
        self.check_recovery()?;
        self.check_longest_suspicion()
    }

    fn check_probes(&self) -> Result<(), ConfigError> {
        let probe = &self.probe;
        check(
            (MILLISECOND..=HOUR).contains(&probe.interval),
            "probe.interval",
            "must be between 1 ms and 1 h",
        )?;
        check(
            !probe.timeout.is_zero() && probe.timeout < probe.interval,
            "probe.timeout",
            "must be more than zero and less than probe.interval",
        )?;
        check(probe.indirect <= 8, "probe.indirect", "must be at most 8")?;
        check(self.health.max <= 31, "health.max", "must be at most 31")
    }

    fn check_suspicion(&self) -> Result<(), ConfigError> {
        let suspicion = &self.suspicion;
        check(
            suspicion.floor >= 1,
            "suspicion.floor",
            "must be at least 1",
        )?;
        check(
            suspicion.alpha_tenths <= 1_000,
            "suspicion.alpha_tenths",
            "must be at most 1000",
        )?;
        check(
            (1..=60).contains(&suspicion.max_factor),
            "suspicion.max_factor",
            "must be 1 to 60",
        )?;
        check(
            suspicion.confirmations <= 3,
            "suspicion.confirmations",
            "must be at most 3",
        )
    }

    fn check_gossip(&self) -> Result<(), ConfigError> {
        let gossip = &self.gossip;
        check(
            gossip.interval <= HOUR,
            "gossip.interval",
            "must be at most 1 h",
        )?;
        check(gossip.fanout <= 16, "gossip.fanout", "must be at most 16")
    }

    fn check_exchanges(&self) -> Result<(), ConfigError> {
        let exchange = &self.exchange;
        check(
            exchange.interval <= LONGEST,
            "exchange.interval",
            "must be at most 7 days",
        )?;
        check(
            (MILLISECOND..=HOUR).contains(&exchange.timeout),
            "exchange.timeout",
            "must be between 1 ms and 1 h",
        )?;
        check(
            exchange.joins_per_second >= 1,
            "exchange.joins_per_second",
            "must be at least 1",
        )?;
        check(
            exchange.digest || !exchange.on_difference,
            "exchange.on_difference",
            "needs exchange.digest",
        )
    }

    fn check_recovery(&self) -> Result<(), ConfigError> {
        let recovery = &self.recovery;
        check(
            (MILLISECOND..=LONGEST).contains(&recovery.tombstone),
            "recovery.tombstone",
            "must be between 1 ms and 7 days",
        )?;
        check(
            recovery.seed_interval <= LONGEST,
            "recovery.seed_interval",
            "must be at most 7 days",
        )
    }

    fn check_longest_suspicion(&self) -> Result<(), ConfigError> {
        // α·log₁₀ n is at most 6 α for a million members.
        let alpha = u32::from(self.suspicion.alpha_tenths)
            .saturating_mul(6)
            .div_ceil(10);
        let intervals = alpha
            .max(u32::from(self.suspicion.floor))
            .saturating_mul(u32::from(self.suspicion.max_factor));
        check(
            self.probe.interval.saturating_mul(intervals) <= LONGEST,
            "suspicion.max_factor",
            "makes the longest suspicion exceed 7 days",
        )
    }
}
