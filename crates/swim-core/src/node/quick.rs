//! Facts from a decoder that has looked already: what almost every datagram carries, without the choice among all messages.

use super::{ME, Node, Seat};
use crate::peer::{Incarnation, Peer};
use crate::time::Instant;

impl<P: Peer> Node<'_, P> {
    /// As [`handle_message`](Self::handle_message) of a digest: almost every datagram ends with one.
    #[inline]
    pub(crate) fn handle_digest(&mut self, now: Instant, from: &P::Addr, digest: u64) {
        if self.attend(now) {
            self.hear_digest(from, digest);
        }
    }

    /// As [`handle_message`](Self::handle_message) of an Alive whose member was looked up already: it sits there, or
    /// nowhere ([`NONE`](super::NONE)).
    #[inline]
    pub(crate) fn handle_alive(
        &mut self,
        now: Instant,
        from: &P::Addr,
        seat: Seat,
        peer: &P,
        incarnation: Incarnation,
    ) {
        if self.attend(now) {
            self.hear_alive_at(seat, Some(from), peer, incarnation);
        }
    }

    /// As [`handle_alive`](Self::handle_alive) of another member that says what it said before. `false` if `is_same` denies
    /// that of the value held: then nothing was heard.
    #[inline]
    pub(crate) fn handle_renewal(
        &mut self,
        now: Instant,
        seat: Seat,
        incarnation: Incarnation,
        is_same: impl FnOnce(&P) -> bool,
    ) -> bool {
        if seat == ME || !self.roster.peer(seat).is_some_and(is_same) {
            return false;
        }
        if self.attend(now) && self.is_legal(incarnation) {
            self.update_member(seat, None, incarnation);
        }
        true
    }
}
