//! Members over time: what others believed of each, as samples, and whether that was so.

use super::beliefs::{BELIEFS, Belief, Beliefs, Truth};

/// Rows at most; more members share rows, neighbours together.
pub(super) const ROWS: usize = 200;
/// Samples at most.
pub(super) const COLUMNS: u64 = 320;

/// What a belief is worth, by what is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    /// It runs, and is not known.
    Missing,
    /// It is held alive by others, and nobody asked it.
    Well,
    /// It is gone, and held alive.
    Ghost,
    Suspect,
    /// It runs, and is held dead or gone.
    Buried,
    /// It is gone, and known to be.
    Mourned,
}

/// How many there are.
pub(super) const SHADES: usize = 6;

impl Shade {
    /// That of one belief about one member; `None`: it is as it should be, or says nothing.
    const fn of(truth: Truth, belief: Belief) -> Option<Self> {
        let runs = matches!(truth, Truth::Running | Truth::Paused);
        Some(match belief {
            Belief::Alive if runs => return None,
            Belief::Alive if matches!(truth, Truth::Unasked) => Self::Well,
            Belief::Alive => Self::Ghost,
            Belief::Suspect => Self::Suspect,
            Belief::Dead | Belief::Left if runs => Self::Buried,
            Belief::Dead | Belief::Left => Self::Mourned,
            Belief::Unknown if runs => Self::Missing,
            Belief::Unknown => return None,
        })
    }
}

/// One sample of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// How many observers believe each thing, of the 255 that stand for all.
    pub(super) share: [u8; BELIEFS],
    /// The same by what that is worth: members that share a row may differ in what is so of them.
    pub(super) shades: [u8; SHADES],
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
            let mut shades = [0_u64; SHADES];
            let mut wrong = false;
            for member in members.clone() {
                let truth = beliefs.truth_of(member);
                let said = Belief::ALL.into_iter().zip(beliefs.counts_of(member));
                // That nobody knows whoever has not been there yet says nothing.
                let says = |belief| truth != Truth::Absent || belief != Belief::Unknown;
                for (belief, count) in said.filter(|(belief, _)| says(*belief)) {
                    counts[belief as usize] += u64::from(count);
                    if let Some(shade) = Shade::of(truth, belief) {
                        shades[shade as usize] += u64::from(count);
                    }
                }
                let is_wrong = beliefs.is_wrong_about(member);
                wrong |= self.was_wrong[member] || is_wrong;
                self.was_wrong[member] = is_wrong;
            }
            let all = counts.iter().sum::<u64>().max(1);
            // Whoever is there is to be seen, be it one of a thousand.
            let part = |count: u64| u8::try_from((count * 255).div_ceil(all)).unwrap_or(u8::MAX);
            cells.push(Cell {
                share: counts.map(part),
                shades: shades.map(part),
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
    fn members_of_one_row_are_shaded_each_by_what_is_so_of_it() {
        let members = 2 * ROWS;
        let names: Vec<u32> = (0..).take(members).collect();
        let mut beliefs = Beliefs::new(&names, members);
        beliefs.set_truth(0, Truth::Running);
        beliefs.set_looking(0, true);
        let mut heat = Heat::new(members);
        heat.sample(&beliefs);
        let alone = heat.rows()[0][0];
        assert_eq!(alone.shades, [0; SHADES], "n1 was never there: {alone:?}");
        for (member, truth) in [(2, Truth::Running), (3, Truth::Stopped)] {
            beliefs.set_truth(member, truth);
            beliefs.believe(0, member, Belief::Dead);
        }
        heat.sample(&beliefs);
        let mixed = heat.rows()[1][1].shades;
        let [buried, mourned] = [Shade::Buried, Shade::Mourned].map(|one| mixed[one as usize]);
        assert_eq!((buried, mourned), (128, 128), "{mixed:?}");
    }

    #[test]
    fn a_thousand_members_fold_into_two_hundred_rows() {
        let names: Vec<u32> = (0..1_001).collect();
        let mut heat = Heat::new(names.len());
        heat.sample(&Beliefs::new(&names, names.len()));
        assert_eq!((heat.fold(), heat.rows().len()), (6, 167));
    }
}
