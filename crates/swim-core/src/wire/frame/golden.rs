//! Frames of every version that there was, kept for ever: read today as then, and the present version still written byte
//! for byte. Never change a line of `tests/golden/`; add files.

use std::format;
use std::string::String;
use std::vec::Vec;

use serde::{Deserialize, Serialize};

use super::*;
use crate::peer::Peer;
use crate::wire::{put_key, take_key};

const VERSION_1: &str = include_str!("../../../tests/golden/frames-v1.txt");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Radio {
    id: u16,
    address: u16,
}

impl Peer for Radio {
    type Key<'a> = u16;
    type Addr = u16;
    fn key(&self) -> u16 {
        self.id
    }
    fn has_key(&self, key: u16) -> bool {
        self.id == key
    }
    fn addr(&self) -> &u16 {
        &self.address
    }
}

impl WirePeer for Radio {
    fn put_key(key: u16, to: &mut Writer<'_>) -> Result<(), Full> {
        put_key(&key, to)
    }
    fn take_key(bytes: &[u8]) -> Option<(u16, &[u8])> {
        take_key(bytes)
    }
}

/// `frame NAME`, then `bytes HEX | what it is`, and `reads` what a reader makes of it.
fn frames() -> Vec<(String, Vec<u8>, String)> {
    let mut frames: Vec<(String, Vec<u8>, String)> = Vec::new();
    for line in VERSION_1
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (word, rest) = line.split_once(' ').expect("a word and more");
        if word == "frame" {
            frames.push((rest.into(), Vec::new(), String::new()));
            continue;
        }
        let (_, bytes, reads) = frames.last_mut().expect("a frame line comes first");
        match word {
            "bytes" => {
                let hex = rest.split('|').next().expect("hex").split_whitespace();
                bytes.extend(hex.map(|byte| u8::from_str_radix(byte, 16).expect("two digits")));
            }
            _ => *reads = rest.into(),
        }
    }
    frames
}

/// A frame as the golden file describes it.
fn read(bytes: &[u8]) -> String {
    let (frame, taken) = take_frame(bytes).expect("not too long").expect("whole");
    assert_eq!(taken, bytes.len());
    let body = frame.body;
    match frame.kind {
        kind::HELLO => match take_hello(body).expect("a hello") {
            Ok(hello) => format!(
                "label={:?} why={} salt={:x} digest={:x} bits={} settings={:x}{}",
                str::from_utf8(hello.label).expect("text"),
                hello.why,
                hello.salt,
                hello.digest,
                hello.bucket_bits,
                hello.settings,
                hello
                    .target
                    .map_or(String::new(), |target| format!(" target={target:x}")),
            ),
            Err(refusal) => format!("{refusal:?}"),
        },
        kind::OWN | kind::RECORD => {
            let record = take_record::<Radio>(body).and_then(|record| record.build());
            let Member {
                peer,
                state,
                incarnation,
            } = record.expect("a record");
            format!("{}@{} {state} {incarnation}", peer.id, peer.address)
        }
        kind::ANSWER => format!("{:?}", take_answer(body).expect("an answer")),
        kind::CLOSE => format!("{:?}", take_close(body).expect("a closing")),
        kind::END => "end".into(),
        kind::SUMS => format!("{:x?}", numbers(body)),
        kind::HASHES => format!("{:x?}", numbers(body)),
        kind::BITS => format!("{body:02x?}"),
        _ => "skipped".into(),
    }
}

fn numbers(body: &[u8]) -> Vec<u32> {
    body.as_chunks()
        .0
        .iter()
        .map(|number| u32::from_le_bytes(*number))
        .collect()
}

#[test]
fn frames_of_version_1_are_read_as_ever() {
    let frames = frames();
    assert!(frames.len() >= 18, "none was lost");
    for (name, bytes, reads) in frames {
        assert_eq!(read(&bytes), reads, "{name}");
    }
}

#[test]
fn frames_of_version_1_are_written_as_ever() {
    let golden = frames();
    let mut room = [0; MAX_FRAME];
    let mut check = |name: &str, write: &dyn Fn(&mut [u8]) -> Result<usize, Full>| {
        let taken = write(&mut room).expect("it fits");
        let (_, bytes, _) = golden
            .iter()
            .find(|(golden, ..)| golden == name)
            .expect("in the file");
        assert_eq!(
            &room[..taken],
            &bytes[..],
            "{name}: {:02x?}",
            &room[..taken]
        );
    };
    let hello = Hello {
        label: b"prod",
        why: Reason::Settle,
        salt: 0x0102_0304_0506_0708,
        digest: 0x1112_1314_1516_1718,
        bucket_bits: 12,
        settings: 0xA1B2_C3D4,
        target: None,
    };
    check("hello", &|room| put_hello(room, &hello));
    let ping = Hello {
        why: Reason::Ping,
        digest: 0,
        target: Some(0x96C5_DE5C),
        ..hello
    };
    check("hello of a ping", &|room| put_hello(room, &ping));
    let peer = Radio {
        id: 300,
        address: 77,
    };
    for (name, kind, state) in [
        ("own", kind::OWN, State::Alive),
        ("alive record", kind::RECORD, State::Alive),
        ("suspect record", kind::RECORD, State::Suspect),
        ("dead record", kind::RECORD, State::Dead),
        ("left record", kind::RECORD, State::Left),
    ] {
        let (incarnation, since_millis, slot) = (Incarnation(1_764_000_000), 0, 0);
        let member = MemberRef {
            peer: &peer,
            state,
            incarnation,
            since_millis,
            slot,
        };
        check(name, &|room| put_record(room, kind, &member));
    }
    for (name, answer) in [
        ("answer same", Answer::Same),
        (
            "answer differs",
            Answer::Differs {
                bucket_bits: 6,
                hashes: 1_024,
            },
        ),
        ("answer busy", Answer::Busy),
        (
            "answer refused for its version",
            Answer::Refused(Refusal::Version { version: 2 }),
        ),
        (
            "answer refused for its label",
            Answer::Refused(Refusal::Label),
        ),
        (
            "answer refused for another name",
            Answer::Refused(Refusal::Name),
        ),
        ("answer here", Answer::Here),
    ] {
        check(name, &|room| put_answer(room, answer));
    }
    check("sums", &|room| {
        put_chunk(room, kind::SUMS, [1_u32, 0xA1B2_C3D4].map(u32::to_le_bytes))
    });
    check("hashes", &|room| {
        put_chunk(room, kind::HASHES, [[4, 3, 2, 1, 0, 0x81, 0x24, 0x69]])
    });
    check("bits", &|room| {
        put_chunk(room, kind::BITS, [[0b1000_0001], [0b10]])
    });
    check("end", &put_end);
    for (name, unreachable) in [("close", false), ("close of an unreachable joiner", true)] {
        let close = Close {
            digest: 0x1112_1314_1516_1718,
            unreachable,
        };
        check(name, &|room| put_close(room, close));
    }
}
