//! What is yet to be told: a ring of slots in the order in which they first changed. Each slot is in it at most once, so
//! it can't overflow.

use super::Roster;
use super::slot::{Flag, Seat, Told};
use super::storage::Part;

impl<P> Roster<'_, P> {
    /// Something about this slot changed.
    pub(crate) fn note_change(&mut self, seat: Seat) {
        let Some(slot) = self.storage.slot_mut(seat) else {
            return;
        };
        if slot.mark.has(Flag::Untold) {
            return;
        }
        slot.mark.set(Flag::Untold, true);
        let at = self.ring_index(self.untold);
        self.storage.set_word(Part::Ring, at, seat);
        self.untold = self.untold.saturating_add(1);
    }

    /// The slot that changed first.
    pub(crate) fn next_change(&mut self) -> Option<Seat> {
        self.untold = self.untold.checked_sub(1)?;
        let seat = self.storage.word(Part::Ring, self.ring_index(0));
        self.ring = self.ring_index(1);
        if let Some(slot) = self.storage.slot_mut(seat) {
            slot.mark.set(Flag::Untold, false);
        }
        Some(seat)
    }

    /// What is so of this slot counts as told: nothing is left to say of it.
    pub(crate) fn settle(&mut self, seat: Seat) {
        let Some(mark) = self.mark_mut(seat) else {
            return;
        };
        mark.set_told(Told::from(mark.state()));
        mark.set(Flag::Replaced, false);
        if mark.has(Flag::Gone) {
            self.release(seat);
        }
    }

    /// All of them, in order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Seat> {
        (0..self.untold).map(|ahead| self.storage.word(Part::Ring, self.ring_index(ahead)))
    }

    pub(crate) const fn has_changes(&self) -> bool {
        self.untold > 0
    }

    fn ring_index(&self, ahead: u32) -> u32 {
        let at = self.ring.saturating_add(ahead);
        let seats = self.seats();
        if at >= seats {
            at.saturating_sub(seats)
        } else {
            at
        }
    }

    /// Before storage grows: the ring's entries move to its start, so that more room can follow them.
    pub(super) fn straighten_ring(&mut self) {
        let by = self.ring as usize;
        let ring = self.storage.ring_mut();
        if by <= ring.len() {
            ring.rotate_left(by);
        }
        self.ring = 0;
    }
}
