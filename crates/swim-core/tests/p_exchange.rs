//! P5: how much of exchanges a member serves. P17: joins are checked.

mod stage;

use core::time::Duration;
use std::collections::BTreeSet;

use swim_core::{Busy, Config, Event, Exchanged, Reason, State};

use stage::*;

const CONFIG: Config = Config::LAN;

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

// ---- P5 ----

#[test]
fn p5_so_many_joins_are_answered_in_a_second_the_rest_hear_busy() {
    let mut stage = crowd(CONFIG, 3);
    let join = |stage: &mut Stage| {
        stage.wish(|node, now| {
            let id = node.accept(now, 77).expect("room");
            let answer = node.answer(now, id, Reason::Join);
            node.handle_exchange(now, id, Ok(SAME));
            answer
        })
    };
    // Whatever the phase of the second that counts.
    let answered = (0..200).filter(|_| join(&mut stage).is_ok()).count();
    assert_eq!(answered, 32);
    assert_eq!(stage.node.stats().joins_deferred, 168);
    stage.run_ms(1_000);
    assert_eq!(join(&mut stage), Ok(()));
}

#[test]
fn p5_a_second_is_a_second_also_where_the_interval_is_five() {
    let mut stage = crowd(Config::WAN, 3);
    let mut answered = 0;
    for _ in 0..200 {
        let answer = stage.wish(|node, now| {
            let id = node.accept(now, 77).expect("room");
            let answer = node.answer(now, id, Reason::Join);
            node.handle_exchange(now, id, Ok(SAME));
            answer
        });
        answered += u32::from(answer.is_ok());
        stage.run_ms(50);
    }
    // Twenty a second for ten seconds: all of them.
    assert_eq!(answered, 200);
}

#[test]
fn p5_other_exchanges_are_answered_nevertheless() {
    let mut stage = crowd(CONFIG, 3);
    for _ in 0..100 {
        stage.exchanges_with("m000", Reason::Timed, &[]);
    }
    assert_eq!(stage.node.stats().joins_deferred, 0);
}

#[test]
fn p5_a_busy_member_keeps_the_joiners_record_and_names_others() {
    let mut stage = crowd(CONFIG.with_check_joiner(false), 5);
    stage.wish(|node, now| {
        let busy = loop {
            let id = node.accept(now, 77).expect("room");
            if node.answer(now, id, Reason::Join) == Err(Busy) {
                break id;
            }
            node.handle_exchange(now, id, Ok(SAME));
        };
        node.handle_record(now, busy, &member(person("x"), State::Alive, 1));
        let others: BTreeSet<&str> = node.suggest().map(|other| other.peer.name).collect();
        assert_eq!(others.len(), 3, "{others:?}");
        assert!(!others.contains("a"));
        node.handle_exchange(now, busy, Ok(SAME));
    });
    assert_eq!(stage.holds("x"), Some((State::Alive, 1)));
}

#[test]
fn p5_a_running_exchange_is_never_evicted_for_a_new_one() {
    let mut stage = crowd(CONFIG.with_check_joiner(false), 3);
    let mut open = Vec::new();
    stage.wish(|node, now| {
        while let Ok(id) = node.accept(now, 77) {
            open.push(id);
            assert!(open.len() < 1_000, "no bound");
        }
    });
    assert!(open.len() >= 64, "{}", open.len());
    assert_eq!(stage.node.stats().exchanges_refused, 1);
    // The oldest still works, and its end makes room.
    let first = open[0];
    stage.wish(|node, now| {
        node.handle_record(now, first, &member(person("x"), State::Alive, 1));
        node.handle_exchange(now, first, Ok(SAME));
    });
    assert_eq!(stage.holds("x"), Some((State::Alive, 1)));
    assert!(stage.wish(|node, now| node.accept(now, 77)).is_ok());
}

#[test]
fn p5_pings_by_stream_that_hang_keep_no_exchange_from_being_opened() {
    // Half of 64 can't be reached, nor does any attempt to ever end.
    let mut stage = crowd(CONFIG.with_doubt(false).with_verify(false), 64);
    for number in 32..64 {
        stage.silence(crowd_name(number));
    }
    stage.holds_streams().new_act();
    let mut pings = 0;
    for _ in 0..60 {
        stage.run_ms(500);
        pings = stage.exchanges_for(Reason::Ping).len();
        let id = stage.wish(|node, now| node.join(now, address("m001")));
        let id = id.expect("free, however many pings hang");
        stage.wish(|node, now| node.handle_exchange(now, id, Ok(SAME)));
        for (_, id, _, why) in stage.exchanges() {
            if why != Reason::Ping {
                stage.wish(|node, now| node.handle_exchange(now, id, Ok(SAME)));
            }
        }
    }
    assert!(pings > 16, "{pings}");
    assert_eq!(stage.node.stats().exchanges_refused, 0);
}

#[test]
fn p5_an_exchange_that_nobody_ends_is_forgotten() {
    let mut stage = crowd(CONFIG, 3);
    let id = stage.wish(|node, now| node.accept(now, 77)).expect("room");
    let failed = stage.node.stats().exchanges_failed;
    stage.run_ms(10_001);
    assert_eq!(stage.node.stats().exchanges_failed, failed + 1);
    stage.wish(|node, now| {
        node.handle_record(now, id, &member(person("x"), State::Alive, 1));
    });
    assert_eq!(stage.holds("x"), None);
}

#[test]
fn p5_with_much_news_waiting_a_datagram_is_filled_to_200_bytes_only() {
    let mut stage = Stage::new(CONFIG.with_gossip_interval(Duration::ZERO));
    stage.datagrams_of(10_000).meets_crowd(SEATS - 2);
    stage.hears("m000", &[ping_by("m000", 1)]);
    let (_, said) = stage.datagrams().remove(0);
    let bytes: usize = said.iter().filter(|one| one.is_news()).count() * 48;
    assert!((140..=260).contains(&bytes), "{bytes}");
}

// ---- P17 ----

/// "x" opens a join; its exchange.
fn joins(stage: &mut Stage) -> swim_core::ExchangeId {
    stage.wish(|node, now| {
        let id = node.accept(now, 1_000).expect("room");
        node.answer(now, id, Reason::Join).expect("not busy");
        node.handle_record(now, id, &member(person("x"), State::Alive, 1));
        id
    })
}

#[test]
fn p17_a_joiner_is_pinged_at_its_advertised_address_before_it_is_spread() {
    let mut stage = crowd(CONFIG, 3);
    let id = joins(&mut stage);
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.node.reachable(id), None);
    let (_, seq) = stage.pings("x")[0];
    stage.hears("x", &[ack(seq)]);
    assert_eq!(stage.holds("x"), Some((State::Alive, 1)));
    assert_eq!(stage.node.reachable(id), Some(true));
    stage.run_ms(2_000);
    assert!(stage.times(&alive("x", 1)) > 0, "{}", stage.script());
}

#[test]
fn p17_one_that_does_not_answer_is_not_spread_and_hears_so() {
    let mut stage = crowd(CONFIG, 3);
    let id = joins(&mut stage);
    stage.run_ms(600);
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.node.reachable(id), Some(false));
    assert_eq!(stage.node.stats().joiners_unreachable, 1);
    stage.run_ms(2_000);
    assert_eq!(stage.times(&alive("x", 1)), 0, "{}", stage.script());
}

/// A node whose join ends with the word that its address does not answer.
fn told_unreachable() -> Stage {
    let mut stage = crowd(CONFIG, 3);
    stage.outcome = Exchanged {
        same: true,
        unreachable: true,
    };
    stage
        .wish(|node, now| node.join(now, address("m000")))
        .expect("free");
    stage.run_ms(10);
    stage
}

#[test]
fn p17_who_hears_that_its_address_does_not_answer_tells_the_application() {
    let stage = told_unreachable();
    assert!(
        stage.was_told(|event| *event == Event::Unreachable),
        "{}",
        stage.script()
    );
}

#[test]
fn p17_who_hears_that_can_still_say_goodbye() {
    let mut stage = told_unreachable();
    stage.silence_all();
    stage.wish(|node, now| node.leave(now)).expect("was in");
    stage.run_ms(3_000);
    let departed = stage.was_told(|event| *event == Event::Departed);
    assert!(departed, "{}", stage.script());
    assert!(stage.times(&left("a", 1)) > 3, "{}", stage.script());
}

#[test]
fn p17_only_the_joiner_itself_is_checked_not_whom_it_brings() {
    let mut stage = crowd(CONFIG, 3);
    let id = joins(&mut stage);
    stage.wish(|node, now| {
        node.handle_record(now, id, &member(person("y"), State::Alive, 1));
    });
    assert_eq!(stage.holds("x"), None);
    assert_eq!(stage.holds("y"), Some((State::Alive, 1)));
    assert_eq!(stage.pings("y"), []);
}

#[test]
fn p17_the_same_name_at_another_address_is_checked_there_too() {
    let mut stage = crowd(CONFIG, 3);
    let first = joins(&mut stage);
    let elsewhere = person("x").at(77);
    let second = stage.wish(|node, now| {
        let id = node.accept(now, 77).expect("room");
        node.answer(now, id, Reason::Join).expect("not busy");
        node.handle_record(now, id, &member(elsewhere, State::Alive, 2));
        id
    });
    assert_eq!(stage.holds("x"), None, "{}", stage.script());
    assert_eq!(stage.node.reachable(second), None);
    // Only the first answers.
    let (_, seq) = stage.pings("x")[0];
    stage.hears("x", &[ack(seq)]).run_ms(600);
    assert_eq!(stage.node.reachable(first), Some(true));
    assert_eq!(stage.node.reachable(second), Some(false));
    assert_eq!(stage.holds_person("x"), person("x"));
}

#[test]
fn p17_who_joins_twice_at_once_hears_twice_what_one_check_found() {
    for answers in [true, false] {
        let mut stage = crowd(CONFIG, 3);
        let ids = [joins(&mut stage), joins(&mut stage)];
        let asked: BTreeSet<u32> = stage.pings("x").iter().map(|ping| ping.1).collect();
        assert_eq!(asked.len(), 1, "{}", stage.script());
        for id in ids {
            assert_eq!(stage.node.reachable(id), None);
        }
        if answers {
            let seq = *asked.first().expect("one");
            stage.hears("x", &[ack(seq)]);
        }
        stage.run_ms(600);
        for id in ids {
            assert_eq!(stage.node.reachable(id), Some(answers));
        }
    }
}

#[test]
fn p17_switched_off_joiners_are_believed() {
    let mut stage = crowd(CONFIG.with_check_joiner(false), 3);
    joins(&mut stage);
    assert_eq!(stage.holds("x"), Some((State::Alive, 1)));
    assert_eq!(stage.pings("x"), []);
}

#[test]
fn p17_settings_that_differ_are_told_once() {
    let mut stage = crowd(CONFIG, 3);
    let same = Stage::seeded(CONFIG, 9).node.settings();
    let other = Stage::new(CONFIG.with_probe_interval(Duration::from_secs(2)))
        .node
        .settings();
    assert_ne!(same, other);
    let told = |stage: &Stage| {
        let all = stage.events().into_iter();
        all.filter(|event| **event == Event::SettingsDiffer).count()
    };
    stage.wish(|node, _| node.handle_settings(same));
    assert_eq!(told(&stage), 0);
    stage.wish(|node, _| node.handle_settings(other));
    stage.wish(|node, _| node.handle_settings(other));
    assert_eq!(told(&stage), 1, "{}", stage.script());
}
