//! Who runs, and since when.

use std::time::Duration;

use crate::peer::SimName;
use crate::run::Life;
use crate::sim::Sim;

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It runs.
    Up,
    /// Its process died while it was a member.
    Crashed,
    /// It said goodbye.
    Left,
}

/// One machine.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) name: SimName,
    /// What became of its node last; `None`: it has not run so far.
    pub(super) turn: Option<Turn>,
    /// When.
    pub(super) turned: Duration,
    /// Whether its process is stopped, and when it last stopped or went on.
    frozen: bool,
    stirred: Duration,
    /// Two machines run nodes of its name: nothing can be said of it.
    pub(super) shared: bool,
}

impl Machine {
    /// Whether its node has run, undisturbed, from that time on.
    pub(super) fn runs_since(&self, time: Duration) -> bool {
        let undisturbed = self.turned.max(self.stirred) <= time;
        self.turn == Some(Turn::Up) && !self.frozen && undisturbed && !self.shared
    }

    /// Whether its node has been gone from that time on.
    pub(super) fn is_gone_since(&self, time: Duration) -> bool {
        let gone = matches!(self.turn, Some(Turn::Crashed | Turn::Left));
        gone && self.turned <= time && !self.shared
    }
}

/// All machines, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Lives {
    pub(super) machines: Vec<Machine>,
}

impl Lives {
    pub(super) fn begin(&mut self, sim: &Sim) {
        for host in &sim.hosts {
            let name = host.peer.name();
            let mut shared = false;
            for other in &mut self.machines {
                if other.name == name {
                    other.shared = true;
                    shared = true;
                }
            }
            self.machines.push(Machine {
                name,
                turn: host.node.as_ref().map(|_| Turn::Up),
                turned: Duration::ZERO,
                frozen: false,
                stirred: Duration::ZERO,
                shared,
            });
        }
    }

    /// A node's life took a turn; tells which, if it is one that others will notice.
    pub(super) fn turn(&mut self, at: Duration, node: u32, life: Life, sim: &Sim) -> Option<Turn> {
        let machine = self.machines.get_mut(node as usize)?;
        let departed = || {
            let host = sim.hosts.get(node as usize);
            let node = host.and_then(|host| host.node.as_deref());
            node.is_none_or(|node| node.has_departed())
        };
        let turn = match life {
            Life::Started | Life::Woken => Turn::Up,
            // Who finds no seed to rejoin through, or hears no wish because it is paused, stays what it is.
            Life::Rejoined if !departed() => Turn::Up,
            Life::Leaving if departed() => Turn::Left,
            Life::Stopped => {
                machine.frozen = false;
                if machine.turn != Some(Turn::Up) {
                    return None;
                }
                Turn::Crashed
            }
            Life::Paused | Life::Resumed => {
                machine.frozen = life == Life::Paused;
                machine.stirred = at;
                return None;
            }
            _ => return None,
        };
        machine.turn = Some(turn);
        machine.turned = at;
        Some(turn)
    }
}
