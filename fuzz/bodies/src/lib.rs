//! What the fuzz targets do, as ordinary functions: the fuzzer calls them with what it invents, a test on stable with the
//! stored corpus and damaged copies of it.
//!
//! Each panics if a law is broken: nothing that comes from the network panics, whatever we write we can read, and the
//! node's books are right.

#![forbid(unsafe_code)]

mod checks;
mod datagram;
mod input;
mod peer;
mod stream;

pub use datagram::datagram;
pub use input::{Packet, datagram_input, stream_input};
pub use peer::{FuzzNode, FuzzPeer, NOW, node, node_of, peer};
pub use stream::stream;

use swim_core::wire::Envelope;

/// The cluster's label.
pub const ENVELOPE: Envelope<'static> = match Envelope::new(b"fuzz") {
    Ok(envelope) => envelope,
    Err(_) => panic!("four bytes are a label"),
};
