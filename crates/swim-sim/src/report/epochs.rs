//! Who could reach whom, and when.

use crate::sim::Sim;

/// Nodes looked at; of larger clusters some evenly spread ones, and those that faults touch.
const LOOKED_AT: usize = 600;
/// Groups of nodes told apart; more are no picture.
pub(super) const GROUPS: usize = 64;

/// One pattern of open and closed links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Nodes that reach the same nodes, are reached by the same, and reach each other.
    pub(super) groups: Vec<Vec<u32>>,
    /// Whether the one group reaches the other, by their places; itself: always.
    pub(super) open: Vec<Vec<bool>>,
    /// How many of a thousand links are closed.
    pub(super) closed: u64,
    /// Whether there were too many groups to tell apart: `groups` and `open` are empty then.
    pub(super) tangled: bool,
}

impl Pattern {
    /// Whether everybody reaches everybody.
    pub(super) const fn is_whole(&self) -> bool {
        self.groups.len() == 1 && !self.tangled
    }
}

/// A pattern and all the times when it was so, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Epoch {
    pub(super) pattern: Pattern,
    pub(super) times: Vec<(u64, u64)>,
}

/// All patterns, in the order of their first times.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    nodes: Vec<u32>,
    epochs: Vec<Epoch>,
    /// Which is so now, and since when.
    now: Option<(usize, u64)>,
    /// Faults on links began or ended then, and nobody has looked since.
    stale: Option<u64>,
}

impl Epochs {
    /// `touched` are the nodes that are to be looked at in any case.
    pub(super) fn new(all: u32, touched: impl IntoIterator<Item = u32>) -> Self {
        let step = (all as usize).div_ceil(LOOKED_AT).max(1);
        let mut nodes: Vec<u32> = (0..all).step_by(step).collect();
        if step > 1 {
            nodes.extend(touched.into_iter().take(LOOKED_AT / 4));
        }
        nodes.sort_unstable();
        nodes.dedup();
        Self {
            nodes,
            stale: Some(0),
            ..Self::default()
        }
    }

    /// Faults on links begin or end now.
    pub(super) fn change(&mut self, now: u64) {
        self.stale.get_or_insert(now);
    }

    /// Something happens at `now`, when all changes that came before are in force.
    pub(super) fn look(&mut self, now: u64, sim: &Sim) {
        if let Some(since) = self.stale.filter(|since| *since < now) {
            self.stale = None;
            self.enter(
                since,
                pattern(&self.nodes, |from, to| sim.is_open(from, to)),
            );
        }
    }

    fn enter(&mut self, since: u64, pattern: Pattern) {
        if let Some((place, began)) = self.now {
            if self.epochs[place].pattern == pattern {
                return;
            }
            self.epochs[place].times.push((began, since));
        }
        let known = self
            .epochs
            .iter()
            .position(|epoch| epoch.pattern == pattern);
        let place = known.unwrap_or_else(|| {
            let times = Vec::new();
            self.epochs.push(Epoch { pattern, times });
            self.epochs.len() - 1
        });
        self.now = Some((place, since));
    }

    pub(super) fn end(&mut self, now: u64, sim: &Sim) {
        self.look(now, sim);
        if let Some((place, since)) = self.now.take() {
            self.epochs[place].times.push((since, now));
        }
    }

    pub(super) fn all(&self) -> &[Epoch] {
        &self.epochs
    }
}

/// Tells groups apart by comparing each node with one of each group.
fn pattern(nodes: &[u32], is_open: impl Fn(u32, u32) -> bool) -> Pattern {
    let row = |from: u32| {
        nodes
            .iter()
            .map(|to| from == *to || is_open(from, *to))
            .collect()
    };
    let rows: Vec<Vec<bool>> = nodes.iter().map(|from| row(*from)).collect();
    let links = (nodes.len() * nodes.len().saturating_sub(1)).max(1) as u64;
    let closed = rows.iter().flatten().filter(|open| !**open).count() as u64;
    let closed = (closed * 1_000).div_ceil(links);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for place in 0..nodes.len() {
        let same = groups
            .iter()
            .position(|group| are_one(&rows, group[0], place));
        match same {
            Some(same) => groups[same].push(place),
            None if groups.len() == GROUPS => {
                return Pattern {
                    closed,
                    tangled: true,
                    ..Pattern::default()
                };
            }
            None => groups.push(vec![place]),
        }
    }
    let open = |from: &Vec<usize>| groups.iter().map(|to| rows[from[0]][to[0]]).collect();
    Pattern {
        open: groups.iter().map(open).collect(),
        groups: groups
            .iter()
            .map(|group| group.iter().map(|place| nodes[*place]).collect())
            .collect(),
        closed,
        tangled: false,
    }
}

/// Whether two reach the same, are reached by the same, and reach each other.
fn are_one(rows: &[Vec<bool>], one: usize, other: usize) -> bool {
    let both = |place: usize| {
        rows[one][place] == rows[other][place] && rows[place][one] == rows[place][other]
    };
    rows[one][other]
        && rows[other][one]
        && (0..rows.len()).all(|place| place == one || place == other || both(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_can_do_the_same_are_one_group() {
        let nodes: Vec<u32> = (0..10).collect();
        let whole = pattern(&nodes, |_, _| true);
        assert!(whole.is_whole() && whole.closed == 0);
        let one_way = pattern(&nodes, |from, to| !(from < 6 && to >= 6));
        assert_eq!(
            one_way.groups,
            [(0..6).collect::<Vec<_>>(), (6..10).collect()]
        );
        assert_eq!(one_way.open, [[true, false], [true, true]]);
        assert_eq!(one_way.closed, 267);
        let alone = pattern(&nodes, |from, to| from >= 2 && to >= 2);
        assert_eq!(
            alone.groups.len(),
            3,
            "two that reach nobody don't reach each other"
        );
    }

    #[test]
    fn a_hundred_groups_are_no_picture() {
        let nodes: Vec<u32> = (0..100).collect();
        let ring = pattern(&nodes, |from, to| from.abs_diff(to) == 1);
        assert!(ring.tangled && !ring.is_whole() && ring.closed > 900);
    }

    #[test]
    fn a_pattern_that_comes_again_is_one_epoch_with_two_times() {
        let nodes: Vec<u32> = (0..4).collect();
        let mut epochs = Epochs::new(4, []);
        for since in [0, 10, 20, 30] {
            let cut = since % 20 == 10;
            epochs.enter(
                since,
                pattern(&nodes, |from, to| !cut || from / 2 == to / 2),
            );
        }
        let times: Vec<_> = epochs
            .all()
            .iter()
            .map(|epoch| epoch.times.clone())
            .collect();
        assert_eq!(times, [vec![(0, 10), (20, 30)], vec![(10, 20)]]);
    }
}
