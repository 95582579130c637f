//! One exchange of rosters over one stream, without I/O (P5).
//!
//! The driver owns the stream, two buffers and some words of scratch; this turns the node's roster into bytes and bytes
//! into the node's records. It keeps no bytes itself: what the other side can't take is not made yet, and what we can't
//! take stays in the driver's buffer.
//!
//! The two sides take turns. The opener says hello with a salted digest of its view; the answerer says whether its own is
//! equal, and if not, how the difference is to be found: by sums over buckets of members, or, where much is expected to
//! differ, by one hash a member. Then each sends only what the other lacks.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod read;
mod scratch;
mod view;
mod write;

use core::fmt;

use crate::node::Node;
use crate::output::{ExchangeFailed, ExchangeId, Exchanged, Reason};
use crate::peer::Incarnation;
use crate::time::Instant;
use crate::wire::{Counters, Envelope, Refusal, WirePeer};

use scratch::HashList;

/// One side of one exchange.
///
/// ```text
/// loop:
///     read from the stream behind what is left in the input buffer
///     consumed = exchange.handle_read(now, node, input)?      drop so many bytes from the buffer's front
///     written = exchange.poll_write(node, output)             write them all to the stream; again until it says 0
///     if exchange.outcome() is Some: end. The stream is done once the last bytes are written
///     if exchange.waits(): come again after the node has heard something
/// node.handle_exchange(now, exchange.id(), outcome)
/// ```
///
/// Both buffers should have [`MAX_FRAME`](crate::wire::MAX_FRAME) bytes. An output buffer may be smaller: records that
/// don't fit are left out and counted. An input buffer may be as small as the other side's largest record.
///
/// Time limits are the driver's: a stream that stalls for longer than
/// [`ExchangeConfig::timeout`](crate::ExchangeConfig::timeout) has failed, whatever comes afterwards.
///
/// `S` is how the words of scratch are held: lent (`&mut [u32]`), or owned (`Vec<u32>`, `Box<[u32]>`) where the session
/// outlives the function that opened it.
#[derive(Debug)]
pub struct Exchange<'x, S = &'x mut [u32]> {
    id: ExchangeId,
    label: &'x [u8],
    opener: bool,
    turn: Turn,
    terms: Terms,
    /// How far the present turn has come: a slot, or a place in a list.
    cursor: u32,
    scratch: S,
    /// Frames that may still come.
    frames_left: u32,
    waits: bool,
    refusal: Option<Refusal>,
    counters: Counters,
    outcome: Option<Result<Exchanged, ExchangeFailed>>,
}

/// What the two sides have told each other.
#[derive(Clone, Copy, Debug)]
struct Terms {
    why: Reason,
    salt: u64,
    /// The other side's last salted digest.
    theirs: u64,
    /// Our incarnation when we introduced ourselves.
    introduced: Incarnation,
    compare: Compare,
}

/// How the difference is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    /// By sums over so many buckets, as a power of two (3); 0: everything counts as different.
    Buckets { bits: u8 },
    /// By a hash for each up member (3′): so many were sent.
    Hashes { count: u32 },
}

/// Whose turn it is. While we write, nothing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Write(Write),
    Read(Read),
    Over,
}

/// What is written next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Hello,
    /// Our own record. The answerer has decided, and knows in which slot it holds otherwise what the opener says of
    /// itself.
    Own(Option<(Verdict, Option<u32>)>),
    /// What we hold of the opener, in that slot (the echo, P8).
    Echo(u32, Verdict),
    /// Others to try.
    Others,
    Answer(Verdict),
    Sums,
    Hashes,
    Compared,
    Bits,
    Records,
    End,
    Close,
}

/// How the answerer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    Differs,
    Busy,
    Refused(Refusal),
    Here,
}

/// What must come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    Hello,
    /// The opener's own record.
    Own {
        busy: bool,
    },
    /// The answerer's own record and others, then its answer.
    Answer,
    /// Sums or hashes, then an end mark.
    Comparison,
    /// More sums, or the end mark.
    Sums,
    /// More hashes, or the end mark.
    Hashes,
    /// Bits, then records, then an end mark (to the opener) or the closing (to the answerer).
    Records,
    Close,
}

/// What came is not the format: end the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stream is malformed: {}", self.what)
    }
}

impl core::error::Error for Malformed {}

/// As many frames as the largest roster has members, twice.
const MOST_FRAMES: u32 = 1 << 21;
/// Up to so many members, hashes are sent instead of sums (P5, 3′).
const FEW_MEMBERS: u32 = 128;
/// Records of others in a busy answer (P5).
const OTHERS: usize = 3;

impl Exchange<'_> {
    /// Words of scratch that serve a cluster of so many members well: 4 a member up to 1,024 members. Fewer are possible, down to
    /// none: the difference is then found less exactly, and more records are sent than need be.
    #[must_use]
    pub const fn scratch_for(members: u32) -> usize {
        let few = if members < 1_024 { members } else { 1_024 };
        let hashes = (few as usize).saturating_mul(4);
        let bits = scratch::buckets_for(members);
        let slots = scratch::words_for(members).saturating_add(scratch::words_for(1 << bits));
        let buckets = scratch::words_for_buckets(bits);
        let more = if slots > buckets { slots } else { buckets };
        if hashes > more { hashes } else { more }
    }
}

impl<'x, S: AsRef<[u32]> + AsMut<[u32]>> Exchange<'x, S> {
    /// The opener's side of the exchange that `Output::Exchange` or `join` asked for.
    ///
    /// `salt` must be unpredictable, and another for each exchange. Of `envelope` only the label counts. For `scratch`
    /// see [`scratch_for`](Exchange::scratch_for).
    #[must_use]
    pub const fn open(
        id: ExchangeId,
        why: Reason,
        envelope: Envelope<'x>,
        salt: u64,
        scratch: S,
    ) -> Self {
        let mut exchange = Self::accept(id, envelope, scratch);
        exchange.opener = true;
        exchange.turn = Turn::Write(Write::Hello);
        exchange.terms.why = why;
        exchange.terms.salt = salt;
        exchange
    }

    /// The answerer's side of a stream that came in, with the id that [`Node::accept`] gave.
    #[must_use]
    pub const fn accept(id: ExchangeId, envelope: Envelope<'x>, scratch: S) -> Self {
        Self {
            id,
            label: envelope.label(),
            opener: false,
            turn: Turn::Read(Read::Hello),
            terms: Terms {
                why: Reason::Timed,
                salt: 0,
                theirs: 0,
                introduced: Incarnation(0),
                compare: Compare::Buckets { bits: 0 },
            },
            cursor: 0,
            scratch,
            frames_left: MOST_FRAMES,
            waits: false,
            refusal: None,
            counters: Counters::NONE,
            outcome: None,
        }
    }

    /// Which exchange this is.
    #[must_use]
    pub const fn id(&self) -> ExchangeId {
        self.id
    }

    /// How it ended; `None` while it runs. What [`poll_write`](Self::poll_write) gave must still reach the other side.
    #[must_use]
    pub const fn outcome(&self) -> Option<Result<Exchanged, ExchangeFailed>> {
        self.outcome
    }

    /// Whether it has ended.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether nothing can be written before the node has heard more: the answerer of a join holds its last frame back
    /// until it knows whether the joiner can be reached (P17). Poll again after the node's next fact or time-out.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.waits
    }

    /// Why it was refused, by us or by the other side, if it was.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// What came in, and what was skipped.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Writes frames to the front of `out` and says how many bytes that took: 0 if there is nothing to write now.
    ///
    /// Lend the whole, empty output buffer. Call again until it says 0.
    pub fn poll_write<P: WirePeer>(&mut self, node: &mut Node<'_, P>, out: &mut [u8]) -> usize {
        if out.is_empty() {
            return 0;
        }
        self.write(node, out)
    }

    /// Reads whole frames from the front of `input`, and says how many bytes that took. Keep the rest, and lend it again
    /// with what comes behind it. While it is our turn to write, nothing is taken.
    ///
    /// # Errors
    /// [`Malformed`]: the exchange has ended, end the stream. Records merged before stay merged.
    pub fn handle_read<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        input: &[u8],
    ) -> Result<usize, Malformed> {
        self.read(now, node, input).inspect_err(|_| {
            self.end(Err(ExchangeFailed::Malformed));
        })
    }

    const fn end(&mut self, how: Result<Exchanged, ExchangeFailed>) {
        self.turn = Turn::Over;
        self.waits = false;
        if self.outcome.is_none() {
            self.outcome = Some(how);
        }
    }

    /// The next turn begins; the cursor starts anew.
    const fn turn_to(&mut self, turn: Turn) {
        self.turn = turn;
        self.cursor = 0;
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal = Some(refusal);
        self.turn_to(Turn::Write(Write::Answer(Verdict::Refused(refusal))));
    }

    /// Our own sums over 2^`bits` buckets, and, with the answerer, a bit for each that differs.
    fn sums(&mut self, bits: u8) -> (&mut [u32], &mut [u32]) {
        let buckets = if bits == 0 { 0 } else { 1 << bits };
        self.scratch
            .as_mut()
            .split_at_mut_checked(buckets)
            .unwrap_or_default()
    }

    /// A bit for each bucket that differs; and, with the opener, once its sums are sent, a bit for each of our slots
    /// whose record the answerer has as new as we do.
    fn bucket_bits(&mut self, bits: u8) -> (&mut [u32], &mut [u32]) {
        if !self.opener {
            return (self.sums(bits).1, &mut []);
        }
        let buckets = if bits == 0 {
            0
        } else {
            scratch::words_for(1 << bits)
        };
        self.scratch
            .as_mut()
            .split_at_mut_checked(buckets)
            .unwrap_or_default()
    }

    fn hash_list(&mut self) -> Option<HashList<'_>> {
        HashList::over(self.scratch.as_mut())
    }
}
