//! What rules are worth: the same cluster and the same faults, once without the rule and once with it.
//!
//! Each rule's own file shows on one node how it works. Here is what becomes of a cluster: switched off, the fault that other
//! implementations have is there; switched on, it is not. P1, P5, P8, P11, P14 and P17 show both sides, or their bounds, in
//! their own files; P7, P10, P15 and P16 are about correctness and have no switch.

use std::time::Duration;

use swim_core::{Config, Event, Peer};
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
fn p12_a_new_address_is_taken_once_the_old_one_is_silent() {
    let back = |seed, config| {
        let mut sim = settled(seed, 16, config);
        sim.node("f").crash();
        sim.run_for(secs(1));
        sim.node("f").restart_elsewhere();
        let new = sim.view("f").unwrap().addr();
        let moved = |sim: &Sim| {
            let there = |member: swim_core::MemberRef<'_, _>| *Peer::addr(member.peer) == new;
            sim.each().knows(16) && sim.each().all(|view| view.member("f").is_some_and(there))
        };
        sim.run_until(moved, NEVER).unwrap_or(NEVER)
    };
    let never = LAN.with_check_address(false);
    let late = never.with_reclaim(Some(secs(1)));
    let [off, on] = time("back at a new address (R17)", [never, LAN], back);
    assert!(off.median() == NEVER && on.most() < secs(4), "{off}, {on}");
    let [off, _] = time("the same with a time to reclaim (R16)", [late, LAN], back);
    assert!(
        off.median() > secs(5),
        "{off}: not before it was found dead"
    );
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
