//! The same for L1 to L12.

use super::*;

#[test]
fn l1_l2_a_crash_is_known_in_time() {
    // Of five, four are few: the bounds of a split and of a heal count.
    fails_by_bounds("L1", CRASH, |bounds| {
        (bounds.split, bounds.heal) = (Span::millis(500), Span::millis(500));
    });
    let eight = story_of(8, CRASH);
    holds(&eight, "L2");
    let judge = judged(
        &eight,
        |bounds| bounds.first = Span::secs(1),
        |sight, _| vec![sight.clone()],
    );
    assert_eq!(verdict_on(&judge, "L2"), Verdict::Violated);
}

#[test]
fn l3_nobody_is_suspected_in_peace() {
    let lie = |_: &Sim| {
        vec![view(
            2,
            held(State::Alive, 7, 0),
            held(State::Suspect, 7, 0),
        )]
    };
    fails_when_told("L3", UPDATE, and_then(lie));
}

/// Told to the one judge, hidden from the other: the network is cut.
#[test]
fn l4_who_can_be_reached_is_not_told_dead() {
    let judge = judged(
        &story(SHORT_SPLIT),
        |_| (),
        |sight, _| {
            let hidden = matches!(sight.what, What::FaultBegins(_) | What::FaultEnds(_));
            vec![sight.clone(); usize::from(!hidden)]
        },
    );
    assert_eq!(verdict_on(&judge, "L4"), Verdict::Violated);
    assert_eq!(verdict_on(&judge, "L3"), Verdict::Violated);
}

/// Two halves that are held to be one, for a while in which nobody is called dead yet.
#[test]
fn l4_after_a_calm_nobody_is_suspect() {
    let judge = judged(
        &story(SHORT_SPLIT),
        |bounds| {
            (bounds.window, bounds.refutation) = (Span::millis(100), Span::millis(100));
        },
        |sight, _| {
            let hidden = matches!(
                sight.what,
                What::FaultBegins(_) | What::FaultEnds(_) | What::Told(_)
            );
            vec![sight.clone(); usize::from(!hidden)]
        },
    );
    let seen = judge.violations().iter();
    let suspect = seen.filter(|one| one.id == "L4" && one.text.contains("suspect"));
    assert!(suspect.count() > 0, "{:?}", judge.violations());
}

#[test]
fn l3_l4_are_looked_at_in_a_calm() {
    let judge = judged(&story(""), |_| (), |sight, _| vec![sight.clone()]);
    for id in ["L3", "L4"] {
        assert_eq!(verdict_on(&judge, id), Verdict::Pass, "{id}");
    }
}

/// What led to a violation is told with it: faults by their kinds, lives, and what was held.
#[test]
fn a_violation_has_its_story() {
    let judge = judged(
        &story(CRASH),
        |bounds| (bounds.split, bounds.heal) = (Span::millis(500), Span::millis(500)),
        |sight, _| vec![sight.clone()],
    );
    let story = judge.story().join("\n");
    for part in ["fault 1 (crash) begins", "n4 crashes"] {
        assert!(story.contains(part), "{part}: {story}");
    }
}

/// A process that is dead says no goodbye.
#[test]
fn l7_the_dead_do_not_leave() {
    let faults = format!("{CRASH}[[fault]]\nat = '6s'\nkind = 'leave'\nnodes = 'n4'\n");
    let judge = judged(&story(&faults), |_| (), |sight, _| vec![sight.clone()]);
    assert_eq!(judge.violations(), []);
    assert_eq!(verdict_on(&judge, "L7"), Verdict::Vacuous);
}

#[test]
fn l5_all_agree_after_a_cut() {
    fails_by_bounds("L5", SHORT_SPLIT, |bounds| bounds.heal = Span::millis(1));
}

#[test]
fn l6_who_comes_back_is_taken_back() {
    fails_by_bounds("L6", RESTART, |bounds| {
        (bounds.heal, bounds.join) = (Span::millis(1), Span::millis(1));
    });
}

#[test]
fn l7_a_leave_is_known_as_a_leave() {
    fails_by_bounds("L7", LEAVE, |bounds| bounds.leave = Span::millis(0));
    let schedule = story(LEAVE);
    // The goodbye is taken for a death.
    let judge = judged(
        &schedule,
        |_| (),
        |sight, _| {
            let mut sight = sight.clone();
            if let What::Told(told) = &mut sight.what
                && let Event::Left(member) = told.event
            {
                told.event = Event::Dead(member);
            }
            vec![sight]
        },
    );
    assert_eq!(verdict_on(&judge, "L7"), Verdict::Violated);
}

#[test]
fn l8_new_metadata_is_known() {
    fails_by_bounds("L8", UPDATE, |bounds| bounds.update = Span::millis(0));
}

#[test]
fn l9_a_calm_cluster_is_quiet() {
    fails_when_told("L9", "", |sight, _| {
        let sent = matches!(sight.what, What::Sent { .. });
        vec![sight.clone(); if sent { 3 } else { 1 }]
    });
}

#[test]
fn l10_a_joiner_is_known() {
    let join = "[[fault]]\nat = '5s'\nkind = 'join'\nnodes = 'n4'\n";
    fails_by_bounds("L10", join, |bounds| {
        (bounds.heal, bounds.join) = (Span::millis(1), Span::millis(1));
    });
}

#[test]
fn l11_tombstones_are_forgotten() {
    let faults = format!("{CRASH}[protocol.recovery]\ntombstone = '20s'\n");
    fails_when_told("L11", &faults, |sight, _| {
        let forgotten = matches!(sight.what, What::View { after: None, .. });
        vec![sight.clone(); usize::from(!forgotten)]
    });
}

#[test]
fn l12_each_side_of_a_split_agrees_on_itself() {
    fails_by_bounds("L12", SPLIT, |bounds| bounds.split = Span::secs(2));
}
