//! The peer value: what a node on IP sockets says about itself.

mod serial;
mod small;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use swim_core::wire::{WirePeer, Writer};
use swim_core::{Full, Peer};

use serial::Parts;
use small::{Small, same};

/// Bytes of a name at most; at least one.
pub const MAX_NAME: usize = 255;
/// Bytes of metadata at most.
pub const MAX_META: usize = 512;

/// Versions of the protocol that a node speaks (P10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Versions {
    /// The oldest that it understands.
    pub least: u8,
    /// The newest that it understands.
    pub most: u8,
    /// The one that it speaks now.
    pub current: u8,
}

impl Versions {
    /// What this library speaks.
    pub const OURS: Self = Self {
        least: 1,
        most: 1,
        current: 1,
    };
}

/// What a node on IP sockets says about itself: name, address, versions, metadata.
///
/// Names up to 22 bytes and metadata up to 38 stay inline, so that the usual member costs no allocation. The address is
/// canonical: an IPv4 address mapped into IPv6 is that IPv4 address, and scopes and flow labels, which mean nothing on
/// another machine, are gone.
// The key in front: the core looks members up by it, and finds it in the line of the cache that it reads anyway.
#[repr(C)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NodePeer {
    name: Small<22>,
    addr: SocketAddr,
    meta: Small<38>,
    versions: Versions,
}

/// Why bytes are no peer value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerError {
    /// The name is empty.
    NameEmpty,
    /// The name exceeds [`MAX_NAME`] bytes.
    NameTooLong {
        /// Its length.
        length: usize,
    },
    /// The name is not UTF-8, or has control characters: it stands in logs and lists, line by line.
    NameNotText,
    /// The metadata exceeds [`MAX_META`] bytes.
    MetaTooLong {
        /// Its length.
        length: usize,
    },
    /// Nothing can be sent to this address: unspecified, multicast, broadcast, or port 0.
    Unreachable {
        /// The address.
        addr: SocketAddr,
    },
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameEmpty => f.write_str("the name is empty"),
            Self::NameTooLong { length } => {
                write!(f, "the name has {length} bytes, {MAX_NAME} are possible")
            }
            Self::NameNotText => f.write_str("the name is not UTF-8, or has control characters"),
            Self::MetaTooLong { length } => {
                write!(
                    f,
                    "the metadata has {length} bytes, {MAX_META} are possible"
                )
            }
            Self::Unreachable { addr } => write!(f, "nothing can be sent to {addr}"),
        }
    }
}

impl std::error::Error for PeerError {}

impl NodePeer {
    /// A peer value of these parts, with [`Versions::OURS`].
    ///
    /// # Errors
    /// The first part that is not possible.
    pub fn new(name: &str, addr: SocketAddr, meta: &[u8]) -> Result<Self, PeerError> {
        Self::from_parts(name.as_bytes(), addr, meta, Versions::OURS)
    }

    /// As [`new`](Self::new), from what a stranger sent.
    #[inline]
    fn from_parts(
        name: &[u8],
        addr: SocketAddr,
        meta: &[u8],
        versions: Versions,
    ) -> Result<Self, PeerError> {
        let addr = canonical(addr);
        check(name, addr, meta)?;
        Ok(Self {
            name: Small::new(name),
            addr,
            meta: Small::new(meta),
            versions,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        // Checked when the value was built.
        str::from_utf8(self.name.as_bytes()).unwrap_or_default()
    }

    /// The address, canonical.
    #[must_use]
    pub const fn socket_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The metadata.
    #[must_use]
    pub fn meta(&self) -> &[u8] {
        self.meta.as_bytes()
    }

    /// The versions spoken.
    #[must_use]
    pub const fn versions(&self) -> Versions {
        self.versions
    }

    /// The same node with other metadata.
    ///
    /// # Errors
    /// [`PeerError::MetaTooLong`].
    pub fn with_meta(&self, meta: &[u8]) -> Result<Self, PeerError> {
        if meta.len() > MAX_META {
            return Err(PeerError::MetaTooLong { length: meta.len() });
        }
        Ok(Self {
            meta: Small::new(meta),
            ..self.clone()
        })
    }
}

/// Whether these parts, the address canonical, make a peer value.
#[inline]
fn check(name: &[u8], addr: SocketAddr, meta: &[u8]) -> Result<(), PeerError> {
    if name.is_empty() {
        return Err(PeerError::NameEmpty);
    }
    if name.len() > MAX_NAME {
        return Err(PeerError::NameTooLong { length: name.len() });
    }
    if !is_text(name) {
        return Err(PeerError::NameNotText);
    }
    if meta.len() > MAX_META {
        return Err(PeerError::MetaTooLong { length: meta.len() });
    }
    if !is_reachable(addr) {
        return Err(PeerError::Unreachable { addr });
    }
    Ok(())
}

/// UTF-8 without control characters. Most names are printable ASCII, which takes one quick look: eight bytes at a time.
#[inline]
fn is_text(name: &[u8]) -> bool {
    let no_controls = |text: &str| !text.chars().any(char::is_control);
    is_printable(name) || str::from_utf8(name).is_ok_and(no_controls)
}

/// Whether all bytes are printable ASCII.
#[inline]
fn is_printable(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let word = |bytes: &[u8; 8]| are_printable(u64::from_le_bytes(*bytes));
    words.iter().all(word) && rest.iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// Whether each of these eight bytes is printable ASCII: none has its high bit, none is below a space, none is DEL.
const fn are_printable(bytes: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES * 0x80;
    // Without high bits no sum carries from a byte to its neighbour: the high bit then says "at least a space", "DEL".
    let low = bytes & !HIGH;
    let spaces = low + ONES * (0x80 - b' ' as u64);
    let deletes = low + ONES;
    (bytes | !spaces | deletes) & HIGH == 0
}

impl fmt::Debug for NodePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}, {} B]", self.name(), self.addr, self.meta().len())
    }
}

/// A name, borrowed, as bytes: looking a member up checks no UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameKey<'a>(pub &'a [u8]);

impl Hash for NameKey<'_> {
    /// The bytes alone: the core's hasher mixes their number in by itself.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0);
    }
}

impl fmt::Debug for NameKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

impl Peer for NodePeer {
    type Key<'a> = NameKey<'a>;
    type Addr = SocketAddr;

    #[inline]
    fn key(&self) -> NameKey<'_> {
        NameKey(self.name.as_bytes())
    }

    #[inline]
    fn has_key(&self, key: NameKey<'_>) -> bool {
        same(self.name.as_bytes(), key.0)
    }

    #[inline]
    fn addr(&self) -> &SocketAddr {
        &self.addr
    }
}

impl WirePeer for NodePeer {
    #[inline]
    fn put_key(key: NameKey<'_>, to: &mut Writer<'_>) -> Result<(), Full> {
        serial::put_bytes(key.0, to)
    }

    #[inline]
    fn take_key(bytes: &[u8]) -> Option<(NameKey<'_>, &[u8])> {
        serial::take_bytes(bytes).map(|(name, rest)| (NameKey(name), rest))
    }

    #[inline]
    fn put(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        self.write(to)
    }

    #[inline]
    fn take(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Self::read(bytes)
    }

    #[inline]
    fn is_written_in(&self, bytes: &[u8]) -> bool {
        Parts::take(bytes).is_some_and(|(parts, _)| parts.are_those_of(self))
    }
}

/// One form for one address: v4-mapped IPv6 becomes IPv4; scope and flow label go.
#[must_use]
#[inline]
pub fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(_) => addr,
        SocketAddr::V6(six) => SocketAddr::new(six.ip().to_canonical(), six.port()),
    }
}

/// Whether a datagram to this (canonical) address can reach one node.
#[inline]
pub(crate) const fn is_reachable(addr: SocketAddr) -> bool {
    let nobody = match addr.ip() {
        IpAddr::V4(ip) => ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unspecified() || ip.is_multicast(),
    };
    addr.port() != 0 && !nobody
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_usual_peer_value_takes_104_bytes_and_no_allocation() {
        assert!(size_of::<NodePeer>() <= 104, "{}", size_of::<NodePeer>());
        assert!(size_of::<Option<NodePeer>>() <= 104);
        let usual = NodePeer::new("node-000123-prod", addr("10.0.0.1:7946"), &[1; 32]);
        let usual = usual.expect("legal");
        assert!(matches!(usual.name, Small::Inline(..)));
        assert!(matches!(usual.meta, Small::Inline(..)));
    }

    #[test]
    fn limits_are_checked_when_a_value_is_built() {
        let at = addr("10.0.0.1:7946");
        let of = |name: &[u8], at, meta: &[u8]| {
            NodePeer::from_parts(name, at, meta, Versions::OURS).map(|_| ())
        };
        assert_eq!(of(b"", at, b""), Err(PeerError::NameEmpty));
        assert_eq!(of(&[b'a'; 255], at, &[0; 512]), Ok(()));
        assert_eq!(
            of(&[b'a'; 256], at, b""),
            Err(PeerError::NameTooLong { length: 256 })
        );
        assert_eq!(of(b"a\xFF", at, b""), Err(PeerError::NameNotText));
        assert_eq!(of(b"a\nb", at, b""), Err(PeerError::NameNotText));
        assert_eq!(
            of("a\u{9B}b".as_bytes(), at, b""),
            Err(PeerError::NameNotText)
        );
        assert_eq!(of("结点 一".as_bytes(), at, b""), Ok(()));
        assert_eq!(
            of(b"a", at, &[0; 513]),
            Err(PeerError::MetaTooLong { length: 513 })
        );
        for nowhere in [
            "0.0.0.0:1",
            "[::]:1",
            "10.0.0.1:0",
            "224.0.0.1:1",
            "255.255.255.255:1",
        ] {
            let nowhere = addr(nowhere);
            assert_eq!(
                of(b"a", nowhere, b""),
                Err(PeerError::Unreachable { addr: nowhere })
            );
        }
    }

    #[test]
    fn a_name_is_printable_ascii_at_every_place_or_looked_at_more_closely() {
        for length in 1..=40 {
            for at in 0..length {
                for byte in 0..=255 {
                    let mut name = vec![b'x'; length];
                    name[at] = byte;
                    let printable = (b' '..=b'~').contains(&byte);
                    assert_eq!(is_printable(&name), printable, "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn one_address_has_one_form() {
        assert_eq!(canonical(addr("[::ffff:10.0.0.1]:7")), addr("10.0.0.1:7"));
        assert_eq!(canonical(addr("[fe80::1%3]:7")), addr("[fe80::1]:7"));
        let mapped = NodePeer::new("a", addr("[::ffff:10.0.0.1]:7"), b"").expect("legal");
        assert_eq!(
            mapped,
            NodePeer::new("a", addr("10.0.0.1:7"), b"").expect("legal")
        );
    }
}
