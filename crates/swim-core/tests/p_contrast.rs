//! What rules are worth: the same cluster and the same faults, once without the rule and once with it.
//!
//! Each rule's own file shows on one node how it works. Here is what becomes of a cluster: switched off, the fault that other
//! implementations have is there; switched on, it is not. What comes back is in `p_contrast_back.rs`; which rules have no
//! switch, and why, stands in `docs/protocol.md`, section 4.

use std::time::Duration;

use swim_core::{Config, Event};
use swim_sim::{Chance, Figures, Sim, Told};

const LAN: Config = Config::LAN;
/// Longer than any of these stories waits: it did not happen.
const NEVER: Duration = Duration::from_secs(300);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn settled(seed: u64, nodes: u32, config: Config) -> Sim {
    Sim::builder(seed).nodes(nodes).config(config).settled()
}

/// How often it happened in four seeds: without the rule, with it.
fn count(what: &str, [off, on]: [Config; 2], play: impl Fn(u64, Config) -> usize) -> [usize; 2] {
    let [off, on] = [off, on].map(|config| (0..4).map(|seed| play(seed, config)).sum());
    println!("{what}: {off} without the rule, {on} with it");
    [off, on]
}

/// How long it took in four seeds: without the rule, with it.
fn time(
    what: &str,
    [off, on]: [Config; 2],
    play: impl Fn(u64, Config) -> Duration,
) -> [Figures; 2] {
    let [off, on] = [off, on].map(|config| Figures::over(0..4, |seed| play(seed, config)));
    println!("{what}: {off} without the rule, {on} with it");
    [off, on]
}

fn told(sim: &Sim, what: impl Fn(&Told) -> bool) -> usize {
    sim.told().iter().filter(|told| what(told)).count()
}

fn deaths(sim: &Sim) -> usize {
    told(sim, |told| told.death_of().is_some())
}

#[test]
fn p2_repeated_pings_bear_loss_that_makes_everybody_suspect_everybody() {
    let off = LAN.with_stream_ping(false).with_repeat(false);
    let suspicions = |seed, config| {
        let mut sim = settled(seed, 24, config);
        let loss = sim.link(.., ..).lose(Chance::percent(35));
        sim.run_for(secs(60));
        assert!(sim.fired(loss) > 1_000);
        told(&sim, |told| matches!(told.event, Event::Suspected(_)))
    };
    let [off, on] = count(
        "suspicions, 24 nodes, a minute at 35 % loss",
        [off, off.with_repeat(true)],
        suspicions,
    );
    assert!(off > 5_000 && on < off / 50, "{off}, {on}");
}

#[test]
fn p2_in_a_rush_many_deaths_are_known_sooner() {
    let known = |seed, config| {
        let mut sim = settled(seed, 32, config);
        for host in 20..32 {
            sim.machine(host).crash();
        }
        let known = |sim: &Sim| sim.each().knows(20);
        sim.run_until(known, NEVER).unwrap_or(NEVER)
    };
    let [off, on] = time(
        "12 of 32 crash at once, known to all",
        [LAN.with_rush(false), LAN],
        known,
    );
    assert!(on.median() < off.median(), "{off}, {on}");
}

#[test]
fn p2_what_comes_back_need_not_be_sent_again() {
    let packets = |seed, config| {
        let mut sim = settled(seed, 128, config);
        let before = sim.traffic().datagrams;
        sim.machine(5).crash();
        sim.run_for(secs(20));
        assert!(sim.each().knows(127));
        // Beside a ping and an ack a second.
        usize::try_from(sim.traffic().datagrams - before).unwrap() - 127 * 2 * 20
    };
    let [off, on] = count(
        "packets for one crash, 128 nodes",
        [LAN.with_count_heard(false), LAN],
        packets,
    );
    assert!(on * 10 < off * 9, "{off}, {on}");
}

#[test]
fn p2_the_last_call_saves_one_that_hears_a_tenth_of_what_it_is_sent() {
    // Without the other helps, of which one alone would do here: re-pings and pings by stream.
    let off = LAN
        .with_stream_ping(false)
        .with_repeat(false)
        .with_last_call(false);
    let buried = |seed, config| {
        let mut sim = settled(seed, 24, config);
        let loss = sim.link(.., "d").lose(Chance::percent(90));
        sim.run_for(secs(120));
        assert!(sim.fired(loss) > 100);
        deaths(&sim)
    };
    let [off, on] = count(
        "deaths told of one of 24 that runs, and hears a tenth of what it is sent for two minutes",
        [off, off.with_last_call(true)],
        buried,
    );
    assert!(off > 20 && on == 0, "{off}, {on}");
}

/// While "p" hears no datagram, somebody's metadata changes, and that news is spent: how long until "p" knows?
fn missed_news(seed: u64, config: Config) -> Duration {
    let mut sim = settled(seed, 16, config);
    let deaf = sim.between("p", ..).lose(Chance::percent(100));
    sim.node("c").update(7);
    sim.run_for(secs(3));
    sim.end(deaf);
    let agree = |sim: &Sim| sim.each().agrees();
    sim.run_until(agree, NEVER).unwrap_or(NEVER)
}

#[test]
fn p3_p4_what_gossip_missed_is_found_in_moments_not_by_chance() {
    let off = LAN.with_exchange_on_difference(false);
    let [off, on] = time("news missed by one, known", [off, LAN], missed_news);
    assert!(off.most() > secs(10) && on.most() < secs(4), "{off}, {on}");
}

/// Kilobytes that everybody's seed writes to streams while 128 nodes start at once.
fn storm(config: Config) -> u64 {
    let mut sim = Sim::builder(0).nodes(128).config(config).start();
    sim.run_until(|sim| sim.each().knows(128), secs(60))
        .unwrap();
    sim.view("a").unwrap().traffic().stream_bytes / 1_000
}

#[test]
fn p5_a_seed_in_a_storm_of_joins_sends_the_others_elsewhere() {
    let [off, on] = [LAN.with_joins_per_second(u8::MAX), LAN].map(storm);
    println!("kB that the seed of 128 writes: {off} without the rule, {on} with it");
    assert!(on < off / 2, "{off}, {on}");
}

/// Bytes that a node sends in the ten seconds after 192 have met.
fn aftermath(config: Config) -> u64 {
    let mut sim = Sim::builder(0).nodes(192).config(config).start();
    sim.run_until(|sim| sim.each().knows(192), secs(60))
        .unwrap();
    let before = sim.traffic().bytes;
    sim.run_for(secs(10));
    (sim.traffic().bytes - before) / 192
}

#[test]
fn p11_news_that_all_know_is_not_told_on() {
    let [off, on] = [LAN.with_drop_known(false), LAN].map(aftermath);
    println!("bytes a node in 10 s after 192 have met: {off} without the rule, {on} with it");
    assert!(on < off / 2, "{off}, {on}");
}

#[test]
fn p6_when_a_split_ends_as_it_is_noticed_few_die_of_rumours() {
    let buried = |seed, config| {
        let mut sim = settled(seed, 32, config);
        let cut = sim.split([0..16, 16..32]);
        // The verdicts are just being passed, and are news when the halves meet.
        sim.run_for(secs(8));
        let before = deaths(&sim);
        sim.end(cut);
        sim.run_for(secs(40));
        deaths(&sim) - before
    };
    let [off, on] = count(
        "deaths told after halves of 32 were split for 8 s",
        [LAN.with_verify(false), LAN],
        buried,
    );
    assert!(off > 50 && on < off / 4, "{off}, {on}");
}

/// How long until halves of 8, split for a minute, are whole again.
fn healed(seed: u64, config: Config) -> Duration {
    let mut sim = settled(seed, 8, config);
    let cut = sim.split([0..4, 4..8]);
    sim.run_for(secs(60));
    sim.end(cut);
    let whole = |sim: &Sim| sim.each().knows(8);
    sim.run_until(whole, NEVER).unwrap_or(NEVER)
}

#[test]
fn p9_without_pings_of_the_dead_and_without_seeds_a_split_never_heals() {
    let off = LAN.with_reconnect(false).with_seed_interval(Duration::ZERO);
    let [off, on] = time(
        "halves of 8 split for a minute, whole again",
        [off, off.with_reconnect(true)],
        healed,
    );
    assert!(off.median() == NEVER && on.most() < secs(4), "{off}, {on}");
}

#[test]
fn p9_a_seed_alone_heals_it_too() {
    let off = LAN.with_reconnect(false).with_seed_interval(Duration::ZERO);
    let on = off.with_seed_interval(LAN.recovery.seed_interval);
    let [off, on] = time("the same, through the seed alone", [off, on], healed);
    assert!(off.median() == NEVER && on.most() < secs(60), "{off}, {on}");
}

#[test]
fn p13_a_deaf_node_buries_nobody() {
    let buried = |seed, config| {
        let mut sim = settled(seed, 8, config);
        let deaf = sim.link(.., "d").cut_for(secs(30));
        sim.run_for(secs(60));
        assert!(sim.fired(deaf) > 0);
        let healthy = |told: &Told| {
            told.death_of()
                .is_some_and(|dead| format!("{dead:?}") != "d")
        };
        told(&sim, healthy)
    };
    let [off, on] = count(
        "healthy members buried while one was deaf for 30 s",
        [LAN.with_doubt(false), LAN],
        buried,
    );
    assert!(off > 0 && on == 0, "{off}, {on}");
}

#[test]
fn p13_a_failed_probe_does_not_make_the_prober_slow() {
    let off = LAN.with_gentle_health(false);
    let worst = |seed, config| {
        let mut sim = settled(seed, 16, config);
        for host in 8..16 {
            sim.machine(host).crash();
        }
        let scores = (0..12).map(|_| {
            sim.run_for(Duration::from_millis(500));
            let each = sim.each();
            let scores = each.iter().map(|view| usize::from(view.node().health()));
            scores.sum()
        });
        scores.max().unwrap_or(0)
    };
    let [off, on] = count("health lost by 8 whose other 8 crashed", [off, LAN], worst);
    assert!(on < off, "{off}, {on}");
}
