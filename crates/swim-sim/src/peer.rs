//! What a simulated member says about itself: sixteen bytes in memory, the usual bytes on the wire.
//!
//! A cluster of n simulated nodes holds n² peer values, so each counts. In memory a peer is three numbers; on the wire it
//! is what a node on real sockets would say: a name of 16 bytes, the versions spoken, an IPv4 address with its port, and 32
//! bytes of metadata. Traffic measured here is traffic that a real cluster would have.

use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};
use swim_core::wire::{self, WirePeer};
use swim_core::{Full, Peer};

/// The port of every simulated node; what differs is the IP address.
const PORT: NonZeroU16 = NonZeroU16::new(7946).unwrap();
const NAME: usize = 16;
const META: usize = 32;

/// A member's id. It is shown as `a` to `z`, then `n26` and so on; on the wire it is a name of 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SimName(u32);

impl SimName {
    /// There are a million names: six digits.
    pub const LIMIT: u32 = 1_000_000;
    const PREFIX: [u8; 10] = *b"swim-node-";

    /// The name number `number`; names repeat after a million.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number % Self::LIMIT)
    }

    /// Which name it is.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    fn to_bytes(self) -> [u8; NAME] {
        digits_after::<NAME, { Self::PREFIX.len() }>(Self::PREFIX, self.0)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = <&[u8; NAME]>::try_from(bytes).ok()?;
        let (prefix, digits) = bytes.split_first_chunk()?;
        (*prefix == Self::PREFIX)
            .then(|| number_of(digits))?
            .map(Self)
    }
}

/// `prefix`, then `number` in decimal digits up to the end.
fn digits_after<const LENGTH: usize, const PREFIX: usize>(
    prefix: [u8; PREFIX],
    mut number: u32,
) -> [u8; LENGTH] {
    let mut bytes = [b'0'; LENGTH];
    let (front, digits) = bytes.split_at_mut(PREFIX);
    front.copy_from_slice(&prefix);
    // Names are written at every look-up: two digits at a time.
    for pair in digits.rchunks_exact_mut(2) {
        pair.copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
    bytes
}

/// Two digits for each number below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b"0123456789"[number / 10], b"0123456789"[number % 10]];
        number += 1;
    }
    pairs
};

/// The number behind `prefix`, if that is all there is.
fn number_after(bytes: &[u8], prefix: &[u8], length: usize) -> Option<u32> {
    let digits = bytes.strip_prefix(prefix);
    number_of(digits.filter(|_| bytes.len() == length)?)
}

/// The number that these digits are.
fn number_of(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

impl Hash for SimName {
    /// The 16 bytes that it stands for and nothing else, as a name on real sockets hashes: digests are the same.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.to_bytes());
    }
}

impl Debug for SimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u8::try_from(self.0) {
            Ok(letter @ 0..26) => write!(f, "{}", char::from(b'a' + letter)),
            _ => write!(f, "n{}", self.0),
        }
    }
}

/// What was written is no name: neither a letter from `a` to `z` nor `n` with a number below a million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchName(String);

impl fmt::Display for NoSuchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} names no node: write a letter from a to z, or n with a number",
            self.0
        )
    }
}

impl std::error::Error for NoSuchName {}

impl FromStr for SimName {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = match (text.as_bytes(), text.strip_prefix('n')) {
            (&[letter @ b'a'..=b'z'], _) => Some(u32::from(letter - b'a')),
            (_, Some(digits)) => digits
                .parse()
                .ok()
                .filter(|number: &u32| *number < Self::LIMIT && number.to_string() == digits),
            _ => None,
        };
        number.map(Self).ok_or_else(|| NoSuchName(text.to_owned()))
    }
}

/// Where a simulated node is reached: an IPv4 address and a port in six bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimAddr {
    ip: [u8; 4],
    port: NonZeroU16,
}

impl SimAddr {
    /// The address number `number` of the simulated network, 10.0.0.0/8; numbers repeat after 2²⁴.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        let [_, b, c, d] = number.to_be_bytes();
        Self {
            ip: [10, b, c, d],
            port: PORT,
        }
    }

    /// Which address of the simulated network it is; `None`: it lies elsewhere.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        let [ten, b, c, d] = self.ip;
        (ten == 10 && self.port == PORT).then(|| u32::from_be_bytes([0, b, c, d]))
    }

    /// The same machine, as the far end of a stream that it opened sees it: another port.
    #[must_use]
    pub(crate) const fn stream_port(self) -> Self {
        const EPHEMERAL: NonZeroU16 = NonZeroU16::new(49_152).unwrap();
        let port = EPHEMERAL;
        Self { port, ..self }
    }

    fn to_bytes(self) -> [u8; 6] {
        let [a, b, c, d] = self.ip;
        let [high, low] = self.port.get().to_be_bytes();
        [a, b, c, d, high, low]
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [a, b, c, d, high, low] = *<&[u8; 6]>::try_from(bytes).ok()?;
        let port = NonZeroU16::new(u16::from_be_bytes([high, low]))?;
        Some(Self {
            ip: [a, b, c, d],
            port,
        })
    }
}

impl From<SimAddr> for SocketAddrV4 {
    fn from(addr: SimAddr) -> Self {
        Self::new(Ipv4Addr::from(addr.ip), addr.port.get())
    }
}

impl Debug for SimAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&SocketAddrV4::from(*self), f)
    }
}

/// What a simulated member says about itself. Its metadata is a version number, shown on the wire as 32 bytes of text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SimPeer {
    name: SimName,
    meta: u32,
    addr: SimAddr,
}

impl SimPeer {
    /// The least, the most and the current version of the protocol that it speaks.
    const VERSIONS: [u8; 3] = [1, 1, 1];
    const META_PREFIX: [u8; 22] = *b"rack=7;role=db;serial=";

    /// A peer of that name at that address, whose metadata is at version `meta`.
    #[must_use]
    pub const fn new(name: SimName, addr: SimAddr, meta: u32) -> Self {
        Self { name, meta, addr }
    }

    /// Its id.
    #[must_use]
    pub const fn name(&self) -> SimName {
        self.name
    }

    /// The version of its metadata.
    #[must_use]
    pub const fn meta(&self) -> u32 {
        self.meta
    }

    /// The same peer with other metadata.
    #[must_use]
    pub const fn with_meta(self, meta: u32) -> Self {
        Self { meta, ..self }
    }

    /// The same peer at another address.
    #[must_use]
    pub const fn with_addr(self, addr: SimAddr) -> Self {
        Self { addr, ..self }
    }
}

impl Debug for SimPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at={:?} meta={}", self.name, self.addr, self.meta)
    }
}

impl Peer for SimPeer {
    type Key<'a> = SimName;
    type Addr = SimAddr;

    fn key(&self) -> SimName {
        self.name
    }

    fn has_key(&self, key: SimName) -> bool {
        self.name == key
    }

    fn addr(&self) -> &SimAddr {
        &self.addr
    }
}

impl WirePeer for SimPeer {
    fn put_key(key: SimName, to: &mut wire::Writer<'_>) -> Result<(), Full> {
        wire::put_key(&key, to)
    }

    fn take_key(bytes: &[u8]) -> Option<(SimName, &[u8])> {
        wire::take_key(bytes)
    }
}

/// A byte string as serde sees it: read without a copy, written in one piece.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;
        impl<'de> Visitor<'de> for Borrowed {
            type Value = Bytes<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string that can be borrowed")
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Bytes<'de>, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_bytes(Borrowed)
    }
}

impl Serialize for SimName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(&self.to_bytes()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SimName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Bytes(name) = Bytes::deserialize(deserializer)?;
        Self::from_bytes(name).ok_or_else(|| D::Error::custom("no simulated name"))
    }
}

impl Serialize for SimPeer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta: [u8; META] = digits_after(Self::META_PREFIX, self.meta);
        let mut parts = serializer.serialize_tuple(4)?;
        parts.serialize_element(&self.name)?;
        parts.serialize_element(&Self::VERSIONS)?;
        parts.serialize_element(&Bytes(&self.addr.to_bytes()))?;
        parts.serialize_element(&Bytes(&meta))?;
        parts.end()
    }
}

impl<'de> Deserialize<'de> for SimPeer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, versions, Bytes(addr), Bytes(meta)) =
            <(SimName, [u8; 3], Bytes<'_>, Bytes<'_>)>::deserialize(deserializer)?;
        let addr = SimAddr::from_bytes(addr).filter(|_| versions == Self::VERSIONS);
        let meta = number_after(meta, &Self::META_PREFIX, META);
        match (addr, meta) {
            (Some(addr), Some(meta)) => Ok(Self { name, meta, addr }),
            _ => Err(D::Error::custom(
                "no simulated versions, address or metadata",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a node on real sockets sends: name, address and metadata as byte strings.
    fn ordinary(name: &str, meta: &str) -> Vec<u8> {
        let address = [10, 0, 0, 3, 0x1F, 0x0A];
        bytes(&(
            Bytes(name.as_bytes()),
            [1_u8; 3],
            Bytes(&address),
            Bytes(meta.as_bytes()),
        ))
    }

    fn bytes(value: &impl Serialize) -> Vec<u8> {
        postcard::to_slice(value, &mut [0; 64]).unwrap().to_vec()
    }

    #[test]
    fn sixteen_bytes_in_memory_are_sixty_on_the_wire() {
        assert_eq!(
            (size_of::<SimPeer>(), size_of::<Option<SimPeer>>()),
            (16, 16)
        );
        let peer = SimPeer::new(SimName::new(2), SimAddr::new(3), 7);
        let bytes = bytes(&peer);
        assert_eq!(
            bytes,
            ordinary("swim-node-000002", "rack=7;role=db;serial=0000000007")
        );
        assert_eq!(bytes.len(), 1 + 16 + 3 + 1 + 6 + 1 + 32);
    }

    #[test]
    fn a_key_hashes_as_its_sixteen_bytes_do() {
        struct Written(&'static [u8]);
        impl Hash for Written {
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write(self.0);
            }
        }
        assert_eq!(
            swim_core::name_hash(&SimName::new(26)),
            swim_core::name_hash(&Written(b"swim-node-000026"))
        );
    }

    #[test]
    fn names_are_read_as_they_are_shown() {
        for (number, shown) in [(0, "a"), (25, "z"), (26, "n26"), (999_999, "n999999")] {
            assert_eq!(format!("{:?}", SimName::new(number)), shown);
            assert_eq!(shown.parse(), Ok(SimName::new(number)));
        }
        assert_eq!("n2".parse(), Ok(SimName::new(2)));
        for nobody in ["", "A", "ab", "n1000000", "n-1", "n+1", "n01"] {
            assert!(nobody.parse::<SimName>().is_err(), "{nobody}");
        }
    }

    proptest! {
        #[test]
        fn a_peer_survives_its_bytes(name in 0..SimName::LIMIT, addr in 0..1_u32 << 24, meta: u32) {
            let peer = SimPeer::new(SimName::new(name), SimAddr::new(addr), meta);
            let bytes = bytes(&peer);
            prop_assert_eq!(postcard::from_bytes::<SimPeer>(&bytes), Ok(peer));
            prop_assert_eq!(peer.addr().number(), Some(addr));
            // The law that lets a decoder look at the key before it builds a peer.
            let (key, _) = postcard::take_from_bytes::<SimName>(&bytes).unwrap();
            prop_assert_eq!(key, peer.key());
        }

        #[test]
        fn other_bytes_are_no_peer(mut bytes in prop::collection::vec(any::<u8>(), 60), at in 0_usize..60) {
            prop_assert!(postcard::from_bytes::<SimPeer>(&bytes).is_err());
            bytes.truncate(at);
            prop_assert!(postcard::from_bytes::<SimPeer>(&bytes).is_err());
        }
    }
}
