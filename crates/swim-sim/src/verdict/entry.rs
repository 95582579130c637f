//! When a node is in: how long after its start it has found the others, and they it.

use super::Scene;
use super::party::Standing;
use super::truth::{Machine, Truth, Turn};
use crate::host::Host;
use crate::scenario::Span;

/// So long, microseconds, that no run is as long.
const NEVER: u64 = 1 << 50;

/// How long after its start a node has found the others: soon, if a seed answers that is in itself; else when somebody else
/// has found it.
pub(super) fn entry(scene: &Scene<'_>, machine: &Machine, host: &Host, node: u32) -> Span {
    let then = machine.began();
    if then == 0 {
        return scene.bounds.join;
    }
    let (truth, bounds): (&Truth, _) = (scene.truth, scene.bounds);
    let mut answers = false;
    let mut called: Option<u64> = None;
    for seed in host.seeds.iter().filter(|seed| **seed != node) {
        let runs = truth.machines.get(*seed as usize);
        let runs = runs.filter(|one| one.is_up() && truth.part(*seed) == truth.part(node));
        if let Some(seed) = runs {
            answers |= seed.turned < then && is_in(scene, seed, then);
            called = Some(called.map_or(seed.turned, |before| before.min(seed.turned)));
        }
    }
    let undisturbed = truth.since <= then;
    let long = bounds.heal.micros() + bounds.seed.micros();
    match (answers && undisturbed, machine.turn, called) {
        // In a small part most of what is told of it is told to those who are cut off (swarm 119560).
        (true, Turn::Joined, _) if !truth.is_small_part(node) => bounds.join,
        (true, ..) => bounds.heal,
        // It can be let in once its seed runs, too.
        (false, _, Some(seed)) => Span::from_micros(seed.saturating_sub(then) + long),
        // Who knows nobody, is looked for by nobody and has nobody to call stays alone.
        (false, _, None) if truth.must_call(machine) && knows_nobody(host) => {
            Span::from_micros(NEVER)
        }
        (false, ..) => Span::from_micros(long),
    }
}

/// Whether one of its seeds, itself among them, runs in its part.
pub(super) fn has_seed(scene: &Scene<'_>, host: &Host, node: u32) -> bool {
    let truth = scene.truth;
    host.seeds.iter().any(|seed| {
        let runs = truth
            .machines
            .get(*seed as usize)
            .is_some_and(Machine::is_up);
        runs && truth.part(*seed) == truth.part(node)
    })
}

fn knows_nobody(host: &Host) -> bool {
    host.node
        .as_deref()
        .is_some_and(|node| node.counts().up() <= 1)
}

/// Whether a seed knew the others by then. One that entered after them had to be let in itself: where it is everybody's only
/// seed, nobody let it in, and it knew nobody until somebody tried it (P9).
fn is_in(scene: &Scene<'_>, seed: &Machine, then: u64) -> bool {
    let wait = scene.bounds.heal.micros() + scene.bounds.seed.micros();
    seed.turned <= scene.truth.eldest() || seed.turned.saturating_add(wait) <= then
}

/// Whether whoever left knew the observer, and both the others, when it said goodbye: nobody tells those whom it does not know.
pub(super) fn knew_each_other(observer: Standing, leaver: Standing, scene: &Scene<'_>) -> bool {
    let (truth, bounds, left) = (scene.truth, scene.bounds, leaver.turned);
    let whole = truth.since <= left && truth.is_mended_for(bounds.heal.micros(), left);
    let was_in = |one: Standing, began: u64| began.saturating_add(one.entry.micros()) <= left;
    let knew = was_in(leaver, leaver.began) && was_in(observer, observer.turned);
    whole && knew && !truth.was_thinned(left)
}
