//! One node alone with random facts and wishes, drained or not.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use swim_core::wire::{Counters, Datagram, Envelope, Sink};
use swim_core::{
    Config, Event, Exchange, ExchangeFailed, ExchangeId, Exchanged, Incarnation, Instant, Member,
    Message, Name, Node, Output, Reason, Roster, State, receive,
};
use swim_sim::{SimAddr, SimName, SimPeer};

/// What a node may hear or be asked for.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Ping {
        from: u32,
        seq: u32,
        incarnation: u32,
    },
    PingReq {
        from: u32,
        about: u32,
        seq: u32,
    },
    Ack {
        from: u32,
        seq: u32,
    },
    Nack {
        from: u32,
        seq: u32,
    },
    Alive {
        about: u32,
        incarnation: u32,
        meta: u32,
        moved: bool,
    },
    Suspect {
        about: u32,
        incarnation: u32,
        accuser: u32,
    },
    Dead {
        about: u32,
        incarnation: u32,
    },
    Left {
        about: u32,
        incarnation: u32,
    },
    Digest(u64),
    Record {
        about: u32,
        incarnation: u32,
        state: State,
    },
    Timeout,
    Join(u32),
    Accept(u32),
    EndExchange(bool),
    Update(u32),
    Leave,
}

/// By how much time moves before each fact, in milliseconds: mostly on, sometimes back.
pub(crate) fn facts() -> impl Strategy<Value = Vec<(i64, Fact)>> {
    let by = prop_oneof![
        6 => 0_i64..1_500,
        1 => -5_000_i64..0,
        1 => 5_000_i64..100_000,
    ];
    prop::collection::vec((by, fact()), 1..60)
}

/// Moves a clock, which stops at zero.
pub(crate) fn step(now: u64, by_millis: i64) -> u64 {
    now.saturating_add_signed(by_millis.saturating_mul(1_000))
}

pub(crate) fn fact() -> impl Strategy<Value = Fact> {
    // 0 is the node itself.
    let who = || 0_u32..20;
    let incarnation = || prop_oneof![8 => 0_u32..9, 1 => any::<u32>()];
    let seq = any::<u32>;
    let state = prop::sample::select(vec![State::Alive, State::Suspect, State::Dead, State::Left]);
    prop_oneof![
        1 => (who(), seq(), incarnation()).prop_map(|(from, seq, incarnation)| Fact::Ping { from, seq, incarnation }),
        1 => (who(), who(), seq()).prop_map(|(from, about, seq)| Fact::PingReq { from, about, seq }),
        1 => (who(), seq()).prop_map(|(from, seq)| Fact::Ack { from, seq }),
        1 => (who(), seq()).prop_map(|(from, seq)| Fact::Nack { from, seq }),
        4 => (who(), incarnation(), 0_u32..3, any::<bool>()).prop_map(|(about, incarnation, meta, moved)| {
            Fact::Alive { about, incarnation, meta, moved: moved && meta == 2 }
        }),
        2 => (who(), incarnation(), who()).prop_map(|(about, incarnation, accuser)| {
            Fact::Suspect { about, incarnation, accuser }
        }),
        1 => (who(), incarnation()).prop_map(|(about, incarnation)| Fact::Dead { about, incarnation }),
        1 => (who(), incarnation()).prop_map(|(about, incarnation)| Fact::Left { about, incarnation }),
        1 => any::<u64>().prop_map(Fact::Digest),
        1 => (who(), incarnation(), state).prop_map(|(about, incarnation, state)| {
            Fact::Record { about, incarnation, state }
        }),
        6 => Just(Fact::Timeout),
        1 => who().prop_map(Fact::Join),
        1 => who().prop_map(Fact::Accept),
        1 => any::<bool>().prop_map(Fact::EndExchange),
        1 => (0_u32..3).prop_map(Fact::Update),
        1 => Just(Fact::Leave),
    ]
}

fn address(of: u32) -> SimAddr {
    SimAddr::new(of + 1)
}

fn peer(about: u32, meta: u32, moved: bool) -> SimPeer {
    let addr = address(if moved { about + 100 } else { about });
    SimPeer::new(SimName::new(about), addr, meta)
}

impl Fact {
    /// The fact as a message, if it is one.
    pub(crate) fn message<T>(&self, to: impl FnOnce(&Message<'_, SimPeer>) -> T) -> Option<T> {
        let said;
        let key = |about| SimName::new(about);
        Some(to(&match *self {
            Self::Ping {
                from,
                seq,
                incarnation,
            } => Message::Ping {
                seq,
                target: Name::Hash(swim_core::name_hash(&key(0))),
                source: key(from),
                incarnation: Incarnation(incarnation),
            },
            Self::PingReq { about, seq, .. } => Message::PingReq {
                seq,
                target: key(about),
                at: None,
                share: Duration::from_millis(400),
                nack: seq.is_multiple_of(2),
            },
            Self::Ack { seq, .. } => Message::Ack { seq, payload: &[] },
            Self::Nack { seq, .. } => Message::Nack { seq },
            Self::Alive {
                about,
                incarnation,
                meta,
                moved,
            } => {
                said = peer(about, meta, moved);
                Message::Alive {
                    peer: &said,
                    incarnation: Incarnation(incarnation),
                }
            }
            Self::Suspect {
                about,
                incarnation,
                accuser,
            } => Message::Suspect {
                key: key(about),
                incarnation: Incarnation(incarnation),
                accuser: Name::Hash(swim_core::name_hash(&key(accuser))),
            },
            Self::Dead { about, incarnation } => Message::Dead {
                key: key(about),
                incarnation: Incarnation(incarnation),
            },
            Self::Left { about, incarnation } => Message::Left {
                key: key(about),
                incarnation: Incarnation(incarnation),
            },
            Self::Digest(digest) => Message::Digest(digest),
            _ => return None,
        }))
    }

    const fn from(&self) -> u32 {
        match *self {
            Self::Ping { from, .. }
            | Self::PingReq { from, .. }
            | Self::Ack { from, .. }
            | Self::Nack { from, .. } => from,
            _ => 1,
        }
    }
}

/// A node alone.
pub(crate) struct Lone<'s> {
    node: Node<'s, SimPeer>,
    exchanges: Vec<ExchangeId>,
    told: BTreeMap<SimName, (State, SimPeer)>,
}

impl Lone<'static> {
    pub(crate) fn new(seed: u64, capacity: usize) -> Self {
        Self::over(Roster::owned(capacity), seed)
    }
}

impl<'s> Lone<'s> {
    pub(crate) fn over(roster: Roster<'s, SimPeer>, seed: u64) -> Self {
        let me = peer(0, 0, false);
        let node = Node::new(me, Incarnation(4), Config::LAN, roster, seed, Instant::ZERO);
        Self {
            node: node.unwrap(),
            exchanges: Vec::new(),
            told: BTreeMap::new(),
        }
    }

    pub(crate) const fn node(&self) -> &Node<'s, SimPeer> {
        &self.node
    }

    pub(crate) fn members(&self) -> usize {
        self.node.members().count()
    }

    pub(crate) fn has_departed(&self) -> bool {
        self.node.has_departed()
    }

    /// The fact is stated, and what the node wants is left for later. Tells whether it was taken: a refused wish changes
    /// nothing, not even the node's time.
    pub(crate) fn note(&mut self, now: u64, fact: &Fact) -> bool {
        let now = Instant::from_micros(now);
        let from = address(fact.from());
        let node = &mut self.node;
        let heard = fact.message(|message| node.handle_message(now, &from, message));
        if heard.is_some() {
            return true;
        }
        match *fact {
            Fact::Record {
                about,
                incarnation,
                state,
            } => {
                let peer = peer(about, 0, false);
                let incarnation = Incarnation(incarnation);
                let member = Member {
                    peer,
                    state,
                    incarnation,
                };
                match self.exchanges.last() {
                    Some(id) => node.handle_record(now, *id, &member),
                    None => node.handle_timeout(now),
                }
            }
            Fact::Join(seed) => {
                if node.has_departed() {
                    // A new life: roster and told state are emptied together (P12).
                    self.told.clear();
                }
                let joined = node.join(now, address(seed));
                self.exchanges.extend(joined);
                return joined.is_ok();
            }
            Fact::Accept(from) => {
                let Ok(id) = node.accept(now, address(from)) else {
                    return false;
                };
                // Whether it is busy is for the exchange to say.
                let _ = node.answer(now, id, Reason::Join);
                self.exchanges.push(id);
            }
            Fact::EndExchange(well) => {
                let exchanged = Exchanged {
                    same: false,
                    unreachable: false,
                };
                let how = if well {
                    Ok(exchanged)
                } else {
                    Err(ExchangeFailed::Broken)
                };
                match self.exchanges.pop() {
                    Some(id) => node.handle_exchange(now, id, how),
                    None => node.handle_timeout(now),
                }
            }
            Fact::Update(meta) => return node.update(now, peer(0, meta, false)).is_ok(),
            Fact::Leave => return node.leave(now).is_ok(),
            _ => node.handle_timeout(now),
        }
        true
    }

    /// All that the node wants done, in words.
    pub(crate) fn drain(&mut self) -> Vec<String> {
        let mut buffer = [0; 1_400];
        let envelope = Envelope::new(b"law").unwrap();
        let mut datagram = Datagram::new(&mut buffer, envelope);
        let mut said = Vec::new();
        loop {
            let output = self.node.poll_output(&mut datagram);
            said.push(format!("{output:?}"));
            match output {
                Output::Wait { .. } => return said,
                Output::Send { .. } => {
                    let mut ear = Ear::default();
                    let mut counters = Counters::default();
                    swim_core::wire::read(datagram.finish(), envelope, &mut counters, &mut ear)
                        .unwrap();
                    said.extend(ear.0);
                }
                Output::Exchange { id, .. } => {
                    if !self.exchanges.contains(&id) {
                        self.exchanges.push(id);
                    }
                }
                Output::Event(event) => self.tell(&event),
            }
            assert!(said.len() < 10_000, "draining does not end");
        }
    }

    fn tell(&mut self, event: &Event<SimPeer>) {
        match event {
            Event::Up(member)
            | Event::Changed(member)
            | Event::Suspected(member)
            | Event::Refuted(member)
            | Event::Dead(member)
            | Event::Left(member) => {
                self.told
                    .insert(member.peer.name(), (member.state, member.peer));
            }
            Event::Reaped(member) => {
                self.told.remove(&member.peer.name());
            }
            _ => {}
        }
    }

    pub(crate) fn hear(&mut self, now: u64, fact: &Fact) -> Vec<String> {
        self.note(now, fact);
        self.drain()
    }

    /// Everything that can be seen of the node.
    pub(crate) fn picture(&self) -> String {
        let members: Vec<_> = self.node.members().collect();
        let (digest, health, timer) = (
            self.node.digest(),
            self.node.health(),
            self.node.next_timer(),
        );
        format!(
            "{members:?} {digest:x} {health} {timer:?} {:?}",
            self.node.stats()
        )
    }

    /// The first difference between what was told and what is so (law 7).
    pub(crate) fn broken(&self) -> Option<String> {
        let others = self
            .node
            .members()
            .filter(|member| member.peer.name() != SimName::new(0));
        let mut untold = self.told.clone();
        untold.remove(&SimName::new(0));
        for member in others {
            let so = (member.state, *member.peer);
            match untold.remove(&member.peer.name()) {
                Some(told) if told == so => {}
                // P7: whoever is gone is not told gone a second time, dead or left.
                Some((state, peer)) if peer == so.1 && !state.is_up() && !so.0.is_up() => {}
                // Who came and went before anybody looked was never told.
                None if !so.0.is_up() => {}
                told => return Some(format!("{so:?} is so, told was {told:?}")),
            }
        }
        (!untold.is_empty()).then(|| format!("{untold:?} were told, and are not held"))
    }

    /// A datagram comes in; tells whether it was refused.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> bool {
        let envelope = Envelope::new(b"law").unwrap();
        let mut counters = Counters::default();
        let now = Instant::from_micros(5);
        receive(
            &mut self.node,
            now,
            &address(1),
            envelope,
            bytes,
            &mut counters,
            |_| {},
        )
        .is_err()
    }

    /// A stream on which these bytes come: how the exchange ended, if it did.
    pub(crate) fn converse(
        &mut self,
        bytes: &[u8],
        opens: bool,
    ) -> Option<Result<Exchanged, ExchangeFailed>> {
        let envelope = Envelope::new(b"law").unwrap();
        let now = Instant::from_micros(5);
        let mut out = [0; 4_096];
        let id = if opens {
            self.node.join(now, address(1)).ok()
        } else {
            self.node.accept(now, address(1)).ok()
        }?;
        let mut scratch = vec![0; Exchange::scratch_for(16)];
        let mut exchange = if opens {
            Exchange::open(id, Reason::Join, envelope, 7, &mut scratch)
        } else {
            Exchange::accept(id, envelope, &mut scratch)
        };
        let mut left = bytes;
        loop {
            let written = exchange.poll_write(&mut self.node, &mut out);
            let consumed = exchange.handle_read(now, &mut self.node, left).unwrap_or(0);
            left = &left[consumed..];
            if exchange.is_done() || written == 0 && consumed == 0 {
                break;
            }
        }
        let outcome = exchange.outcome();
        self.node
            .handle_exchange(now, id, outcome.unwrap_or(Err(ExchangeFailed::Broken)));
        self.drain();
        outcome
    }
}

/// Hears everything, in words.
#[derive(Default)]
pub(crate) struct Ear(pub(crate) Vec<String>);

impl Sink<SimPeer> for Ear {
    fn wants(&self, _: SimName, _: Incarnation, _: State) -> bool {
        true
    }
    fn message(&mut self, message: &Message<'_, SimPeer>) {
        self.0.push(format!("{message:?}"));
    }
    fn user(&mut self, _: &[u8]) {}
}
