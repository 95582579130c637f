//! Members over time: what others believed of each, as samples, and whether that was so.

use super::beliefs::{BELIEFS, Beliefs, Truth};

/// Rows at most; more members share rows, neighbours together.
pub(super) const ROWS: usize = 200;
/// Samples at most.
pub(super) const COLUMNS: u64 = 320;

/// One sample of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// How many observers believe each thing, of the 255 that stand for all.
    pub(super) share: [u8; BELIEFS],
    /// What is so of most of its members.
    pub(super) truth: Truth,
    /// Whether anybody believed something wrong since the sample before.
    pub(super) wrong: bool,
}

/// The map.
#[derive(Debug, Default)]
pub(super) struct Heat {
    /// Members in a row.
    fold: usize,
    /// By row, then by sample.
    rows: Vec<Vec<Cell>>,
    /// Whether anybody was wrong about a member since the last sample.
    was_wrong: Vec<bool>,
}

impl Heat {
    pub(super) fn new(members: usize) -> Self {
        let fold = members.div_ceil(ROWS).max(1);
        Self {
            fold,
            rows: vec![Vec::new(); members.div_ceil(fold)],
            was_wrong: vec![false; members],
        }
    }

    pub(super) const fn fold(&self) -> usize {
        self.fold
    }

    pub(super) fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// The belief of somebody about this member, or what is so of it, has changed.
    pub(super) fn touch(&mut self, member: u32, beliefs: &Beliefs) {
        let member = member as usize;
        if member < self.was_wrong.len() && beliefs.is_wrong_about(member) {
            self.was_wrong[member] = true;
        }
    }

    /// Takes a sample.
    pub(super) fn sample(&mut self, beliefs: &Beliefs) {
        for (row, cells) in self.rows.iter_mut().enumerate() {
            let end = ((row + 1) * self.fold).min(beliefs.members());
            let members = row * self.fold..end;
            let mut counts = [0_u64; BELIEFS];
            let mut wrong = false;
            for member in members.clone() {
                for (sum, count) in counts.iter_mut().zip(beliefs.counts_of(member)) {
                    *sum += u64::from(count);
                }
                let is_wrong = beliefs.is_wrong_about(member);
                wrong |= self.was_wrong[member] || is_wrong;
                self.was_wrong[member] = is_wrong;
            }
            let all = counts.iter().sum::<u64>().max(1);
            let share = counts.map(|count| {
                // Whoever is there is to be seen, be it one of a thousand.
                u8::try_from((count * 255).div_ceil(all)).unwrap_or(u8::MAX)
            });
            cells.push(Cell {
                share,
                truth: usual(members.map(|member| beliefs.truth_of(member))),
                wrong,
            });
        }
    }
}

/// What is so of most.
fn usual(truths: impl Iterator<Item = Truth>) -> Truth {
    const ALL: [Truth; 6] = [
        Truth::Absent,
        Truth::Running,
        Truth::Paused,
        Truth::Stopped,
        Truth::Departed,
        Truth::Unasked,
    ];
    let mut counts = [0_usize; ALL.len()];
    for truth in truths {
        counts[truth as usize] += 1;
    }
    let most = ALL.into_iter().max_by_key(|truth| counts[*truth as usize]);
    most.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::beliefs::Belief;
    use super::*;

    #[test]
    fn a_wrong_belief_between_two_samples_is_seen_in_the_later_one() {
        let mut beliefs = Beliefs::new(&[0, 1], 2);
        for by in 0..2 {
            beliefs.set_truth(by, Truth::Running);
            beliefs.believe(by, 1 - by, Belief::Alive);
            beliefs.set_looking(by, true);
        }
        let mut heat = Heat::new(2);
        heat.sample(&beliefs);
        beliefs.believe(0, 1, Belief::Dead);
        heat.touch(1, &beliefs);
        beliefs.believe(0, 1, Belief::Alive);
        heat.touch(1, &beliefs);
        heat.sample(&beliefs);
        heat.sample(&beliefs);
        let wrong: Vec<_> = heat.rows()[1].iter().map(|cell| cell.wrong).collect();
        assert_eq!(wrong, [false, true, false]);
        assert_eq!(heat.rows()[1][1].share, [0, 255, 0, 0, 0]);
    }

    #[test]
    fn a_thousand_members_fold_into_two_hundred_rows() {
        let names: Vec<u32> = (0..1_001).collect();
        let mut heat = Heat::new(names.len());
        heat.sample(&Beliefs::new(&names, names.len()));
        assert_eq!((heat.fold(), heat.rows().len()), (6, 167));
    }
}
