//! Instructions, counted by valgrind: the same whoever else uses the machine.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use swim_benches::operation;

/// Only what is measured is counted: the rounds, not what prepares them.
const COUNTED: &str = "*Operation>::run";

/// Whether there is a valgrind.
pub(crate) fn can_be_counted() -> bool {
    let version = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// Instructions of one operation, the mean of so many: this program runs itself under valgrind. `None` if that fails.
pub(crate) fn of(name: &str, members: u32, times: u64) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let unwanted = scratch();
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", unwanted.display()))
        .arg(program)
        .args(["operation", name, &members.to_string(), &times.to_string()])
        .stdout(Stdio::null())
        .output();
    let _ = std::fs::remove_file(&unwanted);
    let run = run.ok().filter(|run| run.status.success())?;
    let told = String::from_utf8_lossy(&run.stderr);
    let total = told
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let total: u64 = total?.1.trim().parse().ok()?;
    (total > 0).then(|| total / times)
}

/// Where valgrind leaves its profile, which nobody reads.
fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("swim-figures-{}", std::process::id()))
}

/// Runs one operation: `NAME MEMBERS TIMES`.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u32>().ok());
    let chosen = arguments.first().zip(number(1)).zip(number(2));
    let Some(((name, members), times)) = chosen else {
        eprintln!("usage: figures operation NAME MEMBERS TIMES");
        return ExitCode::from(2);
    };
    let Some(mut operation) = operation(name, members) else {
        eprintln!("figures: there is no operation {name:?}");
        return ExitCode::from(2);
    };
    let mut left = times as usize;
    while left > 0 {
        left = left.saturating_sub(operation.prepare(left));
        operation.run();
    }
    if operation.is_true() {
        ExitCode::SUCCESS
    } else {
        eprintln!("figures: {name} took another path than the one it is named for");
        ExitCode::FAILURE
    }
}
