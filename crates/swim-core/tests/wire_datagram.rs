//! Stories about datagrams: what is written is read, what is damaged is refused, what is new is skipped.
#![cfg(feature = "wire")]

mod wire_support;

use std::time::Duration;

use swim_core::wire::{self, Counters, Datagram, DatagramTooSmall, Envelope, Refused};
use swim_core::{Compose, Full, Incarnation, Message, Name, Peer, name_hash};
use wire_support::*;

const NOTHING: [Said<'static>; 0] = [];

#[test]
fn p10_every_kind_of_message_is_read_as_it_was_written() {
    let peer = Host::new("ann", 1).with_meta("rack=7");
    let (lines, counters, how) = hear::<Host>(&datagram(PROD, &one_of_each(&peer)), PROD);
    assert_eq!(how, Ok(()));
    assert_eq!(
        lines,
        [
            "ping #aabbccdd seq=01020304 from=\"ann\"@1764000000",
            "ping-req \"ann\" seq=05060708 share=500ms nack",
            "ack seq=090a0b0c [112, 111, 110, 103]",
            "nack seq=0d0e0f10",
            "alive \"ann\" at=[10, 0, 0, 1, 31, 10] meta=\"rack=7\" @1764000000",
            "suspect \"ann\"@1764000000 says=#12345678",
            "dead \"ann\"@1764000000",
            "left \"ann\"@1764000000",
            "digest 0123456789abcdef",
        ]
    );
    assert_eq!(counted(&counters), [("datagrams", 1), ("items", 8)]);
}

#[test]
fn p10_names_travel_as_four_bytes_and_nobody_as_zero() {
    let ping = Said::Ping {
        seq: 1,
        target: Name::Key("bob"),
        source: "ann",
        incarnation: Incarnation(7),
    };
    let rumour = Said::Suspect {
        key: "bob",
        incarnation: Incarnation(7),
        accuser: Name::NOBODY,
    };
    let (lines, ..) = hear::<Host>(&datagram(PROD, &[ping, rumour]), PROD);
    let bob = name_hash(&"bob");
    assert_eq!(
        lines[0],
        format!("ping #{bob:08x} seq=00000001 from=\"ann\"@7")
    );
    assert_eq!(lines[1], "suspect \"bob\"@7 says=nobody");
}

#[test]
fn p13_a_relays_share_is_rounded_up_to_milliseconds_and_bounded() {
    for (share, read) in [
        (Duration::ZERO, "0ns"),
        (Duration::from_micros(1), "1ms"),
        (Duration::from_micros(1_001), "2ms"),
        (Duration::MAX, "4294967.295s"),
    ] {
        let message = Said::PingReq {
            seq: 1,
            target: "a",
            at: None,
            share,
            nack: false,
        };
        let (lines, ..) = hear::<Host>(&datagram(PROD, &[message]), PROD);
        assert_eq!(lines, [format!("ping-req \"a\" seq=00000001 share={read}")]);
    }
}

#[test]
fn p10_a_peer_on_a_radio_link_costs_ten_bytes() {
    let radio = Radio {
        id: 300,
        address: 77,
    };
    let alive = Message::Alive {
        peer: &radio,
        incarnation: Incarnation(3),
    };
    let unlabelled = Envelope::new(b"").expect("an empty label");
    let bytes = datagram(unlabelled, &[alive]);
    assert_eq!(bytes.len(), 3 + (2 + 4 + 3) + 4);
    let (lines, ..) = hear::<Radio>(&bytes, unlabelled);
    assert_eq!(lines, ["alive Radio { id: 300, address: 77 } @3"]);
}

// ---- composing ----

#[test]
fn what_does_not_fit_is_refused_whole_and_what_was_written_stays() {
    let peer = Host::largest();
    let alive = Said::Alive {
        peer: &peer,
        incarnation: Incarnation(1),
    };
    let whole = datagram(PROD, &[alive, Said::Nack { seq: 9 }]);
    for size in 0..whole.len() {
        let mut buffer = vec![0xEE; size];
        let mut datagram = Datagram::new(&mut buffer, PROD);
        let first = datagram.push(&alive);
        let second = Compose::<Host>::push(&mut datagram, &Said::Nack { seq: 9 });
        assert!(
            first.is_err() || second.is_err(),
            "{size} bytes hold {}",
            whole.len()
        );
        let bytes = datagram.finish().to_vec();
        assert!(bytes.len() <= size);
        if size < 11 {
            assert!(bytes.is_empty(), "no room for the frame alone");
            continue;
        }
        let (lines, counters, how) = hear::<Host>(&bytes, PROD);
        assert_eq!(how, Ok(()), "{size} bytes");
        assert_eq!(
            lines.len(),
            usize::from(first.is_ok()) + usize::from(second.is_ok())
        );
        assert_eq!(counters.items_malformed + counters.datagrams_cut, 0);
    }
}

#[test]
fn the_length_said_is_the_length_sent() {
    let peer = Host::new("ann", 1);
    let mut buffer = [0; 300];
    let mut datagram = Datagram::new(&mut buffer, PROD);
    assert!(Compose::<Host>::is_empty(&datagram));
    assert_eq!(Compose::<Host>::capacity(&datagram), 300);
    for message in one_of_each(&peer) {
        datagram.push(&message).expect("it fits");
        let said = Compose::<Host>::len(&datagram);
        assert_eq!(datagram.finish().len(), said, "{message:?}");
        assert_eq!(datagram.finish().len(), said, "finishing twice is the same");
    }
    assert!(!Compose::<Host>::is_empty(&datagram));
    Compose::<Host>::clear(&mut datagram);
    assert!(Compose::<Host>::is_empty(&datagram));
    assert_eq!(
        hear::<Host>(datagram.finish(), PROD).0,
        Vec::<String>::new()
    );
}

#[test]
fn p3_room_for_the_digest_is_kept_beside_a_ping_however_much_gossip_follows() {
    let peer = Host::new("ann", 1);
    let ack = Said::Ack {
        seq: 1,
        payload: &[],
    };
    let dead = Said::Dead {
        key: peer.key(),
        incarnation: Incarnation(1),
    };
    for size in 64..120 {
        let mut buffer = vec![0; size];
        let mut datagram = Datagram::new(&mut buffer, PROD);
        Compose::<Host>::push(&mut datagram, &ack).expect("it fits");
        while datagram.push(&dead).is_ok() {}
        Compose::<Host>::push(&mut datagram, &Said::Digest(7)).expect("its room was kept");
        let (lines, ..) = hear::<Host>(datagram.finish(), PROD);
        assert_eq!(
            lines.last().map(String::as_str),
            Some("digest 0000000000000007")
        );
    }
}

#[test]
fn messages_of_the_application_fill_what_room_is_left() {
    let peer = Host::new("ann", 1);
    for size in [64, 100, 255, 256, 257, 1_400, 40_000] {
        let mut buffer = vec![0; size];
        let mut datagram = Datagram::new(&mut buffer, PROD);
        let alive = Said::Alive {
            peer: &peer,
            incarnation: Incarnation(1),
        };
        datagram.push(&alive).expect("it fits");
        let room = datagram.room();
        assert_eq!(
            datagram.push_user(&vec![1; room + 1]),
            Err(Full),
            "{size} bytes"
        );
        datagram.push_user(&vec![2; room]).expect("that much fits");
        let (lines, counters, how) = hear::<Host>(datagram.finish(), PROD);
        assert_eq!((how, lines.len(), counters.user_messages), (Ok(()), 2, 1));
        assert_eq!(lines[1], format!("user {:?}", vec![2; room]));
    }
}

#[test]
fn a_sealed_datagram_has_no_checksum() {
    let peer = Host::new("ann", 1);
    let messages = [Said::Alive {
        peer: &peer,
        incarnation: Incarnation(1),
    }];
    let (plain, sealed) = (
        datagram(PROD, &messages),
        datagram(PROD.sealed(), &messages),
    );
    assert_eq!(plain.len(), sealed.len() + 4);
    assert_eq!(plain[..sealed.len()], sealed);
    assert_eq!(
        hear::<Host>(&sealed, PROD.sealed()).0,
        hear::<Host>(&plain, PROD).0
    );
    assert_eq!(hear::<Host>(&sealed, PROD).2, Err(Refused::Checksum));
}

// ---- limits ----

#[test]
fn p11_the_smallest_datagram_holds_a_ping_its_digest_and_two_records() {
    let largest = Host::largest();
    for label in [&b""[..], b"prod", &[b'x'; 255]] {
        let envelope = Envelope::new(label).expect("not too long");
        for envelope in [envelope, envelope.sealed()] {
            let least = envelope.smallest_datagram(&largest);
            assert_eq!(envelope.check_datagram(least, &largest), Ok(()));
            let size = least - 1;
            let error = envelope.check_datagram(size, &largest);
            assert_eq!(error, Err(DatagramTooSmall { size, least }));
            let ping = Said::Ping {
                seq: 1,
                target: Name::NOBODY,
                source: largest.key(),
                incarnation: Incarnation(1),
            };
            let alive = Said::Alive {
                peer: &largest,
                incarnation: Incarnation(1),
            };
            let mut buffer = vec![0; least];
            let mut datagram = Datagram::new(&mut buffer, envelope);
            for message in [ping, alive, alive, Said::Digest(1)] {
                datagram
                    .push(&message)
                    .expect("that is what the smallest datagram holds");
            }
        }
    }
    let radio = Radio {
        id: u16::MAX,
        address: u16::MAX,
    };
    let short = Envelope::new(b"radio").expect("short");
    assert_eq!(
        short.check_datagram(wire::MIN_DATAGRAM, &radio),
        Ok(()),
        "64 bytes do"
    );
}

#[test]
fn a_limit_that_is_missed_says_by_how_much() {
    let error = PROD
        .check_datagram(100, &Host::largest())
        .expect_err("too small");
    assert_eq!(
        error.to_string(),
        format!(
            "datagrams of 100 bytes can't hold two records beside a ping; allow {}, or shorten the label, names or \
             metadata",
            error.least
        )
    );
    let error = Envelope::new(&[0; 256]).expect_err("too long");
    assert_eq!(
        error.to_string(),
        "the label has 256 bytes, 255 are possible; choose a shorter one"
    );
}

// ---- refusals: each stage has its own, and none of them changes anything ----

#[test]
fn a_datagram_too_short_for_a_frame_is_refused() {
    for length in 0..7 {
        let (lines, counters, how) = hear::<Host>(&[1; 7][..length], PROD);
        assert_eq!(how, Err(Refused::Short));
        assert_eq!(
            (lines.len(), counted(&counters)),
            (0, vec![("datagrams_short", 1)])
        );
    }
}

#[test]
fn a_digest_that_is_announced_and_missing_makes_a_datagram_too_short() {
    let (_, counters, how) = hear::<Host>(&datagram_of(PROD, 1, &[4, 4, 1, 2, 3]), PROD);
    assert_eq!(
        (how, counted(&counters)),
        (Err(Refused::Short), vec![("datagrams_short", 1)])
    );
}

#[test]
fn p10_another_major_version_is_refused_before_anything_else_is_looked_at() {
    let mut bytes = datagram(PROD, &NOTHING);
    bytes[0] = 2;
    let (_, counters, how) = hear::<Host>(&bytes, PROD);
    assert_eq!(how, Err(Refused::Version { version: 2 }));
    assert_eq!(counted(&counters), [("datagrams_other_version", 1)]);
    assert_eq!(
        how.expect_err("refused").to_string(),
        "the datagram has version 2, this node speaks 1"
    );
}

#[test]
fn another_clusters_label_is_refused() {
    let bytes = datagram(PROD, &NOTHING);
    for label in [&b""[..], b"pro", b"test", b"production"] {
        let (_, counters, how) = hear::<Host>(&bytes, Envelope::new(label).expect("short"));
        assert_eq!(how, Err(Refused::Label), "{label:?}");
        assert_eq!(counted(&counters), [("datagrams_other_label", 1)]);
    }
    let (_, _, how) = hear::<Host>(&checked(&[1, 0, 200, b'p']), PROD);
    assert_eq!(how, Err(Refused::Label), "a label longer than its datagram");
}

#[test]
fn a_single_flipped_bit_anywhere_is_refused() {
    let peer = Host::new("ann", 1);
    let bytes = datagram(PROD, &one_of_each(&peer));
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (lines, _, how) = hear::<Host>(&damaged, PROD);
        assert!(how.is_err(), "bit {bit}");
        assert_eq!(lines.len(), 0, "bit {bit}");
    }
}

#[test]
fn a_cut_datagram_is_refused_at_every_length() {
    let peer = Host::new("ann", 1);
    let bytes = datagram(PROD, &one_of_each(&peer));
    for length in 0..bytes.len() {
        let (lines, _, how) = hear::<Host>(&bytes[..length], PROD);
        assert!(how.is_err() && lines.is_empty(), "{length} bytes");
    }
}

// ---- items ----

#[test]
fn p10_unknown_kinds_are_skipped_and_counted_and_what_follows_is_read() {
    let items = [
        200,
        3,
        1,
        2,
        3,
        4,
        4,
        9,
        0,
        0,
        0,
        0,
        0,
        10,
        0x80 | 2,
        0,
        5,
        5,
    ];
    let (lines, counters, how) = hear::<Host>(&datagram_of(PROD, 0, &items), PROD);
    assert_eq!((how, lines), (Ok(()), vec!["nack seq=00000009".into()]));
    assert_eq!(
        counted(&counters),
        [("datagrams", 1), ("items", 4), ("items_unknown", 3)]
    );
}

#[test]
fn p10_bytes_after_a_known_body_are_ignored() {
    let peer = Host::new("ann", 1).with_meta("rack=7");
    // An empty payload that stands there, as a version must write it that appends to acks.
    let bare = Said::Ack {
        seq: 1,
        payload: &[],
    };
    let messages = [one_of_each(&peer).to_vec(), vec![bare]].concat();
    let plain = datagram(PROD, &messages);
    let items = &plain[7..plain.len() - 12];
    let mut longer = Vec::new();
    let mut rest = items;
    while let [kind, length, more @ ..] = rest {
        let (body, next) = more.split_at(usize::from(*length));
        longer.extend_from_slice(&[*kind, length + 4]);
        longer.extend_from_slice(body);
        longer.extend_from_slice(&[0, 7, 7, 7]);
        rest = next;
    }
    longer.extend_from_slice(&plain[plain.len() - 12..plain.len() - 4]);
    let (lines, counters, how) = hear::<Host>(&datagram_of(PROD, 1, &longer), PROD);
    assert_eq!(how, Ok(()));
    assert_eq!(lines, hear::<Host>(&plain, PROD).0);
    assert_eq!(counters.items_malformed, 0);
}

#[test]
fn p10_flags_of_a_newer_version_are_ignored() {
    let (lines, _, how) = hear::<Host>(&datagram_of(PROD, 0xFE, &[4, 4, 9, 0, 0, 0]), PROD);
    assert_eq!((how, lines), (Ok(()), vec!["nack seq=00000009".into()]));
}

#[test]
fn a_body_that_is_too_short_is_skipped_alone() {
    let peer = Host::new("ann", 1);
    let plain = datagram(PROD, &one_of_each(&peer));
    let mut rest = &plain[7..plain.len() - 12];
    while let [kind, length, more @ ..] = rest {
        let (body, next) = more.split_at(usize::from(*length));
        // An ack's payload may be absent, hence from its fifth byte on; what follows an alive's key is the peer's.
        let least = match kind {
            3 => 4,
            5 => 4 + 1 + 3,
            _ => body.len(),
        };
        for cut in 0..least {
            let mut items = vec![*kind, u8::try_from(cut).expect("short")];
            items.extend_from_slice(&body[..cut]);
            items.extend_from_slice(&[4, 4, 9, 0, 0, 0]);
            let (lines, counters, how) = hear::<Host>(&datagram_of(PROD, 0, &items), PROD);
            assert_eq!(
                (how, lines),
                (Ok(()), vec!["nack seq=00000009".into()]),
                "{kind} at {cut}"
            );
            assert_eq!(
                (counters.items, counters.items_malformed),
                (2, 1),
                "{kind} at {cut}"
            );
        }
        rest = next;
    }
}

#[test]
fn an_item_that_reaches_beyond_the_datagram_ends_it() {
    let items = [4, 4, 9, 0, 0, 0, 4, 5, 1, 2, 3, 4];
    let (lines, counters, how) = hear::<Host>(&datagram_of(PROD, 0, &items), PROD);
    assert_eq!((how, lines), (Ok(()), vec!["nack seq=00000009".into()]));
    assert_eq!(
        counted(&counters),
        [("datagrams", 1), ("datagrams_cut", 1), ("items", 1)]
    );
    for cut in [&[4][..], &[4, 0x80], &[4, 0xFF, 0xFF]] {
        let (_, counters, _) = hear::<Host>(&datagram_of(PROD, 0, cut), PROD);
        assert_eq!(counters.datagrams_cut, 1, "{cut:?}");
    }
}

#[test]
fn a_peer_value_that_cant_be_is_skipped_and_counted() {
    let name_too_long = [&[5, 4 + 1 + 17, 1, 0, 0, 0, 17][..], &[b'a'; 17]].concat();
    let metadata_missing = [5, 4 + 2, 1, 0, 0, 0, 1, b'a'];
    for items in [&name_too_long[..], &metadata_missing] {
        let (lines, counters, how) = hear::<Host>(&datagram_of(PROD, 0, items), PROD);
        assert_eq!((how, lines.len()), (Ok(()), 0));
        assert_eq!(
            counted(&counters),
            [("datagrams", 1), ("items", 1), ("peers_malformed", 1)]
        );
    }
    let no_text = [5, 4 + 2, 1, 0, 0, 0, 1, 0xFF];
    let (_, counters, _) = hear::<Host>(&datagram_of(PROD, 0, &no_text), PROD);
    assert_eq!(counters.items_malformed, 1, "the key itself can't be read");
}

#[test]
fn overlong_numbers_break_nothing() {
    // The key's length as 3 in two bytes and in ten; then in eleven, which is too many.
    for (prefix, read) in [
        (vec![0x83, 0x00], true),
        ([&[0x83][..], &[0x80; 8], &[0x00]].concat(), true),
        ([&[0x83][..], &[0x80; 9], &[0x00]].concat(), false),
        (vec![0xFF; 10], false),
    ] {
        let body = [&[1, 0, 0, 0][..], &prefix, b"ann"].concat();
        let items = [&[7, u8::try_from(body.len()).expect("short")][..], &body].concat();
        let (lines, counters, how) = hear::<Host>(&datagram_of(PROD, 0, &items), PROD);
        assert_eq!(how, Ok(()));
        assert_eq!(
            lines.first().is_some_and(|line| line == "dead \"ann\"@1"),
            read,
            "{prefix:?}"
        );
        assert_eq!(counters.items_malformed, u32::from(!read));
    }
}

#[test]
fn known_news_builds_no_peer_value_but_is_counted() {
    let (ann, bob) = (Host::new("ann", 1), Host::new("bob", 2));
    let incarnation = Incarnation(5);
    let messages = [&ann, &bob].map(|peer| Said::Alive { peer, incarnation });
    let mut heard = Heard {
        knows: vec!["\"ann\"".into()],
        ..Heard::default()
    };
    let mut counters = Counters::default();
    let bytes = datagram(PROD, &messages);
    wire::read::<Host>(&bytes, PROD, &mut counters, &mut heard).expect("it is one of ours");
    assert_eq!(heard.lines.len(), 1);
    assert!(heard.lines[0].starts_with("alive \"bob\""));
    assert_eq!((counters.items, counters.alives_known), (2, 1));
}
