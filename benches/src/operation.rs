//! The operations on datagrams.

use std::hint::black_box;
use std::net::SocketAddr;

use swim_core::Peer;

use crate::field::{Field, GOSSIP, PACKETS, peer};

/// Items in a full packet.
const ITEMS: usize = 20;
/// News that an ack carries, where it carries any.
const RUMOURS: u32 = 6;

/// Something to be measured: prepared in rounds, each of which can then be run once.
pub trait Operation {
    /// Prepares a round of at most `most` operations, and says how many it holds.
    fn prepare(&mut self, most: usize) -> usize;
    /// Runs the round. Only this is measured.
    fn run(&mut self);
    /// Whether every operation of all rounds so far took the path that it is named for.
    fn is_true(&self) -> bool;
}

/// Packets of 20 known members: from received bytes to a merged roster that has not changed.
#[derive(Debug)]
pub struct Known {
    field: Field,
    packets: Vec<(SocketAddr, Vec<u8>)>,
    round: usize,
    run: u32,
}

impl Known {
    /// With so many members known.
    #[must_use]
    pub fn new(members: u32) -> Self {
        let mut field = Field::new(members);
        let packets = (0..PACKETS).map(|_| {
            let items: Vec<_> = (0..ITEMS).map(|_| field.anybody()).collect();
            (*peer(items[0]).addr(), field.packet(items))
        });
        Self {
            packets: packets.collect(),
            field,
            round: 0,
            run: 0,
        }
    }
}

impl Operation for Known {
    fn prepare(&mut self, most: usize) -> usize {
        self.round = most.min(PACKETS);
        self.run += u32::try_from(self.round).unwrap_or(0);
        self.round
    }

    #[inline(never)]
    fn run(&mut self) {
        for (from, bytes) in &self.packets[..self.round] {
            self.field.receive(from, black_box(bytes));
        }
    }

    fn is_true(&self) -> bool {
        self.field.counters.alives_known == self.run * 20
    }
}

/// What makes a packet of 20 members news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum New {
    /// They have outbid a rumour: a higher incarnation, all else as it was known.
    Incarnation,
    /// They say other metadata, at a higher incarnation.
    Metadata,
    /// Nobody knew them. (The roster grows beforehand, not in the midst of it.)
    Members,
}

/// Packets of 20 members that all say something new: from received bytes to 20 pieces of news.
#[derive(Debug)]
pub struct News {
    field: Field,
    new: New,
    packets: Vec<(SocketAddr, Vec<u8>)>,
    known: u32,
    run: u32,
}

impl News {
    /// With so many members known.
    #[must_use]
    pub fn new(members: u32, new: New) -> Self {
        let mut field = Field::new(members);
        field.changes = new == New::Metadata;
        Self {
            field,
            new,
            packets: Vec::new(),
            known: members,
            run: 0,
        }
    }

    /// Those of one packet, each with something new to say.
    fn speakers(&mut self) -> Vec<u32> {
        if self.new == New::Members {
            return (0..ITEMS).map(|_| self.field.newcomer()).collect();
        }
        let mut speakers = Vec::with_capacity(ITEMS);
        // Drawn again in a later packet, a member has outbid again: each item is news when its turn comes.
        while speakers.len() < ITEMS {
            let member = self.field.anybody();
            if !speakers.contains(&member) {
                self.field.raise(member);
                speakers.push(member);
            }
        }
        speakers
    }

    /// A roster that has just doubled has room for as many newcomers as it has members: so many packets' worth.
    fn begin_anew(&mut self) -> usize {
        self.field = Field::new(self.known);
        let first = self.field.newcomer();
        self.field.hear(first);
        self.run = 0;
        (self.known as usize / ITEMS).saturating_sub(1).clamp(1, 16)
    }
}

impl Operation for News {
    fn prepare(&mut self, most: usize) -> usize {
        let packets = if self.new == New::Members {
            self.begin_anew()
        } else {
            self.field.forget_news();
            PACKETS
        };
        self.packets.clear();
        for _ in 0..most.min(packets) {
            let speakers = self.speakers();
            let packet = self.field.packet(speakers.iter().copied());
            self.packets.push((*peer(speakers[0]).addr(), packet));
        }
        self.run += u32::try_from(self.packets.len()).unwrap_or(0);
        self.packets.len()
    }

    #[inline(never)]
    fn run(&mut self) {
        for (from, bytes) in &self.packets {
            self.field.receive(from, black_box(bytes));
        }
    }

    fn is_true(&self) -> bool {
        let (wire, node) = (&self.field.counters, self.field.node.stats());
        let everybody = self.field.node.counts().alive == self.field.members();
        // Each word was wanted, read, and changed something; the eight pings of each round came besides.
        everybody
            && wire.alives_known == 0
            && node.rumours_known == 0
            && wire.items >= self.run * 20
    }
}

/// A ping comes in, an ack goes out, with `RUMOURS` news or none: from received bytes to bytes to send.
#[derive(Debug)]
pub struct Acks {
    field: Field,
    pings: Vec<(SocketAddr, Vec<u8>)>,
    rumours: bool,
    waits: bool,
    begin: usize,
    round: usize,
    run: usize,
    bytes: usize,
    acks: usize,
}

impl Acks {
    /// With so many members known, and six rumours to tell or none.
    #[must_use]
    pub fn new(members: u32, rumours: bool) -> Self {
        let mut field = Field::new(members);
        let mut acks = Self {
            pings: Vec::new(),
            field: Field::new(2),
            rumours,
            waits: false,
            begin: 0,
            round: 0,
            run: 0,
            bytes: 0,
            acks: 0,
        };
        for seq in 0..PACKETS {
            let member = field.anybody();
            let seq = u32::try_from(seq).unwrap_or(0);
            acks.pings
                .push((*peer(member).addr(), field.ping(member, seq)));
        }
        acks.field = field;
        acks
    }

    /// Until the node waits again, as a driver asks it that reads no second datagram before it sleeps.
    #[must_use]
    pub fn and_wait(mut self) -> Self {
        self.waits = true;
        self
    }
}

impl Operation for Acks {
    fn prepare(&mut self, most: usize) -> usize {
        self.begin = (self.begin + self.round) % PACKETS;
        // A rumour is told a few times only: new ones for every eight acks.
        let round = if self.rumours { 8 } else { PACKETS };
        self.round = round.min(most).min(PACKETS - self.begin);
        self.run += self.round;
        if self.rumours {
            self.field.forget_news();
            let members: Vec<_> = (0..RUMOURS)
                .map(|at| self.field.members() - 1 - at)
                .collect();
            for member in &members {
                self.field.raise(*member);
            }
            let packet = self.field.packet(members.iter().copied());
            let from = *peer(members[0]).addr();
            self.field.receive(&from, &packet);
            self.field.drain();
        }
        self.round
    }

    #[inline(never)]
    fn run(&mut self) {
        for (from, bytes) in &self.pings[self.begin..self.begin + self.round] {
            self.field.receive(from, black_box(bytes));
            let (bytes, acks) = if self.waits {
                self.field.drain()
            } else {
                self.field.answer()
            };
            self.bytes += bytes;
            self.acks += acks;
        }
    }

    fn is_true(&self) -> bool {
        let least = if self.rumours {
            RUMOURS as usize * 60
        } else {
            20
        };
        self.acks == self.run && self.bytes / self.run >= least
    }
}

/// Datagrams of gossip, full to the brim.
#[derive(Debug)]
pub struct Gossip {
    field: Field,
    rounds: usize,
    run: usize,
    bytes: usize,
    datagrams: usize,
}

impl Gossip {
    /// Members told in one round of gossip.
    const FANOUT: usize = 3;

    /// With so many members known.
    #[must_use]
    pub fn new(members: u32) -> Self {
        Self {
            field: Field::new(members),
            rounds: 0,
            run: 0,
            bytes: 0,
            datagrams: 0,
        }
    }
}

impl Operation for Gossip {
    fn prepare(&mut self, most: usize) -> usize {
        // As much news as gives each of these datagrams its fill: 63 members, told eight times or more.
        let members: Vec<_> = (1..self.field.members().min(64)).collect();
        for chunk in members.chunks(ITEMS) {
            for member in chunk {
                self.field.raise(*member);
            }
            let packet = self.field.packet(chunk.iter().copied());
            let from = *peer(chunk[0]).addr();
            self.field.receive(&from, &packet);
        }
        self.field.drain();
        self.rounds = most.div_ceil(Self::FANOUT).min(4);
        self.run += self.rounds * Self::FANOUT;
        self.rounds * Self::FANOUT
    }

    #[inline(never)]
    fn run(&mut self) {
        for _ in 0..self.rounds {
            self.field.now = self.field.now.after(GOSSIP);
            self.field.node.handle_timeout(self.field.now);
            let (bytes, datagrams) = self.field.drain();
            self.bytes += bytes;
            self.datagrams += datagrams;
        }
    }

    fn is_true(&self) -> bool {
        self.datagrams == self.run && self.bytes / self.run > 1_300
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocations;

    fn takes_its_path(what: &str, mut operation: impl Operation) {
        for _ in 0..3 {
            assert!(operation.prepare(64) > 0, "{what}");
            assert_eq!(allocations(|| operation.run()), 0, "{what} allocates");
            assert!(operation.is_true(), "{what}");
        }
    }

    #[test]
    fn every_operation_takes_the_path_that_it_is_named_for_and_allocates_nothing() {
        for members in [64, 1_024] {
            takes_its_path("known", Known::new(members));
            for new in [New::Incarnation, New::Metadata, New::Members] {
                takes_its_path("news", News::new(members, new));
            }
            takes_its_path("ack", Acks::new(members, false));
            takes_its_path("ack, wait", Acks::new(members, false).and_wait());
            takes_its_path("ack with rumours", Acks::new(members, true));
            takes_its_path("gossip", Gossip::new(members));
        }
    }
}
