//! Nodes of swim-smol in this very process.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use swim_core::wire::Envelope;
use swim_smol::{Builder, Cluster, Config};

use crate::report::Stop;

/// The label of these nodes' cluster.
const LABEL: &str = "swim-trials";
/// How its datagrams are wrapped.
pub(crate) const ENVELOPE: Envelope<'static> = match Envelope::new(LABEL.as_bytes()) {
    Ok(envelope) => envelope,
    Err(_) => panic!("the label is short"),
};
/// How often one looks.
const GLANCE: Duration = Duration::from_millis(2);

/// A node on any port of this machine.
pub(crate) fn node(name: &str, config: Config) -> Builder {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Cluster::builder(name)
        .bind(any_port)
        .config(config)
        .label(LABEL)
}

/// Starts it.
///
/// # Errors
/// It does not start.
pub(crate) fn start(node: Builder) -> Result<Cluster, Stop> {
    node.start_blocking()
        .map_err(|error| Stop::failed("a node does not start", &error))
}

/// `n0` to `n…`, all but the first joining through the first.
///
/// # Errors
/// One of them does not start.
pub(crate) fn form(size: usize, config: Config) -> Result<Vec<Cluster>, Stop> {
    let first = start(node("n0", config))?;
    let seed = first.local_addr().to_string();
    let mut nodes = vec![first];
    for number in 1..size {
        nodes.push(start(node(&format!("n{number}"), config).seed(&seed))?);
    }
    Ok(nodes)
}

/// How many members a node holds alive, itself included.
pub(crate) fn alive(node: &Cluster) -> usize {
    usize::try_from(node.info().counts.alive).unwrap_or(usize::MAX)
}

/// A counter of one node.
pub(crate) fn counter(node: &Cluster, name: &str) -> u64 {
    let counters = node.info().counters;
    let found = counters.into_iter().find(|(counter, _)| *counter == name);
    found.map_or(0, |(_, count)| count)
}

/// A counter of all nodes together.
pub(crate) fn total(nodes: &[Cluster], name: &str) -> u64 {
    nodes.iter().map(|node| counter(node, name)).sum()
}

/// Waits until it is so; how long after `since` that was, or `None` if patience ended.
pub(crate) fn wait(
    since: Instant,
    patience: Duration,
    mut so: impl FnMut() -> bool,
) -> Option<Duration> {
    loop {
        if so() {
            return Some(since.elapsed());
        }
        if since.elapsed() > patience {
            return None;
        }
        thread::sleep(GLANCE);
    }
}

/// Waits until it is so, and stays so for a while; how long after `since` that began, or `None` if patience ended.
pub(crate) fn wait_to_stay(
    since: Instant,
    patience: Duration,
    stays: Duration,
    mut so: impl FnMut() -> bool,
) -> Option<Duration> {
    let mut so_since = None;
    loop {
        if so() {
            let began: Instant = *so_since.get_or_insert_with(Instant::now);
            if began.elapsed() >= stays {
                return Some(began - since);
            }
        } else {
            so_since = None;
            if since.elapsed() > patience {
                return None;
            }
        }
        thread::sleep(GLANCE);
    }
}

/// Waits until each holds so many members alive. Each is asked until it does, then the next: asking costs time too.
pub(crate) fn wait_for_all(
    nodes: &[Cluster],
    members: usize,
    since: Instant,
    patience: Duration,
) -> Option<Duration> {
    for node in nodes {
        wait(since, patience, || alive(node) == members)?;
    }
    Some(since.elapsed()).filter(|_| nodes.iter().all(|node| alive(node) == members))
}

/// A count as a figure.
pub(crate) fn figure(count: u64) -> f64 {
    // Counts beyond 2⁵³ don't happen in a trial.
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
