//! A whole roster in few numbers, under a salt that no two exchanges share: what collides in one does not in the next.

use crate::hash::{digest_share, hash_under};
use crate::node::Node;
use crate::peer::{MemberRef, Peer};

/// The wrapping sum over up members of a mix of key and incarnation: P3's digest, salted.
pub(super) fn digest<P: Peer>(node: &Node<'_, P>, salt: u64) -> u64 {
    node.members()
        .filter(|member| member.state.is_up())
        .fold(0, |sum, member| sum.wrapping_add(share(&member, salt)))
}

/// Adds each up member's share, its low half, to the sum of its bucket. There are 2^`bits` sums, at least one bit.
pub(super) fn sums<P: Peer>(node: &Node<'_, P>, salt: u64, bits: u8, sums: &mut [u32]) {
    sums.fill(0);
    for member in node.members().filter(|member| member.state.is_up()) {
        let bucket = bucket(&member, salt, bits) as usize;
        if let Some(sum) = sums.get_mut(bucket) {
            *sum = sum.wrapping_add(low_half(share(&member, salt)));
        }
    }
}

/// A member's bucket: the top `bits` bits of its key's hash.
pub(super) fn bucket<P: Peer>(member: &MemberRef<'_, P>, salt: u64, bits: u8) -> u32 {
    let hash = hash_under(salt, &member.peer.key());
    let unused = u64::BITS.saturating_sub(u32::from(bits));
    low_half(hash.checked_shr(unused).unwrap_or(0))
}

/// A member's hash as P5 (3′) sends it: the low half of its key's.
pub(super) fn hash<P: Peer>(member: &MemberRef<'_, P>, salt: u64) -> u32 {
    low_half(hash_under(salt, &member.peer.key()))
}

fn share<P: Peer>(member: &MemberRef<'_, P>, salt: u64) -> u64 {
    digest_share(hash_under(salt, &member.peer.key()), member.incarnation.0)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low_half(number: u64) -> u32 {
    number as u32
}
