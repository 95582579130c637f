//! Invariants of what applications are told: S10, S11, and in a calm network L4.

use swim_core::{Event, State};

use super::Scene;
use super::catalogue::Id;
use super::truth::Turn;
use super::views::Change;
use crate::chronicle::Told as Saying;
use crate::peer::SimName;

/// What each node has told of each member last, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Told {
    rows: Vec<Vec<Option<State>>>,
}

impl Told {
    /// Before the run: what is held was told.
    pub(super) fn learn(&mut self, by: u32, of: SimName, state: State) {
        self.set(by, of, Some(state));
    }

    /// The node begins anew.
    pub(super) fn forget(&mut self, node: u32) {
        if let Some(row) = self.rows.get_mut(node as usize) {
            row.clear();
        }
    }

    fn last(&self, by: u32, of: SimName) -> Option<State> {
        let row = self.rows.get(by as usize)?;
        row.get(of.number() as usize).copied().flatten()
    }

    fn set(&mut self, by: u32, of: SimName, state: Option<State>) {
        let (by, of) = (by as usize, of.number() as usize);
        if self.rows.len() <= by {
            self.rows.resize_with(by + 1, Vec::new);
        }
        let row = &mut self.rows[by];
        if row.len() <= of {
            row.resize(of + 1, None);
        }
        row[of] = state;
    }

    pub(super) fn see(&mut self, told: &Saying, scene: &mut Scene<'_>) {
        let (word, member, state) = match &told.event {
            Event::Up(member) => ("up", member, Some(State::Alive)),
            Event::Suspected(member) => ("suspected", member, Some(State::Suspect)),
            Event::Refuted(member) => ("refuted", member, Some(State::Alive)),
            Event::Dead(member) => ("dead", member, Some(State::Dead)),
            Event::Left(member) => ("left", member, Some(State::Left)),
            Event::Reaped(member) => ("reaped", member, None),
            _ => return,
        };
        let (by, of) = (told.by, member.peer.name());
        if scene
            .truth
            .machines
            .get(by as usize)
            .is_some_and(|machine| machine.name == of)
        {
            return;
        }
        let before = self.last(by, of);
        let who = [Some(by), Some(of.number())];
        scene.hold(Id::S10, follows(word, before), who, || {
            let before = before.map_or_else(|| "nothing".to_owned(), |state| state.to_string());
            format!("{word} was told, and {before} before")
        });
        if before == Some(State::Left) || word == "left" {
            scene.hold(Id::S11, word != "dead", who, || {
                "a member that had left was told dead".to_owned()
            });
        }
        if word == "dead" {
            refutable(told, of, scene);
            leave_is_no_failure(told, of, scene);
        }
        self.set(by, of, state);
    }

    /// What is held now must be what was told.
    pub(super) fn compare(&self, change: Change, scene: &mut Scene<'_>) {
        let Change { by, of, after, .. } = change;
        let host = scene.sim.hosts.get(by as usize);
        if host
            .and_then(|host| host.node.as_deref())
            .is_none_or(|node| node.has_departed())
        {
            return;
        }
        let told = self.last(by, of);
        let so = match (told, after.map(|held| held.state)) {
            (Some(told), Some(held)) => told == held || !told.is_up() && !held.is_up(),
            // Who came and went before anybody looked was never told.
            (None, Some(held)) => !held.is_up(),
            (None, None) => true,
            (Some(_), None) => false,
        };
        scene.hold(Id::S10, so, [Some(by), Some(of.number())], || {
            format!("told {told:?}, held {:?}", after.map(|held| held.state))
        });
    }
}

/// Whether this may be told after that.
fn follows(word: &str, before: Option<State>) -> bool {
    match word {
        "up" => before.is_none_or(|before| !before.is_up()),
        "suspected" => before == Some(State::Alive),
        "refuted" => before == Some(State::Suspect),
        "dead" | "left" => before.is_some_and(State::is_up),
        _ => before.is_some_and(|before| !before.is_up()),
    }
}

/// L4: whoever runs and can be reached has refuted in time.
fn refutable(told: &Saying, of: SimName, scene: &mut Scene<'_>) {
    let bound = scene.bounds.refutation.micros();
    let truth = scene.truth;
    let calm = truth.is_calm_for(0) && !truth.is_lossy();
    if !calm || scene.forged_within(scene.bounds.forged) {
        return;
    }
    let part = truth.part(told.by);
    let mut since = truth.since;
    for node in [told.by, of.number()] {
        let Some(machine) = truth.machines.get(node as usize) else {
            return;
        };
        if !machine.is_up() || machine.shared || part.is_none() || truth.part(node) != part {
            return;
        }
        since = since.max(machine.turned);
    }
    if truth.is_since(since, bound) {
        let who = [Some(told.by), Some(of.number())];
        scene.hold(Id::L4, false, who, || {
            format!(
                "told dead, and it runs and could be reached for {}",
                span(bound)
            )
        });
    } else if let Some(times) = &mut scene.docket.times {
        times.still(Id::L4, since, truth.now, bound);
    }
}

/// L7: a leave is not told as a failure. After a calm nobody suspects the leaver when it leaves, and before the least
/// suspicion is over no verdict on it can fall: whoever tells it dead by then has taken its goodbye for a death.
fn leave_is_no_failure(told: &Saying, of: SimName, scene: &mut Scene<'_>) {
    let truth = scene.truth;
    let calm = truth.is_perfect_for(scene.bounds.heal.micros());
    if !calm || scene.forged_within(scene.bounds.forged) {
        return;
    }
    let steady = |node: u32| {
        let machine = truth.machines.get(node as usize)?;
        let before = truth.is_since(machine.turned_before, scene.bounds.heal.micros());
        (!machine.shared && before).then_some(machine)
    };
    let (Some(leaver), Some(teller)) = (steady(of.number()), steady(told.by)) else {
        return;
    };
    let soon = truth.now < leaver.turned + scene.bounds.verdict.micros();
    if leaver.turn == Turn::Left && teller.is_up() && soon {
        let who = [Some(told.by), Some(of.number())];
        scene.hold(Id::L7, false, who, || {
            "told dead, and it has just said goodbye".to_owned()
        });
    }
}

const fn span(micros: u64) -> crate::scenario::Span {
    crate::scenario::Span::from_micros(micros)
}
