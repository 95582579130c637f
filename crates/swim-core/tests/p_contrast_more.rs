//! What further rules are worth: the same cluster and the same faults, once without the rule and once with it.

use std::time::Duration;

use swim_core::{Config, Retransmit, State};
use swim_sim::{Chance, Figures, Sim};

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

fn deaths(sim: &Sim) -> usize {
    let told = sim.told().iter();
    told.filter(|told| told.death_of().is_some()).count()
}

#[test]
fn p3_without_the_digest_nobody_sees_what_gossip_missed() {
    // While "p" hears no datagram, somebody's metadata changes, and that news is spent: how long until "p" knows?
    let missed_news = |seed, config| {
        let mut sim = settled(seed, 16, config);
        let deaf = sim.between("p", ..).lose(Chance::percent(100));
        sim.node("c").update(7);
        sim.run_for(secs(3));
        sim.end(deaf);
        sim.run_until(|sim| sim.each().agrees(), NEVER)
            .unwrap_or(NEVER)
    };
    let blind = LAN.with_digest(false).with_exchange_on_difference(false);
    let [off, on] =
        [blind, LAN].map(|config| Figures::over(0..4, |seed| missed_news(seed, config)));
    println!("news missed by one of 16, known: {off} without the digest, {on} with it");
    assert!(off.most() > secs(10) && on.most() < secs(4), "{off}, {on}");
}

/// Datagrams that a node sends because one member's metadata has changed, in thousandths.
fn price_of_news(nodes: u32, config: Config) -> u64 {
    let sent = |news: bool, seed| {
        let mut sim = settled(seed, nodes, config);
        let before = sim.traffic().datagrams;
        if news {
            sim.node("c").update(7);
        }
        sim.run_for(secs(6));
        sim.traffic().datagrams - before
    };
    let each = |seed| sent(true, seed).saturating_sub(sent(false, seed));
    (0..4).map(each).sum::<u64>() * 1_000 / u64::from(nodes) / 4
}

#[test]
fn p2_the_tenth_member_does_not_double_what_news_costs() {
    // What the rule says by itself: nothing is dropped because it is known.
    let smooth = LAN.with_drop_known(false).with_count_heard(false);
    let stepped = smooth.with_retransmit(Retransmit::Stepped(4));
    let [off, on] = [stepped, smooth].map(|config| {
        let (nine, ten) = (price_of_news(9, config), price_of_news(10, config));
        println!("datagrams for one update: {nine}/1000 a node of 9, {ten}/1000 a node of 10");
        ten * 100 / nine
    });
    println!("the tenth member makes news dearer by {off} % with steps, {on} % without");
    assert!(off > 140 && on < 120, "{off}, {on}");
}

#[test]
fn p2_a_suspect_that_is_told_refutes_and_one_that_is_not_dies() {
    // "d" is deaf until all gossip about it is spent, then hears well. Neither the echo nor an exchange tells it.
    let alone = LAN
        .with_echo(false)
        .with_exchange_on_difference(false)
        .with_exchange_interval(Duration::ZERO)
        .with_seed_interval(Duration::ZERO)
        .with_reconnect(false);
    let buried = |seed, config| {
        let mut sim = settled(seed, 12, config);
        let deaf = sim.link(.., "d").cut();
        let suspected = |sim: &Sim| sim.each().but("d").holds("d", State::Suspect);
        sim.run_until(suspected, secs(30)).unwrap();
        sim.run_for(secs(2));
        sim.end(deaf);
        sim.run_for(secs(30));
        deaths(&sim)
    };
    let [off, on] = count(
        "deaths told of one of 12 that was deaf until two seconds after all suspected it",
        [alone.with_tell_suspect(false), alone],
        buried,
    );
    assert!(off > 20 && on == 0, "{off}, {on}");
}

#[test]
fn p2_the_patient_bury_nobody_that_freezes_for_six_seconds() {
    let buried = |seed, config| {
        let mut sim = settled(seed, 32, config);
        for host in 8..12 {
            sim.machine(host).freeze_for(Duration::from_millis(6_200));
        }
        sim.run_for(secs(30));
        deaths(&sim)
    };
    let [off, on] = count(
        "deaths told of 4 of 32 that froze for 6.2 s",
        [LAN, Config::PATIENT],
        buried,
    );
    assert!(off > 20 && on < off / 10, "{off}, {on}");
}

#[test]
fn p13_a_nack_in_time_keeps_the_prober_well() {
    // Half of the cluster crashes: a prober whose relays say in time that they got no answer either is not to blame. Without nacks
    // it can't tell that from being deaf itself.
    let worst = |seed, config| {
        let mut sim = settled(seed, 16, config);
        sim.machine(15).crash();
        let scores = (0..40).map(|_| {
            sim.run_for(Duration::from_millis(250));
            let each = sim.each();
            let scores = each.iter().map(|view| usize::from(view.node().health()));
            scores.sum()
        });
        scores.max().unwrap_or(0)
    };
    let [off, on] = count(
        "health lost by 15 whose sixteenth crashed",
        [LAN.with_nacks(false), LAN],
        worst,
    );
    assert!(on < off, "{off}, {on}");
}
