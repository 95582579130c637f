//! Two versions in one cluster (P10): nodes of this one beside nodes that say more than this one knows.
//!
//! The newer ones are nodes of this version whose every datagram and every frame is rewritten on its way out, as a newer version
//! might write it: bytes behind the fields of every known body, items and frames of kinds that nobody here knows, flags
//! that mean nothing here, peer values with a field more, other versions spoken. What they read is what all write.
#![cfg(all(feature = "alloc", feature = "wire"))]

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use swim_core::wire::{self, Counters, Datagram, Envelope, MAX_FRAME, WirePeer, Writer};
use swim_core::{
    Config, Exchange, ExchangeFailed, ExchangeId, Full, Incarnation, Instant, Node, Output, Peer,
    Reason, Roster, State, receive,
};

const LABEL: Envelope<'static> = match Envelope::new(b"mixed") {
    Ok(envelope) => envelope,
    Err(_) => panic!("a short label"),
};
/// How long a datagram takes, microseconds.
const DELAY: u64 = 1_000;
/// What a newer version writes behind the fields that this one knows.
const MORE: [u8; 5] = [0xEE, 1, 2, 3, 4];
/// A kind of item, and of frame, that this version does not know.
const NOVELTY: u8 = 77;

const OLD: [u8; 3] = [1, 1, 1];
const NEW: [u8; 3] = [1, 2, 2];

/// A member, with the least, the most and the current version that it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Station {
    id: u16,
    at: u16,
    versions: [u8; 3],
}

impl Peer for Station {
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

impl WirePeer for Station {
    fn put_key(key: u16, to: &mut Writer<'_>) -> Result<(), Full> {
        wire::put_key(&key, to)
    }
    fn take_key(bytes: &[u8]) -> Option<(u16, &[u8])> {
        wire::take_key(bytes)
    }
}

// ---- how a newer version writes -------------------------------------------------------------------------------------

/// Kinds, lengths and bodies, as items and frames have them.
fn parts(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut parts = Vec::new();
    while let [kind, rest @ ..] = bytes {
        let (length, rest) = match rest {
            [low, high, rest @ ..] if low & 0x80 != 0 => {
                (usize::from(low & 0x7F) | usize::from(*high) << 7, rest)
            }
            [length, rest @ ..] => (usize::from(*length), rest),
            [] => panic!("a kind without a length"),
        };
        let (body, rest) = rest.split_at(length);
        parts.push((*kind, body));
        bytes = rest;
    }
    parts
}

fn put(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    let length = u16::try_from(body.len()).expect("a short body");
    out.push(kind);
    if length < 0x80 {
        out.push(length.to_le_bytes()[0]);
    } else {
        out.push((length & 0x7F).to_le_bytes()[0] | 0x80);
        out.push((length >> 7).to_le_bytes()[0]);
    }
    out.extend_from_slice(body);
}

/// The same body with more behind it.
fn longer(body: &[u8]) -> Vec<u8> {
    [body, &MORE].concat()
}

fn newer_datagram(plain: &[u8]) -> Vec<u8> {
    let head = 3 + LABEL.label().len();
    let digest = usize::from(plain[1] & 1) * 8;
    let tail = plain.len() - 4 - digest;
    let mut bytes = plain[..head].to_vec();
    bytes[1] |= 0x80;
    for (kind, body) in parts(&plain[head..tail]) {
        put(&mut bytes, NOVELTY, b"news of a newer kind");
        match kind {
            // An ack of four bytes has no payload; behind an empty one there may be more.
            3 if body.len() == 4 => put(&mut bytes, kind, &longer(&[body, &[0]].concat())),
            _ => put(&mut bytes, kind, &longer(body)),
        }
    }
    bytes.extend_from_slice(&plain[tail..tail + digest]);
    bytes.extend_from_slice(&wire::crc32(&bytes).to_le_bytes());
    bytes
}

fn newer_frames(plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, body) in parts(plain) {
        // Frames 5, 6 and 7 are numbers to their ends; all others may grow.
        if (5..=7).contains(&kind) {
            put(&mut bytes, kind, body);
        } else {
            put(&mut bytes, kind, &longer(body));
        }
        put(&mut bytes, NOVELTY, b"a frame of a newer kind");
    }
    bytes
}

// ---- a cluster ------------------------------------------------------------------------------------------------------

struct Host {
    node: Option<Node<'static, Station>>,
    versions: [u8; 3],
    until: Option<u64>,
    counters: Counters,
}

/// One end of a stream.
struct End {
    host: usize,
    exchange: Exchange<'static, Vec<u32>>,
    input: Vec<u8>,
    ended: bool,
}

struct Cluster {
    seed: u64,
    now: u64,
    hosts: Vec<Host>,
    /// By due time, then in the order of sending: to, from, what.
    flying: BTreeMap<(u64, u64), (usize, u16, Vec<u8>)>,
    sent: u64,
    streams: Vec<[End; 2]>,
    /// Those below can't reach the others.
    cut_at: Option<usize>,
}

fn at(host: usize) -> u16 {
    u16::try_from(host).unwrap() + 1
}

impl Cluster {
    fn of(seed: u64, versions: &[[u8; 3]]) -> Self {
        println!("seed {seed}");
        let host = |&versions| Host {
            node: None,
            versions,
            until: None,
            counters: Counters::default(),
        };
        Self {
            seed,
            now: 0,
            hosts: versions.iter().map(host).collect(),
            flying: BTreeMap::new(),
            sent: 0,
            streams: Vec::new(),
            cut_at: None,
        }
    }

    fn time(&self) -> Instant {
        Instant::from_micros(self.now)
    }

    /// A node starts there, and joins through that one.
    fn start(&mut self, host: usize, through: usize) {
        let me = Station {
            id: at(host),
            at: at(host),
            versions: self.hosts[host].versions,
        };
        let first = Incarnation(1_000 + u32::try_from(self.now / 1_000_000).unwrap());
        let seed = self.seed * 1_000 + self.now + host as u64;
        let roster = Roster::owned(64);
        let mut node =
            Node::new(me, first, Config::LAN, roster, seed, self.time()).expect("it can work");
        if through != host {
            node.join(self.time(), at(through)).unwrap();
        }
        self.hosts[host].node = Some(node);
        self.drain(host);
    }

    fn crash(&mut self, host: usize) {
        self.hosts[host].node = None;
        self.hosts[host].until = None;
        let of_it = |stream: &[End; 2]| stream.iter().any(|end| end.host == host);
        for stream in self.streams.extract_if(.., |stream| of_it(stream)) {
            for end in stream.iter().filter(|end| end.host != host && !end.ended) {
                let node = self.hosts[end.host].node.as_mut();
                let now = Instant::from_micros(self.now);
                node.unwrap()
                    .handle_exchange(now, end.exchange.id(), Err(ExchangeFailed::Broken));
            }
        }
    }

    fn is_open(&self, from: usize, to: usize) -> bool {
        self.hosts[to].node.is_some() && self.cut_at.is_none_or(|cut| (from < cut) == (to < cut))
    }

    fn run_for(&mut self, seconds: u64) {
        self.run_until(seconds, |_| false);
    }

    /// Says after how long it was so; `None`: not within so many seconds.
    fn run_until(&mut self, seconds: u64, so: impl Fn(&Self) -> bool) -> Option<Duration> {
        let (began, end) = (self.now, self.now + seconds * 1_000_000);
        while !so(self) {
            let arrives = self.flying.keys().next().map(|(due, _)| *due);
            let wakes = self.hosts.iter().filter_map(|host| host.until).min();
            let next = arrives.into_iter().chain(wakes).min();
            self.now = next.filter(|next| *next <= end)?.max(self.now);
            if arrives == next {
                let ((_, _), (to, from, bytes)) = self.flying.pop_first()?;
                let (now, host) = (self.time(), &mut self.hosts[to]);
                if let Some(node) = &mut host.node {
                    let counters = &mut host.counters;
                    receive(node, now, &from, LABEL, &bytes, counters, |_| {}).unwrap();
                    self.drain(to);
                }
            } else if let Some(host) = self.hosts.iter().position(|host| host.until == wakes) {
                let now = self.time();
                self.hosts[host].node.as_mut()?.handle_timeout(now);
                self.drain(host);
            }
        }
        Some(Duration::from_micros(self.now - began))
    }

    fn drain(&mut self, at_host: usize) {
        let mut buffer = [0; 1_200];
        let mut datagram = Datagram::new(&mut buffer, LABEL);
        while let Some(node) = &mut self.hosts[at_host].node {
            match node.poll_output(&mut datagram) {
                Output::Send { to } => self.send(at_host, to, datagram.finish()),
                Output::Exchange { id, with, why } => self.open(at_host, id, with, why),
                Output::Event(_) => {}
                Output::Wait { until } => {
                    self.hosts[at_host].until = until.map(Instant::as_micros);
                    break;
                }
            }
        }
        self.converse();
    }

    fn send(&mut self, from: usize, to: u16, bytes: &[u8]) {
        let target = usize::from(to) - 1;
        if self.is_open(from, target) {
            let is_new = self.hosts[from].versions == NEW;
            let bytes = if is_new {
                newer_datagram(bytes)
            } else {
                bytes.to_vec()
            };
            self.sent += 1;
            let due = (self.now + DELAY, self.sent);
            self.flying.insert(due, (target, at(from), bytes));
        }
    }

    fn open(&mut self, from: usize, id: ExchangeId, with: u16, why: Reason) {
        let (to, now) = (usize::from(with) - 1, self.time());
        let accepted = if self.is_open(from, to) {
            let node = self.hosts[to].node.as_mut();
            node.and_then(|node| node.accept(now, at(from)).ok())
        } else {
            None
        };
        let Some(accepted) = accepted else {
            let node = self.hosts[from].node.as_mut().unwrap();
            return node.handle_exchange(now, id, Err(ExchangeFailed::Broken));
        };
        let scratch = || vec![0; Exchange::scratch_for(64)];
        let end = |host, exchange| End {
            host,
            exchange,
            input: Vec::new(),
            ended: false,
        };
        self.streams.push([
            end(
                from,
                Exchange::open(id, why, LABEL, self.now + 77, scratch()),
            ),
            end(to, Exchange::accept(accepted, LABEL, scratch())),
        ]);
    }

    /// All streams, as far as they get now.
    fn converse(&mut self) {
        let mut moved = Vec::new();
        for stream in &mut self.streams {
            while (0..2).any(|side| Self::step(&mut self.hosts, self.now, stream, side)) {
                moved.extend([stream[0].host, stream[1].host]);
            }
        }
        self.streams
            .retain(|stream| !stream.iter().all(|end| end.ended));
        for host in moved {
            self.drain(host);
        }
    }

    /// One side reads what came and says what it has to say; tells whether anything moved.
    fn step(hosts: &mut [Host], now: u64, stream: &mut [End; 2], side: usize) -> bool {
        let (now, end) = (Instant::from_micros(now), &mut stream[side]);
        let host = &mut hosts[end.host];
        let Some(node) = host.node.as_mut().filter(|_| !end.ended) else {
            return false;
        };
        let read = end
            .exchange
            .handle_read(now, node, &end.input)
            .expect("well formed");
        end.input.drain(..read);
        let mut buffer = [0; MAX_FRAME];
        let written = end.exchange.poll_write(node, &mut buffer);
        let said = &buffer[..written];
        let said = if host.versions == NEW {
            newer_frames(said)
        } else {
            said.to_vec()
        };
        let outcome = end.exchange.outcome().filter(|_| written == 0);
        if let Some(how) = outcome {
            host.counters.add(end.exchange.counters());
            node.handle_exchange(now, end.exchange.id(), how);
            end.ended = true;
        }
        stream[1 - side].input.extend(said);
        read + written > 0 || outcome.is_some()
    }

    // ---- what they believe ----

    fn running(&self) -> impl Iterator<Item = (usize, &Node<'static, Station>)> {
        let hosts = self.hosts.iter().enumerate();
        hosts.filter_map(|(host, running)| Some((host, running.node.as_ref()?)))
    }

    /// Whether all that run hold each other alive, with the versions that each speaks, and show one digest.
    fn is_whole(&self) -> bool {
        let digest = self.running().next().map(|(_, node)| node.digest());
        self.running().all(|(_, node)| {
            Some(node.digest()) == digest
                && node.counts().up() as usize == self.running().count()
                && self.running().all(|(other, _)| {
                    let held = node.member(at(other));
                    held.is_some_and(|held| {
                        held.state == State::Alive
                            && held.peer.versions == self.hosts[other].versions
                    })
                })
        })
    }

    fn hold(&self, holders: impl Fn(usize) -> bool, of: usize, state: State) -> bool {
        let held = |node: &Node<'static, Station>| node.member(at(of)).map(|held| held.state);
        self.running()
            .all(|(host, node)| !holders(host) || held(node) == Some(state))
    }

    /// Everything was understood, or skipped and counted; nothing was taken for damaged.
    fn check_counters(&self) {
        let mut all = Counters::default();
        for host in &self.hosts {
            let counters = &host.counters;
            all.add(counters);
            assert!(counters.items_unknown > 0, "{counters:?}");
        }
        assert!(all.frames_unknown > 0, "{all:?}");
        let bad =
            all.datagrams_cut + all.items_malformed + all.peers_malformed + all.records_malformed;
        assert_eq!(bad, 0, "{all:?}");
        println!(
            "{} items and {} frames of unknown kinds were skipped, of {} and {}",
            all.items_unknown, all.frames_unknown, all.items, all.frames
        );
    }
}

#[test]
fn p10_two_versions_join_lose_and_find_each_other_like_one() {
    for seed in 0..4 {
        let mut cluster = Cluster::of(seed, &[OLD, NEW, OLD, NEW, OLD, NEW]);
        cluster.start(0, 0);
        for host in 1..6 {
            // Through an old one and through a new one.
            cluster.start(host, if host < 2 { 0 } else { host % 2 });
            cluster.run_for(1);
        }
        let joined = cluster.run_until(5, Cluster::is_whole);
        assert!(joined.is_some(), "they do not find each other");

        // One of each crashes; both kinds find it out.
        for host in [3, 4] {
            cluster.crash(host);
        }
        let found = |cluster: &Cluster| {
            [3, 4]
                .iter()
                .all(|of| cluster.hold(|_| true, *of, State::Dead))
        };
        let found = cluster.run_until(20, found);
        // And come back, each as the other version: an upgrade, and its contrary.
        cluster.hosts[3].versions = OLD;
        cluster.hosts[4].versions = NEW;
        for host in [3, 4] {
            cluster.start(host, 0);
        }
        let back = cluster.run_until(5, Cluster::is_whole);
        println!("joined {joined:?}, deaths known {found:?}, back {back:?}");
        assert!(found.is_some() && back.is_some());
        cluster.check_counters();
    }
}

#[test]
fn p10_two_versions_that_were_split_from_each_other_heal_by_themselves() {
    for seed in 0..4 {
        let mut cluster = Cluster::of(seed, &[OLD, OLD, OLD, NEW, NEW, NEW]);
        cluster.start(0, 0);
        for host in 1..6 {
            cluster.start(host, host - 1);
            cluster.run_for(1);
        }
        assert!(cluster.run_until(5, Cluster::is_whole).is_some());
        cluster.cut_at = Some(3);
        cluster.run_for(60);
        for of in 0..6 {
            let others = |holder: usize| (holder < 3) != (of < 3);
            assert!(
                cluster.hold(others, of, State::Dead),
                "{of} is not given up"
            );
        }
        cluster.cut_at = None;
        let healed = cluster.run_until(10, Cluster::is_whole);
        println!("healed {healed:?}");
        assert!(healed.is_some_and(|healed| healed < Duration::from_secs(4)));
        cluster.check_counters();
    }
}
