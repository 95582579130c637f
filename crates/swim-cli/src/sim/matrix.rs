//! `swim sim matrix`: one scenario with each of several settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use swim_sim::report::FIGURES;
use swim_sim::run::Metrics;
use swim_sim::scenario::{Nearest, Scenario};

use super::progress::Progress;
use super::subject::Texts;
use super::{compare, many, memory, subject};
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
    let axes = axes(&args.vary)?;
    let wanted = wanted(&args.figures)?;
    let each = |times: usize, axis: &Axis| times.saturating_mul(axis.values.len());
    let runs = many::runs(axes.iter().fold(1, each), &args.seeds, "--vary")?;
    let combinations = combinations(&axes);
    let (scenarios, room) = scenarios(args, &combinations)?;
    let seeds = runs / scenarios.len().max(1);
    let progress = Mutex::new(Progress::new(runs));
    let jobs = many::jobs(args.jobs).min(room);
    let measured = many::each(runs, jobs, |place| {
        let seed = many::seed(&args.seeds, place % seeds);
        let scenario = scenarios[place / seeds].clone().seed(seed);
        let schedule = subject::expanded(&args.subject.scenario, &scenario)?;
        let figures = compare::figures(&schedule);
        step(&progress);
        Ok(figures)
    });
    progress
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .finish();
    let measured = measured?;
    let cells: Vec<Cell> = combinations
        .into_iter()
        .zip(measured.chunks(seeds.max(1)))
        .map(|(settings, runs)| Cell {
            settings: settings.into_iter().collect(),
            seeds: runs.len(),
            figures: medians(runs),
        })
        .collect();
    if args.json {
        return output::json(&cells);
    }
    let shown = wanted.unwrap_or_else(|| shown(&cells, args.csv));
    let grid = grid(&axes, &cells, &shown);
    let (headings, rows) = (&grid[0], &grid[1..]);
    if args.csv {
        let lines: Vec<String> = grid.iter().map(|row| line(row)).collect();
        return output::line(&lines.join("\n"));
    }
    output::print(&text::grid(headings, rows))
}

/// A scenario for each combination, and how many runs of the largest have room beside each other. What can't be run is told
/// before anything is.
fn scenarios(
    args: &MatrixArgs,
    combinations: &[Combination],
) -> Result<(Vec<Scenario>, usize), Failure> {
    let (mut texts, mut room) = (Texts::default(), usize::MAX);
    let mut scenarios = Vec::new();
    for combination in combinations {
        let subject = varied(&args.subject, combination, args.seeds.start);
        let scenario = texts.scenario(&subject)?;
        let schedule = subject::expanded(&subject.scenario, &scenario)?;
        room = room.min(memory::fitting(&schedule));
        scenarios.push(scenario);
    }
    Ok((scenarios, room))
}

/// What is varied, each thing once.
fn axes(vary: &[String]) -> Result<Vec<Axis>, Failure> {
    let mut axes: Vec<Axis> = Vec::new();
    for text in vary {
        let axis = axis(text)?;
        subject::refuse_seed("--vary", &axis.key)?;
        if axes.iter().any(|other| other.key == axis.key) {
            return Err(Failure::usage(format!(
                "--vary {}: given twice (write all its values in one: {}=A,B)",
                axis.key, axis.key
            )));
        }
        axes.push(axis);
    }
    Ok(axes)
}

/// Reads `nodes=10,100`.
fn axis(text: &str) -> Result<Axis, Failure> {
    let pair = text.split_once('=').map(|(key, values)| Axis {
        key: key.trim().to_owned(),
        values: top_level(values)
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

/// The parts between commas; those within quotes, brackets and braces part nothing.
fn top_level(values: &str) -> impl Iterator<Item = &str> {
    let (mut quote, mut depth) = (None, 0_u32);
    values.split(move |letter: char| {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') => return depth == 0,
            (None, _) => {}
        }
        false
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
    subject.varied.extend(settings);
    subject.seed = Some(seed);
    subject
}

/// One more run is done.
pub(super) fn step(progress: &Mutex<Progress>) {
    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    progress.step(String::new);
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

/// The figures that are asked for, if any are.
fn wanted(figures: &[String]) -> Result<Option<Vec<&'static str>>, Failure> {
    let find = |name: &String| {
        let known = FIGURES.iter().find(|known| *known == name);
        known.copied().ok_or_else(|| {
            let nearest = Nearest::of(name, FIGURES);
            Failure::usage(format!(
                "--figure: there is no {name:?}{nearest} (there are {})",
                FIGURES.join(", ")
            ))
        })
    };
    let found = figures.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(found).filter(|found| !found.is_empty()))
}

/// The figures that are columns if none are asked for.
fn shown(cells: &[Cell], all_of_them: bool) -> Vec<&'static str> {
    let all: BTreeSet<&'static str> = cells
        .iter()
        .flat_map(|cell| cell.figures.keys().copied())
        .collect();
    let usual = |name: &&str| all_of_them || USUAL.contains(name);
    all.into_iter().filter(usual).collect()
}

/// A row with commas; what holds some itself stands in quotes.
fn line(row: &[String]) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    row.iter().map(quoted).collect::<Vec<_>>().join(",")
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
    fn commas_within_a_value_part_nothing() {
        let values = |text: &str| axis(text).unwrap().values;
        assert_eq!(
            values(r#"fault.1.groups=["a","b"],["c", "d"]"#),
            [r#"["a","b"]"#, r#"["c", "d"]"#]
        );
        assert_eq!(
            values(r#"network.delay={ min = "1ms", max = "2ms" },5ms"#),
            [r#"{ min = "1ms", max = "2ms" }"#, "5ms"]
        );
        assert_eq!(values(r#"about="a, b",'c,d'"#), [r#""a, b""#, "'c,d'"]);
        assert_eq!(
            line(&["a,b".to_owned(), "3".to_owned(), "\"q\"".to_owned()]),
            r#""a,b",3,"""q""""#
        );
    }

    #[test]
    fn what_is_varied_is_varied_once_and_is_no_seed() {
        let axes =
            |vary: &[&str]| axes(&vary.iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
        assert!(axes(&["nodes=3", "nodes=4"]).is_err());
        let refused = axes(&["seed=3,4"]).unwrap_err();
        assert!(refused.to_string().contains("--seeds"), "{refused}");
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
