//! The peer value as serde sees it: name, versions, address, metadata, each but the versions as bytes.
//!
//! The name comes first, so that a decoder can read the key alone from where the value starts. Written by hand: bytes
//! are borrowed while decoding and the value is built once.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};
use swim_core::Full;
use swim_core::wire::{self, Writer};

use super::small::{Small, same};
use super::{NameKey, NodePeer, Versions, canonical, check};

/// Bytes, as postcard writes them: a length and the bytes, borrowed when read.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    #[inline(always)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    #[inline(always)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = &'de [u8];

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            #[inline(always)]
            fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<&'de [u8], E> {
                Ok(bytes)
            }
        }
        deserializer.deserialize_bytes(Borrow).map(Self)
    }
}

impl Serialize for NameKey<'_> {
    #[inline(always)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for NameKey<'a> {
    #[inline(always)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Raw::deserialize(deserializer).map(|bytes| Self(bytes.0))
    }
}

/// An address as 6 bytes (IPv4) or 18 (IPv6), address and port in network order. IPv4 mapped into IPv6 is not
/// written, and read as IPv4.
fn read_addr(bytes: &[u8]) -> Option<SocketAddr> {
    if let Ok([a, b, c, d, high, low]) = <[u8; 6]>::try_from(bytes) {
        let port = u16::from_be_bytes([high, low]);
        return Some((Ipv4Addr::new(a, b, c, d), port).into());
    }
    let (ip, port) = bytes.split_first_chunk::<16>()?;
    let port = <[u8; 2]>::try_from(port).ok()?;
    Some((Ipv6Addr::from(*ip), u16::from_be_bytes(port)).into())
}

struct Addr(SocketAddr);

impl Serialize for Addr {
    #[inline(always)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [high, low] = self.0.port().to_be_bytes();
        match self.0 {
            SocketAddr::V4(addr) => {
                let [a, b, c, d] = addr.ip().octets();
                serializer.serialize_bytes(&[a, b, c, d, high, low])
            }
            SocketAddr::V6(addr) => {
                let mut bytes = [0; 18];
                let (ip, port) = bytes.split_at_mut(16);
                ip.copy_from_slice(&addr.ip().octets());
                port.copy_from_slice(&[high, low]);
                serializer.serialize_bytes(&bytes)
            }
        }
    }
}

impl Serialize for NodePeer {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Versions {
            least,
            most,
            current,
        } = self.versions;
        let mut parts = serializer.serialize_tuple(4)?;
        parts.serialize_element(&self.key_bytes())?;
        parts.serialize_element(&[least, most, current])?;
        parts.serialize_element(&Addr(self.addr))?;
        parts.serialize_element(&Raw(self.meta()))?;
        parts.end()
    }
}

impl NodePeer {
    fn key_bytes(&self) -> NameKey<'_> {
        NameKey(self.name.as_bytes())
    }
}

impl<'de> Deserialize<'de> for NodePeer {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = NodePeer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("name, versions, address and metadata of a member")
            }

            #[inline]
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<NodePeer, A::Error> {
                let name: NameKey<'de> = part(&mut parts)?;
                let [least, most, current]: [u8; 3] = part(&mut parts)?;
                let addr: Raw<'de> = part(&mut parts)?;
                let meta: Raw<'de> = part(&mut parts)?;
                let Some(addr) = read_addr(addr.0) else {
                    return Err(de::Error::custom("an address has 6 or 18 bytes"));
                };
                let versions = Versions {
                    least,
                    most,
                    current,
                };
                NodePeer::from_parts(name.0, addr, meta.0, versions).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_tuple(4, Parts)
    }
}

#[inline(always)]
fn part<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(parts: &mut A) -> Result<T, A::Error> {
    match parts.next_element()? {
        Some(part) => Ok(part),
        None => Err(de::Error::custom("a member has four parts")),
    }
}

/// Bytes behind their length in postcard. Up to 127, the usual, that is one byte: no decoder is needed.
#[inline]
pub(super) fn take_bytes(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes.split_first() {
        Some((length @ 0..=0x7F, rest)) => rest.split_at_checked(usize::from(*length)),
        _ => wire::take_key::<Raw<'_>>(bytes).map(|(long, rest)| (long.0, rest)),
    }
}

/// The other way round.
#[inline]
pub(super) fn put_bytes(bytes: &[u8], to: &mut Writer<'_>) -> Result<(), Full> {
    match u8::try_from(bytes.len()) {
        Ok(length @ 0..=0x7F) => {
            to.byte(length)?;
            to.bytes(bytes)
        }
        _ => to.value(&Raw(bytes)),
    }
}

/// The same bytes as by serde, without the way through it: a datagram holds twenty peer values.
impl NodePeer {
    #[inline]
    pub(super) fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        let Versions {
            least,
            most,
            current,
        } = self.versions;
        put_bytes(self.name.as_bytes(), to)?;
        match self.addr {
            SocketAddr::V4(addr) => {
                let ([a, b, c, d], [high, low]) = (addr.ip().octets(), addr.port().to_be_bytes());
                to.bytes(&[least, most, current, 6, a, b, c, d, high, low])?;
            }
            SocketAddr::V6(_) => {
                to.bytes(&[least, most, current])?;
                to.value(&Addr(self.addr))?;
            }
        }
        put_bytes(self.meta(), to)
    }

    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (parts, rest) = Parts::take(bytes)?;
        // As `from_parts`, without an error that nobody reads.
        let addr = canonical(read_addr(parts.addr)?);
        check(parts.name, addr, parts.meta).ok()?;
        let peer = Self {
            name: Small::new(parts.name),
            addr,
            meta: Small::new(parts.meta),
            versions: parts.versions,
        };
        Some((peer, rest))
    }
}

/// The parts of a value as they were received, borrowed and not yet checked.
pub(super) struct Parts<'b> {
    name: &'b [u8],
    versions: Versions,
    addr: &'b [u8],
    meta: &'b [u8],
}

impl<'b> Parts<'b> {
    #[inline]
    pub(super) fn take(bytes: &'b [u8]) -> Option<(Self, &'b [u8])> {
        let (name, rest) = take_bytes(bytes)?;
        let ([least, most, current], rest) = rest.split_first_chunk()?;
        let versions = Versions {
            least: *least,
            most: *most,
            current: *current,
        };
        let (addr, rest) = take_bytes(rest)?;
        let (meta, rest) = take_bytes(rest)?;
        let parts = Self {
            name,
            versions,
            addr,
            meta,
        };
        Some((parts, rest))
    }

    /// What a legal value has is legal: nothing is left to check.
    #[inline]
    pub(super) fn are_those_of(&self, peer: &NodePeer) -> bool {
        same(self.name, peer.name.as_bytes())
            && self.versions == peer.versions
            && read_addr(self.addr) == Some(peer.addr)
            && same(self.meta, peer.meta.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use postcard::{from_bytes, take_from_bytes, to_slice};
    use proptest::prelude::*;

    use super::super::Small;
    use super::*;

    const LONGEST: usize = 900;

    fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
        let mut bytes = [0; LONGEST];
        to_slice(value, &mut bytes).expect("room").to_vec()
    }

    fn peers() -> impl Strategy<Value = NodePeer> {
        let meta = proptest::collection::vec(any::<u8>(), 0..=512);
        (
            ".{1,60}",
            any::<std::net::IpAddr>(),
            1..=u16::MAX,
            meta,
            any::<[u8; 3]>(),
        )
            .prop_filter_map(
                "reachable",
                |(name, ip, port, meta, [least, most, current])| {
                    let versions = Versions {
                        least,
                        most,
                        current,
                    };
                    NodePeer::from_parts(name.as_bytes(), (ip, port).into(), &meta, versions).ok()
                },
            )
    }

    proptest! {
        #[test]
        fn a_peer_value_starts_with_its_key_and_survives_the_way(peer in peers()) {
            let bytes = encode(&peer);
            prop_assert!(bytes.starts_with(&encode(&peer.key_bytes())));
            let (key, _) = take_from_bytes::<NameKey<'_>>(&bytes).expect("a key");
            prop_assert_eq!(key, peer.key_bytes());
            let (back, rest) = take_from_bytes::<NodePeer>(&bytes).expect("a peer value");
            prop_assert_eq!(rest.len(), 0);
            prop_assert_eq!(back, peer);
        }

        #[test]
        fn the_quick_way_writes_what_serde_writes(peer in peers()) {
            let mut room = [0; LONGEST];
            let mut writer = Writer::new(&mut room);
            prop_assert!(peer.write(&mut writer).is_ok());
            let written = writer.len();
            let by_serde = encode(&peer);
            prop_assert_eq!(&room[..written], &by_serde[..]);
            prop_assert!(peer.write(&mut Writer::new(&mut room[..written - 1])).is_err());
        }

        #[test]
        fn the_quick_way_takes_and_refuses_what_serde_does(
            peer in peers(),
            flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = encode(&peer);
            for (at, value) in &flips {
                *at.get_mut(&mut bytes) = *value;
            }
            for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
                let by_serde = take_from_bytes::<NodePeer>(bytes).ok();
                let quick = NodePeer::read(bytes);
                prop_assert_eq!(&quick, &by_serde);
                let is_same = quick.is_some_and(|(other, _)| other == peer);
                let says_so = Parts::take(bytes).is_some_and(|(parts, _)| parts.are_those_of(&peer));
                prop_assert!(is_same || !says_so, "only what is the same may be taken for it");
                prop_assert!(says_so || !is_same || bytes != &encode(&peer)[..], "what it writes itself, it knows");
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(NodePeer::read(&bytes), take_from_bytes::<NodePeer>(&bytes).ok());
            if let Ok(peer) = from_bytes::<NodePeer>(&bytes) {
                prop_assert!(!peer.name().is_empty());
                prop_assert_eq!(from_bytes::<NodePeer>(&encode(&peer)).expect("legal"), peer);
            }
        }
    }

    #[test]
    fn the_bytes_are_these() {
        let peer = NodePeer::new("ab", SocketAddr::from(([10, 0, 0, 1], 7946)), b"xyz");
        let bytes = encode(&peer.expect("legal"));
        let expected = *b"\x02ab\x01\x01\x01\x06\x0A\0\0\x01\x1F\x0A\x03xyz";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_a_stranger_may_not_say_is_refused() {
        let raw = |name: &[u8], addr: &[u8], meta: &[u8]| {
            encode(&(Raw(name), [1_u8, 1, 1], Raw(addr), Raw(meta)))
        };
        let refused = |bytes: &[u8]| from_bytes::<NodePeer>(bytes).is_err();
        let here = [10, 0, 0, 1, 0, 9];
        assert!(!refused(&raw(b"a", &here, b"")));
        assert!(refused(&raw(b"", &here, b"")));
        assert!(refused(&raw(b"\xFF", &here, b"")));
        assert!(refused(&raw(b"a", &here[..5], b"")));
        assert!(refused(&raw(b"a", &[10, 0, 0, 1, 0, 0], b"")));
        assert!(refused(&raw(&[b'a'; 256], &here, b"")));
        assert!(refused(&raw(b"a", &here, &[0; 513])));
        assert!(matches!(Small::<22>::new(b""), Small::Inline(0, _)));
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_address_that_it_is() {
        let mut mapped = [0; 18];
        mapped[10..].copy_from_slice(&[0xFF, 0xFF, 10, 0, 0, 1, 0, 9]);
        let bytes = encode(&(Raw(b"a"), [1_u8, 1, 1], Raw(&mapped), Raw(b"")));
        let peer: NodePeer = from_bytes(&bytes).expect("legal");
        assert_eq!(peer.socket_addr(), SocketAddr::from(([10, 0, 0, 1], 9)));
    }
}
