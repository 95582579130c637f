//! Looks on, and keeps what a report needs: counts, not histories.

use crate::random::micros;
use crate::run::{Held, Life, Observer, Outcome, Sight, What};
use crate::scenario::Schedule;
use crate::sim::Sim;

use super::beliefs::{Belief, Beliefs, Truth, Wrong};
use super::epochs::Epochs;
use super::heat::{COLUMNS, Heat};
use super::load::Load;
use super::spread::{News, Spread};
use super::story::Story;

/// Keeps what a summary and a page are made of, while a scenario runs.
///
/// It takes a byte for each pair of nodes. The summary wants nothing more; a page wants the map and the diagrams too:
/// [`Recorder::for_a_page`].
#[derive(Debug, Default)]
pub struct Recorder {
    /// Whether the map and the diagrams are wanted.
    detailed: bool,
    /// By member; empty if each member's number is its name.
    pub(super) names: Vec<String>,
    pub(super) schedule: Option<Schedule>,
    pub(super) length: u64,
    /// From one sample to the next, in microseconds.
    pub(super) step: u64,
    next_sample: u64,
    pub(super) beliefs: Beliefs,
    pub(super) story: Story,
    pub(super) spread: Spread,
    pub(super) load: Load,
    pub(super) curve: Vec<Moment>,
    pub(super) heat: Heat,
    pub(super) epochs: Epochs,
}

/// All wrong beliefs at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment {
    /// Pairs of an observer and a member, by the way of being wrong; the most since the moment before.
    pub(super) wrong: [u64; 4],
    /// All pairs.
    pub(super) pairs: u64,
}

impl Recorder {
    /// Keeps what a summary needs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps what a page needs.
    #[must_use]
    pub fn for_a_page() -> Self {
        Self {
            detailed: true,
            ..Self::default()
        }
    }

    /// The time passes, with nothing in between.
    pub(super) fn pass(&mut self, now: u64) {
        while self.next_sample <= now.min(self.length) {
            self.sample();
            self.next_sample += self.step;
        }
        self.story.pass(now, &self.beliefs);
    }

    fn sample(&mut self) {
        self.peak();
        if self.detailed {
            self.heat.sample(&self.beliefs);
        }
        self.curve.push(Moment::default());
    }

    /// The present counts, if it was never worse since the last sample.
    fn peak(&mut self) {
        let now = self.beliefs.wrong();
        if let Some(moment) = self.curve.last_mut() {
            for (most, count) in moment.wrong.iter_mut().zip(now) {
                *most = count.max(*most);
            }
            moment.pairs = self.beliefs.pairs();
        }
    }

    /// A turn in the life of an observer; one that begins to look knows these.
    pub(super) fn life(
        &mut self,
        now: u64,
        node: u32,
        life: Life,
        known: impl IntoIterator<Item = (u32, Belief)>,
    ) {
        self.pass(now);
        let Some(name) = self.beliefs.name_of(node) else {
            return;
        };
        match life {
            Life::Started | Life::Rejoined | Life::Woken => {
                self.beliefs.set_truth(name, Truth::Running);
                self.learn(node, known);
                self.beliefs.set_looking(node, true);
                self.spread.welcome(now, node);
                let news = matches!(life, Life::Started | Life::Rejoined).then_some(News::Join);
                match news {
                    Some(news) => self.spread.begin(now, name, news, &self.beliefs),
                    None => self.spread.end(name),
                }
            }
            Life::Stopped => {
                let left = self.beliefs.truth_of(name as usize) == Truth::Departed;
                self.spread.lose(node, &self.beliefs);
                self.beliefs.forget(node);
                if !left {
                    self.beliefs.set_truth(name, Truth::Stopped);
                    self.spread.begin(now, name, News::Crash, &self.beliefs);
                }
            }
            Life::Paused => {
                self.beliefs.set_truth(name, Truth::Paused);
                self.beliefs.set_looking(node, false);
            }
            Life::Resumed => {
                self.beliefs.set_truth(name, Truth::Running);
                self.beliefs.set_looking(node, true);
            }
            Life::Leaving => {
                self.beliefs.set_truth(name, Truth::Departed);
                self.beliefs.set_looking(node, false);
                self.spread.begin(now, name, News::Leave, &self.beliefs);
            }
            Life::Updated(version) => {
                self.spread
                    .begin(now, name, News::Metadata(version), &self.beliefs);
            }
            _ => return,
        }
        for (by, of) in self.beliefs.buried_around(node, name) {
            self.story.bury(by, of, self.beliefs.held(by, of as usize));
        }
        self.heat.touch(name, &self.beliefs);
        self.peak();
    }

    /// What a node that is there already believes.
    fn learn(&mut self, node: u32, known: impl IntoIterator<Item = (u32, Belief)>) {
        for (member, belief) in known {
            self.beliefs.believe(node, member, belief);
        }
    }

    /// One observer now holds something else of a member.
    pub(super) fn view(&mut self, now: u64, (by, of): (u32, u32), change: [Option<Held>; 2]) {
        self.pass(now);
        let [before, after] = change;
        let belief = after.into();
        if self.beliefs.believe(by, of, belief) == Some(Wrong::Buried) {
            self.story.bury(by, of, belief);
        }
        self.heat.touch(of, &self.beliefs);
        if self.beliefs.name_of(by) != Some(of) {
            self.spread.see(now, (by, of), before, after);
        }
        self.peak();
    }

    /// Begins with so much time to come and nobody who looks. `observers` has the member that each is itself.
    pub(super) fn open(&mut self, length: u64, observers: &[u32], members: usize) {
        self.length = length;
        self.step = length.div_ceil(COLUMNS).max(1);
        self.beliefs = Beliefs::new(observers, members);
        self.story = Story::new(observers.len(), members);
        self.spread = Spread::new(observers.len(), members);
        self.load = Load::new(self.step, observers.len());
        self.curve = vec![Moment::default()];
        if self.detailed {
            self.heat = Heat::new(members);
        }
    }

    fn is_on_links(&self, fault: usize) -> bool {
        let schedule = self.schedule.as_ref();
        let fault = schedule.and_then(|schedule| schedule.faults().get(fault));
        fault.is_some_and(|fault| fault.kind == "partition")
    }
}

/// What a node that runs holds.
fn known_to(node: u32, sim: &Sim) -> impl Iterator<Item = (u32, Belief)> {
    let host = sim.hosts.get(node as usize);
    let running = host.and_then(|host| host.node.as_ref());
    running
        .into_iter()
        .flat_map(|node| node.members())
        .map(|member| (member.peer.name().number(), Belief::of(member.state)))
}

impl Observer for Recorder {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        let names: Vec<u32> = sim
            .hosts
            .iter()
            .map(|host| host.peer.name().number())
            .collect();
        let members = names.iter().max().map_or(0, |most| *most as usize + 1);
        let length = micros(schedule.scenario().duration.0);
        self.open(length, &names, members);
        self.schedule = Some(schedule.clone());
        if self.detailed {
            let touched = schedule
                .faults()
                .iter()
                .flat_map(|fault| fault.nodes.iter().copied());
            let all = u32::try_from(names.len()).unwrap_or(u32::MAX);
            self.epochs = Epochs::new(all, touched);
        }
        for (node, name) in (0..).zip(names) {
            if sim.hosts[node as usize].node.is_some() {
                self.beliefs.set_truth(name, Truth::Running);
                let others = sim.sights.beliefs(node).filter(|(of, _)| *of != name);
                let beliefs = others.map(|(of, held)| (of, Belief::of(held.state)));
                self.learn(node, beliefs);
                self.beliefs.set_looking(node, true);
            }
        }
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        let now = micros(sight.at);
        if self.detailed {
            self.epochs.look(now, sim);
        }
        match &sight.what {
            What::Sent { from, bytes, .. } => self.load.send(now, *from, bytes.len()),
            What::Streamed { from, bytes, .. } => self.load.stream(now, *from, *bytes),
            What::Dropped { cause, .. } => self.load.drop(now, *cause),
            What::View {
                by,
                of,
                before,
                after,
            } => {
                self.view(now, (*by, of.number()), [*before, *after]);
            }
            What::Life { node, life } => self.life(now, *node, *life, known_to(*node, sim)),
            What::FaultBegins(fault) | What::FaultEnds(fault) if self.is_on_links(*fault) => {
                self.epochs.change(now);
            }
            _ => {}
        }
    }

    fn end(&mut self, sim: &Sim, _: &Outcome) {
        self.pass(self.length);
        if self.detailed {
            self.epochs.end(self.length, sim);
        }
    }
}
