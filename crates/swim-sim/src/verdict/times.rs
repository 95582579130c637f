//! How much of its bound each of L1 to L12 and S19 took: where bounds are measured, not where they are judged by.

use std::collections::BTreeMap;

use swim_core::{Incarnation, State};

use super::catalogue::Id;
use super::views::Change;
use crate::run::Held;

/// Shares of bounds are counted in so many parts.
pub(super) const WHOLE: u64 = 10_000;

/// Which bound: an invariant's usual one, or that for want of a seed that answers.
pub(super) type Kind = (Id, bool);

/// The times of one run.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// When each node last came to hold a member otherwise: up or not, alive, left, in which life.
    changed: BTreeMap<(u32, u32), u64>,
    /// When each node last came to hold other metadata of a member.
    updated: BTreeMap<(u32, u32), u64>,
    /// The longest of each kind in the matter that is being looked at.
    longest: BTreeMap<Kind, u64>,
    /// The last of each kind since the network changed last, and when that was.
    last: BTreeMap<Kind, (u64, u64)>,
    /// Of each matter so far, the share of its bound that it took.
    shares: Vec<(Kind, u64)>,
}

impl Times {
    /// A view changed.
    pub(super) fn see(&mut self, change: Change, now: u64) {
        let pair = (change.by, change.of.number());
        if otherwise(change.before) != otherwise(change.after) {
            self.changed.insert(pair, now);
        }
        let meta = |held: Option<Held>| held.map(|held| held.meta);
        if meta(change.before) != meta(change.after) {
            self.updated.insert(pair, now);
        }
    }

    /// When this node last came to hold something else of that member; 0: what it holds it has held from the beginning.
    pub(super) fn changed(&self, by: u32, of: u32) -> u64 {
        self.changed.get(&(by, of)).copied().unwrap_or(0)
    }

    /// When it last came to hold other metadata of it.
    pub(super) fn updated(&self, by: u32, of: u32) -> u64 {
        self.updated.get(&(by, of)).copied().unwrap_or(0)
    }

    /// A matter of its own that took so much of a bound.
    pub(super) fn add(&mut self, id: Id, amount: u64, bound: u64) {
        self.shares.push(((id, false), share(amount, bound)));
    }

    /// So long after the network, or a life, had changed at `since` something was still not as it is to be: the last of all
    /// counts.
    pub(super) fn still(&mut self, id: Id, since: u64, now: u64, bound: u64) {
        let share = share(now - since, bound);
        let last = self.last.insert((id, false), (since, share));
        if let Some((before, share)) = last.filter(|(before, _)| *before != since) {
            debug_assert!(before <= now, "time goes on");
            self.shares.push(((id, false), share));
        }
    }

    /// In the present matter somebody took so long, and might have taken `bound`. What took longer was something else, since
    /// it was judged when the bound was over: where that found it wrong, the run has a violation.
    pub(super) fn took(&mut self, kind: Kind, micros: u64, bound: u64) {
        let share = share(micros, bound);
        if share <= WHOLE {
            let longest = self.longest.entry(kind).or_default();
            *longest = share.max(*longest);
        }
    }

    /// The matter has been looked at. Where nothing had to change no time was taken.
    pub(super) fn done(&mut self) {
        let longest = std::mem::take(&mut self.longest);
        let took = longest.into_iter().filter(|(_, share)| *share > 0);
        self.shares.extend(took);
    }

    /// The run is over.
    pub(super) fn close(&mut self) {
        let last = std::mem::take(&mut self.last);
        self.shares
            .extend(last.into_iter().map(|(kind, (_, share))| (kind, share)));
    }

    pub(super) fn shares(&self) -> &[(Kind, u64)] {
        &self.shares
    }
}

/// What counts as another state: not what becomes of a tombstone.
fn otherwise(held: Option<Held>) -> (bool, bool, Option<Incarnation>) {
    let alive = held.filter(|held| held.state == State::Alive);
    let up = held.is_some_and(|held| held.state.is_up());
    let left = held.is_some_and(|held| held.state == State::Left);
    (up, left, alive.map(|held| held.incarnation))
}

const fn share(amount: u64, bound: u64) -> u64 {
    let bound = if bound == 0 { 1 } else { bound };
    amount.saturating_mul(WHOLE) / bound
}
