//! Two groups of four, cut from each other: each buries the other, and when the cut ends all are whole again, by
//! themselves; also when the only seed was dead by then.

use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::report::{Report, Stop};
use crate::rooms::{self, Room};
use crate::sky::State;

const WITHIN_JOIN: Duration = Duration::from_millis(1_500);
const WITHIN_DEATH: Duration = Duration::from_secs(10);
const WITHIN_HEALING: Duration = Duration::from_secs(3);
/// The cluster lives for that long before the cut.
const BEFORE: Duration = Duration::from_secs(12);

const GROUP: u8 = 4;

/// Holds the trial; each cut lasts for `time`.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report, time: Duration) -> Result<(), Stop> {
    rooms::build_bridge()?;
    report.say(" with the seed among them:");
    split(report, time, None)?;
    report.say(" the only seed, a ninth, dies before the cut:");
    split(report, time, Some(Room::build(3, 9)?))
}

/// The two sides, each in rooms of its own.
struct Sides {
    rooms: [Vec<Room>; 2],
    names: [Vec<String>; 2],
}

const SUBNETS: [&str; 2] = ["10.79.1.0/24", "10.79.2.0/24"];

fn split(report: &mut Report, time: Duration, seed: Option<Room>) -> Result<(), Stop> {
    let mut cluster = Cluster::new()?;
    let (sides, last) = form(&mut cluster, seed.as_ref())?;
    cluster.all_know_all(report, "join", (last, WITHIN_JOIN));
    thread::sleep(BEFORE);
    if seed.is_some() {
        let killed = Instant::now();
        cluster.take("seed")?.kill()?;
        let victim = ["seed".to_owned()];
        cluster.all_list(
            report,
            "seed",
            (&cluster.names(), &victim, State::Dead),
            (killed, WITHIN_DEATH),
        );
    }

    let cut = Instant::now();
    for (rooms, other) in sides.rooms.iter().zip([SUBNETS[1], SUBNETS[0]]) {
        rooms.iter().try_for_each(|room| room.deafen(other))?;
    }
    let [here, there] = &sides.names;
    cluster.all_list(report, "here", (here, there, State::Dead), (cut, time));
    cluster.all_list(report, "there", (there, here, State::Dead), (cut, time));
    thread::sleep(time.saturating_sub(cut.elapsed()));
    cluster.all_list(
        report,
        "own side",
        (here, here, State::Alive),
        (Instant::now(), WITHIN_JOIN),
    );
    cluster.all_list(
        report,
        "own side",
        (there, there, State::Alive),
        (Instant::now(), WITHIN_JOIN),
    );

    let healed = Instant::now();
    for (rooms, other) in sides.rooms.iter().zip([SUBNETS[1], SUBNETS[0]]) {
        rooms.iter().try_for_each(|room| room.cure(other))?;
    }
    cluster.all_know_all(report, "healing", (healed, WITHIN_HEALING));
    cluster.one_digest(report);
    let across = |a: &str, b: &str| here.contains(&a.to_owned()) != here.contains(&b.to_owned());
    cluster.nobody_dead(
        report,
        "nobody was listed dead by its own side",
        |sighting| sighting.member != "seed" && !across(&sighting.observer, &sighting.member),
    );
    cluster.end(report);
    Ok(())
}

/// Four agents on each side, and the moment of the last start. They join through the seed, or else through the first.
fn form(cluster: &mut Cluster, seed: Option<&Room>) -> Result<(Sides, Instant), Stop> {
    let (mut here, mut names) = (Vec::new(), Vec::new());
    if let Some(room) = seed {
        cluster.start_in(room, "seed", None)?;
    }
    let mut last = Instant::now();
    for (group, number) in [1, 2]
        .into_iter()
        .flat_map(|group| (1..=GROUP).map(move |number| (group, number)))
    {
        let room = Room::build(group, number)?;
        let name = format!("n{group}{number}");
        last = Instant::now();
        cluster.start_in(&room, &name, seed.or_else(|| here.first()))?;
        here.push(room);
        names.push(name);
    }
    let half = usize::from(GROUP);
    let rooms = {
        let there = here.split_off(half);
        [here, there]
    };
    let names = {
        let there = names.split_off(half);
        [names, there]
    };
    Ok((Sides { rooms, names }, last))
}
