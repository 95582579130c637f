//! Eight agents on loopback: they meet, lose one to SIGKILL, take it back, wait for one that sleeps, part with one.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::http;
use crate::report::{Report, Stop};
use crate::sky::State;

const WITHIN_JOIN: Duration = Duration::from_millis(1_500);
const WITHIN_DEATH: Duration = Duration::from_secs(10);
const WITHIN_RETURN: Duration = Duration::from_secs(2);
const WITHIN_LEAVE: Duration = Duration::from_secs(1);
const WITHIN_END: Duration = Duration::from_secs(6);
/// How long the sleeper sleeps, and how long after that a late accusation is waited for: longer than a suspicion lasts.
const SLEEP: Duration = Duration::from_secs(3);
const AFTERMATH: Duration = Duration::from_secs(12);

/// The one that is killed, the one that sleeps, the one that leaves.
const VICTIM: &str = "n5";
const SLEEPER: &str = "n3";
const LEAVER: &str = "n7";

/// Holds the trial.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report) -> Result<(), Stop> {
    let mut cluster = Cluster::new()?;
    let last = cluster.form(8)?;
    cluster.all_know_all(report, "join", (last, WITHIN_JOIN));
    cluster.one_digest(report);
    die_and_return(&mut cluster, report)?;
    sleep(&cluster, report)?;
    leave(&mut cluster, report)?;
    let expected = format!("nobody but {VICTIM} was ever listed dead by anybody");
    cluster.nobody_dead(report, &expected, |sighting| sighting.member != VICTIM);
    let suspected = cluster
        .sky
        .ever(State::Suspect, |sighting| sighting.member != VICTIM)
        .len();
    report.figure(
        "suspicions of the living",
        as_number(suspected),
        "",
        "the sleeper's included",
    );
    cluster.end(report);
    Ok(())
}

fn die_and_return(cluster: &mut Cluster, report: &mut Report) -> Result<(), Stop> {
    let old = cluster.agent(VICTIM)?.bind;
    let killed = Instant::now();
    cluster.take(VICTIM)?.kill()?;
    let victim = [VICTIM.to_owned()];
    cluster.all_list(
        report,
        "death",
        (&cluster.names(), &victim, State::Dead),
        (killed, WITHIN_DEATH),
    );
    cluster.one_digest(report);
    let back = Instant::now();
    cluster.start(VICTIM, old, Some("n1"))?;
    cluster.all_know_all(report, "return", (back, WITHIN_RETURN));
    cluster.one_digest(report);
    Ok(())
}

fn sleep(cluster: &Cluster, report: &mut Report) -> Result<(), Stop> {
    let sleeper = cluster.agent(SLEEPER)?;
    sleeper.freeze()?;
    thread::sleep(SLEEP);
    sleeper.thaw()?;
    let thawed = Instant::now();
    thread::sleep(AFTERMATH);
    let expected = format!("nobody is listed dead by anybody though {SLEEPER} slept for {SLEEP:?}");
    cluster.nobody_dead(report, &expected, |sighting| sighting.member != VICTIM);
    cluster.all_know_all(report, "awake", (thawed + AFTERMATH, WITHIN_JOIN));
    cluster.one_digest(report);
    Ok(())
}

fn leave(cluster: &mut Cluster, report: &mut Report) -> Result<(), Stop> {
    let mut leaver = cluster.take(LEAVER)?;
    let control = leaver.control;
    let left = Instant::now();
    let goodbye = thread::spawn(move || http::post::<Value>(control, "/v1/leave"));
    let leavers = [LEAVER.to_owned()];
    cluster.all_list(
        report,
        "leave",
        (&cluster.names(), &leavers, State::Left),
        (left, WITHIN_LEAVE),
    );
    let said = goodbye
        .join()
        .unwrap_or_else(|_| Err(std::io::Error::other("a panic")));
    said.map_err(|error| Stop::failed("cannot leave", &error))?;
    let ended = leaver.end(WITHIN_END);
    let took = ended.map(|_| left.elapsed());
    let seen = ended.map_or_else(|| "it runs on".to_owned(), |status| status.to_string());
    let good = ended.is_some_and(|status| status.success());
    report.within(
        "end",
        "the agent that left ends with 0",
        WITHIN_END,
        took.filter(|_| good),
        &seen,
    );
    cluster.one_digest(report);
    Ok(())
}

fn as_number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
