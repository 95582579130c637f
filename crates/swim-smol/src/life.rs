//! The first incarnation of each life: above the last one of the life before, as far as anybody can know.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use swim_core::Incarnation;

use crate::shared::lock;

/// The unix time in seconds as an incarnation; the last legal one from 2106 on.
pub(crate) fn clock() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    u32::try_from(seconds).map_or(LAST, legal)
}

const LAST: u32 = Incarnation::LIMIT - 1;

fn legal(incarnation: u32) -> u32 {
    incarnation.min(LAST)
}

/// A file that holds one number: the highest incarnation that this name has had.
#[derive(Clone, Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// What the file says; the lock keeps writers apart.
    noted: Arc<Mutex<u32>>,
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        let noted = Arc::default();
        Self { path, noted }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The first incarnation of a new life, noted in the file: the unix time `now`, or one more than what the file
    /// says, whichever is greater. What a forger drove up to where no life can be defended does not count: the others forget it (P8).
    pub(crate) fn begin(&self, now: u32) -> io::Result<u32> {
        let last = match fs::read_to_string(&self.path) {
            Ok(text) => Some(parse(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let next = last.map(|last| last.saturating_add(1));
        let next = next.filter(|next| !Incarnation(*next).is_unbeatable());
        let first = next.map_or(now, |next| next.max(now));
        self.note(first)?;
        Ok(first)
    }

    /// Notes an incarnation unless a higher one is noted, or it is one that no life begins after. The file is replaced as a whole: a crash leaves the old one
    /// or the new one.
    pub(crate) fn note(&self, incarnation: u32) -> io::Result<()> {
        let mut noted = lock(&self.noted);
        if incarnation <= *noted || Incarnation(incarnation).is_unbeatable() {
            return Ok(());
        }
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let mut file = fs::File::create(&beside)?;
        writeln!(file, "{incarnation}")?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, &self.path)?;
        *noted = incarnation;
        Ok(())
    }
}

fn parse(text: &str) -> io::Result<u32> {
    let number = text.trim().parse().map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "it does not hold one number, an incarnation",
        )
    })?;
    Ok(legal(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str) -> Self {
            let name = format!("swim-life-{}-{test}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn file(&self) -> StateFile {
            StateFile::new(self.0.clone())
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn each_life_starts_above_the_last_also_when_the_clock_went_back() {
        let scratch = Scratch::new("lives");
        assert_eq!(scratch.file().begin(1_000).expect("written"), 1_000);
        assert_eq!(scratch.file().begin(1_000).expect("written"), 1_001);
        assert_eq!(scratch.file().begin(5).expect("written"), 1_002);
        let file = scratch.file();
        file.note(4_000).expect("written");
        file.note(3_000).expect("nothing to do");
        assert_eq!(scratch.file().begin(2_000).expect("written"), 4_001);
        assert_eq!(scratch.file().begin(9_000).expect("written"), 9_000);
    }

    #[test]
    fn a_file_with_something_else_in_it_is_an_error_and_stays() {
        let scratch = Scratch::new("other");
        fs::write(&scratch.0, "a diary").expect("written");
        let error = scratch.file().begin(1_000).expect_err("not a number");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_to_string(&scratch.0).expect("there"), "a diary");
    }

    #[test]
    fn no_life_begins_where_a_forger_drove_the_one_before() {
        for noted in [u32::MAX, LAST, LAST - Incarnation::LEAP] {
            let scratch = Scratch::new("last");
            fs::write(&scratch.0, noted.to_string()).expect("written");
            let file = scratch.file();
            assert_eq!(file.begin(1_000).expect("written"), 1_000);
            file.note(LAST).expect("not written");
            assert_eq!(scratch.file().begin(1_000).expect("written"), 1_001);
        }
        assert!(Incarnation(clock()).is_legal());
        assert!(clock() > 1_700_000_000);
    }
}
