//! Bytes that are short most of the time: inline up to `N`, on the heap beyond.

use std::fmt;
use std::hash::{Hash, Hasher};

use swim_core::wire::Writer;

/// Up to `N` bytes inline, more in a box. `N` + 2 bytes in size where that is a multiple of eight. Never more than one
/// representation of the same bytes: what fits is inline.
#[derive(Clone)]
pub(crate) enum Small<const N: usize> {
    Inline(u8, [u8; N]),
    Boxed(Box<[u8]>),
}

impl<const N: usize> Small<N> {
    #[inline]
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut inline = [0; N];
        match (
            u8::try_from(bytes.len()),
            Writer::new(&mut inline).bytes(bytes),
        ) {
            (Ok(length), Ok(())) => Self::Inline(length, inline),
            _ => Self::Boxed(bytes.into()),
        }
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or(bytes),
            Self::Boxed(bytes) => bytes,
        }
    }
}

impl<const N: usize> PartialEq for Small<N> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // What lies behind the length is zero: whole arrays compare faster than slices.
            (Self::Inline(length, bytes), Self::Inline(others, other)) => {
                length == others && bytes == other
            }
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl<const N: usize> Eq for Small<N> {}

/// Whether these are the same bytes. Names of the usual lengths are compared in two overlapping blocks, without a call.
#[inline]
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match one.len() {
        8..=16 => same_ends::<8>(one, other),
        17..=32 => same_ends::<16>(one, other),
        _ => one == other,
    }
}

#[inline]
fn same_ends<const BLOCK: usize>(one: &[u8], other: &[u8]) -> bool {
    one.first_chunk::<BLOCK>() == other.first_chunk()
        && one.last_chunk::<BLOCK>() == other.last_chunk()
}

impl<const N: usize> Hash for Small<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl<const N: usize> fmt::Debug for Small<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_inline_and_what_does_not_is_whole() {
        for length in 0..=100 {
            let bytes = vec![7; length];
            let small = Small::<22>::new(&bytes);
            assert_eq!(small.as_bytes(), bytes);
            assert_eq!(matches!(small, Small::Inline(..)), length <= 22);
        }
    }

    #[test]
    fn the_same_bytes_are_the_same_at_every_length_and_a_changed_one_is_seen() {
        for length in 0..=70 {
            let bytes: Vec<u8> = (0..length).collect();
            assert!(same(&bytes, &bytes.clone()));
            for at in 0..bytes.len() {
                let mut other = bytes.clone();
                other[at] ^= 1;
                assert!(!same(&bytes, &other), "byte {at} of {length}");
                assert!(!same(&bytes, &bytes[..at]));
            }
        }
    }

    #[test]
    fn sizes_are_those_that_the_peer_value_counts_on() {
        assert_eq!(size_of::<Small<22>>(), 24);
        assert_eq!(size_of::<Small<38>>(), 40);
    }
}
