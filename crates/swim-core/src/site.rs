//! The peer that is there already: a socket address, and nothing else.

use core::fmt::{self, Debug};
use core::hash::{Hash, Hasher};
use core::net::{IpAddr, SocketAddr};

use crate::peer::Peer;

/// The key of a member that is nothing but a [`SocketAddr`].
///
/// An IPv4 address and the same one mapped to IPv6 are one key. It hashes as 18 bytes of its own, since the hash of the
/// standard library's type differs between its versions and between machines (P15).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteKey(SocketAddr);

impl SiteKey {
    /// The address.
    #[must_use]
    pub const fn addr(self) -> SocketAddr {
        self.0
    }
}

impl From<SocketAddr> for SiteKey {
    fn from(addr: SocketAddr) -> Self {
        // Scopes and flow labels mean something to one machine only, and don't travel.
        Self(SocketAddr::new(addr.ip().to_canonical(), addr.port()))
    }
}

impl Hash for SiteKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ip = match self.0.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        state.write(&ip.octets());
        state.write(&self.0.port().to_be_bytes());
    }
}

impl Debug for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

/// A member that says nothing about itself but where it is. Whoever comes back at another address is somebody else; for
/// names that move, and for metadata, write a type of your own.
impl Peer for SocketAddr {
    type Key<'a> = SiteKey;
    type Addr = Self;

    fn key(&self) -> SiteKey {
        SiteKey::from(*self)
    }

    fn has_key(&self, key: SiteKey) -> bool {
        SiteKey::from(*self) == key
    }

    fn addr(&self) -> &Self {
        self
    }
}

#[cfg(feature = "wire")]
mod wire {
    use core::net::SocketAddr;

    use super::SiteKey;
    use crate::message::Full;
    use crate::wire::{WirePeer, Writer, put_key, take_key};

    impl WirePeer for SocketAddr {
        fn put_key(key: SiteKey, to: &mut Writer<'_>) -> Result<(), Full> {
            put_key(&key.addr(), to)
        }

        fn take_key(bytes: &[u8]) -> Option<(SiteKey, &[u8])> {
            let (addr, rest) = take_key::<Self>(bytes)?;
            Some((addr.into(), rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;
    use crate::hash::name_hash;

    #[test]
    fn one_address_is_one_key_however_it_is_written() {
        let (four, six) = ("10.0.0.7:7946", "[::ffff:10.0.0.7]:7946");
        let [four, six] = [four, six].map(|text| text.parse::<SocketAddr>().unwrap());
        assert_ne!(four, six);
        assert_eq!(four.key(), six.key());
        assert!(six.has_key(four.key()));
        assert_eq!(format!("{:?}", six.key()), "10.0.0.7:7946");
    }

    #[test]
    fn p15_a_key_hashes_as_eighteen_bytes() {
        struct Written;
        impl Hash for Written {
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 7]);
                state.write(&[0x1F, 0x0A]);
            }
        }
        let key = "10.0.0.7:7946".parse::<SocketAddr>().unwrap().key();
        assert_eq!(name_hash(&key), name_hash(&Written));
    }
}
