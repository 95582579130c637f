//! Packets of every version that there was, kept for ever: they are read today as they were read then, and the present
//! version is still written byte for byte. Never change a line of `golden/`; add files.
#![cfg(feature = "wire")]

mod wire_support;

use swim_core::wire::{Datagram, Envelope};
use swim_core::{Incarnation, Name, name_hash};
use wire_support::*;

const VERSION_1: &str = include_str!("golden/datagrams-v1.txt");

/// One entry: name, bytes, the lines that a sink hears.
#[derive(Debug, Default, PartialEq)]
struct Packet {
    name: String,
    bytes: Vec<u8>,
    reads: Vec<String>,
}

/// `packet NAME`, then `bytes HEX | what it is` and `reads LINE`, as many as there are. `#` begins a comment.
fn packets(text: &str) -> Vec<Packet> {
    let mut packets: Vec<Packet> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (word, rest) = line.split_once(' ').expect("a word and more");
        if word == "packet" {
            packets.push(Packet {
                name: rest.into(),
                ..Packet::default()
            });
            continue;
        }
        let packet = packets.last_mut().expect("a packet line comes first");
        match word {
            "bytes" => {
                let hex = rest.split('|').next().expect("hex").split_whitespace();
                let bytes = hex.map(|byte| u8::from_str_radix(byte, 16).expect("two hex digits"));
                packet.bytes.extend(bytes);
            }
            "reads" => packet.reads.push(rest.into()),
            _ => panic!("{word}?"),
        }
    }
    packets
}

fn envelope_of(packet: &Packet) -> Envelope<'static> {
    if packet.name.starts_with("sealed") {
        PROD.sealed()
    } else {
        PROD
    }
}

#[test]
fn packets_of_version_1_are_read_as_ever() {
    let packets = packets(VERSION_1);
    assert!(packets.len() >= 14, "none was lost");
    for packet in packets {
        let (lines, counters, how) = hear::<Host>(&packet.bytes, envelope_of(&packet));
        assert_eq!((how, &lines), (Ok(()), &packet.reads), "{}", packet.name);
        assert_eq!(
            counters.items_malformed + counters.peers_malformed,
            0,
            "{}",
            packet.name
        );
    }
}

#[test]
fn packets_of_version_1_are_written_as_ever() {
    let golden = packets(VERSION_1);
    let (ann, incarnation) = (ann(), Incarnation(1_764_000_000));
    let [_, ping_req, ack, nack, alive, suspect, dead, left, _] = one_of_each(&ann);
    let ping = Said::Ping {
        seq: 0x0102_0304,
        target: Name::Key("bob"),
        source: "ann",
        incarnation,
    };
    let digest = Said::Digest(0x0123_4567_89AB_CDEF);
    let bare = Said::Ack {
        seq: 0x090A_0B0C,
        payload: &[],
    };
    let long: Vec<u8> = (0..200).collect();
    let long = Said::Ack {
        seq: 0x090A_0B0C,
        payload: &long,
    };
    let unaccused = Said::Suspect {
        key: "ann",
        incarnation,
        accuser: Name::NOBODY,
    };
    let written: [(&str, &[Said<'_>]); 14] = [
        ("nothing", &[]),
        ("ping with digest", &[ping, digest]),
        ("ping-req", &[ping_req]),
        ("ack with payload", &[ack]),
        ("ack bare", &[bare]),
        ("ack of two length bytes", &[long]),
        ("nack", &[nack]),
        ("alive", &[alive]),
        ("suspect", &[suspect]),
        ("suspect without accuser", &[unaccused]),
        ("dead", &[dead]),
        ("left", &[left]),
        ("sealed ping", &[ping]),
        ("ack with gossip and digest", &[bare, alive, dead, digest]),
    ];
    for (name, messages) in written {
        let packet = golden.iter().find(|packet| packet.name == name);
        let packet = packet.unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(
            hex(&datagram(envelope_of(packet), messages)),
            hex(&packet.bytes),
            "{name}"
        );
    }
    let mut buffer = [0; 64];
    let mut datagram = Datagram::new(&mut buffer, PROD);
    datagram.push_user(b"hello").expect("it fits");
    let packet = golden
        .iter()
        .find(|packet| packet.name == "user")
        .expect("it is there");
    assert_eq!(hex(datagram.finish()), hex(&packet.bytes), "user");
}

/// The bytes of a ```` ```hex ```` block: what stands before two spaces, or all of the line.
fn example(text: &str) -> Vec<u8> {
    let block = text.split("```hex\n").nth(1).expect("an example");
    let block = block.split("```").next().expect("its end");
    let mut bytes = Vec::new();
    for line in block.lines() {
        let words = line.trim_start().split("  ").next().expect("bytes");
        let hex = words.split(' ').map(|byte| u8::from_str_radix(byte, 16));
        bytes.extend(hex.map(|byte| byte.expect("two hex digits")));
    }
    bytes
}

#[test]
fn the_example_in_the_documentation_is_a_real_packet() {
    let documented = example(include_str!("../../../docs/wire-format.md"));
    let golden = packets(VERSION_1);
    let packet = golden
        .iter()
        .find(|packet| packet.name == "ack with gossip and digest");
    assert_eq!(hex(&documented), hex(&packet.expect("it is there").bytes));
}

#[test]
fn p15_the_hashes_that_stand_on_the_wire_never_change() {
    assert_eq!(name_hash(&"bob"), BOB);
    assert_eq!(name_hash(&"node-000123-prod"), LONG);
    assert_eq!(name_hash(&300_u16), RADIO);
}

const BOB: u32 = 0x96C5_DE5C;
const LONG: u32 = 0x067F_70F4;
const RADIO: u32 = 0xFEB7_CF81;

fn ann() -> Host {
    Host::new("ann", 1).with_meta("rack=7")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}
