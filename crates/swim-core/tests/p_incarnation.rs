//! P8: incarnations. The echo, outbidding, and the bounds of forgery.

mod stage;

use swim_core::{Config, Incarnation, Instant, Node, Reason, Space, State};

use stage::*;

const CONFIG: Config = Config::LAN;
const LIMIT: u32 = 0xFFFF_0000;

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

/// What "a" answers to a ping of "m000", which says of itself that it is at `incarnation`.
fn answer_to(stage: &mut Stage, incarnation: u32) -> Vec<Said> {
    stage.hears("m000", &[ping_for("a", "m000", incarnation, 7)]);
    stage.datagrams().remove(0).1
}

// ---- the echo ----

#[test]
fn p8_who_is_held_dead_hears_so_in_the_ack_before_all_else() {
    let mut stage = crowd(CONFIG.with_verify(false), 6);
    stage.silence("m000").hears("m001", &[dead("m000", 4)]);
    stage.hears("m001", &[alive("m002", 2)]);
    let said = answer_to(&mut stage, 1);
    assert_eq!(said[..2], [ack(7), dead("m000", 4)], "{said:?}");
}

#[test]
fn p8_so_do_the_departed_the_suspect_and_who_is_held_higher() {
    let mut stage = crowd(CONFIG.with_rush(false), 6);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    let said = answer_to(&mut stage, 1);
    assert_eq!(said[..2], [ack(7), suspect("m000", 1, "m001")], "{said:?}");

    stage.hears("m001", &[alive("m000", 9)]);
    let said = answer_to(&mut stage, 1);
    assert_eq!(said[..2], [ack(7), alive("m000", 9)], "{said:?}");

    stage.hears("m001", &[left("m000", 9)]);
    let said = answer_to(&mut stage, 1);
    assert_eq!(said[..2], [ack(7), left("m000", 9)], "{said:?}");
}

#[test]
fn p8_who_is_held_as_it_says_hears_nothing_of_itself() {
    let mut stage = crowd(CONFIG, 6);
    let said = answer_to(&mut stage, 1);
    assert!(!said.iter().any(Said::is_news), "{said:?}");
}

#[test]
fn p8_switched_off_the_ack_says_nothing_about_it() {
    let mut stage = crowd(CONFIG.with_echo(false), 6);
    stage.silence("m000").hears("m001", &[left("m000", 4)]);
    stage.run_ms(20_000);
    let said = answer_to(&mut stage, 1);
    assert!(!said.contains(&left("m000", 4)), "{said:?}");
}

#[test]
fn p8_a_restarted_node_is_back_in_one_round_trip() {
    // It starts at 1 again and hears in its first ack that it died at 100.
    let mut stage = Stage::new(CONFIG);
    stage.meets("b");
    let seq = stage.silence("b").next_ping("b");
    stage.new_act();
    stage.hears("b", &[ack(seq), dead("a", 100)]);
    assert_eq!(stage.node.me().incarnation.0, 101);
    stage.run_ms(200);
    assert!(
        stage.times_to("b", &alive("a", 101)) > 0,
        "{}",
        stage.script()
    );
}

// ---- bounds ----

#[test]
fn p8_incarnations_at_the_limit_are_neither_taken_nor_made() {
    let mut stage = crowd(CONFIG, 6);
    let forged = [
        alive("m000", LIMIT),
        suspect("m000", LIMIT, "m001"),
        dead("m000", u32::MAX),
        left("m000", u32::MAX),
        alive("x", LIMIT),
        dead("a", u32::MAX),
        alive("a", LIMIT),
    ];
    stage.hears("m001", &forged);
    assert_eq!(stage.node.stats().incarnations_illegal, 7);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.node.me().incarnation.0, 1);

    let space = Box::leak(Box::new(Space::<Person, 8>::new()));
    let refused = Node::new(
        person("a"),
        Incarnation(LIMIT),
        CONFIG,
        space,
        1,
        Instant::ZERO,
    );
    assert!(refused.is_err());
}

#[test]
fn p8_only_a_members_own_word_may_leap() {
    let mut stage = crowd(CONFIG, 6);
    let far = 1 + 65_536 + 1;
    for said in [
        suspect("m000", far, "m001"),
        dead("m000", far),
        left("m000", far),
    ] {
        stage.hears("m001", &[said]);
        assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    }
    assert_eq!(stage.node.stats().incarnations_leaping, 3);
    stage.hears("m001", &[alive("m000", far)]);
    assert_eq!(stage.holds("m000"), Some((State::Alive, far)));
    stage.hears("m001", &[left("m000", far + 65_536)]);
    assert_eq!(stage.holds("m000"), Some((State::Left, far + 65_536)));
}

#[test]
fn p8_a_forged_suspicion_that_nobody_can_outbid_does_not_go_from_roster_to_roster() {
    let mut stage = crowd(CONFIG, 6);
    let top = LIMIT - 2;
    let forged = [
        member(person("m001"), State::Alive, 1),
        member(person("m000"), State::Suspect, top),
        member(person("s"), State::Suspect, top),
    ];
    stage.exchanges_with("m001", Reason::Timed, &forged);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    assert_eq!(stage.holds("s"), None);
    assert_eq!(stage.node.stats().incarnations_leaping, 2);
    // A suspect's record within reach makes it known, and suspect, as ever (R58).
    let suspected = [
        member(person("m001"), State::Alive, 1),
        member(person("m000"), State::Suspect, 3),
        member(person("s"), State::Suspect, 1_800_000_000),
    ];
    stage.exchanges_with("m001", Reason::Timed, &suspected);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 3)));
    let stranger = stage.holds("s");
    assert_eq!(stranger, Some((State::Suspect, 1_800_000_000)));
}

#[test]
fn p8_a_device_without_a_clock_outbids_whatever_is_held_of_its_former_life() {
    // It starts at 1 again; its former life began with the time of day.
    let mut stage = crowd(CONFIG, 6);
    stage.hears("m001", &[dead("a", 1_800_000_000)]);
    assert_eq!(stage.node.me().incarnation.0, 1_800_000_001);
}

#[test]
fn p8_who_cannot_outbid_says_left_waits_and_joins_anew() {
    let mut stage = Stage::cast_as(CONFIG, 1, 50);
    stage.meets_crowd(6).settles();
    // An Alive in our name at the very top: nothing is above it.
    stage.hears("m001", &[alive_as(person("a").noting("forged"), LIMIT - 1)]);
    stage.run_ms(3_000);
    assert!(stage.times(&left("a", LIMIT - 1)) > 0, "{}", stage.script());
    assert_eq!(stage.node.me().state, State::Left);

    stage.run_ms(60_000);
    assert_eq!(stage.node.me().state, State::Alive);
    let back = stage.node.me().incarnation.0;
    assert!(back > 50 && back < LIMIT - 65_536, "{back}");
    stage.run_ms(2_000);
    assert!(stage.times(&alive("a", back)) > 0, "{}", stage.script());
}

#[test]
fn p8_who_was_born_at_the_limit_comes_back_from_exile_as_well() {
    let mut stage = Stage::cast_as(CONFIG, 1, LIMIT - 1);
    stage.meets_crowd(6).settles();
    stage.hears("m001", &[dead("a", LIMIT - 1)]).run_ms(20_000);
    let me = stage.node.me();
    assert_eq!((me.state, me.incarnation.0), (State::Alive, 1));
}

#[test]
fn p8_who_left_stays_away_whatever_is_forged_in_its_name() {
    let mut stage = crowd(CONFIG, 6);
    stage.wish(|node, now| node.leave(now)).expect("was in");
    stage.hears("m001", &[alive_as(person("a").noting("forged"), LIMIT - 1)]);
    stage.run_ms(5_000);
    stage.hears("m001", &[alive_as(person("a").noting("forged"), LIMIT - 1)]);
    stage.run_ms(120_000);
    assert!(stage.node.has_departed());
    assert_eq!(stage.node.me().state, State::Left);
}

#[test]
fn p8_tombstones_that_high_are_forgotten_after_ten_periods() {
    let mut stage = crowd(CONFIG, 6);
    stage
        .silence("m000")
        .hears("m001", &[alive("m000", LIMIT - 1)]);
    stage.hears("m001", &[left("m000", LIMIT - 1)]);
    stage.run_ms(9_000);
    assert_eq!(stage.holds("m000"), Some((State::Left, LIMIT - 1)));
    stage.run_ms(1_500);
    assert_eq!(stage.holds("m000"), None);
    // So the member can come back at the incarnation of its next life.
    stage.hears("m000", &[alive("m000", 2)]);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 2)));
}

#[test]
fn p8_an_update_without_an_incarnation_left_is_refused() {
    let mut stage = Stage::cast_as(CONFIG, 1, LIMIT - 1);
    let newer = person("a").noting("new");
    let refused = stage.wish(|node, now| node.update(now, newer));
    assert_eq!(refused, Err(swim_core::UpdateError::Exhausted));
    assert_eq!(stage.node.me().peer.note, "");
}
