//! `false_positives` and `deaths`: who may be called dead though it runs, and who must be.

use std::time::Duration;

use super::Kept;
use crate::chronicle::Told;
use crate::scenario::{FalsePositives, Schedule, Scope, node_name};
use crate::sim::Sim;
use crate::verdict::Judge;

/// So many members are named.
const NAMED: usize = 8;

/// What was told of whom.
#[derive(Debug)]
pub(super) struct Deaths {
    most: Option<FalsePositives>,
    /// By node: whether its death is a false positive, if it runs.
    counts: Vec<bool>,
    /// By node: whether what it tells counts.
    heard: Vec<bool>,
    /// Faults touch all that would count.
    nobody: bool,
    count: u32,
    /// The first of those that were too many.
    excess: Option<Excess>,
    wanted: Vec<Wanted>,
    /// By node: whether somebody called it dead while its process existed.
    called: Vec<bool>,
}

/// When, who told it, of whom, and what led there.
#[derive(Debug)]
struct Excess {
    at: Duration,
    members: [u32; 2],
    story: Vec<String>,
}

/// One entry of `[[expect.deaths]]`.
#[derive(Debug)]
struct Wanted {
    nodes: Vec<u32>,
    reason: String,
}

impl Deaths {
    pub(super) fn new(schedule: &Schedule) -> Self {
        let scenario = &schedule.scenario;
        let mut counts = vec![true; scenario.nodes as usize];
        let most = scenario.expect.false_positives;
        let mut healthy = counts.clone();
        for &node in schedule.faults.iter().flat_map(|fault| &fault.nodes) {
            if let Some(healthy) = healthy.get_mut(node as usize) {
                *healthy = false;
            }
        }
        if most.is_some_and(|most| most.scope != Scope::All) {
            counts.clone_from(&healthy);
        }
        if most.is_none_or(|most| most.scope != Scope::AmongNeverFaulted) {
            healthy.fill(true);
        }
        let nobody = !counts.contains(&true);
        let wanted = scenario.expect.deaths.iter().zip(&schedule.expected.deaths);
        let wanted = wanted.map(|(entry, nodes)| Wanted {
            nodes: nodes.clone(),
            reason: entry.reason.clone(),
        });
        let wanted: Vec<Wanted> = wanted.collect();
        for &node in wanted.iter().flat_map(|entry| &entry.nodes) {
            if let Some(counts) = counts.get_mut(node as usize) {
                *counts = false;
            }
        }
        Self {
            most,
            called: vec![false; counts.len()],
            counts,
            heard: healthy,
            nobody,
            count: 0,
            excess: None,
            wanted,
        }
    }

    /// A node told its application something.
    pub(super) fn told(&mut self, at: Duration, told: &Told, sim: &Sim, judge: &Judge) {
        let Some(name) = told.death_of() else {
            return;
        };
        let place = name.number() as usize;
        let exists = |place: usize| sim.hosts.get(place).is_some_and(|host| host.node.is_some());
        if let Some(called) = self.called.get_mut(place).filter(|_| exists(place)) {
            *called = true;
        }
        let heard = self.heard.get(told.by as usize) != Some(&false);
        if told.wrongly && heard && self.counts.get(place) == Some(&true) {
            self.count += 1;
            if self.most.is_some_and(|most| self.count > most.max) {
                let members = [told.by, name.number()];
                self.excess.get_or_insert_with(|| Excess {
                    at,
                    members,
                    story: judge.led_to(&members),
                });
            }
        }
    }

    pub(super) fn conclude(self, end: Duration, judge: &Judge, kept: &mut Kept) {
        if let Some((most, excess)) = self.most.zip(self.excess) {
            let times = match self.count {
                1 => "once".to_owned(),
                count => format!("{count} times"),
            };
            let text = format!(
                "false_positives = {} at most: {times} a running member was called dead",
                most.max
            );
            kept.miss(excess.at, &excess.members, text, excess.story);
        } else if self.nobody && self.most.is_some() {
            kept.unshown.push(
                "false_positives: faults touch everybody (scope = \"all\" counts those too)"
                    .to_owned(),
            );
        }
        for entry in &self.wanted {
            let spared = entry.nodes.iter().copied();
            let spared: Vec<u32> = spared
                .filter(|node| self.called.get(*node as usize) != Some(&true))
                .collect();
            if !spared.is_empty() {
                let text = format!(
                    "deaths: {} never called dead while running, and that was expected ({})",
                    named(&spared),
                    entry.reason
                );
                let spared = &spared[..spared.len().min(NAMED)];
                kept.miss(end, spared, text, judge.led_to(spared));
            }
        }
    }
}

fn named(nodes: &[u32]) -> String {
    let names: Vec<String> = nodes.iter().copied().take(NAMED).map(node_name).collect();
    let more = match nodes.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let verb = if nodes.len() == 1 { "was" } else { "were" };
    format!("{}{more} {verb}", names.join(", "))
}
