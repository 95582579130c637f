//! `swim sim matrix`: one scenario with each of several settings.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use swim_sim::run::Metrics;
use swim_sim::scenario::{Nearest, Schedule};

use super::progress::Progress;
use super::{compare, subject};
use crate::args::{MatrixArgs, Subject};
use crate::errors::Failure;
use crate::{output, text};

/// What is shown of a table for people, unless figures were asked for.
const USUAL: [&str; 5] = [
    "crash_known_p50_s",
    "crash_known_p99_s",
    "false_deaths",
    "well_since_s",
    "sent_bytes_per_node_s",
];

/// One cell of the grid.
#[derive(Debug, Serialize)]
struct Cell {
    /// What is varied, and its value here.
    settings: BTreeMap<String, String>,
    seeds: usize,
    /// The median of each figure, over the seeds that have it.
    figures: BTreeMap<&'static str, f64>,
}

/// A setting, and all that it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Axis {
    key: String,
    values: Vec<String>,
}

/// Runs all combinations over all seeds.
pub(crate) fn run(args: &MatrixArgs) -> Result<(), Failure> {
    let axes: Vec<Axis> = args
        .vary
        .iter()
        .map(|text| axis(text))
        .collect::<Result<_, _>>()?;
    let combinations = combinations(&axes);
    let mut schedules = Vec::new();
    for combination in &combinations {
        for seed in args.seeds.clone() {
            schedules.push(subject::schedule(&varied(
                &args.subject,
                combination,
                seed,
            ))?);
        }
    }
    let measured = measure(&schedules, jobs(args.jobs));
    let seeds = schedules.len() / combinations.len().max(1);
    let cells: Vec<Cell> = combinations
        .into_iter()
        .zip(measured.chunks(seeds.max(1)))
        .map(|(settings, runs)| Cell {
            settings: settings.into_iter().collect(),
            seeds: runs.len(),
            figures: medians(runs),
        })
        .collect();
    let shown = shown(&cells, args)?;
    if args.json {
        return output::json(&cells);
    }
    let grid = grid(&axes, &cells, &shown);
    let (headings, rows) = (&grid[0], &grid[1..]);
    if args.csv {
        let lines: Vec<String> = grid.iter().map(|row| row.join(",")).collect();
        return output::line(&lines.join("\n"));
    }
    output::print(&text::grid(headings, rows))
}

/// Reads `nodes=10,100`.
fn axis(text: &str) -> Result<Axis, Failure> {
    let pair = text.split_once('=').map(|(key, values)| Axis {
        key: key.trim().to_owned(),
        values: values
            .split(',')
            .map(|value| value.trim().to_owned())
            .collect(),
    });
    let whole =
        pair.filter(|axis| !axis.key.is_empty() && !axis.values.iter().any(String::is_empty));
    whole.ok_or_else(|| {
        Failure::usage(format!(
            "--vary {text:?}: no key with values (write one such as nodes=10,100)"
        ))
    })
}

type Combination = Vec<(String, String)>;

/// Each value of each axis with each of all others; the last axis changes fastest.
fn combinations(axes: &[Axis]) -> Vec<Combination> {
    axes.iter().fold(vec![Vec::new()], |all, axis| {
        let with = |combination: &Combination| -> Vec<Combination> {
            let one = |value: &String| {
                let mut longer = combination.clone();
                longer.push((axis.key.clone(), value.clone()));
                longer
            };
            axis.values.iter().map(one).collect()
        };
        all.iter().flat_map(with).collect()
    })
}

fn varied(subject: &Subject, combination: &Combination, seed: u64) -> Subject {
    let mut subject = subject.clone();
    let settings = combination
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    subject.set.extend(settings);
    subject.seed = Some(seed);
    subject
}

/// The figures of all runs, in their order, on so many processors.
fn measure(schedules: &[Schedule], jobs: usize) -> Vec<Metrics> {
    let progress = Mutex::new(Progress::new(schedules.len()));
    let next = AtomicUsize::new(0);
    let measured = Mutex::new(vec![Metrics::new(); schedules.len()]);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(schedules.len()) {
            scope.spawn(|| {
                while let Some((place, schedule)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    schedules.get(place).map(|schedule| (place, schedule))
                } {
                    let figures = compare::figures(schedule);
                    measured.lock().unwrap_or_else(PoisonError::into_inner)[place] = figures;
                    step(&progress);
                }
            });
        }
    });
    progress
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .finish();
    measured
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

/// One more run is done.
pub(super) fn step(progress: &Mutex<Progress>) {
    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    progress.step(String::new);
}

/// How many runs at a time.
pub(super) fn jobs(wanted: Option<usize>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    wanted.unwrap_or_else(processors).max(1)
}

fn medians(runs: &[Metrics]) -> BTreeMap<&'static str, f64> {
    let mut all: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    for (name, value) in runs.iter().flatten() {
        all.entry(name).or_default().push(*value);
    }
    let median = |(name, mut values): (&'static str, Vec<f64>)| {
        values.sort_by(f64::total_cmp);
        (name, values[(values.len() - 1) / 2])
    };
    all.into_iter().map(median).collect()
}

/// The figures that are columns.
fn shown(cells: &[Cell], args: &MatrixArgs) -> Result<Vec<&'static str>, Failure> {
    let all: BTreeSet<&'static str> = cells
        .iter()
        .flat_map(|cell| cell.figures.keys().copied())
        .collect();
    if args.figures.is_empty() {
        let usual = |name: &&&str| args.csv || USUAL.contains(name);
        return Ok(all.iter().filter(usual).copied().collect());
    }
    let find = |name: &String| {
        all.get(name.as_str()).copied().ok_or_else(|| {
            let nearest = Nearest::of(name, all.iter().copied());
            let names: Vec<_> = all.iter().copied().collect();
            Failure::usage(format!(
                "--figure: no run has a {name:?}{nearest} (there are {})",
                names.join(", ")
            ))
        })
    };
    args.figures.iter().map(find).collect()
}

/// The headings, then a row for each cell.
fn grid(axes: &[Axis], cells: &[Cell], shown: &[&'static str]) -> Vec<Vec<String>> {
    let keys = axes.iter().map(|axis| axis.key.clone());
    let figures = shown.iter().map(|name| (*name).to_owned());
    let mut grid: Vec<Vec<String>> = vec![keys.chain(figures).collect()];
    for cell in cells {
        let settings = axes.iter().map(|axis| cell.settings[&axis.key].clone());
        let figures = shown.iter().map(|name| {
            let value = cell.figures.get(name);
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
        });
        grid.push(settings.chain(figures).collect());
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_read_and_bad_ones_refused() {
        let nodes = axis("nodes=10, 100").unwrap();
        assert_eq!(
            (&*nodes.key, nodes.values),
            ("nodes", vec!["10".to_owned(), "100".to_owned()])
        );
        for bad in ["nodes", "nodes=", "=4", "nodes=1,,2"] {
            assert!(
                axis(bad).unwrap_err().to_string().contains("nodes=10,100"),
                "{bad}"
            );
        }
    }

    #[test]
    fn each_value_meets_each_other() {
        let axes = [axis("a=1,2").unwrap(), axis("b=x,y,z").unwrap()];
        let all = combinations(&axes);
        assert_eq!(all.len(), 6);
        let second: Vec<_> = all[1]
            .iter()
            .map(|(key, value)| format!("{key}{value}"))
            .collect();
        assert_eq!(second, ["a1", "by"]);
    }

    #[test]
    fn a_median_is_one_of_the_values() {
        let runs = [3.0, 1.0, 2.0].map(|value| Metrics::from([("took_s", value)]));
        assert_eq!(medians(&runs)["took_s"], 2.0);
    }
}
