//! P1: time that a node did not live does not count.

mod stage;

use swim_core::{Config, State};

use stage::*;

const CONFIG: Config = Config::LAN;

/// A probe of "m000" has just begun, and "m001" is suspect; then the process is stopped for a minute.
fn frozen_for_a_minute(config: Config) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(6).settles();
    stage.silence("m000").next_ping("m000");
    stage.silence_all().new_act();
    stage.hears("m002", &[suspect("m001", 1, "m002")]);
    stage.freezes_for_ms(60_000);
    stage
}

#[test]
fn p1_a_node_that_slept_accuses_and_buries_nobody() {
    let mut stage = frozen_for_a_minute(CONFIG);
    let suspicions = stage.node.stats().suspicions;
    // The worst case: the timer runs before anything is read.
    stage.wakes_late();
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    assert_eq!(stage.holds("m001"), Some((State::Suspect, 1)));
    assert_eq!(stage.node.stats().suspicions, suspicions);
    assert_eq!(stage.node.stats().oversleeps, 1);
    assert_eq!(stage.node.health(), 1);
}

#[test]
fn p1_the_running_probe_ends_without_a_verdict() {
    let mut stage = Stage::new(CONFIG.with_doubt(false));
    stage.meets_crowd(6).settles();
    let seq = stage.silence("m000").next_ping("m000");
    stage.run_ms(700).freezes_for_ms(60_000).wakes_late();
    // What was left of its interval passes, and the others answer.
    stage.new_act().run_ms(400);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    assert_eq!(stage.node.stats().probes_failed, 0);
    assert!(stage.pings("m000").iter().all(|ping| ping.1 != seq));
}

#[test]
fn p1_without_it_a_node_that_slept_buries_its_suspects() {
    let mut stage = frozen_for_a_minute(CONFIG.with_oversleep(false).with_last_call(false));
    stage.wakes_late();
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert_eq!(stage.holds("m001"), Some((State::Dead, 1)));
}

#[test]
fn p1_a_suspicion_goes_on_where_it_stood() {
    let mut stage = frozen_for_a_minute(Config::MEMBERLIST_LAN.with_oversleep(true));
    stage.wakes_late();
    // 24 s in all for one accuser; the node lived through none of the minute. Its own probes may confirm.
    stage.run_ms(3_900);
    assert_eq!(stage.holds("m001"), Some((State::Suspect, 1)));
    stage.run_ms(21_000);
    assert_eq!(stage.holds("m001"), Some((State::Dead, 1)));
}

#[test]
fn p1_packets_read_first_are_heard_as_if_in_time() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(6).settles();
    let seq = stage.silence("m000").next_ping("m000");
    stage.silence_all().freezes_for_ms(60_000);
    stage.hears("m000", &[ack(seq)]).wakes_late();
    stage.run_ms(5);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    assert_eq!(stage.node.stats().oversleeps, 1);
}

#[test]
fn p1_a_promise_that_is_kept_is_no_sleep_however_long() {
    let mut stage = Stage::new(CONFIG);
    stage.run_ms(600_000);
    stage.meets("b").run_ms(600_000);
    assert_eq!(stage.node.stats().oversleeps, 0);
}

#[test]
fn p1_a_deadline_left_in_the_past_makes_no_packet_a_sleep() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    // The driver forgets its timer but goes on reading.
    for seq in 0..100 {
        stage.freezes_for_ms(100);
        stage.hears("b", &[ping_by("b", seq)]).says("b", &ack(seq));
    }
    assert_eq!(stage.node.stats().oversleeps, 0);
}

#[test]
fn p1_a_clock_that_goes_back_stands_still() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    let (digest, stats) = (stage.node.digest(), *stage.node.stats());
    stage.wish(|node, _| node.handle_timeout(swim_core::Instant::ZERO));
    stage.stays_silent();
    assert_eq!((stage.node.digest(), *stage.node.stats()), (digest, stats));
    stage.hears("b", &[ping_by("b", 1)]).says("b", &ack(1));
}
