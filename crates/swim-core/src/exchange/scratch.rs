//! What an exchange keeps in the words that the stream's owner lends: bits, and the hashes that the other side sent.

/// The most buckets, as a power of two (P5).
pub(super) const MOST_BITS: u8 = 12;
/// The fewest.
pub(super) const FEWEST_BITS: u8 = 4;

/// How many words hold that many bits.
pub(super) const fn words_for(bits: u32) -> usize {
    bits.div_ceil(u32::BITS) as usize
}

/// How many words 2^`bits` buckets take: a sum each, and a bit each.
pub(super) const fn words_for_buckets(bits: u8) -> usize {
    let buckets = 1_u32 << bits;
    words_for(buckets).saturating_add(buckets as usize)
}

/// The most buckets, as a power of two, that so many words hold; 0 if they hold too few.
pub(super) fn room_for_buckets(words: usize) -> u8 {
    let fits = |bits: &u8| words_for_buckets(*bits) <= words;
    (FEWEST_BITS..=MOST_BITS).rev().find(fits).unwrap_or(0)
}

/// As many buckets, as a power of two, as so many members deserve: at least 2·√n (P5).
pub(super) const fn buckets_for(members: u32) -> u8 {
    let mut bits = FEWEST_BITS;
    while bits < MOST_BITS && 1_u64 << bits << bits < (members as u64) << 2 {
        bits = bits.saturating_add(1);
    }
    bits
}

const fn place(at: u32) -> (usize, u32) {
    ((at >> 5) as usize, 1 << (at & 31))
}

/// Whether the bit is set; one beyond the words is not.
pub(super) fn bit(words: &[u32], at: u32) -> bool {
    let (word, mask) = place(at);
    words.get(word).is_some_and(|word| word & mask != 0)
}

/// Sets or clears a bit; one beyond the words is lost.
pub(super) fn set_bit(words: &mut [u32], at: u32, to: bool) {
    let (word, mask) = place(at);
    if let Some(word) = words.get_mut(word) {
        *word = if to { *word | mask } else { *word & !mask };
    }
}

/// The first set bit from `from` on.
pub(super) fn next_bit(words: &[u32], from: u32) -> Option<u32> {
    let (first, mask) = place(from);
    let mut before = from & !31;
    // In the first word, the bits before `from` don't count.
    let mut counting = !mask.wrapping_sub(1);
    for word in words.get(first..)? {
        let found = word & counting;
        if found != 0 {
            return before.checked_add(found.trailing_zeros());
        }
        counting = u32::MAX;
        before = before.checked_add(u32::BITS)?;
    }
    None
}

/// The hashes that the other side sent for its up members (P5, 3′): found by hash, and by their place in the order sent.
pub(super) struct HashList<'w> {
    /// Hash and incarnation, in the order sent.
    entries: &'w mut [u32],
    /// One bit each: we want that record.
    wanted: &'w mut [u32],
    /// Open addressing: place + 1 at the hash's home or after it, 0 where nothing is.
    index: &'w mut [u32],
}

impl<'w> HashList<'w> {
    /// How many hashes so many words hold: two words each, a bit, and an index that stays half empty.
    pub(super) fn room(words: usize) -> u32 {
        u32::try_from(words >> 2).unwrap_or(u32::MAX)
    }

    /// The list as it stands in `words`. [`clear`](Self::clear) it first.
    pub(super) fn over(words: &'w mut [u32]) -> Option<Self> {
        let room = Self::room(words.len());
        let entries = (words.len() >> 2).saturating_mul(2);
        let (entries, words) = words.split_at_mut_checked(entries)?;
        let (wanted, index) = words.split_at_mut_checked(words_for(room))?;
        Some(Self {
            entries,
            wanted,
            index,
        })
    }

    pub(super) fn clear(&mut self) {
        self.wanted.fill(0);
        self.index.fill(0);
    }

    /// Adds the hash at that place of the order; it is wanted until somebody says otherwise. `None`: there is no room.
    pub(super) fn push(&mut self, at: u32, hash: u32, incarnation: u32) -> Option<()> {
        let place = (at as usize).checked_mul(2)?;
        let entry = self.entries.get_mut(place..)?.first_chunk_mut::<2>()?;
        *entry = [hash, incarnation];
        let free = self.places(hash).find(|place| {
            let there = self.index.get(*place);
            there.is_some_and(|there| *there == 0)
        })?;
        *self.index.get_mut(free)? = at.checked_add(1)?;
        set_bit(self.wanted, at, true);
        Some(())
    }

    /// Place and incarnation of the entry with that hash.
    pub(super) fn find(&self, hash: u32) -> Option<(u32, u32)> {
        for place in self.places(hash) {
            let at = self.index.get(place)?.checked_sub(1)?;
            let entry = (at as usize).checked_mul(2)?;
            let [found, incarnation] = self.entries.get(entry..)?.first_chunk::<2>()?;
            if *found == hash {
                return Some((at, *incarnation));
            }
        }
        None
    }

    /// We don't want that one.
    pub(super) fn decline(&mut self, at: u32) {
        set_bit(self.wanted, at, false);
    }

    /// The bits, in the order in which the hashes were sent.
    pub(super) fn wanted(&self) -> &[u32] {
        self.wanted
    }

    /// Where to look for a hash in the index: from its home to the end, then from the start.
    fn places(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let length = self.index.len() as u64;
        let home = u64::from(hash).wrapping_mul(length) >> 32;
        let home = usize::try_from(home).unwrap_or(0);
        (home..self.index.len()).chain(0..home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn p5_buckets_grow_with_the_root_of_the_members_and_stop_at_4096() {
        for (members, buckets) in [
            (0, 16),
            (64, 16),
            (65, 32),
            (256, 32),
            (1_000, 64),
            (1_025, 128),
            (1_000_000, 2_048),
            (1_048_577, 4_096),
            (u32::MAX, 4_096),
        ] {
            assert_eq!(1_u32 << buckets_for(members), buckets, "{members} members");
        }
    }

    #[test]
    fn p5_buckets_are_halved_when_less_scratch_is_lent() {
        assert_eq!(room_for_buckets(0), 0);
        assert_eq!(room_for_buckets(16), 0);
        assert_eq!(room_for_buckets(17), 4);
        assert_eq!(room_for_buckets(32), 4);
        assert_eq!(room_for_buckets(33), 5);
        assert_eq!(room_for_buckets(4_223), 11);
        assert_eq!(room_for_buckets(4_224), 12);
        assert_eq!(room_for_buckets(usize::MAX), 12);
    }

    #[test]
    fn bits_are_found_in_order_and_nothing_is_beyond_the_words() {
        let mut words = [0; 3];
        for at in [0, 31, 32, 64, 95, 96, u32::MAX] {
            set_bit(&mut words, at, true);
        }
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = next_bit(&words, from) {
            assert!(bit(&words, at));
            found.push(at);
            from = at + 1;
        }
        assert_eq!(found, [0, 31, 32, 64, 95]);
        set_bit(&mut words, 31, false);
        assert!(!bit(&words, 31) && !bit(&words, 96) && !bit(&words, u32::MAX));
        assert_eq!(next_bit(&[], 0), None);
    }

    #[test]
    fn p5_hashes_are_found_again_also_when_they_crowd_at_one_home() {
        for words in [0, 3, 4, 32, 401] {
            let mut words = vec![0xAAAA_AAAA; words];
            let room = HashList::room(words.len());
            let mut list = HashList::over(&mut words).expect("the words hold their room");
            list.clear();
            for at in 0..room {
                list.push(at, u32::MAX - at % 50, at)
                    .expect("there is room");
            }
            assert_eq!(list.push(room, 7, 7), None, "no more than its room");
            for at in 0..room {
                let (found, incarnation) = list.find(u32::MAX - at % 50).expect("it was pushed");
                assert_eq!(found, incarnation);
                assert_eq!(found, at % 50, "the first of its hash");
                assert!(bit(list.wanted(), at));
                list.decline(at);
            }
            assert_eq!(list.find(12_345), None);
            assert_eq!(next_bit(list.wanted(), 0), None);
        }
    }
}
