//! When rosters are exchanged, and with whom.

mod stage;

use core::time::Duration;
use std::collections::BTreeSet;

use swim_core::{Config, Reason};

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;

fn timed(stage: &Stage) -> Vec<u64> {
    let all = stage.exchanges_for(Reason::Timed);
    all.iter().map(|exchange| exchange.0).collect()
}

#[test]
fn r50_the_partner_is_any_member_that_is_alive() {
    let mut stage = Stage::new(CONFIG.with_exchange_interval(Duration::from_millis(200)));
    stage.meets_crowd(6).settles().resigns("m000");
    stage.hears("m003", &[suspect("m000", 1, "m003")]);
    stage.silence("m001").hears("m003", &[dead("m001", 1)]);
    stage.silence("m002").hears("m002", &[left("m002", 1)]);
    stage.new_act().run_ms(15_000);
    let partners = stage.exchanges_for(Reason::Timed).into_iter();
    let partners: BTreeSet<u16> = partners.map(|exchange| exchange.2).collect();
    assert_eq!(
        partners,
        BTreeSet::from([103, 104, 105]),
        "{}",
        stage.script()
    );
}

#[test]
fn r50_alone_there_is_nobody_to_exchange_with() {
    let mut stage = Stage::new(CONFIG);
    stage.run_ms(200_000);
    assert_eq!(stage.exchanges(), []);
}

#[test]
fn r51_the_first_comes_after_one_to_two_intervals_then_one_each_interval() {
    let mut firsts = BTreeSet::new();
    for seed in 0..20 {
        let mut stage = Stage::seeded(CONFIG, seed);
        stage.meets("b").meets("c").run_ms(200_000);
        let times = timed(&stage);
        assert!((30_000..=60_000).contains(&times[0]), "{times:?}");
        assert!(times.len() >= 5, "{times:?}");
        for pair in times.windows(2) {
            assert_eq!(pair[1] - pair[0], 30_000, "{times:?}");
        }
        firsts.insert(times[0]);
    }
    assert!(firsts.len() > 10, "not spread: {firsts:?}");
}

#[test]
fn r51_an_interval_of_zero_switches_it_off() {
    let mut stage = Stage::new(CONFIG.with_exchange_interval(Duration::ZERO));
    stage.meets("b").run_ms(300_000);
    assert_eq!(stage.exchanges(), []);
}

#[test]
fn r52_the_interval_grows_with_each_doubling_past_32_members() {
    for (others, factor) in [(31, 1), (32, 2), (63, 2), (64, 3), (127, 3), (128, 4)] {
        let mut stage = Stage::new(CONFIG);
        stage.meets_crowd(others).run_ms(600_000);
        let times = timed(&stage);
        for pair in times.windows(2) {
            assert_eq!(pair[1] - pair[0], factor * 30_000, "{} members", others + 1);
        }
        assert!(times.len() >= 4, "{times:?}");
    }
}
