//! Invariants of suspicions: S6, S7, S8.

use std::collections::{BTreeMap, BTreeSet};

use swim_core::{Config, Incarnation, State};

use super::Scene;
use super::catalogue::Id;
use super::views::Change;
use crate::peer::SimName;
use crate::random::micros;
use crate::run::Life;
use crate::sim::Sim;

/// A suspicion that runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    incarnation: Incarnation,
    since: u64,
    /// How few members its holder has known meanwhile: the fewer, the shorter.
    fewest: u32,
}

/// All suspicions that run, by holder and suspect.
#[derive(Debug, Default)]
pub(super) struct Suspicions {
    running: BTreeMap<(u32, SimName), Running>,
    /// How many members each node knew when it was drained last.
    known: Vec<u32>,
    /// Verdicts that each node has counted so far.
    verdicts: Vec<u32>,
    /// When each node's clock or process was disturbed last; for ever, while its clock runs at another rate.
    disturbed: Vec<Option<u64>>,
    /// Suspects that became dead in the drain that is being seen: their nodes' suspicions, and who they are.
    buried: Vec<(SimName, Incarnation, Running)>,
    /// Deaths that somebody holds or held.
    deaths: BTreeSet<(SimName, Incarnation)>,
}

impl Suspicions {
    /// Before the run: who is suspected, or dead, already.
    pub(super) fn learn(&mut self, by: u32, of: SimName, incarnation: Incarnation, state: State) {
        match state {
            State::Suspect => {
                let (since, fewest) = (0, 0);
                let running = Running {
                    incarnation,
                    since,
                    fewest,
                };
                self.running.insert((by, of), running);
            }
            State::Dead => {
                self.deaths.insert((of, incarnation));
            }
            State::Alive | State::Left => {}
        }
    }

    fn known_before(&mut self, by: u32) -> &mut u32 {
        let place = by as usize;
        if self.known.len() <= place {
            self.known.resize(place + 1, 0);
        }
        &mut self.known[place]
    }

    /// S7: a suspicion that was held runs, and one that runs is held: it ends once.
    fn ends_once(&self, change: Change, scene: &mut Scene<'_>) {
        let Change { by, of, before, .. } = change;
        let suspect = before.filter(|held| held.state == State::Suspect);
        let running = self.running.get(&(by, of));
        if suspect.is_none() && running.is_none() {
            return;
        }
        let held = suspect.map(|held| held.incarnation);
        let runs = running.map(|running| running.incarnation);
        scene.hold(
            Id::S7,
            held == runs,
            [Some(by), Some(of.number())],
            || match (held, runs) {
                (Some(held), None) => format!("suspected @{held}, and that suspicion had ended"),
                _ => "a suspicion went on when it was over".to_owned(),
            },
        );
    }

    pub(super) fn see(&mut self, change: Change, scene: &mut Scene<'_>) {
        let Change { by, of, after, .. } = change;
        self.ends_once(change, scene);
        if after.is_none() {
            let known = known(by, scene.sim);
            let all = (by, SimName::new(0))..=(by, SimName::new(u32::MAX));
            for (_, running) in self.running.range_mut(all) {
                running.fewest = running.fewest.min(known);
            }
        }
        if let Some(dead) = after.filter(|held| held.state == State::Dead) {
            self.first_death(change, dead.incarnation, scene);
        }
        let suspect = after.filter(|held| held.state == State::Suspect);
        let was = match suspect {
            Some(held) => {
                let running = self.running.get(&(by, of)).copied();
                if running.is_some_and(|running| running.incarnation == held.incarnation) {
                    return;
                }
                // It may have been the first of what this event brought, newcomers among it.
                let before = *self.known_before(by);
                let running = Running {
                    incarnation: held.incarnation,
                    since: scene.truth.now,
                    fewest: known(by, scene.sim).min(before),
                };
                self.running.insert((by, of), running)
            }
            None => self.running.remove(&(by, of)),
        };
        let Some(was) = was else {
            return;
        };
        // A suspicion that is forgotten with its member alone ended in nothing.
        scene.hold(
            Id::S7,
            after.is_some(),
            [Some(by), Some(of.number())],
            || {
                format!(
                    "the suspicion of @{} ended in nothing: the suspect is forgotten",
                    was.incarnation
                )
            },
        );
        if let Some(dead) = after.filter(|held| held.state == State::Dead) {
            self.buried.push((of, dead.incarnation, was));
        }
    }

    /// S8, for all of them together: whoever is the first to hold a death has suspected the member before. Others may
    /// have heard of it; nobody can have heard of what nobody held. A forgery may say anything, a namesake's address is
    /// taken over without a suspicion, and without suspicions the first silence is the verdict.
    fn first_death(&mut self, change: Change, incarnation: Incarnation, scene: &mut Scene<'_>) {
        let Change { by, of, before, .. } = change;
        let known = !self.deaths.insert((of, incarnation));
        let shared = scene
            .truth
            .machines
            .iter()
            .any(|one| one.name == of && one.shared);
        let config = scene.sim.hosts.get(by as usize).map(|host| &host.config);
        let suspects = config.is_some_and(|config| config.suspicion.enabled);
        if known || shared || !suspects || scene.truth.forged.is_some() {
            return;
        }
        let suspected = before.is_some_and(|held| held.state == State::Suspect);
        let who = [Some(by), Some(of.number())];
        scene.hold(Id::S8, suspected, who, || {
            format!("the first to hold it dead @{incarnation}, and had not suspected it")
        });
    }

    /// A node was drained: were these deaths its own verdicts?
    pub(super) fn drained(&mut self, by: u32, scene: &mut Scene<'_>) {
        let node = scene
            .sim
            .hosts
            .get(by as usize)
            .and_then(|host| host.node.as_deref());
        let counted = node.map_or(0, |node| node.stats().deaths_declared);
        if let Some(node) = node {
            *self.known_before(by) = node.counts().known();
        }
        let place = by as usize;
        if self.verdicts.len() <= place {
            self.verdicts.resize(place + 1, 0);
        }
        let given = counted.saturating_sub(self.verdicts[place]);
        self.verdicts[place] = counted;
        let buried = std::mem::take(&mut self.buried);
        // Deaths that were heard of as well can't be told from the verdicts.
        if given as usize == buried.len() {
            for (of, incarnation, was) in &buried {
                self.verdict(by, *of, *incarnation, *was, scene);
            }
        }
        self.buried = buried;
        self.buried.clear();
    }

    fn verdict(
        &self,
        by: u32,
        of: SimName,
        dead: Incarnation,
        was: Running,
        scene: &mut Scene<'_>,
    ) {
        let who = [Some(by), Some(of.number())];
        scene.hold(Id::S6, dead == was.incarnation, who, || {
            format!(
                "suspected @{}, and the verdict names @{dead}",
                was.incarnation
            )
        });
        let disturbed = self.disturbed.get(by as usize).copied().flatten();
        if disturbed.is_some_and(|at| at >= was.since) || was.since == 0 {
            return;
        }
        let Some(host) = scene.sim.hosts.get(by as usize) else {
            return;
        };
        let known = was.fewest.min(known(by, scene.sim));
        let floor = scene.bounds.verdict.micros();
        let least = least_suspicion(&host.config, known).max(floor);
        let took = scene.truth.now - was.since;
        scene.hold(Id::S8, took >= least, who, || {
            format!(
                "the verdict fell after {} ms; the least suspicion is {} ms",
                took / 1_000,
                least / 1_000
            )
        });
    }

    /// The life of a node took a turn.
    pub(super) fn turn(&mut self, node: u32, life: Life, now: u64) {
        let place = node as usize;
        match life {
            Life::Started | Life::Rejoined => {
                self.running.retain(|(by, _), _| *by != node);
                *self.known_before(node) = 0;
                if let Some(verdicts) = self.verdicts.get_mut(place) {
                    *verdicts = 0;
                }
            }
            Life::ClockJumped(_)
            | Life::ClockDrifts(_)
            | Life::Paused
            | Life::Resumed
            | Life::Woken => {
                if self.disturbed.len() <= place {
                    self.disturbed.resize(place + 1, None);
                }
                let odd = matches!(life, Life::ClockDrifts(parts) if parts != 0);
                self.disturbed[place] = Some(if odd { u64::MAX } else { now });
            }
            Life::Stopped | Life::Leaving | Life::Updated(_) => {}
        }
    }
}

/// How many members this node knows, in whatever state.
fn known(by: u32, sim: &Sim) -> u32 {
    let host = sim.hosts.get(by as usize);
    host.and_then(|host| host.node.as_deref())
        .map_or(0, |node| node.counts().known())
}

/// The least suspicion among so many members, in microseconds: log₁₀ n is taken a little too small, and a node counts in whole
/// milliseconds of its clock.
pub(super) fn least_suspicion(config: &Config, known: u32) -> u64 {
    const MILLISECONDS: u64 = 2_000;
    let n = u128::from(known.clamp(1, 1 << 15));
    let digits_milli = u64::from(n.pow(8).ilog2()) * 30_102 / 800;
    let alpha = u64::from(config.suspicion.alpha_tenths) * digits_milli / 10;
    let floor = u64::from(config.suspicion.floor) * 1_000;
    let least = micros(config.probe.interval) / 1_000 * alpha.max(floor);
    least.saturating_sub(MILLISECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_suspicion_is_that_of_the_members_known() {
        let seconds = |n| least_suspicion(&Config::LAN, n) / 1_000;
        assert_eq!([seconds(0), seconds(40)], [3_998, 3_998]);
        assert!((4_200..4_334).contains(&seconds(64)));
        assert!((7_100..7_200).contains(&seconds(1_000)));
    }
}
