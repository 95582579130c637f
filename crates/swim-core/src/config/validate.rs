//! The check of a configuration: the first field that can't work, by name.

use core::fmt;
use core::time::Duration;

use super::{Config, Retransmit, SuspicionConfig};

/// A setting that can't work. Nothing was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ConfigError {
    /// The offending field, as `group.field`.
    pub field: &'static str,
    /// What it is.
    pub value: Setting,
    /// What it must be.
    pub must: &'static str,
}

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// A time.
    Time(Duration),
    /// A number, in the unit that its field has.
    Number(u64),
    /// On or off.
    Switch(bool),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(on) => write!(f, "{on}"),
        }
    }
}

impl From<Duration> for Setting {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

macro_rules! numbers {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Setting {
            fn from(number: $kind) -> Self {
                Self::Number(number.into())
            }
        })*
    };
}

numbers!(u8, u16, u32, u64);

impl From<bool> for Setting {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} {}", self.field, self.value, self.must)
    }
}

impl core::error::Error for ConfigError {}

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Deadlines of members are kept in wrapping milliseconds, 2³¹ of which are 24.8 days.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

fn check(
    good: bool,
    (field, value): (&'static str, impl Into<Setting>),
    must: &'static str,
) -> Result<(), ConfigError> {
    if good {
        return Ok(());
    }
    let value = value.into();
    Err(ConfigError { field, value, must })
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
            ("probe.interval", self.probe.interval),
            "must be between 1 ms and 1 h",
        )?;
        check(
            (MILLISECOND..probe.interval).contains(&probe.timeout),
            ("probe.timeout", self.probe.timeout),
            "must be at least 1 ms and less than probe.interval",
        )?;
        check(
            probe.indirect <= 8,
            ("probe.indirect", self.probe.indirect),
            "must be at most 8",
        )?;
        check(
            self.health.max <= 31,
            ("health.max", self.health.max),
            "must be at most 31",
        )
    }

    fn check_suspicion(&self) -> Result<(), ConfigError> {
        let suspicion = &self.suspicion;
        check(
            suspicion.floor >= 1,
            ("suspicion.floor", self.suspicion.floor),
            "must be at least 1",
        )?;
        check(
            suspicion.alpha_tenths <= 1_000,
            ("suspicion.alpha_tenths", self.suspicion.alpha_tenths),
            "must be at most 1000",
        )?;
        check(
            (1..=60).contains(&suspicion.max_factor),
            ("suspicion.max_factor", self.suspicion.max_factor),
            "must be 1 to 60",
        )?;
        check(
            suspicion.confirmations <= 3,
            ("suspicion.confirmations", self.suspicion.confirmations),
            "must be at most 3",
        )
    }

    fn check_gossip(&self) -> Result<(), ConfigError> {
        let gossip = &self.gossip;
        check(
            gossip.interval <= HOUR,
            ("gossip.interval", self.gossip.interval),
            "must be at most 1 h",
        )?;
        check(
            (1..=16).contains(&gossip.fanout),
            ("gossip.fanout", self.gossip.fanout),
            "must be 1 to 16 (gossip.interval = 0 switches gossip off)",
        )?;
        check(
            gossip.retransmit != Retransmit::Stepped(0),
            ("gossip.retransmit", 0_u8),
            "must be at least 1",
        )?;
        check(
            gossip.to_the_dead <= LONGEST,
            ("gossip.to_the_dead", self.gossip.to_the_dead),
            "must be at most 7 days",
        )
    }

    fn check_exchanges(&self) -> Result<(), ConfigError> {
        let exchange = &self.exchange;
        check(
            exchange.interval <= LONGEST,
            ("exchange.interval", self.exchange.interval),
            "must be at most 7 days",
        )?;
        check(
            (MILLISECOND..=HOUR).contains(&exchange.timeout),
            ("exchange.timeout", self.exchange.timeout),
            "must be between 1 ms and 1 h",
        )?;
        check(
            exchange.joins_per_second >= 1,
            ("exchange.joins_per_second", self.exchange.joins_per_second),
            "must be at least 1",
        )?;
        check(
            exchange.digest || !exchange.on_difference,
            ("exchange.on_difference", self.exchange.on_difference),
            "needs exchange.digest",
        )
    }

    fn check_recovery(&self) -> Result<(), ConfigError> {
        let recovery = &self.recovery;
        check(
            (MILLISECOND..=LONGEST).contains(&recovery.tombstone),
            ("recovery.tombstone", self.recovery.tombstone),
            "must be between 1 ms and 7 days",
        )?;
        check(
            recovery.seed_interval <= LONGEST,
            ("recovery.seed_interval", self.recovery.seed_interval),
            "must be at most 7 days",
        )?;
        let reclaim = recovery.reclaim.unwrap_or_default();
        check(
            reclaim <= LONGEST,
            ("recovery.reclaim", reclaim),
            "must be at most 7 days",
        )
    }

    fn check_longest_suspicion(&self) -> Result<(), ConfigError> {
        const MUST: &str = "makes the longest suspicion exceed 7 days";
        let usual = Self::LAN;
        let fits = |interval: Duration, suspicion: &SuspicionConfig| {
            // α·log₁₀ n is at most 6 α for a million members.
            let alpha = u32::from(suspicion.alpha_tenths)
                .saturating_mul(6)
                .div_ceil(10);
            let intervals = alpha
                .max(u32::from(suspicion.floor))
                .saturating_mul(u32::from(suspicion.max_factor));
            interval.saturating_mul(intervals) <= LONGEST
        };
        let (interval, suspicion) = (self.probe.interval, &self.suspicion);
        // The first that would fit with its usual value is at fault; if none alone is, the interval.
        let mut less = *suspicion;
        less.max_factor = usual.suspicion.max_factor;
        let factor = fits(interval, &less);
        less = *suspicion;
        (less.alpha_tenths, less.floor) = (usual.suspicion.alpha_tenths, usual.suspicion.floor);
        let alpha = fits(interval, &less);
        let whole = fits(interval, suspicion);
        check(
            whole || fits(usual.probe.interval, suspicion) || factor || alpha,
            ("probe.interval", interval),
            MUST,
        )?;
        check(
            whole || !factor,
            ("suspicion.max_factor", suspicion.max_factor),
            MUST,
        )?;
        check(
            whole || !alpha,
            ("suspicion.alpha_tenths", suspicion.alpha_tenths),
            MUST,
        )?;
        check(whole, ("probe.interval", interval), MUST)
    }
}
