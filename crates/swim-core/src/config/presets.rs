//! The presets: ours, memberlist's originals, and plain SWIM.

use core::time::Duration;

use super::{
    Config, ExchangeConfig, GossipConfig, HealthConfig, ProbeConfig, RecoveryConfig, Retransmit,
    SuspicionConfig,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Config {
    /// A local network: round trips of milliseconds.
    pub const LAN: Self = Self {
        probe: ProbeConfig {
            interval: Duration::from_secs(1),
            timeout: Duration::from_millis(500),
            indirect: 3,
            stream: true,
            repeat: true,
            rush: true,
        },
        suspicion: SuspicionConfig {
            enabled: true,
            floor: 4,
            alpha_tenths: 24,
            max_factor: 6,
            confirmations: 3,
            fewer_when_small: true,
            last_call: true,
            grace: true,
            tell_suspect: true,
            verify: true,
        },
        health: HealthConfig {
            max: 7,
            gentle: true,
            stretch_timeout: true,
            nacks: true,
            doubt: true,
        },
        gossip: GossipConfig {
            interval: Duration::from_millis(200),
            fanout: 3,
            retransmit: Retransmit::Smooth,
            to_the_dead: Duration::ZERO,
            drop_known: true,
            count_heard: true,
        },
        exchange: ExchangeConfig {
            interval: Duration::from_secs(30),
            digest: true,
            on_difference: true,
            timeout: Duration::from_secs(10),
            joins_per_second: 32,
            check_joiner: true,
        },
        recovery: RecoveryConfig {
            reconnect: true,
            hurry: true,
            echo: true,
            tombstone: DAY,
            seed_interval: Duration::from_secs(30),
            check_address: true,
            reclaim: None,
        },
        digest_key: 0,
        oversleep: true,
    };

    /// The Internet: round trips of tens or hundreds of milliseconds, loss.
    pub const WAN: Self = {
        let mut config = Self::LAN;
        config.probe.interval = Duration::from_secs(5);
        config.probe.timeout = Duration::from_secs(3);
        config.suspicion.floor = 6;
        config.suspicion.alpha_tenths = 36;
        config.gossip.interval = Duration::from_millis(500);
        config.gossip.fanout = 4;
        config.exchange.interval = Duration::from_secs(60);
        config.exchange.timeout = Duration::from_secs(30);
        config
    };

    /// One machine: round trips of microseconds.
    pub const LOCAL: Self = {
        let mut config = Self::LAN;
        config.probe.timeout = Duration::from_millis(200);
        config.probe.indirect = 1;
        config.suspicion.floor = 3;
        config.suspicion.alpha_tenths = 18;
        config.gossip.interval = Duration::from_millis(100);
        config.exchange.interval = Duration::from_secs(15);
        config
    };

    /// [`LAN`](Self::LAN) for members that freeze for seconds: suspicion as long as memberlist's, 4·log₁₀ n (P2).
    pub const PATIENT: Self = Self::LAN.with_suspicion_alpha_tenths(40);

    /// memberlist's DefaultLANConfig (reference R1–R98), every extension of ours off.
    pub const MEMBERLIST_LAN: Self = {
        let mut config = Self::LAN;
        config.probe.repeat = false;
        config.probe.rush = false;
        config.suspicion.alpha_tenths = 40;
        config.suspicion.confirmations = 2;
        config.suspicion.fewer_when_small = false;
        config.suspicion.last_call = false;
        config.suspicion.grace = false;
        config.suspicion.verify = false;
        config.health.gentle = false;
        config.health.stretch_timeout = false;
        config.health.doubt = false;
        config.gossip.retransmit = Retransmit::Stepped(4);
        config.gossip.to_the_dead = Duration::from_secs(30);
        config.gossip.drop_known = false;
        config.gossip.count_heard = false;
        config.exchange.digest = false;
        config.exchange.on_difference = false;
        config.exchange.check_joiner = false;
        config.recovery.reconnect = false;
        config.recovery.hurry = false;
        config.recovery.echo = false;
        config.recovery.tombstone = Duration::from_secs(30);
        config.recovery.seed_interval = Duration::ZERO;
        config.recovery.check_address = false;
        config.oversleep = false;
        config
    };

    /// memberlist's DefaultWANConfig; its five confirmations are three here, the most that a slot can hold.
    pub const MEMBERLIST_WAN: Self = {
        let mut config = Self::MEMBERLIST_LAN;
        config.probe.interval = Duration::from_secs(5);
        config.probe.timeout = Duration::from_secs(3);
        config.suspicion.floor = 6;
        config.suspicion.alpha_tenths = 60;
        config.suspicion.confirmations = 3;
        config.gossip.interval = Duration::from_millis(500);
        config.gossip.fanout = 4;
        config.gossip.to_the_dead = Duration::from_secs(60);
        config.exchange.interval = Duration::from_secs(60);
        config.exchange.timeout = Duration::from_secs(30);
        config.recovery.tombstone = Duration::from_secs(60);
        config
    };

    /// memberlist's DefaultLocalConfig.
    pub const MEMBERLIST_LOCAL: Self = {
        let mut config = Self::MEMBERLIST_LAN;
        config.probe.timeout = Duration::from_millis(200);
        config.probe.indirect = 1;
        config.suspicion.floor = 3;
        config.suspicion.alpha_tenths = 30;
        config.suspicion.confirmations = 1;
        config.gossip.interval = Duration::from_millis(100);
        config.gossip.retransmit = Retransmit::Stepped(2);
        config.gossip.to_the_dead = Duration::from_secs(15);
        config.exchange.interval = Duration::from_secs(15);
        config.exchange.timeout = Duration::from_secs(1);
        config.recovery.tombstone = Duration::from_secs(15);
        config
    };

    /// The SWIM paper: no Lifeguard, no push/pull, no gossip of its own; news rides on pings and acks (SWIM §4).
    pub const PLAIN_SWIM: Self = {
        let mut config = Self::MEMBERLIST_LAN;
        config.probe.stream = false;
        config.suspicion.confirmations = 0;
        config.suspicion.tell_suspect = false;
        config.health.max = 0;
        config.health.nacks = false;
        config.gossip.interval = Duration::ZERO;
        config.gossip.to_the_dead = Duration::ZERO;
        config.exchange.interval = Duration::ZERO;
        config
    };
}
