//! Invariant S3 on streams: what one side of an exchange held when it began, the other holds, or newer, when it has ended.

use std::collections::BTreeMap;

use swim_core::{Incarnation, Peer, State};

use super::Scene;
use super::catalogue::Id;
use crate::peer::{SimAddr, SimName};
use crate::run::{Sight, What};
use crate::sim::Sim;

/// Of large clusters only the exchanges of the first nodes are compared.
const LISTENED: u32 = 64;

/// Somebody who is held alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Alive {
    of: SimName,
    incarnation: Incarnation,
    addr: SimAddr,
}

/// An exchange that runs: its two sides, and whom each held alive when it began.
#[derive(Debug)]
struct Running {
    sides: [u32; 2],
    alive: [Vec<Alive>; 2],
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
            } if opener < LISTENED && answerer < LISTENED => {
                let sides = [opener, answerer];
                let alive = sides.map(|node| alive(node, scene.sim));
                self.running.insert(stream, Running { sides, alive });
            }
            What::ExchangeEnds {
                stream,
                node,
                whole,
            } => {
                let Some(running) = self.running.get(&stream) else {
                    return;
                };
                match running.sides.iter().position(|side| *side == node) {
                    Some(side) if whole => running.compare(side, scene),
                    _ => {
                        self.running.remove(&stream);
                    }
                }
            }
            _ => {}
        }
    }
}

fn alive(node: u32, sim: &Sim) -> Vec<Alive> {
    let host = sim.hosts.get(node as usize);
    let Some(node) = host.and_then(|host| host.node.as_deref()) else {
        return Vec::new();
    };
    let members = node.members().filter(|member| member.state == State::Alive);
    members
        .map(|member| Alive {
            of: member.peer.name(),
            incarnation: member.incarnation,
            addr: *member.peer.addr(),
        })
        .collect()
}

impl Running {
    /// One side has read all that the other had to say. Who changed at the other side meanwhile may have been passed by
    /// already; who moved is believed only after a check (P12), and so is the joiner itself (P17).
    fn compare(&self, side: usize, scene: &mut Scene<'_>) {
        let (by, other) = (self.sides[side], self.sides[1 - side]);
        let host = scene.sim.hosts.get(by as usize);
        let Some(node) = host.and_then(|host| host.node.as_deref()) else {
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
            .filter(|one| still.contains(one));
        for one in steady.filter(|one| one.of != own && Some(one.of) != theirs) {
            let held = node.member(one.of);
            if held.is_some_and(|held| *held.peer.addr() != one.addr) {
                continue;
            }
            let good = held.is_some_and(|held| held.incarnation >= one.incarnation);
            let who = [Some(by), Some(one.of.number())];
            scene.docket.hold(scene.at, Id::S3, good, who, || {
                let incarnation = one.incarnation;
                format!(
                    "an exchange with n{other}, which holds it alive @{incarnation}, has not told"
                )
            });
        }
    }
}
