//! Large pages for large clusters.
//!
//! A thousand nodes hold a million members, and each event finds its node's memory cold: half of the time goes into finding
//! out where its small pages lie. glibc takes large ones where its environment says so when a program starts, and nothing
//! else makes it; so a run that is large enough starts itself anew, once.

use std::path::Path;

use swim_sim::scenario::{PRESETS, Schedule};

/// What glibc reads. Whoever has set it, to whatever, is left with that.
const TUNABLES: &str = "GLIBC_TUNABLES";
/// Clusters that take less lie in the processor's caches anyway.
const LARGE: u64 = 32_000_000;

/// Starts this very run anew with large pages, if that helps and can be done; else it returns and the run goes on as it is.
pub(crate) fn take(name: &str, schedule: &Schedule) {
    let helps = schedule.memory() >= LARGE && std::env::var_os(TUNABLES).is_none();
    if helps && can_be_read_again(name) {
        start_anew();
    }
}

/// A pipe is empty by now.
fn can_be_read_again(name: &str) -> bool {
    PRESETS.iter().any(|preset| preset.name == name) || Path::new(name).is_file()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn start_anew() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let mut words = std::env::args_os();
    let (Some(called), Ok(program)) = (words.next(), std::env::current_exe()) else {
        return;
    };
    let mut command = Command::new(program);
    command.arg0(called).args(words);
    // This returns only if it fails, and small pages do as well.
    let _ = command.env(TUNABLES, "glibc.malloc.hugetlb=1").exec();
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
const fn start_anew() {}
