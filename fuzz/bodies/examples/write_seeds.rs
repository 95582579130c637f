//! Writes the seeds of the corpus anew: `cargo run --manifest-path fuzz/bodies/Cargo.toml --example write_seeds`.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use swim_core::wire::{Datagram, MAX_FRAME};
use swim_core::{Compose, Exchange, Incarnation, Message, Name, Peer, Reason, Space, name_hash};
use swim_fuzz_bodies::{ENVELOPE, FuzzPeer, NOW, node, node_of, peer, stream_input};

type Said<'m> = Message<'m, FuzzPeer>;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for (name, messages) in stories() {
        write(&corpus.join("datagram").join(name), &items_of(&messages))?;
    }
    write(&corpus.join("datagram/whole"), &whole())?;
    for opener in [true, false] {
        for why in [Reason::Join, Reason::Timed] {
            let side = if opener { "answered" } else { "opened" };
            let name = format!("stream/{side}_{why}");
            write(&corpus.join(name), &stream_of(opener, why))?;
        }
    }
    write(&corpus.join("stream/refused"), &[1, 3, 2, 3, 2])?;
    write(&corpus.join("stream/busy"), &[1, 3, 1, 2])
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    println!("{} bytes {}", bytes.len(), path.display());
    fs::write(path, bytes)
}

/// Datagrams that each say one thing more.
fn stories() -> [(&'static str, Vec<Vec<u8>>); 6] {
    let (ann, bob) = (peer("ann", 1), peer("bob", 2));
    let incarnation = Incarnation(100);
    let alive = |peer| Said::Alive { peer, incarnation };
    let ping = |seq| Said::Ping {
        seq,
        target: Name::Hash(name_hash("me")),
        source: "ann",
        incarnation,
    };
    let accused = |accuser| Said::Suspect {
        key: "me",
        incarnation,
        accuser: Name::Key(accuser),
    };
    let share = Duration::from_millis(500);
    let relay = Said::PingReq {
        seq: 7,
        target: "bob",
        at: None,
        share,
        nack: true,
    };
    let [key, accuser] = ["bob", "ann"];
    [
        ("ping", vec![one(&[alive(&ann), ping(1), Said::Digest(77)])]),
        (
            "relay",
            vec![one(&[alive(&ann), alive(&bob)]), one(&[relay])],
        ),
        (
            "refuted",
            vec![one(&[alive(&ann)]), one(&[ping(2), accused("ann")])],
        ),
        (
            "buried",
            vec![
                one(&[alive(&ann), alive(&bob)]),
                one(&[Said::Suspect {
                    key,
                    incarnation,
                    accuser: Name::Key(accuser),
                }]),
                one(&[Said::Dead { key, incarnation }]),
            ],
        ),
        (
            "parted",
            vec![one(&[alive(&bob)]), one(&[Said::Left { key, incarnation }])],
        ),
        (
            "replies",
            vec![
                one(&[
                    Said::Ack {
                        seq: 1,
                        payload: b"x",
                    },
                    Said::Digest(1),
                ]),
                one(&[Said::Nack { seq: 2 }]),
            ],
        ),
    ]
}

fn one(messages: &[Said<'_>]) -> Vec<u8> {
    let mut buffer = [0; 400];
    let mut datagram = Datagram::new(&mut buffer, ENVELOPE);
    for message in messages {
        datagram.push(message).expect("it fits");
    }
    datagram.push_user(b"hi").expect("it fits");
    datagram.finish().to_vec()
}

/// Control byte, length, flags and items of each datagram: head and checksum are put back by the target.
fn items_of(datagrams: &[Vec<u8>]) -> Vec<u8> {
    let head = 3 + ENVELOPE.label().len();
    let mut data = vec![0];
    for (number, datagram) in datagrams.iter().enumerate() {
        let items = &datagram[head..datagram.len() - 4];
        push(&mut data, number, &[&datagram[1..2], items].concat());
    }
    data
}

/// Whole datagrams, among them one of each refusal.
fn whole() -> Vec<u8> {
    let right = one(&[Said::Nack { seq: 2 }]);
    let mut refused = [right.clone(), right.clone(), right.clone()];
    refused[0][0] = 2;
    refused[1][3] ^= 1;
    refused[2][8] ^= 1;
    let mut data = vec![1];
    for (number, datagram) in refused
        .iter()
        .chain([&right, &right[..5].to_vec()])
        .enumerate()
    {
        push(&mut data, number, datagram);
    }
    data
}

fn push(data: &mut Vec<u8>, number: usize, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).expect("a datagram");
    data.push(u8::try_from(number).expect("few") << 2 | 1);
    data.extend_from_slice(&length.to_le_bytes());
    data.extend_from_slice(bytes);
}

/// What the other side says to us if we are the opener, or the answerer, of an exchange with somebody who knows others.
fn stream_of(we_open: bool, why: Reason) -> Vec<u8> {
    let (mut ours, mut theirs) = (Space::new(), Space::new());
    let (mut us, mut them) = (node(&mut ours), node_of(peer("them", 3), &mut theirs));
    for (name, address) in [("ann", 1), ("bob", 2)] {
        let peer = peer(name, address);
        let incarnation = Incarnation(100);
        them.handle_message(
            NOW,
            peer.addr(),
            &Message::Alive {
                peer: &peer,
                incarnation,
            },
        );
    }
    let mut scratch = ([0; 63], [0; 63]);
    let (opener, answerer) = if we_open {
        (&mut us, &mut them)
    } else {
        (&mut them, &mut us)
    };
    let id = opener.join(NOW, 1).expect("the first");
    let mut opened = Exchange::open(id, why, ENVELOPE, 0x5A17, &mut scratch.0);
    let id = answerer.accept(NOW, 1).expect("the first");
    let mut accepted = Exchange::accept(id, ENVELOPE, &mut scratch.1);
    let (mut from_opener, mut from_answerer) = (Vec::new(), Vec::new());
    let mut buffer = [0; MAX_FRAME];
    let (mut read_by_answerer, mut read_by_opener) = (0, 0);
    for _ in 0..10 {
        let written = opened.poll_write(opener, &mut buffer);
        from_opener.extend_from_slice(&buffer[..written]);
        let unread = &from_opener[read_by_answerer..];
        read_by_answerer += accepted
            .handle_read(NOW, answerer, unread)
            .expect("well-formed");
        let written = accepted.poll_write(answerer, &mut buffer);
        from_answerer.extend_from_slice(&buffer[..written]);
        let unread = &from_answerer[read_by_opener..];
        read_by_opener += opened
            .handle_read(NOW, opener, unread)
            .expect("well-formed");
    }
    let timed = if why == Reason::Timed { 2 } else { 0 };
    let mut data = stream_input(
        we_open,
        if we_open {
            &from_answerer
        } else {
            &from_opener
        },
    );
    data[0] |= 63 << 2 | timed;
    data
}
