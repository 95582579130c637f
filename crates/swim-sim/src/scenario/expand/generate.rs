//! Faults that stand for many become many.

use std::time::Duration;

use super::resolve::{Resolver, explicit};
use crate::delay::Delay;
use crate::scenario::error::ScenarioError;
use crate::scenario::lot::Lot;
use crate::scenario::selector::{Names, Selector};
use crate::scenario::{
    Carries, Churn, Crash, Deaf, Fault, FaultKind, Flap, Join, Leave, Mode, Partition,
    RollingRestart, Scenario, Shape, Share, Span,
};

type Unfolded = Result<Vec<Fault>, ScenarioError>;

/// How long a node that is restarted with a goodbye still runs after it.
const GOODBYE: Span = Span::secs(1);
/// The most faults that one may become.
const MOST: usize = 100_000;
/// The most that one may do to single nodes.
const MOST_ACTS: u64 = 1_000_000;

impl Scenario {
    /// The faults that a fault stands for: it alone, its selectors resolved, or many.
    pub(super) fn unfold(
        &self,
        fault: &Fault,
        names: &Names,
        lot: &mut Lot,
        what: &str,
    ) -> Unfolded {
        let mut fault = fault.clone();
        let mut resolver = Resolver { names, lot, what };
        resolver.kind(&mut fault.kind)?;
        if let Some(flap) = fault.flap.take() {
            return self.unfold_flap(&fault, flap, lot, what);
        }
        match &fault.kind {
            FaultKind::Join(join) if join.within != Span::default() => {
                Ok(self.unfold_join(&fault, join, names, lot))
            }
            FaultKind::RollingRestart(rolling) => self.unfold_rolling(&fault, rolling, names, what),
            FaultKind::Churn(churn) => self.unfold_churn(&fault, churn, names, lot, what),
            FaultKind::Deaf(deaf) => self.unfold_deaf(&fault, deaf, names, lot, what),
            FaultKind::Swizzle(swizzle) => {
                let nodes = explicit(&swizzle.nodes, names);
                Ok(self.unfold_swizzle(&fault, &nodes, lot))
            }
            _ => Ok(vec![fault]),
        }
    }

    /// When a fault is over: at its own end, or with the run.
    fn end_of(&self, fault: &Fault) -> u64 {
        let end = self.duration.micros();
        fault.lasts.map_or(end, |lasts| {
            end.min(fault.at.micros().saturating_add(lasts.micros()))
        })
    }

    /// What happens in a rhythm happens so often at most.
    pub(super) fn check_repeats(
        &self,
        parts: &[Fault],
        names: &Names,
        what: &str,
    ) -> Result<(), ScenarioError> {
        let (mut times, mut acts) = (0_u64, 0_u64);
        for fault in parts {
            let count = |nodes| explicit(nodes, names).len() as u64;
            let (every, each) = match &fault.kind {
                FaultKind::Metadata(metadata) => (metadata.every, count(&metadata.nodes)),
                FaultKind::Forge(forge) => (forge.every, count(&forge.to) * count(&forge.about)),
                _ => return Ok(()),
            };
            let Some(every) = every else { continue };
            let lasts = self.end_of(fault).saturating_sub(fault.at.micros());
            let often = lasts.div_ceil(every.micros().max(1));
            times = times.saturating_add(often);
            acts = acts.saturating_add(often.saturating_mul(each));
        }
        let (most, most_acts) = (MOST as u64, MOST_ACTS);
        if times <= most && acts <= most_acts {
            return Ok(());
        }
        Err(ScenarioError::new(format!(
            "{what}: it happens {times} times, {acts} times counted for each node; {most} and {most_acts} are possible (make it shorter, or `every` longer)"
        )))
    }

    fn unfold_flap(&self, fault: &Fault, flap: Flap, lot: &mut Lot, what: &str) -> Unfolded {
        let end = self.end_of(fault);
        let jitter = Delay::Uniform(Duration::ZERO, flap.jitter.0);
        let (mut at, mut all) = (fault.at.micros(), Vec::new());
        while at < end {
            let down = flap
                .down
                .micros()
                .saturating_add(lot.time(jitter))
                .min(end - at);
            all.push(Fault {
                at: Span::from_micros(at),
                lasts: Some(Span::from_micros(down)),
                ..fault.clone()
            });
            at = at
                .saturating_add(down)
                .saturating_add(flap.up.micros())
                .saturating_add(lot.time(jitter));
            check_number(&all, what)?;
        }
        Ok(all)
    }

    fn unfold_join(&self, fault: &Fault, join: &Join, names: &Names, lot: &mut Lot) -> Vec<Fault> {
        let latest = join
            .within
            .micros()
            .min((self.duration.micros() - fault.at.micros()).saturating_sub(1));
        let when = Delay::Uniform(Duration::ZERO, Duration::from_micros(latest));
        let nodes = explicit(&join.nodes, names).into_iter();
        let owners = join.address_of.as_ref();
        let owners = owners.map(|owners| explicit(owners, names));
        let joins = nodes.enumerate().map(|(place, node)| {
            let owner = owners.as_ref().and_then(|owners| owners.get(place));
            let join = Join {
                nodes: Selector::these([node]),
                within: Span::default(),
                address_of: owner.map(|owner| Selector::these([*owner])),
            };
            Fault::at(Span::from_micros(fault.at.micros() + lot.time(when)), join)
        });
        joins.collect()
    }

    fn unfold_rolling(
        &self,
        fault: &Fault,
        rolling: &RollingRestart,
        names: &Names,
        what: &str,
    ) -> Unfolded {
        let nodes = explicit(&rolling.nodes, names);
        let mut all = Vec::new();
        for (batch, nodes) in (0..).zip(nodes.chunks(rolling.at_once as usize)) {
            let at = fault
                .at
                .micros()
                .saturating_add(rolling.every.micros().saturating_mul(batch));
            let at = Span::from_micros(at);
            if at >= self.duration {
                return Err(ScenarioError::new(format!(
                    "{what}: the turn of n{} comes at {at}, and the scenario ends at {} (make `every` shorter, or `at_once` larger)",
                    nodes[0], self.duration
                )));
            }
            let nodes = Selector::these(nodes.iter().copied());
            all.push(Fault::at(at, rolling.one(nodes)));
        }
        Ok(all)
    }

    fn unfold_churn(
        &self,
        fault: &Fault,
        churn: &Churn,
        names: &Names,
        lot: &mut Lot,
        what: &str,
    ) -> Unfolded {
        let nodes = explicit(&churn.nodes, names);
        let end = self.end_of(fault);
        let next = Delay::exponential(churn.every.0, Duration::ZERO, Delay::LONGEST);
        let away = Delay::exponential(churn.down.0, Duration::from_micros(1), Delay::LONGEST);
        let mut back = vec![0; nodes.len()];
        let (mut at, mut all) = (fault.at.micros(), Vec::new());
        loop {
            at = at.saturating_add(lot.time(next).max(1));
            if at >= end {
                return Ok(all);
            }
            // The same draws whoever is away, so that the rest of the history stays as it is.
            let (place, down) = (lot.below(nodes.len() as u64), lot.time(away));
            let leaves = lot.below(u64::from(Share::ALL.parts())) < u64::from(churn.leave.parts());
            let place = usize::try_from(place).unwrap_or(0);
            if back[place] > at {
                continue;
            }
            let down = if leaves {
                down.max(2 * GOODBYE.micros())
            } else {
                down
            };
            back[place] = at.saturating_add(down);
            let (node, down) = (Selector::these([nodes[place]]), Span::from_micros(down));
            all.push(Fault::at(
                Span::from_micros(at),
                churn.one(node, down, leaves),
            ));
            check_number(&all, what)?;
        }
    }

    /// Each is cut off in the first half, and reached again in the second.
    fn unfold_swizzle(&self, fault: &Fault, nodes: &[u32], lot: &mut Lot) -> Vec<Fault> {
        let (begin, end) = (fault.at.micros(), self.end_of(fault));
        let half = (end - begin) / 2;
        let cuts = nodes.iter().map(|node| {
            let at = begin + lot.below(half.max(1));
            let until = begin + half + lot.below((end - begin - half).max(1)) + 1;
            let nodes = Selector::these([*node]);
            Fault::at(Span::from_micros(at), Shape::Isolate { nodes })
                .lasting(Span::from_micros(until - at))
        });
        cuts.collect()
    }

    fn unfold_deaf(
        &self,
        fault: &Fault,
        deaf: &Deaf,
        names: &Names,
        lot: &mut Lot,
        what: &str,
    ) -> Unfolded {
        let end = self.end_of(fault);
        let burst = Delay::Uniform(deaf.min.0, deaf.max.0);
        let mean = (deaf.min.micros() + deaf.max.micros()) / 2;
        let (share, rest) = (deaf.share.parts(), Share::ALL.parts() - deaf.share.parts());
        let gap = mean.saturating_mul(u64::from(rest)) / u64::from(share.max(1));
        let gap = Delay::exponential(Duration::from_micros(gap), Duration::ZERO, Delay::LONGEST);
        let mut all = Vec::new();
        for node in explicit(&deaf.nodes, names) {
            let mut at = fault.at.micros().saturating_add(lot.time(gap));
            while at < end && share > 0 {
                let lasts = lot.time(burst).max(1).min(end - at);
                all.push(deafness(node, at).lasting(Span::from_micros(lasts)));
                at = at
                    .saturating_add(lasts)
                    .saturating_add(lot.time(gap).max(1));
                check_number(&all, what)?;
            }
        }
        Ok(all)
    }
}

/// A node hears no datagram from then on.
fn deafness(node: u32, at: u64) -> Fault {
    let partition = Partition {
        mode: Mode::Drop,
        carries: Carries::Datagrams,
        by: None,
        shape: Shape::OneWay {
            from: Selector::all(),
            to: Selector::these([node]),
        },
    };
    Fault::at(Span::from_micros(at), partition)
}

impl RollingRestart {
    /// The restart of these.
    fn one(&self, nodes: Selector) -> FaultKind {
        if self.leave {
            let down = self.down.max(Span(GOODBYE.0 * 2));
            return goodbye(nodes, down);
        }
        FaultKind::Crash(Crash {
            nodes,
            restart_after: Some(self.down),
            memory: self.memory,
            address: self.address,
        })
    }
}

impl Churn {
    /// One node goes and comes back.
    fn one(&self, nodes: Selector, down: Span, leaves: bool) -> FaultKind {
        if leaves {
            return goodbye(nodes, down);
        }
        FaultKind::Crash(Crash {
            nodes,
            restart_after: Some(down),
            memory: self.memory,
            address: crate::scenario::Address::Same,
        })
    }
}

fn goodbye(nodes: Selector, down: Span) -> FaultKind {
    FaultKind::Leave(Leave {
        nodes,
        crash_after: Some(GOODBYE),
        rejoin_after: Some(down),
    })
}

fn check_number(all: &[Fault], what: &str) -> Result<(), ScenarioError> {
    if all.len() <= MOST {
        return Ok(());
    }
    Err(ScenarioError::new(format!(
        "{what}: it stands for more than {MOST} faults (make it shorter, or its times longer)"
    )))
}
