//! Stories of members that die, and of members that only seem to.

use std::time::Duration;

use swim_core::{Event, State};
use swim_sim::{Chance, Figures, Sim};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn a_crash_is_known_to_all_sixteen_within_twelve_seconds() {
    let figures = Figures::over(0..40, |seed| {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        sim.node("g").crash();
        let took = sim
            .run_until(|sim| sim.each().holds("g", State::Dead), secs(30))
            .unwrap();
        assert_eq!(sim.false_deaths().count(), 0);
        assert!(sim.violations().is_empty(), "{sim}");
        took
    });
    println!("a crash known to all of 16: {figures}");
    assert!(figures.most() < secs(12), "{figures}");
}

#[test]
fn a_crash_is_known_to_all_sixty_four_in_about_seven_seconds() {
    let figures = Figures::over(0..20, |seed| {
        let mut sim = Sim::builder(seed).nodes(64).settled();
        sim.node("g").crash();
        let took = sim
            .run_until(|sim| sim.each().holds("g", State::Dead), secs(30))
            .unwrap();
        assert_eq!(sim.false_deaths().count(), 0);
        took
    });
    println!("a crash known to all of 64: {figures}");
    assert!(
        figures.median() < millis(7_500) && figures.percentile(90) < secs(11),
        "{figures}"
    );
}

#[test]
fn whoever_is_suspected_falsely_refutes_and_lives() {
    let mut refuted = 0;
    for seed in 0..10 {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        // Long enough for somebody to suspect it, too short for anybody to bury it.
        let cut = sim.between(.., "d").cut_for(millis(2_500));
        sim.run_for(secs(30));
        assert!(sim.fired(cut) > 0);
        let count = |kind: fn(&Event<_>) -> bool| {
            sim.told().iter().filter(|told| kind(&told.event)).count()
        };
        let suspected = count(|event| matches!(event, Event::Suspected(_)));
        refuted += count(|event| matches!(event, Event::Refuted(_)));
        assert!(sim.each().knows(16), "{sim}");
        assert_eq!(
            sim.told()
                .iter()
                .filter(|told| told.death_of().is_some())
                .count(),
            0,
            "{suspected} suspected\n{sim}"
        );
        assert!(sim.violations().is_empty(), "{sim}");
    }
    println!("{refuted} suspicions refuted in 10 seeds");
    assert!(refuted >= 10, "{refuted} refutations prove little");
}

#[test]
fn thirty_percent_loss_for_a_minute_kills_nobody() {
    for seed in 0..4 {
        let mut sim = Sim::builder(seed).nodes(32).watched().settled();
        let before = sim.traffic();
        let loss = sim.link(.., ..).lose(Chance::percent(30));
        sim.run_for(secs(60));
        let bytes = sim.traffic().bytes - before.bytes;
        println!(
            "30 % loss, 32 nodes, seed {seed}: {} B/s a node, {} lost",
            bytes / 60 / 32,
            sim.fired(loss)
        );
        sim.heal();
        assert!(sim.fired(loss) > 1_000);
        assert_eq!(
            sim.told()
                .iter()
                .filter(|told| told.death_of().is_some())
                .count(),
            0,
            "{sim}"
        );
        sim.run_for(secs(20));
        assert!(sim.each().knows(32) && sim.violations().is_empty(), "{sim}");
        assert!(sim.tally().is_whole());
    }
}

#[test]
fn a_freeze_of_three_seconds_kills_nobody() {
    for seed in 0..20 {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        sim.node("e").freeze_for(secs(3));
        sim.run_for(secs(30));
        assert_eq!(
            sim.told()
                .iter()
                .filter(|told| told.death_of().is_some())
                .count(),
            0,
            "seed {seed}\n{sim}"
        );
        assert!(
            sim.each().knows(8) && sim.violations().is_empty(),
            "seed {seed}\n{sim}"
        );
    }
}

#[test]
fn p1_whoever_was_frozen_for_a_minute_is_dead_then_back_at_once_and_buries_nobody() {
    let figures = Figures::over(0..20, |seed| {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        sim.node("e").freeze_for(secs(60));
        sim.run_for(secs(59));
        assert!(sim.each().but("e").holds("e", State::Dead), "{sim}");
        sim.run_for(secs(1));
        let took = sim.run_until(|sim| sim.each().knows(8), secs(10)).unwrap();
        sim.run_for(secs(30));
        assert!(
            sim.each().knows(8) && sim.violations().is_empty(),
            "seed {seed}\n{sim}"
        );
        assert_eq!(
            sim.false_deaths().count(),
            0,
            "it buried somebody: seed {seed}\n{sim}"
        );
        took
    });
    println!("back after a freeze of a minute: {figures}");
    assert!(figures.most() < secs(2), "{figures}");
}

#[test]
fn p13_a_node_deaf_for_thirty_seconds_buries_nobody_and_is_not_buried() {
    let figures = Figures::over(0..10, |seed| {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        let deaf = sim.link(.., "d").cut_for(secs(30));
        sim.run_for(secs(30));
        assert!(sim.fired(deaf) > 0);
        let deaf_host = 3;
        for death in sim.told().iter().filter(|told| told.death_of().is_some()) {
            let dead = death.death_of().unwrap();
            assert_eq!(
                format!("{dead:?}"),
                "d",
                "seed {seed}: {} buried by {}",
                format_args!("{dead:?}"),
                death.by
            );
            assert_ne!(
                death.by, deaf_host,
                "seed {seed}: the deaf node buried {dead:?}"
            );
        }
        let took = sim.run_until(|sim| sim.each().knows(8), secs(10)).unwrap();
        sim.run_for(secs(20));
        assert!(
            sim.each().knows(8) && sim.violations().is_empty(),
            "seed {seed}\n{sim}"
        );
        took
    });
    println!("whole again after a member was deaf for 30 s: {figures}");
    assert!(figures.most() < secs(5), "{figures}");
}
