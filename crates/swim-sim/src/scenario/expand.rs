//! A scenario becomes a schedule: lots are drawn, generators unfolded, flapping faults cut in pieces.

mod generate;
mod lower;
mod resolve;

use super::error::ScenarioError;
use super::lot::Lot;
use super::schedule::{Expected, Schedule};
use super::selector::{Names, Selector};
use super::{Fault, FaultKind, Scenario};

/// A part of a fault that was written, and which one.
struct Part {
    fault: Fault,
    written: usize,
}

impl Scenario {
    /// Checks it and makes it explicit.
    ///
    /// # Errors
    /// What can't be, or matches nobody.
    pub fn expand(&self) -> Result<Schedule, ScenarioError> {
        self.check()?;
        let names = self.names()?;
        let expected = self.expected(&names)?;
        let mut parts = Vec::new();
        for (written, fault) in self.faults.iter().enumerate() {
            let what = self.name_of(written);
            self.check_times(fault, &what)?;
            if let Some(why) = fault.kind.fault(self.network.datagram) {
                return Err(ScenarioError::new(format!("{what}: {why}")));
            }
            let number = u32::try_from(written).unwrap_or(u32::MAX);
            let mut lot = Lot::new(self.seed, number);
            let unfolded = self.unfold(fault, &names, &mut lot, &what)?;
            self.check_repeats(&unfolded, &names, &what)?;
            let unfolded = unfolded.into_iter();
            parts.extend(unfolded.map(|fault| Part { fault, written }));
        }
        let healed = heal(&mut parts);
        let idle = |part: &Part| healed.contains(&(part.written, 0));
        let (heals, others): (Vec<Part>, Vec<Part>) = parts
            .into_iter()
            .partition(|part| matches!(part.fault.kind, FaultKind::Heal(_)));
        let idle: Vec<Fault> = heals
            .into_iter()
            .filter(idle)
            .map(|part| part.fault)
            .collect();
        let mut parts = others;
        parts.sort_by_key(|part| part.fault.at);
        let mut schedule = self.schedule(&names, parts, healed)?;
        // What had nothing to heal makes the run vacuous, and must when what is explicit is run again.
        schedule.scenario.faults.extend(idle);
        let expect = &mut schedule.scenario.expect;
        let explicit = |nodes: &Vec<u32>| Selector::these(nodes.iter().copied());
        for (entry, nodes) in expect.breaks.iter_mut().zip(&expected.breaks) {
            entry.nodes = explicit(nodes);
        }
        for (entry, nodes) in expect.deaths.iter_mut().zip(&expected.deaths) {
            entry.nodes = explicit(nodes);
        }
        schedule.expected = expected;
        Ok(schedule)
    }

    /// A fault as errors name it.
    fn name_of(&self, written: usize) -> String {
        format!(
            "fault {} ({})",
            written + 1,
            self.faults[written].kind.name()
        )
    }

    fn schedule(
        &self,
        names: &Names,
        parts: Vec<Part>,
        healed: Vec<(usize, u64)>,
    ) -> Result<Schedule, ScenarioError> {
        let mut explicit = self.clone();
        let these = |nodes: &Vec<u32>| Selector::these(nodes.iter().copied());
        for (name, nodes) in &names.groups {
            explicit.groups.insert(name.clone(), these(nodes));
        }
        for (name, nodes) in &names.zones {
            explicit.zones.insert(name.clone(), these(nodes));
        }
        let mut schedule = Schedule {
            scenario: explicit,
            config: self.protocol.config(self.profile)?,
            zones: lower::zones(names, &self.network.rtt),
            written: self
                .faults
                .iter()
                .map(|fault| (fault.kind.name(), fault.at.0))
                .collect(),
            healed,
            faults: Vec::new(),
            acts: Vec::new(),
            absent: absent(names, &parts),
            clones: Vec::new(),
            expected: Expected::default(),
        };
        for part in &parts {
            lower::lower(&part.fault, names, part.written, &mut schedule);
        }
        schedule.acts.sort_by_key(|act| act.at);
        schedule.scenario.faults = parts.into_iter().map(|part| part.fault).collect();
        Ok(schedule)
    }
}

/// Ends at each heal what lasts beyond it; returns how many faults each heal ended.
fn heal(parts: &mut [Part]) -> Vec<(usize, u64)> {
    let heals = parts
        .iter()
        .filter(|part| matches!(part.fault.kind, FaultKind::Heal(_)));
    let heals: Vec<_> = heals.map(|part| (part.written, part.fault.at)).collect();
    let mut ended = Vec::new();
    for (written, at) in heals {
        let mut count = 0;
        for Part { fault, .. } in parts.iter_mut() {
            let lasts_beyond = fault
                .lasts
                .is_none_or(|lasts| fault.at.micros().saturating_add(lasts.micros()) > at.micros());
            if fault.kind.is_healed() && fault.at < at && lasts_beyond {
                fault.lasts = Some(super::Span(at.0 - fault.at.0));
                count += 1;
            }
        }
        ended.push((written, count));
    }
    ended
}

impl FaultKind {
    /// Whether a heal ends it.
    fn is_healed(&self) -> bool {
        let kinds = Self::ALL.iter().find(|kind| kind.name == self.name());
        let on_links = kinds.is_some_and(|kind| kind.reach == super::Reach::Links);
        let ends_others = matches!(self, Self::Heal(_));
        on_links && !ends_others || matches!(self, Self::Pause(_))
    }
}

/// The nodes that join before anything else befalls them.
fn absent(names: &Names, parts: &[Part]) -> Vec<u32> {
    let mut known = vec![false; names.nodes as usize];
    let mut absent = Vec::new();
    for Part { fault, .. } in parts {
        let (nodes, joins) = match &fault.kind {
            FaultKind::Join(join) => (&join.nodes, true),
            FaultKind::Leave(leave) => (&leave.nodes, false),
            FaultKind::Crash(crash) => (&crash.nodes, false),
            _ => continue,
        };
        for node in resolve::explicit(nodes, names) {
            if !std::mem::replace(&mut known[node as usize], true) && joins {
                absent.push(node);
            }
        }
    }
    absent.sort_unstable();
    absent
}
