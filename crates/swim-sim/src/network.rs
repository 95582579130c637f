//! Datagrams on their way.

use crate::host::Host;
use crate::links::{Fate, Links};
use crate::peer::SimAddr;
use crate::queue::Queue;
use crate::trace::{Kind, Trace};

/// What became of all datagrams. Every one is counted once, each copy as one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sent by nodes.
    pub sent: u64,
    /// Second copies that the network made.
    pub copied: u64,
    /// Put on the network by no node: forgeries.
    pub injected: u64,
    /// Read by a node.
    pub delivered: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Stopped by a cut.
    pub cut: u64,
    /// Arrived where no node runs, or sent to an address that nobody has.
    pub gone: u64,
    /// Still on their way, or unread by a frozen node.
    pub in_flight: u64,
    /// Bytes of all that were sent by nodes.
    pub bytes: u64,
}

impl Tally {
    /// Whether every datagram is accounted for: what was put on the network is what left it or is still on it.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.sent + self.copied + self.injected
            == self.delivered + self.lost + self.cut + self.gone + self.in_flight
    }
}

/// What comes due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A machine's alarm.
    Wake(u32),
    /// A datagram arrives, by its place.
    Datagram(u32),
    /// Something arrives on a stream, by its place.
    Piece(u32),
    /// A scheduled fault or wish.
    Planned(Box<crate::act::Planned>),
}

/// At equal times the planned comes first, then machine by machine what arrived, then the machine's own alarm: a driver
/// reads all that has arrived before it looks at the clock (P1).
pub(crate) enum Rank {
    Planned,
    Arrival { at: u32, from: u32 },
    Alarm { at: u32 },
}

impl Rank {
    pub(crate) const fn order(self) -> u64 {
        match self {
            Self::Planned => 0,
            Self::Arrival { at, from } => (at as u64 + 1) << 33 | (from as u64),
            Self::Alarm { at } => (at as u64 + 1) << 33 | 1 << 32,
        }
    }
}

/// One datagram in flight.
#[derive(Debug, Default)]
pub(crate) struct Packet {
    /// The machine that sent it; `None`: forged.
    pub(crate) sender: Option<u32>,
    pub(crate) from: Option<SimAddr>,
    pub(crate) to: Option<SimAddr>,
    pub(crate) bytes: Vec<u8>,
}

/// All datagrams in flight; their memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    places: Vec<Packet>,
    free: Vec<u32>,
}

impl Packets {
    pub(crate) fn put(&mut self, sender: Option<u32>, from: SimAddr, to: SimAddr, bytes: &[u8]) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Packet::default());
            u32::try_from(self.places.len() - 1).expect("fewer than 2³² datagrams in flight")
        });
        let packet = &mut self.places[place as usize];
        packet.sender = sender;
        packet.from = Some(from);
        packet.to = Some(to);
        packet.bytes.clear();
        packet.bytes.extend_from_slice(bytes);
        place
    }

    /// The datagram at `place`, to be given back.
    pub(crate) fn take(&mut self, place: u32) -> Packet {
        std::mem::take(&mut self.places[place as usize])
    }

    /// Gives a datagram back, for its memory to be used again.
    pub(crate) fn put_back(&mut self, place: u32, packet: Packet) {
        self.places[place as usize] = packet;
        self.free.push(place);
    }
}
