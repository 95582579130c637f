//! A whole roster in few numbers, under a salt that no two exchanges share: what collides in one does not in the next.

use crate::hash::{digest_share, hash_under};
use crate::node::Node;
use crate::peer::{MemberRef, Peer};

/// The wrapping sum over up members of a mix of key and incarnation: P3's digest, salted.
pub(super) fn digest<P: Peer>(node: &Node<'_, P>, salt: u64) -> u64 {
    up(node, salt).fold(0, |sum, (_, share)| sum.wrapping_add(share))
}

/// Adds each up member's share, its low half, to the sum of its bucket. There are 2^`bits` sums, at least one bit.
pub(super) fn sums<P: Peer>(node: &Node<'_, P>, salt: u64, bits: u8, sums: &mut [u32]) {
    sums.fill(0);
    for (hash, share) in up(node, salt) {
        if let Some(sum) = sums.get_mut(bucket(hash, bits) as usize) {
            *sum = sum.wrapping_add(low_half(share));
        }
    }
}

/// A member's key, hashed under the salt: all else comes from it.
pub(super) fn hash<P: Peer>(member: &MemberRef<'_, P>, salt: u64) -> u64 {
    hash_under(salt, &member.peer.key())
}

/// Its bucket: the hash's top `bits` bits.
pub(super) fn bucket(hash: u64, bits: u8) -> u32 {
    let unused = u64::BITS.saturating_sub(u32::from(bits));
    low_half(hash.checked_shr(unused).unwrap_or(0))
}

/// What stands for it in a list of hashes (P5, 3′).
pub(super) const fn short(hash: u64) -> u32 {
    low_half(hash)
}

/// Hash and share of each up member.
fn up<P: Peer>(node: &Node<'_, P>, salt: u64) -> impl Iterator<Item = (u64, u64)> {
    node.members()
        .filter(|member| member.state.is_up())
        .map(move |member| {
            let hash = hash(&member, salt);
            (hash, digest_share(hash, member.incarnation.0))
        })
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low_half(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_what_streams_carry_of_a_member_never_changes() {
        // Golden: another number here is another wire format.
        let hash = hash_under(0x5EED_5A17_0000_0001, "ann");
        assert_eq!(short(hash), 0x9DA8_0A5F);
        assert_eq!((bucket(hash, 4), bucket(hash, 12)), (10, 2_605));
        assert_eq!(low_half(digest_share(hash, 1_764_000_000)), 0xC72C_B5D8);
    }

    #[test]
    fn without_buckets_all_are_in_the_first() {
        assert_eq!(bucket(u64::MAX, 0), 0);
        assert_eq!(bucket(u64::MAX, 12), 4_095);
    }
}
