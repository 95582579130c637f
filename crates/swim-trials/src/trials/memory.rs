//! What one agent keeps in memory, its control face on and in use.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::http;
use crate::local::figure;
use crate::process::resident;
use crate::report::{Report, Stop};

/// Bytes.
const TARGET: u64 = 4_000_000;
const WITHIN_JOIN: Duration = Duration::from_millis(1_500);
/// How often its control face is asked first.
const QUESTIONS: u32 = 500;

/// Holds the trial; looks after `time`.
///
/// # Errors
/// It can't be held here.
pub(crate) fn run(report: &mut Report, time: Duration) -> Result<(), Stop> {
    let mut cluster = Cluster::new()?;
    let start = cluster.form(1)?;
    cluster.all_know_all(report, "ready", (start, WITHIN_JOIN));
    let agent = cluster.agent("n1")?;
    for _ in 0..QUESTIONS {
        let info = http::get::<Value>(agent.control, "/v1/info");
        info.map_err(|error| Stop::failed("the control face does not answer", &error))?;
    }
    thread::sleep(time.saturating_sub(Instant::now().duration_since(start)));
    let Some((whole, own)) = resident(agent.pid()) else {
        return Err(Stop::Skip("this system has no /proc".to_owned()));
    };
    report.figure(
        "resident",
        figure(whole) / 1e6,
        "MB",
        "target 4; kinship 4.4, Go 14.7",
    );
    report.figure(
        "of it its own, not mapped from files",
        figure(own) / 1e6,
        "MB",
        "",
    );
    let seen = format!("{whole} bytes after {QUESTIONS} questions");
    report.holds(
        "memory",
        &format!("at most {TARGET} bytes resident"),
        whole <= TARGET,
        &seen,
    );
    cluster.end(report);
    Ok(())
}
