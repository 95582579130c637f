//! What was looked at, what was found, and what had happened just before.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::catalogue::{INVARIANTS, Id};
use super::times::Times;
use crate::run::{Held, Life, Sight, Verdict, Violation, What};
use crate::scenario::Schedule;

/// So many violations are kept; the first ones tell the story.
const KEPT: usize = 32;
/// So many events before a violation are looked through for those that led there.
const REMEMBERED: usize = 512;
/// So many of them are told.
const TOLD: usize = 14;

/// What was found on one invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which.
    #[serde(rename = "name")]
    pub id: &'static str,
    /// Pass, violated; or vacuous: there was nothing to look at.
    pub verdict: Verdict,
    /// How often it was looked at.
    pub looks: u64,
}

/// All that is written down during a run.
#[derive(Debug)]
pub(super) struct Docket {
    looks: [u64; INVARIANTS.len()],
    broken: [bool; INVARIANTS.len()],
    violations: Vec<Violation>,
    recent: VecDeque<Note>,
    /// The faults of the schedule, by number and kind as they were written.
    faults: Vec<String>,
    /// What the bounds are measured with, if they are.
    pub(super) times: Option<Times>,
}

#[derive(Debug)]
struct Note {
    at: Duration,
    node: u32,
    about: Option<u32>,
    what: What,
}

/// A violation before it is written down.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) id: Id,
    /// Machines, the observer first.
    pub(super) who: [Option<u32>; 2],
    pub(super) text: String,
}

impl Docket {
    pub(super) fn new(schedule: &Schedule) -> Self {
        let faults = schedule.faults().iter();
        let faults = faults.map(|fault| format!("fault {} ({})", fault.written + 1, fault.kind));
        Self {
            looks: [0; INVARIANTS.len()],
            broken: [false; INVARIANTS.len()],
            violations: Vec::new(),
            recent: VecDeque::new(),
            faults: faults.collect(),
            times: None,
        }
    }

    /// The invariant was looked at so often.
    pub(super) const fn looked(&mut self, id: Id, times: u64) {
        self.looks[id.place()] += times;
    }

    /// Looks at an invariant: if it is broken, says so.
    pub(super) fn hold(
        &mut self,
        at: Duration,
        id: Id,
        good: bool,
        who: [Option<u32>; 2],
        text: impl FnOnce() -> String,
    ) {
        self.looked(id, 1);
        if !good {
            let text = text();
            self.accuse(at, Broken { id, who, text });
        }
    }

    pub(super) fn accuse(&mut self, at: Duration, broken: Broken) {
        let Broken { id, who, text } = broken;
        self.broken[id.place()] = true;
        if self.violations.len() >= KEPT {
            return;
        }
        let members = who.iter().flatten().map(|node| format!("n{node}"));
        self.violations.push(Violation {
            id: id.name().to_owned(),
            at,
            members: members.collect(),
            text,
            story: self.what_led_there(who),
        });
    }

    /// The last events that concern these, the observer first.
    pub(super) fn what_led_there(&self, who: [Option<u32>; 2]) -> Vec<String> {
        let concerns = |note: &&Note| {
            let about = |node: u32| note.node == node || note.about == Some(node);
            note.node == u32::MAX || who.iter().flatten().all(|node| about(*node)) || {
                let turned = matches!(note.what, What::Life { .. });
                turned && who.contains(&Some(note.node))
            }
        };
        let led: Vec<&Note> = self.recent.iter().filter(concerns).collect();
        let first = led.len().saturating_sub(TOLD);
        led[first..].iter().map(|note| self.words(note)).collect()
    }

    /// Remembers what may lead somewhere.
    pub(super) fn remember(&mut self, sight: &Sight) {
        let (node, about) = match &sight.what {
            What::View { by, of, .. } => (*by, Some(of.number())),
            What::Life { node, .. } => (*node, None),
            What::FaultBegins(_) | What::FaultEnds(_) => (u32::MAX, None),
            _ => return,
        };
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Note {
            at: sight.at,
            node,
            about,
            what: sight.what.clone(),
        });
    }

    pub(super) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let rows = INVARIANTS.iter().zip(self.looks).zip(self.broken);
        rows.map(|((invariant, looks), broken)| Finding {
            id: invariant.id,
            verdict: match (broken, looks) {
                (true, _) => Verdict::Violated,
                (false, 0) => Verdict::Vacuous,
                (false, _) => Verdict::Pass,
            },
            looks,
        })
        .collect()
    }

    fn words(&self, note: &Note) -> String {
        let at = note.at.as_secs_f64();
        let node = note.node;
        let fault = |place: usize| self.faults.get(place).map_or("a fault", String::as_str);
        match &note.what {
            What::View {
                of, before, after, ..
            } => {
                let (of, before, after) = (of.number(), shown(*before), shown(*after));
                format!("{at:>10.3} s  n{node} held n{of} {before}, now {after}")
            }
            What::Life { life, .. } => format!("{at:>10.3} s  n{node} {}", turn(*life)),
            What::FaultBegins(place) => format!("{at:>10.3} s  {} begins", fault(*place)),
            What::FaultEnds(place) => format!("{at:>10.3} s  {} ends", fault(*place)),
            other => format!("{at:>10.3} s  {other:?}"),
        }
    }
}

fn shown(held: Option<Held>) -> String {
    held.map_or_else(
        || "nowhere".to_owned(),
        |held| format!("{} @{}", held.state, held.incarnation),
    )
}

fn turn(life: Life) -> String {
    match life {
        Life::Started => "starts".to_owned(),
        Life::Stopped => "crashes".to_owned(),
        Life::Paused => "is paused".to_owned(),
        Life::Resumed => "goes on".to_owned(),
        Life::Woken => "comes back with all that it knew".to_owned(),
        Life::Leaving => "leaves".to_owned(),
        Life::Rejoined => "joins anew".to_owned(),
        Life::Updated(version) => format!("has metadata {version}"),
        Life::ClockJumped(by) => format!("has its clock jump by {} ms", by / 1_000),
        Life::ClockDrifts(parts) => format!("has a clock that is {parts} ppm fast"),
    }
}
