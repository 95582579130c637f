//! Composing a datagram in lent bytes.

use core::time::Duration;

use super::bytes::{Writer, put_framed};
use super::{DIGEST, Envelope, FLAG_DIGEST, VERSION, WirePeer, crc32, kind};
use crate::message::{Compose, Full, Message};
use crate::peer::Incarnation;

/// One datagram in the making. Hand it to `poll_output`, and on `Send` send what [`finish`](Self::finish) gives.
///
/// ```
/// use swim_core::wire::{Datagram, Envelope};
///
/// let mut buffer = [0; 1_400];
/// let envelope = Envelope::new(b"prod")?;
/// let mut datagram = Datagram::new(&mut buffer, envelope);
/// datagram.push_user(b"hello")?;
/// assert_eq!(datagram.finish().len(), 3 + 4 + 2 + 5 + 4);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Datagram<'b> {
    buffer: &'b mut [u8],
    /// Bytes before the first item; no bytes at all are written if they don't fit.
    head: usize,
    /// Bytes of the checksum.
    tail: usize,
    /// Where the next item goes.
    end: usize,
    /// Room for it is kept as soon as a ping or an ack is in: they go out with one.
    trailer: Trailer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trailer {
    None,
    Kept,
    Digest(u64),
}

impl<'b> Datagram<'b> {
    /// An empty datagram of at most `buffer.len()` bytes.
    #[must_use]
    pub fn new(buffer: &'b mut [u8], envelope: Envelope<'_>) -> Self {
        let (head, tail) = (envelope.head(), envelope.tail());
        let mut writer = Writer::new(buffer);
        let written = write_head(&mut writer, envelope);
        let fits = written.is_ok() && head.saturating_add(tail) <= buffer.len();
        let buffer = if fits { buffer } else { &mut [] };
        Self {
            buffer,
            head,
            tail,
            end: head,
            trailer: Trailer::None,
        }
    }

    /// Appends a message of the application; it fills what room the protocol left.
    ///
    /// # Errors
    /// [`Full`] if it does not fit.
    pub fn push_user(&mut self, message: &[u8]) -> Result<(), Full> {
        self.item(kind::USER, self.trailer, |to| to.bytes(message))
    }

    /// Bytes that a message given to [`push_user`](Self::push_user) may have now.
    #[must_use]
    pub fn room(&self) -> usize {
        let room = self.limit(self.trailer).saturating_sub(self.end);
        match room.saturating_sub(2) {
            short @ ..=127 => short,
            long => long.saturating_sub(1).min(super::MAX_ITEM),
        }
    }

    /// The bytes to send: digest trailer and checksum are set behind the items. More may be pushed afterwards, and
    /// finished again. Empty if the buffer can't even hold the frame.
    pub fn finish(&mut self) -> &[u8] {
        let end = self.seal().unwrap_or(0);
        self.buffer.get(..end).unwrap_or_default()
    }

    fn seal(&mut self) -> Option<usize> {
        let mut end = self.end;
        let mut flags = 0;
        if let Trailer::Digest(digest) = self.trailer {
            let trailer = self.buffer.get_mut(end..)?.first_chunk_mut::<DIGEST>()?;
            *trailer = digest.to_le_bytes();
            end = end.checked_add(DIGEST)?;
            flags |= FLAG_DIGEST;
        }
        *self.buffer.get_mut(1)? = flags;
        if self.tail == 0 {
            return Some(end);
        }
        let (body, rest) = self.buffer.split_at_mut_checked(end)?;
        *rest.first_chunk_mut()? = crc32(body).to_le_bytes();
        end.checked_add(self.tail)
    }

    /// Where items must end if the datagram is to end with that trailer.
    fn limit(&self, trailer: Trailer) -> usize {
        let digest = if trailer == Trailer::None { 0 } else { DIGEST };
        self.buffer
            .len()
            .saturating_sub(self.tail)
            .saturating_sub(digest)
    }

    #[inline]
    fn item(
        &mut self,
        kind: u8,
        trailer: Trailer,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
    ) -> Result<(), Full> {
        let limit = self.limit(trailer);
        let room = self.buffer.get_mut(self.end..limit).ok_or(Full)?;
        let taken = put_framed(room, kind, body)?;
        self.end = self.end.saturating_add(taken);
        self.trailer = trailer;
        Ok(())
    }

    /// An item that the digest goes out with.
    #[inline]
    fn answered_item(
        &mut self,
        kind: u8,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
    ) -> Result<(), Full> {
        let trailer = match self.trailer {
            Trailer::None => Trailer::Kept,
            kept => kept,
        };
        self.item(kind, trailer, body)
    }

    fn ping<P: WirePeer>(
        &mut self,
        seq: u32,
        target: u32,
        source: P::Key<'_>,
        incarnation: Incarnation,
    ) -> Result<(), Full> {
        self.answered_item(kind::PING, |to| {
            to.u32(seq)?;
            to.u32(incarnation.0)?;
            to.u32(target)?;
            P::put_key(source, to)
        })
    }

    fn ping_req<P: WirePeer>(
        &mut self,
        seq: u32,
        target: P::Key<'_>,
        share: Duration,
        nack: bool,
    ) -> Result<(), Full> {
        self.item(kind::PING_REQ, self.trailer, |to| {
            to.u32(seq)?;
            to.u32(millis_of(share))?;
            to.byte(u8::from(nack))?;
            P::put_key(target, to)
        })
    }

    #[inline]
    fn ack(&mut self, seq: u32, payload: &[u8]) -> Result<(), Full> {
        self.answered_item(kind::ACK, |to| {
            to.u32(seq)?;
            // An absent payload is an empty one: the usual ack saves the byte.
            if payload.is_empty() {
                Ok(())
            } else {
                to.payload(payload)
            }
        })
    }

    fn alive<P: WirePeer>(&mut self, peer: &P, incarnation: Incarnation) -> Result<(), Full> {
        self.item(kind::ALIVE, self.trailer, |to| {
            to.u32(incarnation.0)?;
            peer.put(to)
        })
    }

    fn rumour<P: WirePeer>(
        &mut self,
        kind: u8,
        incarnation: Incarnation,
        key: P::Key<'_>,
        accuser: Option<u32>,
    ) -> Result<(), Full> {
        self.item(kind, self.trailer, |to| {
            to.u32(incarnation.0)?;
            P::put_key(key, to)?;
            accuser.map_or(Ok(()), |accuser| to.u32(accuser))
        })
    }

    #[inline]
    fn digest(&mut self, digest: u64) -> Result<(), Full> {
        let trailer = Trailer::Digest(digest);
        if self.limit(trailer) < self.end {
            return Err(Full);
        }
        self.trailer = trailer;
        Ok(())
    }
}

fn write_head(to: &mut Writer<'_>, envelope: Envelope<'_>) -> Result<(), Full> {
    let length = u8::try_from(envelope.label().len()).map_err(|_| Full)?;
    to.bytes(&[VERSION, 0, length])?;
    to.bytes(envelope.label())
}

/// Milliseconds, rounded up: a share of time that is not zero stays so.
fn millis_of(share: Duration) -> u32 {
    let millis = share.as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(u32::MAX)
}

impl<P: WirePeer> Compose<P> for Datagram<'_> {
    fn clear(&mut self) {
        self.end = self.head;
        self.trailer = Trailer::None;
    }

    // Where the kind of message is known, nothing is left of the choice.
    #[inline(always)]
    fn push(&mut self, message: &Message<'_, P>) -> Result<(), Full> {
        match *message {
            Message::Ping {
                seq,
                target,
                source,
                incarnation,
            } => self.ping::<P>(seq, target.hash(), source, incarnation),
            Message::PingReq {
                seq,
                target,
                at: _,
                share,
                nack,
            } => self.ping_req::<P>(seq, target, share, nack),
            Message::Ack { seq, payload } => self.ack(seq, payload),
            Message::Nack { seq } => self.item(kind::NACK, self.trailer, |to| to.u32(seq)),
            Message::Alive { peer, incarnation } => self.alive(peer, incarnation),
            Message::Suspect {
                key,
                incarnation,
                accuser,
            } => self.rumour::<P>(kind::SUSPECT, incarnation, key, Some(accuser.hash())),
            Message::Dead { key, incarnation } => {
                self.rumour::<P>(kind::DEAD, incarnation, key, None)
            }
            Message::Left { key, incarnation } => {
                self.rumour::<P>(kind::LEFT, incarnation, key, None)
            }
            Message::Digest(digest) => self.digest(digest),
        }
    }

    fn len(&self) -> usize {
        let digest = if matches!(self.trailer, Trailer::Digest(_)) {
            DIGEST
        } else {
            0
        };
        self.end.saturating_add(self.tail).saturating_add(digest)
    }

    fn capacity(&self) -> usize {
        self.buffer.len()
    }

    fn is_empty(&self) -> bool {
        self.end == self.head && self.trailer == Trailer::None
    }
}
