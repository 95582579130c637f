//! How far the bounds of L1 to L12 are from what really happens.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Source, all};
use crate::run::run;
use crate::scenario::ScenarioError;
use crate::verdict::Judge;

/// What was measured of one bound, over many seeds. Shares are parts of 10,000 of the bound, because the bound is another one
/// with other settings and other numbers of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// The invariant.
    #[serde(rename = "name")]
    pub id: &'static str,
    /// Under the longer bound for want of something: a seed that answers, or enough that run.
    pub late: bool,
    /// In so many cases something had to change and was waited for.
    pub cases: usize,
    /// Half of the cases took no larger share of the bound.
    pub median: u64,
    /// 99 of 100 cases took no larger share of the bound.
    pub p99: u64,
    /// The largest share that any case took.
    pub most: u64,
}

impl Measured {
    /// How many times the bound is the 99th percentile, in tenths.
    #[must_use]
    pub fn ratio_tenths(&self) -> u64 {
        100_000 / self.p99.max(1)
    }
}

/// What was measured over many seeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measurement {
    /// By invariant.
    pub rows: Vec<Measured>,
    /// Seeds that violated something: what took longer than its bound is in no row.
    pub violated: Vec<u64>,
}

/// Runs all seeds on `jobs` threads and measures how much of each bound was taken.
///
/// # Errors
/// The first scenario that can't be.
pub fn measure(source: &Source, seeds: &[u64], jobs: usize) -> Result<Measurement, ScenarioError> {
    let mut violated = Vec::new();
    let mut shares: BTreeMap<(&'static str, bool), Vec<u64>> = BTreeMap::new();
    let work = |seed| {
        let schedule = source.scenario(seed).expand()?;
        let mut judge = Judge::measuring(&schedule);
        let outcome = run(&schedule, &mut judge);
        let broken = (!outcome.violations.is_empty()).then_some(seed);
        Ok((broken, judge.shares().collect::<Vec<_>>()))
    };
    all(seeds, jobs, work, |(broken, taken): (_, Vec<_>)| {
        violated.extend::<Option<u64>>(broken);
        for (id, late, share) in taken {
            shares.entry((id, late)).or_default().push(share);
        }
        true
    })?;
    let rows = shares.into_iter().map(|((id, late), mut shares)| {
        shares.sort_unstable();
        // The nearest rank.
        let at = |percent: usize| shares[(shares.len() * percent).div_ceil(100) - 1];
        let (median, p99, most) = (at(50), at(99), at(100));
        let cases = shares.len();
        Measured {
            id,
            late,
            cases,
            median,
            p99,
            most,
        }
    });
    Ok(Measurement {
        rows: rows.collect(),
        violated,
    })
}
