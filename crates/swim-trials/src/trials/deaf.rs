//! One agent of eight hears nothing, but is heard: it may be lost for a while, and must take nobody with it.

use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::report::{Report, Stop};
use crate::rooms::{self, Room};
use crate::sky::State;

const WITHIN_JOIN: Duration = Duration::from_millis(1_500);
const WITHIN_HEALING: Duration = Duration::from_secs(5);
/// The cluster lives for that long before; and a late verdict is waited for that long afterwards.
const BEFORE: Duration = Duration::from_secs(12);
const AFTERMATH: Duration = Duration::from_secs(12);

const DEAF: &str = "n5";
/// Where everybody is but this program.
const EVERYBODY: &str = "10.79.1.0/24";

/// Holds the trial; one agent is deaf for `time`.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report, time: Duration) -> Result<(), Stop> {
    rooms::build_bridge()?;
    let mut cluster = Cluster::new()?;
    let mut built: Vec<Room> = Vec::new();
    let mut last = Instant::now();
    for number in 1..=8 {
        let room = Room::build(1, number)?;
        last = Instant::now();
        cluster.start_in(&room, &format!("n{number}"), built.first())?;
        built.push(room);
    }
    cluster.all_know_all(report, "join", (last, WITHIN_JOIN));
    thread::sleep(BEFORE);

    let deaf = &built[4];
    let began = Instant::now();
    deaf.deafen(EVERYBODY)?;
    thread::sleep(time.saturating_sub(began.elapsed()));
    let dead = cluster
        .sky
        .ever(State::Dead, |sighting| sighting.member == DEAF)
        .len();
    let healed = Instant::now();
    deaf.cure(EVERYBODY)?;
    cluster.all_know_all(report, "healing", (healed, WITHIN_HEALING));
    cluster.one_digest(report);
    thread::sleep(AFTERMATH);
    cluster.nobody_dead(
        report,
        "none of the seven was listed dead by any of the seven",
        |sighting| sighting.member != DEAF && sighting.observer != DEAF,
    );
    let own = cluster
        .sky
        .ever(State::Dead, |sighting| sighting.observer == DEAF)
        .len();
    report.say(&format!(
        "  (the deaf one was listed dead by {dead} of 7, and listed {own} dead itself)"
    ));
    cluster.end(report);
    Ok(())
}
