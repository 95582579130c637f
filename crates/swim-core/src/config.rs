//! Every setting, in groups, with the presets and the check.
//!
//! Durations are time of the node's own clock. Each extension past plain SWIM has its own switch, so that its worth can be
//! measured. `docs/protocol.md` argues the constants.

mod presets;
mod validate;

use core::time::Duration;

pub use validate::{ConfigError, Setting};

/// All settings of a node. Start from a preset, change what you must with the `with_…` methods.
///
/// ```
/// use core::time::Duration;
/// use swim_core::Config;
///
/// const CONFIG: Config = Config::LAN.with_probe_interval(Duration::from_millis(500))
///     .with_probe_timeout(Duration::from_millis(200));
/// assert!(CONFIG.validate().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Who is asked, how often, how long.
    pub probe: ProbeConfig,
    /// How long a suspect has, and who shortens it.
    pub suspicion: SuspicionConfig,
    /// Lifeguard's local health.
    pub health: HealthConfig,
    /// Who is told, how often.
    pub gossip: GossipConfig,
    /// When rosters are exchanged.
    pub exchange: ExchangeConfig,
    /// How the dead, the departed and the displaced come back.
    pub recovery: RecoveryConfig,
    /// Key of the digest (P3): equal on all nodes of a cluster, best derived from its label.
    pub digest_key: u64,
    /// P1: time that the node did not live does not count. Without it a clock that jumps ahead by 25 to 49 days puts off what is due
    /// then by as long again: members' deadlines are milliseconds in 32 bits.
    pub oversleep: bool,
}

/// Probing (SWIM §3.1, §4.3; P2, P13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeConfig {
    /// Protocol period: one member is probed in each. Default 1 s.
    pub interval: Duration,
    /// How long a direct ping may stay unanswered before relays are asked. Default 500 ms; less than the interval.
    pub timeout: Duration,
    /// Members asked to ping in our stead, SWIM's k. Default 3, at most 8.
    pub indirect: u8,
    /// Whether a failing probe also tries a stream (R88).
    pub stream: bool,
    /// P2: an unanswered ping is repeated every fifth of the time-out.
    pub repeat: bool,
    /// P2: four times the probes while at least max(2, 2 %) of the members are suspect.
    pub rush: bool,
}

/// Suspicion (SWIM §4.2, Lifeguard §III-B, P2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuspicionConfig {
    /// Off: a failed probe is a death at once (SWIM §3).
    pub enabled: bool,
    /// Least number of intervals that a suspect has, whatever the cluster's size. Default 4.
    pub floor: u8,
    /// Tenths of α: min = interval × max(floor, α·log₁₀ n). Default 24, that is 2.4.
    pub alpha_tenths: u16,
    /// max = this × min. Default 6.
    pub max_factor: u8,
    /// Confirmations by independent accusers that bring a suspicion from max down to min, K. Default 3, at most 3. 0: the
    /// suspicion lasts min.
    pub confirmations: u8,
    /// With too few members for K confirmations: `true` asks for n − 2 (P2), `false` for none and takes min at once (R30).
    pub fewer_when_small: bool,
    /// P2: the suspect is pinged once more, accusation included, one probe time-out before min has run.
    pub last_call: bool,
    /// P2: a late confirmation ends a suspicion no sooner than one probe time-out from now; `false`: at once (R33).
    pub grace: bool,
    /// Lifeguard §III-C: every ping to a suspect carries the accusation.
    pub tell_suspect: bool,
    /// P6: deaths heard second-hand are verified by a ping.
    pub verify: bool,
}

/// Local health (Lifeguard §III-A; P13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthConfig {
    /// Worst score; intervals stretch by score + 1. Default 7; 0 switches local health off.
    pub max: u8,
    /// P13: a failed probe costs 1, whatever number of nacks is missing; `false` costs one each (R91).
    pub gentle: bool,
    /// Whether the time-out stretches with the interval (Lifeguard) or not (R86).
    pub stretch_timeout: bool,
    /// Whether relays are asked for nacks.
    pub nacks: bool,
    /// P13: silence proves something only to who hears others.
    pub doubt: bool,
}

/// Gossip (SWIM §4.1, P2, P11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GossipConfig {
    /// How often news is gossiped besides piggyback. Default 200 ms; zero: piggyback only.
    pub interval: Duration,
    /// Members told in each round. Default 3, at most 16.
    pub fanout: u8,
    /// How often each piece of news is sent.
    pub retransmit: Retransmit,
    /// How long the dead still get gossip (R75). Default zero: P9 pings them instead.
    pub to_the_dead: Duration,
    /// P11: news other than suspicions is dropped once eight members showed our digest.
    pub drop_known: bool,
    /// P2: a death that is heard while it is told counts as one of its sends.
    pub count_heard: bool,
}

/// How often one piece of news is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retransmit {
    /// P2: m/4 × max(8, 4·log₁₀(n + 1)), rounded, m by kind of news: no steps at 10, 100, 1,000. Confirmations: 2.
    Smooth,
    /// R60: this × ceil(log₁₀(n + 1)).
    Stepped(u8),
}

/// Exchanges of rosters (R50–R58, P3–P5, P17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExchangeConfig {
    /// Timed push/pull, stretched by the cluster's size (R52). Default 30 s; zero switches it off.
    pub interval: Duration,
    /// P3: pings and acks end with the digest of the whole view.
    pub digest: bool,
    /// P4: a difference that lasts starts an exchange. Needs `digest`.
    pub on_difference: bool,
    /// After this an exchange is forgotten, whatever the driver says. Default 10 s.
    pub timeout: Duration,
    /// P5: joins answered in a second; the rest hear "busy". Default 32.
    pub joins_per_second: u8,
    /// P17: who answers a join pings the joiner before it spreads it.
    pub check_joiner: bool,
}

/// Reconnection, tombstones, names and addresses (P8, P9, P12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecoveryConfig {
    /// P9: the dead are pinged now and then, which heals partitions.
    pub reconnect: bool,
    /// P9: when a death is overturned, the other dead are pinged in quick succession. Without `reconnect` it changes nothing.
    pub hurry: bool,
    /// P8: who is held otherwise than it says hears so in the ack.
    pub echo: bool,
    /// How long the dead and left are remembered. Default 24 h.
    pub tombstone: Duration,
    /// P9: a configured seed that belongs to nobody held up is tried this often × push/pull scale. Default 30 s; zero: never.
    pub seed_interval: Duration,
    /// P12: an up member's new address is taken when the old one stays silent for one probe.
    pub check_address: bool,
    /// Without `check_address`: how long a member must be dead before its name may come from another address (R16);
    /// `None`: not before it is forgotten.
    pub reclaim: Option<Duration>,
}

impl Default for Config {
    /// [`Config::LAN`].
    fn default() -> Self {
        Self::LAN
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $group:ident . $field:ident: $type:ty;)*) => {
        impl Config {
            $($(#[$doc])* #[must_use] pub const fn $name(mut self, value: $type) -> Self {
                self.$group.$field = value;
                self
            })*
        }
    };
}

setters! {
    /// Protocol period ([`ProbeConfig::interval`]).
    with_probe_interval: probe.interval: Duration;
    /// Direct time-out ([`ProbeConfig::timeout`]).
    with_probe_timeout: probe.timeout: Duration;
    /// Relays asked ([`ProbeConfig::indirect`]).
    with_indirect_probes: probe.indirect: u8;
    /// Stream pings ([`ProbeConfig::stream`]).
    with_stream_ping: probe.stream: bool;
    /// Re-pings ([`ProbeConfig::repeat`]).
    with_repeat: probe.repeat: bool;
    /// Rush ([`ProbeConfig::rush`]).
    with_rush: probe.rush: bool;
    /// Suspicion at all ([`SuspicionConfig::enabled`]).
    with_suspicion: suspicion.enabled: bool;
    /// Least intervals of a suspicion ([`SuspicionConfig::floor`]).
    with_suspicion_floor: suspicion.floor: u8;
    /// Tenths of α ([`SuspicionConfig::alpha_tenths`]).
    with_suspicion_alpha_tenths: suspicion.alpha_tenths: u16;
    /// Greatest suspicion over least ([`SuspicionConfig::max_factor`]).
    with_suspicion_max_factor: suspicion.max_factor: u8;
    /// K ([`SuspicionConfig::confirmations`]).
    with_confirmations: suspicion.confirmations: u8;
    /// K in small clusters ([`SuspicionConfig::fewer_when_small`]).
    with_fewer_when_small: suspicion.fewer_when_small: bool;
    /// Last call ([`SuspicionConfig::last_call`]).
    with_last_call: suspicion.last_call: bool;
    /// Time for the refutation of a late confirmation ([`SuspicionConfig::grace`]).
    with_grace: suspicion.grace: bool;
    /// Accusation in the ping ([`SuspicionConfig::tell_suspect`]).
    with_tell_suspect: suspicion.tell_suspect: bool;
    /// Verified deaths ([`SuspicionConfig::verify`]).
    with_verify: suspicion.verify: bool;
    /// Worst health score ([`HealthConfig::max`]).
    with_health_max: health.max: u8;
    /// What a failed probe costs ([`HealthConfig::gentle`]).
    with_gentle_health: health.gentle: bool;
    /// Stretched time-outs ([`HealthConfig::stretch_timeout`]).
    with_stretch_timeout: health.stretch_timeout: bool;
    /// Nacks ([`HealthConfig::nacks`]).
    with_nacks: health.nacks: bool;
    /// Doubt ([`HealthConfig::doubt`]).
    with_doubt: health.doubt: bool;
    /// Gossip rounds ([`GossipConfig::interval`]).
    with_gossip_interval: gossip.interval: Duration;
    /// Gossip targets ([`GossipConfig::fanout`]).
    with_gossip_fanout: gossip.fanout: u8;
    /// Sends of a piece of news ([`GossipConfig::retransmit`]).
    with_retransmit: gossip.retransmit: Retransmit;
    /// Gossip to the dead ([`GossipConfig::to_the_dead`]).
    with_gossip_to_the_dead: gossip.to_the_dead: Duration;
    /// News dropped once it is known ([`GossipConfig::drop_known`]).
    with_drop_known: gossip.drop_known: bool;
    /// Sends saved by what others send ([`GossipConfig::count_heard`]).
    with_count_heard: gossip.count_heard: bool;
    /// Timed push/pull ([`ExchangeConfig::interval`]).
    with_exchange_interval: exchange.interval: Duration;
    /// Digests on pings and acks ([`ExchangeConfig::digest`]).
    with_digest: exchange.digest: bool;
    /// Exchanges on difference ([`ExchangeConfig::on_difference`]).
    with_exchange_on_difference: exchange.on_difference: bool;
    /// When an exchange is forgotten ([`ExchangeConfig::timeout`]).
    with_exchange_timeout: exchange.timeout: Duration;
    /// Joins answered ([`ExchangeConfig::joins_per_second`]).
    with_joins_per_second: exchange.joins_per_second: u8;
    /// Joiners are checked ([`ExchangeConfig::check_joiner`]).
    with_check_joiner: exchange.check_joiner: bool;
    /// Reconnection ([`RecoveryConfig::reconnect`]).
    with_reconnect: recovery.reconnect: bool;
    /// Reconnection in a hurry ([`RecoveryConfig::hurry`]).
    with_hurry: recovery.hurry: bool;
    /// The echo ([`RecoveryConfig::echo`]).
    with_echo: recovery.echo: bool;
    /// Life of a tombstone ([`RecoveryConfig::tombstone`]).
    with_tombstone: recovery.tombstone: Duration;
    /// Seeds tried again ([`RecoveryConfig::seed_interval`]).
    with_seed_interval: recovery.seed_interval: Duration;
    /// New addresses checked ([`RecoveryConfig::check_address`]).
    with_check_address: recovery.check_address: bool;
    /// Names of the dead at other addresses ([`RecoveryConfig::reclaim`]).
    with_reclaim: recovery.reclaim: Option<Duration>;
}

impl Config {
    /// Key of the digest ([`Config::digest_key`]).
    #[must_use]
    pub const fn with_digest_key(mut self, key: u64) -> Self {
        self.digest_key = key;
        self
    }

    /// P1 ([`Config::oversleep`]).
    #[must_use]
    pub const fn with_oversleep(mut self, on: bool) -> Self {
        self.oversleep = on;
        self
    }

    /// Every duration divided by `divisor`: for tests that must not take long. Zero counts as one.
    #[must_use]
    pub const fn faster(mut self, divisor: u32) -> Self {
        let by = if divisor == 0 { 1 } else { divisor };
        self.probe.interval = divide(self.probe.interval, by);
        self.probe.timeout = divide(self.probe.timeout, by);
        self.gossip.interval = divide(self.gossip.interval, by);
        self.gossip.to_the_dead = divide(self.gossip.to_the_dead, by);
        self.exchange.interval = divide(self.exchange.interval, by);
        self.exchange.timeout = divide(self.exchange.timeout, by);
        self.recovery.tombstone = divide(self.recovery.tombstone, by);
        self.recovery.seed_interval = divide(self.recovery.seed_interval, by);
        if let Some(reclaim) = self.recovery.reclaim {
            self.recovery.reclaim = Some(divide(reclaim, by));
        }
        self
    }
}

const fn divide(duration: Duration, by: u32) -> Duration {
    match duration.checked_div(by) {
        Some(part) => part,
        None => duration,
    }
}
