//! Invariants of single changes of a view: S1, S2, S4, S5, S9, S12, S15, and in a calm network L3.

use swim_core::{Incarnation, State};

use super::Scene;
use super::catalogue::Id;
use crate::peer::SimName;
use crate::run::Held;

/// A change of what one node holds of one member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) by: u32,
    pub(super) of: SimName,
    pub(super) before: Option<Held>,
    pub(super) after: Option<Held>,
}

/// What has to be kept for them: the greatest incarnation that each member had itself.
#[derive(Debug, Default)]
pub(super) struct Views {
    own: Vec<Incarnation>,
}

impl Views {
    /// A node's own incarnation is this, or was.
    pub(super) fn claims(&mut self, name: SimName, incarnation: Incarnation) {
        let place = name.number() as usize;
        if self.own.len() <= place {
            self.own.resize(place + 1, Incarnation(0));
        }
        self.own[place] = self.own[place].max(incarnation);
    }

    pub(super) fn see(&mut self, change: Change, scene: &mut Scene<'_>) {
        let Change {
            by,
            of,
            before,
            after,
        } = change;
        let own = scene
            .truth
            .machines
            .get(by as usize)
            .is_some_and(|machine| machine.name == of);
        if own {
            self.see_own(change, scene);
            return;
        }
        if let Some(after) = after {
            self.provenance(by, of, after, scene);
            room(by, scene);
        }
        if let (Some(before), Some(after)) = (before, after) {
            order(change, before, after, scene);
        }
        calm(change, scene);
    }

    fn see_own(&mut self, change: Change, scene: &mut Scene<'_>) {
        let Change { by, of, after, .. } = change;
        if let Some(held) = after {
            self.claims(of, held.incarnation);
        }
        let sound = after.is_some_and(|held| matches!(held.state, State::Alive | State::Left));
        scene.hold(Id::S9, sound, [Some(by), None], || match after {
            Some(held) => format!("n{by} holds itself {} @{}", held.state, held.incarnation),
            None => format!("n{by} has forgotten itself"),
        });
    }

    fn provenance(&self, by: u32, of: SimName, held: Held, scene: &mut Scene<'_>) {
        if scene.truth.forged.is_some() {
            return;
        }
        let most = self
            .own
            .get(of.number() as usize)
            .copied()
            .unwrap_or_default();
        let sound = held.incarnation <= most;
        scene.hold(Id::S1, sound, [Some(by), Some(of.number())], || {
            format!(
                "held {} @{}, and it never was above @{most}",
                held.state, held.incarnation
            )
        });
    }
}

const fn rank(state: State) -> u8 {
    match state {
        State::Alive => 0,
        State::Suspect => 1,
        State::Dead => 2,
        State::Left => 3,
    }
}

fn order(change: Change, before: Held, after: Held, scene: &mut Scene<'_>) {
    let who = [Some(change.by), Some(change.of.number())];
    let fell = || {
        format!(
            "{} @{} became {} @{}",
            before.state, before.incarnation, after.state, after.incarnation
        )
    };
    scene.hold(Id::S2, before.incarnation <= after.incarnation, who, fell);
    let back = !before.state.is_up() && after.state.is_up();
    if back {
        scene.hold(Id::S4, before.incarnation < after.incarnation, who, fell);
    }
    if before.incarnation != after.incarnation {
        return;
    }
    if !back {
        scene.hold(Id::S5, rank(before.state) <= rank(after.state), who, fell);
    }
    if before.state.is_up() && after.state.is_up() {
        scene.hold(Id::S12, before.meta <= after.meta, who, || {
            format!(
                "metadata {} became {} at @{}",
                before.meta, after.meta, after.incarnation
            )
        });
    }
}

/// S15.
fn room(by: u32, scene: &mut Scene<'_>) {
    let host = scene.sim.hosts.get(by as usize);
    let Some(node) = host.and_then(|host| host.node.as_deref()) else {
        return;
    };
    let counts = node.counts();
    let held = counts.alive + counts.suspect + counts.tombstones();
    let good = fits(held, node.capacity());
    scene.hold(Id::S15, good, [Some(by), None], || {
        format!("holds {held} members, and has room for {}", node.capacity())
    });
}

/// Whether so many members, its own among them, fit into a roster with room for so many others.
pub(super) const fn fits(held: u32, capacity: usize) -> bool {
    held as usize <= capacity + 1
}

/// L3: a running member is suspected in a network that has been perfect since long before.
fn calm(change: Change, scene: &mut Scene<'_>) {
    let Change { by, of, after, .. } = change;
    let Some(after) = after else {
        return;
    };
    let settled = scene.bounds.calm.micros();
    let truth = scene.truth;
    if !truth.is_perfect_for(0) || scene.forged_within(scene.bounds.forged) {
        return;
    }
    let machine = |node: u32| truth.machines.get(node as usize);
    let (Some(observer), Some(member)) = (machine(by), machine(of.number())) else {
        return;
    };
    if [observer, member]
        .iter()
        .any(|one| !one.is_up() || one.shared)
    {
        return;
    }
    let good = after.state == State::Alive;
    let since = truth.since.max(observer.turned).max(member.turned);
    if truth.is_since(since, settled) {
        let who = [Some(by), Some(of.number())];
        scene.hold(Id::L3, good, who, || {
            let calm = if since == 0 {
                "since the beginning".to_owned()
            } else {
                let calm = truth.now.saturating_sub(since) / 1_000_000;
                format!("for {calm} s")
            };
            format!(
                "{} @{} though it runs, and nothing has disturbed the network {calm}",
                after.state, after.incarnation
            )
        });
    } else if let Some(times) = &mut scene.docket.times
        && !good
    {
        times.still(Id::L3, since, truth.now, settled);
    }
}
