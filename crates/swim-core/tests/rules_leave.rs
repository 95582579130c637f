//! What is remembered of those who left.

mod stage;

use swim_core::{Config, State};

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;

fn after_the_leave_of_b() -> Stage {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").meets("d").settles();
    stage.silence("b").hears("b", &[left("b", 1)]);
    stage
}

#[test]
fn r48_who_left_is_remembered_but_neither_told_nor_probed() {
    let mut stage = after_the_leave_of_b();
    stage.new_act();
    for round in 2..80 {
        stage.hears("c", &[alive_as(person("c").noting("news"), round)]);
        stage.run_ms(200);
    }
    let to_b = stage.sent().iter().filter(|sent| sent.1 == 2).count();
    assert_eq!(to_b, 0, "{}", stage.script());
    assert_eq!(stage.holds("b"), Some((State::Left, 1)));
}

#[test]
fn r48_the_same_address_comes_back_with_a_higher_incarnation_only() {
    let mut stage = after_the_leave_of_b();
    stage.hears("b", &[alive("b", 1)]);
    assert_eq!(stage.holds("b"), Some((State::Left, 1)));
    stage.hears("b", &[alive("b", 2)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 2)));
    assert_eq!(stage.story_of("b"), ["left", "up"]);
}

#[test]
fn r48_a_suspicion_or_a_death_of_that_life_changes_nothing_about_it() {
    let mut stage = after_the_leave_of_b();
    stage.hears("c", &[suspect("b", 1, "c"), dead("b", 1)]);
    assert_eq!(stage.holds("b"), Some((State::Left, 1)));
    assert_eq!(stage.story_of("b"), ["left"]);
}
