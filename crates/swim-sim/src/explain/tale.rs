//! The story of each time that somebody doubted a member.

mod probe;

use std::collections::BTreeSet;
use std::time::Duration;

use swim_core::{Incarnation, State};

use super::witness::{Change, Fate, Letter, Witness, Word};
use super::{Episode, Line};
use crate::run::{Cause, Life};
use crate::scenario::{Schedule, node_name};

/// So many episodes of a member's life are told, the first ones.
const TOLD: usize = 20;
/// So many that led to a violation are told, the last ones.
const LED: usize = 3;

/// Tells the episodes that begin by `until`, and of the last one what happened by then: the first of all, or, if it ends
/// with a violation, those that led there.
pub(super) fn tell(
    witness: &Witness,
    schedule: &Schedule,
    until: Duration,
    led: bool,
) -> Vec<Episode> {
    let mut spans = spans(witness, until);
    if led {
        spans = spans.split_off(spans.len().saturating_sub(LED));
    }
    let tellers = spans.into_iter().take(TOLD).map(|changes| Teller {
        witness,
        schedule,
        from: changes[0].at,
        to: changes.last().map_or(until, |last| last.at),
        changes,
    });
    tellers.map(|teller| teller.episode()).collect()
}

/// The changes of each episode: from the first doubt until nobody doubts.
fn spans(witness: &Witness, until: Duration) -> Vec<Vec<Change>> {
    let mut doubters = BTreeSet::new();
    let (mut spans, mut open) = (Vec::new(), Vec::new());
    let mut lives = witness.lives.iter().peekable();
    for change in witness.changes.iter().filter(|change| change.at <= until) {
        while let Some((_, node, life)) = lives.next_if(|(at, ..)| *at <= change.at) {
            if matches!(life, Life::Stopped | Life::Leaving) {
                doubters.remove(node);
            }
        }
        if doubters.is_empty() && !open.is_empty() {
            spans.push(std::mem::take(&mut open));
        }
        let doubts = change.after.is_some_and(|held| held.state != State::Alive);
        if change.by != witness.member {
            if doubts {
                doubters.insert(change.by);
            } else {
                doubters.remove(&change.by);
            }
        }
        if doubts || !open.is_empty() {
            open.push(*change);
        }
        if doubters.is_empty() && !open.is_empty() {
            spans.push(std::mem::take(&mut open));
        }
    }
    if !open.is_empty() {
        spans.push(open);
    }
    spans.retain(|changes| changes.iter().any(|change| change.by != witness.member));
    spans
}

/// Tells one episode.
struct Teller<'t> {
    witness: &'t Witness,
    schedule: &'t Schedule,
    changes: Vec<Change>,
    from: Duration,
    to: Duration,
}

impl Teller<'_> {
    fn episode(&self) -> Episode {
        let mut lines = self.circumstances();
        lines.extend(self.first_doubt());
        lines.extend(self.lives());
        lines.extend(self.hearing(State::Suspect, "suspect"));
        lines.extend(self.objection());
        lines.extend(self.verdict());
        lines.extend(self.return_of_trust());
        lines.sort_by(|one, other| one.at_s.total_cmp(&other.at_s));
        let title = self.title();
        Episode { title, lines }
    }

    fn member(&self) -> String {
        node_name(self.witness.member)
    }

    /// The changes of others that lead to this state.
    fn to_state(&self, state: State) -> impl Iterator<Item = &Change> {
        let becomes = move |change: &&Change| {
            let was = change.before.is_some_and(|held| held.state == state);
            !was && change.after.is_some_and(|held| held.state == state)
        };
        let others = |change: &&Change| change.by != self.witness.member;
        self.changes.iter().filter(others).filter(becomes)
    }

    fn title(&self) -> String {
        let count = |state| {
            let by: BTreeSet<u32> = self.to_state(state).map(|change| change.by).collect();
            by.len()
        };
        let held = [
            (count(State::Suspect), "suspected"),
            (count(State::Dead), "held dead"),
            (count(State::Left), "held gone"),
        ];
        let held = held.iter().filter(|(count, _)| *count > 0);
        let held: Vec<String> = held
            .map(|(count, how)| format!("{how} by {count}"))
            .collect();
        format!(
            "{:.3} s to {:.3} s: {} is {}",
            self.from.as_secs_f64(),
            self.to.as_secs_f64(),
            self.member(),
            held.join(", ")
        )
    }

    /// What is so when it begins: whether the member runs, and which faults touch it.
    fn circumstances(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let last = self.witness.lives.iter().rfind(|(at, node, life)| {
            *at <= self.from && *node == self.witness.member && turn(*life).is_some()
        });
        if let Some((at, _, life)) = last {
            let turn = turn(*life).unwrap_or_default();
            lines.push(Line::new(*at, format!("{} {turn}", self.member())));
        }
        for fault in self.schedule.faults() {
            let touches = fault.nodes.is_empty() || fault.nodes.contains(&self.witness.member);
            let lasts = fault.until.is_none_or(|until| until >= self.from);
            if touches && lasts && fault.at <= self.from {
                let (number, kind) = (fault.written + 1, fault.kind);
                lines.push(Line::new(
                    fault.at,
                    format!("fault {number} ({kind}) begins"),
                ));
            }
        }
        lines
    }

    /// Who doubts first, and why.
    fn first_doubt(&self) -> Vec<Line> {
        let Some(first) = self
            .changes
            .iter()
            .find(|one| one.by != self.witness.member)
        else {
            return Vec::new();
        };
        let Some(held) = first.after else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        let how = match (first.from, held.state) {
            (Some(teller), _) => format!(", told by {}", node_name(teller)),
            (None, State::Suspect) => {
                lines.extend(self.probe(first));
                String::new()
            }
            (None, _) => ", told over a stream".to_owned(),
        };
        let (by, member) = (node_name(first.by), self.member());
        let (state, incarnation) = (held.state, held.incarnation);
        let text = format!("{by} holds {member} {state} @{incarnation}{how}");
        lines.push(Line::new(first.at, text));
        lines
    }

    /// Turns of the member's life meanwhile.
    fn lives(&self) -> Vec<Line> {
        let turns = self.witness.lives.iter().filter(|(at, node, _)| {
            *node == self.witness.member && self.from < *at && *at <= self.to
        });
        let turns = turns.filter_map(|(at, _, life)| Some((at, turn(*life)?)));
        turns
            .map(|(at, turn)| Line::new(*at, format!("{} {turn}", self.member())))
            .collect()
    }

    /// How many more come to hold it, and by when.
    fn hearing(&self, state: State, word: &str) -> Option<Line> {
        let later: Vec<&Change> = self.to_state(state).skip(1).collect();
        let last = later.last()?;
        let heard = later.iter().filter(|change| change.from.is_some()).count();
        let by: BTreeSet<u32> = later.iter().map(|change| change.by).collect();
        Some(Line::new(
            last.at,
            format!(
                "by now {} more hold it {word}; {heard} heard of it by gossip",
                by.len()
            ),
        ))
    }

    /// Whether the member hears what is said of it, and what it says then.
    fn objection(&self) -> Vec<Line> {
        let accuses = |letter: &&Letter| {
            let at_it = letter.to == Some(self.witness.member);
            let meanwhile = self.from <= letter.at && letter.at <= self.to;
            at_it && meanwhile && letter.says(|word| self.accusation(word).is_some())
        };
        let told: Vec<&Letter> = self.witness.letters.values().filter(accuses).collect();
        let heard = told
            .iter()
            .filter_map(|letter| Some((letter.arrived()?, letter)))
            .min_by_key(|(at, _)| *at);
        let (member, mut lines) = (self.member(), Vec::new());
        match heard {
            Some((at, letter)) => {
                let vain = told.iter().filter(|other| other.at < letter.at);
                let vain = vain
                    .filter(|other| matches!(other.fate, Fate::Lost(_)))
                    .count();
                let vain = if vain > 0 {
                    format!(", after {vain} that said so to it were lost")
                } else {
                    String::new()
                };
                let from = node_name(letter.from);
                lines.push(Line::new(
                    at,
                    format!("{member} hears of it from {from}{vain}"),
                ));
            }
            None if told.is_empty() => {
                let text = format!("nobody says so to {member} by datagram");
                lines.push(Line::new(self.to, text));
            }
            None => {
                let text = format!(
                    "{member} has not heard of it: all {} datagrams that said so to it were lost",
                    told.len()
                );
                lines.push(Line::new(self.to, text));
            }
        }
        let said = lines.len();
        let own = self
            .changes
            .iter()
            .filter(|one| one.by == self.witness.member);
        for change in own {
            let before = change.before.map(|held| held.incarnation);
            if let Some(after) = change.after.filter(|held| Some(held.incarnation) > before) {
                let text = format!(
                    "{member} objects: it is {} @{}",
                    after.state, after.incarnation
                );
                lines.push(Line::new(change.at, text));
            }
        }
        if heard.is_some() && lines.len() == said {
            let text = format!("{member} has not objected by now");
            lines.push(Line::new(self.to, text));
        }
        lines
    }

    fn accusation(&self, word: &Word) -> Option<Incarnation> {
        match word {
            Word::News(State::Suspect | State::Dead | State::Left, incarnation) => {
                Some(*incarnation)
            }
            _ => None,
        }
    }

    /// Who holds it dead or gone, and why.
    fn verdict(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (state, word) in [(State::Dead, "dead"), (State::Left, "gone")] {
            let begins_so = self.changes.first().and_then(|first| first.after);
            let skipped = begins_so.is_some_and(|held| held.state == state);
            if let Some(first) = self.to_state(state).next().filter(|_| !skipped) {
                let was_suspect = first
                    .before
                    .is_some_and(|held| held.state == State::Suspect);
                let how = match (first.from, was_suspect) {
                    (Some(teller), _) => format!("told by {}", node_name(teller)),
                    (None, true) => "the time of its suspicion is over".to_owned(),
                    (None, false) => "told over a stream".to_owned(),
                };
                let (by, member) = (node_name(first.by), self.member());
                let incarnation = first.after.map_or(Incarnation(0), |held| held.incarnation);
                let text = format!("{by} holds {member} {word} @{incarnation}: {how}");
                lines.push(Line::new(first.at, text));
            }
            lines.extend(self.hearing(state, word));
        }
        lines
    }

    /// Who holds it alive again, first and last.
    fn return_of_trust(&self) -> Vec<Line> {
        let back: Vec<&Change> = self.to_state(State::Alive).collect();
        let line = |change: &Change, which: &str| {
            let how = change.from.map_or_else(
                || "by an answer or over a stream".to_owned(),
                |teller| format!("told by {}", node_name(teller)),
            );
            let incarnation = change.after.map_or(Incarnation(0), |held| held.incarnation);
            let (by, member) = (node_name(change.by), self.member());
            let text = format!("{by} holds {member} alive again @{incarnation}{which}, {how}");
            Line::new(change.at, text)
        };
        match back.as_slice() {
            [] => Vec::new(),
            [one] => vec![line(one, "")],
            [first, .., last] => {
                let count = back.len();
                vec![
                    line(first, ", the first"),
                    line(last, &format!(", the last of {count}")),
                ]
            }
        }
    }
}

/// A turn of a life that others may notice.
const fn turn(life: Life) -> Option<&'static str> {
    Some(match life {
        Life::Started => "starts",
        Life::Stopped => "crashes",
        Life::Paused => "is paused",
        Life::Resumed => "goes on",
        Life::Woken => "comes back with all that it knew",
        Life::Leaving => "leaves",
        Life::Rejoined => "joins anew",
        _ => return None,
    })
}

/// Why a datagram did not arrive, with the faults that may have done it.
fn lost(schedule: &Schedule, letter: &Letter, cause: Cause) -> String {
    let (words, kinds): (_, &[&str]) = match cause {
        Cause::Cut => ("cut off", &["partition"]),
        Cause::Lost => ("lost", &["loss", "drop"]),
        Cause::TooLong => ("too long for the way", &["size-limit"]),
        Cause::Full => (
            "dropped by a full queue",
            &["rate-limit", "throttle", "pause"],
        ),
        Cause::Nobody => ("not read: nobody is there", &[]),
    };
    let ends = [Some(letter.from), letter.to];
    let acts = schedule.faults().iter().filter(|fault| {
        let touches = ends.iter().flatten().any(|end| fault.nodes.contains(end));
        let lasts = fault.until.is_none_or(|until| until >= letter.at);
        kinds.contains(&fault.kind)
            && (touches || fault.nodes.is_empty())
            && fault.at <= letter.at
            && lasts
    });
    let numbers: BTreeSet<usize> = acts.map(|fault| fault.written + 1).collect();
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [] => words.to_owned(),
        [one] => format!("{words} (fault {one})"),
        several => format!("{words} (faults {})", several.join(", ")),
    }
}
