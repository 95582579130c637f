//! Invariants with a bound: once nothing has turned for long enough, what is held is the truth. L1, L2, L5 to L8, L10,
//! L12, S19.
//!
//! Each turn of a life, each update and each change of the network sets deadlines; at a deadline the views concerned are
//! compared with the truth, if what the bound presumes has held all the time: both run (or not) since then, the network is
//! as it was, both are in one whole part of it. What began later has its own deadline, so nothing is missed.

use std::collections::BTreeSet;

use swim_core::{Incarnation, State};

use super::Scene;
use super::catalogue::Id;
use super::docket::Broken;
use super::truth::{Machine, Truth, Turn};
use crate::host::Host;
use crate::run::{Held, Life, Sight, What};
use crate::scenario::Span;

/// Whose views are compared at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// Of one machine's member, by all; and its own of all.
    Node(u32),
    /// That somebody knows of its death.
    Somebody(u32),
    /// Of all by all.
    All,
}

/// The deadlines that are still to come.
#[derive(Debug, Default)]
pub(super) struct Settled {
    deadlines: BTreeSet<(u64, About)>,
}

impl Settled {
    /// Before the run: all are to agree with the truth from the beginning.
    pub(super) fn begin(&mut self, scene: &Scene<'_>) {
        self.deadlines
            .insert((scene.bounds.join.micros(), About::All));
        self.deadlines
            .insert((scene.bounds.heal.micros(), About::All));
    }

    pub(super) fn see(&mut self, sight: &Sight, scene: &mut Scene<'_>) {
        match sight.what {
            What::Life { node, life } => self.turned(node, life, scene),
            What::FaultBegins(_) | What::FaultEnds(_) => self.shaken(scene),
            What::Forged { .. } => self.after(scene.bounds.forged, 0, About::All, scene),
            _ => {}
        }
    }

    fn after(&mut self, bound: Span, more: u64, about: About, scene: &Scene<'_>) {
        let at = scene
            .truth
            .now
            .max(scene.truth.since)
            .saturating_add(bound.micros() + more + 1);
        self.deadlines.insert((at, about));
    }

    fn turned(&mut self, node: u32, life: Life, scene: &Scene<'_>) {
        let bounds = scene.bounds;
        let about = About::Node(node);
        match life {
            Life::Stopped => {
                self.after(bounds.crash, 0, about, scene);
                self.after(bounds.split, bounds.heal.micros(), about, scene);
                self.after(bounds.first, 0, About::Somebody(node), scene);
            }
            Life::Started | Life::Woken | Life::Rejoined => {
                for bound in [bounds.join, bounds.heal] {
                    self.after(bound, 0, about, scene);
                    self.after(bound, bounds.seed.micros(), about, scene);
                }
            }
            Life::Leaving => {
                self.after(bounds.leave, 0, about, scene);
                self.after(bounds.split, 0, about, scene);
            }
            Life::Updated(_) => self.after(bounds.update, 0, about, scene),
            Life::Paused | Life::Resumed | Life::ClockJumped(_) | Life::ClockDrifts(_) => {
                self.shaken(scene);
            }
        }
    }

    fn shaken(&mut self, scene: &Scene<'_>) {
        let bounds = scene.bounds;
        for bound in [bounds.heal, bounds.split] {
            self.after(bound, 0, About::All, scene);
            self.after(bound, bounds.seed.micros(), About::All, scene);
        }
    }

    /// Looks at what is due by now.
    pub(super) fn due(&mut self, scene: &mut Scene<'_>) {
        while let Some(&(at, about)) = self.deadlines.first() {
            if at >= scene.truth.now {
                return;
            }
            self.deadlines.pop_first();
            match about {
                About::Somebody(node) => somebody(node, scene),
                // What changes now leaves nothing to be relied upon, and sets deadlines of its own.
                About::Node(_) | About::All if !scene.truth.is_calm_for(0) => {}
                About::Node(node) => {
                    let parties = Party::all(scene);
                    for other in &parties {
                        look(other, &parties[node as usize], scene);
                        look(&parties[node as usize], other, scene);
                    }
                }
                About::All => {
                    let parties = Party::all(scene);
                    for by in parties.iter().filter(|by| by.machine.is_up()) {
                        for of in &parties {
                            look(by, of, scene);
                        }
                    }
                }
            }
            if let Some(times) = &mut scene.docket.times {
                times.done();
            }
        }
    }
}

/// One machine at a deadline: what does not depend on whom it is paired with.
struct Party<'a> {
    node: u32,
    machine: &'a Machine,
    part: Option<u32>,
    /// How long after its turn it has found the others.
    entry: Span,
    /// What its node says of itself, if one runs.
    own: Option<(Incarnation, u32)>,
}

impl<'a> Party<'a> {
    fn all(scene: &Scene<'a>) -> Vec<Self> {
        let truth = scene.truth;
        let machines = truth.machines.iter().zip(&scene.sim.hosts).zip(0..);
        let party = |((machine, host), node): ((&'a Machine, &Host), u32)| {
            let me = host.node.as_deref().map(|node| node.me());
            Self {
                node,
                machine,
                part: truth.part(node),
                entry: entry(scene, machine, &host.seeds, node),
                own: me.map(|me| (me.incarnation, me.peer.meta())),
            }
        };
        machines.map(party).collect()
    }
}

/// What ought to be held, by which invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ought {
    Alive,
    NotUp,
    Left,
}

/// Compares what one node holds of another's member with the truth, if that must be so by now.
fn look(observer: &Party<'_>, member: &Party<'_>, scene: &mut Scene<'_>) {
    let truth = scene.truth;
    let (by, of) = (observer.node, member.node);
    let unsure = observer.machine.shared || member.machine.shared || observer.part.is_none();
    if by == of || unsure || !observer.machine.is_up() {
        return;
    }
    let together = member.part == observer.part;
    let Some((id, ought, bound)) = ought(scene, observer, member, together) else {
        return;
    };
    let held = scene.sim.held(by, member.machine.name);
    scene.docket.looked(id);
    let wrong = match ought {
        Ought::NotUp => held.is_some_and(|held| held.state.is_up()),
        Ought::Left => held.is_some_and(|held| held.state != State::Left),
        Ought::Alive => held.is_none_or(|held| held.state != State::Alive),
    };
    let who = [Some(by), Some(of)];
    if wrong {
        let text = format!(
            "still holds {}, and {} ago {}",
            shown(held),
            bound,
            what_is(ought, together)
        );
        scene.docket.accuse(scene.at, Broken { id, who, text });
        return;
    }
    if let Some(times) = &mut scene.docket.times {
        let both = member.machine.turned.max(truth.since);
        let start = match ought {
            Ought::Left => member.machine.turned,
            Ought::NotUp => both,
            Ought::Alive => both.max(observer.machine.turned),
        };
        let changed = times.changed(by, of);
        // A later update is another matter.
        if member.machine.updated <= start && changed > start {
            let late = bound > scene.bounds.split.max(scene.bounds.heal);
            times.took((id, late), changed - start, bound.micros());
        }
    }
    if ought == Ought::Alive {
        details(observer, member, held, scene);
    }
}

fn shown(held: Option<Held>) -> String {
    held.map_or_else(
        || "nothing of it".to_owned(),
        |held| format!("it {} @{}", held.state, held.incarnation),
    )
}

const fn what_is(ought: Ought, together: bool) -> &'static str {
    match (ought, together) {
        (Ought::Alive, _) => "nothing stood between them any more, and it runs",
        (Ought::NotUp, false) => "the network was split between them",
        (Ought::NotUp, true) => "it had died",
        (Ought::Left, _) => "it had left",
    }
}

/// Incarnation and metadata of a member that is held alive, as it must be.
fn details(observer: &Party<'_>, member: &Party<'_>, held: Option<Held>, scene: &mut Scene<'_>) {
    let (Some((incarnation, meta)), Some(held)) = (member.own, held) else {
        return;
    };
    let (by, of) = (observer.node, member.node);
    let machine = member.machine;
    let changed = machine.updated.max(machine.turned);
    // Where most are dead, news is told to the dead and used up on them; then it takes a probe for a difference to be seen.
    let settled = if scene.truth.was_thinned(changed) {
        scene.bounds.split.micros() + scene.bounds.heal.micros()
    } else {
        scene.bounds.update.micros()
    };
    if scene.truth.now <= changed + settled {
        return;
    }
    let who = [Some(by), Some(of)];
    scene.hold(Id::L8, held.meta == meta, who, || {
        format!("holds metadata {}, and it has {meta}", held.meta)
    });
    let observed = observer.machine.turned;
    let undisturbed = scene.truth.since.max(observed) <= machine.updated;
    if let Some(times) = &mut scene.docket.times
        && undisturbed
        && machine.updated > 0
    {
        let took = times.updated(by, of).saturating_sub(machine.updated);
        let thinned = settled > scene.bounds.update.micros();
        times.took((Id::L8, thinned), took, settled);
    }
    // Where datagrams get lost at any time, it may just have outbid somebody who missed its ack.
    if !scene.truth.is_lossy() {
        let id = match machine.turn {
            Turn::Returned => Id::L6,
            _ => Id::L5,
        };
        scene.hold(id, held.incarnation == incarnation, who, || {
            let held = held.incarnation;
            format!("holds it alive @{held}, and it has been @{incarnation} for long")
        });
    }
}

/// What must be so by now, by which invariant, after what bound; `None` if nothing must.
fn ought(
    scene: &Scene<'_>,
    observer: &Party<'_>,
    member: &Party<'_>,
    together: bool,
) -> Option<(Id, Ought, Span)> {
    let (truth, bounds) = (scene.truth, scene.bounds);
    let over = |since: u64, bound: Span| truth.now > since.saturating_add(bound.micros());
    let forged = scene.forged_within(bounds.forged);
    if !over(observer.machine.turned, observer.entry) || forged {
        return None;
    }
    // Who hears nobody at all gives no verdicts: it may be deaf (P13).
    if truth.is_alone(observer.node) {
        return None;
    }
    let (entered, member) = (member.entry, member.machine);
    match (member.turn, together) {
        (Turn::Joined | Turn::Returned, true) => alive(scene, observer.machine, member, entered),
        (Turn::Joined | Turn::Returned, false) => {
            let split = over(truth.since, bounds.split) && over(member.turned, bounds.split);
            split.then_some((Id::L12, Ought::NotUp, bounds.split))
        }
        (Turn::Down, _) => {
            let shaken = truth.since > member.turned;
            let bound = match (truth.is_decimated(), shaken) {
                (true, _) => Span(bounds.split.0 + bounds.heal.0),
                (false, true) => bounds.split,
                (false, false) => bounds.crash,
            };
            let known = over(member.turned.max(truth.since), bound);
            known.then_some((Id::L1, Ought::NotUp, bound))
        }
        (Turn::Left, _)
            if together && truth.since <= member.turned && !truth.was_thinned(member.turned) =>
        {
            over(member.turned, bounds.leave).then_some((Id::L7, Ought::Left, bounds.leave))
        }
        (Turn::Left, _) => {
            let known = over(member.turned.max(truth.since), bounds.split);
            known.then_some((Id::L1, Ought::NotUp, bounds.split))
        }
    }
}

/// As [`ought`], of a member that runs and can be reached: when it entered, or when the network was whole again.
fn alive(
    scene: &Scene<'_>,
    observer: &Machine,
    member: &Machine,
    entry: Span,
) -> Option<(Id, Ought, Span)> {
    let (truth, bounds) = (scene.truth, scene.bounds);
    let over = |since: u64, bound: Span| truth.now > since.saturating_add(bound.micros());
    let heal = if truth.may_have_forgotten() {
        Span(bounds.heal.0 + bounds.seed.0)
    } else {
        bounds.heal
    };
    if !over(member.turned, entry) {
        return None;
    }
    if !over(truth.since, heal) {
        let entered = member.turned >= truth.since;
        return entered.then_some((id_of(member), Ought::Alive, entry));
    }
    let id = if truth.forged.is_some() {
        Id::S19
    } else if truth.since >= member.turned.max(observer.turned) {
        Id::L5
    } else if member.turned >= observer.turned {
        id_of(member)
    } else {
        id_of(observer)
    };
    let bound = match id {
        Id::L5 => heal,
        Id::S19 => bounds.forged,
        _ => entry,
    };
    Some((id, Ought::Alive, bound))
}

const fn id_of(machine: &Machine) -> Id {
    match machine.turn {
        Turn::Returned => Id::L6,
        _ => Id::L10,
    }
}

/// How long after its start a node has found the others: soon, if a seed answers; else when somebody else has found it.
fn entry(scene: &Scene<'_>, machine: &Machine, seeds: &[u32], node: u32) -> Span {
    if machine.turned == 0 {
        return scene.bounds.join;
    }
    let truth: &Truth = scene.truth;
    let answers = seeds.iter().filter(|seed| **seed != node).any(|seed| {
        let seed_runs = truth.machines.get(*seed as usize);
        let steady = seed_runs.is_some_and(|seed| seed.is_up() && seed.turned < machine.turned);
        steady && truth.part(*seed) == truth.part(node)
    });
    let undisturbed = truth.since <= machine.turned;
    match (answers && undisturbed, machine.turn) {
        (true, Turn::Joined) => scene.bounds.join,
        (true, _) => scene.bounds.heal,
        (false, _) => Span(scene.bounds.heal.0 + scene.bounds.seed.0),
    }
}

/// L2: somebody who can hear of it holds the dead one dead.
fn somebody(node: u32, scene: &mut Scene<'_>) {
    let truth = scene.truth;
    let Some(member) = truth.machines.get(node as usize) else {
        return;
    };
    let bound = scene.bounds.first;
    let alone = member.turn != Turn::Down || member.shared || truth.is_decimated();
    let still = !alone && truth.since <= member.turned;
    if !still || truth.now < member.turned + bound.micros() || !truth.is_calm_for(0) {
        return;
    }
    let mut others = truth.machines.iter().zip(0_u32..).filter(|(other, by)| {
        other.is_up() && other.turned < member.turned && truth.part(*by) == truth.part(node)
    });
    let knows = |(_, by): (&Machine, u32)| {
        scene
            .sim
            .held(by, member.name)
            .is_none_or(|held| !held.state.is_up())
    };
    let anybody = others.clone().next().is_some();
    if anybody && truth.part(node).is_some() && !scene.forged_within(scene.bounds.forged) {
        if let Some(times) = &mut scene.docket.times {
            let those = others.clone().filter(|other| knows(*other));
            let first = those.map(|(_, by)| times.changed(by, node)).min();
            let took = first.map(|first| first.saturating_sub(member.turned));
            times.took((Id::L2, false), took.unwrap_or(0), bound.micros());
        }
        let good = others.any(knows);
        scene.hold(Id::L2, good, [Some(node), None], || {
            format!("nobody knows after {bound} that it died")
        });
    }
}
