//! Many nodes start at once from one address: none comes up alone, all know all within seconds.

use std::time::{Duration, Instant};

use swim_smol::{Cluster, Config};

use crate::local;
use crate::report::{Report, Stop};

const WITHIN: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(60);
const RUNS: usize = 5;

/// What one run came to.
struct Run {
    /// From the first start to the last view that is whole.
    took: Option<Duration>,
    /// Nodes that know nobody at the end.
    alone: usize,
    bytes: u64,
    seed_bytes: u64,
    deferred: u64,
    failed: u64,
}

/// Holds the trial.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report, size: usize) -> Result<(), Stop> {
    let runs = (0..RUNS)
        .map(|_| storm(size))
        .collect::<Result<Vec<_>, _>>()?;
    let alone: usize = runs.iter().map(|run| run.alone).sum();
    let seen = format!("{alone} alone in {RUNS} runs");
    report.holds("alone", "none comes up alone", alone == 0, &seen);
    let mut times: Vec<_> = runs
        .iter()
        .map(|run| run.took.unwrap_or(Duration::MAX))
        .collect();
    times.sort_unstable();
    let median = times[RUNS / 2];
    let seen = times
        .iter()
        .map(|time| words(*time))
        .collect::<Vec<_>>()
        .join(", ");
    let took = (median < Duration::MAX).then_some(median);
    let expected = format!("all {size} know all {size} (median of {RUNS} runs)");
    report.within(
        "storm",
        &expected,
        WITHIN,
        took,
        &format!("runs took {seen}"),
    );
    let middle = |of: fn(&Run) -> u64| {
        let mut values: Vec<_> = runs.iter().map(of).collect();
        values.sort_unstable();
        local::figure(values[RUNS / 2])
    };
    let each = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
    report.figure(
        "sent by each until whole",
        middle(|run| run.bytes) / each / 1e3,
        "kB",
        "target 115; kinship 503 at 1,024",
    );
    report.figure(
        "sent by the seed until whole",
        middle(|run| run.seed_bytes) / 1e6,
        "MB",
        "target 2",
    );
    report.figure("joins that heard busy", middle(|run| run.deferred), "", "");
    report.figure(
        "exchanges that failed",
        middle(|run| run.failed),
        "",
        "busy answers included",
    );
    Ok(())
}

fn storm(size: usize) -> Result<Run, Stop> {
    let seed = local::start(local::node("n0", Config::LAN))?;
    let address = seed.local_addr().to_string();
    let began = Instant::now();
    let mut nodes = vec![seed];
    for number in 1..size {
        let node = local::node(&format!("n{number}"), Config::LAN);
        nodes.push(local::start(node.seed(&address))?);
    }
    let took = local::wait_for_all(&nodes, size, began, PATIENCE);
    Ok(Run {
        took,
        alone: nodes.iter().filter(|node| local::alive(node) < 2).count(),
        bytes: sent(&nodes),
        seed_bytes: sent(&nodes[..1]),
        deferred: local::total(&nodes, "joins_deferred"),
        failed: local::total(&nodes, "exchanges_failed"),
    })
}

/// Bytes of datagrams and streams.
fn sent(nodes: &[Cluster]) -> u64 {
    local::total(nodes, "datagram_bytes_sent") + local::total(nodes, "stream_bytes_sent")
}

fn words(time: Duration) -> String {
    if time == Duration::MAX {
        "for ever".to_owned()
    } else {
        crate::report::text(time)
    }
}
