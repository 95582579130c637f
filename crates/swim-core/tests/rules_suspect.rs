//! What a suspicion does: who begins it, who confirms it, how long it lasts, what its end is.

mod stage;

use core::time::Duration;

use swim_core::{Config, State};

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;

/// `size` members beside us; "m000" answers pings but does not defend itself.
fn crowd_with_a_culprit(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles().resigns("m000");
    stage
}

fn accuse(stage: &mut Stage, accusers: &[&'static str]) {
    for accuser in accusers {
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
    }
}

/// When "m000" dies, in milliseconds of the act.
fn death(stage: &mut Stage) -> u64 {
    stage.run_until_state("m000", State::Dead)
}

#[track_caller]
fn assert_about(found: u64, expected: u64) {
    let near = found.abs_diff(expected) <= 2;
    assert!(near, "{found} ms instead of {expected} ms");
}

#[test]
fn r24_a_suspicion_of_an_unknown_member_is_dropped() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears("b", &[suspect("x", 1, "b")]).run_ms(2_000);
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.count(Said::is_news), 0, "{}", stage.script());
}

#[test]
fn r24_an_older_suspicion_is_dropped() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_at("b", 5).meets("c").settles();
    stage.hears("c", &[suspect("b", 4, "c")]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 5)));
}

#[test]
fn r25_a_further_accuser_confirms_and_is_passed_on() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001"]);
    stage.run_ms(3_000).new_act();
    accuse(&mut stage, &["m002"]);
    assert_eq!(stage.node.stats().confirmations, 1);
    stage.run_ms(2_000);
    assert!(
        stage.times(&suspect("m000", 1, "m002")) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn r25_what_confirms_nothing_is_not_passed_on() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001", "m002", "m003"]);
    stage.run_ms(3_000).new_act();
    // The same accuser again, and one more than K.
    accuse(&mut stage, &["m002", "m004"]);
    assert_eq!(stage.node.stats().confirmations, 2);
    stage.run_ms(500);
    assert_eq!(stage.times(&suspect("m000", 1, "m002")), 0);
    assert_eq!(stage.times(&suspect("m000", 1, "m004")), 0);
}

#[test]
fn r27_a_suspicion_of_ourselves_is_refuted_never_believed() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears("b", &[suspect("a", 1, "b")]);
    assert_eq!(stage.node.me().state, State::Alive);
    assert_eq!(stage.node.me().incarnation.0, 2);
    assert_eq!(stage.node.stats().refutations, 1);
    stage.run_ms(2_000);
    assert!(
        stage.times_to("b", &alive("a", 2)) > 0,
        "{}",
        stage.script()
    );
    assert_eq!(stage.times(&suspect("a", 1, "b")), 0);
}

#[test]
fn r28_a_suspicion_is_taken_told_and_passed_on() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001"]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert_eq!(stage.story_of("m000"), ["suspected"]);
    assert_eq!(stage.node.stats().suspicions, 1);
    stage.run_ms(2_000);
    assert!(
        stage.times(&suspect("m000", 1, "m001")) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn r28_a_suspicion_may_raise_the_incarnation_held() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    stage.hears("m001", &[suspect("m000", 5, "m001")]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 5)));
}

#[test]
fn r30_with_too_few_members_for_k_the_suspicion_lasts_the_minimum() {
    // K is 2: three members besides us and the suspect would have to exist for two confirmations.
    let mut stage = crowd_with_a_culprit(CONFIG, 2);
    accuse(&mut stage, &["m001"]);
    assert_about(death(&mut stage), 4_000);

    let mut stage = crowd_with_a_culprit(CONFIG, 3);
    accuse(&mut stage, &["m001"]);
    assert_about(death(&mut stage), 24_000);
}

#[test]
fn r31_the_least_and_the_longest_suspicion_grow_with_the_cluster() {
    for (others, longest) in [(9, 24_000), (99, 48_000)] {
        let mut stage = crowd_with_a_culprit(CONFIG, others);
        accuse(&mut stage, &["m001"]);
        assert_about(death(&mut stage), longest);
    }
    for (others, least) in [(9, 4_000), (99, 8_000)] {
        let mut stage = crowd_with_a_culprit(CONFIG, others);
        accuse(&mut stage, &["m001", "m002", "m003"]);
        assert_about(death(&mut stage), least);
    }
}

#[test]
fn r31_the_size_is_read_when_the_suspicion_begins() {
    let mut stage = crowd_with_a_culprit(CONFIG, 9);
    accuse(&mut stage, &["m001"]);
    for number in 9..99 {
        stage.meets(crowd_name(number));
    }
    assert_about(death(&mut stage), 24_000);
}

#[test]
fn r32_a_suspicion_starts_at_the_longest_and_its_first_accuser_confirms_nothing() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001", "m001", "m001"]);
    assert_eq!(stage.node.stats().confirmations, 0);
    assert_about(death(&mut stage), 24_000);
}

#[test]
fn r33_each_new_accuser_shortens_what_is_left() {
    // 24 s − (ln 2 / ln 3) · 20 s = 11.38 s after the first accusation, whenever the second comes before that.
    for second in [0, 3_000, 11_000] {
        let mut stage = crowd_with_a_culprit(CONFIG, 8);
        accuse(&mut stage, &["m001"]);
        stage.run_ms(second);
        accuse(&mut stage, &["m002"]);
        assert_about(death(&mut stage), 11_381);
    }
}

#[test]
fn r33_when_nothing_is_left_the_suspicion_ends_now() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001"]);
    stage.run_ms(15_000);
    accuse(&mut stage, &["m002"]);
    assert_about(death(&mut stage), 15_000);
}

#[test]
fn r34_the_published_times_of_a_suspicion() {
    let mut config = CONFIG
        .with_probe_interval(Duration::from_millis(500))
        .with_probe_timeout(Duration::from_millis(200))
        .with_suspicion_max_factor(15);
    config.suspicion.confirmations = 3;
    let accusers = ["m001", "m002", "m003", "m004"];
    for (confirmations, expected) in [(0, 30_000), (1, 16_000), (2, 7_810), (3, 2_000)] {
        let mut stage = crowd_with_a_culprit(config, 8);
        accuse(&mut stage, &accusers[..=confirmations]);
        assert_about(death(&mut stage), expected);
    }
}

#[test]
fn r35_the_end_is_a_death_of_that_incarnation_told_to_all() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    stage.hears("m001", &[suspect("m000", 3, "m001")]);
    death(&mut stage);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 3)));
    assert_eq!(stage.story_of("m000"), ["suspected", "dead"]);
    assert_eq!(stage.node.stats().deaths_declared, 1);
    assert_eq!(stage.node.stats().deaths_unconfirmed, 1);
    stage.run_ms(2_000);
    assert!(stage.times(&dead("m000", 3)) > 0, "{}", stage.script());
}

#[test]
fn r35_a_verdict_with_all_confirmations_is_not_counted_as_unconfirmed() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001", "m002", "m003"]);
    death(&mut stage);
    assert_eq!(stage.node.stats().deaths_declared, 1);
    assert_eq!(stage.node.stats().deaths_unconfirmed, 0);
}

#[test]
fn r36_an_old_timer_does_nothing_to_a_newer_suspicion() {
    let mut stage = crowd_with_a_culprit(CONFIG, 8);
    accuse(&mut stage, &["m001"]);
    stage.run_ms(10_000);
    stage.hears("m001", &[alive("m000", 2)]);
    stage.hears("m001", &[suspect("m000", 2, "m001")]);
    assert_about(death(&mut stage), 34_000);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 2)));
}

#[test]
fn r41_a_refutation_is_one_above_the_greater_of_both() {
    let mut stage = Stage::cast_as(CONFIG, 1, 5);
    stage.meets("b").settles();
    stage.hears("b", &[suspect("a", 5, "b")]);
    assert_eq!(stage.node.me().incarnation.0, 6);
    stage.hears("b", &[suspect("a", 20, "b")]);
    assert_eq!(stage.node.me().incarnation.0, 21);
    // What was refuted already needs no second refutation.
    stage.hears("b", &[suspect("a", 20, "b")]);
    assert_eq!(stage.node.me().incarnation.0, 21);
}

#[test]
fn r42_refuting_costs_health_and_makes_our_alive_news_again() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    assert_eq!(stage.node.health(), 0);
    stage.hears("b", &[suspect("a", 1, "b")]);
    assert_eq!(stage.node.health(), 1);
    assert_eq!(stage.node.me().state, State::Alive);
    stage.run_ms(2_000);
    assert_eq!(stage.times(&alive("a", 2)), 4, "{}", stage.script());
}
