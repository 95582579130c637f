//! The peer value of a small device.

use serde::{Deserialize, Serialize};
use swim_core::wire::{self, WirePeer, Writer};
use swim_core::{Full, Peer};

/// A device with a 2-byte id, a 2-byte radio address, and one byte to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Radio {
    /// Unique in the cluster.
    pub id: u16,
    /// Where it is reached.
    pub address: u16,
    /// Percent.
    pub battery: u8,
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
