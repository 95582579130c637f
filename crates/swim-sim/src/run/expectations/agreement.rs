//! `converge_after_heal`: so long after the last fault on links has ended, all views are the truth.

use std::time::Duration;

use super::{Kept, Seen};
use crate::scenario::{FaultKind, Reach, Schedule, Span};

use swim_core::State;

/// The bound, and when it is due.
#[derive(Debug)]
pub(super) struct Agreement {
    bound: Span,
    /// When the last fault on links ends; or why there is no such time.
    healed: Result<Duration, String>,
    looked: bool,
}

impl Agreement {
    pub(super) fn new(bound: Span, schedule: &Schedule) -> Self {
        Self {
            bound,
            healed: last_heal(schedule),
            looked: false,
        }
    }

    /// Looks once, when it is due.
    pub(super) fn look(&mut self, now: Duration, seen: &Seen<'_>, kept: &mut Kept) {
        let Ok(healed) = self.healed else {
            return;
        };
        let due = healed + self.bound.0;
        if self.looked || due > now {
            return;
        }
        self.looked = true;
        let Seen { lives, sim, judge } = *seen;
        let machines = || lives.machines.iter().zip(0_u32..);
        let (mut all, mut wrong, mut first) = (0_u64, 0_u64, None);
        for (_, by) in machines().filter(|(one, _)| one.runs_since(healed)) {
            for (member, of) in machines().filter(|(_, of)| *of != by) {
                let held = sim.held(by, member.name).map(|held| held.state);
                let sound = if member.runs_since(healed) {
                    held == Some(State::Alive)
                } else if member.is_gone_since(healed) {
                    !held.is_some_and(State::is_up)
                } else {
                    continue;
                };
                all += 1;
                if !sound {
                    wrong += 1;
                    first.get_or_insert((by, of, held));
                }
            }
        }
        if let Some((by, of, held)) = first {
            let held = held.map_or_else(|| "unknown".to_owned(), |state| state.to_string());
            let text = format!(
                "converge_after_heal = {}: {wrong} of {all} views are wrong so long after the last fault on links ended, here: {held}",
                self.bound
            );
            kept.miss(due, &[by, of], text, judge.led_to(&[by, of]));
        }
    }

    pub(super) fn conclude(self, end: Duration, kept: &mut Kept) {
        let why = match self.healed {
            _ if self.looked => return,
            Ok(healed) => format!(
                "the last fault on links ends at {}, and the run at {}",
                Span(healed),
                Span(end)
            ),
            Err(why) => why,
        };
        let bound = self.bound;
        kept.unshown
            .push(format!("converge_after_heal = {bound}: {why}"));
    }
}

/// When the last fault on links ends.
fn last_heal(schedule: &Schedule) -> Result<Duration, String> {
    let on_links = |kind: &str| {
        let mut kinds = FaultKind::ALL.iter();
        kinds.any(|known| known.name == kind && known.reach == Reach::Links)
    };
    let faults = schedule.faults.iter();
    let ends = faults.filter(|fault| on_links(fault.kind)).map(|fault| {
        let endless = || format!("a {} at {} has no end", fault.kind, Span(fault.at));
        fault.until.ok_or_else(endless)
    });
    let ends: Vec<Duration> = ends.collect::<Result<_, _>>()?;
    let last = ends.into_iter().max();
    last.ok_or_else(|| "there is no fault on links".to_owned())
}
