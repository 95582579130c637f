//! Where the roster lives: lent arrays and statics, or owned memory that grows.

#[cfg(feature = "alloc")]
use alloc::{vec, vec::Vec};

use super::slot::{Seat, Slot};

/// Words of table per member: 3 of index, 1 of heap, 1 of the ring of untold slots, 1 of the time of the last change.
pub(super) const WORDS: usize = 6;
/// Index entries per member: at a load of a third a look-up takes 1.2 steps.
pub(super) const INDEX: usize = 3;

/// Slots are numbered in 20 bits; the last two numbers are spared.
pub(crate) const MAX_MEMBERS: usize = (1 << 20) - 2;

/// Memory for `N` members, to be lent to a node: an array, a static, a box.
///
/// ```
/// use swim_core::{Roster, Space};
/// # #[derive(Clone, Debug, PartialEq, Eq)] struct Radio(u16);
/// let mut space = Space::<Radio, 64>::new();
/// let roster: Roster<'_, Radio> = (&mut space).into();
/// assert_eq!(roster.capacity(), 64);
/// ```
#[derive(Debug)]
pub struct Space<P, const N: usize> {
    slots: [Slot<P>; N],
    table: [[u32; WORDS]; N],
}

impl<P, const N: usize> Space<P, N> {
    /// Room for `N` members, oneself included.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: [const { Slot::EMPTY }; N],
            table: [[0; WORDS]; N],
        }
    }
}

impl<P, const N: usize> Default for Space<P, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug)]
pub(super) enum Storage<'s, P> {
    Lent {
        slots: &'s mut [Slot<P>],
        table: &'s mut [u32],
    },
    #[cfg(feature = "alloc")]
    Owned {
        slots: Vec<Slot<P>>,
        table: Vec<u32>,
        max: usize,
    },
}

/// The parts of a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Index,
    Heap,
    Ring,
    Since,
}

impl<'s, P> Storage<'s, P> {
    /// Borrows `space` for the node's life, emptied of whatever it held.
    pub(super) fn lent<const N: usize>(space: &'s mut Space<P, N>) -> Self {
        space.slots.fill_with(|| Slot::EMPTY);
        space.table = [[0; WORDS]; N];
        let slots = space
            .slots
            .get_mut(..N.min(MAX_MEMBERS))
            .unwrap_or_default();
        Self::Lent {
            slots,
            table: space.table.as_flattened_mut(),
        }
    }

    #[inline]
    pub(super) fn slots(&self) -> &[Slot<P>] {
        match self {
            Self::Lent { slots, .. } => slots,
            #[cfg(feature = "alloc")]
            Self::Owned { slots, .. } => slots,
        }
    }

    #[inline]
    pub(super) fn slots_mut(&mut self) -> &mut [Slot<P>] {
        match self {
            Self::Lent { slots, .. } => slots,
            #[cfg(feature = "alloc")]
            Self::Owned { slots, .. } => slots,
        }
    }

    #[inline]
    pub(super) fn table(&self) -> &[u32] {
        match self {
            Self::Lent { table, .. } => table,
            #[cfg(feature = "alloc")]
            Self::Owned { table, .. } => table,
        }
    }

    #[inline]
    fn table_mut(&mut self) -> &mut [u32] {
        match self {
            Self::Lent { table, .. } => table,
            #[cfg(feature = "alloc")]
            Self::Owned { table, .. } => table,
        }
    }

    /// Slots that exist now.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.slots().len()
    }

    /// Slots that may ever exist.
    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::Lent { slots, .. } => slots.len(),
            #[cfg(feature = "alloc")]
            Self::Owned { max, .. } => *max,
        }
    }

    /// Empties everything.
    pub(super) fn clear(&mut self) {
        self.slots_mut().fill_with(|| Slot::EMPTY);
        self.table_mut().fill(0);
    }

    fn offset(&self, part: Part, at: u32) -> usize {
        let members = self.len();
        let first = match part {
            Part::Index => 0,
            Part::Heap => members.saturating_mul(INDEX),
            Part::Ring => members.saturating_mul(INDEX + 1),
            Part::Since => members.saturating_mul(INDEX + 2),
        };
        first.saturating_add(at as usize)
    }

    #[inline]
    pub(super) fn word(&self, part: Part, at: u32) -> u32 {
        self.table()
            .get(self.offset(part, at))
            .copied()
            .unwrap_or(0)
    }

    #[inline]
    pub(super) fn set_word(&mut self, part: Part, at: u32, word: u32) {
        let offset = self.offset(part, at);
        if let Some(place) = self.table_mut().get_mut(offset) {
            *place = word;
        }
    }

    /// The ring of untold slots.
    pub(super) fn ring_mut(&mut self) -> &mut [u32] {
        let (from, to) = (self.offset(Part::Ring, 0), self.offset(Part::Since, 0));
        self.table_mut().get_mut(from..to).unwrap_or_default()
    }

    /// What a look-up reads: the index, and the slots that it points to.
    #[inline]
    pub(super) fn searched(&self) -> (&[u32], &[Slot<P>]) {
        let (slots, table) = match self {
            Self::Lent { slots, table } => (&**slots, &**table),
            #[cfg(feature = "alloc")]
            Self::Owned { slots, table, .. } => (slots.as_slice(), table.as_slice()),
        };
        let entries = slots.len().wrapping_mul(INDEX);
        (table.get(..entries).unwrap_or_default(), slots)
    }

    #[inline]
    pub(super) fn index_mut(&mut self) -> &mut [u32] {
        let entries = self.len().saturating_mul(INDEX);
        self.table_mut().get_mut(..entries).unwrap_or_default()
    }

    /// Entries of the index.
    pub(super) fn index_len(&self) -> u32 {
        u32::try_from(self.len().saturating_mul(INDEX)).unwrap_or(u32::MAX)
    }

    #[inline]
    pub(super) fn slot(&self, seat: Seat) -> Option<&Slot<P>> {
        self.slots().get(seat as usize)
    }

    #[inline]
    pub(super) fn slot_mut(&mut self, seat: Seat) -> Option<&mut Slot<P>> {
        self.slots_mut().get_mut(seat as usize)
    }
}

#[cfg(feature = "alloc")]
impl<P> Storage<'_, P> {
    /// Slots that an owned roster begins with.
    const FIRST: usize = 16;

    pub(super) fn owned(max: usize) -> Self {
        Self::with(Self::FIRST, max)
    }

    pub(super) fn allocated(max: usize) -> Self {
        Self::with(max, max)
    }

    fn with(first: usize, max: usize) -> Self {
        let max = max.clamp(2, MAX_MEMBERS);
        let mut storage = Self::Owned {
            slots: Vec::new(),
            table: Vec::new(),
            max,
        };
        storage.resize(first.min(max));
        storage
    }

    /// Doubles owned memory, up to its maximum; `false` if that is reached or the memory is lent. The index is left empty
    /// and must be rebuilt: a pause of about 30 ms at 10⁵ members.
    pub(super) fn grow(&mut self) -> bool {
        let (len, capacity) = (self.len(), self.capacity());
        if len >= capacity {
            return false;
        }
        self.resize(len.saturating_mul(2).clamp(Self::FIRST, capacity));
        true
    }

    fn resize(&mut self, members: usize) {
        let old = self.len();
        let Self::Owned { slots, table, .. } = self else {
            return;
        };
        slots.resize_with(members, || Slot::EMPTY);
        let mut wider = vec![0_u32; members.saturating_mul(WORDS)];
        for part in INDEX..WORDS {
            let from = table.get(old.saturating_mul(part)..).unwrap_or_default();
            let to = wider
                .get_mut(members.saturating_mul(part)..)
                .unwrap_or_default();
            for (to, from) in to.iter_mut().zip(from.iter().take(old)) {
                *to = *from;
            }
        }
        *table = wider;
    }
}

#[cfg(not(feature = "alloc"))]
impl<P> Storage<'_, P> {
    #[expect(clippy::unused_self, reason = "the other storage grows")]
    pub(super) const fn grow(&mut self) -> bool {
        false
    }
}
