//! How the targets understand their input.

use crate::{ENVELOPE, FuzzNode};
use swim_core::wire;

/// One datagram: who sends it, how long after the one before, its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The sender's address, 0 to 3.
    pub from: u8,
    /// Milliseconds since the packet before.
    pub after_millis: u64,
    /// The whole datagram.
    pub bytes: Vec<u8>,
}

/// Packets, each behind a control byte (sender, time) and its length in two bytes.
///
/// With the lowest bit of the first byte set they are whole datagrams, refusals and all. Without, they are flags and
/// items, and get a right head and checksum here: a fuzzer can't guess a CRC-32, and should not have to.
#[must_use]
pub fn datagram_input(data: &[u8]) -> Vec<Packet> {
    let Some((mode, mut rest)) = data.split_first() else {
        return Vec::new();
    };
    let mut packets = Vec::new();
    while let [control, low, high, more @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(more.len());
        let (bytes, next) = more.split_at(length);
        rest = next;
        packets.push(Packet {
            from: control & 3,
            after_millis: u64::from(control >> 2) * 40,
            bytes: if mode & 1 == 1 {
                bytes.to_vec()
            } else {
                framed(bytes)
            },
        });
    }
    packets
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let (flags, items) = bytes.split_first().unwrap_or((&0, &[]));
    let label = ENVELOPE.label();
    let length = u8::try_from(label.len()).unwrap_or(0);
    let mut datagram = vec![wire::VERSION, *flags, length];
    datagram.extend_from_slice(label);
    datagram.extend_from_slice(items);
    datagram.extend_from_slice(&wire::crc32(&datagram).to_le_bytes());
    datagram
}

/// The target's input for one side of a stream: which side we are, why, and what the other side sends.
#[must_use]
pub fn stream_input(opener: bool, sent: &[u8]) -> Vec<u8> {
    let mut data = vec![u8::from(opener)];
    data.extend_from_slice(sent);
    data
}

/// Everything that the node wants done is done: datagrams are handed to `sent`, exchanges fail.
pub(crate) fn drain(node: &mut FuzzNode<'_>, now: swim_core::Instant, mut sent: impl FnMut(&[u8])) {
    let mut buffer = [0; 200];
    loop {
        let mut datagram = wire::Datagram::new(&mut buffer, ENVELOPE);
        match node.poll_output(&mut datagram) {
            swim_core::Output::Wait { .. } => break,
            swim_core::Output::Send { .. } => sent(datagram.finish()),
            swim_core::Output::Exchange { id, .. } => {
                node.handle_exchange(now, id, Err(swim_core::ExchangeFailed::Broken));
            }
            swim_core::Output::Event(_) => {}
        }
    }
}
