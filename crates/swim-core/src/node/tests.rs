//! A few nodes in memory, typed messages, no wire: the shortest loop that shows the core alive.

use std::collections::VecDeque;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::message::{Compose, Full, Name};
use crate::output::{Event, Exchanged, Output};
use crate::peer::Member;
use crate::{Counts, ExchangeFailed, ExchangeId};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Radio {
    id: u16,
    at: u16,
    note: u8,
}

impl Peer for Radio {
    type Key<'a> = u16;
    type Addr = u16;
    fn key(&self) -> u16 {
        self.id
    }
    fn has_key(&self, key: u16) -> bool {
        self.id == key
    }
    fn addr(&self) -> &u16 {
        &self.at
    }
}

/// A message that owns what it says.
#[derive(Clone, Debug)]
enum Said {
    Ping(u32, u32, u16, Incarnation),
    PingReq(u32, u16, core::time::Duration, bool),
    Ack(u32),
    Nack(u32),
    Alive(Radio, Incarnation),
    Suspect(u16, Incarnation, u32),
    Dead(u16, Incarnation),
    Left(u16, Incarnation),
    Digest(u64),
}

impl Said {
    fn of(message: &Message<'_, Radio>) -> Self {
        match *message {
            Message::Ping {
                seq,
                target,
                source,
                incarnation,
            } => Self::Ping(seq, target.hash(), source, incarnation),
            Message::PingReq {
                seq,
                target,
                share,
                nack,
                ..
            } => Self::PingReq(seq, target, share, nack),
            Message::Ack { seq, .. } => Self::Ack(seq),
            Message::Nack { seq } => Self::Nack(seq),
            Message::Alive { peer, incarnation } => Self::Alive(peer.clone(), incarnation),
            Message::Suspect {
                key,
                incarnation,
                accuser,
            } => Self::Suspect(key, incarnation, accuser.hash()),
            Message::Dead { key, incarnation } => Self::Dead(key, incarnation),
            Message::Left { key, incarnation } => Self::Left(key, incarnation),
            Message::Digest(digest) => Self::Digest(digest),
        }
    }

    fn message(&self) -> Message<'_, Radio> {
        match self {
            Self::Ping(seq, target, source, incarnation) => Message::Ping {
                seq: *seq,
                target: Name::Hash(*target),
                source: *source,
                incarnation: *incarnation,
            },
            Self::PingReq(seq, target, share, nack) => Message::PingReq {
                seq: *seq,
                target: *target,
                at: None,
                share: *share,
                nack: *nack,
            },
            Self::Ack(seq) => Message::Ack {
                seq: *seq,
                payload: &[],
            },
            Self::Nack(seq) => Message::Nack { seq: *seq },
            Self::Alive(peer, incarnation) => Message::Alive {
                peer,
                incarnation: *incarnation,
            },
            Self::Suspect(key, incarnation, accuser) => Message::Suspect {
                key: *key,
                incarnation: *incarnation,
                accuser: Name::Hash(*accuser),
            },
            Self::Dead(key, incarnation) => Message::Dead {
                key: *key,
                incarnation: *incarnation,
            },
            Self::Left(key, incarnation) => Message::Left {
                key: *key,
                incarnation: *incarnation,
            },
            Self::Digest(digest) => Message::Digest(*digest),
        }
    }
}

#[derive(Default)]
struct Page(Vec<Said>);

impl Compose<Radio> for Page {
    fn clear(&mut self) {
        self.0.clear();
    }
    fn push(&mut self, message: &Message<'_, Radio>) -> Result<(), Full> {
        if self.0.len() >= 20 {
            return Err(Full);
        }
        self.0.push(Said::of(message));
        Ok(())
    }
    fn len(&self) -> usize {
        self.0.len() * 64
    }
    fn capacity(&self) -> usize {
        1_400
    }
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

struct Net {
    now: u64,
    nodes: Vec<Option<Node<'static, Radio>>>,
    wake: Vec<Option<Instant>>,
    flying: VecDeque<(u64, u16, u16, Vec<Said>)>,
    cut: Box<dyn Fn(u16, u16) -> bool>,
    log: Vec<(u64, u16, String)>,
}

use std::boxed::Box;

impl Net {
    fn new(count: u16, config: Config) -> Self {
        let mut net = Self {
            now: 0,
            nodes: Vec::new(),
            wake: Vec::new(),
            flying: VecDeque::new(),
            cut: Box::new(|_, _| false),
            log: Vec::new(),
        };
        for id in 0..count {
            net.start(id, id, 100, config);
        }
        for id in 1..count {
            let now = Instant::from_micros(net.now);
            let _ = net.node(id).join(now, 0);
            net.drain(id);
        }
        net
    }

    fn start(&mut self, id: u16, at: u16, first: u32, config: Config) {
        let me = Radio { id, at, note: 0 };
        let now = Instant::from_micros(self.now);
        let seed = u64::from(at) + 77;
        let node = Node::new(
            me,
            Incarnation(first),
            config,
            Roster::owned(100),
            seed,
            now,
        )
        .expect("a valid preset");
        let at = usize::from(at);
        if at >= self.nodes.len() {
            self.nodes.resize_with(at + 1, || None);
            self.wake.resize(at + 1, None);
        }
        self.nodes[at] = Some(node);
        self.drain(u16::try_from(at).expect("small"));
    }

    fn node(&mut self, at: u16) -> &mut Node<'static, Radio> {
        self.nodes[usize::from(at)].as_mut().expect("runs")
    }

    fn drain(&mut self, at: u16) {
        let mut page = Page::default();
        loop {
            let Some(node) = self.nodes[usize::from(at)].as_mut() else {
                return;
            };
            match node.poll_output(&mut page) {
                Output::Send { to } => {
                    if !(self.cut)(at, to) {
                        self.flying
                            .push_back((self.now + 1_000, at, to, page.0.clone()));
                    }
                }
                Output::Exchange { id, with, .. } => self.exchange(at, id, with),
                Output::Event(event) => self.note(at, &event),
                Output::Wait { until } => {
                    self.wake[usize::from(at)] = until;
                    return;
                }
            }
        }
    }

    fn note(&mut self, at: u16, event: &Event<Radio>) {
        if !matches!(event, Event::RoundTrip { .. }) {
            self.log
                .push((self.now / 1_000, at, std::format!("{event:?}")));
        }
    }

    /// Both rosters whole, both ways, at once.
    fn exchange(&mut self, a: u16, id: ExchangeId, b: u16) {
        let now = Instant::from_micros(self.now);
        let there = self.nodes.get(usize::from(b)).is_some_and(Option::is_some);
        if !there || (self.cut)(a, b) {
            self.node(a)
                .handle_exchange(now, id, Err(ExchangeFailed::Broken));
            return;
        }
        let theirs: Vec<_> = self.node(b).members().map(|m| m.to_member()).collect();
        let ours: Vec<_> = self.node(a).members().map(|m| m.to_member()).collect();
        let accepted = self.node(b).accept(now, a).expect("room");
        let _ = self.node(b).answer(now, accepted, crate::Reason::Timed);
        Self::merge(self.node(a), now, id, &theirs);
        Self::merge(self.node(b), now, accepted, &ours);
        self.drain(b);
    }

    fn merge(node: &mut Node<'_, Radio>, now: Instant, id: ExchangeId, records: &[Member<Radio>]) {
        for record in records {
            node.handle_record(now, id, record);
        }
        node.handle_exchange(
            now,
            id,
            Ok(Exchanged {
                same: true,
                unreachable: false,
            }),
        );
    }

    fn run(&mut self, millis: u64) {
        let end = self.now + millis * 1_000;
        loop {
            let packet = self.flying.front().map(|packet| packet.0);
            let wake = self.wake.iter().flatten().map(|at| at.as_micros()).min();
            let next = packet.unwrap_or(u64::MAX).min(wake.unwrap_or(u64::MAX));
            if next > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(next);
            let now = Instant::from_micros(self.now);
            if packet.is_some_and(|at| at <= self.now) {
                let (_, from, to, page) = self.flying.pop_front().expect("there");
                if let Some(Some(node)) = self.nodes.get_mut(usize::from(to)) {
                    for said in &page {
                        node.handle_message(now, &from, &said.message());
                    }
                    self.drain(to);
                }
                continue;
            }
            let at = self
                .wake
                .iter()
                .position(|at| at.is_some_and(|at| at <= now))
                .expect("due");
            self.wake[at] = None;
            let at = u16::try_from(at).expect("small");
            if self.nodes[usize::from(at)].is_some() {
                self.node(at).handle_timeout(now);
                self.drain(at);
            }
        }
    }

    fn counts(&self) -> Vec<Counts> {
        self.nodes.iter().flatten().map(Node::counts).collect()
    }

    fn crash(&mut self, at: u16) {
        self.nodes[usize::from(at)] = None;
        self.wake[usize::from(at)] = None;
    }

    fn told(&self, what: &str) -> usize {
        self.log
            .iter()
            .filter(|(_, _, text)| text.starts_with(what))
            .count()
    }
}

#[test]
fn eight_nodes_meet_lose_one_and_take_it_back() {
    let mut net = Net::new(8, Config::LAN);
    net.run(1_500);
    assert!(
        net.counts().iter().all(|c| c.alive == 8),
        "{:?}",
        net.counts()
    );
    net.run(20_000);
    assert_eq!(net.told("Suspected"), 0, "{:?}", net.log);
    net.crash(3);
    net.run(10_000);
    assert!(
        net.counts().iter().all(|c| c.dead == 1 && c.alive == 7),
        "{:?}",
        net.counts()
    );
    net.start(3, 3, 200, Config::LAN);
    let now = Instant::from_micros(net.now);
    let _ = net.node(3).join(now, 0);
    net.drain(3);
    net.run(2_000);
    assert!(
        net.counts().iter().all(|c| c.alive == 8),
        "{:?}",
        net.counts()
    );
    let now = Instant::from_micros(net.now);
    net.node(5).leave(now).expect("present");
    net.drain(5);
    net.run(1_000);
    assert!(
        net.counts().iter().all(|c| c.left == 1 && c.alive == 7),
        "{:?}",
        net.counts()
    );
    assert_eq!(net.told("Departed"), 1, "{:?}", net.log.last());
    assert_eq!(net.told("Dead"), 7);
}

#[test]
fn p9_a_partition_of_a_minute_heals_by_itself() {
    let mut net = Net::new(8, Config::LAN);
    net.run(5_000);
    net.cut = Box::new(|a, b| (a < 4) != (b < 4));
    net.run(60_000);
    assert!(
        net.counts().iter().all(|c| c.dead == 4 && c.alive == 4),
        "{:?}",
        net.counts()
    );
    net.cut = Box::new(|_, _| false);
    net.run(3_000);
    assert!(
        net.counts().iter().all(|c| c.alive == 8),
        "{:?}",
        net.counts()
    );
    let digests: Vec<_> = net.nodes.iter().flatten().map(Node::digest).collect();
    assert!(digests.iter().all(|d| *d == digests[0]));
}

#[test]
fn p12_a_member_is_back_at_a_new_address_within_two_seconds() {
    let mut net = Net::new(8, Config::LAN);
    net.run(5_000);
    net.crash(3);
    net.run(1_000);
    net.start(3, 9, 200, Config::LAN);
    let now = Instant::from_micros(net.now);
    let _ = net.node(9).join(now, 0);
    net.drain(9);
    net.run(2_000);
    let at = |net: &Net| -> Vec<String> {
        let views = net.nodes.iter().flatten();
        views
            .map(|n| n.member(3).map_or(0, |m| *m.peer.addr()).to_string())
            .collect()
    };
    assert!(
        net.counts().iter().all(|c| c.alive == 8),
        "{:?}",
        net.counts()
    );
    assert!(at(&net).iter().all(|a| a == "9"), "{:?}", at(&net));
}

#[test]
fn who_recalls_the_cluster_is_in_it_without_a_seed_and_tells_nobody_anything_new() {
    let mut net = Net::new(0, Config::LAN);
    for id in 0..3 {
        net.start(id, id, 100, Config::LAN);
    }
    for id in 0..3 {
        for other in (0..3).filter(|other| *other != id) {
            let peer = Radio {
                id: other,
                at: other,
                note: 0,
            };
            assert!(net.node(id).recall(peer.clone(), Incarnation(100)));
            assert!(
                !net.node(id).recall(peer, Incarnation(101)),
                "known already"
            );
        }
        net.drain(id);
    }
    net.run(20_000);
    let ups = net
        .log
        .iter()
        .filter(|(_, _, event)| event.starts_with("Up"));
    assert_eq!(ups.count(), 9, "each of each: {:?}", net.log);
    for id in 0..3 {
        let node = net.node(id);
        assert_eq!((node.counts().alive, node.stats().suspicions), (3, 0));
        assert_eq!(node.stats().rumours_known, 0, "nothing was gossiped");
    }
    net.nodes[2] = None;
    net.run(20_000);
    assert_eq!(net.node(0).counts().dead, 1);
}
