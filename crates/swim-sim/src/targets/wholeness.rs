//! Who is right about whom, counted in advance: a change costs the same however large the cluster is.

use swim_core::{Incarnation, State};

use crate::run::Held;

/// What is so of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Truth {
    /// It never ran: nobody need know of it.
    #[default]
    Absent,
    Running,
    /// Its process is paused: whatever is believed of it is right, and so is whatever it believes.
    Paused,
    Stopped,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    truth: Truth,
    /// The first incarnation of its present life: what is held of an older one is not about this.
    life: Incarnation,
    /// How many are wrong about it.
    wrong: u32,
}

/// What everybody holds of everybody beside what is so.
#[derive(Debug, Default)]
pub(super) struct Wholeness {
    nodes: Vec<Node>,
    /// By observer and member.
    held: Vec<Option<Belief>>,
    /// Pairs that are wrong.
    wrong: u64,
}

#[derive(Clone, Copy, Debug)]
struct Belief {
    is_up: bool,
    incarnation: Incarnation,
}

impl Wholeness {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            nodes: vec![Node::default(); nodes],
            held: vec![None; nodes * nodes],
            wrong: 0,
        }
    }

    /// Whether all that run know all that run, in their present lives, and hold nobody up who is gone.
    pub(super) const fn is_whole(&self) -> bool {
        self.wrong == 0
    }

    pub(super) fn truth(&self, node: usize) -> Truth {
        self.nodes
            .get(node)
            .map_or(Truth::Absent, |node| node.truth)
    }

    pub(super) fn running(&self) -> u32 {
        let runs = |node: &&Node| node.truth == Truth::Running;
        u32::try_from(self.nodes.iter().filter(runs).count()).unwrap_or(u32::MAX)
    }

    /// How many are wrong about this node.
    pub(super) fn wrong_about(&self, node: usize) -> u32 {
        self.nodes.get(node).map_or(0, |node| node.wrong)
    }

    fn is_wrong(&self, by: usize, of: usize) -> bool {
        if by == of || self.nodes[by].truth != Truth::Running {
            return false;
        }
        let (node, held) = (self.nodes[of], self.held[by * self.nodes.len() + of]);
        match node.truth {
            Truth::Running => !held.is_some_and(|held| held.is_up && held.incarnation >= node.life),
            Truth::Stopped => held.is_some_and(|held| held.is_up),
            Truth::Absent | Truth::Paused => false,
        }
    }

    /// Changes something that concerns this pair only.
    fn count(&mut self, of: usize, before: bool, after: bool) {
        let wrong = &mut self.nodes[of].wrong;
        match (before, after) {
            (false, true) => (*wrong, self.wrong) = (*wrong + 1, self.wrong + 1),
            (true, false) => (*wrong, self.wrong) = (*wrong - 1, self.wrong - 1),
            _ => {}
        }
    }

    /// An observer holds something else of a member.
    pub(super) fn hold(&mut self, by: usize, of: usize, held: Option<Held>) {
        if by.max(of) >= self.nodes.len() {
            return;
        }
        let before = self.is_wrong(by, of);
        let place = by * self.nodes.len() + of;
        self.held[place] = held.map(|held| Belief {
            is_up: matches!(held.state, State::Alive | State::Suspect),
            incarnation: held.incarnation,
        });
        let after = self.is_wrong(by, of);
        self.count(of, before, after);
    }

    /// Something else is so of a node; `life` if a new one began.
    pub(super) fn turn(&mut self, node: usize, truth: Truth, life: Option<Incarnation>) {
        if node >= self.nodes.len() {
            return;
        }
        let pairs: Vec<(usize, usize)> = (0..self.nodes.len())
            .flat_map(|other| [(node, other), (other, node)])
            .collect();
        let before: Vec<bool> = pairs
            .iter()
            .map(|&(by, of)| self.is_wrong(by, of))
            .collect();
        self.nodes[node].truth = truth;
        self.nodes[node].life = life.unwrap_or(self.nodes[node].life);
        for (&(by, of), before) in pairs.iter().zip(before) {
            let after = self.is_wrong(by, of);
            self.count(of, before, after);
        }
    }

    /// A node's memory is gone.
    pub(super) fn forget(&mut self, by: usize) {
        for of in 0..self.nodes.len() {
            self.hold(by, of, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(state: State, incarnation: u32) -> Option<Held> {
        Some(Held {
            state,
            incarnation: Incarnation(incarnation),
            meta: 0,
        })
    }

    fn three() -> Wholeness {
        let mut all = Wholeness::new(3);
        for node in 0..3 {
            all.turn(node, Truth::Running, Some(Incarnation(5)));
        }
        assert!(!all.is_whole(), "nobody knows anybody");
        for by in 0..3 {
            for of in 0..3 {
                all.hold(by, of, held(State::Alive, 5));
            }
        }
        all
    }

    #[test]
    fn all_is_whole_when_all_know_all_suspects_included() {
        let mut all = three();
        assert!(all.is_whole());
        all.hold(0, 1, held(State::Suspect, 5));
        assert!(all.is_whole());
        all.hold(0, 1, held(State::Dead, 5));
        assert_eq!((all.is_whole(), all.wrong_about(1)), (false, 1));
    }

    #[test]
    fn a_crash_must_be_known_and_a_new_life_in_its_incarnation() {
        let mut all = three();
        all.turn(2, Truth::Stopped, None);
        all.forget(2);
        assert_eq!(all.wrong_about(2), 2);
        all.hold(0, 2, held(State::Dead, 5));
        all.hold(1, 2, None);
        assert!(all.is_whole());
        all.turn(2, Truth::Running, Some(Incarnation(9)));
        all.hold(0, 2, held(State::Alive, 5));
        assert_eq!(all.wrong_about(2), 2, "that is the former life");
        all.hold(0, 2, held(State::Alive, 9));
        all.hold(1, 2, held(State::Alive, 10));
        assert!(!all.is_whole(), "it knows nobody itself");
        all.hold(2, 0, held(State::Alive, 5));
        all.hold(2, 1, held(State::Alive, 5));
        assert!(all.is_whole());
    }

    #[test]
    fn whoever_is_paused_is_asked_nothing() {
        let mut all = three();
        all.turn(1, Truth::Paused, None);
        all.hold(0, 1, held(State::Dead, 5));
        assert!(all.is_whole());
        all.turn(1, Truth::Running, None);
        assert_eq!(all.wrong_about(1), 1);
        assert_eq!(all.running(), 3);
    }
}
