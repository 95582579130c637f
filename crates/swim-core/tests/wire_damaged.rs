//! Damage and forgery: nothing panics, damage changes nothing but counters, and no refusal is out of reach.
#![cfg(feature = "wire")]

mod wire_support;

use swim_core::wire::{self, Counters, Envelope};
use swim_core::{Incarnation, Message, Peer};
use wire_support::random::Dice;
use wire_support::*;

/// Packets of the same cluster, of another, and of a newer version.
fn packets() -> Vec<Vec<u8>> {
    let hosts = [
        Host::new("a", 1),
        Host::largest(),
        Host::new("bob", 3).with_meta("x=y"),
    ];
    let mut packets: Vec<Vec<u8>> = hosts
        .iter()
        .map(|host| datagram(PROD, &one_of_each(host)))
        .collect();
    let gossip: Vec<Said<'_>> = hosts
        .iter()
        .map(|peer| Message::Alive {
            peer,
            incarnation: Incarnation(9),
        })
        .collect();
    packets.push(datagram(PROD, &gossip));
    packets.push(datagram(
        PROD,
        &[Said::Left {
            key: hosts[0].key(),
            incarnation: Incarnation(2),
        }],
    ));
    packets.push(datagram(Envelope::new(b"test").expect("short"), &gossip));
    packets.push(datagram_of(
        PROD,
        0,
        &[9, 3, 1, 2, 3, 77, 2, 0, 0, 4, 6, 1, 0, 0, 0, 9, 9],
    ));
    let mut newer = datagram(PROD, &gossip);
    newer[0] = 2;
    packets.push(newer);
    packets
}

#[test]
fn of_200_000_damaged_datagrams_none_is_believed_and_no_refusal_is_out_of_reach() {
    let packets = packets();
    let mut dice = Dice::new(7);
    let mut counters = Counters::default();
    for _ in 0..200_000 {
        let packet = &packets[dice.below(packets.len())];
        let other = &packets[dice.below(packets.len())];
        let damaged = dice.damage(packet, other);
        let mut heard = Heard::default();
        let how = wire::read::<Host>(&damaged, PROD, &mut counters, &mut heard);
        // A splice at the very start may give a whole packet again; all else is refused.
        let is_whole = packets.contains(&damaged);
        assert!(
            how.is_err() && heard.lines.is_empty() || is_whole,
            "believed {damaged:02x?}"
        );
    }
    println!("{:?}", counted(&counters));
    for refusal in [
        "datagrams_short",
        "datagrams_other_version",
        "datagrams_other_label",
        "datagrams_damaged",
    ] {
        let count = counters
            .iter()
            .find(|(name, _)| *name == refusal)
            .expect("a counter")
            .1;
        assert!(count > 0, "{refusal} was never reached");
    }
}

#[test]
fn of_200_000_forgeries_with_right_checksums_each_stage_refuses_some() {
    let packets = packets();
    let mut dice = Dice::new(8);
    let mut counters = Counters::default();
    let mut heard = Heard {
        knows: vec!["\"bob\"".into()],
        ..Heard::default()
    };
    for _ in 0..200_000 {
        let packet = &packets[dice.below(packets.len())];
        let other = &packets[dice.below(packets.len())];
        let body = &packet[..packet.len() - 4];
        let mut forged = dice.damage(body, other);
        if dice.below(4) > 0 {
            // Past the head, to where the items are.
            forged.splice(..forged.len().min(7), body[..7].iter().copied());
        }
        heard.lines.clear();
        let _ = wire::read::<Host>(&checked(&forged), PROD, &mut counters, &mut heard);
    }
    println!("{:?}", counted(&counters));
    let streams = ["datagrams_damaged", "frames", "records"];
    for (name, count) in counters.iter() {
        let elsewhere = streams.iter().any(|stage| name.starts_with(stage));
        assert!(count > 0 || elsewhere, "{name} was never reached");
    }
}

#[test]
fn two_hundred_thousand_packets_of_noise_are_refused() {
    let mut dice = Dice::new(9);
    let mut counters = Counters::default();
    for _ in 0..200_000 {
        let noise: Vec<u8> = (0..dice.below(64)).map(|_| dice.byte()).collect();
        let mut heard = Heard::default();
        assert!(wire::read::<Radio>(&noise, PROD, &mut counters, &mut heard).is_err());
    }
    assert_eq!(counters.datagrams, 0);
}
