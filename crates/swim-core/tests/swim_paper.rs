//! SWIM (2002), sections 3 and 4, sentence by sentence. `docs/protocol.md`, section 7, has the sentences.

mod stage;

use core::time::Duration;
use std::collections::BTreeSet;

use swim_core::{Config, Reason, State};

use stage::*;

/// The paper's protocol with suspicion (section 4).
const CONFIG: Config = Config::PLAIN_SWIM;
/// The paper's basic protocol (section 3): a failed probe is a failure.
const BASIC: Config = CONFIG.with_suspicion(false);

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

/// A crowd in which the probe of a silent "m000" has just begun; a new act, and the probe's number.
fn probe_of_a_silent_member(config: Config, size: usize) -> (Stage, u32) {
    let mut stage = crowd(config, size);
    let seq = stage.silence("m000").next_ping("m000");
    stage.new_act();
    (stage, seq)
}

fn targets(stage: &Stage) -> Vec<u16> {
    stage.all_pings().iter().map(|ping| ping.1).collect()
}

// ---- 3.1 the failure detector ----

#[test]
fn swim_3_1_a_each_period_one_member_is_pinged() {
    let mut stage = crowd(CONFIG, 7);
    stage.run_ms(10_000);
    let pings = stage.all_pings();
    assert!((9..=11).contains(&pings.len()), "{}", stage.script());
    for pair in pings.windows(2) {
        assert_eq!(pair[1].0 - pair[0].0, 1_000, "{}", stage.script());
    }
}

#[test]
fn swim_3_1_b_a_ping_is_answered_by_an_ack_with_its_number() {
    let mut stage = crowd(CONFIG, 2);
    for seq in [0, 1, 0xFFFF_FFFF] {
        stage.hears("m000", &[ping_by("m000", seq)]);
        stage.says("m000", &ack(seq));
    }
}

#[test]
fn swim_3_1_c_a_silent_target_is_pinged_through_k_others() {
    for k in [1, 3] {
        let (mut stage, seq) = probe_of_a_silent_member(CONFIG.with_indirect_probes(k), 7);
        stage.run_ms(499);
        assert_eq!(stage.ping_reqs(), []);
        stage.run_ms(1);
        let asked = stage.ping_reqs();
        let relays: BTreeSet<u16> = asked.iter().map(|asked| asked.1).collect();
        assert_eq!(relays.len(), usize::from(k), "{}", stage.script());
        assert!(!relays.contains(&100) && !relays.contains(&1));
        assert!(asked.iter().all(|asked| asked.2 == seq));
    }
}

#[test]
fn swim_3_1_c_the_k_others_are_drawn_at_random() {
    let mut relays = BTreeSet::new();
    for seed in 0..30 {
        let mut stage = Stage::seeded(CONFIG.with_indirect_probes(1), seed);
        stage.meets_crowd(5).settles().silence("m000");
        stage.next_ping("m000");
        stage.new_act().run_ms(600);
        relays.extend(stage.ping_reqs().iter().map(|asked| asked.1));
    }
    assert_eq!(relays, BTreeSet::from([101, 102, 103, 104]));
}

#[test]
fn swim_3_1_d_a_relay_pings_the_target_and_passes_its_ack_on() {
    let mut stage = crowd(CONFIG, 3);
    stage.silence("m001");
    stage.hears("m000", &[ping_req("m001", 9)]);
    let (_, own) = stage.pings("m001").pop().expect("a ping");
    stage.run_ms(100);
    assert_eq!(stage.times(&ack(9)), 0);
    stage.hears("m001", &[ack(own)]).says("m000", &ack(9));
}

#[test]
fn swim_3_1_e_no_ack_by_the_end_of_the_period_is_a_failure() {
    let (mut stage, _) = probe_of_a_silent_member(BASIC, 5);
    stage.run_ms(999);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    stage.run_ms(1);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
    assert_eq!(stage.story_of("m000"), ["dead"]);
}

#[test]
fn swim_3_1_f_one_ack_on_any_path_saves_the_target() {
    let (mut stage, seq) = probe_of_a_silent_member(BASIC, 5);
    stage.run_ms(900).hears("m000", &[ack(seq)]).run_ms(200);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));

    let (mut stage, seq) = probe_of_a_silent_member(BASIC, 5);
    stage.run_ms(900);
    let relay = stage.ping_reqs()[2].1;
    stage.hears_from(relay, &[ack(seq)]).run_ms(200);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
}

#[test]
fn swim_3_1_g_an_ack_of_an_earlier_period_does_not_count() {
    let (mut stage, first) = probe_of_a_silent_member(CONFIG, 1);
    let second = stage.next_ping("m000");
    assert_ne!(first, second);
    let failed = stage.node.stats().probes_failed;
    stage.hears("m000", &[ack(first)]).run_ms(1_000);
    assert_eq!(stage.node.stats().probes_failed, failed + 1);
}

#[test]
fn swim_3_1_h_the_load_of_a_period_does_not_grow_with_the_group() {
    for others in [3, 30, 120] {
        let mut stage = crowd(CONFIG, others);
        stage.run_ms(20_000);
        let sent = stage.sent().len();
        assert!((19..=21).contains(&sent), "{sent} among {others}");
    }
}

// ---- 3.2 dissemination and dynamic membership ----

#[test]
fn swim_3_2_a_a_failure_is_told_to_the_others() {
    let (mut stage, _) = probe_of_a_silent_member(BASIC, 4);
    stage.run_ms(10_000);
    assert_eq!(stage.times(&dead("m000", 1)), 4, "{}", stage.script());
}

#[test]
fn swim_3_2_b_who_hears_of_a_failure_stops_pinging_the_member() {
    let mut stage = crowd(BASIC, 4);
    stage.hears("m001", &[dead("m000", 1)]);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
    stage.new_act().run_ms(20_000);
    assert_eq!(stage.pings("m000"), []);
}

#[test]
fn swim_3_2_c_joins_and_leaves_are_told_like_failures() {
    let mut stage = crowd(BASIC, 4);
    stage.hears("m001", &[alive("m009", 1)]);
    stage.silence("m002").hears("m002", &[left("m002", 1)]);
    stage.run_ms(10_000);
    assert_eq!(stage.times(&alive("m009", 1)), 4, "{}", stage.script());
    assert_eq!(stage.times(&left("m002", 1)), 4, "{}", stage.script());
}

#[test]
fn swim_3_2_d_one_known_member_is_enough_to_join() {
    let mut stage = Stage::new(CONFIG);
    stage.holds_streams();
    let opened = stage
        .wish(|node, now| node.join(now, address("b")))
        .expect("free");
    let asked = stage.exchanges_for(Reason::Join);
    assert_eq!(asked.len(), 1, "{}", stage.script());
    assert_eq!((asked[0].1, asked[0].2), (opened, address("b")));
    stage.wish(|node, now| {
        for name in ["b", "c", "d"] {
            node.handle_record(now, opened, &member(person(name), State::Alive, 1));
        }
        node.handle_exchange(now, opened, Ok(SAME));
    });
    assert_eq!(stage.node.counts().alive, 4);
}

// ---- 4.1 infection-style dissemination ----

#[test]
fn swim_4_1_a_news_rides_on_pings_and_acks_only() {
    let mut stage = crowd(CONFIG, 4);
    let news = alive("m009", 1);
    stage.hears("m001", &[alive("m009", 1)]);
    for seq in 0..5 {
        stage.run_ms(700);
        stage.hears("m001", &[ping_by("m001", seq)]);
    }
    let carriers = stage.sent();
    let with_news = carriers.iter().filter(|(_, _, said)| said.contains(&news));
    assert_eq!(with_news.count(), 4, "{}", stage.script());
    let carries = |one: &Said| matches!(one, Said::Ping { .. } | Said::Ack { .. });
    for (_, _, said) in &carriers {
        assert!(said.iter().any(carries), "a packet of its own: {said:?}");
    }
}

#[test]
fn swim_4_1_b_news_is_sent_a_bounded_number_of_times() {
    for (others, bound) in [(8, 4), (98, 8), (120, 12)] {
        let mut stage = crowd(CONFIG, others);
        stage.run_ms(60_000).new_act();
        let newer = alive("m000", 2);
        stage.hears("m001", &[alive("m000", 2)]).run_ms(60_000);
        assert_eq!(stage.times(&newer), bound, "among {others}");
    }
}

#[test]
fn swim_4_1_c_what_was_sent_less_often_goes_first() {
    let mut stage = crowd(CONFIG, 6);
    // Beside an ack there is room for one Alive.
    stage.datagrams_of(8 + 8 + 48 + 10);
    let answered = |stage: &mut Stage| {
        stage.hears("m005", &[ping_by("m005", 7)]);
        let said = stage.datagrams().remove(0).1;
        said.into_iter().find(Said::is_news).expect("news")
    };
    stage.hears("m000", &[alive("m001", 2)]);
    assert_eq!(answered(&mut stage), alive("m001", 2));
    stage.hears("m000", &[alive("m002", 2)]);
    // One was sent once, the other never: the other goes first. Then they take turns.
    assert_eq!(answered(&mut stage), alive("m002", 2));
    let mut next = [answered(&mut stage), answered(&mut stage)];
    next.sort_by_key(|said| format!("{said:?}"));
    assert_eq!(next, [alive("m001", 2), alive("m002", 2)]);
}

#[test]
fn swim_4_1_d_news_that_was_taken_is_passed_on() {
    let mut stage = crowd(CONFIG, 4);
    stage.hears("m001", &[suspect("m000", 1, "m001")]);
    stage.silence("m000");
    stage.run_ms(8_000);
    assert!(
        stage.times(&suspect("m000", 1, "m001")) > 1,
        "{}",
        stage.script()
    );
}

// ---- 4.2 suspicion ----

#[test]
fn swim_4_2_a_a_failed_probe_is_a_suspicion_and_is_told() {
    let (mut stage, _) = probe_of_a_silent_member(CONFIG, 4);
    stage.run_ms(1_000);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.run_ms(3_000);
    assert!(
        stage.times(&suspect("m000", 1, "a")) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn swim_4_2_b_who_hears_a_suspicion_suspects_too() {
    let mut stage = crowd(CONFIG, 4);
    stage.hears("m001", &[suspect("m000", 1, "m001")]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert_eq!(stage.node.counts().suspect, 1);
}

#[test]
fn swim_4_2_c_a_suspect_is_still_pinged() {
    let mut stage = crowd(CONFIG, 2);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.new_act().run_ms(3_900);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert!(!stage.pings("m000").is_empty(), "{}", stage.script());
}

#[test]
fn swim_4_2_e_an_alive_that_overrides_ends_the_suspicion() {
    let mut stage = crowd(CONFIG, 4);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    // Whoever brings it: the word is the member's own.
    stage.hears("m002", &[alive("m000", 2)]);
    stage.run_ms(60_000);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 2)));
    assert_eq!(stage.story_of("m000"), ["suspected", "refuted"]);
}

#[test]
fn swim_4_2_f_a_suspect_that_hears_of_it_says_alive_with_a_higher_incarnation() {
    let mut stage = crowd(CONFIG, 4);
    stage.hears("m001", &[suspect("a", 1, "m001")]);
    stage.run_ms(10_000);
    assert_eq!(stage.times(&alive("a", 2)), 4, "{}", stage.script());
}

#[test]
fn swim_4_2_g_a_suspicion_that_expires_is_a_failure_and_is_told() {
    let mut stage = crowd(CONFIG, 4);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.run_ms(3_990);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.run_ms(20);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
    stage.run_ms(10_000);
    assert_eq!(stage.times(&dead("m000", 1)), 4, "{}", stage.script());
}

#[test]
fn swim_4_2_h_nobody_raises_the_incarnation_of_another() {
    let mut stage = crowd(CONFIG, 4);
    stage
        .silence("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.run_ms(30_000);
    let about_m000 = |one: &Said| match *one {
        Said::Alive { peer, incarnation } if peer.name == "m000" => Some(incarnation),
        Said::Suspect {
            key: "m000",
            incarnation,
            ..
        }
        | Said::Dead {
            key: "m000",
            incarnation,
        } => Some(incarnation),
        _ => None,
    };
    let sent = stage.sent();
    let said = sent.iter().flat_map(|sent| &sent.2).filter_map(about_m000);
    let said: BTreeSet<u32> = said.collect();
    assert_eq!(said, BTreeSet::from([1]));
}

/// What is held of "b" after what was held and what was heard.
fn after(held: Said, heard: Said) -> Option<(State, u32)> {
    let mut stage = Stage::new(CONFIG);
    stage
        .meets_at("b", 0)
        .meets("c")
        .meets("d")
        .settles()
        .resigns("b");
    stage.hears("c", &[held, heard]);
    stage.holds("b")
}

#[test]
fn swim_4_2_i_alive_overrides_lower_incarnations_only() {
    let alive_at = |incarnation| Some((State::Alive, incarnation));
    assert_eq!(after(alive("b", 3), alive("b", 4)), alive_at(4));
    assert_eq!(after(suspect("b", 3, "c"), alive("b", 4)), alive_at(4));
    assert_eq!(after(alive("b", 3), alive("b", 2)), alive_at(3));
    for older in [2, 3] {
        let held = Some((State::Suspect, 3));
        assert_eq!(after(suspect("b", 3, "c"), alive("b", older)), held);
    }
}

#[test]
fn swim_4_2_j_suspect_overrides_alive_of_its_own_incarnation() {
    let suspect_at = |incarnation| Some((State::Suspect, incarnation));
    assert_eq!(after(alive("b", 3), suspect("b", 3, "c")), suspect_at(3));
    assert_eq!(after(alive("b", 3), suspect("b", 4, "c")), suspect_at(4));
    assert_eq!(
        after(suspect("b", 3, "c"), suspect("b", 4, "c")),
        suspect_at(4)
    );
    assert_eq!(
        after(suspect("b", 3, "c"), suspect("b", 2, "c")),
        suspect_at(3)
    );
    let held = Some((State::Alive, 3));
    assert_eq!(after(alive("b", 3), suspect("b", 2, "c")), held);
}

// ---- 4.3 round robin ----

#[test]
fn swim_4_3_a_each_member_is_pinged_once_in_a_round() {
    let mut stage = crowd(CONFIG, 10);
    stage.run_ms(100_000);
    let targets = targets(&stage);
    let everybody: BTreeSet<u16> = (100..110).collect();
    let in_rounds = |offset: usize| {
        let rounds = targets[offset..].chunks_exact(10);
        rounds
            .map(|round| round.iter().copied().collect::<BTreeSet<u16>>())
            .all(|round| round == everybody)
    };
    assert!((0..10).any(in_rounds), "{targets:?}");
}

#[test]
fn swim_4_3_c_the_order_is_drawn_anew_after_each_round() {
    let mut stage = crowd(CONFIG, 10);
    stage.run_ms(200_000);
    let targets = targets(&stage);
    // With one order for ever each member would come exactly ten periods after itself.
    let repeats = targets.windows(11).filter(|window| window[0] == window[10]);
    let repeats = repeats.count();
    assert!(
        repeats < targets.len() / 3,
        "{repeats} of {}",
        targets.len()
    );
}

#[test]
fn swim_4_3_d_two_pings_of_one_member_are_at_most_2n_minus_1_periods_apart() {
    for seed in 0..10 {
        let mut stage = Stage::seeded(CONFIG, seed);
        stage.meets_crowd(7).settles();
        stage.run_ms(200_000);
        for number in 0..7 {
            let pings = stage.pings(crowd_name(number));
            let mut gaps = pings.windows(2).map(|pair| pair[1].0 - pair[0].0);
            assert!(gaps.all(|gap| gap <= (2 * 7 - 1) * 1_000), "{pings:?}");
        }
    }
}

#[test]
fn swim_4_3_e_a_failure_is_found_within_a_bounded_time() {
    for seed in 0..10 {
        let mut stage = Stage::seeded(BASIC, seed);
        stage.meets_crowd(7).settles().silence("m003");
        let found = stage.run_until_state("m003", State::Dead);
        let bound = (2 * 7 - 1) * 1_000 + 1_000;
        assert!(found <= bound, "{found} ms");
    }
}

#[test]
fn swim_3_1_c_the_time_out_must_be_shorter_than_the_period() {
    let period = CONFIG.probe.interval;
    assert!(CONFIG.validate().is_ok());
    assert!(CONFIG.with_probe_timeout(period).validate().is_err());
    assert!(
        CONFIG
            .with_probe_timeout(Duration::ZERO)
            .validate()
            .is_err()
    );
}
