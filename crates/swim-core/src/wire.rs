//! The native wire format (feature `wire`): what stands in a datagram and in the frames of a stream, byte for byte.
//!
//! `docs/wire-format.md` describes it. Everything here is bounded before it is believed, and nothing here panics, whatever
//! the bytes are. This module never names the node; [`receive`](crate::receive) and [`Exchange`](crate::Exchange) join
//! the two.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod bytes;
mod counters;
mod crc;
mod datagram;
mod envelope;
pub(crate) mod frame;
mod peer;
mod read;

pub use bytes::Writer;
pub use counters::Counters;
pub use crc::crc32;
pub use datagram::Datagram;
pub use envelope::{DatagramTooSmall, Envelope, LabelTooLong};
pub use frame::Refusal;
pub use peer::{WirePeer, put_key, take_key};
pub use read::{Refused, Sink, read};

/// The major version, the first byte of every datagram and of every stream's first frame. Another one is refused.
pub const VERSION: u8 = 1;
/// A cluster's label has at most this many bytes.
pub const MAX_LABEL: usize = 255;
/// The body of a datagram's item has at most this many bytes: what its two length bytes can say.
pub const MAX_ITEM: usize = 0x7FFF;
/// A frame of a stream has at most this many bytes, its kind and length included: buffers of that size will do.
pub const MAX_FRAME: usize = 2_048;
/// Datagrams may be set this small (radio links), and no smaller.
pub const MIN_DATAGRAM: usize = 64;

/// Bytes of the head before the label: version, flags, the label's length.
const HEAD: usize = 3;
/// Bytes of the CRC-32 at the end of a datagram that is not sealed.
const CHECKSUM: usize = 4;
/// Bytes of the digest trailer.
const DIGEST: usize = 8;
/// Frames that hold nothing but numbers have at most this many bytes, so that small buffers do.
const CHUNK: usize = 256;
/// Flag: a digest trailer stands before the checksum. All other flags are zero when written, ignored when read.
const FLAG_DIGEST: u8 = 1;

/// Kinds of items in a datagram. A number, once given, is never given to anything else.
mod kind {
    pub(super) const PING: u8 = 1;
    pub(super) const PING_REQ: u8 = 2;
    pub(super) const ACK: u8 = 3;
    pub(super) const NACK: u8 = 4;
    pub(super) const ALIVE: u8 = 5;
    pub(super) const SUSPECT: u8 = 6;
    pub(super) const DEAD: u8 = 7;
    pub(super) const LEFT: u8 = 8;
    pub(super) const USER: u8 = 9;
}
