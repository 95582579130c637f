//! Stories of networks that break in two, and of clusters that heal by themselves.

use std::time::Duration;

use swim_core::State;
use swim_sim::{Figures, Sim};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Cuts the cluster into two halves for so long and says how long it takes to become whole again.
fn split(sim: &mut Sim, half: u32, nodes: u32, time: Duration) -> Duration {
    let cut = sim.split([0..half, half..nodes]);
    sim.run_for(time);
    assert!(sim.fired(cut) > 0);
    let whole = u32::try_from(sim.each().count()).unwrap();
    let apart = sim.each().all(|view| !view.knows(whole));
    assert!(
        apart,
        "after {time:?} apart each side has buried the other\n{sim}"
    );
    sim.end(cut);
    let took = sim.run_until(
        |sim| sim.each().knows(whole) && sim.each().agrees(),
        secs(120),
    );
    let took = took.unwrap();
    sim.run_for(secs(30));
    assert!(sim.each().knows(whole), "it stays whole\n{sim}");
    took
}

#[test]
fn p9_two_halves_cut_for_a_minute_are_whole_again_within_seconds() {
    let figures = Figures::over(0..10, |seed| {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        let took = split(&mut sim, 8, 16, secs(60));
        assert!(sim.violations().is_empty(), "{sim}");
        took
    });
    println!("halves of 16 cut for 60 s, whole again: {figures}");
    assert!(
        figures.median() <= Duration::from_millis(1_500) && figures.most() <= secs(3),
        "{figures}"
    );
}

#[test]
fn p9_halves_of_sixty_four_are_whole_again_within_seconds() {
    let figures = Figures::over(0..6, |seed| {
        let mut sim = Sim::builder(seed).nodes(64).settled();
        split(&mut sim, 32, 64, secs(60))
    });
    println!("halves of 64 cut for 60 s, whole again: {figures}");
    assert!(
        figures.median() < secs(2) && figures.most() <= secs(3),
        "{figures}"
    );
}

#[test]
fn p9_a_split_heals_also_when_the_only_seed_died_before_it() {
    let figures = Figures::over(0..10, |seed| {
        let mut sim = Sim::builder(seed).nodes(16).watched().settled();
        sim.node("a").crash();
        sim.run_until(|sim| sim.each().holds("a", State::Dead), secs(20))
            .unwrap();
        let took = split(&mut sim, 8, 16, secs(60));
        assert!(sim.violations().is_empty(), "{sim}");
        took
    });
    println!("the same, the only seed dead: {figures}");
    assert!(
        figures.median() <= Duration::from_millis(1_500) && figures.most() <= secs(3),
        "{figures}"
    );
}

#[test]
fn each_side_of_a_split_converges_on_its_own_side() {
    let mut sim = Sim::builder(5).nodes(12).watched().settled();
    sim.split([0..4, 4..12]);
    sim.run_until(
        |sim| sim.each().of(0..4).knows(4) && sim.each().of(4..12).knows(8),
        secs(60),
    )
    .unwrap();
    sim.run_for(secs(60));
    assert!(
        sim.each().of(0..4).knows(4) && sim.each().of(0..4).agrees(),
        "{sim}"
    );
    assert!(
        sim.each().of(4..12).knows(8) && sim.each().of(4..12).agrees(),
        "{sim}"
    );
    assert!(sim.violations().is_empty(), "{sim}");
}

#[test]
fn p6_whoever_was_cut_off_buries_no_healthy_member_when_it_returns() {
    let mut most = 0;
    for seed in 0..6 {
        let mut sim = Sim::builder(seed).nodes(32).settled();
        let cut = sim.between(0..4, 4..32).cut();
        sim.run_for(secs(60));
        assert!(sim.fired(cut) > 0);
        let before = sim.told().len();
        sim.end(cut);
        sim.run_until(|sim| sim.each().knows(32), secs(30)).unwrap();
        sim.run_for(secs(20));
        let after = sim.told()[before..]
            .iter()
            .filter(|told| told.death_of().is_some())
            .count();
        most = most.max(after);
    }
    println!("deaths told after 4 of 32 were cut off for a minute and came back: at most {most}");
    assert!(most <= 8, "a quarter of a false death a member");
}

#[test]
fn a_one_way_cut_between_two_members_kills_nobody() {
    for seed in 0..5 {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        let cut = sim.link("b", "c").cut();
        sim.run_for(secs(120));
        assert!(sim.fired(cut) > 0);
        assert_eq!(sim.false_deaths().count(), 0, "seed {seed}\n{sim}");
        assert!(sim.violations().is_empty(), "seed {seed}\n{sim}");
    }
}
