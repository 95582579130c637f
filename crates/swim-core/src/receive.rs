//! A datagram comes in: the wire format reads it, the node hears it.
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

use core::cell::Cell;

use crate::message::Message;
use crate::node::{NONE, Node, Seat};
use crate::peer::{Incarnation, State};
use crate::time::Instant;
use crate::wire::{self, Counters, Envelope, Refused, Sink, WirePeer};

/// Reads a datagram that came from `from` and hands each message to `node`; `user` gets those of the application.
///
/// Peer values are built only where the node wants the news: known news costs a look-up and no copy.
///
/// # Errors
/// [`Refused`] if the datagram isn't one of this cluster; it was counted, and the node heard nothing.
pub fn receive<P: WirePeer>(
    node: &mut Node<'_, P>,
    now: Instant,
    from: &P::Addr,
    envelope: Envelope<'_>,
    bytes: &[u8],
    counters: &mut Counters,
    user: impl FnMut(&[u8]),
) -> Result<(), Refused> {
    let mut ear = Ear {
        node,
        now,
        from,
        asked: Cell::new(NONE),
        heard: false,
        user,
    };
    wire::read(bytes, envelope, counters, &mut ear)?;
    if !ear.heard {
        ear.node.handle_word(now);
    }
    Ok(())
}

struct Ear<'r, 's, P: WirePeer, U> {
    node: &'r mut Node<'s, P>,
    now: Instant,
    from: &'r P::Addr,
    /// Where the member sits that was asked about last: the Alive that follows is about it.
    asked: Cell<Seat>,
    /// Whether the node heard any message: it needs no telling that somebody spoke.
    heard: bool,
    user: U,
}

impl<P: WirePeer, U: FnMut(&[u8])> Sink<P> for Ear<'_, '_, P, U> {
    #[inline]
    fn wants(&self, key: P::Key<'_>, incarnation: Incarnation, state: State) -> bool {
        let judgement = self.node.judge(key, incarnation, state);
        self.asked.set(judgement.seat);
        judgement.is_wanted
    }

    #[inline]
    fn alive(&mut self, incarnation: Incarnation, value: &[u8]) -> bool {
        let is_same = |held: &P| held.is_written_in(value);
        let seat = self.asked.get();
        let heard = self
            .node
            .handle_renewal(self.now, seat, incarnation, is_same);
        self.heard |= heard;
        heard
    }

    #[inline(always)]
    fn message(&mut self, message: &Message<'_, P>) {
        self.heard = true;
        match *message {
            Message::Alive { peer, incarnation } => {
                let seat = self.asked.get();
                self.node
                    .handle_alive(self.now, self.from, seat, peer, incarnation);
            }
            Message::Digest(digest) => self.node.handle_digest(self.now, self.from, digest),
            _ => self.node.handle_message(self.now, self.from, message),
        }
    }

    fn user(&mut self, bytes: &[u8]) {
        (self.user)(bytes);
    }
}
