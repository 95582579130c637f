//! Two heaps in one table: timers from its front, free slots from its back. A slot is in at most one of them.
//!
//! Both keep each slot's position in its mark, so that removal is O(log n).

use super::Roster;
use super::slot::{NONE, Seat};
use super::storage::Part;

/// Which heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heap {
    /// By deadline: suspicions and tombstones.
    Timers,
    /// By number: the lowest free slot first (P16).
    Free,
}

/// Whether the wrapping millisecond `a` is before `b`.
pub(crate) const fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) > u32::MAX / 2
}

impl<P> Roster<'_, P> {
    const fn heap_len(&self, heap: Heap) -> u32 {
        match heap {
            Heap::Timers => self.timers,
            Heap::Free => self.free,
        }
    }

    const fn set_heap_len(&mut self, heap: Heap, len: u32) {
        match heap {
            Heap::Timers => self.timers = len,
            Heap::Free => self.free = len,
        }
    }

    fn heap_offset(&self, heap: Heap, at: u32) -> u32 {
        match heap {
            Heap::Timers => at,
            // From the back: its first entry is the last word.
            Heap::Free => self.seats().saturating_sub(1).saturating_sub(at),
        }
    }

    fn heap_at(&self, heap: Heap, at: u32) -> Seat {
        if at < self.heap_len(heap) {
            self.storage.word(Part::Heap, self.heap_offset(heap, at))
        } else {
            NONE
        }
    }

    fn heap_put(&mut self, heap: Heap, at: u32, seat: Seat) {
        let offset = self.heap_offset(heap, at);
        self.storage.set_word(Part::Heap, offset, seat);
        if let Some(slot) = self.storage.slot_mut(seat) {
            slot.mark.place = at;
        }
    }

    fn heap_less(&self, heap: Heap, a: Seat, b: Seat) -> bool {
        match heap {
            Heap::Timers => before(self.mark(a).when, self.mark(b).when),
            Heap::Free => a < b,
        }
    }

    pub(super) fn heap_first(&self, heap: Heap) -> Option<Seat> {
        let seat = self.heap_at(heap, 0);
        (seat != NONE).then_some(seat)
    }

    pub(super) fn heap_push(&mut self, heap: Heap, seat: Seat) {
        let at = self.heap_len(heap);
        self.set_heap_len(heap, at.saturating_add(1));
        self.heap_put(heap, at, seat);
        self.heap_up(heap, at);
    }

    pub(super) fn heap_remove(&mut self, heap: Heap, seat: Seat) {
        let at = self.mark(seat).place;
        if at == NONE || self.heap_at(heap, at) != seat {
            return;
        }
        let last = self.heap_len(heap).saturating_sub(1);
        let moved = self.heap_at(heap, last);
        self.set_heap_len(heap, last);
        if let Some(slot) = self.storage.slot_mut(seat) {
            slot.mark.place = NONE;
        }
        if moved != seat {
            self.heap_put(heap, at, moved);
            self.heap_moved(heap, moved);
        }
    }

    /// Restores the order around a slot whose key changed.
    pub(super) fn heap_moved(&mut self, heap: Heap, seat: Seat) {
        self.heap_up(heap, self.mark(seat).place);
        self.heap_down(heap, self.mark(seat).place);
    }

    fn heap_up(&mut self, heap: Heap, from: u32) {
        let mut at = from;
        while let Some(above) = at.checked_sub(1) {
            let parent = above / 2;
            if !self.heap_swap_if_less(heap, at, parent) {
                return;
            }
            at = parent;
        }
    }

    fn heap_down(&mut self, heap: Heap, from: u32) {
        let mut at = from;
        loop {
            let left = at.saturating_mul(2).saturating_add(1);
            let right = left.saturating_add(1);
            let (l, r) = (self.heap_at(heap, left), self.heap_at(heap, right));
            let least = if r != NONE && self.heap_less(heap, r, l) {
                right
            } else {
                left
            };
            if l == NONE || !self.heap_swap_if_less(heap, least, at) {
                return;
            }
            at = least;
        }
    }

    /// Exchanges the entries if the one at `a` belongs before the one at `b`.
    fn heap_swap_if_less(&mut self, heap: Heap, a: u32, b: u32) -> bool {
        let (first, second) = (self.heap_at(heap, a), self.heap_at(heap, b));
        if first == NONE || second == NONE || !self.heap_less(heap, first, second) {
            return false;
        }
        self.heap_put(heap, a, second);
        self.heap_put(heap, b, first);
        true
    }

    /// Sets a member's one deadline, wrapping milliseconds of lived time.
    pub(crate) fn set_timer(&mut self, seat: Seat, when: u32) {
        let Some(slot) = self.storage.slot_mut(seat) else {
            return;
        };
        slot.mark.when = when;
        if slot.mark.place == NONE {
            self.heap_push(Heap::Timers, seat);
        } else {
            self.heap_moved(Heap::Timers, seat);
        }
    }

    #[inline]
    pub(crate) fn clear_timer(&mut self, seat: Seat) {
        if self.mark(seat).place != NONE {
            self.heap_remove(Heap::Timers, seat);
        }
    }

    /// The member whose deadline comes first, and when.
    pub(crate) fn first_timer(&self) -> Option<(Seat, u32)> {
        let seat = self.heap_first(Heap::Timers)?;
        Some((seat, self.mark(seat).when))
    }
}
