//! One slot of the roster: 32 bytes of bookkeeping beside the peer value.

use crate::peer::State;

/// The number of a slot. Slots never move (P16).
pub(crate) type Seat = u32;

/// No slot.
pub(crate) const NONE: Seat = u32::MAX;

/// Memory for one member. Opaque; lend an array of them through [`Space`](crate::Space).
///
/// The end of the mark and the start of the peer value are what a look-up reads, mostly from one line of the cache: a peer
/// type does well to keep its key in front (`repr(C)`).
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Slot<P> {
    pub(super) mark: Mark,
    pub(super) peer: Option<P>,
}

impl<P> Slot<P> {
    /// Nobody is here.
    pub const EMPTY: Self = Self {
        mark: Mark::VACANT,
        peer: None,
    };
}

/// What is so of a member, as the application was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    Alive,
    Suspect,
    Dead,
    Left,
}

impl From<State> for Told {
    fn from(state: State) -> Self {
        match state {
            State::Alive => Self::Alive,
            State::Suspect => Self::Suspect,
            State::Dead => Self::Dead,
            State::Left => Self::Left,
        }
    }
}

/// Which list a slot is linked into; at most one, so that two links serve all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    None,
    /// News waiting to be gossiped.
    News,
    /// News that goes first: an Alive that overturned a suspicion or death (P11).
    Urgent,
    /// A tombstone that is no news any more, oldest first.
    Tomb,
}

/// Bookkeeping of one slot; 32 bytes, all per-member state that is not in a table.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Mark {
    /// Three 20-bit seats above a 3-bit count; of a tombstone, which nobody accuses, when its death was heard of last.
    accusers: u64,
    /// The next deadline, wrapping milliseconds of lived time; means something only while in the heap.
    pub(crate) when: u32,
    /// Position in the heap of timers, or of free slots.
    pub(crate) place: u32,
    pub(crate) next: Seat,
    pub(crate) prev: Seat,
    pub(crate) incarnation: u32,
    flags: u16,
    /// How often the present news was sent.
    pub(crate) sends: u8,
    /// The usual round trip, as [`RoundTrip`] codes it.
    pub(crate) rtt: RoundTrip,
}

const STATE: u16 = 0b11;
const TOLD_SHIFT: u16 = 2;
const LINK_SHIFT: u16 = 6;

/// One-bit facts about a member.
#[derive(Clone, Copy, Debug)]
#[repr(u16)]
pub(crate) enum Flag {
    /// The peer value was replaced since it was told.
    Replaced = 1 << 5,
    /// The last call of this suspicion was made (P2).
    Called = 1 << 8,
    /// The suspicion lasts the minimum only: a tombstone stands for K accusers (P6).
    Short = 1 << 9,
    /// The Alive overturned a suspicion or death: it goes first and more often (P2, P11).
    Overturned = 1 << 10,
    /// In the ring of what is yet to be told.
    Untold = 1 << 11,
    /// Forgotten, but that is yet to be told.
    Gone = 1 << 12,
    /// A ping in flight verifies this member's death (P6).
    Verifying = 1 << 13,
    /// The suspicion is gossiped with few sends: it is a confirmation (P2).
    Confirmed = 1 << 14,
    /// This tombstone was raised over another: no digest shows who has heard of it (P11).
    Unseen = 1 << 15,
}

impl Mark {
    pub(crate) const VACANT: Self = Self {
        accusers: 0,
        incarnation: 0,
        when: 0,
        place: NONE,
        next: NONE,
        prev: NONE,
        flags: 0,
        sends: 0,
        rtt: RoundTrip::UNKNOWN,
    };

    pub(crate) const fn state(&self) -> State {
        match self.flags & STATE {
            0 => State::Alive,
            1 => State::Suspect,
            2 => State::Dead,
            _ => State::Left,
        }
    }

    pub(crate) const fn set_state(&mut self, state: State) {
        self.flags = (self.flags & !STATE) | state as u16;
    }

    pub(crate) const fn told(&self) -> Told {
        match (self.flags >> TOLD_SHIFT) & 0b111 {
            0 => Told::Nothing,
            1 => Told::Alive,
            2 => Told::Suspect,
            3 => Told::Dead,
            _ => Told::Left,
        }
    }

    pub(crate) const fn set_told(&mut self, told: Told) {
        self.flags = (self.flags & !(0b111 << TOLD_SHIFT)) | ((told as u16) << TOLD_SHIFT);
    }

    pub(crate) const fn link(&self) -> Link {
        match (self.flags >> LINK_SHIFT) & 0b11 {
            0 => Link::None,
            1 => Link::News,
            2 => Link::Urgent,
            _ => Link::Tomb,
        }
    }

    pub(crate) const fn set_link(&mut self, link: Link) {
        self.flags = (self.flags & !(0b11 << LINK_SHIFT)) | ((link as u16) << LINK_SHIFT);
    }

    pub(crate) const fn has(&self, flag: Flag) -> bool {
        self.flags & flag as u16 != 0
    }

    pub(crate) const fn set(&mut self, flag: Flag, on: bool) {
        if on {
            self.flags |= flag as u16;
        } else {
            self.flags &= !(flag as u16);
        }
    }

    /// The death of this tombstone is heard of at this millisecond: `false` if it was already.
    pub(crate) fn hear_at(&mut self, now: u32) -> bool {
        let heard = (u64::from(now) << 3).saturating_add(HEARD);
        let is_new = self.accusers != heard;
        self.accusers = heard;
        is_new
    }

    /// How many independent accusers the suspicion has, at most four.
    pub(crate) const fn accuser_count(&self) -> u32 {
        (self.accusers & 0b111) as u32
    }

    /// The accusers that are still told apart: once there are four, the last stands in the first one's place.
    pub(crate) fn accusers(&self) -> impl Iterator<Item = Seat> + use<> {
        let packed = self.accusers;
        (0..self.accuser_count().min(SEATS)).map(move |n| seat_at(packed, n))
    }

    pub(crate) const fn clear_accusers(&mut self) {
        self.accusers = 0;
    }

    /// Adds an accuser; `false` if it is one already, or there are four: the first and K = 3 who confirm.
    pub(crate) fn accuse(&mut self, seat: Seat) -> bool {
        let count = self.accuser_count();
        if count > SEATS || self.accusers().any(|known| known == seat) {
            return false;
        }
        let shift = shift_of(if count == SEATS { 0 } else { count });
        self.accusers &= !(SEAT_MASK << shift);
        self.accusers |= (u64::from(seat) & SEAT_MASK) << shift;
        self.accusers = self.accusers.wrapping_add(1);
        true
    }

    /// The accuser who spoke last, or [`NONE`].
    pub(crate) const fn latest_accuser(&self) -> Seat {
        match self.accuser_count() {
            0 => NONE,
            count if count > SEATS => seat_at(self.accusers, 0),
            count => seat_at(self.accusers, count.wrapping_sub(1)),
        }
    }
}

/// Seats that fit beside the count.
const SEATS: u32 = 3;
const SEAT_MASK: u64 = (1 << 20) - 1;

/// Above the millisecond at which a death was heard of: so that no such word is the one of "never".
const HEARD: u64 = 1 << 40;

const fn shift_of(n: u32) -> u32 {
    n.saturating_mul(20).saturating_add(3)
}

const fn seat_at(packed: u64, n: u32) -> Seat {
    ((packed >> shift_of(n)) & SEAT_MASK) as Seat
}

/// A round trip in one byte: an eighth of a power of two of microseconds from 64 µs on. 0 is "not measured".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoundTrip(u8);

impl RoundTrip {
    pub(crate) const UNKNOWN: Self = Self(0);

    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 8 * 57 + 7, clamped to 255"
    )]
    pub(crate) const fn from_micros(micros: u64) -> Self {
        let micros = if micros < 64 { 64 } else { micros };
        let power = micros.ilog2();
        let eighth = (micros >> power.saturating_sub(3)) & 7;
        let code = (power.saturating_sub(6).saturating_mul(8) as u64)
            .saturating_add(eighth)
            .saturating_add(1);
        Self(if code > 255 { 255 } else { code as u8 })
    }

    /// Microseconds, rounded down to the code's step; 0 if never measured.
    pub(crate) const fn micros(self) -> u64 {
        let Some(code) = self.0.checked_sub(1) else {
            return 0;
        };
        let power = ((code / 8) as u32).saturating_add(6);
        let eighth = (code % 8) as u64;
        eighth.saturating_add(8) << power.saturating_sub(3)
    }

    /// The mean of the usual and the new, three parts to one.
    pub(crate) const fn blend(self, micros: u64) -> Self {
        if self.0 == 0 {
            return Self::from_micros(micros);
        }
        let usual = self.micros();
        Self::from_micros((usual.saturating_mul(3)).saturating_add(micros) / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_is_kept_within_an_eighth() {
        for micros in [64_u64, 100, 1_000, 12_345, 500_000, 3_000_000] {
            let kept = RoundTrip::from_micros(micros).micros();
            assert!(
                kept <= micros && micros - kept <= micros / 8 + 1,
                "{micros} became {kept}"
            );
        }
        assert_eq!(RoundTrip::UNKNOWN.micros(), 0);
    }

    #[test]
    fn four_accusers_fit_and_none_counts_twice() {
        let mut mark = Mark::VACANT;
        assert_eq!(mark.latest_accuser(), NONE);
        assert!(mark.accuse(5) && !mark.accuse(5));
        assert!(mark.accuse(0) && mark.accuse((1 << 20) - 3) && !mark.accuse(0));
        assert!(mark.accusers().eq([5, 0, (1 << 20) - 3]));
        assert_eq!(mark.latest_accuser(), (1 << 20) - 3);
        assert!(
            mark.accuse(9) && !mark.accuse(10),
            "the first and three who confirm"
        );
        assert_eq!((mark.accuser_count(), mark.latest_accuser()), (4, 9));
    }

    #[test]
    fn a_mark_is_32_bytes() {
        assert_eq!(size_of::<Mark>(), 40 - 8);
    }
}
