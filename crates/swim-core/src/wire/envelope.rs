//! What all datagrams of a cluster have in common: the label, and what guards them.

use core::fmt;

use super::bytes::{TAG, Writer, size_of_value};
use super::{CHECKSUM, DIGEST, HEAD, MAX_LABEL, MIN_DATAGRAM, WirePeer};

/// How a cluster's datagrams are wrapped: its label, and a CRC-32 unless a layer below seals them.
///
/// The label keeps clusters apart that share a network by mistake; it is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'l> {
    label: &'l [u8],
    sealed: bool,
}

/// A label of more than [`MAX_LABEL`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelTooLong {
    /// Its length.
    pub length: usize,
}

impl fmt::Display for LabelTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.length;
        write!(
            f,
            "the label has {length} bytes, {MAX_LABEL} are possible; choose a shorter one"
        )
    }
}

impl core::error::Error for LabelTooLong {}

/// Datagrams of that size can't hold what a ping must carry (P11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatagramTooSmall {
    /// The size that was asked for, in bytes.
    pub size: usize,
    /// The least that would do.
    pub least: usize,
}

impl fmt::Display for DatagramTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, least } = self;
        write!(
            f,
            "datagrams of {size} bytes can't hold two records beside a ping; allow {least}, or shorten the label, \
             names or metadata"
        )
    }
}

impl core::error::Error for DatagramTooSmall {}

impl<'l> Envelope<'l> {
    /// Datagrams under `label` (which may be empty), guarded by a CRC-32.
    ///
    /// # Errors
    /// [`LabelTooLong`].
    pub const fn new(label: &'l [u8]) -> Result<Self, LabelTooLong> {
        let length = label.len();
        if length > MAX_LABEL {
            return Err(LabelTooLong { length });
        }
        let sealed = false;
        Ok(Self { label, sealed })
    }

    /// The same without a checksum: a layer below encrypts, and its tag finds damage. That layer adds its own bytes, so
    /// lend the datagram a buffer that is shorter by as many.
    #[must_use]
    pub const fn sealed(self) -> Self {
        Self {
            sealed: true,
            ..self
        }
    }

    /// The label.
    #[must_use]
    pub const fn label(&self) -> &'l [u8] {
        self.label
    }

    /// Whether a layer below seals the datagrams.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Bytes before the first item.
    pub(super) const fn head(&self) -> usize {
        HEAD.saturating_add(self.label.len())
    }

    /// Bytes at the very end.
    pub(super) const fn tail(&self) -> usize {
        if self.sealed { 0 } else { CHECKSUM }
    }

    /// The smallest datagram that holds a ping with its digest and two records like `largest`, the largest peer value
    /// of the cluster; at least [`MIN_DATAGRAM`]. `usize::MAX` if that value can't be serialized.
    #[must_use]
    pub fn smallest_datagram<P: WirePeer>(&self, largest: &P) -> usize {
        const PING: usize = TAG + 12;
        const ALIVE: usize = TAG + 4;
        let Some(peer) = size_of_value(largest) else {
            return usize::MAX;
        };
        // By the law a key is no longer than its peer: a bound for keys that don't fit the space here.
        let mut space = [0; 512];
        let mut writer = Writer::new(&mut space);
        let key = P::put_key(largest.key(), &mut writer).map_or(peer, |()| writer.len());
        let frame = self
            .head()
            .saturating_add(self.tail())
            .saturating_add(DIGEST);
        let ping = frame.saturating_add(PING).saturating_add(key);
        let record = ALIVE.saturating_add(peer);
        ping.saturating_add(record.saturating_mul(2))
            .max(MIN_DATAGRAM)
    }

    /// Whether datagrams of `size` bytes hold a ping with its digest and two records like `largest` (P11).
    ///
    /// # Errors
    /// [`DatagramTooSmall`], with the size that would do.
    pub fn check_datagram<P: WirePeer>(
        &self,
        size: usize,
        largest: &P,
    ) -> Result<(), DatagramTooSmall> {
        let least = self.smallest_datagram(largest);
        if size < least {
            return Err(DatagramTooSmall { size, least });
        }
        Ok(())
    }
}
