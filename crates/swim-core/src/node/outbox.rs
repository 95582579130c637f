//! Replies owed: a ring. The oldest is dropped and counted, which also caps what one flood can draw from us.

use heapless::Deque;

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
    ring: Deque<Owed<P>, REPLIES>,
}

impl<P: Peer> Outbox<P> {
    pub(super) const fn new() -> Self {
        Self { ring: Deque::new() }
    }

    /// `false` if the oldest was dropped for it.
    pub(super) fn push(&mut self, owed: Owed<P>) -> bool {
        let Err(owed) = self.ring.push_back(owed) else {
            return true;
        };
        self.ring.pop_front();
        // There is room now.
        let _ = self.ring.push_back(owed);
        false
    }

    pub(super) fn pop(&mut self) -> Option<Owed<P>> {
        self.ring.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// Whoever is at this address has accused us. `false` if nothing is owed there that could carry our answer.
    pub(super) fn accused_by(&mut self, address: &P::Addr) -> bool {
        let mut any = false;
        for owed in self.ring.iter_mut().filter(|owed| owed.to == *address) {
            owed.accused = true;
            any = true;
        }
        any
    }
}
