//! All we remember: slots, and the tables beside them. Knows nothing of the protocol but what a member is.
//!
//! Every operation is O(1) or O(log n) in the members known; nothing allocates but the growth of owned storage.

mod heap;
mod index;
mod news;
mod slot;
mod storage;
mod told;

use crate::hash::{digest_share, hash_under, name_hash};
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, MemberRef, Peer, State};
use crate::random::mix64;

use heap::Heap;
pub(crate) use heap::before;
pub(crate) use news::BUCKETS;
use news::News;
pub use slot::Slot;
pub(crate) use slot::{Flag, Link, Mark, NONE, Seat, Told};
pub use storage::Space;
use storage::{Part, Storage};

/// How many members are in each state, oneself included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Alive members.
    pub alive: u32,
    /// Suspects.
    pub suspect: u32,
    /// Dead members still remembered.
    pub dead: u32,
    /// Left members still remembered.
    pub left: u32,
}

impl Counts {
    /// Alive and suspect.
    #[must_use]
    pub const fn up(&self) -> u32 {
        self.alive.saturating_add(self.suspect)
    }

    /// Dead and left.
    #[must_use]
    pub const fn tombstones(&self) -> u32 {
        self.dead.saturating_add(self.left)
    }

    /// All that are remembered.
    #[must_use]
    pub const fn known(&self) -> u32 {
        self.up().saturating_add(self.tombstones())
    }

    const fn of(&mut self, state: State) -> &mut u32 {
        match state {
            State::Alive => &mut self.alive,
            State::Suspect => &mut self.suspect,
            State::Dead => &mut self.dead,
            State::Left => &mut self.left,
        }
    }
}

/// Why a newcomer was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    Crowded,
    Colliding,
}

/// A node's memory: lent (`From<&mut Space<P, N>>`) or owned (feature `alloc`).
#[derive(Debug)]
pub struct Roster<'s, P> {
    storage: Storage<'s, P>,
    news: News,
    counts: Counts,
    digest: u64,
    digest_key: u64,
    secret: u64,
    /// Slots ever used; those at the end that became free are given back.
    used: u32,
    timers: u32,
    free: u32,
    ring: u32,
    untold: u32,
}

impl<'s, P, const N: usize> From<&'s mut Space<P, N>> for Roster<'s, P> {
    fn from(space: &'s mut Space<P, N>) -> Self {
        Self::new(Storage::lent(space))
    }
}

#[cfg(feature = "alloc")]
impl<P> Roster<'static, P> {
    /// Owned memory, growing on demand up to `max` members (2 at least, 2²⁰ − 2 at most). It doubles when full: a pause
    /// that grows with the members, about 30 ms at 10⁵.
    #[must_use]
    pub fn owned(max: usize) -> Self {
        Self::new(Storage::owned(max))
    }

    /// Owned memory for `max` members (2 at least, 2²⁰ − 2 at most), taken at once: it never grows, and nothing pauses.
    #[must_use]
    pub fn allocated(max: usize) -> Self {
        Self::new(Storage::allocated(max))
    }
}

impl<'s, P> Roster<'s, P> {
    const fn new(storage: Storage<'s, P>) -> Self {
        Self {
            storage,
            news: News::new(),
            counts: Counts {
                alive: 0,
                suspect: 0,
                dead: 0,
                left: 0,
            },
            digest: 0,
            digest_key: 0,
            secret: 0,
            used: 0,
            timers: 0,
            free: 0,
            ring: 0,
            untold: 0,
        }
    }

    /// The most members that can be remembered, oneself included.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.capacity()
    }

    /// Sets the keys before anybody is in.
    pub(crate) const fn set_keys(&mut self, digest_key: u64, secret: u64) {
        self.digest_key = digest_key;
        self.secret = mix64(secret) | 1;
    }

    /// Slots that exist now.
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^20")]
    fn seats(&self) -> u32 {
        self.storage.len() as u32
    }

    /// Slots ever used: the size of the probe's permutation (P16).
    pub(crate) const fn used(&self) -> u32 {
        self.used
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    #[inline(always)]
    pub(crate) fn mark(&self, seat: Seat) -> &Mark {
        const NOBODY: &Mark = &Mark::VACANT;
        self.storage.slot(seat).map_or(NOBODY, |slot| &slot.mark)
    }

    pub(crate) fn mark_mut(&mut self, seat: Seat) -> Option<&mut Mark> {
        self.storage.slot_mut(seat).map(|slot| &mut slot.mark)
    }

    pub(crate) fn flag(&mut self, seat: Seat, flag: Flag, on: bool) {
        if let Some(mark) = self.mark_mut(seat) {
            mark.set(flag, on);
        }
    }

    #[inline]
    pub(crate) fn peer(&self, seat: Seat) -> Option<&P> {
        self.storage.slot(seat)?.peer.as_ref()
    }

    /// Whether somebody remembered sits here.
    #[inline]
    pub(crate) fn is_held(&self, seat: Seat) -> bool {
        self.storage
            .slot(seat)
            .is_some_and(|slot| slot.peer.is_some() && !slot.mark.has(Flag::Gone))
    }

    /// Whether an alive or suspect member sits here.
    #[inline]
    pub(crate) fn is_up(&self, seat: Seat) -> bool {
        self.is_held(seat) && self.mark(seat).state().is_up()
    }

    #[inline]
    pub(crate) fn state(&self, seat: Seat) -> State {
        self.mark(seat).state()
    }

    #[inline]
    pub(crate) fn incarnation(&self, seat: Seat) -> Incarnation {
        Incarnation(self.mark(seat).incarnation)
    }

    /// When the member's state began, wrapping milliseconds of lived time.
    pub(crate) fn since(&self, seat: Seat) -> u32 {
        self.storage.word(Part::Since, seat)
    }

    pub(crate) fn set_since(&mut self, seat: Seat, now: u32) {
        self.storage.set_word(Part::Since, seat, now);
    }

    /// A view of the member here; `now` dates its state.
    pub(crate) fn view(&self, seat: Seat, now: u32) -> Option<MemberRef<'_, P>> {
        let slot = self.storage.slot(seat)?;
        if slot.mark.has(Flag::Gone) {
            return None;
        }
        Some(MemberRef {
            peer: slot.peer.as_ref()?,
            state: slot.mark.state(),
            incarnation: Incarnation(slot.mark.incarnation),
            since_millis: now.wrapping_sub(self.since(seat)),
            slot: seat,
        })
    }

    /// Forgets everybody and everything yet to be told, at once (P12).
    pub(crate) fn clear(&mut self) {
        self.storage.clear();
        self.news = News::new();
        self.counts = Counts::default();
        self.digest = 0;
        (self.used, self.timers, self.free, self.ring, self.untold) = (0, 0, 0, 0, 0);
    }

    /// Gives the slot of somebody gone back, once that was told.
    pub(crate) fn release(&mut self, seat: Seat) {
        let Some(slot) = self.storage.slot_mut(seat) else {
            return;
        };
        *slot = Slot::EMPTY;
        self.heap_push(Heap::Free, seat);
        while let Some(last) = self.used.checked_sub(1) {
            let empty = self
                .storage
                .slot(last)
                .is_some_and(|slot| slot.peer.is_none());
            if !empty {
                return;
            }
            self.heap_remove(Heap::Free, last);
            self.used = last;
        }
    }

    /// Whether somebody is forgotten whose slot is free as soon as that is told.
    pub(crate) fn is_freeing(&self) -> bool {
        self.counts.known().saturating_add(self.free) < self.used
    }

    /// Whether a newcomer would find a slot (without growing).
    pub(crate) fn has_room(&self) -> bool {
        self.free > 0 || (self.used as usize) < self.capacity()
    }
}

impl<P: Peer> Roster<'_, P> {
    fn digest_hash(&self, seat: Seat) -> u64 {
        self.peer(seat)
            .map_or(0, |peer| hash_under(self.digest_key, &peer.key()))
    }

    /// What a member adds to the digest as it is held now: nothing unless it is up (P3).
    fn share(&self, seat: Seat, hash: u64) -> u64 {
        if self.is_up(seat) {
            digest_share(hash, self.mark(seat).incarnation)
        } else {
            0
        }
    }

    fn vacant_seat(&mut self) -> Option<Seat> {
        if let Some(seat) = self.heap_first(Heap::Free) {
            self.heap_remove(Heap::Free, seat);
            return Some(seat);
        }
        if self.used >= self.seats() {
            self.straighten_ring();
            if !self.storage.grow() {
                return None;
            }
            self.index_rebuild();
        }
        let seat = self.used;
        self.used = seat.saturating_add(1);
        Some(seat)
    }

    /// Takes a newcomer in: no news, no timer, nothing told.
    pub(crate) fn insert(
        &mut self,
        peer: P,
        state: State,
        incarnation: Incarnation,
        now: u32,
    ) -> Result<Seat, NoRoom> {
        let hash = name_hash(&peer.key());
        self.insert_as(hash, peer, state, incarnation, now)
    }

    /// As [`insert`](Self::insert), where the public hash of the newcomer's key is at hand.
    pub(crate) fn insert_as(
        &mut self,
        hash: u32,
        peer: P,
        state: State,
        incarnation: Incarnation,
        now: u32,
    ) -> Result<Seat, NoRoom> {
        let seat = self.vacant_seat().ok_or(NoRoom::Crowded)?;
        if let Some(slot) = self.storage.slot_mut(seat) {
            *slot = Slot {
                mark: Mark::VACANT,
                peer: Some(peer),
            };
            slot.mark.set_state(state);
            slot.mark.incarnation = incarnation.0;
        }
        if !self.index_insert(seat, hash) {
            self.release(seat);
            return Err(NoRoom::Colliding);
        }
        self.set_since(seat, now);
        let count = self.counts.of(state);
        *count = count.saturating_add(1);
        if state.is_up() {
            let share = digest_share(self.digest_hash(seat), incarnation.0);
            self.digest = self.digest.wrapping_add(share);
        }
        Ok(seat)
    }

    /// Holds a member alive, accused by nobody, with what it says about itself unless that is what is held. Whether that overturned a suspicion or
    /// death. The hot path's one change: whatever it can tell from the first look at the slot it looks at once.
    #[inline]
    pub(crate) fn revive(
        &mut self,
        seat: Seat,
        said: Option<&P>,
        incarnation: Incarnation,
        now: u32,
    ) -> bool {
        let Some(Slot {
            mark,
            peer: Some(held),
        }) = self.storage.slot_mut(seat)
        else {
            return false;
        };
        if let Some(peer) = said
            && held != peer
        {
            *held = peer.clone();
            mark.set(Flag::Replaced, true);
        }
        let overturned = mark.state() != State::Alive;
        mark.clear_accusers();
        mark.set(Flag::Overturned, overturned);
        let (timed, told) = (mark.place != NONE, !mark.has(Flag::Untold));
        self.hold(seat, State::Alive, incarnation, now);
        if timed && !is(Mutant::SuspicionUnbound) {
            self.clear_timer(seat);
        }
        if told {
            self.note_change(seat);
        }
        overturned
    }

    /// Changes what is held of a member; keeps the counts and the digest.
    #[inline]
    pub(crate) fn hold(&mut self, seat: Seat, state: State, incarnation: Incarnation, now: u32) {
        let digest_key = self.digest_key;
        let Some(Slot {
            mark,
            peer: Some(peer),
        }) = self.storage.slot_mut(seat)
        else {
            return;
        };
        let (old, old_incarnation) = (mark.state(), mark.incarnation);
        mark.set_state(state);
        mark.incarnation = incarnation.0;
        let hash = hash_under(digest_key, &peer.key());
        if old.is_up() {
            self.digest = self
                .digest
                .wrapping_sub(digest_share(hash, old_incarnation));
        }
        if state.is_up() {
            self.digest = self.digest.wrapping_add(digest_share(hash, incarnation.0));
        }
        if old != state {
            let count = self.counts.of(old);
            *count = count.saturating_sub(1);
            let count = self.counts.of(state);
            *count = count.saturating_add(1);
            self.set_since(seat, now);
        }
    }

    /// Replaces a member's peer value by one with the same key.
    pub(crate) fn replace(&mut self, seat: Seat, peer: P) {
        if let Some(slot) = self.storage.slot_mut(seat) {
            slot.peer = Some(peer);
            slot.mark.set(Flag::Replaced, true);
        }
    }

    /// Forgets a member: out of the index, the lists and the timers at once; its slot is free when that was told.
    pub(crate) fn forget(&mut self, seat: Seat) {
        if !self.is_held(seat) {
            return;
        }
        let hash = self.digest_hash(seat);
        self.digest = self.digest.wrapping_sub(self.share(seat, hash));
        let state = self.state(seat);
        let count = self.counts.of(state);
        *count = count.saturating_sub(1);
        self.index_remove(seat);
        self.delist(seat);
        self.clear_timer(seat);
        self.flag(seat, Flag::Gone, true);
        self.note_change(seat);
    }
}

#[cfg(test)]
mod tests;
