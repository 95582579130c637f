//! Invariants with a bound: once nothing has turned for long enough, what is held is the truth. L1, L2, L5 to L8, L10,
//! L12, S19.
//!
//! Each turn of a life, each update and each change of the network sets deadlines; at a deadline the views concerned are
//! compared with the truth, if what the bound presumes has held all the time: both run (or not) since then, the network is
//! as it was, both are in one whole part of it. What began later has its own deadline, so nothing is missed.

use std::collections::BTreeSet;

use swim_core::State;

use super::Scene;
use super::catalogue::Id;
use super::docket::Broken;
use super::entry::knew_each_other;
use super::party::{Party, Standing, is_nearly_known, is_over};
use super::truth::{Machine, Truth, Turn};
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
                self.after(bounds.join, 0, about, scene);
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
                About::Node(_) | About::All if is_in_doubt(scene) => {}
                About::Node(node) => {
                    let mut parties = Party::all(scene);
                    parties[node as usize].spared = is_nearly_known(&parties, node, scene);
                    for by in &parties {
                        let about = if by.node == node {
                            0..parties.len()
                        } else {
                            node as usize..node as usize + 1
                        };
                        look_at_all(by, &parties[about], scene);
                    }
                }
                About::All => {
                    let parties = Party::all(scene);
                    for by in &parties {
                        look_at_all(by, &parties, scene);
                    }
                }
            }
            if let Some(times) = &mut scene.docket.times {
                times.done();
            }
        }
    }
}

/// Whether nothing can be said of anybody at this moment.
fn is_in_doubt(scene: &Scene<'_>) -> bool {
    let truth = scene.truth;
    truth.is_slow() || !truth.is_calm_for(0) || scene.forged_within(scene.bounds.forged)
}

/// Compares what one node holds of these with the truth.
fn look_at_all(observer: &Party<'_>, members: &[Party<'_>], scene: &mut Scene<'_>) {
    if !observer.can_tell(scene) {
        return;
    }
    for alike in members.chunk_by(Party::is_like) {
        let due = alike.first().and_then(|one| {
            let together = one.part == observer.part;
            due(scene, observer, one.standing, together)
        });
        if let Some(due) = due {
            look_at_these(observer, alike, due, scene);
        }
    }
}

/// Compares what one node holds of members of which the same is due. There are n² pairs, and nearly all are right: that is
/// seen at a glance.
fn look_at_these(observer: &Party<'_>, members: &[Party<'_>], due: Due, scene: &mut Scene<'_>) {
    let row = scene.sim.sights.row(observer.node);
    let glance = due.1 == Ought::Alive && scene.docket.times.is_none();
    let mut glanced = Glances::default();
    for member in members {
        if member.node == observer.node || member.machine.shared {
            continue;
        }
        if member.spared && due.0 == Id::L7 {
            scene.docket.looked(Id::L7, 1);
            continue;
        }
        let held = row.get(member.machine.name.number() as usize);
        if glance && held.is_some() && held == member.usual.as_ref() {
            glanced.count(member);
        } else {
            look(observer, member, due, scene);
        }
    }
    glanced.enter(due.0, scene);
}

/// How many members were seen to be held rightly, and of how many of them the incarnation had to be right, too.
#[derive(Clone, Copy, Debug, Default)]
struct Glances {
    all: u64,
    known: u64,
    returned: u64,
}

impl Glances {
    fn count(&mut self, member: &Party<'_>) {
        self.all += 1;
        if member.known.is_some() {
            self.known += 1;
            self.returned += u64::from(member.machine.turn == Turn::Returned);
        }
    }

    fn enter(self, id: Id, scene: &mut Scene<'_>) {
        scene.docket.looked(id, self.all);
        scene.docket.looked(Id::L8, self.known);
        if !scene.truth.is_lossy() {
            scene.docket.looked(Id::L6, self.returned);
            scene.docket.looked(Id::L5, self.known - self.returned);
        }
    }
}

/// What must be so by now, by which invariant, after what bound.
type Due = (Id, Ought, Span);

/// What ought to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ought {
    Alive,
    NotUp,
    Left,
}

/// Compares what one node holds of another's member with what must be so by now.
fn look(observer: &Party<'_>, member: &Party<'_>, due: Due, scene: &mut Scene<'_>) {
    let (id, ought, bound) = due;
    let (by, of) = (observer.node, member.node);
    let held = scene.sim.held(by, member.machine.name);
    scene.docket.looked(id, 1);
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
            what_is(ought, member.part == observer.part)
        );
        scene.docket.accuse(scene.at, Broken { id, who, text });
        return;
    }
    if let Some(times) = &mut scene.docket.times {
        let both = member.machine.turned.max(scene.truth.since);
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
    let (Some(known), Some(held)) = (member.known, held) else {
        return;
    };
    let (by, of) = (observer.node, member.node);
    let machine = member.machine;
    let who = [Some(by), Some(of)];
    scene.hold(Id::L8, held.meta == known.held.meta, who, || {
        format!(
            "holds metadata {}, and it has {}",
            held.meta, known.held.meta
        )
    });
    let observed = observer.machine.turned;
    let undisturbed = scene.truth.since.max(observed) <= machine.updated;
    if let Some(times) = &mut scene.docket.times
        && undisturbed
        && machine.updated > 0
    {
        let took = times.updated(by, of).saturating_sub(machine.updated);
        let thinned = known.within > scene.bounds.update.micros();
        times.took((Id::L8, thinned), took, known.within);
    }
    if let Some(id) = of_incarnations(machine, scene.truth) {
        scene.hold(id, held.incarnation == known.held.incarnation, who, || {
            let (held, has) = (held.incarnation, known.held.incarnation);
            format!("holds it alive @{held}, and it has been @{has} for long")
        });
    }
}

/// The invariant by which its incarnation must be known. Where datagrams get lost at any time there is none: it may just
/// have outbid somebody who missed its ack.
const fn of_incarnations(machine: &Machine, truth: &Truth) -> Option<Id> {
    match machine.turn {
        _ if truth.is_lossy() => None,
        Turn::Returned => Some(Id::L6),
        _ => Some(Id::L5),
    }
}

/// What must be so by now of a member with this standing; `None` if nothing must.
fn due(scene: &Scene<'_>, observer: &Party<'_>, member: Standing, together: bool) -> Option<Due> {
    let (truth, bounds) = (scene.truth, scene.bounds);
    let over = |since: u64, bound: Span| is_over(scene, since, bound);
    match (member.turn, together) {
        (Turn::Joined | Turn::Returned, true) => alive(scene, observer.standing, member),
        (Turn::Joined | Turn::Returned, false) => {
            let split = over(truth.since, bounds.split) && over(member.turned, bounds.split);
            split.then_some((Id::L12, Ought::NotUp, bounds.split))
        }
        (Turn::Down, _) => {
            // Of few observers none may come to probe it for long (swarm 107012).
            let shaken = truth.since > member.turned || truth.is_small_part(observer.node);
            let bound = match (truth.is_decimated(), shaken) {
                (true, _) => Span(bounds.split.0 + bounds.heal.0),
                (false, true) => bounds.split,
                (false, false) => bounds.crash,
            };
            let known = over(member.turned.max(truth.since), bound);
            known.then_some((Id::L1, Ought::NotUp, bound))
        }
        (Turn::Left, _) if together && knew_each_other(observer.standing, member, scene) => {
            over(member.turned, bounds.leave).then_some((Id::L7, Ought::Left, bounds.leave))
        }
        (Turn::Left, _) => {
            let known = over(member.turned.max(truth.since), bounds.split);
            known.then_some((Id::L1, Ought::NotUp, bounds.split))
        }
    }
}

/// As [`due`], of a member that runs and can be reached: when it entered, or when the network was whole again.
fn alive(scene: &Scene<'_>, observer: Standing, member: Standing) -> Option<Due> {
    let (truth, bounds) = (scene.truth, scene.bounds);
    let over = |since: u64, bound: Span| is_over(scene, since, bound);
    let heal = if truth.may_have_forgotten() || observer.lost || member.lost {
        Span(bounds.heal.0 + bounds.seed.0)
    } else {
        bounds.heal
    };
    // Those who have forgotten each other, and have no seed in common, don't find each other any more.
    let apart = truth.may_have_forgotten() && !(observer.seeded && member.seeded);
    if apart || !over(member.turned, member.entry) {
        return None;
    }
    if !over(truth.since, heal) {
        let entered = member.turned >= truth.since;
        return entered.then_some((id_of(member), Ought::Alive, member.entry));
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
        _ => member.entry,
    };
    Some((id, Ought::Alive, bound))
}

const fn id_of(member: Standing) -> Id {
    match member.turn {
        Turn::Returned => Id::L6,
        _ => Id::L10,
    }
}

/// L2: somebody who can hear of it holds the dead one dead.
fn somebody(node: u32, scene: &mut Scene<'_>) {
    let truth = scene.truth;
    let Some(member) = truth.machines.get(node as usize) else {
        return;
    };
    let bound = scene.bounds.first;
    let alone =
        member.turn != Turn::Down || member.shared || truth.is_decimated() || truth.is_slow();
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
    let anybody = others.clone().next().is_some() && !truth.is_small_part(node);
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
