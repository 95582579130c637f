//! Two ways to run the same days: what would change, and how sure that is.
//!
//! Both are run over the same seeds. Equal seeds give the same faults at the same instants, and each packet the same fate as long as
//! the two send the same packets (common random numbers), so what is compared are differences of pairs: most of what is random
//! falls out of them, and a few seeds show what many would not show otherwise.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use crate::random::mix;
use crate::run::Metrics;

/// How often the pairs are drawn anew for an interval.
const DRAWS: u64 = 1_000;
/// The interval holds so many of a thousand draws.
const SURE: usize = 950;

/// One figure of the two, over all seeds that have it on both sides.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Compared {
    /// Its name.
    pub metric: &'static str,
    /// Over how many seeds.
    pub seeds: usize,
    /// The mean of the first.
    pub before: f64,
    /// The mean of the second.
    pub after: f64,
    /// The mean of all differences, second less first.
    pub difference: f64,
    /// The interval of 95 % confidence for the mean difference (bootstrap over the pairs).
    pub between: (f64, f64),
}

impl Compared {
    /// Whether it is sure that there is a difference at all.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.between.0 > 0.0 || self.between.1 < 0.0
    }
}

/// Compares figures of the first and the second by pairs of equal seeds, figure by figure.
#[must_use]
pub fn compare(pairs: &[(Metrics, Metrics)]) -> Vec<Compared> {
    let names: BTreeSet<&'static str> = pairs
        .iter()
        .flat_map(|(before, after)| before.keys().chain(after.keys()).copied())
        .collect();
    names
        .into_iter()
        .filter_map(|metric| one(metric, pairs))
        .collect()
}

fn one(metric: &'static str, pairs: &[(Metrics, Metrics)]) -> Option<Compared> {
    let both =
        |(before, after): &(Metrics, Metrics)| Some((*before.get(metric)?, *after.get(metric)?));
    let values: Vec<(f64, f64)> = pairs.iter().filter_map(both).collect();
    if values.is_empty() {
        return None;
    }
    let differences: Vec<f64> = values
        .iter()
        .map(|(before, after)| after - before)
        .collect();
    Some(Compared {
        metric,
        seeds: values.len(),
        before: mean(values.iter().map(|(before, _)| *before)),
        after: mean(values.iter().map(|(_, after)| *after)),
        difference: mean(differences.iter().copied()),
        between: interval(&differences),
    })
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// Where the mean would lie if other seeds like these had been taken: drawn by lot with repetition, always by the same lot.
fn interval(differences: &[f64]) -> (f64, f64) {
    let count = differences.len() as u64;
    let drawn = |draw: u64| {
        let places = (0..count).map(|place| mix(mix(draw) ^ place) % count);
        let values: Vec<f64> = places
            .filter_map(|place| differences.get(usize::try_from(place).ok()?).copied())
            .collect();
        mean(values.into_iter())
    };
    let mut means: Vec<f64> = (0..DRAWS).map(drawn).collect();
    means.sort_by(f64::total_cmp);
    let outside = means.len() * (1_000 - SURE) / 2_000;
    (means[outside], means[means.len() - 1 - outside])
}

/// A table for people: a line for each figure, those first that are sure.
#[derive(Clone, Copy, Debug)]
pub struct Table<'c>(pub &'c [Compared]);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<28} {:>12} {:>12} {:>12}   {:<24} seeds",
            "figure", "first", "second", "difference", "95 % sure between"
        )?;
        let (sure, unsure): (Vec<_>, Vec<_>) = self.0.iter().partition(|one| one.is_sure());
        for one in sure.into_iter().chain(unsure) {
            let between = format!("{} and {}", figure(one.between.0), figure(one.between.1));
            let mark = if one.is_sure() {
                ""
            } else {
                "  (none to be seen)"
            };
            writeln!(
                f,
                "{:<28} {:>12} {:>12} {:>12}   {between:<24} {}{mark}",
                one.metric,
                figure(one.before),
                figure(one.after),
                figure(one.difference),
                one.seeds
            )?;
        }
        Ok(())
    }
}

/// With as many digits as say something.
fn figure(value: f64) -> String {
    match value.abs() {
        large if large >= 1_000.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(differences: impl IntoIterator<Item = f64>) -> Vec<(Metrics, Metrics)> {
        let day = |(seed, difference)| {
            // The days differ far more than the two do.
            let value = f64::from(seed * 37 % 100) * 10.0;
            let of = |value| Metrics::from([("took_s", value)]);
            (of(value), of(value + difference))
        };
        (0..).zip(differences).map(day).collect()
    }

    #[test]
    fn a_small_gain_is_seen_through_days_that_differ() {
        let all = compare(&pairs((0..40).map(|seed| -1.0 + f64::from(seed % 5) * 0.1)));
        let [took] = &all[..] else { panic!("{all:?}") };
        assert!(
            took.is_sure() && (took.difference + 0.8).abs() < 1e-9,
            "{took:?}"
        );
        assert!(took.between.0 > -0.9 && took.between.1 < -0.7, "{took:?}");
        assert_eq!(took.seeds, 40);
    }

    #[test]
    fn no_difference_is_not_taken_for_one() {
        let all = compare(&pairs((0..40).map(|seed| f64::from(seed % 2) - 0.5)));
        assert!(!all[0].is_sure(), "{all:?}");
        assert!(Table(&all).to_string().contains("none to be seen"));
    }

    #[test]
    fn only_days_that_have_a_figure_on_both_sides_are_paired() {
        let mut some = pairs([1.0, 1.0, 1.0]);
        some[1].1.clear();
        assert_eq!(compare(&some)[0].seeds, 2);
        some.iter_mut().for_each(|(_, after)| after.clear());
        assert!(compare(&some).is_empty());
    }
}
