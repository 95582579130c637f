//! P2: suspicion. How long, called once more, told at once, sent how often.

mod stage;

use core::time::Duration;

use swim_core::{Config, Event, State};

use stage::*;

/// Only datagrams decide.
const CONFIG: Config = Config::LAN.with_stream_ping(false);

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

fn accuse(stage: &mut Stage, accusers: &[&'static str]) {
    for accuser in accusers {
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
    }
}

fn death(stage: &mut Stage) -> u64 {
    stage.run_until_state("m000", State::Dead)
}

#[track_caller]
fn assert_about(found: u64, expected: u64) {
    let near = found.abs_diff(expected) <= 5;
    assert!(near, "{found} ms instead of {expected} ms");
}

// ---- how long ----

#[test]
fn p2_the_least_suspicion_is_four_intervals_or_2_4_log_n() {
    let calm = CONFIG.with_last_call(false).with_rush(false);
    for (others, least) in [(9, 4_000), (39, 4_000), (99, 4_800)] {
        let mut stage = crowd(calm, others);
        stage.resigns("m000");
        accuse(&mut stage, &["m001", "m002", "m003", "m004"]);
        assert_about(death(&mut stage), least);
    }
}

#[test]
fn p2_the_longest_is_six_times_the_least() {
    let calm = CONFIG.with_last_call(false).with_rush(false);
    let mut stage = crowd(calm, 99);
    stage.resigns("m000");
    accuse(&mut stage, &["m001"]);
    assert_about(death(&mut stage), 6 * 4_800);
}

#[test]
fn p2_k_is_three_or_as_many_as_there_are() {
    let calm = CONFIG.with_last_call(false).with_rush(false);
    // Four members: us, the suspect, and two who can accuse it. Both do, and we would be the third: K is 2.
    let mut stage = crowd(calm, 3);
    stage.resigns("m000");
    accuse(&mut stage, &["m001", "m002"]);
    let one_of_two = 24_000 - 12_619;
    assert_about(death(&mut stage), one_of_two);
}

#[test]
fn p2_patient_takes_memberlists_alpha() {
    let patient = Config::PATIENT
        .with_stream_ping(false)
        .with_last_call(false)
        .with_rush(false);
    let mut stage = crowd(patient, 99);
    stage.resigns("m000");
    accuse(&mut stage, &["m001", "m002", "m003", "m004"]);
    assert_about(death(&mut stage), 8_000);
}

#[test]
fn p2_a_late_confirmation_leaves_one_time_out_for_the_refutation() {
    let mut stage = crowd(CONFIG.with_rush(false), 8);
    stage.resigns("m000");
    accuse(&mut stage, &["m001"]);
    stage.run_ms(10_000);
    accuse(&mut stage, &["m002", "m003", "m004"]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.run_ms(495);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.run_ms(10);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
}

// ---- re-ping ----

#[test]
fn p2_an_unanswered_ping_is_repeated_every_fifth_of_the_time_out() {
    let (mut stage, seq) = probe_of_a_silent_member(CONFIG, 6);
    stage.run_ms(950);
    let repeats: Vec<_> = (1..10).map(|n| (n * 100, seq)).collect();
    assert_eq!(stage.pings("m000"), repeats, "{}", stage.script());
    assert_eq!(stage.node.stats().pings_repeated, 9);
}

#[test]
fn p2_repeats_end_with_the_ack() {
    let (mut stage, seq) = probe_of_a_silent_member(CONFIG, 6);
    stage.run_ms(250).hears("m000", &[ack(seq)]);
    stage.new_act().run_ms(600);
    assert_eq!(stage.pings("m000"), []);
}

#[test]
fn p2_repeats_wait_for_three_usual_round_trips() {
    let mut stage = crowd(CONFIG, 1);
    for _ in 0..30 {
        let seq = stage.silence("m000").next_ping("m000");
        stage.run_ms(99).hears("m000", &[ack(seq)]);
    }
    let seq = stage.next_ping("m000");
    stage.new_act().run_ms(999);
    let first = stage.pings("m000")[0];
    assert_eq!(first.1, seq);
    assert!((200..=300).contains(&first.0), "{}", stage.script());
}

#[test]
fn p2_a_relays_ping_is_repeated_too() {
    let mut stage = crowd(CONFIG, 4);
    stage.silence("m000").hears("m001", &[ping_req("m000", 9)]);
    let (_, own) = stage.pings("m000")[0];
    stage.new_act().run_ms(350);
    let repeats = stage
        .pings("m000")
        .iter()
        .filter(|ping| ping.1 == own)
        .count();
    assert_eq!(repeats, 3, "{}", stage.script());
}

#[test]
fn p2_repeats_carry_the_accusation_but_no_news() {
    let mut stage = crowd(CONFIG.with_gossip_interval(Duration::ZERO), 6);
    stage
        .silence("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    let seq = stage.next_ping("m000");
    stage.new_act().hears("m001", &[alive("m001", 2)]);
    stage.run_ms(450);
    for (_, _, said) in stage.sent() {
        let repeats = said
            .iter()
            .any(|one| matches!(one, Said::Ping { seq: it, .. } if *it == seq));
        if repeats {
            let accused = |one: &Said| matches!(one, Said::Suspect { key: "m000", .. });
            assert!(said.iter().any(accused), "{said:?}");
            assert!(!said.contains(&alive("m001", 2)), "{said:?}");
        }
    }
    assert!(stage.pings("m000").len() >= 4, "{}", stage.script());
}

#[test]
fn p2_an_ack_after_a_repeat_measures_no_round_trip() {
    let told = |event: &Event<Person>| matches!(event, Event::RoundTrip { peer, .. } if peer.name == "m000");
    let (mut stage, seq) = probe_of_a_silent_member(CONFIG, 6);
    stage.run_ms(99).hears("m000", &[ack(seq)]);
    assert!(stage.was_told(told), "{}", stage.script());
    let (mut stage, seq) = probe_of_a_silent_member(CONFIG, 6);
    stage.run_ms(150).hears("m000", &[ack(seq)]);
    assert!(!stage.was_told(told), "{}", stage.script());
}

#[test]
fn p2_without_it_a_ping_is_sent_once() {
    let (mut stage, _) = probe_of_a_silent_member(CONFIG.with_repeat(false), 6);
    stage.run_ms(950);
    assert_eq!(stage.pings("m000"), []);
}

// ---- the last call ----

#[test]
fn p2_the_holder_calls_once_more_before_the_least_time_has_run() {
    let quiet = CONFIG.with_repeat(false).with_rush(false);
    let mut stage = crowd(quiet, 8);
    stage.resigns("m000");
    accuse(&mut stage, &["m001"]);
    stage.new_act().at_ms(3_499);
    let probes: Vec<u32> = stage.pings("m000").iter().map(|ping| ping.1).collect();
    stage.run_ms(2);
    let calls = stage
        .pings("m000")
        .into_iter()
        .filter(|ping| !probes.contains(&ping.1));
    assert_eq!(calls.count(), 1, "{}", stage.script());
    let (_, said) = stage.datagrams().pop().expect("the call");
    let accuses = |one: &Said| matches!(one, Said::Suspect { key: "m000", .. });
    assert!(said.iter().any(accuses), "{said:?}");
}

#[test]
fn p2_silence_to_the_call_is_our_own_accusation() {
    // Probes are slow here, so that only the call can be ours.
    let mut stage = crowd(CONFIG.with_rush(false), 60);
    stage.silence("m000");
    accuse(&mut stage, &["m001"]);
    stage.run_ms(10_000);
    assert!(stage.node.stats().confirmations >= 1);
    assert!(
        stage.times(&suspect("m000", 1, "a")) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn p2_an_answer_to_the_call_is_no_accusation() {
    let mut stage = crowd(CONFIG.with_rush(false), 60);
    stage.resigns("m000");
    accuse(&mut stage, &["m001"]);
    stage.run_ms(10_000);
    assert_eq!(stage.node.stats().confirmations, 0);
}

#[test]
fn p2_without_it_nobody_calls() {
    let mut stage = crowd(CONFIG.with_rush(false).with_last_call(false), 60);
    stage.silence("m000");
    accuse(&mut stage, &["m001"]);
    let before = stage.node.stats().probes;
    stage.new_act().run_ms(4_500);
    let probed = stage.node.stats().probes - before;
    let seqs: std::collections::BTreeSet<u32> =
        stage.all_pings().iter().map(|ping| ping.2).collect();
    assert_eq!(seqs.len(), probed as usize, "{}", stage.script());
}

/// So many suspects at once, each with all the accusers there can be; they answer what they are asked, but nobody else does.
fn many_suspects(config: Config, suspects: usize) -> Stage {
    let mut stage = Stage::new(config.with_rush(false));
    stage.meets_crowd(SEATS - 2).settles();
    for number in 8..8 + suspects {
        let name = crowd_name(number);
        stage.resigns(name).silence(name);
        for accuser in ["m000", "m001", "m002", "m003"] {
            stage.hears(accuser, &[suspect(name, 1, accuser)]);
        }
    }
    stage
}

#[test]
fn p2_nobody_dies_uncalled_however_many_are_called_at_once() {
    let suspects = 140;
    let mut stage = many_suspects(CONFIG, suspects);
    stage.new_act().run_ms(8_000);
    let called: std::collections::BTreeSet<u16> =
        stage.all_pings().iter().map(|ping| ping.1).collect();
    for number in 8..8 + suspects {
        let name = crowd_name(number);
        assert!(stage.story_of(name).contains(&"dead"), "{name}");
        assert!(called.contains(&address(name)), "{name} was never called");
    }
    assert_eq!(stage.node.stats().calls_skipped, 0);
}

/// Time-outs as long as these leave no place free in time for whoever is called last.
fn slow() -> Config {
    let slow = CONFIG.with_probe_interval(Duration::from_secs(2));
    let slow = slow.with_probe_timeout(Duration::from_millis(1_990));
    slow.with_suspicion_floor(1).with_suspicion_alpha_tenths(0)
}

#[test]
fn p2_probes_go_on_while_calls_wait_for_a_place() {
    let mut stage = many_suspects(slow(), 140);
    stage.new_act();
    for _ in 0..4 {
        let probes = stage.node.stats().probes;
        stage.run_ms(2_000);
        assert_eq!(stage.node.stats().probes - probes, 1);
    }
    assert!(stage.node.stats().pings_dropped > 0, "calls waited");
}

#[test]
fn p2_a_verdict_waits_for_its_call_but_not_for_ever() {
    // Pings for others take places, too.
    let mut stage = many_suspects(slow(), 140);
    let asked = |seq| Said::PingReq {
        seq,
        target: "m004",
        share: Duration::from_secs(8),
        nack: false,
    };
    let asked: Vec<Said> = (0..16).map(asked).collect();
    stage.silence("m004").new_act().hears("m005", &asked);
    stage.run_ms(8_000);
    assert_eq!(stage.node.counts().suspect, 0, "{}", stage.script());
    assert!(stage.node.stats().calls_skipped > 0);
}

#[test]
fn p2_a_call_that_came_late_has_its_whole_time_out() {
    let mut stage = crowd(CONFIG.with_rush(false), 8);
    stage.resigns("m000");
    accuse(&mut stage, &["m001", "m002", "m003", "m004"]);
    stage.silence("m000").new_act();
    // The call is due after 3.5 s, the verdict half a second later. The driver comes 450 ms late.
    stage.at_ms(3_499).freezes_for_ms(451).wakes_late();
    let calls = stage.datagrams();
    let to_it = calls.iter().filter(|datagram| datagram.0 == 100).count();
    assert!(to_it > 0, "{}", stage.script());
    stage.run_ms(490);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.run_ms(20);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
}

#[test]
fn p2_a_late_confirmation_leaves_that_time_also_where_nobody_calls() {
    for (grace, left) in [(true, 500), (false, 0)] {
        let config = CONFIG.with_rush(false).with_last_call(false);
        let mut stage = crowd(config.with_grace(grace), 8);
        stage.resigns("m000");
        accuse(&mut stage, &["m001"]);
        stage.run_ms(10_000);
        accuse(&mut stage, &["m002", "m003", "m004"]);
        stage.new_act();
        let took = death(&mut stage);
        assert!(took.abs_diff(left) <= 5, "{took} ms instead of {left}");
    }
}

// ---- told at once ----

#[test]
fn p2_the_ack_to_an_accuser_carries_our_alive_for_ever_and_uses_up_no_send() {
    let mut stage = crowd(CONFIG, 6);
    for seq in 0..50 {
        stage.hears("m001", &[ping_by("m001", seq), suspect("a", 1, "m001")]);
        let (to, said) = stage.datagrams().remove(0);
        assert_eq!(to, address("m001"));
        assert!(
            said.contains(&ack(seq)) && said.contains(&alive("a", 2)),
            "{said:?}"
        );
    }
    let to_accuser = stage.times_to("m001", &alive("a", 2));
    assert_eq!(to_accuser, 50);
    stage.new_act().run_ms(20_000);
    assert!(stage.times(&alive("a", 2)) >= 10, "{}", stage.script());
}

// ---- sends ----

#[test]
fn p2_how_often_news_is_sent_depends_on_its_kind() {
    let calm = CONFIG
        .with_repeat(false)
        .with_last_call(false)
        .with_rush(false);
    let to_others = |stage: &Stage, news: &Said| stage.times(news) - stage.times_to("m000", news);
    // Among up to 99 members: 8 sends, half for a suspicion, a quarter for a confirmation, half as many again for what
    // overturns a suspicion.
    let mut stage = crowd(calm, 20);
    stage.hears("m001", &[alive("m001", 2)]).run_ms(20_000);
    assert_eq!(stage.times(&alive("m001", 2)), 8, "plain");

    let mut stage = crowd(calm, 20);
    stage.resigns("m000");
    accuse(&mut stage, &["m001"]);
    stage.run_ms(2_500);
    assert_eq!(
        to_others(&stage, &suspect("m000", 1, "m001")),
        4,
        "suspicion"
    );
    accuse(&mut stage, &["m002"]);
    stage.run_ms(2_500);
    assert_eq!(
        to_others(&stage, &suspect("m000", 1, "m002")),
        2,
        "confirmation"
    );
    stage.hears("m001", &[alive("m000", 2)]).run_ms(20_000);
    assert_eq!(to_others(&stage, &alive("m000", 2)), 12, "overturned");

    stage.new_act().hears("m001", &[suspect("a", 1, "m001")]);
    stage.run_ms(20_000);
    assert_eq!(stage.times(&alive("a", 2)), 12, "refutation");
}

#[test]
fn p2_a_datagram_to_a_suspect_uses_up_no_send() {
    let mut stage = crowd(
        CONFIG.with_gossip_interval(Duration::ZERO).with_rush(false),
        3,
    );
    stage.resigns("m000");
    accuse(&mut stage, &["m001"]);
    stage.hears("m002", &[alive("m002", 2)]);
    for seq in 0..30 {
        stage.hears("m000", &[ping_by("m000", seq)]);
    }
    assert_eq!(stage.times(&alive("m002", 2)), 30, "{}", stage.script());
    stage.new_act();
    for seq in 0..30 {
        stage.hears("m001", &[ping_by("m001", seq)]);
    }
    assert_eq!(stage.times(&alive("m002", 2)), 8, "{}", stage.script());
}

#[test]
fn p2_suspects_stay_gossip_targets_the_dead_do_not() {
    let mut stage = crowd(CONFIG.with_reconnect(false).with_rush(false), 5);
    stage.resigns("m000").silence("m001");
    accuse(&mut stage, &["m002"]);
    stage.hears("m002", &[suspect("m001", 1, "m002"), dead("m001", 1)]);
    assert_eq!(stage.holds("m001"), Some((State::Dead, 1)));
    stage.new_act();
    for round in 2..20 {
        stage.hears("m003", &[alive_as(person("m003").noting("news"), round)]);
        stage.run_ms(200);
    }
    let gossiped = |name: &str| {
        let to = address(name);
        stage
            .sent()
            .iter()
            .any(|sent| sent.1 == to && sent.2.iter().all(Said::is_news))
    };
    assert!(gossiped("m000") && !gossiped("m001"), "{}", stage.script());
}

// ---- rush ----

#[test]
fn p2_with_many_suspects_probes_come_four_times_as_often() {
    for (suspects, gap) in [(1, 1_000), (2, 250)] {
        let mut stage = crowd(CONFIG.with_repeat(false).with_last_call(false), 20);
        for number in 0..suspects {
            let name = crowd_name(number);
            stage
                .resigns(name)
                .hears("m010", &[suspect(name, 1, "m010")]);
        }
        stage.run_ms(1_100).new_act().run_ms(3_000);
        let pings = stage.all_pings();
        for pair in pings.windows(2) {
            assert_eq!(pair[1].0 - pair[0].0, gap, "{suspects}: {}", stage.script());
        }
        assert!(pings.len() >= 2);
    }
}

#[test]
fn p2_in_a_rush_a_member_is_not_probed_twice_at_once() {
    let calm = CONFIG.with_last_call(false).with_doubt(false);
    let mut stage = crowd(calm, 4);
    for name in ["m000", "m001"] {
        stage
            .silence(name)
            .hears("m002", &[suspect(name, 1, "m002")]);
    }
    stage.new_act().run_ms(3_500);
    for name in ["m000", "m001"] {
        let mut begun: Vec<(u32, u64)> = Vec::new();
        for (at, seq) in stage.pings(name) {
            if begun.iter().all(|probe| probe.0 != seq) {
                begun.push((seq, at));
            }
        }
        assert!(begun.len() >= 2, "{}", stage.script());
        let gaps = begun.windows(2).map(|pair| pair[1].1 - pair[0].1);
        assert!(gaps.min() >= Some(1_000), "{begun:?}");
    }
}

#[test]
fn p2_copies_of_one_death_at_one_time_are_one_word_of_it() {
    let told = |copies: usize| {
        let mut stage = crowd(CONFIG, 30);
        stage
            .silence("m000")
            .hears("m001", &[suspect("m000", 1, "m001")]);
        stage.new_act();
        let said: Vec<Said> = (0..copies).map(|_| dead("m000", 1)).collect();
        stage.hears("m001", &said).run_ms(10_000);
        stage.times(&dead("m000", 1))
    };
    assert!(told(9) + 2 >= told(1), "{} instead of {}", told(9), told(1));
}
