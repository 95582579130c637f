//! What an Alive does: memberlist's rules for newcomers, news about members, and rumours about ourselves.

mod stage;

use swim_core::{Config, Event, Reason, State};

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;

#[test]
fn r1_every_own_announcement_takes_a_higher_incarnation() {
    let mut stage = Stage::cast_as(CONFIG, 1, 40);
    assert_eq!(stage.node.me().incarnation.0, 40);

    let noted = person("a").noting("new");
    stage.wish(|node, now| node.update(now, noted)).expect("up");
    assert_eq!(stage.node.me().incarnation.0, 41);

    stage.meets("b").hears("b", &[suspect("a", 41, "b")]);
    assert_eq!(stage.node.me().incarnation.0, 42);
}

#[test]
fn r3_a_message_that_fails_a_check_is_dropped_counted_and_not_answered() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    let before = *stage.node.stats();

    stage.hears("b", &[suspect("x", 1, "b")]).stays_silent();
    stage.hears("b", &[dead("b", 0)]).stays_silent();
    stage.hears("b", &[ack(77)]).stays_silent();

    let after = stage.node.stats();
    assert_eq!(after.rumours_unknown, before.rumours_unknown + 1);
    assert_eq!(after.rumours_known, before.rumours_known + 1);
    assert_eq!(after.acks_unasked, before.acks_unasked + 1);
    assert_eq!(stage.holds("b"), Some((State::Alive, 1)));
}

#[test]
fn r10_who_has_left_is_not_brought_back_by_an_alive_about_it() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.wish(|node, now| node.leave(now)).expect("was in");

    stage.hears("b", &[alive("a", 1)]).run_ms(5_000);
    assert_eq!(stage.node.me().state, State::Left);
    stage.hears("b", &[alive("a", 2)]).run_ms(5_000);

    assert_eq!(stage.node.me().state, State::Left);
    let says_alive = |said: &Said| matches!(said, Said::Alive { peer, .. } if peer.name == "a");
    assert_eq!(stage.count(says_alive), 0, "{}", stage.script());
}

#[test]
fn r13_an_alive_about_an_unknown_name_adds_the_member_and_is_passed_on() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();

    stage.hears("b", &[alive("c", 7)]);
    assert_eq!(stage.holds("c"), Some((State::Alive, 7)));
    assert_eq!(stage.node.counts().alive, 3);
    assert_eq!(stage.story_of("c"), ["up"]);

    stage.run_ms(3_000);
    assert!(stage.times(&alive("c", 7)) > 0, "{}", stage.script());
}

#[test]
fn r13_incarnation_0_is_as_good_as_any() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_at("b", 0);
    assert_eq!(stage.holds("b"), Some((State::Alive, 0)));
    assert_eq!(stage.story_of("b"), ["up"]);
}

#[test]
fn r15_an_alive_from_the_address_held_is_judged_by_its_incarnation() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_at("b", 5);
    stage.hears("c", &[alive_as(person("b").noting("older"), 4)]);
    assert_eq!(stage.holds_person("b").note, "");
    stage.hears("c", &[alive_as(person("b").noting("newer"), 6)]);
    assert_eq!(stage.holds_person("b").note, "newer");
    assert_eq!(stage.holds("b"), Some((State::Alive, 6)));
}

#[test]
fn r16_the_name_of_a_member_that_left_may_come_from_another_address() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    stage.hears("b", &[left("b", 1)]).silence("b");

    stage.hears_from(50, &[alive_as(person("b").at(50), 2)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 2)));
    assert_eq!(stage.holds_person("b").at, 50);
    assert_eq!(stage.story_of("b"), ["left", "up"]);
}

#[test]
fn r16_the_name_of_the_dead_may_move_only_after_the_time_to_reclaim() {
    let mut config = CONFIG;
    config.recovery.reclaim = Some(core::time::Duration::from_secs(5));
    let mut stage = Stage::new(config);
    stage.meets("b").meets("c").settles();
    stage.silence("b").hears("c", &[dead("b", 1)]);
    let moved = [alive_as(person("b").at(50), 2)];

    stage.run_ms(4_900).hears_from(50, &moved);
    assert_eq!(stage.holds("b"), Some((State::Dead, 1)));
    stage.run_ms(200).hears_from(50, &moved);
    assert_eq!(stage.holds("b"), Some((State::Alive, 2)));
    assert_eq!(stage.holds_person("b").at, 50);
}

#[test]
fn r16_without_a_time_to_reclaim_the_name_of_the_dead_stays_where_it_was() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    stage.silence("b").hears("c", &[dead("b", 1)]);

    stage.run_ms(25_000);
    stage.hears_from(50, &[alive_as(person("b").at(50), 2)]);
    assert_eq!(stage.holds("b"), Some((State::Dead, 1)));
}

#[test]
fn r17_an_alive_from_another_address_is_a_conflict() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    let other = person("b").at(50);

    stage.hears_from(50, &[alive_as(other, 9)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 1)));
    assert_eq!(stage.holds_person("b").at, 2);
    assert_eq!(stage.node.stats().conflicts, 1);
    let told = |event: &Event<Person>| {
        matches!(event, Event::Conflict { held, other: them }
            if held.peer == person("b") && *them == other)
    };
    assert!(stage.was_told(told), "{}", stage.script());

    stage.run_ms(3_000);
    assert_eq!(stage.times(&alive_as(other, 9)), 0, "{}", stage.script());
}

#[test]
fn r18_about_others_an_alive_needs_a_higher_incarnation() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_at("b", 5).meets("c").settles();
    stage.hears("c", &[suspect("b", 5, "c")]);

    stage.hears("c", &[alive("b", 5)]);
    assert_eq!(stage.holds("b"), Some((State::Suspect, 5)));
    stage.hears("c", &[alive("b", 4)]);
    assert_eq!(stage.holds("b"), Some((State::Suspect, 5)));
    stage.hears("c", &[alive("b", 6)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 6)));
}

#[test]
fn r18_a_replayed_alive_does_not_raise_the_dead() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    stage.silence("b").hears("c", &[dead("b", 1)]);
    stage.hears("c", &[alive("b", 1)]);
    assert_eq!(stage.holds("b"), Some((State::Dead, 1)));
}

#[test]
fn r19_about_ourselves_an_older_alive_is_dropped() {
    let mut stage = Stage::cast_as(CONFIG, 1, 5);
    stage.meets("b").settles();
    stage.hears("b", &[alive_as(person("a").noting("old"), 4)]);
    assert_eq!(stage.node.me().incarnation.0, 5);
    assert_eq!(stage.node.stats().refutations, 0);
}

#[test]
fn r20_an_alive_that_is_taken_ends_the_suspicion_and_its_timer() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").meets("d").settles();
    stage.hears("c", &[suspect("b", 1, "c")]);
    stage.hears("b", &[alive("b", 2)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 2)));

    stage.run_ms(60_000);
    assert_eq!(stage.holds("b"), Some((State::Alive, 2)));
    assert_eq!(stage.node.stats().deaths_declared, 0);
}

#[test]
fn r20_the_accusers_of_an_ended_suspicion_count_anew() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(8).settles().silence("m000");
    stage.hears("m001", &[suspect("m000", 1, "m001")]);
    stage.hears("m002", &[suspect("m000", 1, "m002")]);
    stage.hears("m003", &[alive("m000", 2)]);
    stage.hears("m001", &[suspect("m000", 2, "m001")]);
    let confirmed = stage.node.stats().confirmations;
    stage.hears("m002", &[suspect("m000", 2, "m002")]);
    assert_eq!(stage.node.stats().confirmations, confirmed + 1);
}

#[test]
fn r21_our_own_alive_with_our_own_words_is_dropped() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears("b", &[alive("a", 1)]);
    assert_eq!(stage.node.me().incarnation.0, 1);
    assert_eq!(stage.node.stats().refutations, 0);
}

#[test]
fn r21_our_own_incarnation_with_other_words_is_outbid() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears("b", &[alive_as(person("a").noting("an older life"), 1)]);
    assert_eq!(stage.node.me().incarnation.0, 2);
    assert_eq!(stage.node.me().peer.note, "");
    stage.run_ms(3_000);
    assert!(
        stage.times_to("b", &alive("a", 2)) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn r21_an_alive_about_us_above_our_own_is_outbid() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears("b", &[alive("a", 9)]);
    assert_eq!(stage.node.me().incarnation.0, 10);
}

#[test]
fn r22_an_alive_that_is_taken_replaces_the_peer_and_is_passed_on() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    let newer = person("b").noting("moved to rack 7");

    stage.hears("c", &[alive_as(newer, 2)]);
    assert_eq!(stage.holds_person("b"), newer);
    stage.run_ms(3_000);
    assert!(stage.times(&alive_as(newer, 2)) > 0, "{}", stage.script());
}

#[test]
fn r22_what_is_known_is_not_passed_on_again() {
    let mut stage = Stage::new(CONFIG);
    stage
        .meets("b")
        .meets("c")
        .meets("d")
        .settles()
        .silence("d");
    stage.hears("b", &[left("d", 1)]).run_ms(10_000).new_act();
    let before = stage.node.stats().rumours_known;
    for said in [alive("b", 1), alive("c", 1), left("d", 1), alive("a", 1)] {
        stage.hears("c", &[said]);
    }
    stage.run_ms(5_000);
    assert_eq!(stage.count(Said::is_news), 0, "{}", stage.script());
    assert_eq!(stage.node.stats().rumours_known, before + 4);
}

#[test]
fn r23_the_application_hears_of_joins_returns_and_changes() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles().silence("b");

    stage.hears("c", &[alive_as(person("b").noting("new"), 2)]);
    stage.hears("c", &[dead("b", 2)]);
    stage.hears("c", &[alive_as(person("b").noting("new"), 3)]);
    stage.hears("c", &[left("b", 3)]);
    stage.hears("c", &[alive_as(person("b").noting("newer"), 4)]);
    assert_eq!(stage.story_of("b"), ["changed", "dead", "up", "left", "up"]);
}

#[test]
fn r23_a_higher_incarnation_alone_is_no_change() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears("b", &[alive("b", 2)]);
    assert_eq!(stage.story_of("b"), [""; 0]);
}

#[test]
fn r44_alive_and_suspect_members_count_as_the_cluster() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(4).settles().silence_all();
    stage.hears("m003", &[suspect("m000", 1, "m003")]);
    stage.hears("m003", &[dead("m001", 1)]);
    stage.hears("m002", &[left("m002", 1)]);

    let counts = stage.node.counts();
    let all = [counts.alive, counts.suspect, counts.dead, counts.left];
    assert_eq!(all, [2, 1, 1, 1]);
    let up = stage.node.members().filter(|member| member.state.is_up());
    let mut up: Vec<&str> = up.map(|member| member.peer.name).collect();
    up.sort_unstable();
    assert_eq!(up, ["a", "m000", "m003"]);
}

#[test]
fn r58_a_newcomer_does_not_learn_of_old_deaths() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    let old = [
        member(person("x"), State::Dead, 4),
        member(person("y"), State::Left, 4),
    ];
    stage.exchanges_with("b", Reason::Timed, &old);
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.holds("y"), None);
}

#[test]
fn r58_but_it_learns_of_members_that_are_only_suspected() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    let suspected = [member(person("x"), State::Suspect, 4)];
    stage.exchanges_with("b", Reason::Timed, &suspected);
    assert_eq!(stage.holds("x"), Some((State::Suspect, 4)));
    assert_eq!(stage.story_of("x"), ["up", "suspected"]);
}
