//! Whether the invariants find what they should: a swarm against deliberately broken protocols.

use serde::Serialize;
#[cfg(swim_mutants)]
use swim_core::mutant::{Mutant, choose};

/// What a swarm did to one mutant; the row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Killed {
    /// The mutant's name; `none` is the protocol as it is.
    pub name: &'static str,
    /// Whether it was found.
    pub killed: bool,
    /// The invariant that found it.
    pub by: Option<String>,
    /// So many seeds were run, the one that found it included.
    pub seeds: u64,
    /// The seed that found it.
    pub seed: Option<u64>,
}

/// Runs the same swarm against the protocol as it is, which must survive, and then against each mutant until one seed finds
/// it. `row` hears of each as it is done.
///
/// Mutants are chosen for the whole process: nothing else may run in it meanwhile.
///
/// # Errors
/// A scenario can't be.
#[cfg(swim_mutants)]
pub fn mutants(
    source: &super::Source,
    seeds: std::ops::Range<u64>,
    jobs: usize,
    mut row: impl FnMut(&Killed),
) -> Result<Vec<Killed>, crate::scenario::ScenarioError> {
    let sound = std::iter::once(None);
    let all = sound.chain(Mutant::ALL.into_iter().map(Some));
    let mut table = Vec::new();
    for mutant in all {
        choose(mutant);
        let killed = hunt(
            source,
            seeds.clone(),
            jobs,
            mutant.map_or("none", Mutant::name),
        );
        choose(None);
        let killed = killed?;
        row(&killed);
        table.push(killed);
    }
    Ok(table)
}

/// Runs seed after seed, a few at a time, until one is violated; the least of them counts, whatever the number of threads.
#[cfg(swim_mutants)]
fn hunt(
    source: &super::Source,
    seeds: std::ops::Range<u64>,
    jobs: usize,
    name: &'static str,
) -> Result<Killed, crate::scenario::ScenarioError> {
    let all: Vec<u64> = seeds.clone().collect();
    let mut found: Option<(u64, String)> = None;
    for some in all.chunks(jobs.max(1) * 8) {
        super::each(source, some, jobs, |one| {
            let first = one.outcome.violations.first();
            if let Some(violation) = first
                && found.as_ref().is_none_or(|(seed, _)| one.seed < *seed)
            {
                found = Some((one.seed, violation.id.clone()));
            }
            true
        })?;
        if found.is_some() {
            break;
        }
    }
    let (seed, by) = found.unzip();
    Ok(Killed {
        name,
        killed: by.is_some(),
        by,
        seeds: seed.map_or(all.len() as u64, |seed| seed - seeds.start + 1),
        seed,
    })
}
