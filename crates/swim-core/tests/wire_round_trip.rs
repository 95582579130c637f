//! Properties: whatever is written is read again, and the laws that peers must keep.
#![cfg(feature = "wire")]

mod wire_support;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use swim_core::wire::{Datagram, Envelope, WirePeer, Writer, crc32};
use swim_core::{Compose, Incarnation, Message, Name, Peer};
use wire_support::*;

fn host() -> impl Strategy<Value = Host> {
    ("[a-z0-9.äß-]{0,8}", any::<[u8; 6]>(), "[ -~]{0,32}").prop_map(|(name, at, meta)| Host {
        name: Text::new(&name).expect("at most 16 bytes"),
        at,
        meta: Text::new(&meta).expect("at most 32 bytes"),
    })
}

/// A message without its borrows: its kind, a host, numbers.
#[derive(Clone, Debug)]
struct Owned {
    kind: u8,
    host: Host,
    number: u32,
    incarnation: u32,
    payload: Vec<u8>,
}

impl Owned {
    fn message(&self) -> Message<'_, Host> {
        let Self {
            host,
            number,
            payload,
            ..
        } = self;
        let (seq, key) = (*number, host.key());
        let incarnation = Incarnation(self.incarnation);
        match self.kind {
            0 => Message::Ping {
                seq,
                target: Name::Hash(!seq),
                source: key,
                incarnation,
            },
            1 => Message::PingReq {
                seq,
                target: key,
                at: None,
                share: Duration::from_millis(u64::from(self.incarnation)),
                nack: seq & 1 == 1,
            },
            2 => Message::Ack { seq, payload },
            3 => Message::Nack { seq },
            4 => Message::Alive {
                peer: host,
                incarnation,
            },
            5 => Message::Suspect {
                key,
                incarnation,
                accuser: Name::Hash(seq),
            },
            6 => Message::Dead { key, incarnation },
            _ => Message::Left { key, incarnation },
        }
    }
}

fn message() -> impl Strategy<Value = Owned> {
    let payload = proptest::collection::vec(any::<u8>(), 0..300);
    (0..8_u8, host(), any::<u32>(), any::<u32>(), payload).prop_map(
        |(kind, host, number, incarnation, payload)| Owned {
            kind,
            host,
            number,
            incarnation,
            payload,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_messages_are_read_as_they_were_written(
        messages in proptest::collection::vec(message(), 0..12),
        label in proptest::collection::vec(any::<u8>(), 0..=255),
        digest in any::<Option<u64>>(),
        sealed in any::<bool>(),
        size in 0..2_000_usize,
    ) {
        let envelope = Envelope::new(&label).expect("at most 255 bytes");
        let envelope = if sealed { envelope.sealed() } else { envelope };
        let mut buffer = vec![0xEE; size];
        let mut datagram = Datagram::new(&mut buffer, envelope);
        let mut written = Vec::new();
        for message in &messages {
            if datagram.push(&message.message()).is_ok() {
                written.push(line_of(&message.message()));
            }
        }
        if let Some(digest) = digest.map(Message::<Host>::Digest) && datagram.push(&digest).is_ok() {
            written.push(line_of(&digest));
        }
        let bytes = datagram.finish();
        if bytes.is_empty() {
            prop_assert!(written.is_empty());
            return Ok(());
        }
        let (lines, counters, how) = hear::<Host>(bytes, envelope);
        prop_assert_eq!(how, Ok(()));
        prop_assert_eq!(lines, written);
        prop_assert_eq!(counters.items_unknown + counters.items_malformed + counters.peers_malformed, 0);
    }

    #[test]
    fn a_peers_bytes_begin_with_its_keys_bytes(host in host(), id in any::<u16>(), address in any::<u16>()) {
        begins_with_its_key(&host);
        begins_with_its_key(&Radio { id, address });
    }

    #[test]
    fn a_checksum_finds_every_burst_of_up_to_32_bits(
        bytes in proptest::collection::vec(any::<u8>(), 4..200),
        at in any::<proptest::sample::Index>(),
        burst in 1_u32..,
    ) {
        let mut damaged = bytes.clone();
        let at = at.index(bytes.len() - 3);
        for (byte, flip) in damaged[at..].iter_mut().zip(burst.to_le_bytes()) {
            *byte ^= flip;
        }
        prop_assert_ne!(crc32(&bytes), crc32(&damaged));
    }
}

/// The law of `WirePeer`, and that its key is read from the same bytes.
fn begins_with_its_key<P: WirePeer>(peer: &P) {
    let (mut whole, mut room) = ([0; 128], [0; 64]);
    let whole = postcard::to_slice(peer, &mut whole).expect("it is short");
    let mut writer = Writer::new(&mut room);
    P::put_key(peer.key(), &mut writer).expect("a short key");
    let length = writer.len();
    assert_eq!(whole[..length], room[..length]);
    let (key, rest) = P::take_key(whole).expect("a key");
    assert!(peer.has_key(key));
    assert_eq!(rest, &whole[length..]);
}
