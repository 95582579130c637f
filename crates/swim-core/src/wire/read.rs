//! Reading a datagram: length, version, label, checksum, then item by item.

use core::fmt;
use core::time::Duration;

use super::bytes::{Framed, take_framed, take_u32, take_value};
use super::{
    CHECKSUM, Counters, DIGEST, Envelope, FLAG_DIGEST, HEAD, VERSION, WirePeer, crc32, kind,
};
use crate::message::{Message, Name};
use crate::peer::{Incarnation, State};

/// Where [`read`] puts what it finds.
pub trait Sink<P: WirePeer> {
    /// Whether such news would change anything. Only then is a peer value built, and handed on.
    fn wants(&self, key: P::Key<'_>, incarnation: Incarnation, state: State) -> bool;
    /// The Alive just [wanted](Self::wants), its peer value still in bytes. `true` if it was heard; `false`, the default:
    /// the value is built and handed to [`message`](Self::message).
    fn alive(&mut self, incarnation: Incarnation, value: &[u8]) -> bool {
        let _ = (incarnation, value);
        false
    }
    /// One message, in the order of the datagram; the digest comes last.
    fn message(&mut self, message: &Message<'_, P>);
    /// A message of the application.
    fn user(&mut self, bytes: &[u8]);
}

/// Why a whole datagram was refused. Nothing of it was looked at further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refused {
    /// Too short for a frame, or for the digest trailer that it announces.
    Short,
    /// Another major version.
    Version {
        /// Which one.
        version: u8,
    },
    /// Another cluster's label.
    Label,
    /// Damaged: the CRC-32 differs.
    Checksum,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => f.write_str("the datagram is too short"),
            Self::Version { version } => {
                write!(
                    f,
                    "the datagram has version {version}, this node speaks {VERSION}"
                )
            }
            Self::Label => f.write_str("the datagram bears another cluster's label"),
            Self::Checksum => f.write_str("the datagram is damaged (its checksum differs)"),
        }
    }
}

impl core::error::Error for Refused {}

/// Reads one datagram and hands what it says to `sink`.
///
/// # Errors
/// [`Refused`] if it isn't one of this cluster; it was counted, and the sink saw nothing.
pub fn read<P: WirePeer>(
    bytes: &[u8],
    envelope: Envelope<'_>,
    counters: &mut Counters,
    sink: &mut impl Sink<P>,
) -> Result<(), Refused> {
    let (mut items, digest) = match open(bytes, envelope) {
        Ok(opened) => opened,
        Err(refused) => {
            Counters::count(match refused {
                Refused::Short => &mut counters.datagrams_short,
                Refused::Version { .. } => &mut counters.datagrams_other_version,
                Refused::Label => &mut counters.datagrams_other_label,
                Refused::Checksum => &mut counters.datagrams_damaged,
            });
            return Err(refused);
        }
    };
    Counters::count(&mut counters.datagrams);
    let mut read = 0_u32;
    while let Some((item, rest)) = take_framed(items) {
        read = read.wrapping_add(1);
        if read_item(item, counters, sink).is_none() {
            Counters::count(&mut counters.items_malformed);
        }
        items = rest;
    }
    counters.items = counters.items.wrapping_add(read);
    if !items.is_empty() {
        Counters::count(&mut counters.datagrams_cut);
    }
    if let Some(digest) = digest {
        sink.message(&Message::Digest(digest));
    }
    Ok(())
}

/// Checks the frame and gives what stands in it: the items, and the digest if there is one.
#[inline]
fn open<'b>(bytes: &'b [u8], envelope: Envelope<'_>) -> Result<(&'b [u8], Option<u64>), Refused> {
    let ([version, flags, length], rest) =
        bytes.split_first_chunk::<HEAD>().ok_or(Refused::Short)?;
    let rest = if envelope.is_sealed() {
        rest
    } else {
        // Looked at now, so that "too short" is said before anything else; believed below.
        rest.get(..rest.len().checked_sub(CHECKSUM).ok_or(Refused::Short)?)
            .ok_or(Refused::Short)?
    };
    if *version != VERSION {
        return Err(Refused::Version { version: *version });
    }
    let (label, rest) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(Refused::Label)?;
    if label != envelope.label() {
        return Err(Refused::Label);
    }
    if !envelope.is_sealed() {
        let (body, checksum) = bytes.split_last_chunk().ok_or(Refused::Short)?;
        if crc32(body) != u32::from_le_bytes(*checksum) {
            return Err(Refused::Checksum);
        }
    }
    if flags & FLAG_DIGEST == 0 {
        return Ok((rest, None));
    }
    let (items, digest) = rest.split_last_chunk::<DIGEST>().ok_or(Refused::Short)?;
    Ok((items, Some(u64::from_le_bytes(*digest))))
}

/// Hands one item on; `None` if its body is malformed.
#[inline]
fn read_item<P: WirePeer>(
    item: Framed<'_>,
    counters: &mut Counters,
    sink: &mut impl Sink<P>,
) -> Option<()> {
    match item.kind {
        kind::ALIVE => read_alive(item.body, counters, sink),
        kind::SUSPECT | kind::DEAD | kind::LEFT => {
            sink.message(&rumour(item)?);
            Some(())
        }
        kind::PING | kind::PING_REQ | kind::ACK | kind::NACK => {
            sink.message(&probe(item)?);
            Some(())
        }
        kind::USER => {
            Counters::count(&mut counters.user_messages);
            sink.user(item.body);
            Some(())
        }
        _ => {
            Counters::count(&mut counters.items_unknown);
            Some(())
        }
    }
}

#[inline]
fn read_alive<P: WirePeer>(
    body: &[u8],
    counters: &mut Counters,
    sink: &mut impl Sink<P>,
) -> Option<()> {
    let (incarnation, rest) = take_u32(body)?;
    let incarnation = Incarnation(incarnation);
    let (key, _) = P::take_key(rest)?;
    if !sink.wants(key, incarnation, State::Alive) {
        Counters::count(&mut counters.alives_known);
        return Some(());
    }
    if sink.alive(incarnation, rest) {
        return Some(());
    }
    match P::take(rest) {
        // What was asked about is what is handed on, also if a type breaks the law of `WirePeer`.
        Some((peer, _)) if peer.has_key(key) => sink.message(&Message::Alive {
            peer: &peer,
            incarnation,
        }),
        _ => Counters::count(&mut counters.peers_malformed),
    }
    Some(())
}

#[inline]
fn rumour<P: WirePeer>(item: Framed<'_>) -> Option<Message<'_, P>> {
    let (incarnation, rest) = take_u32(item.body)?;
    let incarnation = Incarnation(incarnation);
    let (key, rest) = P::take_key(rest)?;
    Some(match item.kind {
        kind::DEAD => Message::Dead { key, incarnation },
        kind::LEFT => Message::Left { key, incarnation },
        _ => Message::Suspect {
            key,
            incarnation,
            accuser: Name::Hash(take_u32(rest)?.0),
        },
    })
}

#[inline(always)]
fn probe<P: WirePeer>(item: Framed<'_>) -> Option<Message<'_, P>> {
    let (seq, rest) = take_u32(item.body)?;
    Some(match item.kind {
        kind::PING => {
            let (incarnation, rest) = take_u32(rest)?;
            let (target, rest) = take_u32(rest)?;
            let (source, _) = P::take_key(rest)?;
            Message::Ping {
                seq,
                target: Name::Hash(target),
                source,
                incarnation: Incarnation(incarnation),
            }
        }
        kind::PING_REQ => {
            let (millis, rest) = take_u32(rest)?;
            let (flags, rest) = rest.split_first()?;
            let (target, _) = P::take_key(rest)?;
            Message::PingReq {
                seq,
                target,
                at: None,
                share: Duration::from_millis(u64::from(millis)),
                nack: flags & 1 == 1,
            }
        }
        kind::ACK if rest.is_empty() => Message::Ack { seq, payload: &[] },
        kind::ACK => Message::Ack {
            seq,
            payload: take_value(rest)?.0,
        },
        _ => Message::Nack { seq },
    })
}
