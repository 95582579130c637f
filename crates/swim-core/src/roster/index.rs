//! Who sits where: open addressing over tagged seats, homes chosen by a secret (P15).
//!
//! An entry is a 12-bit tag and a 20-bit seat + 1; 0 is empty. The home comes from the key's public 32-bit hash under the
//! node's secret, so one index answers for keys and for the hashes by which the wire names accusers. Names made to
//! share a public hash share a home: [`MAX_STEPS`] bounds what they can cost.

use super::Roster;
use super::slot::{Mark, Seat, Slot};
use super::storage::Part;
use crate::hash::name_hash;
use crate::message::hashes_to;
use crate::peer::Peer;

/// A newcomer that would sit further than this from its home is refused and counted (`names_colliding`).
pub(super) const MAX_STEPS: u32 = 128;

const SEAT_BITS: u32 = 20;
const SEAT_MASK: u32 = (1 << SEAT_BITS) - 1;

/// Where a hash belongs, and the tag that its entry carries.
#[derive(Clone, Copy)]
struct Home {
    at: u32,
    tag: u32,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the high and the low half are meant"
)]
#[inline]
const fn home_among(entries: u32, secret: u64, hash: u32) -> Home {
    // A secret odd multiple: universal hashing of the 32 bits.
    let mixed = (hash as u64).wrapping_mul(secret);
    let wide = (mixed >> 32).wrapping_mul(entries as u64);
    Home {
        at: (wide >> 32) as u32,
        tag: (mixed >> 16) as u32 & !SEAT_MASK,
    }
}

impl<P: Peer> Roster<'_, P> {
    fn home(&self, hash: u32) -> Home {
        home_among(self.storage.index_len(), self.secret, hash)
    }

    fn step(&self, at: u32) -> u32 {
        let next = at.wrapping_add(1);
        if next >= self.storage.index_len() {
            0
        } else {
            next
        }
    }

    /// The storage is looked at once, and an entry of a foreign tag touches no slot.
    #[expect(clippy::cast_possible_truncation, reason = "at most 3 * 2^20")]
    #[inline(always)]
    fn seek(&self, hash: u32, is: impl Fn(&P) -> bool) -> Option<(Seat, &Mark)> {
        let (index, slots) = self.storage.searched();
        let home = home_among(index.len() as u32, self.secret, hash);
        let mut at = home.at as usize;
        for _ in 0..MAX_STEPS {
            let entry = *index.get(at)?;
            if entry & !SEAT_MASK == home.tag {
                let seat = (entry & SEAT_MASK).wrapping_sub(1);
                if let Some(Slot {
                    mark,
                    peer: Some(peer),
                }) = slots.get(seat as usize)
                    && is(peer)
                {
                    return Some((seat, mark));
                }
            }
            if entry == 0 {
                return None;
            }
            at = at.wrapping_add(1);
            if at >= index.len() {
                at = 0;
            }
        }
        None
    }

    /// The seat of the member with this key, and what is held of it: the hot path's look-up.
    #[inline(always)]
    pub(crate) fn look_up(&self, key: P::Key<'_>) -> Option<(Seat, &Mark)> {
        self.seek(name_hash(&key), |peer| peer.has_key(key))
    }

    /// Whether somebody with this key, whose public hash that is, is remembered.
    pub(crate) fn has(&self, key: P::Key<'_>, hash: u32) -> bool {
        self.seek(hash, |peer| peer.has_key(key)).is_some()
    }

    /// The seat of the member with this key.
    pub(crate) fn find(&self, key: P::Key<'_>) -> Option<Seat> {
        self.look_up(key).map(|(seat, _)| seat)
    }

    /// The seat of a member whose key has this public hash.
    pub(crate) fn find_hash(&self, hash: u32) -> Option<Seat> {
        self.seek(hash, |peer| hashes_to(&peer.key(), hash))
            .map(|(seat, _)| seat)
    }

    /// Enters a seat under the public hash of its peer's key; `false` if too many names crowd around its home.
    pub(super) fn index_insert(&mut self, seat: Seat, hash: u32) -> bool {
        let home = self.home(hash);
        let index = self.storage.index_mut();
        let mut at = home.at as usize;
        for _ in 0..MAX_STEPS {
            match index.get_mut(at) {
                Some(vacant) if *vacant == 0 => {
                    *vacant = home.tag | seat.wrapping_add(1);
                    return true;
                }
                Some(_) => at = at.wrapping_add(1),
                None => return false,
            }
            if at >= index.len() {
                at = 0;
            }
        }
        false
    }

    /// Takes a seat out while its peer is still in place, and closes the gap (backward shift).
    pub(super) fn index_remove(&mut self, seat: Seat) {
        let Some(hash) = self.peer(seat).map(|peer| name_hash(&peer.key())) else {
            return;
        };
        let mut gap = self.home(hash).at;
        for _ in 0..=MAX_STEPS {
            if self.storage.word(Part::Index, gap) & SEAT_MASK == seat.wrapping_add(1) {
                return self.close_gap(gap);
            }
            gap = self.step(gap);
        }
    }

    fn close_gap(&mut self, mut gap: u32) {
        let mut at = self.step(gap);
        loop {
            let entry = self.storage.word(Part::Index, at);
            let seat = (entry & SEAT_MASK).wrapping_sub(1);
            let peer = if entry == 0 { None } else { self.peer(seat) };
            let Some(hash) = peer.map(|peer| name_hash(&peer.key())) else {
                break;
            };
            // An entry may move back unless its home lies cyclically after the gap.
            if self.distance(self.home(hash).at, at) >= self.distance(gap, at) {
                self.storage.set_word(Part::Index, gap, entry);
                gap = at;
            }
            at = self.step(at);
        }
        self.storage.set_word(Part::Index, gap, 0);
    }

    fn distance(&self, from: u32, to: u32) -> u32 {
        let len = self.storage.index_len();
        if to >= from {
            to.wrapping_sub(from)
        } else {
            to.wrapping_add(len).wrapping_sub(from)
        }
    }

    /// Fills the empty index of grown storage. Whoever does not fit any more is beyond help and stays unfindable; at
    /// a lower load than before that takes names made for it.
    pub(super) fn index_rebuild(&mut self) {
        for seat in 0..self.used {
            let hash = self.peer(seat).map(|peer| name_hash(&peer.key()));
            if let Some(hash) = hash
                && !self.mark(seat).has(super::Flag::Gone)
            {
                self.index_insert(seat, hash);
            }
        }
    }
}
