//! Runs that are done a second time: they must go as they went before.
//!
//! What came of it is kept as the first runs are, so that a sweep that went two ways once says so for as long as its folder
//! is there, and one that was interrupted makes up for what is missing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Ledger, Sweep, TWICE, replace};
use crate::sweep::keep::{KeepError, hexadecimal};

/// Each so many-th run is done twice.
const EVERY: u64 = 20;

/// The second trace hashes by seed.
pub(super) type Twice = BTreeMap<u64, String>;

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Again {
    seed: u64,
    trace_hash: String,
}

/// A run that went two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// Its seed.
    pub seed: u64,
    /// The trace hash of the first run, in hexadecimal.
    pub before: String,
    /// That of the second.
    pub again: String,
}

impl Sweep {
    /// The seeds that are run twice.
    pub(super) fn seeds_twice(&self) -> Vec<u64> {
        let mut seeds = self.all_seeds();
        seeds.retain(|seed| seed % EVERY == 0);
        seeds
    }
}

impl Ledger {
    /// The seeds that are still to be run a second time, in order.
    #[must_use]
    pub fn to_do_again(&self) -> Vec<u64> {
        let mut seeds = self.sweep.seeds_twice();
        seeds.retain(|seed| !self.twice.contains_key(seed));
        seeds
    }

    /// A seed was run a second time.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn add_again(&mut self, seed: u64, trace_hash: u64) -> Result<(), KeepError> {
        let trace_hash = hexadecimal(trace_hash);
        if let Some(folder) = &mut self.folder {
            let written = folder.twice.write_all(line(seed, &trace_hash).as_bytes());
            written.map_err(|error| KeepError::io("write", &folder.path.join(TWICE), &error))?;
        }
        self.twice.insert(seed, trace_hash);
        Ok(())
    }

    /// All that is to be is done twice, as [`finish`](Self::finish).
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn finish_again(&self) -> Result<(), KeepError> {
        match &self.folder {
            Some(folder) => replace(&folder.path.join(TWICE), &lines(&self.twice)),
            None => Ok(()),
        }
    }

    /// The first seed that went two ways, if any did.
    #[must_use]
    pub fn apart(&self) -> Option<Apart> {
        let both = |(seed, again): (&u64, &String)| {
            let before = self.done(*seed)?.trace_hash.clone();
            (before != *again).then(|| Apart {
                seed: *seed,
                before,
                again: again.clone(),
            })
        };
        self.twice.iter().find_map(both)
    }
}

/// What a folder has of it.
pub(super) fn read(path: &Path) -> Twice {
    let text = fs::read_to_string(path.join(TWICE)).unwrap_or_default();
    // The last line may have been cut off: its run is done again.
    let lines = text.lines().map(serde_json::from_str::<Again>);
    let lines = lines.filter_map(Result::ok);
    lines.map(|again| (again.seed, again.trace_hash)).collect()
}

pub(super) fn lines(twice: &Twice) -> String {
    let lines = twice.iter();
    lines
        .map(|(seed, trace_hash)| line(*seed, trace_hash))
        .collect()
}

fn line(seed: u64, trace_hash: &str) -> String {
    let trace_hash = trace_hash.to_owned();
    serde_json::to_string(&Again { seed, trace_hash }).unwrap_or_default() + "\n"
}
