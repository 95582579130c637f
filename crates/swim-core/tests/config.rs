//! What `Config::validate` refuses: the first field that can't work, by name; and what `faster` makes of a preset.

use std::time::Duration;

use swim_core::{Config, Retransmit};

const LAN: Config = Config::LAN;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn every_preset_is_valid() {
    let presets = [
        Config::LAN,
        Config::WAN,
        Config::LOCAL,
        Config::PATIENT,
        Config::MEMBERLIST_LAN,
        Config::MEMBERLIST_WAN,
        Config::MEMBERLIST_LOCAL,
        Config::PLAIN_SWIM,
    ];
    for preset in presets {
        assert_eq!(preset.validate(), Ok(()));
    }
}

#[test]
fn what_can_not_work_is_refused_by_the_name_of_its_field() {
    let long = DAY * 8;
    let refused = [
        (LAN.with_probe_interval(Duration::ZERO), "probe.interval"),
        (LAN.with_probe_interval(DAY), "probe.interval"),
        (LAN.with_probe_timeout(Duration::ZERO), "probe.timeout"),
        (LAN.with_probe_timeout(LAN.probe.interval), "probe.timeout"),
        (LAN.with_indirect_probes(9), "probe.indirect"),
        (LAN.with_health_max(32), "health.max"),
        (LAN.with_suspicion_floor(0), "suspicion.floor"),
        (
            LAN.with_suspicion_alpha_tenths(1_001),
            "suspicion.alpha_tenths",
        ),
        (LAN.with_suspicion_max_factor(0), "suspicion.max_factor"),
        (LAN.with_suspicion_max_factor(61), "suspicion.max_factor"),
        (LAN.with_confirmations(4), "suspicion.confirmations"),
        (LAN.with_gossip_interval(DAY), "gossip.interval"),
        (LAN.with_gossip_fanout(17), "gossip.fanout"),
        (LAN.with_exchange_interval(long), "exchange.interval"),
        (
            LAN.with_exchange_timeout(Duration::ZERO),
            "exchange.timeout",
        ),
        (LAN.with_joins_per_second(0), "exchange.joins_per_second"),
        (LAN.with_digest(false), "exchange.on_difference"),
        (LAN.with_tombstone(Duration::ZERO), "recovery.tombstone"),
        (LAN.with_tombstone(long), "recovery.tombstone"),
        (LAN.with_seed_interval(long), "recovery.seed_interval"),
        // Each of the two is possible alone.
        (
            LAN.with_probe_interval(Duration::from_secs(3_600))
                .with_suspicion_max_factor(60),
            "suspicion.max_factor",
        ),
    ];
    for (config, field) in refused {
        let error = config.validate().expect_err(field);
        assert_eq!(error.field, field);
        assert!(error.to_string().starts_with(field), "{error}");
        assert!(error.to_string().len() > field.len() + 5, "{error}");
    }
}

#[test]
fn faster_divides_every_duration() {
    let slow = LAN
        .with_reclaim(Some(DAY))
        .with_gossip_to_the_dead(Duration::from_secs(30));
    let fast = slow.faster(10);
    let durations = |config: Config| {
        let (probe, gossip) = (config.probe, config.gossip);
        let (exchange, recovery) = (config.exchange, config.recovery);
        [
            probe.interval,
            probe.timeout,
            gossip.interval,
            gossip.to_the_dead,
            exchange.interval,
            exchange.timeout,
            recovery.tombstone,
            recovery.seed_interval,
            recovery.reclaim.unwrap_or_default(),
        ]
    };
    assert_eq!(durations(fast), durations(slow).map(|slow| slow / 10));
    assert_eq!(slow.faster(0), slow);
}

#[test]
fn nonsense_is_refused_by_name() {
    let day = Duration::from_secs(24 * 3_600);
    for (config, field) in [
        (Config::LAN.with_gossip_fanout(0), "gossip.fanout"),
        (
            Config::LAN.with_retransmit(Retransmit::Stepped(0)),
            "gossip.retransmit",
        ),
        (
            Config::LAN.with_gossip_to_the_dead(day * 90),
            "gossip.to_the_dead",
        ),
        (Config::LAN.with_reclaim(Some(day * 90)), "recovery.reclaim"),
        (
            Config::LAN
                .with_probe_interval(day / 24)
                .with_suspicion_alpha_tenths(1_000),
            "suspicion.alpha_tenths",
        ),
    ] {
        let error = config.validate().expect_err(field);
        assert_eq!(error.field, field);
    }
}
