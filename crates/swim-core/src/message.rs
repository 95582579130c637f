//! What nodes say to each other, typed. Bytes are made elsewhere, through [`Compose`].

use core::fmt::{self, Debug};
use core::hash::Hash;
use core::time::Duration;

use crate::hash::name_hash;
use crate::peer::{Incarnation, Peer};

/// A member named either by its whole key or by the key's public 32-bit hash.
///
/// The native wire format sends the hash (P10); formats that carry names send the key. Hash 0 names nobody.
pub enum Name<'m, P: Peer> {
    /// The key itself.
    Key(P::Key<'m>),
    /// [`name_hash`] of the key.
    Hash(u32),
}

impl<P: Peer> Name<'_, P> {
    /// Nobody: an accuser that is not known any more.
    pub const NOBODY: Self = Self::Hash(0);

    /// The 32-bit hash, whichever form this is.
    #[must_use]
    pub fn hash(&self) -> u32 {
        match self {
            Self::Key(key) => name_hash(key),
            Self::Hash(hash) => *hash,
        }
    }

    /// Whether this names `peer`.
    #[must_use]
    pub fn is(&self, peer: &P) -> bool {
        match self {
            Self::Key(key) => peer.has_key(*key),
            Self::Hash(hash) => name_hash(&peer.key()) == *hash,
        }
    }
}

/// One message. `Debug` prints it like a line of a log.
#[non_exhaustive]
pub enum Message<'m, P: Peer> {
    /// "Are you there?" (SWIM §3.1). Answered by an [`Ack`](Self::Ack) with the same number.
    Ping {
        /// Chosen by the sender, keyed-random (P14).
        seq: u32,
        /// Whom it is meant for: another process on a reused address must not answer (R93, R98).
        target: Name<'m, P>,
        /// The sender's key and incarnation, so that whoever holds it otherwise can say so (the echo, P8).
        source: P::Key<'m>,
        /// The sender's incarnation.
        incarnation: Incarnation,
    },
    /// "Ping that member for me" (SWIM §3.1).
    PingReq {
        /// The asker's number; comes back in the ack or nack.
        seq: u32,
        /// Whom to ping. Relays ping only members they hold, at the address held (P14).
        target: P::Key<'m>,
        /// The target's address as the asker holds it, for wire formats that carry it; `None` where they don't.
        at: Option<&'m P::Addr>,
        /// How much time the relay has; it nacks at 80 % of it (P13).
        share: Duration,
        /// Whether the asker wants a nack (Lifeguard §III-A).
        nack: bool,
    },
    /// "I am here", or a relay's "it is there".
    Ack {
        /// The ping's or ping-req's number.
        seq: u32,
        /// Bytes for the application, opaque to the protocol; empty here.
        payload: &'m [u8],
    },
    /// A relay's "no answer yet, but I hear you" (Lifeguard §III-A).
    Nack {
        /// The ping-req's number.
        seq: u32,
    },
    /// "This member is alive, and this is what it says about itself."
    Alive {
        /// The member.
        peer: &'m P,
        /// Its incarnation.
        incarnation: Incarnation,
    },
    /// "This member does not answer, says the accuser."
    Suspect {
        /// The member.
        key: P::Key<'m>,
        /// The incarnation that is suspected.
        incarnation: Incarnation,
        /// Who says so; [`Name::NOBODY`] starts a suspicion and confirms none.
        accuser: Name<'m, P>,
    },
    /// "This member is dead."
    Dead {
        /// The member.
        key: P::Key<'m>,
        /// The incarnation that died.
        incarnation: Incarnation,
    },
    /// "This member said goodbye."
    Left {
        /// The member.
        key: P::Key<'m>,
        /// The incarnation that left.
        incarnation: Incarnation,
    },
    /// One number for the sender's whole view (P3); the last item of a ping or an ack.
    Digest(u64),
}

impl<P: Peer> Clone for Name<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Peer> Copy for Name<'_, P> {}

impl<P: Peer> Clone for Message<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Peer> Copy for Message<'_, P> {}

impl<P: Peer> Debug for Name<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Hash(0) => f.write_str("nobody"),
            Self::Hash(hash) => write!(f, "#{hash:08x}"),
        }
    }
}

impl<P: Peer> Debug for Message<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping {
                seq,
                target,
                source,
                incarnation,
            } => {
                write!(
                    f,
                    "ping {target:?} seq={seq:08x} from={source:?}@{incarnation}"
                )
            }
            Self::PingReq {
                seq,
                target,
                share,
                nack,
                ..
            } => {
                write!(f, "ping-req {target:?} seq={seq:08x} share={share:?}")?;
                if *nack { f.write_str(" nack") } else { Ok(()) }
            }
            Self::Ack { seq, payload: [] } => write!(f, "ack seq={seq:08x}"),
            Self::Ack { seq, payload } => {
                write!(f, "ack seq={seq:08x} payload={} B", payload.len())
            }
            Self::Nack { seq } => write!(f, "nack seq={seq:08x}"),
            Self::Alive { peer, incarnation } => {
                write!(
                    f,
                    "alive {:?}@{incarnation} at={:?}",
                    peer.key(),
                    peer.addr()
                )
            }
            Self::Suspect {
                key,
                incarnation,
                accuser,
            } => {
                write!(f, "suspect {key:?}@{incarnation} says={accuser:?}")
            }
            Self::Dead { key, incarnation } => write!(f, "dead {key:?}@{incarnation}"),
            Self::Left { key, incarnation } => write!(f, "left {key:?}@{incarnation}"),
            Self::Digest(digest) => write!(f, "digest {digest:016x}"),
        }
    }
}

/// No room left: the message was not written, what was written before stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room left in the datagram")
    }
}

impl core::error::Error for Full {}

/// Where a node writes one datagram: the native format, another format, or a test's list of messages.
///
/// The node calls [`clear`](Self::clear) first, then pushes until it has nothing more to say or is told [`Full`].
/// Composing happens at the last moment, so gossip is always the freshest.
pub trait Compose<P: Peer> {
    /// Forgets what was written: a new datagram begins.
    fn clear(&mut self);
    /// Appends one message, whole or not at all.
    ///
    /// # Errors
    /// [`Full`] if it does not fit; a smaller one still may.
    fn push(&mut self, message: &Message<'_, P>) -> Result<(), Full>;
    /// Bytes written so far, frame included.
    fn len(&self) -> usize;
    /// Bytes that a datagram can hold.
    fn capacity(&self) -> usize;
    /// Whether nothing but the frame was written.
    fn is_empty(&self) -> bool;
}

/// Whether a key hashes like `hash`; for wire formats that carry names as hashes.
pub(crate) fn hashes_to(key: &(impl Hash + ?Sized), hash: u32) -> bool {
    name_hash(key) == hash
}
