//! Peers, messages and sinks for the tests of the wire format.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

#[cfg(feature = "alloc")]
pub mod pair;
pub mod random;

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use swim_core::wire::{self, Counters, Datagram, Envelope, Refused, Sink, WirePeer, Writer};
use swim_core::{Compose, Full, Incarnation, Message, Name, Peer, State};

/// Up to `N` bytes of text, inline: what a peer without a heap is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(Self { length, bytes })
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("built from text")
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<const N: usize>;
        impl<const N: usize> Visitor<'_> for Read<N> {
            type Value = Text<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {N} bytes of text")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<N>, E> {
                Text::new(text).ok_or_else(|| E::invalid_length(text.len(), &self))
            }
        }
        deserializer.deserialize_str(Read)
    }
}

/// A usual member: a name of at most 16 bytes, an IPv4 address and port, 32 bytes of metadata at most.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub name: Text<16>,
    pub at: [u8; 6],
    pub meta: Text<32>,
}

impl Host {
    pub fn new(name: &str, last: u8) -> Self {
        Self {
            name: Text::new(name).expect("a short name"),
            at: [10, 0, 0, last, 0x1F, 0x0A],
            meta: Text::new("").expect("short"),
        }
    }

    pub fn with_meta(mut self, meta: &str) -> Self {
        self.meta = Text::new(meta).expect("short metadata");
        self
    }

    /// The largest value of this type.
    pub fn largest() -> Self {
        Self::new("node-000123-prod", 1).with_meta("abcdefghijklmnopqrstuvwxyz012345")
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at={:?} meta={:?}", self.name, self.at, self.meta)
    }
}

impl Peer for Host {
    type Key<'a> = &'a str;
    type Addr = [u8; 6];
    fn key(&self) -> &str {
        self.name.as_str()
    }
    fn has_key(&self, key: &str) -> bool {
        self.name.as_str() == key
    }
    fn addr(&self) -> &[u8; 6] {
        &self.at
    }
}

impl WirePeer for Host {
    fn put_key(key: &str, to: &mut Writer<'_>) -> Result<(), Full> {
        wire::put_key(key, to)
    }
    fn take_key(bytes: &[u8]) -> Option<(&str, &[u8])> {
        wire::take_key(bytes)
    }
}

/// A member on a radio link: two numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Radio {
    pub id: u16,
    pub address: u16,
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
        wire::put_key(&key, to)
    }
    fn take_key(bytes: &[u8]) -> Option<(u16, &[u8])> {
        wire::take_key(bytes)
    }
}

pub const PROD: Envelope<'static> = match Envelope::new(b"prod") {
    Ok(envelope) => envelope,
    Err(_) => panic!("four bytes are a label"),
};

/// Writes down what was read, a line each.
#[derive(Debug, Default)]
pub struct Heard {
    pub lines: Vec<String>,
    /// Alives of these names are known already.
    pub knows: Vec<String>,
}

impl<P: WirePeer> Sink<P> for Heard {
    fn wants(&self, key: P::Key<'_>, _: Incarnation, state: State) -> bool {
        assert_eq!(state, State::Alive, "only alives carry a peer value");
        !self.knows.contains(&format!("{key:?}"))
    }
    fn message(&mut self, message: &Message<'_, P>) {
        self.lines.push(line_of(message));
    }
    fn user(&mut self, bytes: &[u8]) {
        self.lines.push(format!("user {bytes:?}"));
    }
}

/// A message as a line: not by its `Debug`, which may change; golden packets may not.
pub fn line_of<P: WirePeer>(message: &Message<'_, P>) -> String {
    let name = |name: &Name<'_, P>| match name.hash() {
        0 => "nobody".into(),
        hash => format!("#{hash:08x}"),
    };
    match message {
        Message::Ping {
            seq,
            target,
            source,
            incarnation,
        } => {
            format!(
                "ping {} seq={seq:08x} from={source:?}@{incarnation}",
                name(target)
            )
        }
        Message::PingReq {
            seq,
            target,
            at,
            share,
            nack,
        } => {
            assert_eq!(*at, None, "the native format carries no address there");
            let nack = if *nack { " nack" } else { "" };
            format!("ping-req {target:?} seq={seq:08x} share={share:?}{nack}")
        }
        Message::Ack { seq, payload } => format!("ack seq={seq:08x} {payload:?}"),
        Message::Nack { seq } => format!("nack seq={seq:08x}"),
        Message::Alive { peer, incarnation } => format!("alive {peer:?} @{incarnation}"),
        Message::Suspect {
            key,
            incarnation,
            accuser,
        } => {
            format!("suspect {key:?}@{incarnation} says={}", name(accuser))
        }
        Message::Dead { key, incarnation } => format!("dead {key:?}@{incarnation}"),
        Message::Left { key, incarnation } => format!("left {key:?}@{incarnation}"),
        Message::Digest(digest) => format!("digest {digest:016x}"),
        _ => panic!("a kind that the tests don't know: {message:?}"),
    }
}

/// What a sink hears of a datagram, and what was counted.
pub fn hear<P: WirePeer>(
    bytes: &[u8],
    envelope: Envelope<'_>,
) -> (Vec<String>, Counters, Result<(), Refused>) {
    let mut counters = Counters::default();
    let mut heard = Heard::default();
    let how = wire::read::<P>(bytes, envelope, &mut counters, &mut heard);
    (heard.lines, counters, how)
}

/// A datagram of these messages.
pub fn datagram<P: WirePeer>(envelope: Envelope<'_>, messages: &[Message<'_, P>]) -> Vec<u8> {
    let mut buffer = [0; 1_400];
    let mut datagram = Datagram::new(&mut buffer, envelope);
    for message in messages {
        datagram.push(message).expect("it fits into 1,400 bytes");
    }
    datagram.finish().to_vec()
}

/// A datagram whose items are these bytes, whatever they are, with a right head and checksum.
pub fn datagram_of(envelope: Envelope<'_>, flags: u8, items: &[u8]) -> Vec<u8> {
    let mut bytes = vec![
        wire::VERSION,
        flags,
        u8::try_from(envelope.label().len()).expect("short"),
    ];
    bytes.extend_from_slice(envelope.label());
    bytes.extend_from_slice(items);
    checked(&bytes)
}

/// With a right checksum behind them.
pub fn checked(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.extend_from_slice(&wire::crc32(&bytes).to_le_bytes());
    bytes
}

/// The counters that are not zero.
pub fn counted(counters: &Counters) -> Vec<(&'static str, u32)> {
    counters.iter().filter(|(_, count)| *count > 0).collect()
}

/// A message of and about hosts.
pub type Said<'m> = Message<'m, Host>;

/// One message of each kind.
pub fn one_of_each(peer: &Host) -> [Said<'_>; 9] {
    let key = peer.key();
    let incarnation = Incarnation(1_764_000_000);
    [
        Message::Ping {
            seq: 0x0102_0304,
            target: Name::Hash(0xAABB_CCDD),
            source: key,
            incarnation,
        },
        Message::PingReq {
            seq: 0x0506_0708,
            target: key,
            at: None,
            share: Duration::from_millis(500),
            nack: true,
        },
        Message::Ack {
            seq: 0x090A_0B0C,
            payload: b"pong",
        },
        Message::Nack { seq: 0x0D0E_0F10 },
        Message::Alive { peer, incarnation },
        Message::Suspect {
            key,
            incarnation,
            accuser: Name::Hash(0x1234_5678),
        },
        Message::Dead { key, incarnation },
        Message::Left { key, incarnation },
        Message::Digest(0x0123_4567_89AB_CDEF),
    ]
}
