//! Stories of names claimed twice, and of lies.

use std::time::Duration;

use swim_core::{Event, Incarnation, Message, Name, State};
use swim_sim::{FORGERIES_UNDONE, Figures, Sim, SimAddr, SimName};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn p12_of_two_live_namesakes_the_older_stays_and_both_are_told() {
    for seed in 0..10 {
        let mut sim = Sim::builder(seed).nodes(8).settled();
        let incumbent = sim.view("c").unwrap().addr();
        sim.add_namesake("c").start();
        sim.run_for(secs(60));
        let keeps = sim.each().but("c'").but("c").all(|view| {
            let c = view.member("c").unwrap();
            c.state == State::Alive && *swim_core::Peer::addr(c.peer) == incumbent
        });
        assert!(keeps, "seed {seed}\n{sim}");
        assert!(sim.each().but("c'").knows(8), "seed {seed}\n{sim}");
        let told = |label: &str, kind: fn(&Event<_>) -> bool| {
            sim.told()
                .iter()
                .any(|told| sim.label_of(told.by) == label && kind(&told.event))
        };
        assert!(
            told("c'", |event| matches!(event, Event::NameTaken { .. })),
            "seed {seed}\n{sim}"
        );
        assert!(
            told("c", |event| matches!(event, Event::Conflict { .. })),
            "seed {seed}\n{sim}"
        );
        let flaps = sim.told().iter().filter(|told| {
            matches!(&told.event, Event::Changed(member) | Event::Dead(member) if format!("{:?}", member.peer.name()) == "c")
        });
        let flaps = flaps.count();
        assert!(
            flaps <= 8,
            "seed {seed}: {flaps} changes of c's record are a flapping"
        );
    }
}

#[test]
fn p12_also_where_the_two_are_all_there_is() {
    for seed in 0..20 {
        let mut sim = Sim::builder(seed).nodes(1).start();
        sim.run_for(secs(1 + seed % 4));
        sim.add_namesake("a").start();
        sim.run_for(secs(10));
        let told = |label: &str, kind: fn(&Event<_>) -> bool| {
            let told = sim.told().iter();
            told.filter(|told| sim.label_of(told.by) == label && kind(&told.event))
                .count()
        };
        let taken = |event: &Event<_>| matches!(event, Event::NameTaken { .. });
        let conflict = |event: &Event<_>| matches!(event, Event::Conflict { .. });
        assert_eq!(
            [told("a", taken), told("a'", taken)],
            [0, 1],
            "seed {seed}\n{sim}"
        );
        assert_eq!(told("a", conflict), 1, "seed {seed}\n{sim}");
    }
}

/// After how long it is so and stays so: what is so right after a lie may be undone by it a little later.
fn settles(sim: &mut Sim, so: impl Fn(&Sim) -> bool) -> Duration {
    let (step, mut broken) = (Duration::from_millis(100), Duration::ZERO);
    for passed in 0..1_200 {
        if !so(sim) {
            broken = step * (passed + 1);
        }
        sim.run_for(step);
    }
    assert!(so(sim), "not even after two minutes\n{sim}");
    broken
}

/// Everything that can be said of a member at the largest incarnation there is, and at those around it.
fn lies(about: SimName) -> Vec<(&'static str, Message<'static, swim_sim::SimPeer>)> {
    let key = about;
    let most = Incarnation(Incarnation::LIMIT - 1);
    let illegal = Incarnation(u32::MAX);
    let near = Incarnation(1_800_000_000 + Incarnation::LEAP / 2);
    let accuser = Name::Hash(12_345);
    vec![
        (
            "suspect, most",
            Message::Suspect {
                key,
                incarnation: most,
                accuser,
            },
        ),
        (
            "dead, most",
            Message::Dead {
                key,
                incarnation: most,
            },
        ),
        (
            "left, most",
            Message::Left {
                key,
                incarnation: most,
            },
        ),
        (
            "dead, illegal",
            Message::Dead {
                key,
                incarnation: illegal,
            },
        ),
        (
            "suspect, near",
            Message::Suspect {
                key,
                incarnation: near,
                accuser,
            },
        ),
        (
            "dead, near",
            Message::Dead {
                key,
                incarnation: near,
            },
        ),
        (
            "left, near",
            Message::Left {
                key,
                incarnation: near,
            },
        ),
    ]
}

#[test]
fn p8_one_forged_rumour_of_any_kind_is_undone_within_seconds() {
    for (what, lie) in lies(SimName::new(2)) {
        let figures = Figures::over(0..5, |seed| {
            let mut sim = Sim::builder(seed).nodes(8).watched().settled();
            sim.forge(SimAddr::new(6), "f", &[lie]);
            sim.run_for(Duration::from_millis(50));
            let noticed = sim.each().sum(|stats| {
                stats.refutations
                    + stats.deaths_refuted
                    + stats.incarnations_leaping
                    + stats.incarnations_illegal
            });
            let held = sim.each().knows(8);
            assert!(
                noticed > 0 || !held,
                "{what}, seed {seed}: nobody noticed\n{sim}"
            );
            let took = sim.run_until(|sim| sim.each().knows(8), secs(60)).unwrap();
            sim.run_for(secs(40));
            assert!(
                sim.each().knows(8) && sim.each().agrees(),
                "{what}, seed {seed}\n{sim}"
            );
            assert!(sim.violations().is_empty(), "{what}, seed {seed}\n{sim}");
            took
        });
        println!("forged {what}: undone after {figures}");
        assert!(figures.most() < secs(10), "{what}: {figures}");
    }
}

#[test]
fn p8_a_members_own_forged_word_at_the_largest_incarnation_costs_a_minute_at_most() {
    let figures = Figures::over(0..5, |seed| {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        let peer = sim.view("c").unwrap().peer().with_meta(666);
        let incarnation = Incarnation(Incarnation::LIMIT - 1);
        let lie = Message::Alive {
            peer: &peer,
            incarnation,
        };
        for victim in ["b", "f"] {
            sim.forge(SimAddr::new(3), victim, &[lie]);
        }
        let undone = |sim: &Sim| {
            let true_word =
                |view: &swim_sim::View<'_>| view.member("c").is_some_and(|c| c.peer.meta() != 666);
            sim.each().knows(8) && sim.each().all(true_word)
        };
        sim.run_for(Duration::from_millis(50));
        settles(&mut sim, |sim| undone(sim) && sim.each().agrees())
    });
    println!("a forged Alive at the largest incarnation: undone after {figures}");
    assert!(figures.most() <= FORGERIES_UNDONE, "{figures}");
}

#[test]
fn p8_a_thousand_forged_rumours_about_everybody_are_undone_within_a_bound() {
    let figures = Figures::over(0..3, |seed| {
        let mut sim = Sim::builder(seed).nodes(8).watched().settled();
        for round in 0..125_u32 {
            let about = SimName::new((round + u32::try_from(seed).unwrap()) % 8);
            let lies = lies(about);
            let (_, lie) = lies[round as usize % lies.len()];
            for victim in 0..8 {
                let label = format!("{:?}", SimName::new(victim));
                sim.forge(SimAddr::new(1 + (victim + round) % 8), &label, &[lie]);
            }
            sim.run_for(Duration::from_millis(20));
        }
        let took = settles(&mut sim, |sim| sim.each().knows(8) && sim.each().agrees());
        assert!(sim.violations().is_empty(), "seed {seed}\n{sim}");
        took
    });
    println!("a thousand forged rumours: undone after {figures}");
    assert!(figures.most() <= FORGERIES_UNDONE, "{figures}");
}

#[test]
fn p8_the_bound_in_the_books_is_the_one_that_is_held() {
    let bound = format!("within {} s", FORGERIES_UNDONE.as_secs());
    for book in [
        include_str!("../../../docs/protocol.md"),
        include_str!("../../../docs/trials.md"),
    ] {
        let says = |line: &str| line.contains(&bound) && line.contains("alive on every other");
        assert!(book.lines().any(says), "no line says {bound:?}");
    }
}
