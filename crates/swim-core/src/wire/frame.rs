//! The frames of a stream: kind, length, body, like the items of a datagram.

pub(crate) use super::bytes::Framed;
use super::bytes::{TAG, Writer, put_framed, take_framed, take_tag, take_u32, take_u64};
use super::{CHUNK, MAX_FRAME, VERSION, WirePeer};
use crate::message::Full;
use crate::output::Reason;
use crate::peer::{Incarnation, Member, MemberRef, State};

/// Kinds of frames. A number, once given, is never given to anything else.
pub(crate) mod kind {
    pub(crate) const HELLO: u8 = 1;
    pub(crate) const OWN: u8 = 2;
    pub(crate) const ANSWER: u8 = 3;
    pub(crate) const RECORD: u8 = 4;
    pub(crate) const SUMS: u8 = 5;
    pub(crate) const HASHES: u8 = 6;
    pub(crate) const BITS: u8 = 7;
    pub(crate) const END: u8 = 8;
    pub(crate) const CLOSE: u8 = 9;
}

/// The opener's first frame. The version stays its first byte in every major version, so that a refusal is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hello<'b> {
    pub(crate) label: &'b [u8],
    pub(crate) why: Reason,
    pub(crate) salt: u64,
    /// The opener's whole digest under that salt.
    pub(crate) digest: u64,
    /// The most buckets that the opener has room for, as a power of two; 0: none.
    pub(crate) bucket_bits: u8,
    /// What should be equal across the cluster (P17).
    pub(crate) settings: u32,
    /// Whom a ping means: the hash of its key (R93). It stands behind the settings; the first openers sent none.
    pub(crate) target: Option<u32>,
}

/// Why a stream was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The other side speaks another major version.
    Version {
        /// Which one.
        version: u8,
    },
    /// The other side belongs to a cluster with another label.
    Label,
    /// A ping over a stream for another name: that member is not here.
    Name,
    /// A reason that only a newer version knows.
    Other {
        /// Its number.
        number: u8,
    },
}

/// How the answerer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The views are equal.
    Same,
    /// They differ: go on.
    Differs {
        /// As a power of two; 0: everything counts as different.
        bucket_bits: u8,
        /// How many hashes may be sent instead of sums.
        hashes: u32,
    },
    /// Too much to do; others to try stand in the records before.
    Busy,
    Refused(Refusal),
    /// A ping over a stream: that is all.
    Here,
}

/// The last frame of each side that exchanged records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) digest: u64,
    /// The joiner's advertised address does not answer (P17).
    pub(crate) unreachable: bool,
}

/// The head of a record: enough to decide whether the peer value is to be built.
#[derive(Debug)]
pub(crate) struct RecordHead<'b, P: WirePeer> {
    pub(crate) key: P::Key<'b>,
    pub(crate) incarnation: Incarnation,
    pub(crate) state: State,
    peer: &'b [u8],
}

impl<P: WirePeer> RecordHead<'_, P> {
    /// The whole record; `None` if its peer value can't be.
    pub(crate) fn build(&self) -> Option<Member<P>> {
        Some(Member {
            peer: P::take(self.peer)?.0,
            state: self.state,
            incarnation: self.incarnation,
        })
    }
}

/// A frame longer than [`MAX_FRAME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameTooLong;

/// The first frame and how many bytes it takes; `None` while it isn't there whole.
pub(crate) fn take_frame(bytes: &[u8]) -> Result<Option<(Framed<'_>, usize)>, FrameTooLong> {
    let Some((_, length, _)) = take_tag(bytes) else {
        return Ok(None);
    };
    if length.saturating_add(TAG) > MAX_FRAME {
        return Err(FrameTooLong);
    }
    let Some((frame, rest)) = take_framed(bytes) else {
        return Ok(None);
    };
    Ok(Some((frame, bytes.len().saturating_sub(rest.len()))))
}

/// Writes a frame, whole or not at all.
fn put(
    room: &mut [u8],
    kind: u8,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
) -> Result<usize, Full> {
    let most = room.len().min(MAX_FRAME);
    put_framed(room.get_mut(..most).ok_or(Full)?, kind, body)
}

pub(crate) fn put_hello(room: &mut [u8], hello: &Hello<'_>) -> Result<usize, Full> {
    put(room, kind::HELLO, |to| {
        let length = u8::try_from(hello.label.len()).map_err(|_| Full)?;
        to.bytes(&[VERSION, length])?;
        to.bytes(hello.label)?;
        to.byte(number_of(hello.why))?;
        to.u64(hello.salt)?;
        to.u64(hello.digest)?;
        to.byte(hello.bucket_bits)?;
        to.u32(hello.settings)?;
        hello.target.map_or(Ok(()), |target| to.u32(target))
    })
}

/// The version is looked at before all else: of another one nothing more is known.
pub(crate) fn take_hello(body: &[u8]) -> Option<Result<Hello<'_>, Refusal>> {
    let (version, rest) = body.split_first()?;
    if *version != VERSION {
        let version = *version;
        return Some(Err(Refusal::Version { version }));
    }
    let (length, rest) = rest.split_first()?;
    let (label, rest) = rest.split_at_checked(usize::from(*length))?;
    let (why, rest) = rest.split_first()?;
    let (salt, rest) = take_u64(rest)?;
    let (digest, rest) = take_u64(rest)?;
    let (bucket_bits, rest) = rest.split_first()?;
    let (settings, rest) = take_u32(rest)?;
    let why = reason_of(*why);
    let named = (why == Reason::Ping).then(|| take_u32(rest)).flatten();
    Some(Ok(Hello {
        label,
        why,
        salt,
        digest,
        bucket_bits: *bucket_bits,
        settings,
        target: named.map(|(target, _)| target),
    }))
}

pub(crate) fn put_answer(room: &mut [u8], answer: Answer) -> Result<usize, Full> {
    put(room, kind::ANSWER, |to| match answer {
        Answer::Same => to.byte(0),
        Answer::Differs {
            bucket_bits,
            hashes,
        } => {
            to.bytes(&[1, bucket_bits])?;
            to.u32(hashes)
        }
        Answer::Busy => to.byte(2),
        Answer::Refused(Refusal::Version { .. }) => to.bytes(&[3, 1, VERSION]),
        Answer::Refused(Refusal::Label) => to.bytes(&[3, 2]),
        Answer::Refused(Refusal::Name) => to.bytes(&[3, 3]),
        Answer::Refused(Refusal::Other { number }) => to.bytes(&[3, number]),
        Answer::Here => to.byte(4),
    })
}

pub(crate) fn take_answer(body: &[u8]) -> Option<Answer> {
    let (status, rest) = body.split_first()?;
    Some(match status {
        0 => Answer::Same,
        1 => {
            let (bucket_bits, rest) = rest.split_first()?;
            Answer::Differs {
                bucket_bits: *bucket_bits,
                hashes: take_u32(rest)?.0,
            }
        }
        2 => Answer::Busy,
        3 => Answer::Refused(match *rest {
            [1, version, ..] => Refusal::Version { version },
            [2, ..] => Refusal::Label,
            [3, ..] => Refusal::Name,
            [number, ..] => Refusal::Other { number },
            [] => return None,
        }),
        4 => Answer::Here,
        _ => return None,
    })
}

/// A record, or with [`kind::OWN`] the sender's own.
pub(crate) fn put_record<P: WirePeer>(
    room: &mut [u8],
    kind: u8,
    member: &MemberRef<'_, P>,
) -> Result<usize, Full> {
    put(room, kind, |to| {
        to.u32(member.incarnation.0)?;
        to.byte(number_of_state(member.state))?;
        member.peer.put(to)
    })
}

pub(crate) fn take_record<P: WirePeer>(body: &[u8]) -> Option<RecordHead<'_, P>> {
    let (incarnation, rest) = take_u32(body)?;
    let (state, peer) = rest.split_first()?;
    Some(RecordHead {
        key: P::take_key(peer)?.0,
        incarnation: Incarnation(incarnation),
        state: state_of(*state)?,
        peer,
    })
}

/// A frame of as many parts as there are and as fit into [`CHUNK`] bytes: how many bytes it takes, 0 if there are no parts.
/// Takes no part that it doesn't write.
pub(crate) fn put_chunk<const N: usize>(
    room: &mut [u8],
    kind: u8,
    parts: impl IntoIterator<Item = [u8; N]>,
) -> Result<usize, Full> {
    let mut parts = parts.into_iter();
    let most = room.len().min(CHUNK);
    let mut nothing = false;
    let taken = put_framed(room.get_mut(..most).ok_or(Full)?, kind, |to| {
        // One byte is spared for a body whose length takes two.
        if to.left() <= N {
            return Err(Full);
        }
        while to.left() > N {
            let Some(part) = parts.next() else { break };
            to.bytes(&part)?;
        }
        nothing = to.is_empty();
        Ok(())
    })?;
    Ok(if nothing { 0 } else { taken })
}

/// An end mark.
pub(crate) fn put_end(room: &mut [u8]) -> Result<usize, Full> {
    put(room, kind::END, |_| Ok(()))
}

pub(crate) fn put_close(room: &mut [u8], close: Close) -> Result<usize, Full> {
    put(room, kind::CLOSE, |to| {
        to.byte(u8::from(close.unreachable))?;
        to.u64(close.digest)
    })
}

pub(crate) fn take_close(body: &[u8]) -> Option<Close> {
    let (flags, rest) = body.split_first()?;
    let (digest, _) = take_u64(rest)?;
    Some(Close {
        digest,
        unreachable: flags & 1 == 1,
    })
}

const fn number_of(why: Reason) -> u8 {
    match why {
        Reason::Join => 1,
        Reason::Settle => 2,
        Reason::Timed => 3,
        Reason::Differs => 4,
        Reason::Reconnect => 5,
        Reason::Seed => 6,
        Reason::Ping => 7,
    }
}

/// A reason that only a newer version knows is answered like the usual one.
const fn reason_of(number: u8) -> Reason {
    match number {
        1 => Reason::Join,
        2 => Reason::Settle,
        4 => Reason::Differs,
        5 => Reason::Reconnect,
        6 => Reason::Seed,
        7 => Reason::Ping,
        _ => Reason::Timed,
    }
}

const fn number_of_state(state: State) -> u8 {
    match state {
        State::Alive => 0,
        State::Suspect => 1,
        State::Dead => 2,
        State::Left => 3,
    }
}

const fn state_of(number: u8) -> Option<State> {
    Some(match number {
        0 => State::Alive,
        1 => State::Suspect,
        2 => State::Dead,
        3 => State::Left,
        _ => return None,
    })
}

#[cfg(test)]
mod golden;

#[cfg(test)]
mod tests {
    use super::*;

    const REASONS: [Reason; 7] = [
        Reason::Join,
        Reason::Settle,
        Reason::Timed,
        Reason::Differs,
        Reason::Reconnect,
        Reason::Seed,
        Reason::Ping,
    ];

    fn body_of(room: &[u8], taken: usize) -> (u8, &[u8]) {
        let (frame, whole) = take_frame(&room[..taken]).unwrap().unwrap();
        assert_eq!(whole, taken);
        for cut in 0..taken {
            assert_eq!(take_frame(&room[..cut]), Ok(None), "cut at {cut}");
        }
        (frame.kind, frame.body)
    }

    #[test]
    fn p5_every_hello_is_read_as_it_was_written() {
        let mut room = [0; MAX_FRAME];
        for (why, label) in REASONS
            .into_iter()
            .zip(["", "a", "prod", "x", "y", "z", "w"])
        {
            let hello = Hello {
                label: label.as_bytes(),
                why,
                salt: 0x0102_0304_0506_0708,
                digest: u64::MAX,
                bucket_bits: 12,
                settings: 0xA1B2_C3D4,
                target: (why == Reason::Ping).then_some(0x0A0B_0C0D),
            };
            let taken = put_hello(&mut room, &hello).unwrap();
            let (kind, body) = body_of(&room, taken);
            assert_eq!(kind, kind::HELLO);
            assert_eq!(take_hello(body), Some(Ok(hello)));
            let older = Hello {
                target: None,
                ..hello
            };
            let named = if hello.target.is_some() { 4 } else { 0 };
            for cut in 0..body.len() {
                let whole = cut + named >= body.len();
                let read = whole.then_some(Ok(older));
                assert_eq!(take_hello(&body[..cut]), read, "cut at {cut}");
            }
        }
    }

    #[test]
    fn p10_a_hello_of_another_major_version_is_known_by_its_first_byte() {
        let refusal = Refusal::Version { version: 2 };
        assert_eq!(take_hello(&[2]), Some(Err(refusal)));
        assert_eq!(take_hello(&[2, 200, 1]), Some(Err(refusal)));
    }

    #[test]
    fn p5_every_answer_is_read_as_it_was_written() {
        let mut room = [0; MAX_FRAME];
        let answers = [
            Answer::Same,
            Answer::Differs {
                bucket_bits: 6,
                hashes: 128,
            },
            Answer::Busy,
            Answer::Refused(Refusal::Version { version: VERSION }),
            Answer::Refused(Refusal::Label),
            Answer::Refused(Refusal::Name),
            Answer::Refused(Refusal::Other { number: 77 }),
            Answer::Here,
        ];
        for answer in answers {
            let taken = put_answer(&mut room, answer).unwrap();
            let (kind, body) = body_of(&room, taken);
            assert_eq!((kind, take_answer(body)), (kind::ANSWER, Some(answer)));
            assert_eq!(take_answer(&body[..0]), None);
        }
        assert_eq!(take_answer(&[5]), None, "no such status");
    }

    #[test]
    fn p5_a_close_is_read_as_it_was_written() {
        let mut room = [0; 16];
        for unreachable in [false, true] {
            let close = Close {
                digest: 0x1122_3344_5566_7788,
                unreachable,
            };
            let taken = put_close(&mut room, close).unwrap();
            let (kind, body) = body_of(&room, taken);
            assert_eq!((kind, take_close(body)), (kind::CLOSE, Some(close)));
            assert_eq!(take_close(&body[..8]), None);
        }
    }

    #[test]
    fn an_endless_frame_is_refused_before_it_has_come() {
        assert_eq!(take_frame(&[9, 0xFF, 0xFF]), Err(FrameTooLong));
        assert_eq!(take_frame(&[9, 0xFF]), Ok(None));
    }

    #[test]
    fn a_chunk_takes_what_fits_and_leaves_the_rest() {
        let mut room = [0; 1_000];
        let mut parts = (0..100_u32).map(u32::to_le_bytes);
        let taken = put_chunk(&mut room, kind::SUMS, parts.by_ref()).unwrap();
        assert_eq!((taken, parts.len()), (3 + 63 * 4, 37));
        let taken = put_chunk(&mut room[..11], kind::SUMS, parts.by_ref()).unwrap();
        assert_eq!((taken, parts.len()), (2 + 2 * 4, 35));
        assert_eq!(
            put_chunk(&mut room[..6], kind::SUMS, parts.by_ref()),
            Err(Full)
        );
        assert_eq!(parts.len(), 35, "what isn't written isn't taken");
        assert_eq!(put_chunk::<4>(&mut room, kind::SUMS, []), Ok(0));
    }

    #[test]
    fn every_reason_and_state_has_its_number() {
        for why in REASONS {
            assert_eq!(reason_of(number_of(why)), why);
        }
        assert_eq!(reason_of(200), Reason::Timed);
        for state in [State::Alive, State::Suspect, State::Dead, State::Left] {
            assert_eq!(state_of(number_of_state(state)), Some(state));
        }
        assert_eq!(state_of(4), None);
    }
}
