//! The same seed and the same calls give the same run, whatever is looked at on the way.

use std::time::Duration;

use swim_sim::{Builder, Chance, Delay, Sim};

/// A minute of everything: joins, loss, copies, a crash, a restart elsewhere, a freeze, a clock that jumps, a leave.
fn run(builder: Builder) -> Sim {
    let mut sim = builder.start_within(Duration::from_secs(1));
    sim.run_for(Duration::from_secs(10));
    sim.link(.., ..).lose(Chance::percent(20));
    sim.link(.., ..).duplicate(Chance::percent(5), Delay::LAN);
    sim.between("b", "c").cut_for(Duration::from_secs(9));
    sim.node("d").crash();
    sim.run_for(Duration::from_secs(15));
    sim.node("d").restart_elsewhere();
    sim.node("e").freeze_for(Duration::from_secs(8));
    sim.node("f").clock_jumps(-3_000);
    sim.run_for(Duration::from_secs(15));
    sim.heal();
    sim.node("g").leave();
    sim.run_for(Duration::from_secs(20));
    sim
}

fn hash(builder: Builder) -> u64 {
    run(builder).trace_hash()
}

const fn eight(seed: u64) -> Builder {
    Sim::builder(seed).nodes(8)
}

#[test]
fn one_seed_is_one_run_and_another_seed_is_another() {
    let first = hash(eight(1));
    assert_ne!(
        first,
        hash(eight(2)),
        "nothing is left over from one run to the next"
    );
    assert_eq!(first, hash(eight(1)));
}

#[test]
fn looking_changes_nothing() {
    let plain = hash(eight(3));
    assert_eq!(plain, hash(eight(3).lines()));
    // Watching calls nodes once more after each drain, and hands them time-outs before their time.
    assert_eq!(plain, hash(eight(3).watched()));
}

#[test]
fn every_datagram_is_accounted_for() {
    let sim = run(eight(4));
    assert!(sim.tally().is_whole(), "{:?}", sim.tally());
    let tally = sim.tally();
    for (what, count) in [
        ("sent", tally.sent),
        ("copied", tally.copied),
        ("delivered", tally.delivered),
        ("lost", tally.lost),
        ("cut", tally.cut),
        ("gone", tally.gone),
    ] {
        assert!(count > 0, "none was {what}: {tally:?}");
    }
}

#[test]
fn the_transcript_tells_who_said_what_to_whom() {
    let sim = run(eight(5).lines());
    for line in [
        "   a -> ", "stream", "* up", "! Crash", "! Thaw", "lost  ", "ping #", "* dead d",
    ] {
        assert!(
            sim.transcript().contains(line),
            "no {line:?} in the transcript"
        );
    }
}

#[test]
fn a_wrong_condition_shows_the_cluster() {
    let mut sim = Sim::cluster(3, 6);
    let never = sim.run_until(|sim| sim.each().knows(4), Duration::from_secs(5));
    let picture = format!("{:?}", never.unwrap_err());
    assert!(picture.starts_with("not within 5s"), "{picture}");
    assert!(picture.contains("10.0.0.2:7946"), "{picture}");
}
