//! Replies owed: a ring. The oldest is dropped and counted, which also caps what one flood can draw from us.

use crate::peer::Peer;
use crate::roster::Seat;

/// Replies that may wait; more drop the oldest (`replies_dropped`).
pub(super) const REPLIES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Ack {
        seq: u32,
        /// For another member: carries no digest, it is not the sender's own word.
        relayed: bool,
    },
    Nack {
        seq: u32,
    },
    /// No answer at all: only the record that we hold under the receiver's name (P12).
    Record,
}

#[derive(Clone, Debug)]
pub(super) struct Owed<P: Peer> {
    pub(super) to: P::Addr,
    pub(super) answer: Answer,
    /// The receiver, if it is a member.
    pub(super) receiver: Seat,
    /// The receiver accused us: the reply carries our Alive (P2).
    pub(super) accused: bool,
    /// The receiver is held otherwise than it says: the reply carries that record (P8).
    pub(super) echo: bool,
}

#[derive(Debug)]
pub(super) struct Outbox<P: Peer> {
    ring: [Option<Owed<P>>; REPLIES],
    first: usize,
    len: usize,
}

impl<P: Peer> Outbox<P> {
    pub(super) const fn new() -> Self {
        Self {
            ring: [const { None }; REPLIES],
            first: 0,
            len: 0,
        }
    }

    /// `false` if the oldest was dropped for it.
    pub(super) fn push(&mut self, owed: Owed<P>) -> bool {
        let full = self.len >= REPLIES;
        if full {
            self.pop();
        }
        let at = self.first.wrapping_add(self.len) % REPLIES;
        if let Some(place) = self.ring.get_mut(at) {
            *place = Some(owed);
        }
        self.len = self.len.saturating_add(1).min(REPLIES);
        !full
    }

    pub(super) fn pop(&mut self) -> Option<Owed<P>> {
        self.len = self.len.checked_sub(1)?;
        let owed = self.ring.get_mut(self.first)?.take();
        self.first = self.first.wrapping_add(1) % REPLIES;
        owed
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whoever is at this address has accused us.
    pub(super) fn accused_by(&mut self, address: &P::Addr) {
        for owed in self
            .ring
            .iter_mut()
            .flatten()
            .filter(|owed| owed.to == *address)
        {
            owed.accused = true;
        }
    }
}
