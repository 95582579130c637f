//! What the stories are told with.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use swim_smol::{Builder, Cluster, Config, Event, EventKind, Events, State};

/// How long anything may take before a story fails: far more than it takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The LAN profile, ten times as fast.
pub(crate) const QUICK: Config = Config::LAN.faster(10);

pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Says what this machine can't test, past the capture of the tests' output: `.ci/run` counts such lines.
pub(crate) fn skip(what: &str) {
    // Who can't be told has no use for it.
    let _ = writeln!(io::stderr(), "SKIP {what}");
}

/// Settings of a quick node on any port of this machine.
pub(crate) fn node(name: &str) -> Builder {
    Cluster::builder(name).bind(ANY_PORT).config(QUICK)
}

/// A quick node, running, without seeds.
pub(crate) fn start(name: &str) -> Cluster {
    node(name).start_blocking().expect("starts")
}

/// A quick node that joins through another.
pub(crate) fn start_beside(name: &str, seed: &Cluster) -> Cluster {
    let seed = seed.local_addr().to_string();
    node(name).seed(seed).start_blocking().expect("starts")
}

/// A node at a port that was free a moment ago: another story may have been given it meanwhile, and gives it back.
pub(crate) fn start_at(settings: &Builder) -> Cluster {
    let mut node = None;
    wait_until("the port is free", || {
        node = settings.clone().start_blocking().ok();
        node.is_some()
    });
    node.expect("started")
}

/// That many nodes, `n0` to `n…`, each alive on each.
pub(crate) fn form(size: usize) -> Vec<Cluster> {
    let mut nodes = vec![start("n0")];
    for number in 1..size {
        nodes.push(start_beside(&format!("n{number}"), &nodes[0]));
    }
    wait_until("all know all", || {
        nodes.iter().all(|node| alive(node) == size)
    });
    nodes
}

/// How many members a node holds alive, itself included.
pub(crate) fn alive(node: &Cluster) -> usize {
    let is_alive = |member: &swim_smol::Member| member.state == State::Alive;
    node.members()
        .iter()
        .filter(|member| is_alive(member))
        .count()
}

/// What a node holds of a member.
pub(crate) fn state(node: &Cluster, name: &str) -> Option<State> {
    node.member(name).map(|member| member.state)
}

/// A counter by name.
pub(crate) fn counter(node: &Cluster, name: &str) -> u64 {
    let counters = node.info().counters;
    let found = counters.iter().find(|(counter, _)| *counter == name);
    found.unwrap_or_else(|| panic!("no counter {name}")).1
}

/// Waits until this is so, and says how long that took.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(Duration::from_millis(2));
    }
    start.elapsed()
}

/// For this long it must stay so.
#[track_caller]
pub(crate) fn stays(what: &str, time: Duration, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while start.elapsed() < time {
        assert!(so(), "no more so: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// All events that wait.
pub(crate) fn drain(events: &mut Events) -> Vec<Event> {
    std::iter::from_fn(|| events.try_next()).collect()
}

/// The names in events of this kind.
pub(crate) fn names(events: &[Event], kind: EventKind) -> Vec<&str> {
    let of_kind = events.iter().filter(|event| event.kind == kind);
    of_kind.map(|event| event.member.name.as_str()).collect()
}
