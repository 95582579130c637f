//! What nodes cost while nothing happens: many in one process, on real sockets.

use std::thread;
use std::time::{Duration, Instant};

use swim_smol::{Cluster, Config};

use crate::local;
use crate::process::cpu_time;
use crate::report::{Report, Stop};

const PATIENCE: Duration = Duration::from_secs(60);
/// Past the first seconds, when everybody asks everybody for news.
const BEFORE: Duration = Duration::from_secs(15);
/// Milliseconds of processor time per node and second.
const TARGET: f64 = 0.06;

/// What is counted.
const COUNTERS: [&str; 6] = [
    "datagrams_sent",
    "datagram_bytes_sent",
    "stream_bytes_sent",
    "probes",
    "exchanges_opened",
    "suspicions",
];

/// Holds the trial; measures for `time`.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report, size: usize, time: Duration) -> Result<(), Stop> {
    let nodes = local::form(size, Config::LAN)?;
    let formed = local::wait_for_all(&nodes, size, Instant::now(), PATIENCE);
    let whole = format!("all {size} know all {size}");
    report.within("join", &whole, PATIENCE, formed, "they do");
    thread::sleep(BEFORE);

    let before = counts(&nodes);
    let (began, cpu) = (Instant::now(), cpu_time());
    thread::sleep(time);
    let (took, used) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    let after = counts(&nodes);
    let still = nodes
        .iter()
        .filter(|node| local::alive(node) == size)
        .count();
    report.holds(
        "still",
        &format!("{whole} all the time"),
        still == size,
        &format!("{still} of {size} do"),
    );

    let node_seconds = took.as_secs_f64() * f64::from(u32::try_from(size).unwrap_or(u32::MAX));
    let each =
        |place: usize| local::figure(after[place].saturating_sub(before[place])) / node_seconds;
    let cpu = used.as_secs_f64() * 1e3 / node_seconds;
    report.figure(
        "processor time",
        cpu,
        "ms/s a node",
        "target 0.06; kinship 0.16-0.22, Go 0.365",
    );
    report.figure("datagrams sent", each(0), "/s a node", "two for each probe");
    report.figure("bytes of datagrams sent", each(1), "B/s a node", "");
    report.figure("bytes of streams sent", each(2), "B/s a node", "");
    report.figure("probes", each(3), "/s a node", "one a second");
    report.figure("exchanges opened", each(4), "/s a node", "");
    report.figure(
        "suspicions",
        each(5),
        "/s a node",
        "none where nothing happens",
    );
    let seen = format!("{cpu:.4} ms/s");
    report.holds(
        "cpu",
        &format!("at most {TARGET} ms of processor time per node and second"),
        cpu <= TARGET,
        &seen,
    );
    Ok(())
}

fn counts(nodes: &[Cluster]) -> [u64; COUNTERS.len()] {
    COUNTERS.map(|name| local::total(nodes, name))
}
