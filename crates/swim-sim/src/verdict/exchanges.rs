//! Invariant S3 on streams: what one side of an exchange held when it began, the other holds, or newer, when it has ended.

use std::collections::{BTreeMap, BTreeSet};

use swim_core::{Incarnation, Peer, State};

use super::Scene;
use super::catalogue::Id;
use crate::host::SimNode;
use crate::peer::{SimName, SimPeer};
use crate::run::{Sight, What};
use crate::sim::Sim;

/// Of large clusters only the exchanges of the first nodes are compared.
const LISTENED: u32 = 64;

/// Somebody who is held alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Alive {
    peer: SimPeer,
    incarnation: Incarnation,
}

/// An exchange that runs: its two sides, and whom each held alive when it began.
#[derive(Debug)]
struct Running {
    sides: [u32; 2],
    alive: [Vec<Alive>; 2],
    /// Of whom each side need not have believed what it read: who is not held up and under check (P17), and whoever it forgot
    /// meanwhile, of whom it held something newer while it read.
    excused: [BTreeSet<SimName>; 2],
    /// For which side it is over.
    over: [bool; 2],
}

/// All that run, by their streams.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    running: BTreeMap<u32, Running>,
}

impl Exchanges {
    pub(super) fn see(&mut self, sight: &Sight, scene: &mut Scene<'_>) {
        match sight.what {
            What::ExchangeBegins {
                stream,
                opener,
                answerer,
            } if answerer < LISTENED => self.begins(stream, [opener, answerer], scene),
            What::ExchangeEnds {
                stream,
                node,
                whole,
            } => self.ends(stream, node, whole, scene),
            What::View {
                by,
                of,
                after: None,
                ..
            } if by < LISTENED => self.excuse(by, of),
            _ => {}
        }
    }

    fn begins(&mut self, stream: u32, sides: [u32; 2], scene: &Scene<'_>) {
        let [opener, answerer] = sides;
        let name = |node: u32| scene.truth.machines.get(node as usize).map(|one| one.name);
        // Whoever calls may be a newcomer, whom the answerer checks; to be told of it by others means nothing until then.
        if let Some(caller) = name(opener) {
            self.excuse(answerer, caller);
        }
        let listened = opener < LISTENED;
        let alive = sides.map(|node| {
            let held = listened.then(|| alive(node, scene.sim));
            held.unwrap_or_default()
        });
        let mut excused = [0, 1].map(|side| {
            let reader = running(sides[side], scene.sim);
            let checked = |one: &&Alive| reader.is_some_and(|node| node.is_checking(&one.peer));
            let checked = alive[1 - side].iter().filter(checked);
            checked.map(|one| one.peer.name()).collect::<BTreeSet<_>>()
        });
        for other in self.running.values() {
            for (side, node) in sides.iter().enumerate() {
                let calls = other.sides[1] == *node && !other.over[1];
                excused[side].extend(name(other.sides[0]).filter(|_| calls));
            }
        }
        let over = [false; 2];
        let begun = Running {
            sides,
            alive,
            excused,
            over,
        };
        self.running.insert(stream, begun);
    }

    fn ends(&mut self, stream: u32, node: u32, whole: bool, scene: &mut Scene<'_>) {
        let Some(running) = self.running.get_mut(&stream) else {
            return;
        };
        let side = running.sides.iter().position(|side| *side == node);
        if let Some(side) = side.filter(|_| whole) {
            running.over[side] = true;
            running.compare(side, scene);
        }
        if side.is_none() || !whole || running.over == [true; 2] {
            self.running.remove(&stream);
        }
    }

    /// In all exchanges of that node which run.
    fn excuse(&mut self, by: u32, of: SimName) {
        for running in self.running.values_mut() {
            for (side, node) in running.sides.iter().enumerate() {
                if *node == by && !running.over[side] {
                    running.excused[side].insert(of);
                }
            }
        }
    }
}

fn running(node: u32, sim: &Sim) -> Option<&SimNode> {
    let host = sim.hosts.get(node as usize);
    host.and_then(|host| host.node.as_deref())
}

fn alive(node: u32, sim: &Sim) -> Vec<Alive> {
    let Some(node) = running(node, sim) else {
        return Vec::new();
    };
    let members = node.members().filter(|member| member.state == State::Alive);
    members
        .map(|member| Alive {
            peer: *member.peer,
            incarnation: member.incarnation,
        })
        .collect()
}

impl Running {
    /// One side has read all that the other had to say. Who changed at the other side meanwhile may have been passed by
    /// already; who moved is believed only after a check (P12), and so is a joiner (P17).
    fn compare(&self, side: usize, scene: &mut Scene<'_>) {
        let (by, other) = (self.sides[side], self.sides[1 - side]);
        let Some(node) = running(by, scene.sim) else {
            return;
        };
        if node.has_departed() {
            return;
        }
        let still = alive(other, scene.sim);
        let own = node.me().peer.name();
        let theirs = scene.truth.machines.get(other as usize).map(|one| one.name);
        let steady = self.alive[1 - side]
            .iter()
            .filter(|one| still.contains(one))
            .map(|one| (one, one.peer.name()));
        for (one, of) in steady.filter(|(_, of)| *of != own && Some(*of) != theirs) {
            let held = node.member(of);
            let held_up = held.is_some_and(|held| held.state.is_up());
            let under_check = !held_up && self.excused[side].contains(&of);
            if under_check || held.is_some_and(|held| held.peer.addr() != one.peer.addr()) {
                continue;
            }
            let good = held.is_some_and(|held| held.incarnation >= one.incarnation);
            let who = [Some(by), Some(of.number())];
            scene.docket.hold(scene.at, Id::S3, good, who, || {
                let incarnation = one.incarnation;
                format!(
                    "an exchange with n{other}, which holds it alive @{incarnation}, has not told"
                )
            });
        }
    }
}
