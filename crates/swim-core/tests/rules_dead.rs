//! What a death does: about others, about ourselves, and from a record.

mod stage;

use swim_core::{Config, Reason, State};

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;

fn three() -> Stage {
    let mut stage = Stage::new(CONFIG);
    stage.meets_at("b", 5).meets("c").settles();
    stage
}

#[test]
fn r37_a_death_of_an_unknown_member_is_dropped() {
    let mut stage = three();
    stage.hears("c", &[dead("x", 1)]).run_ms(2_000);
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.count(Said::is_news), 0, "{}", stage.script());
}

#[test]
fn r37_an_older_death_is_dropped() {
    let mut stage = three();
    stage.hears("c", &[dead("b", 4), left("b", 4)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 5)));
}

#[test]
fn r39_our_own_death_is_refuted() {
    let mut stage = three();
    stage.hears("b", &[dead("a", 1)]);
    assert_eq!(stage.node.me().state, State::Alive);
    assert_eq!(stage.node.me().incarnation.0, 2);
    assert_eq!(stage.node.health(), 1);
    stage.run_ms(2_000);
    assert!(stage.times(&alive("a", 2)) > 0, "{}", stage.script());
}

#[test]
fn r39_somebody_elses_word_that_we_left_is_refuted_too() {
    let mut stage = three();
    stage.hears("b", &[left("a", 1)]);
    assert_eq!(stage.node.me().state, State::Alive);
    assert_eq!(stage.node.me().incarnation.0, 2);
}

#[test]
fn r40_a_death_is_taken_told_once_and_passed_on() {
    let mut stage = three();
    stage.silence("b").hears("c", &[dead("b", 5), dead("b", 5)]);
    assert_eq!(stage.holds("b"), Some((State::Dead, 5)));
    stage.hears("c", &[dead("b", 5)]).run_ms(2_000);
    assert_eq!(stage.story_of("b"), ["dead"]);
    assert!(stage.times_to("c", &dead("b", 5)) > 0, "{}", stage.script());
}

#[test]
fn r40_a_death_ends_a_suspicion() {
    let mut stage = three();
    stage.silence("b");
    stage.hears("c", &[suspect("b", 5, "c")]);
    stage.hears("c", &[dead("b", 5)]);
    assert_eq!(stage.holds("b"), Some((State::Dead, 5)));
    stage.run_ms(10_000);
    assert_eq!(stage.story_of("b"), ["suspected", "dead"]);
    assert_eq!(stage.node.stats().deaths_declared, 0);
}

#[test]
fn r40_who_said_goodbye_itself_has_left() {
    let mut stage = three();
    stage.silence("b").hears("b", &[left("b", 5)]);
    assert_eq!(stage.holds("b"), Some((State::Left, 5)));
    stage.run_ms(2_000);
    assert_eq!(stage.story_of("b"), ["left"]);
    assert!(stage.times_to("c", &left("b", 5)) > 0, "{}", stage.script());
}

#[test]
fn r56_a_dead_record_never_kills_at_once_but_is_our_own_suspicion() {
    let mut stage = three();
    stage.silence("b");
    let records = [member(person("b"), State::Dead, 5)];
    stage.exchanges_with("c", Reason::Timed, &records);
    assert_eq!(stage.holds("b"), Some((State::Suspect, 5)));
    stage.run_ms(2_000);
    assert!(stage.times(&suspect("b", 5, "a")) > 0, "{}", stage.script());
}

#[test]
fn r56_a_suspect_record_is_a_suspicion() {
    let mut stage = three();
    let records = [member(person("b"), State::Suspect, 5)];
    stage.exchanges_with("c", Reason::Timed, &records);
    assert_eq!(stage.holds("b"), Some((State::Suspect, 5)));
}

#[test]
fn r56_alive_and_left_records_are_taken_as_they_are() {
    let mut stage = three();
    let records = [
        member(person("b"), State::Left, 5),
        member(person("d"), State::Alive, 2),
        member(person("c").noting("new"), State::Alive, 2),
    ];
    stage.exchanges_with("c", Reason::Timed, &records);
    assert_eq!(stage.holds("b"), Some((State::Left, 5)));
    assert_eq!(stage.holds("d"), Some((State::Alive, 2)));
    assert_eq!(stage.holds_person("c").note, "new");
}

#[test]
fn r56_a_record_about_ourselves_is_refuted_like_a_rumour() {
    let mut stage = three();
    let records = [member(person("a"), State::Dead, 3)];
    stage.exchanges_with("c", Reason::Timed, &records);
    assert_eq!(stage.node.me().incarnation.0, 4);
    assert_eq!(stage.node.me().state, State::Alive);
}
