//! Invariants of suspicions: S6, S7, S8.

use std::collections::{BTreeMap, BTreeSet};

use swim_core::{Incarnation, State};

use super::Scene;
use super::catalogue::Id;
use super::views::Change;
use crate::peer::SimName;
use crate::run::Life;

/// A suspicion that runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    incarnation: Incarnation,
    since: u64,
}

/// All suspicions that run, by holder and suspect.
#[derive(Debug, Default)]
pub(super) struct Suspicions {
    running: BTreeMap<(u32, SimName), Running>,
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
        let since = 0;
        match state {
            State::Suspect => {
                let running = Running { incarnation, since };
                self.running.insert((by, of), running);
            }
            State::Dead => {
                self.deaths.insert((of, incarnation));
            }
            State::Alive | State::Left => {}
        }
    }

    pub(super) fn see(&mut self, change: Change, scene: &mut Scene<'_>) {
        let Change { by, of, after, .. } = change;
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
                let since = scene.truth.now;
                let incarnation = held.incarnation;
                self.running
                    .insert((by, of), Running { incarnation, since })
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
        let least = scene.bounds.verdict.micros();
        let took = scene.truth.now - was.since;
        scene.hold(Id::S8, took >= least, who, || {
            format!(
                "the verdict fell after {} ms; the least suspicion is {}",
                took / 1_000,
                scene_span(scene.bounds)
            )
        });
    }

    /// The life of a node took a turn.
    pub(super) fn turn(&mut self, node: u32, life: Life, now: u64) {
        let place = node as usize;
        match life {
            Life::Started | Life::Rejoined => {
                self.running.retain(|(by, _), _| *by != node);
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

const fn scene_span(bounds: &super::Bounds) -> crate::scenario::Span {
    bounds.verdict
}
