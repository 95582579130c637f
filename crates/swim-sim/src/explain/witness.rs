//! Looks at one member, and keeps all that was said to it, by it and about it.

use std::collections::BTreeMap;
use std::time::Duration;

use swim_core::wire::{self, Counters, Sink};
use swim_core::{Incarnation, Message, State, name_hash};

use crate::chronicle::Told;
use crate::peer::{SimName, SimPeer};
use crate::run::{Bytes, Cause, Held, Life, Observer, Sight, What};
use crate::scenario::{Schedule, node_name};
use crate::sim::{Sim, envelope};

/// What a datagram says that concerns the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// "Are you there?", to the member.
    Ping(u32),
    /// "Ping the member for me."
    PingReq(u32),
    /// "I am here", or "it is there".
    Ack(u32),
    /// "No answer so far."
    Nack(u32),
    /// The member is so.
    News(State, Incarnation),
}

/// A datagram that concerns the member.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) at: Duration,
    pub(super) from: u32,
    pub(super) to: Option<u32>,
    pub(super) words: Vec<Word>,
    pub(super) fate: Fate,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    OnItsWay,
    Arrived(Duration),
    Lost(Cause),
}

impl Letter {
    pub(super) fn says(&self, word: impl Fn(&Word) -> bool) -> bool {
        self.words.iter().any(word)
    }

    pub(super) const fn arrived(&self) -> Option<Duration> {
        match self.fate {
            Fate::Arrived(at) => Some(at),
            _ => None,
        }
    }
}

/// Somebody holds something else of the member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) at: Duration,
    pub(super) by: u32,
    pub(super) before: Option<Held>,
    pub(super) after: Option<Held>,
    /// Who had just told it, by datagram.
    pub(super) from: Option<u32>,
}

/// Keeps what concerns one member.
#[derive(Debug)]
pub(super) struct Witness {
    pub(super) member: u32,
    /// By the datagrams' numbers.
    pub(super) letters: BTreeMap<u64, Letter>,
    pub(super) changes: Vec<Change>,
    /// Turns of all lives.
    pub(super) lives: Vec<(Duration, u32, Life)>,
    /// The datagram that each node read last, and when.
    read: BTreeMap<u32, (Duration, u64)>,
}

impl Witness {
    pub(super) const fn of(member: u32) -> Self {
        Self {
            member,
            letters: BTreeMap::new(),
            changes: Vec::new(),
            lives: Vec::new(),
            read: BTreeMap::new(),
        }
    }

    /// What a datagram says that may concern the member.
    fn words(&self, from: u32, to: Option<u32>, bytes: Bytes, sim: &Sim) -> Vec<Word> {
        let mut reader = Reader {
            member: SimName::new(self.member),
            words: Vec::new(),
        };
        let envelope = envelope(sim.settings.label);
        // What can't be read concerns nobody.
        let _ = wire::read(
            sim.bytes(bytes),
            envelope,
            &mut Counters::default(),
            &mut reader,
        );
        let asked = |number: u32| {
            let asks = |letter: &Letter| {
                Some(letter.from) == to && letter.says(|word| *word == Word::PingReq(number))
            };
            self.letters.values().rev().take(RECENT).any(asks)
        };
        reader.words.retain(|word| match word {
            Word::Ack(number) | Word::Nack(number) => from == self.member || asked(*number),
            _ => true,
        });
        reader.words
    }

    /// Who has just told a node this of the member.
    fn teller(&self, by: u32, at: Duration, after: Option<Held>) -> Option<u32> {
        let (read_at, datagram) = self.read.get(&by)?;
        let letter = self.letters.get(datagram).filter(|_| *read_at == at)?;
        let held = after?;
        let news = Word::News(held.state, held.incarnation);
        letter.says(|word| *word == news).then_some(letter.from)
    }
}

/// So many datagrams back an answer's question is looked for.
const RECENT: usize = 256;

impl Observer for Witness {
    fn see(&mut self, sight: &Sight, sim: &Sim) {
        let at = sight.at;
        match &sight.what {
            What::Sent {
                datagram,
                from,
                to,
                bytes,
                ..
            } => {
                let words = self.words(*from, *to, *bytes, sim);
                if !words.is_empty() {
                    let letter = Letter {
                        at,
                        from: *from,
                        to: *to,
                        words,
                        fate: Fate::OnItsWay,
                    };
                    self.letters.insert(*datagram, letter);
                }
            }
            What::Delivered { datagram, to, .. } => {
                self.read.insert(*to, (at, *datagram));
                self.end(*datagram, Fate::Arrived(at));
            }
            What::Dropped {
                datagram, cause, ..
            } => self.end(*datagram, Fate::Lost(*cause)),
            What::View {
                by,
                of,
                before,
                after,
            } if of.number() == self.member => {
                let from = self.teller(*by, at, *after);
                self.changes.push(Change {
                    at,
                    by: *by,
                    before: *before,
                    after: *after,
                    from,
                });
            }
            What::Life { node, life } => self.lives.push((at, *node, *life)),
            _ => {}
        }
    }
}

impl Witness {
    fn end(&mut self, datagram: u64, fate: Fate) {
        if let Some(letter) = self.letters.get_mut(&datagram)
            && letter.fate == Fate::OnItsWay
        {
            letter.fate = fate;
        }
    }
}

/// Reads what concerns a member.
struct Reader {
    member: SimName,
    words: Vec<Word>,
}

impl Sink<SimPeer> for Reader {
    fn wants(&self, name: SimName, _: Incarnation, _: State) -> bool {
        name == self.member
    }

    fn message(&mut self, message: &Message<'_, SimPeer>) {
        let of = |name: &SimName| *name == self.member;
        let word = match message {
            Message::Ping { seq, target, .. } if target.hash() == name_hash(&self.member) => {
                Word::Ping(*seq)
            }
            Message::PingReq { seq, target, .. } if of(target) => Word::PingReq(*seq),
            Message::Ack { seq, .. } => Word::Ack(*seq),
            Message::Nack { seq } => Word::Nack(*seq),
            Message::Alive { peer, incarnation } if of(&peer.name()) => {
                Word::News(State::Alive, *incarnation)
            }
            Message::Suspect {
                key, incarnation, ..
            } if of(key) => Word::News(State::Suspect, *incarnation),
            Message::Dead { key, incarnation } if of(key) => Word::News(State::Dead, *incarnation),
            Message::Left { key, incarnation } if of(key) => Word::News(State::Left, *incarnation),
            _ => return,
        };
        self.words.push(word);
    }

    fn user(&mut self, _: &[u8]) {}
}

/// Counts who was wronged by whom.
#[derive(Debug, Default)]
pub(super) struct Tally {
    running: Vec<bool>,
    by: BTreeMap<u32, Vec<u32>>,
}

impl Tally {
    /// Who was suspected or held dead while it ran, and by how many, the most first.
    pub(super) fn wronged(mut self) -> Vec<(String, usize)> {
        let mut wronged: Vec<(u32, usize)> = Vec::new();
        for (of, by) in &mut self.by {
            by.sort_unstable();
            by.dedup();
            wronged.push((*of, by.len()));
        }
        wronged.sort_by_key(|(of, by)| (std::cmp::Reverse(*by), *of));
        let named = wronged.into_iter().map(|(of, by)| (node_name(of), by));
        named.collect()
    }
}

impl Observer for Tally {
    fn begin(&mut self, schedule: &Schedule, _: &Sim) {
        self.running = vec![true; schedule.scenario().nodes as usize];
        for node in schedule.absent() {
            self.running[*node as usize] = false;
        }
    }

    fn see(&mut self, sight: &Sight, _: &Sim) {
        match &sight.what {
            What::Life { node, life } => {
                if let Some(running) = self.running.get_mut(*node as usize) {
                    *running = !matches!(life, Life::Stopped | Life::Paused | Life::Leaving);
                }
            }
            What::Told(Told { by, event, .. }) => {
                let (swim_core::Event::Suspected(member) | swim_core::Event::Dead(member)) = event
                else {
                    return;
                };
                let of = member.peer.name().number();
                if self.running.get(of as usize) == Some(&true) {
                    self.by.entry(of).or_default().push(*by);
                }
            }
            _ => {}
        }
    }
}
