//! A small peer without a heap, and a node with room for eight.

use heapless::{String, Vec};
use serde::{Deserialize, Serialize};
use swim_core::wire::{self, WirePeer, Writer};
use swim_core::{Config, Full, Incarnation, Instant, Node, Peer, Space};

/// A name, an address, metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FuzzPeer {
    name: String<8>,
    address: u8,
    meta: Vec<u8, 8>,
}

impl Peer for FuzzPeer {
    type Key<'a> = &'a str;
    type Addr = u8;
    fn key(&self) -> &str {
        &self.name
    }
    fn has_key(&self, key: &str) -> bool {
        self.name == key
    }
    fn addr(&self) -> &u8 {
        &self.address
    }
}

impl WirePeer for FuzzPeer {
    fn put_key(key: &str, to: &mut Writer<'_>) -> Result<(), Full> {
        wire::put_key(key, to)
    }
    fn take_key(bytes: &[u8]) -> Option<(&str, &[u8])> {
        wire::take_key(bytes)
    }
}

/// When every story begins.
pub const NOW: Instant = Instant::from_millis(1_000);

/// A node of the targets.
pub type FuzzNode<'s> = Node<'s, FuzzPeer>;

/// The peer of that name, at that address.
///
/// # Panics
/// If the name has more than eight bytes.
#[must_use]
pub fn peer(name: &str, address: u8) -> FuzzPeer {
    let name = String::try_from(name).expect("at most eight bytes");
    FuzzPeer {
        name,
        address,
        meta: Vec::new(),
    }
}

/// The node that the targets attack: `me` at address 0, alone.
#[must_use]
pub fn node(space: &mut Space<FuzzPeer, 8>) -> FuzzNode<'_> {
    node_of(peer("me", 0), space)
}

/// A node of that peer, alone.
///
/// # Panics
/// Never: the configuration is a preset.
#[must_use]
pub fn node_of(peer: FuzzPeer, space: &mut Space<FuzzPeer, 8>) -> FuzzNode<'_> {
    let made = Node::new(peer, Incarnation(100), Config::LAN, space, 7, NOW);
    made.expect("a preset, and room for more than two")
}
