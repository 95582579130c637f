//! `detect_within`: everybody who can hear of it knows of each crash in time.

use std::collections::VecDeque;
use std::time::Duration;

use super::lives::{Lives, Turn};
use super::{Kept, Seen};
use crate::scenario::Span;
use crate::sim::Sim;

/// The bound, and the crashes that it still has to be held against.
#[derive(Debug)]
pub(super) struct Detection {
    within: Span,
    /// In the order of their times.
    crashed: VecDeque<(Duration, u32)>,
    looked: u32,
}

impl Detection {
    pub(super) const fn new(within: Span) -> Self {
        Self {
            within,
            crashed: VecDeque::new(),
            looked: 0,
        }
    }

    /// A node crashed; or it came back, and there is nothing to know of it any more.
    pub(super) fn turned(&mut self, at: Duration, node: u32, turn: Turn) {
        if turn == Turn::Crashed {
            self.crashed.push_back((at, node));
        } else {
            self.crashed.retain(|(_, other)| *other != node);
        }
    }

    /// Looks at the crashes whose time is over.
    pub(super) fn look(&mut self, now: Duration, seen: &Seen<'_>, kept: &mut Kept) {
        while let Some(&(at, node)) = self.crashed.front() {
            let due = at + self.within.0;
            if due > now {
                return;
            }
            self.crashed.pop_front();
            self.judge((at, due), node, seen, kept);
        }
    }

    fn judge(
        &mut self,
        (at, due): (Duration, Duration),
        node: u32,
        seen: &Seen<'_>,
        kept: &mut Kept,
    ) {
        let Seen { lives, sim, judge } = *seen;
        let machines = &lives.machines;
        let name = machines[node as usize].name;
        if machines[node as usize].shared {
            return;
        }
        let others = machines.iter().zip(0_u32..);
        let others = others.filter(|(other, by)| other.runs_since(at) && is_heard(*by, lives, sim));
        let (mut all, mut unaware) = (0_u32, Vec::new());
        for (_, by) in others {
            all += 1;
            if sim.held(by, name).is_some_and(|held| held.state.is_up()) {
                unaware.push(by);
            }
        }
        self.looked += u32::from(all > 0);
        if let Some(&first) = unaware.first() {
            let (count, within) = (unaware.len(), self.within);
            let text = format!(
                "detect_within = {within}: {count} of {all} members still hold it up so long after its crash"
            );
            kept.miss(due, &[first, node], text, judge.led_to(&[first, node]));
        }
    }

    pub(super) fn conclude(self, kept: &mut Kept) {
        if self.looked == 0 {
            kept.unshown.push(format!(
                "detect_within = {}: nobody crashed and stayed away for so long",
                self.within
            ));
        }
    }
}

/// Whether there is a way from somebody who runs to this one, and back.
fn is_heard(by: u32, lives: &Lives, sim: &Sim) -> bool {
    let others = lives.machines.iter().zip(0_u32..);
    let mut others = others.filter(|(other, of)| *of != by && other.turn == Some(Turn::Up));
    others.any(|(_, of)| sim.is_open(by, of) && sim.is_open(of, by))
}
