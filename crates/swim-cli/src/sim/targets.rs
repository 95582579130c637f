//! `swim sim targets`: how good the protocol is, beside how good it has to be.

use std::sync::{Mutex, PoisonError};

use swim_sim::scenario::Nearest;
use swim_sim::targets::{ROWS, Reached, Row, Statistic, measure};

use super::many::{self, jobs};
use super::matrix::step;
use super::progress::Progress;
use crate::args::TargetsArgs;
use crate::errors::Failure;
use crate::output;
use crate::text;

/// Measures all rows that are meant, and tells which are missed.
pub(crate) fn run(args: &TargetsArgs) -> Result<(), Failure> {
    let rows = rows(&args.rows)?;
    if args.show {
        return show(&rows);
    }
    if let Some(seeds) = &args.seeds {
        many::runs(rows.len(), seeds, "all rows")?;
    }
    let wanted: Vec<(&Row, Vec<u64>)> = rows.iter().map(|row| (*row, seeds(row, args))).collect();
    let runs = wanted.iter().map(|(_, seeds)| seeds.len()).sum();
    let progress = Mutex::new(Progress::new(runs));
    let measured = measure(&wanted, jobs(args.jobs), || step(&progress));
    progress
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .finish();
    let measured = measured.map_err(|error| Failure::usage(error.to_string()))?;
    let rows = rows.iter().zip(&measured);
    let reached: Vec<Reached> = rows
        .flat_map(|(row, runs)| row.goals.iter().map(|goal| goal.reached(row, runs)))
        .collect();
    if args.json {
        output::json(&reached)?;
    } else {
        output::print(&table(&reached))?;
        output::print(&notes(&reached, args.seeds.is_none()))?;
    }
    judge(&reached)
}

/// The rows whose names begin so, in their order.
fn rows(wanted: &[String]) -> Result<Vec<&'static Row>, Failure> {
    for name in wanted {
        if !ROWS.iter().any(|row| row.name.starts_with(name.as_str())) {
            let nearest = Nearest::of(name, ROWS.iter().map(|row| row.name));
            return Err(Failure::usage(format!(
                "--row: {name:?} is the beginning of no target{nearest} (`swim sim targets --show` has them all)"
            )));
        }
    }
    // A whole name means that row alone.
    let is_meant = |row: &&Row| {
        wanted.is_empty()
            || wanted.iter().any(|name| {
                let is_whole = ROWS.iter().any(|row| row.name == name);
                row.name == name || !is_whole && row.name.starts_with(name.as_str())
            })
    };
    Ok(ROWS.iter().filter(is_meant).collect())
}

fn seeds(row: &Row, args: &TargetsArgs) -> Vec<u64> {
    let range = args
        .seeds
        .clone()
        .unwrap_or_else(|| 0..u64::from(row.quick_seeds()));
    range.collect()
}

/// Each scenario as a file; several have a line between them.
fn show(rows: &[&Row]) -> Result<(), Failure> {
    for (place, row) in rows.iter().enumerate() {
        let gap = if place == 0 { "" } else { "\n" };
        let from = row.from();
        let mut head = format!("{gap}# Target {}, measured from {from:?} on.\n", row.name);
        for (key, value) in row.less() {
            head.push_str(&format!(
                "# Its figures are what it costs more than with {key} = {value}.\n"
            ));
        }
        output::print(&format!("{head}{}", row.scenario().to_toml()))?;
    }
    Ok(())
}

fn table(reached: &[Reached]) -> String {
    let headings = [
        "TARGET", "WHAT", "AT MOST", "REACHED", "MEDIAN", "99 %", "SEEDS", "",
    ];
    let rows: Vec<_> = reached
        .iter()
        .map(|one| {
            let verdict = match (one.met, one.in_the_way) {
                (true, _) => "met",
                (false, Some(_)) => "missed, as known",
                (false, None) => "MISSED",
            };
            [
                one.target.to_owned(),
                what(one),
                figure(one.at_most),
                figure(one.reached),
                figure(one.median),
                figure(one.p99),
                one.seeds.to_string(),
                verdict.to_owned(),
            ]
        })
        .collect();
    text::table(headings, &rows)
}

fn what(one: &Reached) -> String {
    let statistic = match one.statistic {
        Statistic::Median => "median",
        Statistic::Worst => "99 %",
        _ => "most",
    };
    format!("{} {statistic}, {}", one.figure.words(), one.unit)
}

/// What stands below the table.
fn notes(reached: &[Reached], quick: bool) -> String {
    let mut notes = String::new();
    for one in reached.iter().filter(|one| !one.met) {
        if let Some(why) = one.in_the_way {
            notes.push_str(&format!("{}, {}: {why}\n", one.target, one.figure.words()));
        }
    }
    let mut violated: Vec<_> = reached.iter().filter(|one| one.violated > 0).collect();
    violated.dedup_by_key(|one| one.target);
    for one in violated {
        let runs = text::count(one.violated, "run");
        notes.push_str(&format!(
            "{}: an invariant is violated in {runs} (swim sim targets --row {} --show > it.toml && swim sim run it.toml --seed N)\n",
            one.target, one.target
        ));
    }
    if quick {
        notes.push_str(
            "A few seeds only: of fewer than 100, 99 % is the worst. All of it: --seeds 0..100\n",
        );
    }
    notes
}

/// With as many digits as say something.
fn figure(value: f64) -> String {
    match value.abs() {
        _ if value.is_infinite() => "never".to_owned(),
        large if large >= 1_000.0 => format!("{value:.0}"),
        middle if middle >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn judge(reached: &[Reached]) -> Result<(), Failure> {
    let missed: Vec<_> = reached
        .iter()
        .filter(|one| one.is_a_surprise())
        .map(|one| format!("{} ({})", one.target, one.figure.words()))
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::violated(format!("missed: {}", missed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &[&str]) -> Vec<&'static str> {
        let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
        let rows = rows(&wanted).unwrap();
        rows.iter().map(|row| row.name).collect()
    }

    #[test]
    fn a_beginning_means_all_rows_that_begin_so_and_a_whole_name_that_row() {
        assert_eq!(names(&["split-64"]), ["split-64"]);
        assert_eq!(names(&["crash"]), ["crash-64", "crash-1024"]);
        assert_eq!(names(&[]).len(), ROWS.len());
    }

    #[test]
    fn an_unknown_row_is_told_with_the_nearest() {
        let failure = rows(&["moved-65".to_owned()]).unwrap_err();
        assert!(failure.to_string().contains("\"moved-64\""), "{failure}");
    }

    #[test]
    fn figures_have_as_many_digits_as_say_something() {
        let written = [1.5, 114_999.7, 126.04, f64::INFINITY].map(figure);
        assert_eq!(written, ["1.50", "115000", "126.0", "never"]);
    }
}
