//! Scenarios that nobody thought of: a cluster, settings and faults drawn from a number.
//!
//! Each seed draws which kinds of faults there are at all, so that some scenarios are full of one thing and others mixed.
//! Faults begin within the first part of the run and are over before its last part, which is long enough for every bound.
//! A life is turned by one fault only, and faults are strong enough to be felt, so that few runs show nothing.

mod cuts;
mod lives;
mod packets;

use std::ops::Range;
use std::time::Duration;

use swim_core::Config;

use crate::random::mix;
use crate::scenario::{
    Distribution, Fault, FaultKind, Heal, Law, LinkSelector, Profile, Reach, Scenario, Selector,
    Share, Span, Start,
};
use crate::verdict::Bounds;

/// The nodes that a swarm's scenarios have, if nothing else is said: 3 to 40.
pub const NODES: Range<u32> = 3..41;
/// Faults begin from here on.
const QUIET: u64 = 3_000;
/// Faults begin within so many milliseconds.
const BEGIN_WITHIN: u64 = 30_000;
/// By then all faults have ended but the longest cuts, restarts included, in milliseconds.
const OVER: u64 = 55_000;

/// The scenario of that number, with a number of nodes within `nodes`.
///
/// # Panics
/// If `nodes` is empty.
#[must_use]
pub fn swarm(seed: u64, nodes: Range<u32>) -> Scenario {
    assert!(
        !nodes.is_empty(),
        "a swarm needs at least one number of nodes"
    );
    let mut dice = Dice {
        state: mix(seed ^ 0x5771_4d53_5741_524d),
    };
    let span = u64::from(nodes.end - nodes.start);
    // Small clusters are as likely as large ones.
    let bound = dice.peek(span);
    let count = nodes.start + u32::try_from(dice.below(bound)).unwrap_or(0);
    let profile = match dice.below(8) {
        0 => Profile::Local,
        1 => Profile::Patient,
        _ => Profile::Lan,
    };
    let mut scenario = Scenario::new(format!("swarm-{seed}"))
        .nodes(count.max(1))
        .seed(seed)
        .profile(profile);
    scenario.seeds = if dice.once_in(3) { 2.min(count) } else { 1 };
    if dice.once_in(6) {
        scenario.network.loss = Share::percent(1);
    }
    if dice.once_in(6) {
        let (min, max) = (Span::millis(1), Span::millis(dice.between(2, 40)));
        scenario.network.delay = Law::Distributed(Distribution::Uniform { min, max });
    }
    if dice.once_in(8) {
        scenario.start = Start::Within(Span::millis(dice.below(2_000)));
    }
    if dice.once_in(2) {
        scenario.protocol.recovery.tombstone = Some(Span::secs(45 + dice.below(30)));
    }
    let mut config: Config = profile.config();
    if let Some(tombstone) = scenario.protocol.recovery.tombstone {
        config = config.with_tombstone(tombstone.0);
    }
    Maker {
        dice: &mut dice,
        nodes: count,
        free: Vec::new(),
        turned: Vec::new(),
        scenario: &mut scenario,
    }
    .faults();
    let bounds = Bounds::of(&config, count);
    let lies = scenario
        .faults
        .iter()
        .any(|fault| matches!(fault.kind, FaultKind::Forge(_)));
    let tail = if lies { bounds.forged.0 } else { bounds.heal.0 };
    let tail = tail + bounds.window.0 * 2 + Duration::from_secs(5);
    let ends = scenario.faults.iter();
    let ends = ends.map(|fault| fault.at.0 + fault.lasts.map_or(Duration::ZERO, |lasts| lasts.0));
    let over = ends.max().unwrap_or_default();
    scenario.lasting(over.max(Duration::from_millis(OVER)) + tail)
}

/// Numbers from a seed.
#[derive(Debug)]
struct Dice {
    state: u64,
}

impl Dice {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number below `bound`; 0 if the bound is.
    fn below(&mut self, bound: u64) -> u64 {
        let share = (u128::from(self.next()) * u128::from(bound)) >> 64;
        u64::try_from(share).unwrap_or(0)
    }

    /// A bound that is itself drawn: the whole of it every other time, else less.
    fn peek(&mut self, whole: u64) -> u64 {
        if self.once_in(2) {
            whole
        } else {
            whole.min(10)
        }
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }
}

/// Fills a scenario with faults.
struct Maker<'a> {
    dice: &'a mut Dice,
    nodes: u32,
    /// Nodes whose lives nothing turns so far, in random order.
    free: Vec<u32>,
    /// Nodes whose lives something turns.
    turned: Vec<u32>,
    scenario: &'a mut Scenario,
}

/// What a scenario may be full of.
const KINDS: [Kind; 26] = [
    Kind::Split,
    Kind::Isolate,
    Kind::OneWay,
    Kind::Between,
    Kind::Bridge,
    Kind::Ring,
    Kind::Chain,
    Kind::RandomLinks,
    Kind::Half,
    Kind::Jam,
    Kind::Loss,
    Kind::Delay,
    Kind::Reorder,
    Kind::Duplicate,
    Kind::Replay,
    Kind::Damage,
    Kind::Narrow,
    Kind::Deaf,
    Kind::Crash,
    Kind::Restart,
    Kind::Pause,
    Kind::Slow,
    Kind::Clock,
    Kind::Leave,
    Kind::Join,
    Kind::Forge,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Split,
    Isolate,
    OneWay,
    Between,
    Bridge,
    Ring,
    Chain,
    RandomLinks,
    /// Datagrams only, or streams only.
    Half,
    Jam,
    Loss,
    Delay,
    Reorder,
    Duplicate,
    Replay,
    Damage,
    Narrow,
    Deaf,
    Crash,
    Restart,
    Pause,
    Slow,
    Clock,
    Leave,
    Join,
    Forge,
}

impl Maker<'_> {
    fn faults(&mut self) {
        let palette: Vec<Kind> = (0..self.dice.between(1, 4))
            .map(|_| self.dice.one(&KINDS))
            .collect();
        // The first node is everybody's seed; mostly it stays, and always when others join.
        let stays = !self.dice.once_in(5) || palette.contains(&Kind::Join);
        let first = u32::from(stays);
        self.free = (first..self.nodes).collect();
        for place in (1..self.free.len()).rev() {
            let other = usize::try_from(self.dice.below(place as u64 + 1)).unwrap_or(0);
            self.free.swap(place, other);
        }
        // At least two always stay.
        let keep = usize::from(self.nodes > 2) + usize::from(first == 0);
        self.free.truncate(self.free.len().saturating_sub(keep));
        for _ in 0..self.dice.between(1, 6) {
            let kind = self.dice.one(&palette);
            if let Some(fault) = self.fault(kind) {
                self.scenario.faults.push(fault);
            }
        }
        // Metadata is what exchanges carry besides lives.
        if self.dice.once_in(2) || self.scenario.faults.is_empty() {
            let fault = self.metadata();
            self.scenario.faults.push(fault);
        }
        self.heal();
        self.scenario.faults.sort_by_key(|fault| fault.at);
    }

    /// Now and then what befalls links ends before its time.
    fn heal(&mut self) {
        let on_links = |fault: &Fault| {
            let kind = FaultKind::ALL
                .iter()
                .find(|kind| kind.name == fault.kind.name());
            kind.is_some_and(|kind| kind.reach == Reach::Links)
        };
        let mut lasting = self.scenario.faults.iter().filter(|fault| on_links(fault));
        if let Some((at, lasts)) = lasting.find_map(|fault| Some((fault.at, fault.lasts?)))
            && self.dice.once_in(8)
        {
            let half = Span(at.0 + lasts.0 / 2);
            self.scenario.faults.push(Fault::at(half, Heal {}));
        }
    }

    fn begin(&mut self) -> Span {
        Span::millis(QUIET + self.dice.below(BEGIN_WITHIN - QUIET))
    }

    /// Some time, mostly short.
    fn time(&mut self, from: u64, to: u64) -> Span {
        let most = if self.dice.once_in(3) {
            to
        } else {
            from.midpoint(to).max(from)
        };
        Span::millis(self.dice.between(from, most))
    }

    fn lasting(&mut self, kind: impl Into<FaultKind>, from: u64, to: u64) -> Fault {
        let begin = self.begin();
        let time = self.time(from, to);
        Fault::at(begin, kind).lasting(time)
    }

    /// Some nodes whose lives nothing turns so far.
    fn take(&mut self, most: u64) -> Option<Selector> {
        let count = self
            .dice
            .between(1, most.max(1))
            .min(self.free.len() as u64);
        let rest = self.free.len() - usize::try_from(count).unwrap_or(0);
        let taken = self.free.split_off(rest);
        self.turned.extend(&taken);
        (!taken.is_empty()).then(|| Selector::these(taken))
    }

    /// Some nodes, whatever else befalls them: up to a half of all, one of which always runs.
    fn some(&mut self) -> Selector {
        let count = self.dice.between(1, u64::from(self.nodes / 2).max(1));
        let mut some = Vec::new();
        let begin = u32::try_from(self.dice.below(u64::from(self.nodes))).unwrap_or(0);
        let mut all = (begin..self.nodes).chain(0..begin);
        if let Some(steady) = all.find(|node| !self.turned.contains(node)) {
            self.free.retain(|node| *node != steady);
            some.push(steady);
        }
        for _ in 1..count {
            some.push(u32::try_from(self.dice.below(u64::from(self.nodes))).unwrap_or(0));
        }
        Selector::these(some)
    }

    fn links(&mut self) -> LinkSelector {
        if self.dice.once_in(2) {
            return LinkSelector::all();
        }
        self.some().to_string().as_str().into()
    }

    fn share(&mut self, from: u64, to: u64) -> Share {
        let percent = self.dice.between(from, to);
        Share::percent(u32::try_from(percent).unwrap_or(100))
    }

    fn fault(&mut self, kind: Kind) -> Option<Fault> {
        Some(match kind {
            Kind::Split
            | Kind::Isolate
            | Kind::OneWay
            | Kind::Between
            | Kind::Bridge
            | Kind::Ring
            | Kind::Chain
            | Kind::RandomLinks => {
                let shape = self.shape(kind)?;
                self.partition(shape)
            }
            Kind::Half | Kind::Jam => self.hindrance(kind),
            Kind::Crash
            | Kind::Restart
            | Kind::Pause
            | Kind::Slow
            | Kind::Clock
            | Kind::Leave
            | Kind::Join => {
                return self.life(kind);
            }
            Kind::Forge => self.forge(),
            _ => self.packets(kind),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_makes_a_scenario_and_always_the_same() {
        for seed in 0..300 {
            let scenario = swarm(seed, NODES);
            assert_eq!(scenario, swarm(seed, NODES));
            assert!(NODES.contains(&scenario.nodes) && !scenario.faults.is_empty());
            if let Err(error) = scenario.expand() {
                panic!("seed {seed}: {error}\n{}", scenario.to_toml());
            }
        }
    }

    #[test]
    fn every_kind_of_fault_comes_up() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..2_000 {
            seen.extend(
                swarm(seed, NODES)
                    .faults
                    .iter()
                    .map(|fault| fault.kind.name()),
            );
        }
        // A datagram's number means something only to who saw it sent; what came later would have seeds mean another thing.
        let all = FaultKind::ALL.iter().map(|kind| kind.name);
        let all = all.filter(|name| !["drop", "swizzle"].contains(name));
        let missing: Vec<_> = all.filter(|name| !seen.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?} never come up");
    }
}
