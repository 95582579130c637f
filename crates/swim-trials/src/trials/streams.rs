//! A thousand streams at once, and streams that drip: each costs a counter and a bounded time, and nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use swim_smol::{Cluster, Config, EventKind, Events};

use crate::local;
use crate::process::{cpu_time, resident};
use crate::report::{Report, Stop};

const STREAMS: usize = 1_000;
const NODES: usize = 4;
/// Files that both ends of a thousand streams need, and some.
const FILES: u64 = 4_096;
const PATIENCE: Duration = Duration::from_secs(60);
/// A step, and the time in which a stream is ended so that what was said last arrives; twice, to be safe.
const WITHIN_SILENCE: Duration = Duration::from_secs(10);
/// The whole time of a stream, and once more the time to end it.
const WITHIN_DRIP: Duration = Duration::from_millis(12_500);
const WITHIN_JOIN: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(20);
/// A hello of a hundred bytes, which never becomes whole.
const START: [u8; 2] = [1, 100];
/// Bytes that the streams may cost.
const MEMORY: u64 = 16_000_000;

/// Holds the trial.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report) -> Result<(), Stop> {
    allow_files()?;
    let nodes = local::form(NODES, Config::LAN)?;
    let formed = local::wait_for_all(&nodes, NODES, Instant::now(), PATIENCE);
    report.within(
        "join",
        &format!("all {NODES} know all {NODES}"),
        PATIENCE,
        formed,
        "they do",
    );
    let mut events: Vec<_> = nodes.iter().map(Cluster::events).collect();

    let _late = thousand(report, &nodes)?;
    // One byte a minute comes to one byte; one a second keeps each step going, but not the whole.
    drip(
        report,
        &nodes[0],
        "minute",
        Duration::from_secs(60),
        WITHIN_SILENCE,
    )?;
    drip(
        report,
        &nodes[0],
        "second",
        Duration::from_secs(1),
        WITHIN_DRIP,
    )?;

    let accused = events.iter_mut().map(accusations).sum::<usize>();
    let whole = nodes
        .iter()
        .filter(|node| local::alive(node) == NODES + 1)
        .count();
    let seen = format!(
        "{accused} accusations, {whole} of {NODES} nodes list all {} alive",
        NODES + 1
    );
    report.holds(
        "unmoved",
        "nobody was suspected or found dead meanwhile",
        accused == 0 && whole == NODES,
        &seen,
    );
    Ok(())
}

/// The node that joined meanwhile stays: that it is listed alive at the end is part of the trial.
fn thousand(report: &mut Report, nodes: &[Cluster]) -> Result<Cluster, Stop> {
    let victim = &nodes[0];
    let before = |name| local::counter(victim, name);
    let counters = ["streams_accepted", "streams_refused", "streams_timed_out"];
    let old = counters.map(before);
    let memory = own_memory();
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let stream = TcpStream::connect(victim.local_addr())
            .map_err(|error| Stop::failed("cannot connect", &error))?;
        stream
            .set_nonblocking(true)
            .map_err(|error| Stop::failed("cannot look at a stream", &error))?;
        streams.push(stream);
    }
    let joiner =
        local::start(local::node("late", Config::LAN).seed(victim.local_addr().to_string()))?;
    let (mut joined, mut most) = (None, memory);
    let over = local::wait(began, PATIENCE, || {
        most = most.max(own_memory());
        if joined.is_none() && local::alive(&joiner) == NODES + 1 {
            joined = Some(began.elapsed());
        }
        thread::sleep(GLANCE);
        streams.retain_mut(|stream| !is_over(stream));
        streams.is_empty()
    });
    let used = cpu_time().saturating_sub(cpu);
    let joined =
        joined.or_else(|| local::wait(began, PATIENCE, || local::alive(&joiner) == NODES + 1));
    let seen = format!("{} are left", streams.len());
    report.within(
        "thousand",
        &format!("{STREAMS} silent streams at once are all ended"),
        WITHIN_SILENCE,
        over,
        &seen,
    );
    report.within(
        "late",
        "a node that joins meanwhile is in",
        WITHIN_JOIN,
        joined,
        "it is",
    );
    let [accepted, refused, timed_out] = [0, 1, 2].map(|at| before(counters[at]) - old[at]);
    let seen = format!("{accepted} served, {refused} refused, {timed_out} timed out");
    let counted = accepted + refused >= 1_000 && refused > 0 && timed_out > 0;
    report.holds(
        "counted",
        "each is counted: served and timed out, or refused",
        counted,
        &seen,
    );
    let cost = most.saturating_sub(memory);
    report.holds(
        "memory",
        &format!("at most {MEMORY} bytes for all of them"),
        cost <= MEMORY,
        &format!("{cost} bytes more"),
    );
    report.figure(
        "processor time, both ends",
        used.as_secs_f64() * 1e3,
        "ms",
        "",
    );
    Ok(joiner)
}

/// One stream that sends a byte now and then; it must be ended in time.
fn drip(
    report: &mut Report,
    victim: &Cluster,
    name: &'static str,
    pause: Duration,
    within: Duration,
) -> Result<(), Stop> {
    let old = local::counter(victim, "streams_timed_out");
    let mut stream = TcpStream::connect(victim.local_addr())
        .map_err(|error| Stop::failed("cannot connect", &error))?;
    stream
        .set_nonblocking(true)
        .map_err(|error| Stop::failed("cannot look at a stream", &error))?;
    let (began, mut sent) = (Instant::now(), 0_u32);
    let over = local::wait(began, PATIENCE, || {
        if began.elapsed() >= pause * sent {
            // A stream that is over is noticed below.
            let _ = stream.write(&[START.get(sent as usize).copied().unwrap_or(0)]);
            sent += 1;
        }
        is_over(&mut stream)
    });
    let counted = local::wait(Instant::now(), Duration::from_secs(1), || {
        local::counter(victim, "streams_timed_out") > old
    });
    let expected = format!("a stream that sends a byte a {name} is ended and counted");
    let seen = format!(
        "after {sent} bytes, {}",
        if counted.is_some() {
            "counted"
        } else {
            "not counted"
        }
    );
    report.within(
        name,
        &expected,
        within,
        over.filter(|_| counted.is_some()),
        &seen,
    );
    Ok(())
}

/// Whether the other side has ended it.
fn is_over(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 256]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

fn accusations(events: &mut Events) -> usize {
    let told = std::iter::from_fn(|| events.try_next());
    told.filter(|event| matches!(event.kind, EventKind::Suspect | EventKind::Dead))
        .count()
}

fn own_memory() -> u64 {
    resident(std::process::id()).map_or(0, |(whole, _)| whole)
}

/// Both ends of every stream are files of this process.
fn allow_files() -> Result<(), Stop> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= FILES) {
        return Ok(());
    }
    let wanted = Rlimit {
        current: Some(FILES),
        maximum,
    };
    setrlimit(Resource::Nofile, wanted)
        .map_err(|error| Stop::Skip(format!("{FILES} open files are needed: {error}")))
}
