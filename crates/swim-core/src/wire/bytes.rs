//! Writing into lent bytes and reading from received ones, without a way to panic.

use postcard::ser_flavors::Flavor;
use serde::de::Deserialize;
use serde::ser::{Serialize, Serializer};

use super::MAX_ITEM;
use crate::message::Full;

/// Bytes lent to be written, front to back. What does not fit is refused whole.
#[derive(Debug)]
pub struct Writer<'b> {
    room: &'b mut [u8],
    written: usize,
}

impl<'b> Writer<'b> {
    /// Writes into `room` from its first byte on.
    #[must_use]
    pub const fn new(room: &'b mut [u8]) -> Self {
        Self { room, written: 0 }
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.written
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// Bytes that still fit.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.room.len().saturating_sub(self.written)
    }

    /// Appends one byte.
    ///
    /// # Errors
    /// [`Full`] if there is no room.
    #[inline]
    pub fn byte(&mut self, byte: u8) -> Result<(), Full> {
        *self.room.get_mut(self.written).ok_or(Full)? = byte;
        self.written = self.written.saturating_add(1);
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`Full`] if they don't all fit; none was written.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.written.checked_add(bytes.len()).ok_or(Full)?;
        copy(self.room.get_mut(self.written..end).ok_or(Full)?, bytes);
        self.written = end;
        Ok(())
    }

    /// Appends a number, little-endian.
    ///
    /// # Errors
    /// [`Full`] if there is no room.
    #[inline]
    pub fn u32(&mut self, number: u32) -> Result<(), Full> {
        self.bytes(&number.to_le_bytes())
    }

    /// Appends a number, little-endian.
    ///
    /// # Errors
    /// [`Full`] if there is no room.
    #[inline]
    pub fn u64(&mut self, number: u64) -> Result<(), Full> {
        self.bytes(&number.to_le_bytes())
    }

    /// Appends bytes behind their length.
    pub(super) fn payload(&mut self, bytes: &[u8]) -> Result<(), Full> {
        struct Bytes<'b>(&'b [u8]);
        impl Serialize for Bytes<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(self.0)
            }
        }
        self.value(&Bytes(bytes))
    }

    /// Appends a value in postcard.
    ///
    /// # Errors
    /// [`Full`] if there is no room, or if the value refuses to be serialized.
    #[inline]
    pub fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Full> {
        postcard::serialize_with_flavor(value, Postcard(self)).map_err(|_| Full)
    }
}

/// The seam to postcard.
struct Postcard<'w, 'b>(&'w mut Writer<'b>);

impl Flavor for Postcard<'_, '_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        let full = postcard::Error::SerializeBufferFull;
        self.0.bytes(data).map_err(|Full| full)
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        let full = postcard::Error::SerializeBufferFull;
        self.0.byte(data).map_err(|Full| full)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// How many bytes a value takes in postcard; `None` if it refuses to be serialized.
pub(super) fn size_of_value(value: &impl Serialize) -> Option<usize> {
    postcard::experimental::serialized_size(value).ok()
}

/// Copies between slices of one length. Short ones, the usual, in two overlapping blocks instead of a call: a third of
/// the time of composing gossip.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) {
    match from.len() {
        0..=3 => each(to, from),
        4..=7 => both_ends::<4>(to, from),
        8..=15 => both_ends::<8>(to, from),
        16..=31 => both_ends::<16>(to, from),
        32..=64 => both_ends::<32>(to, from),
        _ => each(to, from),
    }
}

#[inline]
fn each(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[inline]
fn both_ends<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
        *to = *from;
    }
}

#[inline]
pub(super) fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

pub(super) fn take_u64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*number), rest))
}

#[inline]
pub(super) fn take_value<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(T, &'b [u8])> {
    postcard::take_from_bytes(bytes).ok()
}

/// The most bytes that kind and length of an item or a frame take.
pub(super) const TAG: usize = 3;

/// Writes kind, length, body into the front of `room` and says how many bytes that took.
///
/// The body is written in place behind two bytes, and moved on by one in the rare case that its length takes two.
#[inline]
pub(super) fn put_framed(
    room: &mut [u8],
    kind: u8,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
) -> Result<usize, Full> {
    let (tag, rest) = room.split_first_chunk_mut::<2>().ok_or(Full)?;
    let mut writer = Writer::new(rest);
    body(&mut writer)?;
    let length = writer.len();
    if length > MAX_ITEM {
        return Err(Full);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 15 bits, in 7 and 8"
    )]
    let (low, high) = ((length & 0x7F) as u8, (length >> 7) as u8);
    if high == 0 {
        *tag = [kind, low];
        return Ok(length.saturating_add(2));
    }
    *tag = [kind, low | 0x80];
    let moved = rest.get_mut(..=length).ok_or(Full)?;
    moved.copy_within(..length, 1);
    *moved.first_mut().ok_or(Full)? = high;
    Ok(length.saturating_add(TAG))
}

/// One item or frame as it stands in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framed<'b> {
    pub(crate) kind: u8,
    pub(crate) body: &'b [u8],
}

/// Kind, and how long the body that follows says it is.
#[inline]
pub(super) fn take_tag(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let ([kind, low], rest) = bytes.split_first_chunk::<2>()?;
    if *low < 0x80 {
        return Some((*kind, usize::from(*low), rest));
    }
    let (high, rest) = rest.split_first()?;
    let length = usize::from(*low & 0x7F) | usize::from(*high) << 7;
    Some((*kind, length, rest))
}

/// The first item or frame, and what follows it; `None` if it is cut.
#[inline]
pub(super) fn take_framed(bytes: &[u8]) -> Option<(Framed<'_>, &[u8])> {
    let (kind, length, rest) = take_tag(bytes)?;
    let (body, rest) = rest.split_at_checked(length)?;
    Some((Framed { kind, body }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_whole() {
        let from: [u8; 200] = core::array::from_fn(|at| at.to_le_bytes()[0] ^ 0x5A);
        for length in 0..=from.len() {
            let mut to = [0; 200];
            copy(&mut to[..length], &from[..length]);
            assert_eq!(to[..length], from[..length], "length {length}");
            assert!(to[length..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn p10_what_is_framed_is_taken_again_at_every_length_of_the_length() {
        let body = [7; 40_000];
        let mut room = [0; 40_003];
        for length in [0, 1, 126, 127, 128, 129, 255, 256, 16_384, 32_767] {
            let taken = put_framed(&mut room, 42, |to| to.bytes(&body[..length])).unwrap();
            assert_eq!(taken, length + if length < 128 { 2 } else { 3 });
            let (framed, rest) = take_framed(&room[..taken]).unwrap();
            assert_eq!((framed.kind, framed.body), (42, &body[..length]));
            assert!(rest.is_empty());
            assert_eq!(take_framed(&room[..taken - 1]), None, "cut by one");
        }
        assert_eq!(
            put_framed(&mut room, 42, |to| to.bytes(&body[..32_768])),
            Err(Full)
        );
    }

    #[test]
    fn a_body_whose_long_length_does_not_fit_is_refused() {
        let mut room = [0; 2 + 128];
        assert_eq!(
            put_framed(&mut room, 1, |to| to.bytes(&[0; 128])),
            Err(Full)
        );
        assert_eq!(put_framed(&mut room, 1, |to| to.bytes(&[0; 127])), Ok(129));
    }
}
