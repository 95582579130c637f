//! What can't be, told before anything runs.

mod values;

use std::collections::BTreeMap;

use super::error::{Nearest, ScenarioError};
use super::lot::Lot;
use super::schedule::Expected;
use super::selector::{Names, Selector, may_name_a_group};
use super::{Fault, FaultKind, Scenario, Span};
use crate::peer::SimName;

/// Lots of groups and zones come from streams above those of faults.
const GROUP_LOTS: u32 = 1 << 30;
const ZONE_LOTS: u32 = 1 << 31;

type Checked<T = ()> = Result<T, ScenarioError>;

fn fail<T>(text: String) -> Checked<T> {
    Err(ScenarioError::new(text))
}

impl Scenario {
    /// Whether the cluster and the network can be.
    pub(super) fn check(&self) -> Checked {
        self.check_words()?;
        if !(1..=SimName::LIMIT).contains(&self.nodes) {
            return fail(format!(
                "nodes = {}: there must be 1 to {}",
                self.nodes,
                SimName::LIMIT
            ));
        }
        if !(1..=self.nodes).contains(&self.seeds) {
            return fail(format!(
                "seeds = {}: of {} nodes, 1 to {} can be seeds",
                self.seeds, self.nodes, self.nodes
            ));
        }
        if self.duration == Span::default() {
            return fail("duration = 0s: nothing can happen (give it at least 1s)".to_owned());
        }
        if self.duration > LONGEST {
            return fail(format!(
                "duration = {}: it would take too long to run (give it at most {LONGEST})",
                self.duration
            ));
        }
        if let Some(why) = self.network.delay.fault() {
            return fail(format!("network.delay: {why}"));
        }
        if self.network.datagram < LEAST_DATAGRAM {
            return fail(format!(
                "network.datagram = {}: a ping and two records need {LEAST_DATAGRAM} bytes",
                self.network.datagram
            ));
        }
        self.check_rtt()?;
        self.protocol.config(self.profile).map(drop)
    }

    /// Whether what goes to a terminal is words: what moves its cursor could say anything.
    fn check_words(&self) -> Checked {
        if self.name.chars().any(char::is_control) {
            return fail(format!(
                "name = {:?}: it has a control character (leave it out)",
                self.name
            ));
        }
        let breaks = self.expect.breaks.iter().map(|one| &one.reason);
        let deaths = self.expect.deaths.iter().map(|one| &one.reason);
        let breaks = breaks.enumerate().map(|reason| ("breaks", reason));
        for (what, (place, reason)) in
            breaks.chain(deaths.enumerate().map(|reason| ("deaths", reason)))
        {
            if reason.trim().is_empty() {
                return fail(format!(
                    "expect.{what}[{place}]: reason = {reason:?}: it says nothing (say why that is right)"
                ));
            }
            let is_bad = |letter: char| letter.is_control() && letter != '\n';
            if reason.chars().any(is_bad) {
                return fail(format!(
                    "expect.{what}[{place}]: reason = {reason:?}: it has a control character (leave it out)"
                ));
            }
        }
        Ok(())
    }

    fn check_rtt(&self) -> Checked {
        for (key, time) in &self.network.rtt {
            let zones = key.split_once('-').map(|(one, other)| [one, other]);
            let Some(zones) = zones else {
                return fail(format!(
                    "network.rtt: {key:?} is no pair of zones (write a-b)"
                ));
            };
            let [one, other] = zones;
            let back = self.network.rtt.get(&format!("{other}-{one}"));
            if let Some(back) = back.filter(|back| *back != time) {
                return fail(format!(
                    "network.rtt: {one}-{other} = {time} and {other}-{one} = {back}: a round trip takes one time (leave one of them out)"
                ));
            }
            for zone in zones {
                if !self.zones.contains_key(zone) {
                    let nearest = Nearest::of(zone, self.zones.keys().map(String::as_str));
                    let next = if self.zones.is_empty() {
                        " (name some nodes so in [zones])".to_owned()
                    } else {
                        nearest.to_string()
                    };
                    return fail(format!(
                        "network.rtt.{key}: there is no zone {zone:?}{next}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Draws the lots of groups and zones.
    pub(super) fn names(&self) -> Checked<Names> {
        let mut names = Names {
            nodes: self.nodes,
            ..Names::default()
        };
        names.zones = self.sets(&self.zones, "zones", ZONE_LOTS, &names)?;
        let mut home = BTreeMap::new();
        for (zone, nodes) in &names.zones {
            for node in nodes {
                if let Some(other) = home.insert(*node, zone) {
                    return fail(format!(
                        "zones: n{node} stands in {other:?} and in {zone:?}; it can stand in one"
                    ));
                }
            }
        }
        names.groups = self.sets(&self.groups, "groups", GROUP_LOTS, &names)?;
        Ok(names)
    }

    fn sets(
        &self,
        sets: &BTreeMap<String, Selector>,
        what: &str,
        lots: u32,
        known: &Names,
    ) -> Checked<BTreeMap<String, Vec<u32>>> {
        let mut resolved = BTreeMap::new();
        for (place, (name, selector)) in (0..).zip(sets) {
            if !may_name_a_group(name) {
                return fail(format!(
                    "{what}: {name:?} is no name (take letters, digits, - and _, and none that means nodes already, such as n3 or all)"
                ));
            }
            let mut lot = Lot::new(self.seed, lots + place);
            let what = format!("{what}.{name}");
            resolved.insert(name.clone(), selector.resolve(known, &mut lot, &what)?);
        }
        Ok(resolved)
    }

    /// Whether a fault can begin and last as it says.
    pub(super) fn check_times(&self, fault: &Fault, what: &str) -> Checked {
        if fault.at >= self.duration {
            return fail(format!(
                "{what}: it begins at {}, and the scenario ends at {}",
                fault.at, self.duration
            ));
        }
        if fault.lasts == Some(Span::default()) {
            return fail(format!(
                "{what}: for = \"0s\": it would never be (leave `for` out, or give it a time)"
            ));
        }
        if fault.lasts.is_some() && !fault.kind.lasts() {
            return fail(format!(
                "{what}: a {} happens at once and takes no `for`{}",
                fault.kind.name(),
                fault.kind.instead_of_for()
            ));
        }
        if let Some(flap) = fault.flap {
            if !fault.kind.lasts() {
                return fail(format!("{what}: a {} can't flap", fault.kind.name()));
            }
            if flap.down == Span::default() {
                return fail(format!("{what}: flap.down = \"0s\": it would never act"));
            }
            if flap.down.micros() + flap.up.micros() < LEAST_FLAP {
                return fail(format!(
                    "{what}: flap: down and up together take at least 1ms"
                ));
            }
        }
        Ok(())
    }

    /// Checks what is expected, and draws its lots.
    pub(super) fn expected(&self, names: &Names) -> Checked<Expected> {
        let mut lot = Lot::new(self.seed, GROUP_LOTS - 1);
        let mut expected = Expected::default();
        for (name, bound) in [
            ("detect_within", self.expect.detect_within),
            ("converge_after_heal", self.expect.converge_after_heal),
        ] {
            if bound == Some(Span::default()) {
                return fail(format!(
                    "expect.{name} = 0s: nothing is known everywhere at once (give it a time, or leave it out)"
                ));
            }
        }
        for (place, breaks) in self.expect.breaks.iter().enumerate() {
            let what = format!("expect.breaks[{place}]");
            if !is_invariant(&breaks.invariant) {
                return fail(format!(
                    "{what}: {:?} is no invariant (they are S1 to S20 and L1 to L12)",
                    breaks.invariant
                ));
            }
            let nodes = breaks.nodes.resolve(names, &mut lot, &what)?;
            expected.breaks.push(nodes);
        }
        for (place, death) in self.expect.deaths.iter().enumerate() {
            let what = format!("expect.deaths[{place}]");
            let nodes = death.nodes.resolve(names, &mut lot, &what)?;
            expected.deaths.push(nodes);
        }
        Ok(expected)
    }
}

/// The longest run: a year.
const LONGEST: Span = Span::secs(365 * 86_400);
/// Room for a ping and two records of simulated peers.
const LEAST_DATAGRAM: u16 = 256;
/// The shortest round of a flap, in microseconds.
const LEAST_FLAP: u64 = 1_000;

fn is_invariant(name: &str) -> bool {
    let (kind, number) = name.split_at(name.len().min(1));
    let most = match kind {
        "S" => 20,
        "L" => 12,
        _ => return false,
    };
    number
        .parse()
        .is_ok_and(|number: u32| (1..=most).contains(&number) && number.to_string() == name[1..])
}

impl FaultKind {
    /// Whether it goes on, and `for` says how long.
    fn lasts(&self) -> bool {
        !matches!(
            self,
            Self::Crash(_)
                | Self::RollingRestart(_)
                | Self::ClockJump(_)
                | Self::Join(_)
                | Self::Leave(_)
                | Self::Heal(_)
        )
    }

    fn instead_of_for(&self) -> &'static str {
        match self {
            Self::Crash(_) => " (write restart_after)",
            Self::Leave(_) => " (write rejoin_after)",
            Self::Join(_) => " (write within)",
            _ => "",
        }
    }
}
