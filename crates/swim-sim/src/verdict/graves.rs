//! The forgetting of the dead and the left: L11.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::Scene;
use super::catalogue::Id;
use super::views::Change;
use crate::peer::SimName;
use crate::run::Life;

/// Since when each node holds each of its dead and left.
#[derive(Debug, Default)]
pub(super) struct Graves {
    since: BTreeMap<(u32, SimName), u64>,
    due: BTreeSet<(u64, u32, SimName)>,
    /// Nodes that have left, or whose clocks went back: nothing is due there any more.
    still: BTreeSet<u32>,
}

impl Graves {
    pub(super) fn see(&mut self, change: Change, lasts: u64, scene: &mut Scene<'_>) {
        let Change { by, of, after, .. } = change;
        if let (None, Some(since), Some(times)) =
            (after, self.since.get(&(by, of)), &mut scene.docket.times)
        {
            let bound = lasts + scene.bounds.reap.micros();
            times.add(Id::L11, scene.truth.now - since, bound);
        }
        if self.still.contains(&by) || after.is_none_or(|held| held.state.is_up()) {
            self.since.remove(&(by, of));
            return;
        }
        let now = scene.truth.now;
        if let Entry::Vacant(vacant) = self.since.entry((by, of)) {
            vacant.insert(now);
            let end = now
                .saturating_add(lasts)
                .saturating_add(scene.bounds.reap.micros());
            self.due.insert((end, by, of));
        }
    }

    /// A node's process or clock stood still, or it began anew: its tombstones are not looked at any more.
    pub(super) fn turn(&mut self, node: u32, life: Life) {
        match life {
            Life::Updated(_) => return,
            Life::Leaving | Life::ClockJumped(..0) => {
                self.still.insert(node);
            }
            Life::Started | Life::Rejoined => {
                self.still.remove(&node);
            }
            _ => {}
        }
        self.since.retain(|(by, _), _| *by != node);
        self.due.retain(|(_, by, _)| *by != node);
    }

    pub(super) fn look(&mut self, lasts: u64, scene: &mut Scene<'_>) {
        while let Some(&(end, by, of)) = self.due.first() {
            if end > scene.truth.now {
                return;
            }
            self.due.pop_first();
            let bound = lasts.saturating_add(scene.bounds.reap.micros());
            let since = self.since.get(&(by, of)).copied();
            let Some(since) = since.filter(|since| since.saturating_add(bound) == end) else {
                // It was up in between: the younger tombstone has its own time.
                scene.docket.looked(Id::L11, 1);
                continue;
            };
            let who = [Some(by), Some(of.number())];
            scene.hold(Id::L11, false, who, || {
                let age = (end - since) / 1_000_000;
                format!("a tombstone is {age} s old, and not forgotten")
            });
        }
    }
}
