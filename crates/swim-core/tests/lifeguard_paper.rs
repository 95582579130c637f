//! Lifeguard, section III, sentence by sentence. `docs/protocol.md`, section 8, has the sentences.

mod stage;

use core::time::Duration;

use swim_core::{Config, State};

use stage::*;

/// SWIM with gossip and the whole of Lifeguard, and nothing else of ours.
const CONFIG: Config = {
    let mut config = Config::MEMBERLIST_LAN
        .with_stream_ping(false)
        .with_confirmations(3);
    config.health.stretch_timeout = true;
    config.health.gentle = true;
    config
};

fn crowd(size: usize) -> Stage {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(size).settles();
    stage
}

/// The node has to refute that many suspicions of itself.
fn refutes(stage: &mut Stage, times: u32) {
    for _ in 0..times {
        let incarnation = stage.node.me().incarnation.0;
        stage.hears("m001", &[suspect("a", incarnation, "m001")]);
    }
}

// ---- A: local health ----

#[test]
fn lifeguard_a1_the_score_saturates_at_both_ends() {
    let mut stage = crowd(4);
    assert_eq!(stage.node.health(), 0);
    refutes(&mut stage, 20);
    assert_eq!(stage.node.health(), CONFIG.health.max);
    stage.run_ms(120_000);
    assert_eq!(stage.node.health(), 0);
}

#[test]
fn lifeguard_a2_an_answered_probe_takes_one_off() {
    let mut stage = crowd(4);
    refutes(&mut stage, 3);
    let before = stage.node.stats().probes;
    while stage.node.stats().probes == before {
        stage.run_ms(1);
    }
    stage.run_ms(5);
    assert_eq!(stage.node.health(), 2);
}

#[test]
fn lifeguard_a2_so_does_one_that_a_relay_answers_for() {
    let mut stage = crowd(4);
    refutes(&mut stage, 1);
    let seq = stage.silence("m000").next_ping("m000");
    stage.silence_all();
    refutes(&mut stage, 1);
    let before = stage.node.health();
    assert!(before > 0);
    while stage.ping_reqs().is_empty() {
        stage.run_ms(10);
    }
    let relay = stage.ping_reqs()[0].1;
    stage.hears_from(relay, &[ack(seq)]);
    stage.run_ms(10);
    assert_eq!(stage.node.health(), before - 1);
}

#[test]
fn lifeguard_a4_refuting_a_suspicion_adds_one() {
    let mut stage = crowd(4);
    refutes(&mut stage, 1);
    assert_eq!(stage.node.health(), 1);
    refutes(&mut stage, 1);
    assert_eq!(stage.node.health(), 2);
}

#[test]
fn lifeguard_a5_a_missing_nack_adds_one() {
    for (nacks, cost) in [(3, 0), (2, 1), (0, 1)] {
        let mut stage = crowd(4);
        let seq = stage.silence("m000").next_ping("m000");
        stage.silence_all().new_act().run_ms(900);
        for asked in &stage.ping_reqs()[..nacks] {
            stage.hears_from(asked.1, &[nack(seq)]);
        }
        stage.run_ms(100);
        assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
        assert_eq!(stage.node.health(), cost, "{nacks} nacks");
    }
}

#[test]
fn lifeguard_a6_the_interval_stretches_by_the_score() {
    let mut stage = crowd(4);
    let seq = {
        stage.silence_all();
        refutes(&mut stage, 2);
        stage.next_ping("m000")
    };
    let score = u64::from(stage.node.health());
    assert!(score > 0);
    stage.new_act();
    let before = stage.node.stats().probes;
    while stage.node.stats().probes == before {
        stage.run_ms(1);
    }
    assert_eq!(stage.millis(), 1_000 * (score + 1), "after {seq:08x}");
}

#[test]
fn lifeguard_a7_the_time_out_stretches_by_the_score() {
    let mut stage = crowd(4);
    stage.silence_all();
    refutes(&mut stage, 2);
    stage.next_ping("m000");
    let score = u64::from(stage.node.health());
    assert!(score > 0);
    stage.new_act();
    while stage.ping_reqs().is_empty() {
        stage.run_ms(1);
    }
    assert_eq!(stage.millis(), 500 * (score + 1));
}

#[test]
fn lifeguard_a8_a_relay_without_an_ack_nacks_at_80_percent() {
    let mut stage = crowd(4);
    stage.silence("m000").hears("m001", &[ping_req("m000", 9)]);
    stage.run_ms(399);
    assert_eq!(stage.times(&nack(9)), 0);
    stage.run_ms(2);
    assert_eq!(stage.times_to("m001", &nack(9)), 1, "{}", stage.script());
}

#[test]
fn lifeguard_a9_an_ack_after_the_nack_still_counts() {
    let mut stage = crowd(4);
    stage.silence("m000").hears("m001", &[ping_req("m000", 9)]);
    let (_, own) = stage.pings("m000").pop().expect("the relay's ping");
    stage.run_ms(450);
    assert_eq!(stage.times_to("m001", &nack(9)), 1);
    stage.hears("m000", &[ack(own)]).says("m001", &ack(9));

    let mut stage = crowd(4);
    let seq = stage.silence("m000").next_ping("m000");
    stage.silence_all().new_act().run_ms(900);
    let relay = stage.ping_reqs()[0].1;
    stage.hears_from(relay, &[nack(seq)]);
    stage.hears_from(relay, &[ack(seq)]).run_ms(200);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 1)));
}

// ---- B: suspicion ----

const ACCUSERS: [&str; 5] = ["m001", "m002", "m003", "m004", "m005"];

/// When "m000" dies if that many members accuse it at once.
fn death_with(accusers: usize, others: usize) -> u64 {
    let mut stage = crowd(others);
    stage.resigns("m000");
    for accuser in &ACCUSERS[..accusers] {
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
    }
    stage.run_until_state("m000", State::Dead)
}

#[track_caller]
fn assert_about(found: u64, expected: u64) {
    let near = found.abs_diff(expected) <= 2;
    assert!(near, "{found} ms instead of {expected} ms");
}

#[test]
fn lifeguard_b1_independent_accusations_shorten_a_suspicion_by_the_logarithm() {
    // 24 s − 20 s · ln(c + 1) / ln 4
    assert_about(death_with(1, 8), 24_000);
    assert_about(death_with(2, 8), 14_000);
    assert_about(death_with(3, 8), 8_150);
    assert_about(death_with(4, 8), 4_000);
}

#[test]
fn lifeguard_b2_the_least_and_the_longest_suspicion() {
    // α = 4: four intervals at 10 members, eight at 100; β = 6.
    assert_about(death_with(4, 9), 4_000);
    assert_about(death_with(1, 9), 24_000);
    assert_about(death_with(4, 99), 8_000);
    assert_about(death_with(1, 99), 48_000);
}

#[test]
fn lifeguard_b3_after_k_accusations_nothing_shortens_it() {
    assert_about(death_with(5, 8), 4_000);
}

#[test]
fn lifeguard_b4_the_same_accuser_counts_once() {
    let mut stage = crowd(8);
    stage.resigns("m000");
    for accuser in ["m001", "m001", "m002", "m001", "m002"] {
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
    }
    assert_eq!(stage.node.stats().confirmations, 1);
    assert_about(stage.run_until_state("m000", State::Dead), 14_000);
}

#[test]
fn lifeguard_b5_the_first_k_accusations_are_passed_on() {
    let mut stage = crowd(8);
    stage.resigns("m000");
    for (number, accuser) in ACCUSERS.iter().enumerate() {
        stage.new_act();
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
        stage.run_ms(500);
        let passed_on = stage.times(&suspect("m000", 1, accuser)) > 0;
        // The one that began it, and three that confirm it.
        assert_eq!(passed_on, number < 4, "{accuser}:\n{}", stage.script());
    }
}

// ---- C: the buddy system ----

fn accuses_m000(said: &[Said]) -> bool {
    let accuses = |one: &Said| {
        matches!(
            one,
            Said::Suspect {
                key: "m000",
                incarnation: 1,
                ..
            }
        )
    };
    said.iter().any(accuses)
}

#[test]
fn lifeguard_c1_the_ping_of_a_suspect_carries_the_suspicion() {
    let mut stage = crowd(5);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    // Also long after the gossip about it has ended.
    stage.run_ms(8_000).next_ping("m000");
    let (to, said) = stage.datagrams().pop().expect("the ping");
    assert_eq!(to, address("m000"));
    assert!(accuses_m000(&said), "{said:?}");
}

#[test]
fn lifeguard_c2_the_ping_of_a_relay_carries_it_too() {
    let mut stage = crowd(5);
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.run_ms(8_000);
    stage.hears("m002", &[ping_req("m000", 9)]);
    let (to, said) = stage.datagrams().remove(0);
    assert_eq!(to, address("m000"));
    assert!(accuses_m000(&said), "{said:?}");
}

#[test]
fn lifeguard_c3_the_ack_to_that_ping_refutes() {
    let mut stage = crowd(5);
    stage.run_ms(5_000);
    stage.hears("m001", &[ping_by("m001", 7), suspect("a", 1, "m001")]);
    let (to, said) = stage.datagrams().remove(0);
    assert_eq!(to, address("m001"));
    assert!(said.contains(&ack(7)), "{said:?}");
    assert!(said.contains(&alive("a", 2)), "{said:?}");
}

#[test]
fn lifeguard_c1_without_the_buddy_system_gossip_alone_tells_the_suspect() {
    let mut stage = Stage::new(
        CONFIG
            .with_tell_suspect(false)
            .with_gossip_interval(Duration::ZERO),
    );
    stage.meets_crowd(5).settles();
    stage
        .resigns("m000")
        .hears("m001", &[suspect("m000", 1, "m001")]);
    stage.run_ms(8_000).next_ping("m000");
    let (_, said) = stage.datagrams().pop().expect("the ping");
    assert!(!accuses_m000(&said), "{said:?}");
}
