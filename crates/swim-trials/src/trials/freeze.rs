//! An agent stands still for a minute: it is found dead, and when it goes on it is back by itself and accuses nobody.

use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::report::{Report, Stop};
use crate::sky::State;

const WITHIN_JOIN: Duration = Duration::from_millis(1_500);
const WITHIN_DEATH: Duration = Duration::from_secs(10);
const WITHIN_RETURN: Duration = Duration::from_secs(2);
/// How long a late verdict of the thawed one is waited for.
const AFTERMATH: Duration = Duration::from_secs(12);

const FROZEN: &str = "n5";

/// Holds the trial; the freeze lasts for `time`.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report, time: Duration) -> Result<(), Stop> {
    let mut cluster = Cluster::new()?;
    let last = cluster.form(8)?;
    cluster.all_know_all(report, "join", (last, WITHIN_JOIN));

    let frozen = Instant::now();
    cluster.agent(FROZEN)?.freeze()?;
    let others = cluster.names_but(&[FROZEN]);
    let victim = [FROZEN.to_owned()];
    cluster.all_list(
        report,
        "death",
        (&others, &victim, State::Dead),
        (frozen, WITHIN_DEATH),
    );
    thread::sleep(time.saturating_sub(frozen.elapsed()));

    let thawed = Instant::now();
    cluster.agent(FROZEN)?.thaw()?;
    cluster.all_know_all(report, "back", (thawed, WITHIN_RETURN));
    cluster.one_digest(report);
    thread::sleep(AFTERMATH);
    let expected = format!("nobody was listed dead but {FROZEN}, and it listed nobody dead");
    cluster.nobody_dead(report, &expected, |sighting| {
        sighting.member != FROZEN || sighting.observer == FROZEN
    });
    cluster.end(report);
    Ok(())
}
