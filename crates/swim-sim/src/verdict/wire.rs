//! Invariants of what is said, for which datagrams are read once more: S3, S13, S17, S18. Of large clusters only the first
//! 64 nodes are listened to.

use std::collections::{BTreeMap, BTreeSet};

use swim_core::wire::{self, Counters, Sink};
use swim_core::{Config, Incarnation, Message, Peer, Retransmit, State};

use super::Scene;
use super::catalogue::Id;
use super::views::Change;
use crate::peer::{SimAddr, SimName, SimPeer};
use crate::random::micros;
use crate::run::{Bytes, Sight, What};
use crate::sim::{Sim, envelope};

/// So many nodes are listened to.
const LISTENED: u32 = 64;

/// News of a member, as a datagram says it.
#[derive(Clone, Copy, Debug)]
struct News {
    of: SimName,
    incarnation: Incarnation,
    state: State,
    addr: Option<SimAddr>,
}

#[derive(Debug, Default)]
struct Said {
    news: Vec<News>,
    pings: bool,
}

impl Sink<SimPeer> for Said {
    fn wants(&self, _: SimName, _: Incarnation, _: State) -> bool {
        true
    }

    fn message(&mut self, message: &Message<'_, SimPeer>) {
        let (of, incarnation, state, addr) = match *message {
            Message::Ping { .. } => {
                self.pings = true;
                return;
            }
            Message::Alive { peer, incarnation } => {
                (peer.name(), incarnation, State::Alive, Some(*peer.addr()))
            }
            Message::Suspect {
                key, incarnation, ..
            } => (key, incarnation, State::Suspect, None),
            Message::Dead { key, incarnation } => (key, incarnation, State::Dead, None),
            Message::Left { key, incarnation } => (key, incarnation, State::Left, None),
            _ => return,
        };
        self.news.push(News {
            of,
            incarnation,
            state,
            addr,
        });
    }

    fn user(&mut self, _: &[u8]) {}
}

/// What one node that is listened to has said.
#[derive(Debug, Default)]
struct Speaker {
    sends: BTreeMap<(SimName, Incarnation, State), u32>,
    /// The probe in which each machine was pinged last.
    pinged: BTreeMap<u32, u32>,
    /// Since this probe nobody has come or gone; `None`: it was not listened to before.
    steady: Option<u32>,
    looked: u32,
    /// When it read a datagram last.
    heard: u64,
    /// News sent since it was drained last, and to whom.
    said: Vec<(SimName, Vec<News>)>,
    /// Members of whom it came to hold something else at this instant: whoever wakes reads much at once.
    touched: (u64, BTreeSet<SimName>),
    /// What it came to hold of each, as far as that was seen: the node itself may be further by now.
    views: BTreeMap<SimName, (State, Incarnation)>,
}

/// What has to be kept for them.
#[derive(Debug, Default)]
pub(super) struct Wire {
    speakers: Vec<Speaker>,
}

impl Wire {
    fn speaker(&mut self, node: u32) -> &mut Speaker {
        let place = node as usize;
        if self.speakers.len() <= place {
            self.speakers.resize_with(place + 1, Speaker::default);
        }
        &mut self.speakers[place]
    }

    /// A node begins anew.
    pub(super) fn forget(&mut self, node: u32) {
        if node < LISTENED {
            *self.speaker(node) = Speaker::default();
        }
    }

    pub(super) fn changed(&mut self, change: Change, scene: &Scene<'_>) {
        let Change { by, of, after, .. } = change;
        if by >= LISTENED {
            return;
        }
        let probes = probes(scene.sim, by);
        let speaker = self.speaker(by);
        speaker.steady = Some(probes);
        if speaker.touched.0 != scene.truth.now {
            speaker.touched.1.clear();
        }
        speaker.touched.0 = scene.truth.now;
        speaker.touched.1.insert(of);
        match after {
            Some(held) => speaker.views.insert(of, (held.state, held.incarnation)),
            None => speaker.views.remove(&of),
        };
    }

    pub(super) fn see(&mut self, sight: &Sight, scene: &mut Scene<'_>) {
        match sight.what {
            What::Sent {
                from, to, bytes, ..
            } if from < LISTENED => {
                self.sent(from, to, bytes, scene);
            }
            What::Delivered { to, bytes, .. } if to < LISTENED => {
                self.hears(to, scene);
                heard(to, bytes, scene);
            }
            What::Drained { node, .. } if node < LISTENED => self.count_sends(node, scene),
            _ => {}
        }
    }

    /// After a silence of an interval by its own clock, which may be twice as fast, suspicions that only this node holds
    /// begin anew, and are told anew (P13).
    fn hears(&mut self, node: u32, scene: &Scene<'_>) {
        let interval = micros(scene.sim.hosts[node as usize].config.probe.interval);
        let now = scene.truth.now;
        let speaker = self.speaker(node);
        let before = std::mem::replace(&mut speaker.heard, now);
        if now >= before.saturating_add(interval / 2) {
            let suspicions = |key: &(SimName, Incarnation, State)| key.2 == State::Suspect;
            speaker.sends.retain(|key, _| !suspicions(key));
        }
    }

    fn sent(&mut self, from: u32, to: Option<u32>, bytes: Bytes, scene: &mut Scene<'_>) {
        let limit = scene.sim.settings.buffer.len();
        let mut said = Said::default();
        let read = read(scene.sim, bytes, &mut said);
        let good = bytes.len() as usize <= limit && read;
        scene.hold(Id::S13, good, [Some(from), None], || {
            format!(
                "a datagram of {} bytes (limit {limit}), readable: {read}",
                bytes.len()
            )
        });
        let Some(to) = to else {
            return;
        };
        if let Some(target) = scene.truth.machines.get(to as usize) {
            let target = target.name;
            // A bare ping says nothing.
            if !said.news.is_empty() {
                self.speaker(from).said.push((target, said.news));
            }
        }
        if said.pings {
            self.pinged(from, to, scene);
        }
    }

    /// S17. What is said to whom it is about, or to somebody who is not held alive, a stranger among them, uses up no sends
    /// (P2): of those whose state changed at this instant it is not known what was held when the datagram was written.
    fn count_sends(&mut self, from: u32, scene: &mut Scene<'_>) {
        let Some(own) = scene.truth.machines.get(from as usize).map(|one| one.name) else {
            return;
        };
        let config = &scene.sim.hosts[from as usize].config;
        let nodes = scene.truth.machines.len();
        let speaker = self.speaker(from);
        let changed = speaker.touched.0 == scene.truth.now;
        for (target, news) in std::mem::take(&mut speaker.said) {
            let held = scene.sim.held(from, target);
            let held = held.map(|held| (held.state, held.incarnation));
            let seen = speaker.views.get(&target).copied();
            let changes = changed && speaker.touched.1.contains(&target)
                || seen.is_some_and(|seen| held != Some(seen));
            if changes || held.is_none_or(|held| held.0 != State::Alive) {
                continue;
            }
            // What is said to a dead member is heard by whoever has its address now.
            let is_meant =
                |one: &News| addr_held(scene.sim, from, one.of) == addr_of(scene.sim, target);
            for one in news.iter().filter(|one| one.of != own && one.of != target) {
                if is_meant(one) {
                    continue;
                }
                let key = (one.of, one.incarnation, one.state);
                let sends = speaker.sends.entry(key).or_default();
                *sends += 1;
                let sends = *sends;
                let who = [Some(from), Some(one.of.number())];
                let most = most_sends(config, nodes, one.state);
                scene.hold(Id::S17, sends <= most, who, || {
                    format!(
                        "{} @{} was sent {sends} times; at most {most}",
                        one.state, one.incarnation
                    )
                });
            }
        }
    }

    /// S18.
    fn pinged(&mut self, from: u32, to: u32, scene: &mut Scene<'_>) {
        let now = probes(scene.sim, from);
        let Some(node) = scene.sim.hosts[from as usize].node.as_deref() else {
            return;
        };
        let counts = node.counts();
        let others = (counts.alive + counts.suspect).saturating_sub(1);
        let rounds = 2 * others + 2;
        let speaker = self.speaker(from);
        speaker.pinged.insert(to, now);
        let steady = *speaker.steady.get_or_insert(now);
        if now < speaker.looked + others || now < steady + rounds {
            return;
        }
        speaker.looked = now;
        for (machine, other) in scene.truth.machines.iter().zip(0_u32..) {
            let held = scene.sim.held(from, machine.name);
            let alive = held.is_some_and(|held| held.state == State::Alive);
            if other == from || machine.shared || !alive {
                continue;
            }
            let last = speaker.pinged.get(&other).copied().unwrap_or(0);
            let good = last + rounds >= now;
            scene
                .docket
                .hold(scene.at, Id::S18, good, [Some(from), Some(other)], || {
                    format!(
                        "not pinged in the last {} probes, of {others} members",
                        now - last
                    )
                });
        }
    }
}

/// S3: news of a member that is held up, from its own address, was believed if it is newer.
fn heard(to: u32, bytes: Bytes, scene: &mut Scene<'_>) {
    let mut said = Said::default();
    let running = scene.sim.hosts[to as usize].node.as_deref();
    let Some(node) = running.filter(|node| !node.has_departed()) else {
        return;
    };
    if !read(scene.sim, bytes, &mut said) {
        return;
    }
    let own = node.me().peer.name();
    for one in said
        .news
        .iter()
        .filter(|one| one.of != own && one.incarnation.is_legal())
    {
        let Some(held) = node.member(one.of).filter(|held| held.state.is_up()) else {
            continue;
        };
        if one.addr != Some(*held.peer.addr()) {
            continue;
        }
        let good = held.incarnation >= one.incarnation;
        let incarnation = held.incarnation;
        scene.docket.hold(
            scene.at,
            Id::S3,
            good,
            [Some(to), Some(one.of.number())],
            || format!("heard alive @{}, and holds @{incarnation}", one.incarnation),
        );
    }
}

fn read(sim: &Sim, bytes: Bytes, said: &mut Said) -> bool {
    let mut counters = Counters::default();
    let envelope = envelope(sim.settings.label);
    wire::read(sim.bytes(bytes), envelope, &mut counters, said).is_ok()
}

fn probes(sim: &Sim, node: u32) -> u32 {
    let host = sim.hosts.get(node as usize);
    host.and_then(|host| host.node.as_deref())
        .map_or(0, |node| node.stats().probes)
}

/// The sends that a refutation has, which has most; three times, for what is forgotten and learned again is sent anew. A
/// suspicion is sent anew with each accuser that it gains: four count, and it may have begun without one.
fn most_sends(config: &Config, nodes: usize, state: State) -> u32 {
    let digits = u32::try_from(nodes + 1).unwrap_or(u32::MAX).ilog10() + 1;
    let once = match config.gossip.retransmit {
        Retransmit::Stepped(times) => u32::from(times) * digits,
        _ => 6 * digits.max(2),
    };
    let times = if state == State::Suspect { 5 } else { 3 };
    times * once
}

/// Where a node holds a member.
fn addr_held(sim: &Sim, by: u32, of: SimName) -> Option<SimAddr> {
    let node = sim.hosts.get(by as usize)?.node.as_deref()?;
    Some(*node.member(of)?.peer.addr())
}

/// Where a member really is.
fn addr_of(sim: &Sim, member: SimName) -> Option<SimAddr> {
    let host = sim.hosts.get(member.number() as usize)?;
    Some(*host.peer.addr())
}
