//! Machines as they stand at a deadline: what is asked of a pair of them depends on these, and little else.

use swim_core::{MemberRef, State};

use super::Scene;
use super::entry::{entry, has_seed};
use super::truth::{Machine, Turn};
use crate::host::Host;
use crate::peer::SimPeer;
use crate::run::Held;
use crate::scenario::Span;
use crate::sights::{Entry, held};

/// One machine at a deadline: what does not depend on whom it is paired with.
pub(super) struct Party<'a> {
    pub(super) node: u32,
    pub(super) machine: &'a Machine,
    pub(super) part: Option<u32>,
    pub(super) standing: Standing,
    /// Its leave is known to nearly all, and gossip may have missed the others.
    pub(super) spared: bool,
    /// What its node says of itself, as the others' views are kept, if it says that it is alive.
    pub(super) usual: Option<Entry>,
    /// The same, if it has said so for so long that all must know it.
    pub(super) known: Option<Known>,
}

/// What ought to be held of a machine depends on this, and on who is asked. Most have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) turn: Turn,
    pub(super) turned: u64,
    /// When it began to run; of one that has left, before it did.
    pub(super) began: u64,
    /// How long after that it has found the others.
    pub(super) entry: Span,
    /// One of the seeds, itself or another, runs in its part.
    pub(super) seeded: bool,
    /// It began while the network was in trouble, and nobody looks for it: it has to call a seed when the trouble is over.
    pub(super) lost: bool,
}

/// What must be held of a member that is held alive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) held: Held,
    /// How long that takes, microseconds.
    pub(super) within: u64,
}

impl<'a> Party<'a> {
    pub(super) fn all(scene: &Scene<'a>) -> Vec<Self> {
        let truth = scene.truth;
        let machines = truth.machines.iter().zip(&scene.sim.hosts).zip(0..);
        let party = |((machine, host), node): ((&'a Machine, &Host), u32)| {
            let me = host.node.as_deref().map(|node| node.me());
            Self {
                node,
                machine,
                part: truth.part(node),
                standing: Standing {
                    turn: machine.turn,
                    turned: machine.turned,
                    began: machine.began(),
                    entry: entry(scene, machine, host, node),
                    seeded: has_seed(scene, host, node),
                    lost: truth.must_call(machine)
                        && truth.was_in_trouble(machine.turned, scene.bounds.heal.micros()),
                },
                spared: false,
                usual: me
                    .filter(|me| me.state == State::Alive)
                    .map(|me| Entry::pack(Some(held(me)))),
                known: me.and_then(|me| known(me, machine, scene)),
            }
        };
        machines.map(party).collect()
    }

    /// Whether the same ought to be held of both.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.standing, self.part) == (other.standing, other.part)
    }

    /// Whether its views are to be those of one who sees what is so.
    pub(super) fn can_tell(&self, scene: &Scene<'_>) -> bool {
        let Standing { turned, entry, .. } = self.standing;
        let machine = self.machine;
        let here = machine.is_up() && !machine.shared && self.part.is_some();
        // Who hears nobody at all gives no verdicts: it may be deaf (P13).
        here && is_over(scene, turned, entry) && !scene.truth.is_alone(self.node)
    }
}

/// What a node says of itself, if that is old enough to be known to all.
fn known(me: MemberRef<'_, SimPeer>, machine: &Machine, scene: &Scene<'_>) -> Option<Known> {
    let bounds = scene.bounds;
    let changed = machine.updated.max(machine.turned);
    // Where most are dead, news is told to the dead and used up on them; then it takes a probe for a difference to be seen.
    let within = if scene.truth.was_thinned(changed) {
        bounds.split.micros() + bounds.heal.micros()
    } else {
        bounds.update.micros()
    };
    (scene.truth.now > changed + within).then(|| Known {
        held: held(me),
        within,
    })
}

/// Whether a bound that began then is over.
pub(super) fn is_over(scene: &Scene<'_>, since: u64, bound: Span) -> bool {
    scene.truth.now > since.saturating_add(bound.micros())
}

/// L7: gossip reaches nearly all at once. Whom it missed sees another digest later, and learns of the leave by an exchange:
/// one in sixteen is given as long as a joiner, and all are while the network is cut (swarm 103796, 105893, 107745).
pub(super) fn is_nearly_known(parties: &[Party<'_>], node: u32, scene: &Scene<'_>) -> bool {
    let member = &parties[node as usize];
    if member.standing.turn != Turn::Left
        || is_over(scene, member.standing.turned, scene.bounds.join)
    {
        return false;
    }
    let asked = |by: &&Party<'_>| by.node != node && by.part == member.part && by.can_tell(scene);
    // Where some are cut off, half of what is told is told to them.
    let is_cut = |other: &Party<'_>| other.machine.is_up() && other.part != member.part;
    if parties.iter().any(is_cut) {
        return true;
    }
    let unaware = |by: &Party<'_>| {
        let held = scene.sim.held(by.node, member.machine.name);
        held.is_some_and(|held| held.state != State::Left)
    };
    let all = parties.iter().filter(asked).count();
    let missed = parties
        .iter()
        .filter(asked)
        .filter(|by| unaware(by))
        .count();
    missed <= all.div_ceil(16)
}
