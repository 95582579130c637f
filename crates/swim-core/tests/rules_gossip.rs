//! How news spreads: how often, to whom, beside what.

mod stage;

use core::time::Duration;
use std::collections::BTreeSet;

use swim_core::Config;

use stage::*;

const CONFIG: Config = Config::MEMBERLIST_LAN;
/// News rides on probes and answers only.
const PIGGYBACK: Config = CONFIG.with_gossip_interval(Duration::ZERO);

/// News about "m000" at incarnation `at`.
fn news(at: u32) -> Said {
    alive_as(person("m000").noting("news"), at)
}

/// We say something new about ourselves: news that everybody else is told.
fn update(stage: &mut Stage, note: &'static str) -> Said {
    let newer = person("a").noting(note);
    stage
        .wish(|node, now| node.update(now, newer))
        .expect("present");
    alive_as(newer, stage.node.me().incarnation.0)
}

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

#[test]
fn r60_news_is_sent_a_number_of_times_that_steps_with_the_clusters_size() {
    for (others, expected) in [(1, 4), (8, 4), (9, 8), (98, 8), (99, 12)] {
        let mut stage = crowd(CONFIG, others);
        let news = update(&mut stage, "news");
        stage.run_ms(30_000);
        assert_eq!(stage.times(&news), expected, "among {} members", others + 1);
    }
}

#[test]
fn r60_news_by_piggyback_alone_is_sent_as_often() {
    let mut stage = crowd(PIGGYBACK, 5);
    stage.hears("m000", &[news(2)]).run_ms(30_000);
    assert_eq!(stage.times(&news(2)), 4, "{}", stage.script());
}

#[test]
fn r62_newer_news_about_a_member_replaces_the_older() {
    let mut stage = crowd(CONFIG, 5);
    stage.hears("m001", &[suspect("m000", 1, "m001")]);
    stage.hears("m000", &[alive("m000", 2)]);
    stage.hears("m000", &[news(3)]).run_ms(10_000);
    assert_eq!(stage.times(&suspect("m000", 1, "m001")), 0);
    assert_eq!(stage.times(&alive("m000", 2)), 0);
    assert_eq!(stage.times(&news(3)), 4, "{}", stage.script());
}

#[test]
fn r62_replaced_news_is_sent_its_full_number_of_times_again() {
    let mut stage = crowd(CONFIG, 5);
    stage.hears("m000", &[news(2)]).run_ms(10_000);
    stage.hears("m000", &[news(3)]).run_ms(10_000);
    assert_eq!(stage.times(&news(2)), 4);
    assert_eq!(stage.times(&news(3)), 4);
}

#[test]
fn r63_news_too_long_for_the_rest_does_not_keep_shorter_news_out() {
    let mut stage = crowd(PIGGYBACK, 6);
    // Beside a ping there is room for one Alive and one Left, not for two Alives.
    stage.datagrams_of(8 + 28 + 48 + 24 + 10);
    let alives = [alive("m001", 2), alive("m002", 2)];
    stage.hears("m000", &alives).silence("m003");
    stage.hears("m003", &[left("m003", 1)]);
    stage.next_ping("m000");
    let (_, said) = stage.datagrams().pop().expect("the ping");
    let told = said.iter().filter(|one| alives.contains(one)).count();
    assert_eq!(told, 1, "{said:?}");
    assert!(said.contains(&left("m003", 1)), "{said:?}");
}

#[test]
fn r73_news_rides_on_pings_ping_reqs_and_acks() {
    let mut stage = crowd(PIGGYBACK.with_stream_ping(false), 4);
    let first = |stage: &Stage| stage.datagrams().remove(0).1;

    let news = update(&mut stage, "one");
    stage.hears("m001", &[ping_by("m001", 7)]);
    let said = first(&stage);
    assert!(said.contains(&ack(7)) && said.contains(&news), "{said:?}");

    stage.silence("m003").hears("m001", &[ping_req("m003", 8)]);
    let said = first(&stage);
    assert!(said.contains(&news), "on a relay's ping: {said:?}");

    stage.silence("m003").next_ping("m003");
    stage.new_act().run_ms(450);
    let news = update(&mut stage, "three");
    stage.run_ms(100);
    assert_eq!(stage.ping_reqs().len(), 3);
    let asked = stage.sent().into_iter().map(|sent| sent.2);
    let is_request = |one: &Said| matches!(one, Said::PingReq { .. });
    let mut asked = asked.filter(|said| said.iter().any(is_request));
    assert!(asked.all(|said| said.contains(&news)), "{}", stage.script());
}

#[test]
fn r73_each_ride_uses_up_one_send() {
    let mut stage = crowd(PIGGYBACK, 4);
    stage.hears("m000", &[news(2)]);
    for seq in 0..6 {
        stage.hears("m001", &[ping_by("m001", seq)]);
    }
    assert_eq!(stage.times(&news(2)), 4, "{}", stage.script());
}

/// Who got gossip (datagrams without a ping, ack, …) in this act.
fn gossip_targets(stage: &Stage) -> BTreeSet<u16> {
    let sent = stage.sent().into_iter();
    sent.filter(|(_, _, said)| said.iter().all(Said::is_news))
        .map(|(_, to, _)| to)
        .collect()
}

/// Keeps news coming for `rounds` rounds of gossip.
fn chatter(stage: &mut Stage, rounds: u32) {
    for _ in 0..rounds {
        update(stage, "news");
        stage.run_ms(200);
    }
}

#[test]
fn r75_the_alive_the_suspect_and_the_lately_dead_are_told_the_departed_never() {
    let mut stage = crowd(CONFIG, 5);
    stage
        .resigns("m001")
        .hears("m000", &[suspect("m001", 1, "m000")]);
    stage.silence("m002").hears("m000", &[dead("m002", 1)]);
    stage.silence("m003").hears("m003", &[left("m003", 1)]);
    stage.run_ms(3_000).new_act();
    chatter(&mut stage, 60);
    let told: Vec<u16> = gossip_targets(&stage).into_iter().collect();
    assert_eq!(told, [100, 101, 102, 104], "{}", stage.script());
}

#[test]
fn r75_the_dead_are_told_only_for_a_while() {
    let mut config = CONFIG;
    config.gossip.to_the_dead = Duration::from_secs(10);
    let mut stage = crowd(config, 3);
    stage.silence("m002").hears("m000", &[dead("m002", 1)]);
    stage.new_act().run_ms(5_000);
    chatter(&mut stage, 10);
    assert!(gossip_targets(&stage).contains(&102), "{}", stage.script());
    stage.run_ms(4_000).new_act();
    chatter(&mut stage, 50);
    assert!(!gossip_targets(&stage).contains(&102), "{}", stage.script());
}

#[test]
fn r76_one_round_uses_up_a_send_for_each_target() {
    let mut stage = crowd(CONFIG, 8);
    let news = update(&mut stage, "news");
    let gossip = |line: &Line| match line {
        Line::Sent { said, .. } => (said[..] == [news.clone()]).then_some(()),
        _ => None,
    };
    stage.run_until(400, gossip);
    assert_eq!(gossip_targets(&stage).len(), 3, "{}", stage.script());
}

#[test]
fn r76_without_news_there_is_no_gossip() {
    let mut stage = crowd(CONFIG, 8);
    stage.run_ms(10_000);
    assert!(gossip_targets(&stage).is_empty(), "{}", stage.script());
}

#[test]
fn r76_nobody_is_told_news_of_itself() {
    for config in [CONFIG, PIGGYBACK] {
        let mut stage = crowd(config, 3);
        stage.hears("m001", &[news(2)]).run_ms(20_000);
        assert_eq!(stage.times_to("m000", &news(2)), 0, "{}", stage.script());
        assert_eq!(stage.times(&news(2)), 4, "{}", stage.script());
    }
}

#[test]
fn r77_the_targets_of_a_round_are_different_members() {
    for (others, expected) in [(1, 1), (2, 2), (3, 3), (8, 3)] {
        let mut stage = crowd(CONFIG, others);
        for _ in 0..20 {
            stage.new_act();
            update(&mut stage, "news");
            stage.run_ms(200);
            let told = gossip_targets(&stage);
            assert_eq!(told.len(), expected, "{}", stage.script());
            assert!(!told.contains(&1), "it told itself");
        }
    }
}
