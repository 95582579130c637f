//! Stories about datagrams that reach a node: bytes in, bytes out.
#![cfg(all(feature = "wire", feature = "alloc"))]

mod wire_support;

use swim_core::wire::{Counters, Datagram, Envelope, Refused};
use swim_core::{Incarnation, Message, Name, Output, Peer, State, name_hash, receive};
use wire_support::pair::*;
use wire_support::random::Dice;
use wire_support::*;

const ANN: [u8; 6] = [10, 0, 0, 1, 0x1F, 0x0A];

/// What the node hears of these bytes, from ann's address.
fn hears(node: &mut HostNode, bytes: &[u8]) -> (Result<(), Refused>, Counters, Vec<Vec<u8>>) {
    let mut counters = Counters::default();
    let mut user = Vec::new();
    let how = receive(node, NOW, &ANN, PROD, bytes, &mut counters, |message| {
        user.push(message.to_vec());
    });
    (how, counters, user)
}

/// The datagrams that the node has to send: to whom, and what they say.
fn says(node: &mut HostNode) -> Vec<([u8; 6], Vec<String>)> {
    let mut buffer = [0; 400];
    let mut said = Vec::new();
    loop {
        let mut datagram = Datagram::new(&mut buffer, PROD);
        match node.poll_output(&mut datagram) {
            Output::Send { to } => said.push((to, hear::<Host>(datagram.finish(), PROD).0)),
            Output::Wait { .. } => return said,
            _ => {}
        }
    }
}

fn ping<'m>(target: &str) -> Said<'m> {
    Said::Ping {
        seq: 0x0A0B_0C0D,
        target: Name::Hash(name_hash(target)),
        source: "ann",
        incarnation: Incarnation(1),
    }
}

#[test]
fn a_ping_in_bytes_is_answered_in_bytes() {
    let ann = member("ann", State::Alive, 1);
    let mut bob = node("bob", CONFIG, &[]);
    let (peer, incarnation) = (&ann.peer, ann.incarnation);
    let bytes = datagram(PROD, &[ping("bob"), Said::Alive { peer, incarnation }]);
    let (how, counters, _) = hears(&mut bob, &bytes);
    assert_eq!((how, counters.items), (Ok(()), 2));
    let said = says(&mut bob);
    let (to, lines) = said.first().expect("an ack");
    assert_eq!((to, lines[0].as_str()), (&ANN, "ack seq=0a0b0c0d []"));
    assert_eq!(holds(&bob, "ann"), Some((State::Alive, 1)));
}

#[test]
fn r93_a_ping_for_another_name_is_not_answered() {
    let mut bob = node("bob", CONFIG, &[]);
    let (how, ..) = hears(&mut bob, &datagram(PROD, &[ping("carl")]));
    assert_eq!((how, bob.stats().misdirected), (Ok(()), 1));
    assert!(says(&mut bob).is_empty());
}

#[test]
fn messages_of_the_application_never_reach_the_node() {
    let mut bob = node("bob", CONFIG, &[]);
    let mut buffer = [0; 100];
    let mut datagram = Datagram::new(&mut buffer, PROD);
    datagram.push_user(b"hello").expect("it fits");
    datagram.push_user(b"").expect("it fits");
    let (how, counters, user) = hears(&mut bob, datagram.finish());
    assert_eq!((how, counters.user_messages), (Ok(()), 2));
    assert_eq!(user, [b"hello".to_vec(), Vec::new()]);
    assert_eq!(bob.stats().messages_heard, 0);
}

#[test]
fn known_news_reaches_the_node_only_as_a_word() {
    let mut bob = node("bob", CONFIG, &members(0..20));
    let told = bob.stats().messages_heard;
    let news: Vec<_> = members(0..20);
    let messages: Vec<Said<'_>> = news
        .iter()
        .map(|held| Message::Alive {
            peer: &held.peer,
            incarnation: held.incarnation,
        })
        .collect();
    let (how, counters, _) = hears(&mut bob, &datagram(PROD, &messages));
    assert_eq!((how, counters.alives_known), (Ok(()), 20));
    assert_eq!(
        bob.stats().messages_heard,
        told,
        "no peer value was built for it"
    );
}

#[test]
fn what_is_refused_changes_nothing_in_the_node() {
    let mut bob = node("bob", CONFIG, &members(0..20));
    says(&mut bob);
    let ann = member("ann", State::Alive, 1);
    let (peer, incarnation) = (&ann.peer, ann.incarnation);
    let alive = Said::Alive { peer, incarnation };
    let dead = Said::Dead {
        key: "m0007",
        incarnation,
    };
    let test = Envelope::new(b"test").expect("short");
    let packets = [
        datagram(PROD, &[ping("bob"), alive, dead]),
        datagram(test, &[ping("bob"), alive, dead]),
    ];
    let before = (view(&bob), *bob.stats(), bob.digest());
    let mut dice = Dice::new(21);
    for _ in 0..50_000 {
        let at = dice.below(2);
        let damaged = dice.damage(&packets[at], &packets[1 - at]);
        if damaged != packets[0] {
            let (how, ..) = hears(&mut bob, &damaged);
            assert!(how.is_err(), "believed {damaged:02x?}");
        }
    }
    assert_eq!((view(&bob), *bob.stats(), bob.digest()), before);
    assert!(says(&mut bob).is_empty());
    assert!(bob.member(peer.key()).is_none());
}
