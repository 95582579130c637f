//! P9: reconnection, seeds and tombstones.

mod stage;

use core::time::Duration;
use std::collections::BTreeSet;

use swim_core::{Config, Reason, State};

use stage::*;

const CONFIG: Config = Config::LAN
    .with_verify(false)
    .with_exchange_interval(Duration::ZERO);

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

/// A crowd in which these have died; a new act.
fn after_deaths(config: Config, size: usize, dying: core::ops::Range<usize>) -> Stage {
    let mut stage = crowd(config, size);
    for number in dying {
        let name = crowd_name(number);
        stage.silence(name).hears("m001", &[dead(name, 1)]);
    }
    stage.new_act();
    stage
}

/// When the dead were pinged, in order.
fn tries(stage: &Stage, dead: core::ops::Range<usize>) -> Vec<u64> {
    let mut tries: Vec<u64> = Vec::new();
    for number in dead {
        let mut seqs = BTreeSet::new();
        let pings = stage.pings(crowd_name(number)).into_iter();
        tries.extend(pings.filter(|ping| seqs.insert(ping.1)).map(|ping| ping.0));
    }
    tries.sort_unstable();
    tries
}

#[test]
fn p9_a_dead_member_is_pinged_with_the_accusation_about_every_second() {
    let mut stage = after_deaths(CONFIG, 6, 0..1);
    stage.run_ms(30_000);
    let tries = tries(&stage, 0..1);
    assert!((26..=34).contains(&tries.len()), "{}", stage.script());
    for pair in tries.windows(2) {
        assert!((900..=1_100).contains(&(pair[1] - pair[0])), "{tries:?}");
    }
    let sent = stage.sent();
    let pinged = |said: &Vec<Said>| said.iter().any(|one| matches!(one, Said::Ping { .. }));
    let mut to_dead = sent.iter().filter(|sent| sent.1 == 100 && pinged(&sent.2));
    assert!(
        to_dead.all(|sent| sent.2.contains(&dead("m000", 1))),
        "{}",
        stage.script()
    );
}

#[test]
fn p9_the_gap_grows_with_the_cluster() {
    let mut stage = after_deaths(CONFIG, 80, 0..1);
    stage.run_ms(120_000);
    // 80 members are up: 10 s.
    let tries = tries(&stage, 0..1);
    for pair in tries.windows(2) {
        assert!((9_000..=11_000).contains(&(pair[1] - pair[0])), "{tries:?}");
    }
    assert!(tries.len() >= 10, "{tries:?}");
}

#[test]
fn p9_the_first_comes_after_a_random_part_of_the_gap() {
    let mut firsts = Vec::new();
    for seed in 0..20 {
        let mut stage = Stage::seeded(CONFIG, seed);
        stage.meets_crowd(40).settles();
        stage.silence("m000").hears("m001", &[dead("m000", 1)]);
        stage.new_act().run_ms(6_000);
        firsts.push(tries(&stage, 0..1)[0]);
    }
    assert!(firsts.iter().any(|first| *first < 1_500), "{firsts:?}");
    assert!(firsts.iter().any(|first| *first > 3_500), "{firsts:?}");
}

#[test]
fn p9_the_gap_doubles_with_each_ten_minutes_up_to_eightfold() {
    let mut stage = after_deaths(CONFIG, 6, 0..1);
    for (minutes, gap) in [(10, 1_000), (10, 2_000), (10, 4_000), (30, 8_000)] {
        stage.new_act().run_ms(minutes * 60_000);
        let tries = tries(&stage, 0..1);
        let expected = minutes * 60_000 / gap;
        let found = tries.len() as u64;
        assert!(
            found.abs_diff(expected) <= expected / 8 + 2,
            "{found} of {expected}"
        );
    }
}

#[test]
fn p9_the_first_ack_starts_an_exchange_at_once() {
    let mut stage = after_deaths(CONFIG, 6, 0..1);
    stage.resigns("m000").wakes_up("m000");
    stage.run_ms(1_200);
    let begun = stage.exchanges_for(Reason::Reconnect);
    assert_eq!(begun.len(), 1, "{}", stage.script());
    assert_eq!(begun[0].2, 100);
    let answered = stage.pings("m000")[0].0 + 1;
    assert_eq!(begun[0].0, answered, "{}", stage.script());
}

#[test]
fn p9_who_was_cut_off_and_refutes_is_back() {
    let mut stage = after_deaths(CONFIG, 6, 0..3);
    for name in ["m000", "m001", "m002"] {
        stage.wakes_up(name);
    }
    stage.run_ms(15_000);
    for name in ["m000", "m001", "m002"] {
        assert_eq!(
            stage.holds(name),
            Some((State::Alive, 2)),
            "{}",
            stage.script()
        );
    }
}

#[test]
fn p9_who_left_came_back_unheard_and_died_is_looked_for() {
    let mut stage = crowd(CONFIG, 8);
    stage.silence("m000").hears("m001", &[left("m000", 1)]);
    stage
        .run_ms(10_000)
        .hears("m001", &[dead("m000", 2)])
        .new_act();
    stage.run_ms(10_000);
    let tries = stage.pings("m000").len();
    assert!((7..=12).contains(&tries), "{tries}: {}", stage.script());
}

#[test]
fn p9_who_left_is_never_pinged() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears("m000", &[left("m000", 1)]);
    stage.new_act().run_ms(60_000);
    assert_eq!(stage.pings("m000"), []);
}

#[test]
fn p9_switched_off_the_dead_are_left_alone() {
    let mut stage = after_deaths(CONFIG.with_reconnect(false), 6, 0..1);
    stage.run_ms(60_000);
    assert_eq!(stage.pings("m000"), []);
}

// ---- seeds ----

fn seed_tries(stage: &Stage) -> Vec<(u64, u16)> {
    let tries = stage.exchanges_for(Reason::Seed).into_iter();
    tries.map(|exchange| (exchange.0, exchange.2)).collect()
}

#[test]
fn p9_a_seed_that_belongs_to_nobody_up_is_tried_every_30_s() {
    let mut stage = crowd(CONFIG, 6);
    stage.wish(|node, _| node.set_seeds([address("x")]));
    stage.run_ms(200_000);
    let tries = seed_tries(&stage);
    assert!((5..=8).contains(&tries.len()), "{tries:?}");
    for pair in tries.windows(2) {
        let gap = pair[1].0 - pair[0].0;
        assert!((27_000..=33_000).contains(&gap), "{tries:?}");
    }
}

#[test]
fn p9_a_seed_that_is_a_member_is_tried_only_once_it_is_dead() {
    let mut stage = crowd(CONFIG.with_reconnect(false), 6);
    stage.wish(|node, _| node.set_seeds([address("m000")]));
    stage.run_ms(200_000);
    assert_eq!(seed_tries(&stage), []);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    stage.run_ms(100_000);
    assert!(seed_tries(&stage).len() >= 2, "{}", stage.script());
}

#[test]
fn p9_seeds_take_turns_and_eight_are_remembered() {
    let mut stage = crowd(CONFIG, 6);
    stage.wish(|node, _| node.set_seeds(200..212));
    stage.run_ms(16 * 33_000);
    let tried: BTreeSet<u16> = seed_tries(&stage).iter().map(|attempt| attempt.1).collect();
    assert_eq!(tried, (200..208).collect::<BTreeSet<u16>>());
}

#[test]
fn p9_few_seeds_take_turns_too_and_no_turn_is_wasted() {
    let mut stage = crowd(CONFIG, 6);
    // Two that nobody holds, and one that is a member.
    stage.wish(|node, _| node.set_seeds([200, address("m000"), 201]));
    stage.run_ms(10 * 33_000);
    let tried: Vec<u16> = seed_tries(&stage).iter().map(|attempt| attempt.1).collect();
    assert!(tried.len() >= 9, "{tried:?}");
    for pair in tried.windows(2) {
        assert_ne!(pair[0], pair[1], "{tried:?}");
    }
}

#[test]
fn p9_alone_a_node_goes_on_trying_its_seeds() {
    let mut stage = Stage::new(CONFIG);
    stage.wish(|node, _| node.set_seeds([address("b")]));
    stage.run_ms(100_000);
    assert!(seed_tries(&stage).len() >= 2, "{}", stage.script());
}

// ---- tombstones ----

#[test]
fn p9_tombstones_are_forgotten_in_their_time_and_that_is_told() {
    let mut stage = after_deaths(CONFIG.with_tombstone(Duration::from_secs(50)), 6, 0..1);
    stage.run_ms(49_900);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
    stage.run_ms(200);
    assert_eq!(stage.holds("m000"), None);
    assert_eq!(stage.story_of("m000"), ["reaped"]);
}

#[test]
fn p9_they_take_at_most_a_quarter_of_the_roster_and_the_oldest_go_first() {
    let dying = SEATS / 4 + 10;
    let mut stage = crowd(CONFIG, SEATS - 40);
    for number in 10..10 + dying {
        let name = crowd_name(number);
        stage
            .silence(name)
            .hears("m001", &[dead(name, 1)])
            .run_ms(2_000);
    }
    let dead = usize::try_from(stage.node.counts().dead).expect("few");
    assert!(dead <= SEATS / 4, "{dead} tombstones");
    assert!(dead > SEATS / 8, "{dead} tombstones");
    assert_eq!(stage.holds("m010"), None);
    let youngest = crowd_name(10 + dying - 1);
    assert_eq!(stage.holds(youngest), Some((State::Dead, 1)));
    assert!(stage.node.stats().tombstones_evicted >= 10);
}

#[test]
fn p9_they_never_keep_a_newcomer_out() {
    let mut stage = crowd(CONFIG, SEATS - 2);
    for number in 0..20 {
        let name = crowd_name(number);
        stage.silence(name).hears("m100", &[dead(name, 1)]);
    }
    stage.run_ms(5_000);
    for number in SEATS..SEATS + 15 {
        stage.meets(crowd_name(number));
        assert_eq!(stage.holds(crowd_name(number)), Some((State::Alive, 1)));
    }
    assert_eq!(stage.node.stats().crowded, 0);
}
