//! One probe: the ping, the relays, the stream, the verdict, and what it does to our health.

mod stage;

use core::time::Duration;

use swim_core::{Config, Event, Reason, State};

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;
/// Without streams: only datagrams decide.
const DATAGRAMS: Config = CONFIG.with_stream_ping(false);

/// A crowd of `size` in which the probe of a silent "m000" has just begun; a new act, and the probe's number.
fn probe_of_a_silent_member(config: Config, size: usize) -> (Stage, u32) {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    let seq = stage.silence("m000").next_ping("m000");
    stage.silence_all().new_act();
    (stage, seq)
}

#[test]
fn r78_the_first_probe_and_the_first_gossip_come_within_one_interval() {
    for seed in 0..20 {
        let mut stage = Stage::seeded(CONFIG, seed);
        stage.meets("b").meets("c").new_act();
        stage.run_ms(200);
        let gossip = stage.times(&alive("b", 1)) + stage.times(&alive("c", 1));
        assert!(gossip > 0, "{}", stage.script());
        stage.run_ms(800);
        assert_eq!(stage.all_pings().len(), 1, "{}", stage.script());
    }
}

#[test]
fn r80_one_member_is_probed_in_each_interval_each_once_in_a_round() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(5).settles();
    stage.run_ms(40_000);
    let pings = stage.all_pings();
    assert!(pings.len() >= 39, "{}", stage.script());
    for pair in pings.windows(2) {
        assert_eq!(pair[1].0 - pair[0].0, 1_000, "{}", stage.script());
    }
    let targets: Vec<u16> = pings.iter().map(|ping| ping.1).collect();
    let in_rounds = |offset: usize| {
        targets[offset..].chunks_exact(5).all(|round| {
            let mut round = round.to_vec();
            round.sort_unstable();
            round == [100, 101, 102, 103, 104]
        })
    };
    assert!((0..5).any(in_rounds), "{targets:?}");
}

#[test]
fn r80_the_dead_and_the_departed_are_skipped() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(4).settles();
    stage.silence("m000").hears("m002", &[dead("m000", 1)]);
    stage.silence("m001").hears("m001", &[left("m001", 1)]);
    stage.new_act().run_ms(12_000);
    let targets: Vec<u16> = stage.all_pings().iter().map(|ping| ping.1).collect();
    assert!(targets.len() >= 11, "{}", stage.script());
    assert!(
        !targets.contains(&100) && !targets.contains(&101),
        "{targets:?}"
    );
}

#[test]
fn r80_a_failing_probe_and_the_next_one_do_not_overlap() {
    let (mut stage, _) = probe_of_a_silent_member(CONFIG, 4);
    stage.run_ms(999);
    assert_eq!(stage.all_pings(), [], "{}", stage.script());
}

#[test]
fn r81_bad_health_stretches_the_interval() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.silence("b").hears("b", &[suspect("a", 1, "b")]);
    assert_eq!(stage.node.health(), 1);
    stage.next_ping("b");
    stage.new_act().run_ms(1_999);
    assert_eq!(stage.holds("b"), Some((State::Alive, 1)));
    stage.run_ms(1);
    assert_eq!(stage.holds("b"), Some((State::Suspect, 1)));
}

#[test]
fn r82_the_ping_of_an_alive_member_carries_news() {
    let mut stage = Stage::new(CONFIG.with_gossip_interval(Duration::ZERO));
    stage.meets("b").settles();
    let newer = person("a").noting("news");
    stage
        .wish(|node, now| node.update(now, newer))
        .expect("present");
    let seq = stage.next_ping("b");
    let (to, said) = stage.datagrams().pop().expect("the ping");
    assert_eq!(to, address("b"));
    assert!(said.contains(&ping_for("b", "a", 2, seq)), "{said:?}");
    assert!(said.contains(&alive_as(newer, 2)), "{said:?}");
}

#[test]
fn r84_the_ping_of_a_suspect_accuses_it_and_its_ack_alone_clears_nothing() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").meets("d").settles();
    stage.silence("b").hears("c", &[suspect("b", 1, "c")]);
    let seq = stage.next_ping("b");
    let accuses = |said: &Said| {
        matches!(
            said,
            Said::Suspect {
                key: "b",
                incarnation: 1,
                ..
            }
        )
    };
    let (_, said) = stage.datagrams().pop().expect("the ping");
    assert!(said.iter().any(accuses), "{said:?}");

    stage.hears("b", &[ack(seq)]);
    assert_eq!(stage.holds("b"), Some((State::Suspect, 1)));
    stage.hears("b", &[alive("b", 2)]);
    assert_eq!(stage.holds("b"), Some((State::Alive, 2)));
}

#[test]
fn r86_an_ack_before_the_time_out_ends_the_probe() {
    let (mut stage, seq) = probe_of_a_silent_member(CONFIG, 4);
    stage.run_ms(499).hears("m000", &[ack(seq)]);
    let told = |event: &Event<Person>| {
        matches!(event, Event::RoundTrip { peer, rtt }
            if peer.name == "m000" && *rtt == Duration::from_millis(499))
    };
    assert!(stage.was_told(told), "{}", stage.script());
    stage.run_ms(500);
    assert_eq!(stage.ping_reqs(), []);
    assert_eq!(stage.exchanges(), []);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
}

#[test]
fn r86_an_ack_lowers_the_score_and_the_time_out_does_not_stretch() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    stage.hears("c", &[suspect("a", 1, "c")]);
    assert_eq!(stage.node.health(), 1);
    let seq = stage.silence("b").next_ping("b");
    stage.new_act();
    let health = stage.node.health();
    stage.run_ms(500);
    assert_eq!(stage.ping_reqs().len(), 1, "{}", stage.script());
    stage.hears("b", &[ack(seq)]);
    stage.run_ms(1_600);
    assert_eq!(stage.node.health(), health.saturating_sub(1));
}

#[test]
fn r87_after_the_time_out_alive_members_are_asked_to_ping_it() {
    for seed in 0..10 {
        let mut stage = Stage::seeded(DATAGRAMS, seed);
        stage.meets_crowd(7).settles().resigns("m001");
        stage.hears("m002", &[suspect("m001", 1, "m002")]);
        stage.silence("m005").hears("m002", &[dead("m005", 1)]);
        stage.silence("m006").hears("m006", &[left("m006", 1)]);
        let seq = stage.silence("m000").next_ping("m000");
        assert_eq!(stage.holds("m001"), Some((State::Suspect, 1)));

        stage.new_act().run_ms(499);
        assert_eq!(stage.ping_reqs(), []);
        stage.run_ms(1);
        let mut asked = stage.ping_reqs();
        asked.sort_unstable();
        let expected: Vec<_> = [102, 103, 104].map(|relay| (500, relay, seq, true)).into();
        assert_eq!(asked, expected, "seed {seed}: {}", stage.script());
    }
}

#[test]
fn r87_no_more_relays_than_configured() {
    for k in [0, 1, 3] {
        let (mut stage, _) = probe_of_a_silent_member(DATAGRAMS.with_indirect_probes(k), 10);
        stage.run_ms(999);
        assert_eq!(
            stage.ping_reqs().len(),
            usize::from(k),
            "{}",
            stage.script()
        );
    }
}

#[test]
fn r87_nacks_are_asked_for_only_if_wanted() {
    let (mut stage, _) = probe_of_a_silent_member(DATAGRAMS.with_nacks(false), 4);
    stage.run_ms(999);
    assert_eq!(stage.ping_reqs().len(), 3);
    assert!(stage.ping_reqs().iter().all(|asked| !asked.3));
}

#[test]
fn r88_at_the_same_time_a_stream_is_tried() {
    let (mut stage, _) = probe_of_a_silent_member(CONFIG, 4);
    stage.run_ms(999);
    let tried = stage.exchanges_for(Reason::Ping);
    assert_eq!(tried.len(), 1, "{}", stage.script());
    assert_eq!((tried[0].0, tried[0].2), (500, 100));
}

#[test]
fn r88_no_stream_is_tried_if_that_is_switched_off() {
    let (mut stage, _) = probe_of_a_silent_member(DATAGRAMS, 4);
    stage.run_ms(999);
    assert_eq!(stage.exchanges(), []);
}

#[test]
fn r89_any_ack_until_the_interval_is_over_saves_the_target() {
    for from in ["m000", "relay"] {
        let (mut stage, seq) = probe_of_a_silent_member(DATAGRAMS, 4);
        stage.run_ms(990);
        let relay = stage.ping_reqs()[0].1;
        let from = if from == "relay" { relay } else { 100 };
        stage.hears_from(from, &[ack(seq)]).run_ms(5);
        stage.run_ms(10);
        assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
        assert_eq!(stage.node.stats().probes_failed, 0);
        assert_eq!(stage.node.health(), 0);
    }
}

#[test]
fn r90_an_answer_over_the_stream_saves_the_target() {
    let (mut stage, _) = probe_of_a_silent_member(CONFIG, 4);
    stage.answers_streams("m000").run_ms(1_010);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    assert_eq!(stage.node.health(), 0);
}

#[test]
fn r91_a_failed_probe_is_our_suspicion() {
    let (mut stage, _) = probe_of_a_silent_member(CONFIG, 4);
    stage.run_ms(999);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
    stage.run_ms(1);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert_eq!(stage.node.stats().probes_failed, 1);
    stage.run_ms(800);
    assert!(
        stage.times(&suspect("m000", 1, "a")) > 0,
        "{}",
        stage.script()
    );
}

#[test]
fn r91_every_missing_nack_costs_one_point_of_health() {
    for nacks in 0..=3 {
        let (mut stage, seq) = probe_of_a_silent_member(DATAGRAMS, 4);
        stage.run_ms(900);
        for asked in &stage.ping_reqs()[..nacks] {
            stage.hears_from(asked.1, &[nack(seq)]);
        }
        stage.run_ms(100);
        assert_eq!(usize::from(stage.node.health()), 3 - nacks);
    }
}

#[test]
fn r91_without_relays_a_failed_probe_costs_one() {
    let (mut stage, _) = probe_of_a_silent_member(DATAGRAMS, 1);
    stage.run_ms(1_000);
    assert_eq!(stage.node.health(), 1);
    let (mut stage, _) = probe_of_a_silent_member(DATAGRAMS.with_nacks(false), 4);
    stage.run_ms(1_000);
    assert_eq!(stage.node.health(), 1);
}

#[test]
fn r92_the_score_stays_between_zero_and_its_maximum() {
    let mut stage = Stage::new(DATAGRAMS);
    stage.meets_crowd(6).settles();
    assert_eq!(stage.node.health(), 0);
    stage.silence_all().run_ms(20_000);
    assert_eq!(stage.node.health(), 7);
    stage.hears("m000", &[suspect("a", 1, "m000")]);
    assert_eq!(stage.node.health(), 7);
}

#[test]
fn r93_a_ping_for_another_name_is_not_answered() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    let before = stage.node.stats().misdirected;
    stage.hears("b", &[ping_for("x", "b", 1, 7)]).stays_silent();
    assert_eq!(stage.node.stats().misdirected, before + 1);
    stage.hears("b", &[ping_by("b", 8)]).says("b", &ack(8));
}

#[test]
fn r93_the_ack_goes_where_the_ping_came_from() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").settles();
    stage.hears_from(77, &[ping_by("b", 8)]);
    let datagrams = stage.datagrams();
    assert_eq!(datagrams.len(), 1);
    assert_eq!(datagrams[0].0, 77);
    assert!(datagrams[0].1.contains(&ack(8)));
}

#[test]
fn r94_a_relay_pings_under_its_own_number_and_passes_the_ack_on() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    stage.silence("c").hears("b", &[ping_req("c", 9)]);
    let own = stage.pings("c").pop().expect("a ping to c").1;
    assert_ne!(own, 9);
    stage.hears("c", &[ack(own)]).says("b", &ack(9));
    stage.run_ms(900);
    assert_eq!(stage.times(&nack(9)), 0, "{}", stage.script());
}

#[test]
fn r94_a_relay_that_hears_nothing_nacks_if_asked_to() {
    let mut stage = Stage::new(CONFIG);
    stage.meets("b").meets("c").settles();
    stage.silence("c").hears("b", &[ping_req("c", 9)]);
    stage.run_ms(600);
    assert_eq!(stage.times_to("b", &nack(9)), 1, "{}", stage.script());

    let unwanted = Said::PingReq {
        seq: 10,
        target: "c",
        share: Duration::from_millis(500),
        nack: false,
    };
    stage.hears("b", &[unwanted]).run_ms(600);
    assert_eq!(stage.times(&nack(10)), 0, "{}", stage.script());
}

#[test]
fn r95_the_first_ack_settles_a_probe_and_strangers_are_ignored() {
    let (mut stage, seq) = probe_of_a_silent_member(DATAGRAMS, 4);
    let before = stage.node.stats().acks_unasked;
    stage.hears("m000", &[ack(seq.wrapping_add(1))]);
    stage.hears("m000", &[nack(seq.wrapping_add(1))]);
    assert_eq!(stage.node.stats().acks_unasked, before + 2);
    stage.hears("m000", &[ack(seq)]);
    assert_eq!(stage.node.stats().acks_unasked, before + 2);
    stage.hears("m000", &[ack(seq)]);
    assert_eq!(stage.node.stats().acks_unasked, before + 3);
}

#[test]
fn r95_a_nack_settles_nothing() {
    let (mut stage, seq) = probe_of_a_silent_member(DATAGRAMS, 4);
    stage.run_ms(600);
    for asked in stage.ping_reqs() {
        stage.hears_from(asked.1, &[nack(seq)]);
    }
    stage.run_ms(400);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
}

#[test]
fn r98_another_process_at_a_members_address_does_not_keep_it_alive() {
    // It takes the ping for the member whose address it inherited, and stays silent, as R93 tells it.
    let mut newcomer = Stage::new(DATAGRAMS);
    newcomer.meets("b").settles();
    newcomer
        .hears("b", &[ping_for("m000", "b", 1, 7)])
        .stays_silent();

    let mut stage = Stage::new(DATAGRAMS);
    stage.meets_crowd(4).settles();
    let seq = stage.silence("m000").next_ping("m000");
    let (_, said) = stage.datagrams().pop().expect("the ping");
    assert!(said.contains(&ping_for("m000", "a", 1, seq)), "{said:?}");
    stage.new_act().run_ms(1_000);
    let named = |said: &Said| matches!(said, Said::PingReq { target: "m000", .. });
    assert_eq!(stage.count(named), 3);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
}

#[test]
fn r98_nor_if_it_answers_streams_at_that_address() {
    // Nobody but those whom it asks speaks on this stage, so that silence must be no ground for doubt.
    for config in [CONFIG, Config::LAN.with_doubt(false)] {
        let mut stage = Stage::new(config);
        stage.meets_crowd(4).settles();
        stage.gives_way_to("m000", "x").next_ping("m000");
        stage.new_act().run_ms(990);
        let tried = stage.exchanges_for(Reason::Ping);
        assert_eq!(tried.len(), 1, "{}", stage.script());
        stage.run_ms(20);
        assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
        // And so it dies, however often the stream is tried.
        stage.run_ms(120_000);
        let still_up = stage.holds("m000").is_some_and(|held| held.0.is_up());
        assert!(!still_up, "{}", stage.script());
        assert_eq!(stage.holds("x"), None, "a ping by stream introduces nobody");
    }
}

#[test]
fn r98_who_came_after_a_dead_member_does_not_ask_itself_for_it() {
    let mut stage = Stage::new(Config::LAN.with_doubt(false));
    stage.meets_crowd(4).settles();
    // Others still hold somebody alive where "a" lives now.
    stage.hears("m001", &[alive_as(person("z").at(address("a")), 1)]);
    assert_eq!(stage.holds("z"), Some((State::Alive, 1)));
    stage.new_act().run_ms(120_000);
    let own = address("a");
    let to_itself = stage.sent().iter().filter(|(_, to, _)| *to == own).count();
    assert_eq!(to_itself, 0, "{}", stage.script());
    let still_up = stage.holds("z").is_some_and(|held| held.0.is_up());
    assert!(!still_up, "{}", stage.script());
}
