//! The program under trial, and what the system knows of processes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::report::Stop;

/// The `swim` program: fresh from cargo where cargo runs us, else the one beside this program.
///
/// # Errors
/// There is none.
pub(crate) fn swim() -> Result<PathBuf, Stop> {
    let here =
        env::current_exe().map_err(|error| Stop::failed("cannot find this program", &error))?;
    let swim = here.with_file_name(format!("swim{}", env::consts::EXE_SUFFIX));
    if let (Some(cargo), Some(package)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR"))
    {
        // One that lies there may be of yesterday.
        let mut build = Command::new(cargo);
        build
            .current_dir(package)
            .args(["build", "--quiet", "-p", "swim-cli"]);
        if is_release(&here) {
            build.arg("--release");
        }
        let built = build
            .status()
            .map_err(|error| Stop::failed("cannot run cargo", &error))?;
        if !built.success() {
            return Err(Stop::Failed(format!(
                "cargo could not build swim-cli ({built})"
            )));
        }
    }
    if swim.is_file() {
        Ok(swim)
    } else {
        let path = swim.display();
        Err(Stop::Failed(format!(
            "there is no {path} (build it: cargo build --release -p swim-cli)"
        )))
    }
}

fn is_release(program: &Path) -> bool {
    program
        .parent()
        .is_some_and(|folder| folder.ends_with("release"))
}

/// Processor time that this process has used, all its threads together.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let whole = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(whole, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Bytes that a process keeps in memory, and of these the ones that are its own (not mapped from files).
pub(crate) fn resident(pid: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some((field(&status, "VmRSS:")?, field(&status, "RssAnon:")?))
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tswim\nVmRSS:\t    2600 kB\nRssAnon:\t     512 kB\n";
        assert_eq!(field(status, "VmRSS:"), Some(2_662_400));
        assert_eq!(field(status, "RssAnon:"), Some(524_288));
        assert_eq!(field(status, "VmHWM:"), None);
    }

    #[test]
    fn processor_time_grows_with_work() {
        let before = cpu_time();
        let mut sum = 0_u64;
        while cpu_time() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_time() > before);
    }
}
