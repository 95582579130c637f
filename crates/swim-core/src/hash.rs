//! One hash for all: keys hash the same on every machine (P15).
//!
//! Integers enter little-endian and `usize` as 64 bits, so that a 16-bit device and a server agree. Three uses:
//! [`name_hash`] (public, 32 bits: names an accuser or a ping's target on the wire), the digest's mix (public, keyed by
//! the cluster), and the roster's index (its secret is mixed in afterwards).

use core::hash::{Hash, Hasher};

use crate::mutant::{Mutant, is};
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

    #[inline]
    const fn words(&mut self, low: u64, high: u64) {
        self.state = fold(self.state ^ low, MULTIPLE ^ high.rotate_left(29));
    }
}

/// Up to eight bytes as one little-endian number.
#[inline]
fn tail(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (pairs, rest) = bytes.as_chunks::<16>();
        for pair in pairs {
            let wide = u128::from_le_bytes(*pair);
            #[expect(clippy::cast_possible_truncation, reason = "the low and the high half")]
            self.words(wide as u64, (wide >> 64) as u64);
        }
        if let Some((low, high)) = rest.split_at_checked(8) {
            self.words(tail(low), tail(high));
        } else if !rest.is_empty() {
            self.words(tail(rest), 0);
        }
        self.length = self.length.wrapping_add(bytes.len() as u64);
    }

    fn write_u8(&mut self, value: u8) {
        self.length = self.length.wrapping_add(1);
        self.words(u64::from(value), 0);
    }

    fn write_u16(&mut self, value: u16) {
        self.length = self.length.wrapping_add(2);
        self.words(u64::from(value), 0);
    }

    fn write_u32(&mut self, value: u32) {
        self.length = self.length.wrapping_add(4);
        self.words(u64::from(value), 0);
    }

    fn write_u64(&mut self, value: u64) {
        self.length = self.length.wrapping_add(8);
        self.words(value, 0);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        fold(self.state ^ 0xE703_7ED1_A0B4_28DB, self.length ^ MULTIPLE)
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
#[inline]
pub(crate) fn digest_share(hash: u64, incarnation: u32) -> u64 {
    if is(Mutant::DigestForgetsIncarnation) {
        return mix64(hash);
    }
    mix64(hash ^ u64::from(incarnation).wrapping_mul(MULTIPLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_keys_hash_the_same_on_every_machine_and_for_ever() {
        // Golden: whatever the machine's byte order and word size.
        assert_eq!(name_hash("node-1"), GOLDEN[0]);
        assert_eq!(name_hash(&b"a name of 24 bytes, says"[..]), GOLDEN[1]);
        assert_eq!(name_hash(&7_u16), GOLDEN[2]);
        assert_eq!(name_hash(&(1_u64, 2_u32)), GOLDEN[3]);
    }

    const GOLDEN: [u32; 4] = [0xB3A1BC8A, 0x48D66238, 0x4C55F2E5, 0x86C9D5A8];

    #[test]
    fn lengths_and_widths_are_told_apart() {
        assert_ne!(name_hash(&7_u16), name_hash(&7_u32));
        assert_ne!(hash_under(1, "node-1"), hash_under(2, "node-1"));
        assert_ne!(hash_under(1, &[0_u8; 8][..]), hash_under(1, &[0_u8; 9][..]));
    }

    #[test]
    fn p15_regular_names_spread_like_random_ones() {
        // Of 65,536 names in 65,536 homes about 1/e stay empty; a weak hash leaves far more.
        for pattern in ["node-{}-prod", "{}", "10.0.0.{}:7946"] {
            let mut homes = std::vec![false; 65_536];
            for n in 0..65_536 {
                let name = pattern.replace("{}", &std::format!("{n:06}"));
                homes[(name_hash(name.as_str()) >> 16) as usize] = true;
            }
            let empty = homes.iter().filter(|taken| !**taken).count();
            assert!(
                (23_500..24_700).contains(&empty),
                "{pattern}: {empty} homes stay empty"
            );
        }
    }
}
