//! Peers that the native format can carry.

use serde::de::{Deserialize, DeserializeOwned};
use serde::ser::Serialize;

use super::bytes::{Writer, take_value};
use crate::message::Full;
use crate::peer::Peer;

/// A peer value that the native format can carry: an ordinary serde type in postcard.
///
/// **The law**: the postcard bytes of a peer start with the postcard bytes of its key, that is, the id is the first
/// field that it serializes. So a decoder reads a borrowed key, asks whether the news is wanted, and builds the value from
/// the same bytes only then. A type that breaks the law is never wrong about safety, only about members.
///
/// What can't be (an empty name, an oversized field) is refused by the type's `Deserialize`; such items are skipped and
/// counted. Its `Deserialize` must not panic, and bounds what it reads. Bytes after the value are ignored, so a newer
/// version may append fields.
///
/// ```
/// use swim_core::{Full, Peer};
/// use swim_core::wire::{self, WirePeer};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
/// struct Radio { id: u16, address: u16 }
///
/// impl Peer for Radio {
///     type Key<'a> = u16;
///     type Addr = u16;
///     fn key(&self) -> u16 { self.id }
///     fn has_key(&self, key: u16) -> bool { self.id == key }
///     fn addr(&self) -> &u16 { &self.address }
/// }
///
/// impl WirePeer for Radio {
///     fn put_key(key: u16, to: &mut wire::Writer<'_>) -> Result<(), Full> { wire::put_key(&key, to) }
///     fn take_key(bytes: &[u8]) -> Option<(u16, &[u8])> { wire::take_key(bytes) }
/// }
/// ```
pub trait WirePeer: Peer + Serialize + DeserializeOwned {
    /// Writes a key: `wire::put_key(&key, to)`.
    ///
    /// # Errors
    /// [`Full`] if there is no room.
    fn put_key(key: Self::Key<'_>, to: &mut Writer<'_>) -> Result<(), Full>;
    /// Reads a borrowed key from the front, and gives what follows it: `wire::take_key(bytes)`.
    fn take_key(bytes: &[u8]) -> Option<(Self::Key<'_>, &[u8])>;

    /// Writes the value: in postcard. Whoever overrides it for speed writes the same bytes.
    ///
    /// # Errors
    /// [`Full`] if there is no room.
    #[inline]
    fn put(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        to.value(self)
    }

    /// Reads a value from the front, and gives what follows it; `None` if it can't be. Whoever overrides it for speed
    /// takes and refuses what postcard does.
    #[inline]
    #[must_use]
    fn take(bytes: &[u8]) -> Option<(Self, &[u8])> {
        take_value(bytes)
    }

    /// Whether [`take`](Self::take) would read this very value from the front of `bytes`; `false` if only building it
    /// could tell. Most news is a member's word at a new incarnation, its value as before: a type that answers here spares
    /// the decoder that value.
    #[inline]
    #[must_use]
    fn is_written_in(&self, bytes: &[u8]) -> bool {
        let _ = bytes;
        false
    }
}

/// Writes a key in postcard: the usual body of [`WirePeer::put_key`].
///
/// # Errors
/// [`Full`] if there is no room.
#[inline]
pub fn put_key(key: &(impl Serialize + ?Sized), to: &mut Writer<'_>) -> Result<(), Full> {
    to.value(key)
}

/// Reads a key in postcard: the usual body of [`WirePeer::take_key`].
#[inline]
#[must_use]
pub fn take_key<'b, K: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(K, &'b [u8])> {
    take_value(bytes)
}
