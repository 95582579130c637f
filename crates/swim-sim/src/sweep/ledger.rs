//! What a sweep has done so far: in memory, or in a folder from which it goes on after an interruption.
//!
//! | in the folder | what |
//! |---|---|
//! | `sweep.json` | which sweep this is; another one is refused |
//! | `done.jsonl` | a line for each run that is done, written as it ends |
//! | `twice.jsonl` | a line for each run that was done a second time, with what it was then |
//! | a folder by fingerprint | the failure with the least seed of all with this fingerprint: [`Failure`] |

mod twice;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::twice::Apart;
use self::twice::Twice;
use super::keep::{Build, FORMAT, Failure, KeepError, hexadecimal};
use super::{Count, One, Source};
use crate::run::Verdict;

const SWEEP: &str = "sweep.json";
const DONE: &str = "done.jsonl";
const TWICE: &str = "twice.jsonl";

/// Which sweep it is: what is run, with which seeds, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The version of the folder.
    pub format: u32,
    /// Who runs it.
    pub build: Build,
    /// What is run, in words: the scenario's file, or a swarm with its numbers of nodes.
    pub what: String,
    /// The seeds, the end left out.
    pub seeds: Range<u64>,
    /// Of several parts this one: its number from 1, and how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<[u64; 2]>,
}

impl Sweep {
    /// A whole sweep of this program.
    #[must_use]
    pub fn new(build: Build, what: impl Into<String>, seeds: Range<u64>) -> Self {
        Self {
            format: FORMAT,
            build,
            what: what.into(),
            seeds,
            shard: None,
        }
    }

    /// One part of several.
    #[must_use]
    pub fn shard(mut self, shard: Option<[u64; 2]>) -> Self {
        self.shard = shard;
        self
    }

    /// Its seeds: every so many-th, so that all parts take about the same time.
    #[must_use]
    pub fn all_seeds(&self) -> Vec<u64> {
        let [part, parts] = self.shard.unwrap_or([1, 1]);
        let mine = |seed: &u64| (seed - self.seeds.start) % parts == part.saturating_sub(1);
        self.seeds.clone().filter(mine).collect()
    }

    /// Whether another one is this one with more seeds: what is done of this is done of that. Parts are counted from the
    /// first seed, so that of a part must stay.
    fn grows_to(&self, other: &Self) -> bool {
        let (few, many) = (&self.seeds, &other.seeds);
        let same = Self {
            seeds: few.clone(),
            ..other.clone()
        };
        let first = many.start == few.start || self.shard.is_none() && many.start < few.start;
        *self == same && first && many.end >= few.end
    }

    /// In what it differs from another, in words; `None` if it is the same.
    fn differs(&self, other: &Self) -> Option<String> {
        let shard = |sweep: &Self| {
            let shard = sweep.shard.map(|[part, parts]| format!("{part}/{parts}"));
            shard.unwrap_or_else(|| "the whole".to_owned())
        };
        let seeds = |sweep: &Self| format!("{}..{}", sweep.seeds.start, sweep.seeds.end);
        if self.what != other.what {
            return Some("it is of another scenario or swarm".to_owned());
        }
        [
            ("seeds", seeds(self), seeds(other)),
            ("shard", shard(self), shard(other)),
            ("program", self.build.to_string(), other.build.to_string()),
        ]
        .into_iter()
        .find(|(_, one, other)| one != other)
        .map(|(what, one, other)| format!("its {what}: {one}, and here: {other}"))
    }
}

/// What came of one seed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The seed.
    pub seed: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// The trace hash, in hexadecimal.
    pub trace_hash: String,
    /// Of a violated run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl From<&One> for Done {
    fn from(one: &One) -> Self {
        Self {
            seed: one.seed,
            verdict: one.outcome.verdict,
            trace_hash: hexadecimal(one.outcome.trace_hash),
            fingerprint: one.fingerprint.clone(),
        }
    }
}

/// What came of a sweep: the JSON of `swim sim sweep --json`. The same however many threads and parts it was run in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many runs had each verdict.
    #[serde(flatten)]
    pub count: Count,
    /// Each fingerprint once, with the least seed that shows it, in the order of these seeds.
    pub failures: Vec<Found>,
}

/// One kind of failure that a sweep found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The least seed that shows it.
    pub seed: u64,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Where it is kept, if it is.
    pub dir: Option<PathBuf>,
    /// How many seeds show it.
    #[serde(skip)]
    pub times: u64,
}

/// The runs that are done.
#[derive(Debug)]
pub struct Ledger {
    sweep: Sweep,
    done: BTreeMap<u64, Done>,
    found: BTreeMap<String, Found>,
    twice: Twice,
    folder: Option<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    done: File,
    twice: File,
}

impl Ledger {
    /// A ledger that nobody will find again.
    #[must_use]
    pub const fn in_memory(sweep: Sweep) -> Self {
        Self {
            sweep,
            done: BTreeMap::new(),
            found: BTreeMap::new(),
            twice: Twice::new(),
            folder: None,
        }
    }

    /// The ledger in that folder, begun or continued; a sweep with more seeds goes on from one with fewer.
    ///
    /// # Errors
    /// It is another sweep's, or can't be read or written.
    pub fn open(path: &Path, sweep: Sweep) -> Result<Self, KeepError> {
        if path.join(SWEEP).exists() {
            let mut before = Self::read(path)?;
            if before.sweep.grows_to(&sweep) {
                before.sweep.seeds = sweep.seeds.clone();
            }
            if let Some(difference) = before.sweep.differs(&sweep) {
                let grow = if before.sweep.seeds == sweep.seeds {
                    ""
                } else if sweep.shard.is_some() {
                    ", which may only end later"
                } else {
                    ", which may only become more"
                };
                return Err(KeepError::new(format!(
                    "{} keeps another sweep ({difference}{grow}); choose another folder, or remove this one",
                    path.display()
                )));
            }
            return before.move_to(path);
        }
        if path
            .read_dir()
            .is_ok_and(|mut files| files.next().is_some())
        {
            return Err(KeepError::new(format!(
                "{} is not empty, and keeps no sweep; choose another folder",
                path.display()
            )));
        }
        Self::in_memory(sweep).move_to(path)
    }

    /// Reads the ledger of a folder, and leaves the folder as it is.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(path: &Path) -> Result<Self, KeepError> {
        let file = path.join(SWEEP);
        let text = fs::read_to_string(&file).map_err(|error| {
            let error = KeepError::io("read", &file, &error);
            KeepError::new(format!("{error} (is it a folder of sweep --keep?)"))
        })?;
        let sweep: Sweep = serde_json::from_str(&text).map_err(|error| {
            KeepError::new(format!("{}: {error} (was it changed?)", file.display()))
        })?;
        let text = fs::read_to_string(path.join(DONE)).unwrap_or_default();
        // The last line may have been cut off: its run is done again.
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Done>(line).ok());
        let kept = |done: &Done| {
            let fingerprint = done.fingerprint.as_deref();
            fingerprint.is_none_or(|one| Failure::is_at(&path.join(folder_name(one))))
        };
        let mut ledger = Self::in_memory(sweep);
        for done in lines.filter(kept) {
            ledger.enter(done, Some(path));
        }
        ledger.twice = twice::read(path);
        Ok(ledger)
    }

    /// Writes it into a folder, where more will be added.
    fn move_to(mut self, path: &Path) -> Result<Self, KeepError> {
        let unwritten = |error: std::io::Error| KeepError::io("write", path, &error);
        fs::create_dir_all(path).map_err(unwritten)?;
        let json = serde_json::to_string_pretty(&self.sweep).unwrap_or_default() + "\n";
        replace(&path.join(DONE), &lines(&self.done))?;
        replace(&path.join(TWICE), &twice::lines(&self.twice))?;
        replace(&path.join(SWEEP), &json)?;
        let more = |name| OpenOptions::new().append(true).open(path.join(name));
        self.folder = Some(Folder {
            path: path.to_owned(),
            done: more(DONE).map_err(unwritten)?,
            twice: more(TWICE).map_err(unwritten)?,
        });
        Ok(self)
    }

    /// One run more. `folder` is where its failure is kept, if it is one.
    fn enter(&mut self, done: Done, folder: Option<&Path>) {
        if let Some(fingerprint) = &done.fingerprint {
            let found = self.found.entry(fingerprint.clone());
            let found = found.or_insert_with(|| Found {
                seed: done.seed,
                fingerprint: fingerprint.clone(),
                dir: None,
                times: 0,
            });
            found.times += 1;
            if done.seed <= found.seed {
                found.seed = done.seed;
                found.dir = folder.map(|path| path.join(folder_name(fingerprint)));
            }
        }
        self.done.insert(done.seed, done);
    }

    /// The seeds that are still to be run, in order.
    #[must_use]
    pub fn to_do(&self) -> Vec<u64> {
        let mut seeds = self.sweep.all_seeds();
        seeds.retain(|seed| !self.done.contains_key(seed));
        seeds
    }

    /// What came of that seed, if it was run.
    #[must_use]
    pub fn done(&self, seed: u64) -> Option<&Done> {
        self.done.get(&seed)
    }

    /// How many runs are done.
    #[must_use]
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// How many different failures there are so far.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.found.len()
    }

    /// A run of `source` is done. `command` repeats it.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn add(&mut self, one: &One, source: &Source, command: String) -> Result<(), KeepError> {
        let done = Done::from(one);
        let folder = self.folder.as_ref().map(|folder| folder.path.clone());
        if let Some((path, fingerprint)) = folder.as_deref().zip(done.fingerprint.as_deref()) {
            let least = self.found.get(fingerprint).map(|found| found.seed);
            if least.is_none_or(|least| done.seed < least) {
                let given = source.scenario(done.seed);
                let schedule = given.expand();
                let schedule = schedule.map_err(|error| KeepError::new(error.to_string()))?;
                let both = [&given, schedule.scenario()];
                let build = &self.sweep.build;
                let failure = Failure::new(build, both, &one.outcome, fingerprint, command);
                failure.write(&path.join(folder_name(fingerprint)))?;
            }
        }
        if let Some(Folder {
            path, done: file, ..
        }) = &mut self.folder
        {
            let written = file.write_all(line(&done).as_bytes());
            written.map_err(|error| KeepError::io("write", &path.join(DONE), &error))?;
        }
        self.enter(done, folder.as_deref());
        Ok(())
    }

    /// All is done once: the folder is as it would be whatever the number of threads.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn finish(&self) -> Result<(), KeepError> {
        match &self.folder {
            Some(folder) => replace(&folder.path.join(DONE), &lines(&self.done)),
            None => Ok(()),
        }
    }

    /// What has come of it so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut count = Count::default();
        self.done.values().for_each(|done| count.add(done.verdict));
        let mut failures: Vec<Found> = self.found.values().cloned().collect();
        failures.sort_by_key(|found| found.seed);
        Report { count, failures }
    }

    /// Brings the parts of a sweep together, all of which must be done; with a folder, into that folder, which then is as
    /// if the whole had been run there.
    ///
    /// # Errors
    /// They are no parts of one sweep, or one of them isn't done; or a folder can't be read or written.
    pub fn merge(parts: &[PathBuf], into: Option<&Path>) -> Result<Self, KeepError> {
        let mut whole: Option<Self> = None;
        for path in parts {
            let part = Self::read(path)?;
            let sweep = part.sweep.clone().shard(None);
            let whole = whole.get_or_insert_with(|| Self::in_memory(sweep.clone()));
            if let Some(difference) = sweep.differs(&whole.sweep) {
                return Err(KeepError::new(format!(
                    "{} keeps no part of the sweep in {} ({difference})",
                    path.display(),
                    parts[0].display()
                )));
            }
            let unknown = |done: &Done| whole.done(done.seed).is_none();
            let new: Vec<Done> = part.done.into_values().filter(unknown).collect();
            new.into_iter()
                .for_each(|done| whole.enter(done, Some(path)));
            whole.twice.extend(part.twice);
        }
        let whole = whole.ok_or_else(|| KeepError::new("nothing to merge"))?;
        let missing = whole.to_do();
        if let Some(first) = missing.first() {
            return Err(KeepError::new(format!(
                "{} of {} runs are missing, seed {first} is the first (is there one more part, or is one not done? begin it again with the same words, and it goes on)",
                missing.len(),
                whole.sweep.all_seeds().len()
            )));
        }
        if let Some(first) = whole.to_do_again().first() {
            return Err(KeepError::new(format!(
                "seed {first} was not run a second time (a part is not done: begin it again with the same words, and it goes on)"
            )));
        }
        match into {
            Some(path) => whole.copy_to(path),
            None => Ok(whole),
        }
    }

    /// The same in a folder of its own, with copies of all failures.
    fn copy_to(self, path: &Path) -> Result<Self, KeepError> {
        let mut copy = Self::open(path, self.sweep.clone())?;
        for found in self.found.values() {
            if let Some(dir) = &found.dir {
                let failure = Failure::read(dir)?;
                failure.write(&path.join(folder_name(&found.fingerprint)))?;
            }
        }
        copy.done.clear();
        copy.found.clear();
        for done in self.done.into_values() {
            copy.enter(done, Some(path));
        }
        copy.twice = self.twice;
        copy.finish()?;
        copy.finish_again()?;
        Ok(copy)
    }
}

fn line(done: &Done) -> String {
    serde_json::to_string(done).unwrap_or_default() + "\n"
}

fn lines(done: &BTreeMap<u64, Done>) -> String {
    done.values().map(line).collect()
}

/// Replaces a file, whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), KeepError> {
    let beside = path.with_extension("new");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| KeepError::io("write", path, &error))
}

/// The longest name of a folder.
const NAME: usize = 80;

/// A fingerprint as the name of a folder.
fn folder_name(fingerprint: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '_') {
            letter
        } else {
            '_'
        }
    };
    let name: String = fingerprint.chars().map(plain).collect();
    if name.len() <= NAME {
        return name;
    }
    let hash = swim_core::hash_under(0, &fingerprint.as_bytes());
    format!("{}-{hash:016x}", &name[..NAME - 17])
}
