//! `swim sim mutants`: a swarm against deliberately broken protocols.

use crate::args::MutantsArgs;
use crate::errors::Failure;

/// This build has none.
#[cfg(not(swim_mutants))]
pub(crate) fn run(_: &MutantsArgs) -> Result<(), Failure> {
    let none = swim_sim::sweep::NoMutant::in_this_build();
    Err(Failure::usage(none.to_string()))
}

/// Hunts them one by one.
#[cfg(swim_mutants)]
pub(crate) fn run(args: &MutantsArgs) -> Result<(), Failure> {
    use swim_sim::sweep::{NODES, Source, mutants};

    let jobs = args.jobs.map_or_else(super::sweep::processors, usize::from);
    let mut progress = super::progress::Progress::new(swim_sim::sweep::MUTANTS + 1);
    let all = mutants(&Source::Swarm(NODES), args.seeds.clone(), jobs, |row| {
        progress.step(|| format!("after {}", row.name));
    });
    progress.finish();
    let all = all.map_err(|error| Failure::usage(error.to_string()))?;
    tell(&all, args.json)
}

/// The first row is the protocol as it is, which must survive; all others must not.
#[cfg(swim_mutants)]
fn tell(all: &[swim_sim::sweep::Killed], json: bool) -> Result<(), Failure> {
    use crate::{output, text};

    let (sound, mutants) = all
        .split_first()
        .map_or((None, all), |(sound, mutants)| (Some(sound), mutants));
    if json {
        output::json(&mutants)?;
    } else {
        let row = |killed: &swim_sim::sweep::Killed| {
            [
                killed.name.to_owned(),
                if killed.killed { "yes" } else { "no" }.to_owned(),
                killed.by.clone().unwrap_or_else(|| "-".to_owned()),
                killed.seeds.to_string(),
                killed
                    .seed
                    .map_or_else(|| "-".to_owned(), |seed| seed.to_string()),
            ]
        };
        let rows: Vec<_> = all.iter().map(row).collect();
        let headings = ["MUTANT", "KILLED", "BY", "SEEDS", "AT SEED"];
        output::print(&text::table(headings, &rows))?;
    }
    if let Some(sound) = sound.filter(|sound| sound.killed) {
        return Err(Failure::violated(format!(
            "the protocol as it is was violated too, {} at seed {}: what the others show is worth nothing",
            sound.by.as_deref().unwrap_or("?"),
            sound.seed.unwrap_or_default()
        )));
    }
    let alive: Vec<_> = mutants
        .iter()
        .filter(|one| !one.killed)
        .map(|one| one.name)
        .collect();
    if alive.is_empty() {
        return Ok(());
    }
    Err(Failure::violated(format!(
        "{} of {} mutants were not found: {} (try more --seeds)",
        alive.len(),
        mutants.len(),
        alive.join(", ")
    )))
}
