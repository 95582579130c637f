//! An agent is killed and started again under its name: twice within a second, and at a new address.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{ANY_PORT, Cluster};
use crate::report::{Report, Stop};
use crate::sky::{Look, State};

const WITHIN_RETURN: Duration = Duration::from_secs(2);
/// How long a death of the old life is waited for: longer than its suspicion would last.
const AFTERMATH: Duration = Duration::from_secs(12);
/// How long the cluster lived before.
const BEFORE: Duration = Duration::from_secs(12);

const VICTIM: &str = "n5";

/// Holds the trial.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report) -> Result<(), Stop> {
    let mut cluster = Cluster::new()?;
    let last = cluster.form(8)?;
    cluster.all_know_all(report, "join", (last, WITHIN_RETURN));
    // Past the first seconds, when everybody asks everybody for news.
    thread::sleep(BEFORE);

    let old = cluster.agent(VICTIM)?.bind;
    let first_death = Instant::now();
    cluster.take(VICTIM)?.kill()?;
    cluster.start(VICTIM, old, Some("n1"))?;
    cluster.take(VICTIM)?.kill()?;
    let second = Instant::now();
    cluster.start(VICTIM, old, Some("n1"))?;
    report.holds(
        "twice",
        "two deaths and two starts within a second",
        second.duration_since(first_death) < Duration::from_secs(1),
        &format!(
            "{:?} between the first death and the second start",
            second.duration_since(first_death)
        ),
    );
    back(&cluster, report, "back", second)?;
    thread::sleep(AFTERMATH);
    cluster.nobody_dead(report, "nobody was listed dead by anybody", |_| true);

    cluster.take(VICTIM)?.kill()?;
    let moved = Instant::now();
    cluster.start(VICTIM, ANY_PORT, Some("n1"))?;
    back(&cluster, report, "elsewhere", moved)?;
    thread::sleep(AFTERMATH);
    cluster.nobody_dead(report, "nobody was listed dead by anybody", |_| true);
    cluster.end(report);
    Ok(())
}

/// All list it alive, in its present life and at its present address, and it lists all.
fn back(
    cluster: &Cluster,
    report: &mut Report,
    step: &'static str,
    since: Instant,
) -> Result<(), Stop> {
    let names = cluster.names();
    let addr = cluster.agent(VICTIM)?.bind;
    let knowing = |look: &Look<'_>| {
        names
            .iter()
            .filter(|observer| knows(look, observer, addr))
            .count()
    };
    let all = names.len();
    let so = |look: &Look<'_>| {
        knowing(look) == all && look.count(&names, &names, State::Alive) == all * all
    };
    let took = cluster.sky.wait(since, WITHIN_RETURN * 10, so);
    let seen = cluster.sky.look(since, |look| {
        let alive = look.count(&names, &names, State::Alive);
        format!(
            "{} of {all} know its new life, {alive} of {} views say alive",
            knowing(look),
            all * all
        )
    });
    let expected =
        format!("all {all} list {VICTIM} alive at {addr} in its new life, and it lists all");
    report.within(step, &expected, WITHIN_RETURN, took, &seen);
    cluster.one_digest(report);
    Ok(())
}

/// Its own word says which life that is.
fn knows(look: &Look<'_>, observer: &str, addr: SocketAddr) -> bool {
    let own = look.member(VICTIM, VICTIM);
    let listed = look.member(observer, VICTIM);
    listed.is_some()
        && listed == own
        && listed.is_some_and(|listed| listed.addr == addr && listed.state == State::Alive)
}
