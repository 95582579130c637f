//! What rules are worth to those who come back: the same cluster and the same return, once without the rule and once with it.

use std::time::Duration;

use swim_core::{Config, MemberRef, Peer, State};
use swim_sim::{Chance, Figures, Sim, SimPeer};

const LAN: Config = Config::LAN;
/// Longer than any of these stories waits: it did not happen.
const NEVER: Duration = Duration::from_secs(300);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn settled(seed: u64, nodes: u32, config: Config) -> Sim {
    Sim::builder(seed).nodes(nodes).config(config).settled()
}

/// How long it took in these seeds: without the rule, with it.
fn time(
    what: &str,
    [off, on]: [Config; 2],
    play: impl Fn(u64, Config) -> Duration,
) -> [Figures; 2] {
    let [off, on] = [off, on].map(|config| Figures::over(0..4, |seed| play(seed, config)));
    println!("{what}: {off} without the rule, {on} with it");
    [off, on]
}

/// "d" could say nothing until it was buried, and outbid that in vain, again and again. Then it is heard again.
fn unheard(seed: u64, config: Config) -> Duration {
    let mut sim = settled(seed, 8, config);
    let mute = sim.link("d", ..).cut();
    let buried = |sim: &Sim| sim.each().but("d").holds("d", State::Dead);
    sim.run_until(buried, secs(60)).unwrap();
    sim.run_for(secs(10));
    assert!(sim.view("d").unwrap().node().stats().refutations > 0);
    sim.end(mute);
    sim.run_until(|sim| sim.each().knows(8), NEVER)
        .unwrap_or(NEVER)
}

#[test]
fn p8_the_echo_brings_back_one_that_outbid_while_nobody_heard() {
    // Neither pings of the dead nor exchanges nor seeds: the acks to its own pings are all that it hears.
    let alone = LAN
        .with_reconnect(false)
        .with_exchange_on_difference(false)
        .with_exchange_interval(Duration::ZERO)
        .with_seed_interval(Duration::ZERO);
    let [off, on] = time(
        "one of 8 that could not be heard until it was buried, back",
        [alone.with_echo(false), alone],
        unheard,
    );
    assert!(off.median() == NEVER && on.most() < secs(3), "{off}, {on}");
}

#[test]
fn p9_in_a_hurry_a_split_heals_in_a_fraction_of_the_time() {
    let alone = LAN.with_seed_interval(Duration::ZERO);
    let whole = |seed, config| {
        let mut sim = settled(seed, 64, config);
        sim.split([0..32, 32..64]);
        let apart = |sim: &Sim| sim.each().knows(32);
        sim.run_until(apart, secs(60)).unwrap();
        sim.run_for(secs(5));
        sim.heal();
        sim.run_until(|sim| sim.each().knows(64), NEVER)
            .unwrap_or(NEVER)
    };
    let [off, on] = time(
        "halves of 64 whole again",
        [alone.with_hurry(false), alone],
        whole,
    );
    assert!(on.median() * 2 < off.median(), "{off}, {on}");
}

/// "f" comes back where datagrams can be sent but do not arrive; how many of seven list it, second after second.
fn listed(sim: &mut Sim) -> Vec<usize> {
    sim.node("f").crash();
    let buried = |sim: &Sim| sim.each().but("f").holds("f", State::Dead);
    sim.run_until(buried, secs(60)).unwrap();
    sim.link(.., "f").lose(Chance::percent(100));
    sim.node("f").restart();
    let lists = |sim: &Sim| {
        let up = |member: MemberRef<'_, SimPeer>| member.state.is_up();
        let others = sim.each().but("f");
        let lists = others
            .iter()
            .filter(|view| view.member("f").is_some_and(up));
        lists.count()
    };
    let seconds = (0..3).map(|_| {
        sim.run_for(secs(1));
        lists(sim)
    });
    seconds.collect()
}

#[test]
fn p17_a_joiner_that_hears_nothing_is_listed_by_nobody() {
    for seed in 0..6 {
        let mut trusting = settled(seed, 8, LAN.with_check_joiner(false));
        assert_eq!(listed(&mut trusting)[2], 7, "seed {seed}\n{trusting}");
        let mut sim = settled(seed, 8, LAN);
        assert_eq!(listed(&mut sim), [0; 3], "seed {seed}\n{sim}");
        // It is in the port that was not open; once it is, the node comes in by itself.
        sim.heal();
        let back = sim.run_until(|sim| sim.each().knows(8), secs(40));
        assert!(back.is_ok(), "seed {seed}\n{sim}");
    }
}

/// "f" crashes, and is back a second later at another address: how long until all list it there?
fn moved(seed: u64, nodes: u32, config: Config) -> Duration {
    let mut sim = settled(seed, nodes, config);
    sim.node("f").crash();
    sim.run_for(secs(1));
    sim.node("f").restart_elsewhere();
    let new = sim.view("f").unwrap().addr();
    let moved = |sim: &Sim| {
        let there = |member: MemberRef<'_, SimPeer>| *Peer::addr(member.peer) == new;
        sim.each().knows(nodes) && sim.each().all(|view| view.member("f").is_some_and(there))
    };
    sim.run_until(moved, NEVER).unwrap_or(NEVER)
}

#[test]
fn p12_a_new_address_is_taken_once_the_old_one_is_silent() {
    let among_16 = |seed, config| moved(seed, 16, config);
    let never = LAN.with_check_address(false);
    let late = never.with_reclaim(Some(secs(1)));
    let [off, on] = time("back at a new address (R17)", [never, LAN], among_16);
    assert!(off.median() == NEVER && on.most() < secs(2), "{off}, {on}");
    let [off, _] = time(
        "the same with a time to reclaim (R16)",
        [late, LAN],
        among_16,
    );
    assert!(
        off.median() > secs(5),
        "{off}: not before it was found dead"
    );
}

#[test]
fn p12_all_look_for_the_old_address_side_by_side() {
    for (nodes, target) in [(16, Duration::from_millis(1_500)), (64, secs(2))] {
        let figures = Figures::over(0..24, |seed| moved(seed, nodes, LAN));
        println!("back at a new address, known to all {nodes}: {figures}");
        assert!(figures.median() <= target, "{nodes}: {figures}");
    }
}
