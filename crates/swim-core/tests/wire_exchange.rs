//! Stories about exchanges: two nodes, one stream, and what each knows afterwards.
#![cfg(all(feature = "wire", feature = "alloc"))]

mod wire_support;

use swim_core::wire::{Counters, Datagram, Envelope, MAX_FRAME, Refusal};
use swim_core::{
    Exchange, ExchangeFailed, ExchangeId, Exchanged, Instant, Output, Peer, Reason, State,
};
use wire_support::pair::*;
use wire_support::random::Dice;
use wire_support::*;

/// Both know each other and `knows`; each besides that its own.
fn acquainted(knows: &[swim_core::Member<Host>]) -> (HostNode, HostNode) {
    let mut ann = node("ann", CONFIG, knows);
    let mut bob = node("bob", CONFIG, knows);
    tell(&mut ann, &member("bob", State::Alive, 1));
    tell(&mut bob, &member("ann", State::Alive, 1));
    (ann, bob)
}

const OTHER: Option<Result<Exchanged, ExchangeFailed>> = Some(Ok(Exchanged {
    same: false,
    unreachable: false,
}));

// ---- the usual course ----

#[test]
fn p4_equal_views_end_the_exchange_at_once() {
    for count in [0, 500] {
        let (mut ann, mut bob) = acquainted(&members(0..count));
        let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
        assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
        let bytes = ran.sent.0.len() + ran.sent.1.len();
        assert!(bytes <= 70, "{bytes} bytes, whatever the number of members");
        assert_eq!(ran.counters.0.records, 0);
    }
}

#[test]
fn p5_only_what_differs_is_sent_by_hashes() {
    let (mut ann, mut bob) = acquainted(&members(0..100));
    tell(&mut ann, &member("only-ann", State::Alive, 1));
    tell(&mut bob, &member("only-bob", State::Alive, 1));
    tell(&mut ann, &member("m0007", State::Alive, 9));
    tell(&mut bob, &member("m0008", State::Alive, 9));
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Differs));
    assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
    assert_eq!(view(&ann), view(&bob));
    assert_eq!(ann.counts().alive, 104);
    assert_eq!(holds(&ann, "m0008"), Some((State::Alive, 9)));
    assert_eq!(holds(&bob, "m0007"), Some((State::Alive, 9)));
    // Two differing records each way, and the answerer's own.
    assert_eq!((ran.counters.0.records, ran.counters.1.records), (3, 2));
}

#[test]
fn p5_of_a_thousand_members_the_buckets_that_differ_are_sent() {
    let (mut ann, mut bob) = acquainted(&members(0..1_000));
    for number in 0..5 {
        tell(
            &mut ann,
            &member(&format!("m{:04}", number * 190), State::Alive, 2),
        );
        tell(&mut bob, &member(&format!("new-{number}"), State::Alive, 1));
    }
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
    assert_eq!(view(&ann), view(&bob));
    assert_eq!(ann.counts().alive, 1_007);
    // Ten buckets of 64 at most, 16 members each; back come the five that are newer.
    let records = (ran.counters.0.records, ran.counters.1.records);
    assert!(records.0 <= 10 * 30, "{records:?}");
    assert_eq!(
        records.1, 5,
        "of the answer's buckets only what it lacks or has older"
    );
}

#[test]
fn p5_of_a_thousand_members_hashes_find_each_record_when_much_may_differ() {
    for why in [Reason::Join, Reason::Settle, Reason::Reconnect] {
        let (mut ann, mut bob) = acquainted(&members(300..1_000));
        for known in members(0..300) {
            tell(&mut ann, &known);
        }
        for known in members(1_000..1_300) {
            tell(&mut bob, &known);
        }
        let ran = run(&mut ann, &mut bob, Stream::new(why));
        assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
        assert_eq!(view(&ann), view(&bob));
        assert_eq!(
            (ran.counters.0.records, ran.counters.1.records),
            (301, 300),
            "{why}"
        );
    }
}

#[test]
fn a_joiner_learns_all_and_is_known() {
    let mut ann = node("ann", CONFIG, &[]);
    let mut bob = node("bob", CONFIG, &members(0..200));
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Join));
    assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
    assert_eq!(view(&ann), view(&bob));
    assert_eq!(ann.counts().alive, 202);
}

#[test]
fn r88_a_ping_over_a_stream_ends_after_the_answer() {
    let (mut ann, mut bob) = acquainted(&members(0..10));
    tell(&mut bob, &member("only-bob", State::Alive, 1));
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Ping));
    assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
    assert_eq!(
        ran.counters.0.records, 1,
        "the answerer's own, to show who it is"
    );
    assert_eq!(holds(&ann, "only-bob"), None);
}

/// A node that probes a silent "bob", up to its ping by stream.
fn stream_ping(ann: &mut HostNode) -> ExchangeId {
    let mut bytes = [0; 1_400];
    for millis in 1_001..5_000 {
        let now = Instant::from_millis(millis);
        ann.handle_timeout(now);
        let mut datagram = Datagram::new(&mut bytes, PROD);
        loop {
            match ann.poll_output(&mut datagram) {
                Output::Exchange {
                    id,
                    why: Reason::Ping,
                    ..
                } => return id,
                Output::Wait { .. } => break,
                _ => {}
            }
        }
    }
    panic!("no ping by stream");
}

#[test]
fn r93_a_ping_over_a_stream_for_another_name_is_refused_and_counted() {
    for (name, answer) in [("bob", SAME), ("eve", Some(Err(ExchangeFailed::Refused)))] {
        let mut ann = node("ann", CONFIG, &[member("bob", State::Alive, 1)]);
        let mut there = node(name, CONFIG, &[]);
        let id = stream_ping(&mut ann);
        let accepted = there.accept(NOW, [10, 9, 9, 9, 0, 1]).expect("room");
        let mut words = ([0; 64], [0; 64]);
        let mut opener = Exchange::open(id, Reason::Ping, PROD, SALT, &mut words.0[..]);
        let mut answerer = Exchange::accept(accepted, PROD, &mut words.1[..]);
        let mut bytes = [0; 2 * MAX_FRAME];
        let asked = opener.poll_write(&mut ann, &mut bytes);
        answerer
            .handle_read(NOW, &mut there, &bytes[..asked])
            .expect("well-formed");
        let said = answerer.poll_write(&mut there, &mut bytes);
        opener
            .handle_read(NOW, &mut ann, &bytes[..said])
            .expect("well-formed");
        assert_eq!(opener.outcome(), answer, "{name}");
        let refusal = (name == "eve").then_some(Refusal::Name);
        assert_eq!(opener.refusal(), refusal, "{name}");
        assert_eq!(there.stats().misdirected, u32::from(name == "eve"));
    }
}

// ---- tombstones and echoes ----

#[test]
fn p5_a_tombstone_reaches_whoever_holds_its_member_alive() {
    // With 200 members by buckets, with few by hashes; from the answerer and from the opener.
    for count in [0, 200] {
        let (mut ann, mut bob) = acquainted(&members(0..count));
        tell(&mut ann, &member("gone-a", State::Alive, 5));
        tell(&mut bob, &member("gone-a", State::Left, 5));
        tell(&mut ann, &member("gone-b", State::Left, 5));
        tell(&mut bob, &member("gone-b", State::Alive, 5));
        let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
        assert_eq!((ran.opener, ran.answerer), (SAME, SAME), "{count}");
        assert_eq!(holds(&ann, "gone-a"), Some((State::Left, 5)), "{count}");
        assert_eq!(holds(&bob, "gone-b"), Some((State::Left, 5)), "{count}");
    }
}

#[test]
fn r56_a_death_that_an_exchange_brings_is_a_suspicion_at_first() {
    for count in [0, 200] {
        let (mut ann, mut bob) = acquainted(&members(0..count));
        tell(&mut ann, &member("gone-a", State::Alive, 5));
        tell(&mut bob, &member("gone-a", State::Dead, 5));
        tell(&mut ann, &member("gone-b", State::Dead, 5));
        tell(&mut bob, &member("gone-b", State::Alive, 5));
        let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
        assert_eq!((ran.opener, ran.answerer), (OTHER, OTHER), "{count}");
        assert_eq!(holds(&ann, "gone-a"), Some((State::Suspect, 5)), "{count}");
        assert_eq!(holds(&bob, "gone-b"), Some((State::Suspect, 5)), "{count}");
    }
}

#[test]
fn p5_a_tombstone_is_of_no_use_to_who_never_knew_its_member() {
    let (mut ann, mut bob) = acquainted(&[]);
    tell(&mut bob, &member("gone", State::Left, 5));
    tell(&mut bob, &member("new", State::Alive, 1));
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
    assert_eq!(
        ran.counters.0.records, 2,
        "the answerer's own, and the new member's"
    );
    assert_eq!(holds(&ann, "gone"), None);
}

#[test]
fn p7_a_newer_life_beats_an_older_death() {
    for count in [0, 200] {
        let (mut ann, mut bob) = acquainted(&members(0..count));
        tell(&mut ann, &member("back", State::Dead, 5));
        tell(&mut bob, &member("back", State::Alive, 6));
        let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
        assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
        assert_eq!(holds(&ann, "back"), Some((State::Alive, 6)));
    }
}

#[test]
fn p8_who_is_held_dead_hears_so_and_outbids_it() {
    let (mut ann, mut bob) = acquainted(&[]);
    tell(&mut bob, &member("ann", State::Dead, 1));
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    assert_eq!(holds(&ann, "ann"), Some((State::Alive, 2)), "outbid");
    assert_eq!(
        holds(&bob, "ann"),
        Some((State::Alive, 2)),
        "told in the same exchange"
    );
    assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
}

#[test]
fn p8_who_is_suspected_hears_so_also_when_the_digests_are_equal() {
    let (mut ann, mut bob) = acquainted(&members(0..3));
    tell(&mut bob, &member("ann", State::Suspect, 1));
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    assert_eq!(holds(&ann, "ann"), Some((State::Alive, 2)), "refuted");
    assert_eq!(
        (ran.opener, ran.answerer),
        (OTHER, SAME),
        "the refutation is news"
    );
}

// ---- busy, refused ----

#[test]
fn p5_a_busy_answerer_names_others_and_hears_the_joiner_nevertheless() {
    let mut bob = node("bob", CONFIG, &members(0..20));
    let joins = u32::from(CONFIG.exchange.joins_per_second);
    for number in 0..joins {
        let mut joiner = node(&format!("joiner-{number}"), CONFIG, &[]);
        let ran = run(&mut joiner, &mut bob, Stream::new(Reason::Join));
        assert_eq!(ran.answerer, SAME, "{number}");
    }
    let mut ann = node("ann", CONFIG, &[]);
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Join));
    let busy = Some(Err(ExchangeFailed::Busy));
    assert_eq!((ran.opener, ran.answerer), (busy, busy));
    assert_eq!(
        ann.counts().alive,
        1 + 1 + 3,
        "the busy one and three others to try"
    );
    assert_eq!(holds(&bob, "ann"), Some((State::Alive, 1)));
}

#[test]
fn another_clusters_stream_is_refused_and_nothing_is_learned() {
    let mut ann = node("ann", CONFIG, &members(0..5));
    let mut bob = node("bob", CONFIG, &members(5..9));
    let before = (view(&ann), view(&bob));
    let test = Envelope::new(b"test").expect("short");
    let stream = Stream {
        labels: (test, PROD),
        ..Stream::new(Reason::Join)
    };
    let ran = run(&mut ann, &mut bob, stream);
    let refused = Some(Err(ExchangeFailed::Refused));
    assert_eq!((ran.opener, ran.answerer), (refused, refused));
    assert_eq!(ran.refusals, (Some(Refusal::Label), Some(Refusal::Label)));
    assert_eq!((view(&ann), view(&bob)), before);
}

#[test]
fn p10_another_major_version_is_refused_with_ours() {
    let mut bob = node("bob", CONFIG, &[]);
    let id = bob.accept(NOW, [10, 0, 0, 1, 0, 1]).expect("not too many");
    let mut exchange = Exchange::accept(id, PROD, &mut []);
    let hello = [1, 5, 2, 9, 9, 9, 9];
    assert_eq!(exchange.handle_read(NOW, &mut bob, &hello), Ok(7));
    let mut out = [0; 64];
    let written = exchange.poll_write(&mut bob, &mut out);
    assert_eq!(
        out[..written],
        [3, 3, 3, 1, 1],
        "an answer: refused, for its version; ours is 1"
    );
    assert_eq!(exchange.outcome(), Some(Err(ExchangeFailed::Refused)));
    assert_eq!(exchange.refusal(), Some(Refusal::Version { version: 2 }));
}

#[test]
fn p10_an_opener_that_is_refused_for_its_version_knows_the_others() {
    let (mut ann, mut bob) = acquainted(&[]);
    let (id, _) = ids(&mut ann, &mut bob);
    let mut exchange = Exchange::open(id, Reason::Join, PROD, SALT, &mut []);
    let mut out = [0; 256];
    assert!(exchange.poll_write(&mut ann, &mut out) > 0);
    assert_eq!(
        exchange.handle_read(NOW, &mut ann, &[3, 4, 3, 1, 7, 99]),
        Ok(6)
    );
    assert_eq!(exchange.outcome(), Some(Err(ExchangeFailed::Refused)));
    assert_eq!(exchange.refusal(), Some(Refusal::Version { version: 7 }));
}

#[test]
fn p17_other_settings_are_told() {
    use std::time::Duration;
    let (mut ann, _) = acquainted(&[]);
    let slow = CONFIG.with_probe_interval(Duration::from_secs(3));
    let mut bob = node("bob", slow, &[]);
    run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    let mut buffer = [0; 1_400];
    let mut told = Vec::new();
    loop {
        let mut datagram = Datagram::new(&mut buffer, PROD);
        match bob.poll_output(&mut datagram) {
            Output::Event(event) => told.push(event),
            Output::Wait { .. } => break,
            _ => {}
        }
    }
    assert!(told.contains(&swim_core::Event::SettingsDiffer), "{told:?}");
}

// ---- slow, small, cut ----

#[test]
fn one_byte_at_a_time_and_in_small_buffers_the_same_comes_out() {
    for (count, why) in [
        (60, Reason::Join),
        (60, Reason::Timed),
        (300, Reason::Timed),
    ] {
        for (gulp, buffer) in [(1, 2_048), (7, 300), (usize::MAX, 64), (1, 48)] {
            let (mut ann, mut bob) = acquainted(&members(0..count));
            tell(&mut ann, &member("only-ann", State::Alive, 1));
            tell(&mut bob, &member("only-bob", State::Alive, 1));
            let ran = run(
                &mut ann,
                &mut bob,
                Stream {
                    gulp,
                    buffer,
                    ..Stream::new(why)
                },
            );
            assert_eq!(
                (ran.opener, ran.answerer),
                (SAME, SAME),
                "{count} {why} {gulp} {buffer}"
            );
            assert_eq!(view(&ann), view(&bob));
        }
    }
}

#[test]
fn a_record_that_no_buffer_holds_is_left_out_and_counted() {
    let (mut ann, mut bob) = acquainted(&members(0..5));
    let mut long = member("long", State::Alive, 1);
    long.peer = long.peer.with_meta("abcdefghijklmnopqrstuvwxyz012345");
    tell(&mut bob, &long);
    tell(&mut bob, &member("short", State::Alive, 1));
    let ran = run(
        &mut ann,
        &mut bob,
        Stream {
            buffer: 48,
            ..Stream::new(Reason::Timed)
        },
    );
    assert_eq!((ran.opener, ran.answerer), (OTHER, OTHER));
    assert_eq!(ran.counters.1.records_omitted, 1);
    assert_eq!(holds(&ann, "long"), None);
    assert_eq!(holds(&ann, "short"), Some((State::Alive, 1)));
}

#[test]
fn a_buffer_too_small_for_any_frame_ends_the_exchange() {
    let (mut ann, mut bob) = acquainted(&[]);
    let ran = run(
        &mut ann,
        &mut bob,
        Stream {
            buffer: 20,
            ..Stream::new(Reason::Timed)
        },
    );
    assert_eq!(ran.opener, Some(Err(ExchangeFailed::Broken)));
}

#[test]
fn a_stream_that_breaks_after_any_byte_leaves_only_true_records() {
    let make = || {
        let (mut ann, mut bob) = acquainted(&members(0..20));
        tell(&mut ann, &member("only-ann", State::Alive, 1));
        tell(&mut bob, &member("only-bob", State::Alive, 1));
        (ann, bob)
    };
    let (mut ann, mut bob) = make();
    let whole = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    let length = whole.sent.0.len() + whole.sent.1.len();
    let complete = view(&ann);
    for breaks_after in 0..length {
        let (mut ann, mut bob) = make();
        let stream = Stream {
            breaks_after,
            gulp: 5,
            ..Stream::new(Reason::Timed)
        };
        let ran = run(&mut ann, &mut bob, stream);
        assert_eq!(
            ran.opener, None,
            "the opener ends last, {breaks_after} of {length} bytes"
        );
        for node in [&ann, &bob] {
            assert!(
                view(node).iter().all(|held| complete.contains(held)),
                "{breaks_after}"
            );
        }
    }
}

#[test]
fn p5_the_less_scratch_is_lent_the_more_is_sent_but_all_is_found() {
    for (count, why) in [
        (40, Reason::Timed),
        (1_000, Reason::Timed),
        (1_000, Reason::Join),
    ] {
        for scratch in [
            (0, 0),
            (0, 4_096),
            (4_096, 0),
            (17, 17),
            (33, 16),
            (70, 40),
            (200, 4_096),
        ] {
            let (mut ann, mut bob) = acquainted(&members(0..count));
            tell(&mut ann, &member("only-ann", State::Alive, 1));
            tell(&mut bob, &member("only-bob", State::Alive, 1));
            let ran = run(
                &mut ann,
                &mut bob,
                Stream {
                    scratch,
                    ..Stream::new(why)
                },
            );
            assert_eq!(
                (ran.opener, ran.answerer),
                (SAME, SAME),
                "{count} {why} {scratch:?}"
            );
            assert_eq!(view(&ann), view(&bob));
            let records = ran.counters.0.records + ran.counters.1.records;
            match scratch {
                // Nothing to tell apart with: all that the answerer holds.
                (0, 0) => assert!(records >= count, "{count} {why}: {records} records"),
                (200, _) => assert!(records < count / 2, "{count} {why}: {records} records"),
                _ => {}
            }
        }
    }
}

#[test]
fn what_scratch_for_recommends_is_enough_for_an_exact_exchange() {
    for count in [10, 128, 129, 1_000, 2_000] {
        for why in [Reason::Timed, Reason::Settle] {
            let (mut ann, mut bob) = acquainted(&members(0..count));
            tell(&mut ann, &member("only-ann", State::Alive, 1));
            let words = Exchange::scratch_for(count + 3);
            let stream = Stream {
                scratch: (words, words),
                ..Stream::new(why)
            };
            let ran = run(&mut ann, &mut bob, stream);
            assert_eq!((ran.opener, ran.answerer), (SAME, SAME));
            assert_eq!(
                ran.counters.1.records, 1,
                "{count} {why}: only the new record goes back"
            );
        }
    }
}

#[test]
fn any_two_views_become_one() {
    let mut dice = Dice::new(11);
    for round in 0..150 {
        let count = [5, 60, 140, 400][dice.below(4)];
        let (mut ann, mut bob) = acquainted(&[]);
        for known in members(0..count) {
            for node in [&mut ann, &mut bob] {
                let name = known.peer.key();
                let record = match dice.below(12) {
                    0 => continue,
                    1 => member(name, State::Alive, 2),
                    2 => member(name, State::Left, 1 + u32::from(dice.byte() & 1)),
                    _ => known.clone(),
                };
                tell(node, &record);
            }
        }
        let why = [Reason::Timed, Reason::Join, Reason::Settle, Reason::Seed][dice.below(4)];
        let stream = Stream {
            gulp: 1 + dice.below(500),
            buffer: 64 + dice.below(2_000),
            scratch: (dice.below(2_000), dice.below(2_000)),
            ..Stream::new(why)
        };
        let ran = run(&mut ann, &mut bob, stream);
        assert_eq!(
            (ran.opener, ran.answerer),
            (SAME, SAME),
            "round {round} {stream:?}"
        );
        let up = |node: &HostNode| {
            let mut up = view(node);
            up.retain(|(_, state, _)| state.is_up());
            up
        };
        assert_eq!(up(&ann), up(&bob), "round {round} {stream:?}");
    }
}

// ---- P17 ----

#[test]
fn p17_the_last_frame_to_a_joiner_waits_until_its_address_has_answered() {
    let config = CONFIG.with_check_joiner(true);
    let mut ann = node("ann", config, &[]);
    let mut bob = node("bob", config, &members(0..3));
    let (opened, accepted) = ids(&mut ann, &mut bob);
    let mut scratch = ([0; 512], [0; 512]);
    let mut opener = Exchange::open(opened, Reason::Join, PROD, SALT, &mut scratch.0);
    let mut answerer = Exchange::accept(accepted, PROD, &mut scratch.1);
    let mut wire = (Vec::new(), Vec::new());
    for _ in 0..10 {
        step(&mut opener, &mut ann, &mut wire.0, &mut wire.1);
        step(&mut answerer, &mut bob, &mut wire.1, &mut wire.0);
    }
    assert!(answerer.waits() && !answerer.is_done() && !opener.is_done());
    assert_eq!(
        holds(&bob, "ann"),
        None,
        "not spread before its address has answered"
    );
    assert_eq!(
        holds(&ann, "m0002"),
        Some((State::Alive, 1)),
        "all else went through"
    );
    assert_eq!(bob.reachable(accepted), None);

    // The ping that asks, and the joiner's ack.
    deliver(&mut bob, &mut ann);
    deliver(&mut ann, &mut bob);
    assert_eq!(bob.reachable(accepted), Some(true));
    step(&mut answerer, &mut bob, &mut wire.1, &mut wire.0);
    assert!(!answerer.waits());
    assert_eq!(answerer.outcome(), SAME);
    step(&mut opener, &mut ann, &mut wire.0, &mut wire.1);
    assert_eq!(opener.outcome(), SAME);
    assert_eq!(holds(&bob, "ann"), Some((State::Alive, 1)));
}

#[test]
fn p17_a_joiner_whose_address_does_not_answer_is_told_so() {
    // Nobody else speaks here: silence must be no ground for doubt (P13).
    let config = CONFIG.with_check_joiner(true).with_doubt(false);
    let mut ann = node("ann", config, &[]);
    let mut bob = node("bob", config, &members(0..3));
    let (opened, accepted) = ids(&mut ann, &mut bob);
    let mut scratch = ([0; 512], [0; 512]);
    let mut opener = Exchange::open(opened, Reason::Join, PROD, SALT, &mut scratch.0);
    let mut answerer = Exchange::accept(accepted, PROD, &mut scratch.1);
    let mut wire = (Vec::new(), Vec::new());
    let mut now = NOW;
    while opener.outcome().is_none() {
        step(&mut opener, &mut ann, &mut wire.0, &mut wire.1);
        step(&mut answerer, &mut bob, &mut wire.1, &mut wire.0);
        // Its pings are lost.
        now = lose_all(&mut bob).unwrap_or(now);
        assert!(now < Instant::from_millis(20_000), "it never heard");
        bob.handle_timeout(now);
    }
    assert_eq!(
        opener.outcome(),
        Some(Ok(Exchanged {
            same: false,
            unreachable: true
        }))
    );
}

/// Reads what has come, writes what there is.
fn step<S: AsRef<[u32]> + AsMut<[u32]>>(
    exchange: &mut Exchange<'_, S>,
    node: &mut HostNode,
    out: &mut Vec<u8>,
    inbox: &mut Vec<u8>,
) {
    let consumed = exchange.handle_read(NOW, node, inbox).expect("well-formed");
    inbox.drain(..consumed);
    let mut buffer = [0; 2_048];
    let written = exchange.poll_write(node, &mut buffer);
    out.extend_from_slice(&buffer[..written]);
}

/// Every datagram that the node has to send is lost; until when it waits then.
fn lose_all(node: &mut HostNode) -> Option<Instant> {
    let mut buffer = [0; 1_400];
    loop {
        let mut datagram = Datagram::new(&mut buffer, PROD);
        if let Output::Wait { until } = node.poll_output(&mut datagram) {
            return until;
        }
    }
}

/// Every datagram that one node has to send reaches the other.
fn deliver(from: &mut HostNode, to: &mut HostNode) {
    let mut buffer = [0; 1_400];
    let address = *from.me().peer.addr();
    loop {
        let mut datagram = Datagram::new(&mut buffer, PROD);
        match from.poll_output(&mut datagram) {
            Output::Wait { .. } => break,
            Output::Send { .. } => {
                let bytes = datagram.finish();
                let counters = &mut Counters::default();
                swim_core::receive(to, NOW, &address, PROD, bytes, counters, |_| {})
                    .expect("it is one of ours");
            }
            _ => {}
        }
    }
}

// ---- what is not the format ----

/// An answerer that has read these bytes.
fn answerer_reads(bytes: &[u8]) -> Result<usize, swim_core::Malformed> {
    let mut bob = node("bob", CONFIG, &members(0..3));
    let id = bob.accept(NOW, [10, 0, 0, 1, 0, 1]).expect("not too many");
    let mut scratch = [0; 64];
    let mut exchange = Exchange::accept(id, PROD, &mut scratch);
    let mut rest = bytes;
    loop {
        let consumed = exchange.handle_read(NOW, &mut bob, rest).inspect_err(|_| {
            assert_eq!(exchange.outcome(), Some(Err(ExchangeFailed::Malformed)));
        })?;
        rest = &rest[consumed..];
        let written = exchange.poll_write(&mut bob, &mut [0; 2_048]);
        if consumed == 0 && written == 0 {
            return Ok(bytes.len() - rest.len());
        }
    }
}

/// What an opener says first: hello and its own record.
fn opening() -> Vec<u8> {
    let (mut ann, mut bob) = acquainted(&members(0..3));
    tell(&mut ann, &member("only-ann", State::Alive, 1));
    let (id, _) = ids(&mut ann, &mut bob);
    let mut out = vec![0; 2_048];
    let written =
        Exchange::open(id, Reason::Timed, PROD, SALT, &mut [0; 64]).poll_write(&mut ann, &mut out);
    out.truncate(written);
    out
}

#[test]
fn what_is_no_hello_is_refused_at_its_first_byte() {
    let error = answerer_reads(b"GET / HTTP/1.1\r\n").expect_err("that is another protocol");
    assert_eq!(
        error.to_string(),
        "the stream is malformed: it does not begin with a hello"
    );
    assert!(answerer_reads(&[0]).is_err());
    assert_eq!(answerer_reads(&[1]), Ok(0), "may become one");
}

#[test]
fn a_stream_that_is_not_the_format_is_malformed() {
    let hello = opening();
    let own = hello[1] as usize + 2;
    assert_eq!(answerer_reads(&hello), Ok(hello.len()));
    let second = |frame: &[u8]| [&hello[..own], frame].concat();
    let third = |frame: &[u8]| [&hello[..], frame].concat();
    for (bytes, why) in [
        (vec![1, 2, 1, 0], "the hello is cut"),
        (vec![1, 0xFF, 0xFF], "a frame is longer than any may be"),
        (second(&[4, 0]), "a frame came out of turn"),
        (second(&[2, 3, 0, 0, 0]), "the opener's own record can't be"),
        (third(&[1, 0]), "a frame came out of turn"),
        (third(&[4, 0]), "a frame came out of turn"),
        (third(&[9, 0]), "a frame came out of turn"),
        (
            third(&[&[6, 0x80 | 8, 1][..], &[7; 136]].concat()),
            "more hashes came than were asked for",
        ),
        (third(&[8, 0, 9, 1, 0]), "the closing is cut"),
        (third(&[8, 0, 8, 0]), "a frame came out of turn"),
    ] {
        let error = answerer_reads(&bytes).expect_err(why);
        assert_eq!(error.to_string(), format!("the stream is malformed: {why}"));
    }
    let mut buckets = hello.clone();
    buckets[own - 5] = 13;
    let error = answerer_reads(&buckets).expect_err("2^13 buckets");
    assert_eq!(
        error.to_string(),
        "the stream is malformed: there can't be so many buckets"
    );
}

#[test]
fn an_answer_that_is_not_the_format_is_malformed() {
    for (bytes, why) in [
        (&[3, 0][..], "there is no such answer"),
        (&[3, 1, 77], "there is no such answer"),
        (&[3, 6, 1, 3, 0, 0, 0, 0], "there can't be so many buckets"),
        (
            &[3, 6, 1, 12, 0, 0, 0, 0],
            "the answer asks for more buckets than were offered",
        ),
        (&[5, 0], "a frame came out of turn"),
        (&[3, 1, 0, 8, 0], "a frame came out of turn"),
        (&[3, 1, 0, 9, 3, 0, 0, 0], "the closing is cut"),
    ] {
        let (mut ann, mut bob) = acquainted(&[]);
        let (id, _) = ids(&mut ann, &mut bob);
        let mut scratch = [0; 64];
        let mut exchange = Exchange::open(id, Reason::Timed, PROD, SALT, &mut scratch);
        exchange.poll_write(&mut ann, &mut [0; 2_048]);
        let error = exchange.handle_read(NOW, &mut ann, bytes).expect_err(why);
        assert_eq!(error.to_string(), format!("the stream is malformed: {why}"));
        assert_eq!(exchange.outcome(), Some(Err(ExchangeFailed::Malformed)));
    }
}

#[test]
fn p10_frames_and_records_of_a_newer_version_are_skipped_and_counted() {
    let (mut ann, mut bob) = acquainted(&[]);
    let (id, _) = ids(&mut ann, &mut bob);
    let mut scratch = [0; 64];
    let mut exchange = Exchange::open(id, Reason::Timed, PROD, SALT, &mut scratch);
    exchange.poll_write(&mut ann, &mut [0; 2_048]);
    let frames = [
        &[77, 3, 1, 2, 3][..],           // a kind of a newer version
        &[4, 6, 1, 0, 0, 0, 9, 1],       // a state of a newer version
        &[4, 7, 1, 0, 0, 0, 0, 1, b'x'], // half a peer value
        &[2, 7, 1, 0, 0, 0, 0, 1, b'x'], // the same as the answerer's own
        &[3, 3, 4, 9, 9],                // "here", and more behind it
    ]
    .concat();
    assert_eq!(
        exchange.handle_read(NOW, &mut ann, &frames),
        Ok(frames.len())
    );
    assert_eq!(exchange.outcome(), SAME);
    assert_eq!(
        counted(exchange.counters()),
        [
            ("peers_malformed", 2),
            ("frames", 5),
            ("frames_unknown", 1),
            ("records", 3),
            ("records_malformed", 1),
        ]
    );
}

#[test]
fn nothing_is_read_while_it_is_our_turn_or_all_is_over() {
    let (mut ann, mut bob) = acquainted(&[]);
    let (id, _) = ids(&mut ann, &mut bob);
    let mut exchange = Exchange::open(id, Reason::Timed, PROD, SALT, &mut []);
    let here = [3, 1, 4, 3, 1, 4];
    assert_eq!(
        exchange.handle_read(NOW, &mut ann, &here),
        Ok(0),
        "our hello comes first"
    );
    exchange.poll_write(&mut ann, &mut [0; 2_048]);
    assert_eq!(
        exchange.handle_read(NOW, &mut ann, &here),
        Ok(3),
        "what follows the end stays"
    );
    assert_eq!(exchange.handle_read(NOW, &mut ann, &here), Ok(0));
    assert_eq!(exchange.poll_write(&mut ann, &mut [0; 2_048]), 0);
}

#[test]
fn damaged_streams_never_panic_and_the_node_lives_on() {
    let (mut ann, mut bob) = acquainted(&members(0..150));
    tell(&mut ann, &member("only-ann", State::Alive, 1));
    tell(&mut bob, &member("only-bob", State::Alive, 1));
    let mut dice = Dice::new(12);
    for why in [Reason::Timed, Reason::Settle] {
        let ran = {
            let (mut ann, mut bob) = acquainted(&members(0..150));
            tell(&mut ann, &member("only-ann", State::Alive, 1));
            run(&mut ann, &mut bob, Stream::new(why))
        };
        for _ in 0..1_500 {
            for (node, sent, other) in [
                (&mut bob, &ran.sent.0, &ran.sent.1),
                (&mut ann, &ran.sent.1, &ran.sent.0),
            ] {
                let is_opener = node.me().peer.key() == "ann";
                let mut bytes = sent.clone();
                for _ in 0..dice.below(3) {
                    bytes = dice.damage(&bytes, other);
                }
                feed(node, is_opener, why, &bytes);
            }
        }
    }
    assert!(ann.me().state.is_up() && bob.me().state.is_up());
    let ran = run(&mut ann, &mut bob, Stream::new(Reason::Timed));
    assert!(matches!(ran.opener, Some(Ok(_))), "{ran:?}");
}

/// One side hears these bytes, whatever it says itself.
fn feed(node: &mut HostNode, is_opener: bool, why: Reason, bytes: &[u8]) {
    let there = [10, 0, 0, 77, 0, 1];
    let mut scratch = [0; 600];
    let id = if is_opener {
        node.join(NOW, there)
    } else {
        node.accept(NOW, there)
    };
    let id = id.expect("the one before has ended");
    let mut exchange = if is_opener {
        Exchange::open(id, why, PROD, SALT, &mut scratch)
    } else {
        Exchange::accept(id, PROD, &mut scratch)
    };
    let mut rest = bytes;
    loop {
        let written = exchange.poll_write(node, &mut [0; 2_048]);
        match exchange.handle_read(NOW, node, rest) {
            Ok(0) if written == 0 => break,
            Ok(consumed) => rest = &rest[consumed..],
            Err(_) => break,
        }
    }
    let how = exchange.outcome().unwrap_or(Err(ExchangeFailed::Broken));
    node.handle_exchange(NOW, id, how);
}
