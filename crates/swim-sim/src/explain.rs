//! How it came to something: who suspected a member, which probe found no answer, which datagrams were lost, what followed.
//!
//! A run can be repeated to the byte. So it is run once to see what was violated, and once more by somebody who looks at
//! one member alone, and keeps all that was said to it, by it and about it.

mod tale;
mod witness;

use std::time::Duration;

use serde::Serialize;

use crate::run::{Outcome, Verdict, Violation, run};
use crate::scenario::{Schedule, node_name};
use crate::verdict::INVARIANTS;
use witness::{Tally, Witness};

/// What was found out about a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The scenario's name.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// The verdict on it.
    pub verdict: Verdict,
    /// What was violated first.
    pub violation: Option<Violation>,
    /// What the invariant says that was violated.
    pub rule: Option<&'static str>,
    /// Whom the story is about.
    pub member: Option<String>,
    /// Each time that somebody held the member anything but alive.
    pub episodes: Vec<Episode>,
    /// Without a member: who was held dead or suspected while it ran, and by how many, the most first.
    pub wronged: Vec<(String, usize)>,
}

/// From the first doubt about a member until nobody doubted any more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Episode {
    /// In a few words.
    pub title: String,
    /// What happened, in order.
    pub lines: Vec<Line>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// When, in seconds from the scenario's beginning.
    pub at_s: f64,
    /// What.
    pub text: String,
}

impl Line {
    fn new(at: Duration, text: impl Into<String>) -> Self {
        let at_s = at.as_secs_f64();
        let text = text.into();
        Self { at_s, text }
    }
}

/// Explains what befell a member, or else how it came to the first violation.
#[must_use]
pub fn explain(schedule: &Schedule, member: Option<u32>) -> Explanation {
    let mut tally = Tally::default();
    let outcome = run(schedule, &mut tally);
    let first = outcome.violations.first();
    let asked = member.is_some();
    let member = member.or_else(|| first.and_then(subject));
    let mut explanation = Explanation {
        scenario: outcome.scenario.clone(),
        seed: outcome.seed,
        verdict: outcome.verdict,
        rule: first.and_then(rule),
        violation: first.cloned(),
        member: member.map(node_name),
        episodes: Vec::new(),
        wronged: Vec::new(),
    };
    match member {
        Some(member) => {
            let until = until(&outcome, asked);
            let mut witness = Witness::of(member);
            run(schedule, &mut witness);
            explanation.episodes = tale::tell(&witness, schedule, until, !asked);
        }
        None => explanation.wronged = tally.wronged(),
    }
    explanation
}

/// Whom a violation is about: the last of its members, the first being the observer.
fn subject(violation: &Violation) -> Option<u32> {
    let name = violation.members.last()?;
    name.strip_prefix('n')?.parse().ok()
}

/// Who asks for a member wants all of its story; else it ends with the violation.
fn until(outcome: &Outcome, asked: bool) -> Duration {
    let first = outcome.violations.first().filter(|_| !asked);
    first.map_or(outcome.simulated, |violation| violation.at)
}

fn rule(violation: &Violation) -> Option<&'static str> {
    let known = INVARIANTS.iter().find(|one| one.id == violation.id);
    known.map(|invariant| invariant.property)
}
