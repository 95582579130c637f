//! What a node knows from before.

use super::{ME, Node};
use crate::hash::name_hash;
use crate::peer::{Incarnation, Peer, State};

impl<P: Peer> Node<'_, P> {
    /// Takes a member from notes of an earlier life: for a node that comes back with a list of whom it knew, and needs no
    /// seed then. It is told as up, and not gossiped: the others know it. What has changed meanwhile is found out as usual:
    /// who died stays silent, and who knows better has another digest. Tells whether there was room and it was not known.
    pub fn recall(&mut self, peer: P, incarnation: Incarnation) -> bool {
        let hash = name_hash(&peer.key());
        if !incarnation.is_legal() || self.roster.has(peer.key(), hash) {
            return false;
        }
        let now = self.clock.millis();
        let alive = State::Alive;
        let taken = self.roster.insert_as(hash, peer, alive, incarnation, now);
        let Some(seat) = taken.ok().filter(|seat| *seat != ME) else {
            return false;
        };
        self.roster.note_change(seat);
        self.schedule.has_company();
        true
    }

    /// Counts all that is held now as told: for an application that knows already whom it had
    /// [`recall`](Self::recall)ed. What isn't about a member is told all the same.
    pub fn count_as_told(&mut self) {
        while let Some(seat) = self.roster.next_change() {
            self.roster.settle(seat);
        }
    }
}
