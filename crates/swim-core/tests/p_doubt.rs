//! P13: doubt and health. Silence proves something only to who hears others.

mod stage;

use core::time::Duration;

use swim_core::{Config, State};

use stage::*;

const CONFIG: Config = Config::LAN.with_stream_ping(false);

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

// ---- nacks in time ----

#[test]
fn p13_a_ping_req_says_how_much_time_is_left() {
    for (score, share) in [(0, 500), (1, 1_000)] {
        let mut stage = crowd(CONFIG, 5);
        stage.silence("m000");
        if score == 1 {
            stage.hears("m001", &[suspect("a", 1, "m001")]);
            // Health must still be bad when "m000" has its turn.
            while stage.pings("m000").is_empty() {
                let incarnation = stage.node.me().incarnation.0;
                if stage.node.health() == 0 {
                    stage.hears("m001", &[suspect("a", incarnation, "m001")]);
                }
                stage.run_ms(10);
            }
        } else {
            stage.next_ping("m000");
        }
        stage.run_ms(1_500);
        let shares: Vec<Duration> = stage
            .sent()
            .into_iter()
            .flat_map(|sent| sent.2)
            .filter_map(|one| match one {
                Said::PingReq { share, .. } => Some(share),
                _ => None,
            })
            .collect();
        assert!(!shares.is_empty());
        assert_eq!(
            shares[0],
            Duration::from_millis(share),
            "{}",
            stage.script()
        );
    }
}

#[test]
fn p13_the_nack_leaves_at_80_percent_of_the_share() {
    for share in [500, 1_000, 2_500] {
        let mut stage = crowd(CONFIG, 5);
        let asked = Said::PingReq {
            seq: 9,
            target: "m000",
            share: Duration::from_millis(share),
            nack: true,
        };
        stage.silence("m000").hears("m001", &[asked]);
        stage.run_ms(share * 4 / 5 - 1);
        assert_eq!(stage.times(&nack(9)), 0);
        stage.run_ms(1);
        assert_eq!(stage.times_to("m001", &nack(9)), 1, "{}", stage.script());
    }
}

// ---- gentle scores ----

#[test]
fn p13_a_failed_probe_costs_one_at_most_and_nothing_if_all_relays_nacked() {
    for (nacks, cost) in [(0, 1), (1, 1), (2, 1), (3, 0)] {
        let mut stage = crowd(CONFIG, 5);
        let seq = stage.silence("m000").next_ping("m000");
        stage.silence_all().new_act().run_ms(900);
        // A word from somebody, so that silence is no ground for doubt.
        stage.hears("m004", &[ping_by("m004", 3)]);
        for asked in &stage.ping_reqs()[..nacks] {
            stage.hears_from(asked.1, &[nack(seq)]);
        }
        stage.run_ms(100);
        assert_eq!(stage.node.health(), cost, "{nacks} nacks");
    }
}

#[test]
fn p13_relays_found_dead_or_suspect_meanwhile_do_not_count() {
    let mut stage = crowd(CONFIG.with_verify(false), 4);
    let seq = stage.silence("m000").next_ping("m000");
    stage.silence_all().new_act().run_ms(600);
    let asked: Vec<u16> = stage.ping_reqs().iter().map(|asked| asked.1).collect();
    assert_eq!(asked.len(), 3);
    stage.hears_from(asked[0], &[nack(seq)]);
    let second = crowd_name(usize::from(asked[1] - 100));
    let third = crowd_name(usize::from(asked[2] - 100));
    stage.hears_from(asked[0], &[dead(second, 1), suspect(third, 1, "a")]);
    stage.run_ms(400);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    assert_eq!(stage.node.health(), 0);
}

#[test]
fn p13_an_accusation_by_a_suspect_starts_a_suspicion_but_shortens_none() {
    let mut stage = crowd(CONFIG.with_rush(false), 8);
    stage.resigns("m001").resigns("m000");
    stage.hears("m002", &[suspect("m001", 1, "m002")]);
    stage.hears("m001", &[suspect("m000", 1, "m001")]);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    let before = stage.node.stats().confirmations;
    stage.hears("m003", &[suspect("m004", 1, "m003")]);
    stage.hears("m001", &[suspect("m004", 1, "m001")]);
    assert_eq!(stage.node.stats().confirmations, before);
}

// ---- deafness ----

#[test]
fn p13_a_probe_during_which_nothing_was_heard_accuses_nobody() {
    let mut stage = crowd(CONFIG, 5);
    stage.silence_all().new_act().run_ms(10_000);
    assert_eq!(stage.node.counts().suspect, 0, "{}", stage.script());
    assert!(stage.node.stats().doubts > 0);
    assert!(stage.node.health() > 0);
}

#[test]
fn p13_one_word_from_anybody_is_enough_to_believe_ones_ears() {
    let mut stage = crowd(CONFIG, 5);
    stage.silence("m000").next_ping("m000");
    stage
        .silence_all()
        .run_ms(500)
        .hears("m003", &[ping_by("m003", 3)]);
    stage.run_ms(501);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
}

#[test]
fn p13_with_fewer_than_four_members_silence_is_no_ground_for_doubt() {
    let mut stage = crowd(CONFIG, 2);
    stage.silence_all().new_act().run_ms(3_000);
    assert!(stage.node.counts().suspect > 0, "{}", stage.script());
}

#[test]
fn p13_a_verdict_waits_while_nothing_is_heard() {
    let mut stage = crowd(CONFIG.with_rush(false), 8);
    stage.resigns("m000");
    for accuser in ["m001", "m002", "m003", "m004"] {
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
    }
    stage.silence_all().new_act().run_ms(20_000);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    // It calls again meanwhile.
    let calls = stage.times_to("m000", &suspect("m000", 1, "m004"));
    assert!(calls > 10, "{calls}:\n{}", stage.script());
}

#[test]
fn p13_but_for_thirty_seconds_at_most() {
    let mut stage = crowd(CONFIG.with_rush(false), 8);
    stage.resigns("m000");
    for accuser in ["m001", "m002", "m003", "m004"] {
        stage.hears(accuser, &[suspect("m000", 1, accuser)]);
    }
    stage.silence_all().run_ms(32_000);
    assert_eq!(stage.holds("m000"), Some((State::Dead, 1)));
}

#[test]
fn p13_with_the_first_word_suspicions_that_only_it_holds_begin_anew() {
    let mut stage = crowd(CONFIG.with_rush(false).with_reconnect(false), 8);
    stage
        .silence("m000")
        .run_until_state("m000", State::Suspect);
    // Nobody else ever accused it. Then the node goes deaf, past the suspicion's end.
    stage.silence_all().run_ms(26_000);
    assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
    stage.new_act().hears("m001", &[ping_by("m001", 1)]);
    for second in 0..5 {
        stage.run_ms(900).hears("m001", &[ping_by("m001", second)]);
        assert_eq!(
            stage.holds("m000"),
            Some((State::Suspect, 1)),
            "{}",
            stage.script()
        );
    }
}

#[test]
fn p13_a_deaf_node_passes_on_no_suspicion_of_its_own() {
    // Only pings carry news, so that some of it is left when the node goes deaf.
    let quiet = CONFIG
        .with_gossip_interval(Duration::ZERO)
        .with_indirect_probes(0)
        .with_last_call(false)
        .with_rush(false);
    let own = suspect("m000", 1, "a");
    let told_after = |hears: bool| {
        let mut stage = crowd(quiet, 8);
        stage.silence("m000").next_ping("m000");
        stage.silence_all().new_act().run_ms(600);
        stage.hears("m003", &[ping_by("m003", 1)]).run_ms(500);
        assert_eq!(stage.holds("m000"), Some((State::Suspect, 1)));
        stage.run_ms(600).new_act();
        if hears {
            stage.hears("m003", &[ping_by("m003", 2)]);
        }
        stage.run_ms(1_500);
        stage.times(&own) - stage.times_to("m000", &own)
    };
    assert_eq!(told_after(false), 0);
    assert!(told_after(true) > 0);
}

#[test]
fn p13_silence_to_a_call_confirms_nothing_while_nobody_is_heard() {
    let confirmed_by_call = |hears: bool| {
        let mut stage = crowd(CONFIG.with_rush(false), 60);
        stage.resigns("m000");
        stage.hears("m001", &[suspect("m000", 1, "m001")]);
        stage.run_ms(2_000).silence_all();
        // Among 61 the minimum is 4.28 s: the call goes at 3.78 s.
        if hears {
            stage.run_ms(1_900).hears("m003", &[ping_by("m003", 1)]);
            stage.run_ms(500);
        } else {
            stage.run_ms(2_400);
        }
        stage.node.stats().confirmations
    };
    assert_eq!(confirmed_by_call(false), 0);
    assert_eq!(confirmed_by_call(true), 1);
}

#[test]
fn p13_a_deaf_node_believes_no_death_of_others() {
    let mut stage = crowd(CONFIG, 8);
    stage.silence_all().hears("m001", &[dead("m000", 1)]);
    // Its verifying ping proves nothing: nobody at all answers it any more.
    stage.run_ms(2_000);
    assert!(
        stage.holds("m000").is_some_and(|held| held.0.is_up()),
        "{}",
        stage.script()
    );
}

#[test]
fn p13_switched_off_a_deaf_node_accuses_the_healthy() {
    let mut stage = crowd(CONFIG.with_doubt(false), 5);
    stage.silence_all().new_act().run_ms(10_000);
    assert!(stage.node.counts().suspect + stage.node.counts().dead > 0);
}

#[test]
fn p13_the_check_of_an_address_during_which_nothing_was_heard_is_repeated() {
    let mut stage = crowd(CONFIG, 8);
    let moved = alive_as(person("m000").at(90), 2);
    stage.silence_all().new_act().hears_from(90, &[moved]);
    // Deaf for 800 ms: less than an interval, longer than the check.
    stage.run_ms(800).hears("m003", &[ping_by("m003", 3)]);
    assert_eq!(stage.holds_person("m000").at, 100, "{}", stage.script());
    stage.wakes_up("m000").run_ms(600);
    assert_eq!(stage.holds_person("m000").at, 100, "{}", stage.script());
    assert!(stage.node.stats().doubts > 0);
}
