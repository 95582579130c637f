//! What a member says about itself. Yours: an id, an address, and whatever else the others shall know.

use std::error::Error;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use swim_core::wire::{self, WirePeer, Writer};
use swim_core::{Full, Peer};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Station {
    pub(crate) id: u32,
    pub(crate) addr: SocketAddr,
}

impl Peer for Station {
    type Key<'a> = u32;
    type Addr = SocketAddr;

    fn key(&self) -> u32 {
        self.id
    }

    fn has_key(&self, key: u32) -> bool {
        self.id == key
    }

    fn addr(&self) -> &SocketAddr {
        &self.addr
    }
}

/// For the native wire format: the id is the first field, so that a decoder can look before it builds.
impl WirePeer for Station {
    fn put_key(key: u32, to: &mut Writer<'_>) -> Result<(), Full> {
        wire::put_key(&key, to)
    }

    fn take_key(bytes: &[u8]) -> Option<(u32, &[u8])> {
        wire::take_key(bytes)
    }
}

/// Ourselves, and the seeds.
pub(crate) fn from_command_line() -> Result<(Station, Vec<SocketAddr>), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [id, addr, seeds @ ..] = words.as_slice() else {
        return Err("usage: udp_thread ID ADDRESS [SEED…]".into());
    };
    let (id, addr) = (id.parse()?, addr.parse()?);
    let seeds = seeds.iter().map(|seed| seed.parse());
    Ok((Station { id, addr }, seeds.collect::<Result<_, _>>()?))
}
