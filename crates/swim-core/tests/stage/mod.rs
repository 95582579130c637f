//! A stage for one node: typed messages, virtual time, and a cast of members who answer until they are silenced.
//!
//! The node under test is always "a" at address 1, with incarnation 1. A story moves time, lets the cast speak, and looks
//! at what the node said:
//!
//! ```text
//! stage.meets("b");
//! let seq = stage.silence("b").next_ping("b");
//! stage.run_ms(499);
//! stage.hears("b", &[ack(seq)]).stays_silent();
//! ```
//!
//! Everything the node says is recorded. A *scene* begins with each stimulus; an *act* with [`Stage::new_act`].
#![allow(dead_code, reason = "no story needs every word")]

mod ask;
mod cast;
mod words;

use core::time::Duration;

use swim_core::{
    Config, Event, ExchangeFailed, ExchangeId, Exchanged, Incarnation, Instant, Member, Node,
    Output, Peer, Reason, Space, State,
};

use cast::Role;
pub(crate) use words::*;

/// How long a datagram travels on the stage.
const TRAVEL: Duration = Duration::from_millis(1);
/// Most members that the node under test can remember.
pub(crate) const SEATS: usize = 160;

/// One thing that the node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Sent {
        to: u16,
        said: Vec<Said>,
    },
    Exchange {
        id: ExchangeId,
        with: u16,
        why: Reason,
    },
    Told(Event<Person>),
}

/// Something on its way to the node.
#[derive(Clone, Debug)]
enum Cue {
    Heard { from: u16, said: Vec<Said> },
    Ended { id: ExchangeId, answered: bool },
}

/// The stage.
pub(crate) struct Stage {
    pub(crate) node: Node<'static, Person>,
    now: Instant,
    until: Option<Instant>,
    cast: Vec<Role>,
    coming: Vec<(Instant, Cue)>,
    play: Vec<(Instant, Line)>,
    scene: usize,
    act: Instant,
    sheet: Sheet,
    holds_streams: bool,
    /// How exchanges with the cast end.
    pub(crate) outcome: Exchanged,
}

impl Stage {
    pub(crate) fn new(config: Config) -> Self {
        Self::seeded(config, 1)
    }

    /// As `new`, with another seed: for stories that must hold whatever the dice say.
    pub(crate) fn seeded(config: Config, seed: u64) -> Self {
        Self::cast_as(config, seed, 1)
    }

    /// As `seeded`, with another first incarnation.
    pub(crate) fn cast_as(config: Config, seed: u64, first: u32) -> Self {
        let space = Box::leak(Box::new(Space::<Person, SEATS>::new()));
        let now = Instant::from_millis(1_000_000);
        let node = Node::new(person("a"), Incarnation(first), config, space, seed, now);
        let mut stage = Self {
            node: node.expect("presets are valid"),
            now,
            until: None,
            cast: Vec::new(),
            coming: Vec::new(),
            play: Vec::new(),
            scene: 0,
            act: now,
            sheet: Sheet::new(1_400),
            holds_streams: false,
            outcome: SAME,
        };
        stage.drain();
        stage
    }

    /// Datagrams hold that many bytes from now on (see [`Said`] for what a message costs).
    pub(crate) fn datagrams_of(&mut self, bytes: usize) -> &mut Self {
        self.sheet = Sheet::new(bytes);
        self
    }

    /// Exchanges stay open until the story ends them.
    pub(crate) const fn holds_streams(&mut self) -> &mut Self {
        self.holds_streams = true;
        self
    }

    // ---- time ----

    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// Milliseconds since the act began.
    pub(crate) fn millis(&self) -> u64 {
        self.millis_of(self.now)
    }

    fn millis_of(&self, at: Instant) -> u64 {
        u64::try_from(at.since(self.act).as_millis()).expect("a story is short")
    }

    /// From now on time and speech count anew.
    pub(crate) fn new_act(&mut self) -> &mut Self {
        self.act = self.now;
        self.play.clear();
        self.scene = 0;
        self
    }

    /// Lets all news be spent while the cast answers; then a new act.
    pub(crate) fn settles(&mut self) -> &mut Self {
        self.run_ms(20_000).new_act()
    }

    /// Lets everything happen that falls within the next `millis`.
    pub(crate) fn run_ms(&mut self, millis: u64) -> &mut Self {
        self.new_scene();
        let end = self.now.after(Duration::from_millis(millis));
        while self.step(end) {}
        self
    }

    /// Lets everything happen that comes before `millis` of this act, and stops there.
    pub(crate) fn at_ms(&mut self, millis: u64) -> &mut Self {
        let end = self.act.after(Duration::from_millis(millis));
        assert!(end >= self.now, "the story went back in time");
        while self.step(end.before(Duration::from_micros(1))) {}
        self.now = end;
        self.new_scene();
        self
    }

    /// Runs until `found` finds something in what the node does, at most `millis` long.
    pub(crate) fn run_until<T>(
        &mut self,
        millis: u64,
        mut found: impl FnMut(&Line) -> Option<T>,
    ) -> T {
        self.new_scene();
        let end = self.now.after(Duration::from_millis(millis));
        let mut read = self.play.len();
        while self.step(end) {
            for (_, line) in &self.play[read..] {
                if let Some(it) = found(line) {
                    return it;
                }
            }
            read = self.play.len();
        }
        panic!("it did not happen within {millis} ms:\n{}", self.script());
    }

    /// The host stops the process: time passes, nothing is read, no timer runs.
    pub(crate) fn freezes_for_ms(&mut self, millis: u64) -> &mut Self {
        self.now = self.now.after(Duration::from_millis(millis));
        self.new_scene();
        self
    }

    /// The next thing that happens up to `end`; `false`, and the time is `end`, when nothing does.
    fn step(&mut self, end: Instant) -> bool {
        let first = self.coming.iter().map(|(at, _)| *at).min();
        let due = match (first, self.until) {
            (Some(cue), Some(timer)) => Some(cue.min(timer)),
            (cue, timer) => cue.or(timer),
        };
        let Some(due) = due.filter(|due| *due <= end) else {
            self.now = self.now.max(end);
            return false;
        };
        self.now = self.now.max(due);
        if first.is_some_and(|first| first <= self.now) {
            self.deliver_first();
        } else {
            self.node.handle_timeout(self.now);
        }
        self.drain();
        true
    }

    fn deliver_first(&mut self) {
        let first = (0..self.coming.len()).min_by_key(|&n| self.coming[n].0);
        let (_, cue) = self.coming.remove(first.expect("something is coming"));
        match cue {
            Cue::Heard { from, said } => self.hand_over(from, &said),
            Cue::Ended { id, answered } => {
                let with = self.play.iter().find_map(|(_, line)| match line {
                    Line::Exchange {
                        id: theirs, with, ..
                    } if *theirs == id => Some(*with),
                    _ => None,
                });
                let known = self.cast.iter().find(|role| Some(role.person.at) == with);
                if let Some(role) = known.filter(|_| answered) {
                    // Whoever is asked for says who it is; whoever is there, that is.
                    let there = role.successor.unwrap_or(role.person);
                    let record = member(there, State::Alive, role.incarnation);
                    self.node.handle_record(self.now, id, &record);
                }
                let how = if answered {
                    Ok(self.outcome)
                } else {
                    Err(ExchangeFailed::Broken)
                };
                self.node.handle_exchange(self.now, id, how);
            }
        }
    }

    fn hand_over(&mut self, from: u16, said: &[Said]) {
        for one in said {
            self.node.handle_message(self.now, &from, &one.message());
        }
    }

    // ---- stimuli: each begins a scene ----

    fn new_scene(&mut self) {
        self.scene = self.play.len();
    }

    /// A datagram comes from the address of `from`.
    pub(crate) fn hears(&mut self, from: &str, said: &[Said]) -> &mut Self {
        self.hears_from(address(from), said)
    }

    pub(crate) fn hears_from(&mut self, from: u16, said: &[Said]) -> &mut Self {
        self.new_scene();
        self.hand_over(from, said);
        self.drain();
        self
    }

    /// The promised instant has come, and it is now.
    pub(crate) fn wakes(&mut self) -> &mut Self {
        assert_eq!(self.until, Some(self.now), "woken at another time");
        self.wakes_late()
    }

    /// The timer is served now, whenever it was due.
    pub(crate) fn wakes_late(&mut self) -> &mut Self {
        self.new_scene();
        self.node.handle_timeout(self.now);
        self.drain();
        self
    }

    /// The user wants something of the node.
    pub(crate) fn wish<T>(
        &mut self,
        wish: impl FnOnce(&mut Node<'static, Person>, Instant) -> T,
    ) -> T {
        self.new_scene();
        let answer = wish(&mut self.node, self.now);
        self.drain();
        answer
    }

    /// `name` opened an exchange with us and sends these records, its own first.
    pub(crate) fn exchanges_with(
        &mut self,
        name: &str,
        why: Reason,
        records: &[Member<Person>],
    ) -> &mut Self {
        let from = address(name);
        self.wish(|node, now| {
            let id = node.accept(now, from).expect("room for an exchange");
            node.answer(now, id, why).expect("not busy");
            for record in records {
                node.handle_record(now, id, record);
            }
            node.handle_exchange(now, id, Ok(SAME));
        });
        self
    }

    // ---- what comes of it ----

    fn drain(&mut self) {
        for _ in 0..10_000 {
            match self.node.poll_output(&mut self.sheet) {
                Output::Send { to } => {
                    let said = self.sheet.said.clone();
                    self.play.push((
                        self.now,
                        Line::Sent {
                            to,
                            said: said.clone(),
                        },
                    ));
                    self.respond(to, &said);
                }
                Output::Exchange { id, with, why } => {
                    self.play.push((self.now, Line::Exchange { id, with, why }));
                    self.stream(id, with);
                }
                Output::Event(event) => self.play.push((self.now, Line::Told(event))),
                Output::Wait { until } => {
                    self.until = until;
                    return;
                }
            }
        }
        panic!("draining never ends:\n{}", self.script());
    }

    fn stream(&mut self, id: ExchangeId, with: u16) {
        if !self.holds_streams {
            let known = self.cast.iter().find(|role| role.person.at == with);
            let answered = known.is_some_and(|role| role.streams);
            let end = self.now.after(TRAVEL).after(TRAVEL);
            self.coming.push((end, Cue::Ended { id, answered }));
        }
    }
}

/// An exchange that went well.
pub(crate) const SAME: Exchanged = Exchanged {
    same: true,
    unreachable: false,
};

/// One line of somebody's roster.
pub(crate) const fn member(peer: Person, state: State, incarnation: u32) -> Member<Person> {
    Member {
        peer,
        state,
        incarnation: Incarnation(incarnation),
    }
}

/// The key of the node under test.
pub(crate) fn me() -> &'static str {
    person("a").key()
}
