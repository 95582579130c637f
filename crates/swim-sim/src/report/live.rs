//! A cluster that really runs, looked at from outside, drawn as a simulated one is.

use std::collections::BTreeMap;
use std::time::Duration;

use swim_core::{Incarnation, State};

use super::beliefs::{Belief, Truth};
use super::page::Frame;
use super::recorder::Recorder;
use super::words::{count, list, seconds};
use crate::random::micros;
use crate::run::{Held, Life};

/// Turns named in the first sentence.
const TURNS: usize = 4;

/// What agents answered when they were asked again and again whom they hold, in order of time.
///
/// Whoever is asked and answers is taken to run. Of a member that nobody asks, nothing can be known but what others say:
/// no belief about it counts as wrong.
#[derive(Debug, Default)]
pub struct Live {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
    /// The agents that were asked, in the order in which they first answered.
    agents: Vec<Agent>,
    notes: Vec<Note>,
}

/// One member as an agent's answer tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The member's name.
    pub name: String,
    /// What the agent holds of it.
    pub state: State,
    /// The incarnation that goes with it.
    pub incarnation: u32,
}

/// What was sent since an agent was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// So many datagrams.
    pub datagrams: u64,
    /// So many bytes in them.
    pub bytes: u64,
}

#[derive(Debug)]
struct Agent {
    /// The member that it is.
    name: u32,
    truth: Truth,
    held: BTreeMap<u32, Held>,
    sent: Sent,
}

#[derive(Debug)]
struct Note {
    at: u64,
    by: u32,
    what: What,
}

#[derive(Debug)]
enum What {
    Life(Life),
    /// What it holds when it begins to look.
    Known(Vec<(u32, Belief)>),
    View(u32, [Option<Held>; 2]),
    Sent(Sent),
}

impl Live {
    /// Nobody has answered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many agents have answered at least once.
    #[must_use]
    pub fn agents(&self) -> usize {
        self.agents.len()
    }

    /// How many members anybody told of.
    #[must_use]
    pub fn members(&self) -> usize {
        self.names.len()
    }

    /// The agent of this name answered. `at` is the time since the recording began, never less than in the call before.
    pub fn answered(&mut self, at: Duration, agent: &str, members: &[Told], sent: Sent) {
        let at = micros(at);
        let by = self.agent(agent);
        let held: BTreeMap<u32, Held> = members
            .iter()
            .map(|told| {
                let held = Held {
                    state: told.state,
                    incarnation: Incarnation(told.incarnation),
                    meta: 0,
                };
                (self.number(&told.name), held)
            })
            .collect();
        let one = &mut self.agents[by as usize];
        if one.truth == Truth::Departed && !is_newer(&held, &one.held, one.name) {
            // It is on its way out, and tells so.
            return;
        }
        let before = std::mem::replace(&mut one.held, held.clone());
        let sent_before = std::mem::replace(&mut one.sent, sent);
        let truth = std::mem::replace(&mut one.truth, Truth::Running);
        if truth == Truth::Paused {
            self.note(at, by, What::Life(Life::Resumed));
        }
        if matches!(truth, Truth::Running | Truth::Paused) {
            self.compare(at, by, &before, &held);
            let since = Sent {
                datagrams: sent.datagrams.saturating_sub(sent_before.datagrams),
                bytes: sent.bytes.saturating_sub(sent_before.bytes),
            };
            self.note(at, by, What::Sent(since));
        } else {
            let known = held
                .iter()
                .map(|(of, held)| (*of, Belief::of(held.state)))
                .collect();
            self.note(at, by, What::Known(known));
        }
        self.see_goodbyes(at, &held);
    }

    /// Whoever is held to have left at the incarnation that it has, or above, has said so.
    fn see_goodbyes(&mut self, at: u64, held: &BTreeMap<u32, Held>) {
        for by in 0..self.agents.len() {
            let one = &mut self.agents[by];
            let own = one.held.get(&one.name).map(|own| own.incarnation);
            let left = held.get(&one.name).is_some_and(|told| {
                told.state == State::Left && own.is_some_and(|own| told.incarnation >= own)
            });
            if left && one.truth == Truth::Running {
                one.truth = Truth::Departed;
                let by = u32::try_from(by).unwrap_or(u32::MAX);
                self.note(at, by, What::Life(Life::Leaving));
            }
        }
    }

    /// The agent of this name is there, and does not answer in time: it stands still, or what it runs on does.
    pub fn silent(&mut self, at: Duration, agent: &str) {
        self.turn(at, agent, Truth::Paused, Life::Paused);
    }

    /// Nothing is there any more where this agent was.
    pub fn gone(&mut self, at: Duration, agent: &str) {
        self.turn(at, agent, Truth::Stopped, Life::Stopped);
    }

    fn turn(&mut self, at: Duration, agent: &str, truth: Truth, life: Life) {
        let by = self.agent(agent);
        let one = &mut self.agents[by as usize];
        let is_news = match one.truth {
            Truth::Absent | Truth::Stopped | Truth::Unasked => false,
            Truth::Departed => life == Life::Stopped,
            before @ (Truth::Running | Truth::Paused) => before != truth,
        };
        if is_news {
            one.truth = truth;
            self.note(micros(at), by, What::Life(life));
        }
    }

    fn compare(
        &mut self,
        at: u64,
        by: u32,
        before: &BTreeMap<u32, Held>,
        after: &BTreeMap<u32, Held>,
    ) {
        let mut members: Vec<u32> = before.keys().chain(after.keys()).copied().collect();
        members.sort_unstable();
        members.dedup();
        for of in members {
            let change = [before, after].map(|held| held.get(&of).copied());
            if change[0] != change[1] {
                self.note(at, by, What::View(of, change));
            }
        }
    }

    fn note(&mut self, at: u64, by: u32, what: What) {
        self.notes.push(Note { at, by, what });
    }

    fn agent(&mut self, name: &str) -> u32 {
        let name = self.number(name);
        let place = self.agents.iter().position(|one| one.name == name);
        let place = place.unwrap_or_else(|| {
            self.agents.push(Agent {
                name,
                truth: Truth::Absent,
                held: BTreeMap::new(),
                sent: Sent::default(),
            });
            self.agents.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// The recording up to `length`, as a page of HTML and as three sentences. `command` makes another one.
    #[must_use]
    pub fn page(&self, length: Duration, title: &str, command: &str) -> (String, [String; 3]) {
        let recorder = self.replay(length);
        let sentences = [
            self.what_happened(length),
            recorder.who_was_wrong(),
            recorder.all_is_well(),
        ];
        let page = recorder.framed(&Frame {
            title,
            verdict: None,
            about: "A cluster that ran, as its agents told when they were asked.",
            sentences: sentences.clone(),
            colours: recorder.colours(),
            facts: vec![
                count(self.members() as u64, "member"),
                format!("{} asked", count(self.agents() as u64, "agent")),
                format!("recorded for {}", seconds(length)),
            ],
            faults: &[],
            violations: &[],
            rules: Vec::new(),
            metrics: None,
            command: [
                "Another recording:",
                command,
                "What changed between two questions is seen at the later one.",
            ],
        });
        (page, sentences)
    }

    fn replay(&self, length: Duration) -> Recorder {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_by(|one, other| natural(&self.names[*one]).cmp(&natural(&self.names[*other])));
        let mut place = vec![0_u32; order.len()];
        for (row, member) in (0_u32..).zip(&order) {
            place[*member] = row;
        }
        let row = |member: u32| place[member as usize];
        let observers: Vec<u32> = self.agents.iter().map(|one| row(one.name)).collect();
        let mut recorder = Recorder::for_a_page();
        recorder.names = order.iter().map(|one| self.names[*one].clone()).collect();
        recorder.open(micros(length), &observers, self.names.len());
        // Until somebody answers, nothing is known of it.
        for member in 0..u32::try_from(place.len()).unwrap_or(u32::MAX) {
            recorder.beliefs.set_truth(member, Truth::Unasked);
        }
        for note in &self.notes {
            match &note.what {
                What::Life(life) => recorder.life(note.at, note.by, *life, []),
                What::Known(known) => {
                    let known = known.iter().map(|(of, belief)| (row(*of), *belief));
                    recorder.life(note.at, note.by, Life::Woken, known);
                }
                What::View(of, change) => recorder.view(note.at, (note.by, row(*of)), *change),
                What::Sent(sent) => {
                    recorder
                        .load
                        .add(note.at, note.by, sent.datagrams, sent.bytes);
                }
            }
        }
        recorder.pass(micros(length));
        recorder
    }

    fn what_happened(&self, length: Duration) -> String {
        let mut turns = self.notes.iter().filter_map(|note| {
            let agent = self.agents.get(note.by as usize)?;
            let name = &self.names[agent.name as usize];
            let at = seconds(Duration::from_micros(note.at));
            let what = match &note.what {
                What::Life(Life::Stopped) => "was gone",
                What::Life(Life::Paused) => "did not answer any more",
                What::Life(Life::Resumed) => "answered again",
                What::Life(Life::Leaving) => "had left",
                What::Known(_) if note.at > 0 && self.is_back(note) => "was there again",
                _ => return None,
            };
            Some(format!("{name} {what} at {at}"))
        });
        let mut told: Vec<String> = turns.by_ref().take(TURNS).collect();
        match turns.count() {
            0 => {}
            more => told.push(count(more as u64, "more turn")),
        }
        if told.is_empty() {
            return format!(
                "All {} asked answered all the time, for {}.",
                count(self.agents() as u64, "agent"),
                seconds(length)
            );
        }
        format!("{}.", list(&told))
    }

    /// Whether this agent was there before.
    fn is_back(&self, note: &Note) -> bool {
        let same = self.notes.iter().filter(|one| one.by == note.by);
        same.take_while(|one| one.at < note.at)
            .any(|one| matches!(one.what, What::Life(Life::Stopped)))
    }
}

/// Whether what an agent holds of itself is a later life than what it held before.
fn is_newer(now: &BTreeMap<u32, Held>, before: &BTreeMap<u32, Held>, own: u32) -> bool {
    let incarnation = |held: &BTreeMap<u32, Held>| held.get(&own).map(|held| held.incarnation);
    let alive = now.get(&own).is_some_and(|held| held.state == State::Alive);
    alive && incarnation(now) > incarnation(before)
}

/// So that `node-10` comes after `node-9`.
fn natural(name: &str) -> (&str, u64, &str) {
    let head = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (head, name[head.len()..].parse().unwrap_or(0), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(of: &[(&str, State)]) -> Vec<Told> {
        let one = |(name, state): &(&str, State)| Told {
            name: (*name).to_owned(),
            state: *state,
            incarnation: 1,
        };
        of.iter().map(one).collect()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn all_well() -> Vec<Told> {
        told(&[
            ("a", State::Alive),
            ("b", State::Alive),
            ("c", State::Alive),
        ])
    }

    #[test]
    fn a_crash_is_told_with_who_noticed_when() {
        let mut live = Live::new();
        for agent in ["a", "b", "c"] {
            live.answered(at(0), agent, &all_well(), Sent::default());
        }
        live.gone(at(10), "c");
        live.gone(at(11), "c");
        let found = told(&[("a", State::Alive), ("b", State::Alive), ("c", State::Dead)]);
        for agent in ["a", "b"] {
            live.answered(at(16), agent, &found, Sent::default());
        }
        let (page, sentences) = live.page(at(20), "ours", "swim sim record");
        assert_eq!(sentences[0], "c was gone at 10 s.");
        assert_eq!(
            sentences[1],
            "Nobody that ran was held dead; whoever was gone was held alive by somebody for 6 s."
        );
        assert_eq!(sentences[2], "All was well again at 16 s.");
        assert!(page.contains("A node crashed") && page.contains(r#"names=["a","b","c"]"#));
    }

    #[test]
    fn who_is_not_asked_cannot_be_wronged() {
        let mut live = Live::new();
        live.answered(at(0), "a", &all_well(), Sent::default());
        let found = told(&[("a", State::Alive), ("b", State::Alive), ("c", State::Dead)]);
        live.answered(at(5), "a", &found, Sent::default());
        let (_, sentences) = live.page(at(10), "ours", "");
        assert_eq!(
            sentences[0],
            "All 1 agent asked answered all the time, for 10 s."
        );
        assert_eq!(sentences[1], "Nobody believed anything wrong.");
    }

    #[test]
    fn a_paused_agent_held_dead_comes_back() {
        let mut live = Live::new();
        for agent in ["a", "b", "c"] {
            live.answered(at(0), agent, &all_well(), Sent::default());
        }
        live.silent(at(2), "b");
        let dead = told(&[("a", State::Alive), ("b", State::Dead), ("c", State::Alive)]);
        live.answered(at(8), "a", &dead, Sent::default());
        live.answered(at(10), "b", &all_well(), Sent::default());
        live.answered(at(11), "a", &all_well(), Sent::default());
        let (_, sentences) = live.page(at(12), "ours", "");
        assert_eq!(
            sentences,
            [
                "b did not answer any more at 2 s and b answered again at 10 s.",
                "From 10 s on, for 1 s in all, a held b dead though it ran.",
                "All was well again at 11 s.",
            ]
        );
    }

    #[test]
    fn who_leaves_is_not_wronged_by_those_who_know() {
        let mut live = Live::new();
        for agent in ["a", "b", "c"] {
            live.answered(at(0), agent, &all_well(), Sent::default());
        }
        let goodbye = told(&[("a", State::Alive), ("b", State::Alive), ("c", State::Left)]);
        for agent in ["a", "b", "c"] {
            live.answered(at(3), agent, &goodbye, Sent::default());
        }
        live.gone(at(4), "c");
        let (_, sentences) = live.page(at(6), "ours", "");
        assert_eq!(sentences[0], "c had left at 3 s and c was gone at 4 s.");
        assert!(!sentences[1].contains("though"), "{}", sentences[1]);
    }

    #[test]
    fn names_are_sorted_as_people_count() {
        let mut names = ["n10", "n9", "a", "n1"];
        names.sort_by(|one, other| natural(one).cmp(&natural(other)));
        assert_eq!(names, ["a", "n1", "n9", "n10"]);
    }
}
