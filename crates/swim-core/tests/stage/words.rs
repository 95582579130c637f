//! What is said on the stage: owned messages that compare, print like log lines, and turn into the core's.

use core::fmt;
use core::time::Duration;
use std::sync::OnceLock;

use swim_core::{Compose, Full, Incarnation, Message, Name, Peer, name_hash};

/// A member of the cast: a name, an address, and a line of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) at: u16,
    pub(crate) note: &'static str,
}

impl Person {
    pub(crate) const fn at(self, at: u16) -> Self {
        Self { at, ..self }
    }

    pub(crate) const fn noting(self, note: &'static str) -> Self {
        Self { note, ..self }
    }
}

impl Peer for Person {
    type Key<'a> = &'static str;
    type Addr = u16;

    fn key(&self) -> &'static str {
        self.name
    }

    fn has_key(&self, key: &'static str) -> bool {
        self.name == key
    }

    fn addr(&self) -> &u16 {
        &self.at
    }
}

/// Where a member of the cast lives: "a" at 1, "b" at 2, …, "m000" of a crowd at 100.
pub(crate) fn address(name: &str) -> u16 {
    match name.as_bytes() {
        [letter @ b'a'..=b'z'] => u16::from(letter - b'a') + 1,
        [b'm', digits @ ..] => {
            let number = core::str::from_utf8(digits).expect("ASCII");
            100 + number.parse::<u16>().expect("crowd names are m and digits")
        }
        _ => panic!("nobody on the stage is called {name}"),
    }
}

/// The member of that name at its own address, without metadata.
pub(crate) fn person(name: &'static str) -> Person {
    Person {
        name,
        at: address(name),
        note: "",
    }
}

/// The names of a crowd: m000, m001, …
pub(crate) fn crowd_name(number: usize) -> &'static str {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| (0..300).map(|n| format!("m{n:03}")).collect());
    &names[number]
}

/// One message, owned.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Ping {
        seq: u32,
        target: u32,
        source: &'static str,
        incarnation: u32,
    },
    PingReq {
        seq: u32,
        target: &'static str,
        share: Duration,
        nack: bool,
    },
    Ack {
        seq: u32,
        payload: Vec<u8>,
    },
    Nack {
        seq: u32,
    },
    Alive {
        peer: Person,
        incarnation: u32,
    },
    Suspect {
        key: &'static str,
        incarnation: u32,
        accuser: u32,
    },
    Dead {
        key: &'static str,
        incarnation: u32,
    },
    Left {
        key: &'static str,
        incarnation: u32,
    },
    Digest(u64),
}

/// "Are you there, a?", asked by `source` at incarnation 1.
pub(crate) fn ping_by(source: &'static str, seq: u32) -> Said {
    ping_for("a", source, 1, seq)
}

pub(crate) fn ping_for(
    target: &'static str,
    source: &'static str,
    incarnation: u32,
    seq: u32,
) -> Said {
    Said::Ping {
        seq,
        target: name_hash(&target),
        source,
        incarnation,
    }
}

/// "Ping `target` for me within half a second, and nack if it is silent."
pub(crate) fn ping_req(target: &'static str, seq: u32) -> Said {
    Said::PingReq {
        seq,
        target,
        share: Duration::from_millis(500),
        nack: true,
    }
}

pub(crate) const fn ack(seq: u32) -> Said {
    let payload = Vec::new();
    Said::Ack { seq, payload }
}

pub(crate) const fn nack(seq: u32) -> Said {
    Said::Nack { seq }
}

pub(crate) fn alive(name: &'static str, incarnation: u32) -> Said {
    alive_as(person(name), incarnation)
}

pub(crate) const fn alive_as(peer: Person, incarnation: u32) -> Said {
    Said::Alive { peer, incarnation }
}

pub(crate) fn suspect(key: &'static str, incarnation: u32, accuser: &'static str) -> Said {
    Said::Suspect {
        key,
        incarnation,
        accuser: name_hash(&accuser),
    }
}

pub(crate) const fn dead(key: &'static str, incarnation: u32) -> Said {
    Said::Dead { key, incarnation }
}

pub(crate) const fn left(key: &'static str, incarnation: u32) -> Said {
    Said::Left { key, incarnation }
}

impl Said {
    pub(crate) fn of(message: &Message<'_, Person>) -> Self {
        match *message {
            Message::Ping {
                seq,
                target,
                source,
                incarnation,
            } => Self::Ping {
                seq,
                target: target.hash(),
                source,
                incarnation: incarnation.0,
            },
            Message::PingReq {
                seq,
                target,
                share,
                nack,
                ..
            } => Self::PingReq {
                seq,
                target,
                share,
                nack,
            },
            Message::Ack { seq, payload } => Self::Ack {
                seq,
                payload: payload.to_vec(),
            },
            Message::Nack { seq } => Self::Nack { seq },
            Message::Alive { peer, incarnation } => alive_as(*peer, incarnation.0),
            Message::Suspect {
                key,
                incarnation,
                accuser,
            } => Self::Suspect {
                key,
                incarnation: incarnation.0,
                accuser: accuser.hash(),
            },
            Message::Dead { key, incarnation } => dead(key, incarnation.0),
            Message::Left { key, incarnation } => left(key, incarnation.0),
            Message::Digest(digest) => Self::Digest(digest),
            _ => panic!("the stage does not know {message:?} yet"),
        }
    }

    pub(crate) fn message(&self) -> Message<'_, Person> {
        match *self {
            Self::Ping {
                seq,
                target,
                source,
                incarnation,
            } => Message::Ping {
                seq,
                target: Name::Hash(target),
                source,
                incarnation: Incarnation(incarnation),
            },
            Self::PingReq {
                seq,
                target,
                share,
                nack,
            } => Message::PingReq {
                seq,
                target,
                at: None,
                share,
                nack,
            },
            Self::Ack { seq, ref payload } => Message::Ack { seq, payload },
            Self::Nack { seq } => Message::Nack { seq },
            Self::Alive {
                ref peer,
                incarnation,
            } => Message::Alive {
                peer,
                incarnation: Incarnation(incarnation),
            },
            Self::Suspect {
                key,
                incarnation,
                accuser,
            } => Message::Suspect {
                key,
                incarnation: Incarnation(incarnation),
                accuser: Name::Hash(accuser),
            },
            Self::Dead { key, incarnation } => Message::Dead {
                key,
                incarnation: Incarnation(incarnation),
            },
            Self::Left { key, incarnation } => Message::Left {
                key,
                incarnation: Incarnation(incarnation),
            },
            Self::Digest(digest) => Message::Digest(digest),
        }
    }

    /// Whether this is news, the kind of message that spreads.
    pub(crate) const fn is_news(&self) -> bool {
        matches!(
            self,
            Self::Alive { .. } | Self::Suspect { .. } | Self::Dead { .. } | Self::Left { .. }
        )
    }

    /// What a message costs in a datagram of the stage: about what the native format takes.
    const fn size(&self) -> usize {
        match self {
            Self::Alive { .. } => 48,
            Self::PingReq { .. } => 32,
            Self::Ping { .. } | Self::Suspect { .. } => 28,
            Self::Dead { .. } | Self::Left { .. } => 24,
            Self::Ack { payload, .. } => 8 + payload.len(),
            Self::Nack { .. } | Self::Digest(_) => 8,
        }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

/// A datagram as a list of messages, of a stated size.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) said: Vec<Said>,
    used: usize,
    capacity: usize,
}

/// What the stage's frame costs.
const FRAME: usize = 8;

impl Sheet {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self {
            said: Vec::new(),
            used: FRAME,
            capacity,
        }
    }
}

impl Compose<Person> for Sheet {
    fn clear(&mut self) {
        self.said.clear();
        self.used = FRAME;
    }

    fn push(&mut self, message: &Message<'_, Person>) -> Result<(), Full> {
        let said = Said::of(message);
        if self.used + said.size() > self.capacity {
            return Err(Full);
        }
        self.used += said.size();
        self.said.push(said);
        Ok(())
    }

    fn len(&self) -> usize {
        self.used
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn is_empty(&self) -> bool {
        self.said.is_empty()
    }
}
