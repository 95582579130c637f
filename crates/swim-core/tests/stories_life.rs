//! Stories of members that come, change, and go in peace.

use std::time::Duration;

use swim_core::{Event, Peer, State};
use swim_sim::{Figures, Sim};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn three_nodes_meet() {
    let figures = Figures::over(0..20, |seed| {
        let mut sim = Sim::cluster(3, seed);
        let took = sim.run_until(|sim| sim.each().knows(3) && sim.each().agrees(), secs(2));
        took.unwrap()
    });
    println!("three nodes meet: {figures}");
    assert!(figures.most() < secs(1), "{figures}");
}

#[test]
fn sixty_four_nodes_that_start_within_a_second_all_know_all_half_a_second_later() {
    let figures = Figures::over(0..4, |seed| {
        let mut sim = Sim::builder(seed).nodes(64).start_within(secs(1));
        sim.run_until(
            |sim| sim.each().count() == 64 && sim.each().knows(64),
            secs(10),
        )
        .unwrap()
    });
    println!("64 joins within a second: {figures}");
    assert!(
        figures.median() <= Duration::from_millis(1_600),
        "{figures}"
    );
}

#[test]
fn a_leave_is_known_to_all_within_a_second_and_is_no_death() {
    let figures = Figures::over(0..20, |seed| {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        sim.node("c").leave();
        let took = sim.run_until(|sim| sim.each().holds("c", State::Left), secs(5));
        let took = took.unwrap();
        sim.run_for(secs(30));
        assert!(sim.each().holds("c", State::Left));
        assert!(
            sim.told().iter().all(|told| told.death_of().is_none()),
            "a leave is no death"
        );
        assert!(sim.violations().is_empty(), "{sim}");
        took
    });
    println!("a leave known to all 15 others: {figures}");
    assert!(figures.most() < secs(1), "{figures}");
}

#[test]
fn whoever_leaves_is_told_when_it_may_go() {
    let mut sim = Sim::builder(1).nodes(5).watched().settled();
    sim.node("c").leave();
    sim.run_for(secs(5));
    let departed: Vec<_> = sim
        .told()
        .iter()
        .filter(|told| matches!(told.event, Event::Departed))
        .collect();
    assert_eq!(departed.len(), 1);
    assert_eq!(sim.label_of(departed[0].by), "c");
}

#[test]
fn p12_a_join_after_a_leave_begins_a_new_life() {
    let mut sim = Sim::builder(2).nodes(8).watched().settled();
    sim.node("c").leave();
    sim.run_until(|sim| sim.each().holds("c", State::Left), secs(5))
        .unwrap();
    sim.run_for(secs(10));
    sim.node("c").join("a");
    let took = sim
        .run_until(
            |sim| sim.each().count() == 8 && sim.each().knows(8),
            secs(10),
        )
        .unwrap();
    println!("back after a leave: {took:?}");
    assert!(took < secs(2), "{took:?}");
    sim.run_for(secs(60));
    assert!(sim.each().knows(8), "{sim}");
    assert!(sim.violations().is_empty(), "{sim}");
}

#[test]
fn new_metadata_reaches_all_within_a_second_and_is_told_once() {
    let figures = Figures::over(0..20, |seed| {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        sim.node("b").update(7);
        let fresh = |sim: &Sim| {
            sim.each().all(|view| {
                view.member("b")
                    .is_some_and(|member| member.peer.meta() == 7)
            })
        };
        let took = sim.run_until(fresh, secs(5)).unwrap();
        sim.run_for(secs(40));
        let told = sim
            .told()
            .iter()
            .filter(|told| told.by != 1 && matches!(told.event, Event::Changed(_)));
        assert_eq!(told.count(), 15);
        assert!(sim.each().agrees() && sim.violations().is_empty(), "{sim}");
        took
    });
    println!("new metadata known to all 15 others: {figures}");
    assert!(figures.most() < secs(1), "{figures}");
}

#[test]
fn a_node_that_restarts_under_its_name_is_alive_everywhere_within_two_seconds() {
    for down in [Duration::from_millis(300), secs(3), secs(40)] {
        let figures = Figures::over(0..10, |seed| {
            let mut sim = Sim::builder(seed).nodes(8).watched().settled();
            sim.node("f").crash();
            sim.run_for(down);
            let before = sim.view("a").unwrap().member("f").unwrap().incarnation;
            sim.node("f").restart();
            let back = |sim: &Sim| {
                sim.each().count() == 8
                    && sim.each().knows(8)
                    && sim
                        .each()
                        .all(|view| view.member("f").is_some_and(|f| f.incarnation > before))
            };
            let took = sim.run_until(back, secs(10)).unwrap();
            sim.run_for(secs(20));
            assert!(sim.each().knows(8) && sim.violations().is_empty(), "{sim}");
            took
        });
        println!("back after {down:?} under the same name: {figures}");
        assert!(figures.most() < secs(2), "{figures}");
    }
}

#[test]
fn p8_a_node_without_a_clock_restarts_at_incarnation_one_and_is_back_as_soon() {
    let figures = Figures::over(0..10, |seed| {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        sim.node("f").crash();
        sim.run_until(|sim| sim.each().holds("f", State::Dead), secs(20))
            .unwrap();
        sim.run_for(secs(60));
        sim.node("f").restart_at(1);
        let took = sim
            .run_until(
                |sim| sim.each().count() == 8 && sim.each().knows(8),
                secs(10),
            )
            .unwrap();
        sim.run_for(secs(20));
        assert!(sim.each().knows(8) && sim.violations().is_empty(), "{sim}");
        took
    });
    println!("back at incarnation 1 after a minute dead: {figures}");
    assert!(figures.most() < secs(2), "{figures}");
}

#[test]
fn p12_a_node_that_restarts_at_a_new_address_is_back_within_two_seconds() {
    let figures = Figures::over(0..20, |seed| {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        sim.node("f").crash();
        sim.run_for(secs(1));
        sim.node("f").restart_elsewhere();
        let new = sim.view("f").unwrap().addr();
        let moved = |sim: &Sim| {
            let there = |member: swim_core::MemberRef<'_, _>| *Peer::addr(member.peer) == new;
            sim.each().knows(16) && sim.each().all(|view| view.member("f").is_some_and(there))
        };
        let took = sim.run_until(moved, secs(30)).unwrap();
        sim.run_for(secs(20));
        assert!(moved(&sim) && sim.violations().is_empty(), "{sim}");
        took
    });
    println!("back at a new address, 16 members: {figures}");
    assert!(figures.median() <= secs(2), "{figures}");
}
