//! P6: deaths heard second-hand. P7: one order of evidence.

mod stage;

use core::time::Duration;

use swim_core::{Config, Reason, State};

use stage::*;

const CONFIG: Config = Config::LAN.with_rush(false);

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

// ---- P6 ----

#[test]
fn p6_a_death_by_rumour_is_not_believed_but_checked_with_the_accusation() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    let (to, said) = stage.datagrams().remove(0);
    assert_eq!(to, address("m000"));
    assert!(matches!(said[0], Said::Ping { .. }), "{said:?}");
    assert!(said.contains(&dead("m000", 1)), "{said:?}");
    // Meanwhile it is not passed on.
    stage.run_ms(450);
    assert_eq!(
        stage.times(&dead("m000", 1)),
        stage.times_to("m000", &dead("m000", 1))
    );
}

#[test]
fn p6_an_ack_refutes_it() {
    let mut stage = crowd(CONFIG, 6);
    stage.hears("m001", &[dead("m000", 1)]).run_ms(5_000);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 2)));
    assert_eq!(stage.node.stats().deaths_refuted, 1);
    assert_eq!(stage.story_of("m000"), [""; 0]);
}

#[test]
fn p6_silence_after_a_rumour_is_a_death_and_is_passed_on() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    // A word from somebody else, so that silence proves something (P13).
    stage.run_ms(250).hears("m002", &[ping_by("m002", 7)]);
    stage.run_ms(249);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    stage.run_ms(2);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
    stage.run_ms(1_000);
    assert!(
        stage.times_to("m001", &dead("m000", 1)) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn p6_silence_after_a_record_is_a_suspicion_that_lasts_the_minimum() {
    // The cast is quiet, and a node that hears little puts its verdicts off (P13): not here.
    let config = CONFIG.with_doubt(false);
    for seed in 0..12 {
        let mut stage = Stage::seeded(config, seed);
        stage.meets_crowd(30).settles().silence("m000");
        let record = [member(person("m000"), State::Dead, 1)];
        stage.exchanges_with("m001", Reason::Timed, &record);
        assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
        let suspected = stage.run_until_state("m000", State::Suspect);
        assert!((500..=502).contains(&suspected), "{suspected} ms");
        let died = stage.run_until_state("m000", State::Dead);
        assert!((4_500..=4_510).contains(&died), "seed {seed}: {died} ms");
    }
}

#[test]
fn p6_who_is_suspect_at_that_incarnation_dies_at_the_rumour() {
    let mut stage = crowd(CONFIG, 6);
    stage
        .silence("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.hears("m001", &[dead("m000", 1)]);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
}

#[test]
fn p6_who_is_suspect_at_a_lower_incarnation_is_checked() {
    let mut stage = crowd(CONFIG, 6);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.hears("m001", &[dead("m000", 2)]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert!(
        stage.times_to("m000", &dead("m000", 2)) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn p6_leaves_are_believed() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears("m001", &[left("m000", 1)]);
    assert_eq!(stage.holds("m000"), Some((State::Left, 1)));
    stage.silence("m002");
    let record = [member(person("m002"), State::Left, 1)];
    stage.exchanges_with("m001", Reason::Timed, &record);
    assert_eq!(stage.holds("m002"), Some((State::Left, 1)));
}

#[test]
fn p6_tombstones_of_unknown_members_are_not_stored() {
    let mut stage = crowd(CONFIG, 6);
    let records = [
        member(person("x"), State::Dead, 1),
        member(person("y"), State::Left, 1),
    ];
    stage.hears("m001", &[dead("z", 1), left("z", 1)]);
    stage.exchanges_with("m001", Reason::Timed, &records);
    for name in ["x", "y", "z"] {
        assert_eq!(stage.holds(name), None);
    }
}

#[test]
fn p6_no_more_than_16_are_checked_in_100_ms() {
    let mut stage = crowd(CONFIG, 40);
    let rumours: Vec<Said> = (0..40).map(|number| dead(crowd_name(number), 1)).collect();
    stage.new_act().hears("m039", &rumours);
    let checked = stage.count(|said| matches!(said, Said::Ping { .. }));
    assert_eq!(checked, 16, "{}", stage.script());
    assert_eq!(stage.node.stats().verifications_skipped, 24);
    assert_eq!(stage.node.counts().dead, 0);
    stage.run_ms(101).hears("m039", &rumours[20..24]);
    assert_eq!(stage.datagrams().len(), 4, "{}", stage.script());
}

#[test]
fn p6_the_same_rumour_again_is_not_checked_again() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    stage.new_act().hears("m001", &[dead("m000", 1)]);
    stage.hears("m002", &[dead("m000", 1)]).stays_silent();
    assert_eq!(stage.node.stats().verifications_skipped, 0);
}

#[test]
fn p6_without_it_a_rumour_of_death_is_believed() {
    let mut stage = crowd(CONFIG.with_verify(false), 6);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
}

// ---- P7 ----

/// Rumours are believed here as they come: the order alone decides.
const ORDER: Config = Config::MEMBERLIST_LAN;

#[test]
fn p7_the_order_of_arrival_never_matters() {
    let rumours = [
        alive("m000", 2),
        suspect("m000", 2, "m001"),
        dead("m000", 3),
        left("m000", 3),
        suspect("m000", 4, "m001"),
    ];
    // Every sequence of up to four of the five.
    for mut code in 0..6_u32.pow(4) {
        let mut stage = Stage::new(ORDER);
        stage.meets_crowd(3).resigns("m000");
        let mut greatest = (1, State::Alive);
        for _ in 0..4 {
            let choice = (code % 6) as usize;
            code /= 6;
            if let Some(rumour) = rumours.get(choice) {
                stage.hears("m001", core::slice::from_ref(rumour));
                greatest = greatest.max(rank(rumour));
            }
        }
        let (state, incarnation) = stage.holds("m000").expect("remembered");
        assert_eq!((incarnation, state), greatest, "{}", stage.script());
    }
}

fn rank(rumour: &Said) -> (u32, State) {
    match *rumour {
        Said::Alive { incarnation, .. } => (incarnation, State::Alive),
        Said::Suspect { incarnation, .. } => (incarnation, State::Suspect),
        Said::Dead { incarnation, .. } => (incarnation, State::Dead),
        Said::Left { incarnation, .. } => (incarnation, State::Left),
        _ => panic!("no rumour: {rumour:?}"),
    }
}

#[test]
fn p7_a_suspicion_above_a_death_is_a_suspicion_with_a_full_timer() {
    let mut stage = crowd(ORDER, 6);
    stage.resigns("m000").hears("m001", &[dead("m000", 10)]);
    stage.run_ms(5_000).new_act();
    stage.hears("m001", &[suspect("m000", 12, "m001")]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 12)));
    let died = stage.run_until_state("m000", State::Dead);
    assert!((23_998..=24_002).contains(&died), "{died} ms");
}

#[test]
fn p7_an_older_alive_does_not_resurrect() {
    let mut stage = crowd(ORDER, 6);
    stage.silence("m000").hears("m001", &[dead("m000", 10)]);
    stage.hears("m001", &[alive("m000", 2), alive("m000", 10)]);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 10)));
}

#[test]
fn p7_left_beats_dead_without_a_second_death() {
    let mut stage = crowd(ORDER, 6);
    stage.silence("m000").hears("m001", &[dead("m000", 10)]);
    stage.hears("m001", &[left("m000", 10)]);
    assert_eq!(stage.holds("m000"), Some((State::Left, 10)));
    let deaths = stage
        .story_of("m000")
        .iter()
        .filter(|told| **told == "dead")
        .count();
    assert_eq!(deaths, 1);
}

#[test]
fn p7_raising_a_tombstone_does_not_make_it_younger() {
    let mut stage = crowd(ORDER, 6);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    stage.run_ms(20_000).hears("m001", &[dead("m000", 5)]);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 5)));
    stage.run_ms(10_100);
    assert_eq!(stage.holds("m000"), None);
    assert_eq!(stage.story_of("m000"), ["dead", "reaped"]);
}

#[test]
fn p7_an_accuser_that_is_not_held_up_starts_a_suspicion_and_confirms_none() {
    let mut stage = crowd(ORDER, 8);
    stage.resigns("m000").silence("m007");
    stage.hears("m001", &[dead("m007", 1)]);
    stage.hears("m001", &[suspect("m000", 1, "z")]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.hears(
        "m001",
        &[suspect("m000", 1, "y"), suspect("m000", 1, "m007")],
    );
    assert_eq!(stage.node.stats().confirmations, 0);
}

#[test]
fn p7_an_old_timer_never_buries_a_newer_life() {
    let mut stage = crowd(ORDER, 8);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage
        .run_ms(20_000)
        .hears("m001", &[suspect("m000", 2, "m001")]);
    stage.run_ms(10_000);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 2)));
}

#[test]
fn p7_a_record_of_a_higher_death_raises_the_tombstone_at_once() {
    let mut stage = crowd(CONFIG, 6);
    stage
        .silence("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.hears("m001", &[dead("m000", 1)]).run_ms(3_000);
    let record = [member(person("m000"), State::Dead, 7)];
    stage.exchanges_with("m001", Reason::Timed, &record);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 7)));
    assert_eq!(stage.story_of("m000"), ["suspected", "dead"]);
}

#[test]
fn p6_what_is_asked_of_a_member_is_void_once_it_is_forgotten() {
    let mut stage = crowd(Config::LAN.with_tombstone(Duration::from_millis(100)), 6);
    let slot = |stage: &Stage, name| stage.node.member(name).expect("held").slot;
    let before = slot(&stage, "m000");
    // Its death is being checked when it says goodbye; then somebody else takes its slot.
    stage.silence("m000").hears("m001", &[dead("m000", 5)]);
    assert_eq!(stage.pings("m000").len(), 1);
    stage.hears("m001", &[left("m000", 1)]).run_ms(150);
    stage.hears("x", &[alive("x", 1)]);
    assert_eq!(slot(&stage, "x"), before);
    stage.run_ms(400).hears("m001", &[ping_by("m001", 7)]);
    assert_eq!(
        stage.holds("x"),
        Some((State::Alive, 1)),
        "{}",
        stage.script()
    );
}
