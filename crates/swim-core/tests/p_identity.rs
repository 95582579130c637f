//! P12: leave, return, address, name.

mod stage;

use core::time::Duration;
use std::collections::BTreeSet;

use swim_core::{Config, Departed, Event, Exchanged, Reason, State, UpdateError};

use stage::*;

const CONFIG: Config = Config::LAN;

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

fn leave(stage: &mut Stage) {
    stage.wish(|node, now| node.leave(now)).expect("was in");
}

// ---- leave ----

#[test]
fn p12_a_leave_goes_at_once_to_sixteen_members_or_to_all() {
    for (others, told_at_once) in [(5, 5), (16, 16), (40, 16)] {
        let mut stage = crowd(CONFIG, others);
        leave(&mut stage);
        let datagrams = stage.datagrams();
        let told: BTreeSet<u16> = datagrams
            .iter()
            .filter(|datagram| datagram.1.contains(&left("a", 1)))
            .map(|datagram| datagram.0)
            .collect();
        assert_eq!(told.len(), told_at_once, "{}", stage.script());
        assert_eq!(datagrams.len(), told_at_once);
    }
}

#[test]
fn p12_then_by_gossip_and_the_end_is_told() {
    let mut stage = crowd(CONFIG, 40);
    leave(&mut stage);
    assert!(!stage.was_told(|event| *event == Event::Departed));
    stage.run_ms(5_000);
    assert!(stage.times(&left("a", 1)) >= 24, "{}", stage.script());
    assert!(
        stage.was_told(|event| *event == Event::Departed),
        "{}",
        stage.script()
    );
    assert!(stage.node.has_departed());
    assert_eq!(stage.wish(|node, now| node.leave(now)), Err(Departed));
    let newer = person("a").noting("new");
    let refused = stage.wish(|node, now| node.update(now, newer));
    assert_eq!(refused, Err(UpdateError::Departed));
}

#[test]
fn p12_alone_a_leave_is_over_at_once() {
    let mut stage = Stage::new(CONFIG);
    leave(&mut stage);
    stage.run_ms(1_000);
    assert!(
        stage.was_told(|event| *event == Event::Departed),
        "{}",
        stage.script()
    );
}

#[test]
fn p12_who_is_leaving_answers_what_beats_its_left_with_left_one_higher() {
    let mut stage = crowd(CONFIG, 6);
    leave(&mut stage);
    stage.hears("m001", &[dead("a", 3)]).run_ms(2_000);
    assert_eq!(stage.node.me().state, State::Left);
    assert!(stage.times(&left("a", 4)) > 0, "{}", stage.script());
    // What does not beat it changes nothing.
    stage
        .hears("m001", &[suspect("a", 4, "m001"), dead("a", 4)])
        .run_ms(2_000);
    assert_eq!(stage.node.me().incarnation.0, 4);
}

/// Found by the simulator (swarm 504): an accusation with our own address as its sender was answered to ourselves, and the
/// answer answered, two thousand times a second for ever.
#[test]
fn p12_what_is_forged_with_our_own_address_is_not_answered() {
    let mut stage = crowd(CONFIG, 6);
    stage.hears("a", &[suspect("a", 0, "m001")]).run_ms(1_000);
    leave(&mut stage);
    stage.run_ms(3_000).new_act();
    let own = stage.node.me().incarnation.0;
    stage.hears("a", &[left("a", own)]).run_ms(1_000);
    stage.hears("a", &[dead("a", own)]).run_ms(1_000);
    let to_us = |(_, to, _): &(u64, u16, Vec<Said>)| *to == address("a");
    assert!(!stage.sent().iter().any(to_us), "{}", stage.script());
}

#[test]
fn p12_who_left_answers_only_who_has_not_heard_of_it() {
    let mut stage = crowd(CONFIG, 6);
    leave(&mut stage);
    stage.run_ms(3_000).new_act();
    let own = stage.node.me().incarnation.0;
    stage.hears("m001", &[left("a", own)]).run_ms(1_000);
    assert_eq!(stage.times(&left("a", own)), 0, "{}", stage.script());
    stage.hears("m001", &[dead("a", own)]).run_ms(1_000);
    assert_eq!(stage.times(&left("a", own)), 1, "{}", stage.script());
}

/// Found by the simulator (swarm 7321): goodbyes told, heard and forgotten, its acks kept it alive for a newcomer for ever.
#[test]
fn p12_who_left_says_so_to_whoever_still_pings_it() {
    let mut stage = crowd(CONFIG, 6);
    leave(&mut stage);
    stage.run_ms(60_000).new_act();
    let own = stage.node.me().incarnation.0;
    for seq in 1..4 {
        stage.hears("m001", &[ping_by("m001", seq)]).run_ms(1_000);
        assert_eq!(
            stage.times(&left("a", own)),
            seq as usize,
            "{}",
            stage.script()
        );
    }
}

/// Found by the simulator (swarm 7016): a node that had left pinged three dead members at every word of them, for ever.
#[test]
fn p12_who_left_verifies_no_death() {
    let mut stage = crowd(CONFIG, 6);
    leave(&mut stage);
    stage.run_ms(3_000).silence_all().new_act();
    stage.hears("m001", &[dead("m002", 1)]).run_ms(5_000);
    assert!(stage.all_pings().is_empty(), "{}", stage.script());
}

#[test]
fn p12_who_left_accuses_nobody() {
    let mut stage = crowd(CONFIG, 6);
    leave(&mut stage);
    stage.run_ms(3_000).silence_all().new_act().run_ms(60_000);
    assert_eq!(stage.count(|said| matches!(said, Said::Ping { .. })), 0);
    assert_eq!(stage.node.counts().suspect, 0);
}

#[test]
fn p12_join_after_leave_is_a_new_life() {
    let mut stage = crowd(CONFIG, 6);
    leave(&mut stage);
    stage.run_ms(5_000).new_act().holds_streams();
    let id = stage
        .wish(|node, now| node.join(now, address("m001")))
        .expect("free");
    assert!(!stage.node.has_departed());
    let me = stage.node.me();
    assert_eq!((me.state, me.incarnation.0), (State::Alive, 2));
    // Nothing is left of the old life, and nothing of it is told.
    assert_eq!(stage.node.members().count(), 1);
    for number in 0..6 {
        assert_eq!(
            stage.story_of(crowd_name(number)),
            [""; 0],
            "{}",
            stage.script()
        );
    }
    stage.wish(|node, now| {
        node.handle_record(now, id, &member(person("m001"), State::Alive, 1));
        node.handle_exchange(now, id, Ok(SAME));
    });
    assert_eq!(stage.story_of("m001"), ["up"]);
    assert!(
        stage.was_told(|event| *event == Event::Joined),
        "{}",
        stage.script()
    );
}

#[test]
fn p12_a_new_life_knows_nothing_of_the_old_ones_exchanges_and_views() {
    let mut stage = crowd(CONFIG, 6);
    stage.shows("m001", stage.node.digest()).run_ms(10_000);
    assert!(stage.node.agreement().heard > 0);
    stage.holds_streams();
    let old = stage.wish(|node, now| node.join(now, 50)).expect("free");
    leave(&mut stage);
    stage.run_ms(3_000).new_act();
    let new = stage.wish(|node, now| node.join(now, 50)).expect("free");
    assert_ne!(old, new);
    assert_eq!(stage.node.agreement().heard, 0);
    // The driver ends what it had begun for the old life.
    stage.wish(|node, now| {
        node.handle_record(now, old, &member(person("m001"), State::Alive, 1));
        node.handle_exchange(now, old, Ok(SAME));
    });
    assert_eq!(stage.holds("m001"), None);
    assert!(!stage.was_told(|event| *event == Event::Joined));
    stage.wish(|node, now| node.handle_exchange(now, new, Ok(SAME)));
    assert!(stage.was_told(|event| *event == Event::Joined));
}

#[test]
fn p12_a_new_life_fails_no_probe_of_the_old_one() {
    for seed in 0..8 {
        let mut stage = Stage::seeded(CONFIG, seed);
        stage.meets_crowd(6).settles();
        leave(&mut stage);
        // Whoever leaves probes on until it is gone; nobody answers any more.
        stage.silence_all().run_ms(1_100);
        stage.wish(|node, now| node.join(now, 50)).expect("free");
        let failed = stage.node.stats().probes_failed;
        for number in 0..6 {
            stage.hears(crowd_name(number), &[alive(crowd_name(number), 1)]);
        }
        stage.run_ms(400).hears("m001", &[ping_by("m001", 7)]);
        stage.run_ms(500).hears("m001", &[ping_by("m001", 8)]);
        assert_eq!(stage.node.stats().probes_failed, failed, "seed {seed}");
        assert_eq!(stage.node.counts().suspect, 0, "{}", stage.script());
    }
}

// ---- address ----

fn moved(incarnation: u32) -> Said {
    alive_as(person("m000").at(90), incarnation)
}

#[test]
fn p12_a_new_address_of_an_up_member_is_checked_at_the_old_one() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears_from(90, &[moved(2)]);
    assert_eq!(stage.holds_person("m000").at, 100);
    assert_eq!(stage.pings("m000").len(), 1, "{}", stage.script());
}

/// A time-out in which others are heard: silence proves something (P13).
fn passes_a_time_out(stage: &mut Stage) {
    stage
        .run_ms(300)
        .hears("m001", &[ping_by("m001", 7)])
        .run_ms(300);
}

/// Found by the trial of forgeries: what was asked of a member that is held at our own address was never sent, and never ended; the
/// member stayed suspect for ever, whatever it said.
#[test]
fn p12_who_is_held_at_our_own_address_is_taken_from_there_at_its_next_word() {
    let mut stage = crowd(CONFIG, 6);
    let ours = stage.node.me().peer.at;
    stage.silence("m000");
    // More often than claims can be checked at once: each check ends.
    for round in 1..20 {
        let (forged, true_word) = (2 * round, 2 * round + 1);
        stage.hears("m001", &[alive_as(person("m000").at(ours), forged)]);
        passes_a_time_out(&mut stage);
        assert_eq!(stage.holds_person("m000").at, ours, "{}", stage.script());
        stage.hears("m001", &[alive("m000", true_word)]);
        passes_a_time_out(&mut stage);
        assert_eq!(stage.holds_person("m000").at, 100, "{}", stage.script());
    }
    assert_eq!(stage.node.stats().claims_unchecked, 0);
    let to_us = |(_, to, _): &(u64, u16, Vec<Said>)| *to == ours;
    assert!(!stage.sent().iter().any(to_us), "{}", stage.script());
}

#[test]
fn p6_a_death_told_of_whoever_is_held_at_our_own_address_is_believed_after_a_time_out() {
    let mut stage = crowd(CONFIG, 6);
    let ours = stage.node.me().peer.at;
    stage.hears("m001", &[alive_as(person("z").at(ours), 1)]);
    stage.hears("m001", &[dead("z", 1)]);
    passes_a_time_out(&mut stage);
    assert_eq!(stage.holds("z"), Some((State::Dead, 1)));
}

#[test]
fn p12_a_holder_that_answers_keeps_its_address_and_the_conflict_is_told() {
    let mut stage = crowd(CONFIG, 6);
    stage
        .resigns("m000")
        .hears_from(90, &[moved(2)])
        .run_ms(3_000);
    assert_eq!(stage.holds_person("m000").at, 100);
    assert_eq!(stage.node.stats().conflicts, 1);
    let told = |event: &Event<Person>| {
        matches!(event, Event::Conflict { held, other }
            if held.peer == person("m000") && other.at == 90)
    };
    assert!(stage.was_told(told), "{}", stage.script());
    let spread = stage
        .sent()
        .iter()
        .filter(|sent| sent.1 != 100)
        .any(|sent| sent.2.contains(&moved(2)));
    assert!(!spread, "{}", stage.script());
}

#[test]
fn p12_one_conflict_is_told_once_in_30_periods_however_often_it_is_heard_of() {
    let mut stage = crowd(CONFIG, 6);
    stage.resigns("m000");
    for seconds in 0..20 {
        stage.hears_from(90, &[moved(2 + seconds)]).run_ms(1_000);
    }
    assert_eq!(stage.node.stats().conflicts, 1);
    stage
        .run_ms(15_000)
        .hears_from(90, &[moved(99)])
        .run_ms(1_000);
    assert_eq!(stage.node.stats().conflicts, 2, "{}", stage.script());
}

#[test]
fn p12_one_silent_probe_and_the_new_address_is_taken() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears_from(90, &[moved(2)]);
    // A word from somebody else, so that silence proves something (P13).
    stage.run_ms(250).hears("m002", &[ping_by("m002", 7)]);
    stage.run_ms(260);
    assert_eq!(stage.holds_person("m000").at, 90);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 2)));
    assert_eq!(stage.story_of("m000"), ["changed"]);
    stage.run_ms(2_000);
    assert!(stage.times(&moved(2)) > 0, "{}", stage.script());
}

#[test]
fn p12_the_name_of_the_dead_and_departed_needs_no_check() {
    let mut stage = crowd(CONFIG.with_verify(false), 6);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    stage.hears_from(90, &[moved(2)]);
    assert_eq!(stage.holds("m000"), Some((State::Alive, 2)));
    assert_eq!(stage.holds_person("m000").at, 90);

    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000").hears("m000", &[left("m000", 1)]);
    stage.hears_from(90, &[moved(2)]);
    assert_eq!(stage.holds_person("m000").at, 90);
}

// ---- name ----

/// Our name lives at address 90 too, at this incarnation, and answers there.
fn namesake(first: u32, theirs: u32) -> Stage {
    let mut stage = Stage::cast_as(CONFIG, 1, first);
    stage.meets_crowd(6).settles();
    let other = alive_as(person("a").at(90), theirs);
    stage.hears("m001", core::slice::from_ref(&other));
    for _ in 0..40 {
        if stage.node.has_departed() {
            return stage;
        }
        let to_them = stage
            .datagrams()
            .into_iter()
            .filter(|datagram| datagram.0 == 90);
        let pings: Vec<u32> = to_them
            .flat_map(|datagram| datagram.1)
            .filter_map(|one| match one {
                Said::Ping { seq, .. } => Some(seq),
                _ => None,
            })
            .collect();
        for seq in pings {
            stage.hears_from(90, &[ack(seq)]);
        }
        stage.run_ms(50);
    }
    stage
}

#[test]
fn p12_of_two_live_namesakes_the_younger_falls_silent() {
    let mut stage = namesake(500, 100);
    assert!(stage.node.has_departed(), "{}", stage.script());
    let told = |event: &Event<Person>| matches!(event, Event::NameTaken { by } if by.at == 90);
    assert!(stage.was_told(told), "{}", stage.script());
    stage.new_act().run_ms(60_000);
    stage.hears("m001", &[ping_by("m001", 7)]).stays_silent();
    assert_eq!(stage.sent(), []);
}

#[test]
fn p12_the_older_stays_and_tells() {
    let stage = namesake(100, 500);
    assert!(!stage.node.has_departed(), "{}", stage.script());
    let told = |event: &Event<Person>| matches!(event, Event::Conflict { held, other } if held.peer.at == 1 && other.at == 90);
    assert!(stage.was_told(told), "{}", stage.script());
    assert_eq!(stage.node.stats().conflicts, 1, "{}", stage.script());
}

#[test]
fn p12_the_older_tells_of_a_namesake_that_spoke_and_fell_silent() {
    let mut stage = Stage::cast_as(CONFIG, 1, 100);
    stage.meets_crowd(6).settles();
    stage.hears_from(90, &[alive_as(person("a").at(90), 500)]);
    stage.run_ms(1_000);
    let told = |event: &Event<Person>| matches!(event, Event::Conflict { held, other } if held.peer.at == 1 && other.at == 90);
    assert!(stage.was_told(told), "{}", stage.script());
    assert_eq!(stage.node.stats().conflicts, 1);
}

#[test]
fn p12_who_would_yield_believes_no_word_but_the_answer_to_a_ping() {
    let mut stage = Stage::cast_as(CONFIG, 1, 500);
    stage.meets_crowd(6).settles();
    stage.hears_from(90, &[alive_as(person("a").at(90), 100)]);
    stage.run_ms(1_000);
    assert!(!stage.node.has_departed(), "{}", stage.script());
    assert_eq!(stage.node.stats().conflicts, 0);
}

#[test]
fn p12_a_namesake_is_as_old_as_its_ping_says_whatever_it_has_outbid_since() {
    let mut stage = Stage::cast_as(CONFIG, 1, 500);
    stage.meets_crowd(6).settles();
    // It was born at 100, and has outbid us before we heard of it.
    stage.hears_from(
        90,
        &[
            ping_for("a", "a", 100, 7),
            alive_as(person("a").at(90), 501),
        ],
    );
    let seq = stage
        .datagrams()
        .into_iter()
        .find_map(|datagram| match datagram.1.first() {
            Some(Said::Ping { seq, .. }) if datagram.0 == 90 => Some(*seq),
            _ => None,
        });
    stage.hears_from(90, &[ack(seq.expect("a ping to the namesake"))]);
    assert!(stage.node.has_departed(), "{}", stage.script());
}

/// The number of the ping that went to address 90 in this scene.
fn asks_90(stage: &Stage) -> u32 {
    let pings = stage.datagrams().into_iter();
    let seq = pings
        .filter(|datagram| datagram.0 == 90)
        .find_map(|datagram| match datagram.1.first() {
            Some(Said::Ping { seq, .. }) => Some(*seq),
            _ => None,
        });
    seq.unwrap_or_else(|| panic!("no ping to 90:\n{}", stage.script()))
}

#[test]
fn p12_who_learns_late_that_its_namesake_is_older_asks_again_and_yields() {
    let mut stage = Stage::cast_as(CONFIG, 1, 500);
    stage.meets_crowd(6).settles();
    // All that is known of it is how often it was outbid: it looks younger, and lives.
    stage.hears("m001", &[alive_as(person("a").at(90), 600)]);
    let seq = asks_90(&stage);
    stage.hears_from(90, &[ack(seq)]);
    assert!(!stage.node.has_departed(), "{}", stage.script());
    stage.hears_from(90, &[ping_for("a", "a", 100, 7)]);
    assert!(!stage.node.has_departed(), "a word is no proof");
    let seq = asks_90(&stage);
    stage.hears_from(90, &[ack(seq)]);
    assert!(stage.node.has_departed(), "{}", stage.script());
}

#[test]
fn p12_who_falls_silent_while_it_joins_is_in_no_cluster() {
    let mut stage = Stage::cast_as(CONFIG, 1, 500);
    stage.meets_crowd(6).settles();
    let id = stage.wish(|node, now| node.join(now, 50)).expect("room");
    stage.hears_from(90, &[alive_as(person("a").at(90), 100)]);
    let seq = stage
        .datagrams()
        .into_iter()
        .find_map(|datagram| match datagram.1.first() {
            Some(Said::Ping { seq, .. }) if datagram.0 == 90 => Some(*seq),
            _ => None,
        });
    stage.hears_from(90, &[ack(seq.expect("a ping to the namesake"))]);
    assert!(stage.node.has_departed(), "{}", stage.script());
    let went_well = Exchanged {
        same: true,
        unreachable: false,
    };
    stage.wish(|node, now| node.handle_exchange(now, id, Ok(went_well)));
    let joined = stage.was_told(|event| matches!(event, Event::Joined));
    assert!(!joined, "{}", stage.script());
}

#[test]
fn p12_of_twins_the_greater_address_yields() {
    // We are at 1, they at 90: they yield.
    let stage = namesake(300, 300);
    assert!(!stage.node.has_departed(), "{}", stage.script());
}

#[test]
fn p12_outbidding_a_namesake_is_no_shouting_match() {
    let mut stage = Stage::cast_as(CONFIG, 1, 100);
    stage.meets_crowd(6).settles();
    for round in 0..30 {
        let theirs = stage.node.me().incarnation.0 + 1;
        stage.hears("m001", &[alive_as(person("a").at(90), theirs)]);
        stage.run_ms(100);
        assert!(round > 0 || stage.node.me().incarnation.0 > 100);
    }
    // Three seconds are less than one minimum suspicion: one answer.
    assert_eq!(stage.node.stats().refutations, 1);
}

#[test]
fn p12_our_former_address_is_no_namesake() {
    // We moved; nobody answers where we were. What is left of that life is outbid.
    let mut stage = Stage::cast_as(CONFIG, 1, 100);
    stage.meets_crowd(6).settles();
    stage.hears("m001", &[alive_as(person("a").at(90), 100)]);
    stage.run_ms(10_000);
    assert!(!stage.node.has_departed());
    assert!(stage.node.me().incarnation.0 > 100);
    assert_eq!(stage.node.stats().conflicts, 0);
    assert_eq!(stage.exchanges_for(Reason::Join), []);
}

#[test]
fn p12_who_falls_silent_says_nothing_that_was_begun() {
    let mut stage = Stage::cast_as(CONFIG, 1, 500);
    stage.meets_crowd(6).settles().holds_streams();
    stage.hears_from(90, &[alive_as(person("a").at(90), 100)]);
    let seq = asks_90(&stage);
    // A round of gossip begins, an exchange is wished for, and before anybody drains the namesake answers.
    stage.hears("m001", &[alive("m002", 2)]);
    let until = stage.millis() + 190;
    let said = stage.wish(|node, now| {
        for millis in 0..until {
            node.handle_timeout(now.after(Duration::from_millis(millis)));
        }
        let later = now.after(Duration::from_millis(until));
        node.join(later, 50).expect("free");
        let (ack, from) = (ack(seq), 90);
        node.handle_message(later, &from, &ack.message());
        node.is_silenced()
    });
    assert!(said, "it fell silent");
    stage.stays_silent();
    assert_eq!(stage.exchanges_for(Reason::Join), []);
}

// ---- forgers of our name ----

#[test]
fn p12_whoever_forges_our_name_at_ever_other_addresses_draws_one_greeting() {
    let mut stage = crowd(CONFIG, 80);
    let joins = stage.wish(|node, now| node.join(now, address("m001")));
    joins.expect("free");
    stage.run_ms(30_000).new_act();
    for packet in 0..20 {
        stage.hears_from(90, &[alive_as(person("a").at(2_000 + packet), 1)]);
    }
    let sent = stage.sent();
    let greetings = sent.iter().filter(|sent| sent.1 < 2_000).count();
    assert_eq!(greetings, 64, "{}", stage.script());
    assert_eq!(stage.node.stats().pings_dropped, 16, "four are asked");
}
