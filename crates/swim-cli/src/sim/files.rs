//! Files that are read and files that are written: nobody loses one because two are the same.

use std::path::{Path, PathBuf};

use swim_sim::scenario::PRESETS;
use swim_sim::sweep::Failure as KeptFailure;

use crate::errors::Failure;

/// The file that a scenario is read from, unless it is a preset.
pub(super) fn of_scenario(name: &str) -> Vec<PathBuf> {
    let is_preset = PRESETS.iter().any(|preset| preset.name == name);
    (!is_preset)
        .then(|| PathBuf::from(name))
        .into_iter()
        .collect()
}

/// The files that a run is read from which was kept.
pub(super) fn of_kept(path: &Path) -> Vec<PathBuf> {
    if KeptFailure::is_at(path) {
        KeptFailure::files(path)
    } else {
        of_scenario(&path.to_string_lossy())
    }
}

/// Sees to it that what is written is none of what is read, and not written twice.
///
/// # Errors
/// A usage failure that names the flag.
pub(super) fn check_apart(
    read: &[PathBuf],
    written: &[(&str, Option<&Path>)],
) -> Result<(), Failure> {
    let read: Vec<PathBuf> = read.iter().filter_map(|path| place(path)).collect();
    let mut before: Vec<(&str, PathBuf)> = Vec::new();
    for (flag, path) in written {
        let Some((path, place)) = path.and_then(|path| Some((path, place(path)?))) else {
            continue;
        };
        let shown = path.display();
        if read.contains(&place) {
            return Err(Failure::usage(format!(
                "{flag} {shown}: it is what is read, and would be written over (choose another name)"
            )));
        }
        if let Some((other, _)) = before.iter().find(|(_, other)| *other == place) {
            return Err(Failure::usage(format!(
                "{flag} {shown}: {other} writes there too (choose another name for one of them)"
            )));
        }
        before.push((flag, place));
    }
    Ok(())
}

/// Where a plain file is, or will be, whatever it is called on the way; of pipes, devices and folders nothing is lost.
fn place(path: &Path) -> Option<PathBuf> {
    if let Ok(found) = path.metadata() {
        return path.canonicalize().ok().filter(|_| found.is_file());
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder
        .unwrap_or_else(|| Path::new("."))
        .canonicalize()
        .ok()?;
    Some(folder.join(path.file_name()?))
}
