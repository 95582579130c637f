//! Every selector of a fault becomes a list of nodes.

use crate::scenario::error::ScenarioError;
use crate::scenario::lot::Lot;
use crate::scenario::selector::{LinkSelector, Names, Selector};
use crate::scenario::{FaultKind, Join, Shape};

/// The nodes of a selector that was resolved.
pub(super) fn explicit(selector: &Selector, names: &Names) -> Vec<u32> {
    let mut lot = Lot::new(0, 0);
    selector.resolve(names, &mut lot, "").unwrap_or_default()
}

/// Resolves with one fault's lot.
pub(super) struct Resolver<'r> {
    pub(super) names: &'r Names,
    pub(super) lot: &'r mut Lot,
    pub(super) what: &'r str,
}

type Resolved<T = ()> = Result<T, ScenarioError>;

impl Resolver<'_> {
    fn nodes(&mut self, selector: &mut Selector, field: &str) -> Resolved {
        if selector.is_all() {
            return Ok(());
        }
        let what = format!("{}.{field}", self.what);
        let nodes = selector.resolve(self.names, self.lot, &what)?;
        *selector = Selector::these(nodes);
        Ok(())
    }

    fn links(&mut self, links: &mut LinkSelector) -> Resolved {
        self.nodes(&mut links.from, "links")?;
        self.nodes(&mut links.to, "links")
    }

    /// All selectors of this kind of fault.
    pub(super) fn kind(&mut self, kind: &mut FaultKind) -> Resolved {
        match kind {
            FaultKind::Partition(partition) => self.shape(&mut partition.shape),
            FaultKind::Loss(loss) => self.links(&mut loss.links),
            FaultKind::Dropped(dropped) => self.links(&mut dropped.links),
            FaultKind::Delay(delay) => self.links(&mut delay.links),
            FaultKind::Reorder(reorder) => self.links(&mut reorder.links),
            FaultKind::Duplicate(duplicate) => self.links(&mut duplicate.links),
            FaultKind::Replay(replay) => self.links(&mut replay.links),
            FaultKind::Corrupt(corrupt) => self.links(&mut corrupt.links),
            FaultKind::Truncate(truncate) => self.links(&mut truncate.links),
            FaultKind::SizeLimit(limit) => self.links(&mut limit.links),
            FaultKind::RateLimit(limit) => self.nodes(&mut limit.nodes, "nodes"),
            FaultKind::Deaf(deaf) => self.nodes(&mut deaf.nodes, "nodes"),
            FaultKind::Swizzle(swizzle) => self.nodes(&mut swizzle.nodes, "nodes"),
            FaultKind::Crash(crash) => self.nodes(&mut crash.nodes, "nodes"),
            FaultKind::RollingRestart(rolling) => self.nodes(&mut rolling.nodes, "nodes"),
            FaultKind::Clone(clone) => self.nodes(&mut clone.nodes, "nodes"),
            FaultKind::Pause(pause) => self.nodes(&mut pause.nodes, "nodes"),
            FaultKind::Throttle(throttle) => self.nodes(&mut throttle.nodes, "nodes"),
            FaultKind::ClockRate(rate) => self.nodes(&mut rate.nodes, "nodes"),
            FaultKind::ClockJump(jump) => self.nodes(&mut jump.nodes, "nodes"),
            FaultKind::Join(join) => self.join(join),
            FaultKind::Leave(leave) => self.nodes(&mut leave.nodes, "nodes"),
            FaultKind::Metadata(metadata) => self.nodes(&mut metadata.nodes, "nodes"),
            FaultKind::Churn(churn) => self.nodes(&mut churn.nodes, "nodes"),
            FaultKind::Forge(forge) => {
                self.nodes(&mut forge.to, "to")?;
                self.nodes(&mut forge.about, "about")
            }
            FaultKind::Heal(_) => Ok(()),
        }
    }

    /// Whoever joins at others' addresses has one of them each.
    fn join(&mut self, join: &mut Join) -> Resolved {
        self.nodes(&mut join.nodes, "nodes")?;
        let Some(owners) = &mut join.address_of else {
            return Ok(());
        };
        self.nodes(owners, "address_of")?;
        let [nodes, owners] = [&join.nodes, &*owners].map(|set| explicit(set, self.names));
        let why = if nodes.len() != owners.len() {
            format!(
                "{} nodes can't join at {} addresses (name one for each)",
                nodes.len(),
                owners.len()
            )
        } else if let Some(both) = nodes.iter().find(|node| owners.contains(node)) {
            format!("n{both} can't take its own address from itself (restart it)")
        } else {
            return Ok(());
        };
        Err(ScenarioError::new(format!(
            "{}.address_of: {why}",
            self.what
        )))
    }

    fn shape(&mut self, shape: &mut Shape) -> Resolved {
        match shape {
            Shape::Split { groups, into } => {
                if let Some(parts) = into.take().or_else(|| groups.is_empty().then_some(2)) {
                    *groups = self.deal(parts, &[])?;
                }
                for group in groups.iter_mut() {
                    self.nodes(group, "groups")?;
                }
                self.check_apart(groups)
            }
            Shape::Isolate { nodes } => self.nodes(nodes, "nodes"),
            Shape::OneWay { from, to } | Shape::Between { from, to } => {
                self.nodes(from, "from")?;
                self.nodes(to, "to")
            }
            Shape::Bridge { nodes } => {
                self.nodes(nodes, "nodes")?;
                let bridge = explicit(nodes, self.names);
                let groups = self.deal(2, &bridge)?;
                *shape = Shape::Split { groups, into: None };
                Ok(())
            }
            Shape::Asymmetric { share } => {
                let all = self.names.nodes;
                let count = share.of(all).clamp(1, all.saturating_sub(1).max(1));
                let side = self.lot.choose((0..all).collect(), count);
                let others = (0..all).filter(|node| side.binary_search(node).is_err());
                *shape = Shape::OneWay {
                    to: Selector::these(others),
                    from: Selector::these(side.iter().copied()),
                };
                Ok(())
            }
            Shape::RandomLinks { salt, .. } => {
                let drawn = self.lot.below(u64::from(u32::MAX));
                let _ = salt.get_or_insert(u32::try_from(drawn).unwrap_or(0));
                Ok(())
            }
            Shape::Ring { neighbours }
                if 2 * u64::from(*neighbours) + 1 >= u64::from(self.names.nodes) =>
            {
                Err(ScenarioError::new(format!(
                    "{}: in a ring of {} nodes, {neighbours} neighbours on each side are all",
                    self.what, self.names.nodes
                )))
            }
            Shape::Chain { into } if *into > self.names.nodes => Err(ScenarioError::new(format!(
                "{}: {} nodes make no chain of {into} groups",
                self.what, self.names.nodes
            ))),
            Shape::Ring { .. } | Shape::Chain { .. } => Ok(()),
        }
    }

    /// All nodes but these, dealt into so many groups of about equal size.
    fn deal(&mut self, parts: u32, but: &[u32]) -> Resolved<Vec<Selector>> {
        let rest: Vec<u32> = (0..self.names.nodes)
            .filter(|node| !but.contains(node))
            .collect();
        let count = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        if count < parts {
            return Err(ScenarioError::new(format!(
                "{}: {count} nodes make no {parts} groups",
                self.what
            )));
        }
        let mut groups = Vec::new();
        let mut left = rest;
        for part in 0..parts {
            let size = count / parts + u32::from(part < count % parts);
            let group = self.lot.choose(left.clone(), size);
            left.retain(|node| group.binary_search(node).is_err());
            groups.push(Selector::these(group));
        }
        Ok(groups)
    }

    fn check_apart(&self, groups: &[Selector]) -> Resolved {
        let mut seen = std::collections::BTreeMap::new();
        for (place, group) in groups.iter().enumerate() {
            for node in explicit(group, self.names) {
                if let Some(other) = seen.insert(node, place) {
                    return Err(ScenarioError::new(format!(
                        "{}: n{node} is in group {} and in group {} of the split",
                        self.what,
                        other + 1,
                        place + 1
                    )));
                }
            }
        }
        Ok(())
    }
}
