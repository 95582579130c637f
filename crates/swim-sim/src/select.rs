//! To whom something is done: one machine, or the links between these and those.

use std::ops::{Range, RangeFull};
use std::time::Duration;

use crate::act::{Act, Planned, Return};
use crate::delay::Delay;
use crate::links::{Carries, Effect, FaultId, Group, Scope};
use crate::peer::SimName;
use crate::random::Chance;
use crate::sim::Sim;

/// Some machines: one by its label, several by theirs, a range by number, or `..` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// All machines, those included that come later.
    All,
    /// Those with these labels.
    Named(Vec<String>),
    /// Those with these numbers.
    Numbered(Range<u32>),
}

impl From<RangeFull> for Hosts {
    fn from(_: RangeFull) -> Self {
        Self::All
    }
}

impl From<Range<u32>> for Hosts {
    fn from(numbers: Range<u32>) -> Self {
        Self::Numbered(numbers)
    }
}

impl From<&str> for Hosts {
    fn from(label: &str) -> Self {
        Self::Named(vec![label.to_owned()])
    }
}

impl<const N: usize> From<[&str; N]> for Hosts {
    fn from(labels: [&str; N]) -> Self {
        Self::Named(labels.map(str::to_owned).to_vec())
    }
}

/// One machine and its node, for something to be done to it.
#[derive(Debug)]
pub struct NodeMut<'s> {
    sim: &'s mut Sim,
    host: u32,
}

/// Some links, for something to be done to them.
#[derive(Debug)]
#[must_use = "links alone do nothing"]
pub struct LinkMut<'s> {
    sim: &'s mut Sim,
    scope: Scope,
}

impl Sim {
    /// The machine with that label.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn node(&mut self, label: &str) -> NodeMut<'_> {
        let host = self.place_of(label);
        NodeMut { sim: self, host }
    }

    /// The machine of that number, counted from zero.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn machine(&mut self, number: u32) -> NodeMut<'_> {
        assert!(
            (number as usize) < self.hosts.len(),
            "there is no machine {number}"
        );
        NodeMut {
            sim: self,
            host: number,
        }
    }

    /// The links from these to those, in this direction.
    ///
    /// # Panics
    /// If a label names no machine.
    #[track_caller]
    pub fn link(&mut self, from: impl Into<Hosts>, to: impl Into<Hosts>) -> LinkMut<'_> {
        let scope = Scope::OneWay(self.group(&from.into()), self.group(&to.into()));
        LinkMut { sim: self, scope }
    }

    /// The links between these and those, in both directions.
    ///
    /// # Panics
    /// If a label names no machine.
    #[track_caller]
    pub fn between(&mut self, these: impl Into<Hosts>, those: impl Into<Hosts>) -> LinkMut<'_> {
        let scope = Scope::Between(self.group(&these.into()), self.group(&those.into()));
        LinkMut { sim: self, scope }
    }

    /// Cuts these groups off from each other.
    ///
    /// # Panics
    /// If a label names no machine.
    #[track_caller]
    pub fn split<H: Into<Hosts>>(&mut self, groups: impl IntoIterator<Item = H>) -> FaultId {
        let groups = groups.into_iter().map(|group| self.group(&group.into()));
        let scope = Scope::Apart(groups.collect());
        self.impose(scope, Effect::Cut(Carries::All))
    }

    /// The label of the machine of that number.
    #[must_use]
    pub fn label_of(&self, host: u32) -> &str {
        self.hosts
            .get(host as usize)
            .map_or("?", |host| &host.label)
    }

    /// Puts another machine on the network, labelled with a `'` more than `label`, whose node will have the same name.
    /// It is not started yet.
    ///
    /// # Panics
    /// If no machine has that label.
    #[track_caller]
    pub fn add_namesake(&mut self, label: &str) -> NodeMut<'_> {
        let original = &self.hosts[self.place_of(label) as usize];
        let (name, seeds) = (original.peer.name(), original.seeds.clone());
        self.notes.has_namesakes = true;
        let host = self.add_host(format!("{label}'"), name, seeds);
        NodeMut { sim: self, host }
    }

    #[track_caller]
    pub(crate) fn place_of(&self, label: &str) -> u32 {
        let known = label.parse().map(SimName::number).ok();
        let likely = known.filter(|&number| self.label_of(number) == label);
        let place = likely.or_else(|| {
            let place = self.hosts.iter().position(|host| host.label == label)?;
            u32::try_from(place).ok()
        });
        place.unwrap_or_else(|| panic!("no machine is labelled {label:?}"))
    }

    #[track_caller]
    pub(crate) fn group(&self, hosts: &Hosts) -> Group {
        match hosts {
            Hosts::All => Group::Everyone,
            Hosts::Named(labels) => Group::of(labels.iter().map(|label| self.place_of(label))),
            Hosts::Numbered(numbers) => Group::of(numbers.clone()),
        }
    }
}

impl NodeMut<'_> {
    /// Does this to the machine now.
    pub fn act(self, act: Act) {
        self.sim.act(self.host, act);
    }

    /// Does this to the machine when so much time has passed.
    pub fn plan(self, after: Duration, act: Act) {
        self.sim.plan(after, Planned::On(self.host, act));
    }

    /// Starts its node, if none runs.
    pub fn start(self) {
        self.act(Act::Start);
    }

    /// Kills its node without a word.
    pub fn crash(self) {
        self.act(Act::Crash);
    }

    /// Starts its node anew, at the same address, at an incarnation by its clock.
    pub fn restart(self) {
        self.act(Act::Restart(Return::default()));
    }

    /// Starts its node anew at a new address.
    pub fn restart_elsewhere(self) {
        let elsewhere = true;
        self.act(Act::Restart(Return {
            elsewhere,
            incarnation: None,
        }));
    }

    /// Starts its node anew with this first incarnation, as a machine without a clock would.
    pub fn restart_at(self, incarnation: u32) {
        let incarnation = Some(incarnation);
        self.act(Act::Restart(Return {
            elsewhere: false,
            incarnation,
        }));
    }

    /// Stops the process.
    pub fn freeze(self) {
        self.act(Act::Freeze);
    }

    /// Lets the process go on.
    pub fn thaw(self) {
        self.act(Act::Thaw);
    }

    /// Stops the process for so long.
    pub fn freeze_for(self, time: Duration) {
        let Self { sim, host } = self;
        sim.act(host, Act::Freeze);
        sim.plan(time, Planned::On(host, Act::Thaw));
    }

    /// The node says goodbye.
    pub fn leave(self) {
        self.act(Act::Leave);
    }

    /// The node joins through that one.
    ///
    /// # Panics
    /// If no machine has that label.
    #[track_caller]
    pub fn join(self, label: &str) {
        let to = self.sim.place_of(label);
        self.act(Act::Join(to));
    }

    /// Its metadata becomes this version.
    pub fn update(self, meta: u32) {
        self.act(Act::Update(meta));
    }

    /// Its clock jumps by so many milliseconds.
    pub fn clock_jumps(self, millis: i64) {
        self.act(Act::JumpClock(millis.saturating_mul(1_000)));
    }

    /// Its node will be started with these settings.
    pub fn configure(self, config: swim_core::Config) {
        let key = self.sim.settings.config.digest_key;
        *self.sim.hosts[self.host as usize].config = config.with_digest_key(key);
    }
}

impl LinkMut<'_> {
    /// This happens to all that travels over these links, until the fault is ended.
    pub fn suffer(self, effect: Effect) -> FaultId {
        self.sim.impose(self.scope, effect)
    }

    /// Nothing arrives any more.
    pub fn cut(self) -> FaultId {
        self.suffer(Effect::Cut(Carries::All))
    }

    /// Nothing arrives for so long.
    pub fn cut_for(self, time: Duration) -> FaultId {
        let Self { sim, scope } = self;
        let fault = sim.impose(scope, Effect::Cut(Carries::All));
        sim.plan(time, Planned::Lift(fault));
        fault
    }

    /// Datagrams get lost.
    pub fn lose(self, chance: Chance) -> FaultId {
        self.suffer(Effect::Loss(chance))
    }

    /// Everything takes this long.
    pub fn slow(self, delay: Delay) -> FaultId {
        self.suffer(Effect::Slow(delay))
    }

    /// Datagrams arrive twice, the copy after this delay.
    pub fn duplicate(self, chance: Chance, delay: Delay) -> FaultId {
        self.suffer(Effect::Duplicate(chance, delay))
    }

    /// Datagrams are held back for so much longer.
    pub fn reorder(self, chance: Chance, delay: Delay) -> FaultId {
        self.suffer(Effect::Reorder(chance, delay))
    }
}
