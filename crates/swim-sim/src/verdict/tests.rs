//! Each invariant can fail, and holds where nothing is wrong: for each a story of a few nodes that a judge passes, and
//! the same story as a liar tells it, or judged by a bound that is too short, that it condemns.

mod liveness;

use swim_core::{Event, Incarnation, State};

use super::*;
use crate::run::{Bytes, Held, Outcome, Verdict, run};
use crate::scenario::{Scenario, Span};

/// Five nodes, four minutes and these faults.
fn story(faults: &str) -> Schedule {
    story_of(5, faults)
}

fn story_of(nodes: u32, faults: &str) -> Schedule {
    let head = format!("name = 'story'\nnodes = {nodes}\nduration = '250s'\nseed = 3\n");
    let scenario = format!("{head}{faults}").parse::<Scenario>();
    scenario.expect("a scenario").expand().expect("can be")
}

/// Passes on to a judge what it sees, as a liar would.
struct Witness<L> {
    judge: Judge,
    lie: L,
}

impl<L: FnMut(&Sight, &Sim) -> Vec<Sight>> Observer for Witness<L> {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        self.judge.begin(schedule, sim);
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        for told in (self.lie)(sight, sim) {
            self.judge.see(&told, sim);
        }
    }

    fn end(&mut self, sim: &Sim, _: &Outcome) {
        self.judge.close(sim);
    }
}

fn judged(
    schedule: &Schedule,
    bounds: impl Fn(&mut Bounds),
    lie: impl FnMut(&Sight, &Sim) -> Vec<Sight>,
) -> Judge {
    let mut judge = Judge::new(schedule);
    bounds(&mut judge.bounds);
    let mut witness = Witness { judge, lie };
    run(schedule, &mut witness);
    witness.judge
}

fn verdict_on(judge: &Judge, id: &str) -> Verdict {
    let findings = judge.findings();
    let finding = findings.iter().find(|finding| finding.id == id);
    finding.expect("there is such an invariant").verdict
}

/// Truly told and by its true bounds nothing is violated, and this invariant was looked at.
fn holds(schedule: &Schedule, id: &str) {
    let judge = judged(schedule, |_| (), |sight, _| vec![sight.clone()]);
    assert_eq!(judge.violations(), [], "{:?}", judge.story());
    assert_eq!(verdict_on(&judge, id), Verdict::Pass, "{id}");
}

#[track_caller]
fn fails_when_told(id: &str, faults: &str, lie: impl FnMut(&Sight, &Sim) -> Vec<Sight>) {
    let schedule = story(faults);
    holds(&schedule, id);
    let judge = judged(&schedule, |_| (), lie);
    assert_eq!(verdict_on(&judge, id), Verdict::Violated, "{id}");
}

#[track_caller]
fn fails_by_bounds(id: &str, faults: &str, bounds: impl Fn(&mut Bounds)) {
    let schedule = story(faults);
    holds(&schedule, id);
    let judge = judged(&schedule, bounds, |sight, _| vec![sight.clone()]);
    assert_eq!(verdict_on(&judge, id), Verdict::Violated, "{id}");
}

/// The truth, and once, when a minute is nearly over, something more.
fn and_then(what: impl Fn(&Sim) -> Vec<What>) -> impl FnMut(&Sight, &Sim) -> Vec<Sight> {
    let mut said = false;
    move |sight, sim| {
        let mut all = vec![sight.clone()];
        if !said && sight.at > Duration::from_secs(55) && matches!(sight.what, What::Drained { .. })
        {
            said = true;
            let at = sight.at;
            all.extend(what(sim).into_iter().map(|what| Sight { at, what }));
        }
        all
    }
}

const fn held(state: State, incarnation: u32, meta: u32) -> Option<Held> {
    Some(Held {
        state,
        incarnation: Incarnation(incarnation),
        meta,
    })
}

/// The node n1 comes to hold something else of n2, or of itself.
fn view(of: u32, before: Option<Held>, after: Option<Held>) -> What {
    let of = SimName::new(of);
    What::View {
        by: 1,
        of,
        before,
        after,
    }
}

const CRASH: &str = "[[fault]]\nat = '5s'\nkind = 'crash'\nnodes = 'n4'\n";
const RESTART: &str = "[[fault]]\nat = '5s'\nkind = 'crash'\nnodes = 'n4'\nrestart_after = '20s'\n";
const LEAVE: &str = "[[fault]]\nat = '5s'\nkind = 'leave'\nnodes = 'n4'\n";
const UPDATE: &str = "[[fault]]\nat = '5s'\nkind = 'metadata'\nnodes = 'n4'\n";
const SPLIT: &str = "[[fault]]\nat = '5s'\nfor = '120s'\nkind = 'partition'\nshape = 'split'\n\
                     groups = ['0..3', '3..5']\n";
const SHORT_SPLIT: &str = "[[fault]]\nat = '5s'\nfor = '15s'\nkind = 'partition'\nshape = 'split'\n\
                           groups = ['0..3', '3..5']\n";

#[test]
fn s1_nobody_holds_what_never_was() {
    let lie = |_: &Sim| {
        vec![view(
            2,
            held(State::Alive, 7, 0),
            held(State::Alive, u32::MAX, 0),
        )]
    };
    fails_when_told("S1", UPDATE, and_then(lie));
}

#[test]
fn s2_incarnations_do_not_fall() {
    let lie = |_: &Sim| vec![view(2, held(State::Alive, 7, 0), held(State::Alive, 6, 0))];
    fails_when_told("S2", UPDATE, and_then(lie));
}

/// A datagram that went to n1 is said to have been read by n4, which cannot be reached.
#[test]
fn s3_what_was_heard_is_believed() {
    let faults = format!(
        "{UPDATE}[[fault]]\nat = '4s'\nfor = '9s'\nkind = 'partition'\nshape = 'isolate'\nnodes = 'n3'\n"
    );
    fails_when_told("S3", &faults, |sight, _| {
        let mut sight = sight.clone();
        if let What::Delivered { to, from, .. } = &mut sight.what
            && *to == 1
            && *from == Some(4)
            && sight.at < Duration::from_secs(9)
        {
            *to = 3;
        }
        vec![sight]
    });
}

#[test]
fn s4_the_dead_stay_dead() {
    let lie = |_: &Sim| vec![view(2, held(State::Dead, 7, 0), held(State::Alive, 7, 0))];
    let schedule = story(RESTART);
    let judge = judged(&schedule, |_| (), and_then(lie));
    assert_eq!(verdict_on(&judge, "S4"), Verdict::Violated);
    // At a greater incarnation it has refuted.
    let lie = |_: &Sim| vec![view(2, held(State::Dead, 7, 0), held(State::Alive, 8, 0))];
    let judge = judged(&schedule, |_| (), and_then(lie));
    assert_eq!(verdict_on(&judge, "S4"), Verdict::Pass);
}

#[test]
fn s5_suspect_does_not_become_alive_again_in_one_life() {
    let lie = |_: &Sim| {
        vec![view(
            2,
            held(State::Suspect, 7, 0),
            held(State::Alive, 7, 0),
        )]
    };
    fails_when_told("S5", CRASH, and_then(lie));
}

#[test]
fn s6_a_verdict_names_whom_was_suspected() {
    fails_when_told("S6", CRASH, |sight, _| {
        let mut sight = sight.clone();
        if let What::View {
            after: Some(after), ..
        } = &mut sight.what
            && after.state == State::Suspect
        {
            after.incarnation.0 -= 1;
        }
        vec![sight]
    });
}

#[test]
fn s7_a_suspicion_does_not_end_in_nothing() {
    let lie = |_: &Sim| {
        let suspect = held(State::Suspect, 7, 0);
        vec![
            view(2, held(State::Alive, 7, 0), suspect),
            view(2, suspect, None),
        ]
    };
    fails_when_told("S7", CRASH, and_then(lie));
}

/// What n1 held suspect it says it held no longer: the suspicion had never begun.
#[test]
fn s7_a_suspicion_ends_once() {
    let lie = |_: &Sim| {
        vec![
            view(2, held(State::Suspect, 7, 0), held(State::Alive, 8, 0)),
            view(2, held(State::Suspect, 7, 0), held(State::Alive, 8, 0)),
        ]
    };
    fails_when_told("S7", CRASH, and_then(lie));
}

#[test]
fn s8_no_verdict_without_a_suspicion_that_has_run() {
    fails_by_bounds("S8", CRASH, |bounds| bounds.verdict = Span::secs(60));
    let lie = |_: &Sim| vec![view(2, held(State::Alive, 7, 0), held(State::Dead, 7, 0))];
    fails_when_told("S8", CRASH, and_then(lie));
}

#[test]
fn s9_a_node_believes_no_ill_of_itself_and_sends_itself_nothing() {
    let lie = |_: &Sim| vec![view(1, held(State::Alive, 7, 0), held(State::Dead, 7, 0))];
    fails_when_told("S9", "", and_then(lie));
    fails_when_told("S9", "", |sight, _| {
        let mut sight = sight.clone();
        if let What::Sent { from, to, .. } = &mut sight.what {
            *to = Some(*from);
        }
        vec![sight]
    });
}

#[test]
fn s10_nobody_dies_twice() {
    fails_when_told("S10", CRASH, |sight, _| {
        let dies = matches!(&sight.what, What::Told(told) if matches!(told.event, Event::Dead(_)));
        vec![sight.clone(); if dies { 2 } else { 1 }]
    });
}

#[test]
fn s11_who_left_does_not_die() {
    fails_when_told("S11", LEAVE, |sight, _| {
        let mut all = vec![sight.clone()];
        if let What::Told(told) = &sight.what
            && let Event::Left(member) = told.event
        {
            let mut dies = told.clone();
            dies.event = Event::Dead(member);
            let at = sight.at;
            let what = What::Told(dies);
            all.push(Sight { at, what });
        }
        all
    });
}

#[test]
fn s12_metadata_does_not_go_back() {
    let lie = |_: &Sim| vec![view(2, held(State::Alive, 7, 3), held(State::Alive, 7, 2))];
    fails_when_told("S12", CRASH, and_then(lie));
}

#[test]
fn s13_a_datagram_can_be_read() {
    fails_when_told("S13", "", |sight, _| {
        let mut sight = sight.clone();
        if let What::Sent { bytes, .. } = &mut sight.what {
            let Bytes { from, to } = *bytes;
            *bytes = Bytes { from, to: to - 1 };
        }
        vec![sight]
    });
}

#[test]
fn s14_one_word_does_not_cause_a_thousand() {
    fails_when_told("S14", "", |sight, _| {
        let mut sight = sight.clone();
        if let What::Drained {
            datagrams,
            woke: false,
            ..
        } = &mut sight.what
        {
            *datagrams += 1_000;
        }
        vec![sight]
    });
}

#[test]
fn s15_a_roster_holds_no_more_than_it_has_room_for() {
    holds(&story(CRASH), "S15");
    assert!(views::fits(5, 4) && !views::fits(6, 4));
}

#[test]
fn s16_a_node_does_not_wake_for_ever_at_one_instant() {
    fails_when_told("S16", "", |sight, _| {
        let wakes = matches!(sight.what, What::Drained { woke: true, .. });
        vec![sight.clone(); if wakes { 100 } else { 1 }]
    });
    assert!(limits::is_to_come(5, 5) && !limits::is_to_come(4, 5));
}

#[test]
fn s17_news_grows_old() {
    fails_when_told("S17", UPDATE, |sight, _| {
        let sent = matches!(sight.what, What::Sent { .. });
        vec![sight.clone(); if sent { 60 } else { 1 }]
    });
}

#[test]
fn s18_everybody_is_pinged() {
    fails_when_told("S18", "", |sight, _| {
        let hidden = matches!(sight.what, What::Sent { to: Some(3), .. });
        vec![sight.clone(); usize::from(!hidden)]
    });
}

#[test]
fn s19_forgeries_are_undone() {
    let forge =
        "[[fault]]\nat = '5s'\nkind = 'forge'\nto = 'n1'\nabout = 'n2'\nsays = 'left'\nabove = 1\n";
    let schedule = story(&format!(
        "{forge}[protocol.recovery]\nseed_interval = '5s'\n"
    ));
    let judge = judged(
        &schedule,
        |bounds| {
            (bounds.forged, bounds.heal, bounds.join) =
                (Span::millis(1), Span::millis(1), Span::millis(1));
        },
        |sight, _| vec![sight.clone()],
    );
    assert_eq!(verdict_on(&judge, "S19"), Verdict::Violated);
}

#[test]
fn s20_time_goes_on_and_nothing_crosses_a_cut() {
    fails_when_told("S20", "", |sight, _| {
        let mut late = sight.clone();
        late.at = late.at.saturating_sub(Duration::from_secs(1));
        vec![sight.clone(), late]
    });
    fails_when_told("S20", SPLIT, |sight, _| {
        let mut sight = sight.clone();
        if let What::Delivered { from, .. } = &mut sight.what {
            *from = from.map(|from| 4 - from);
        }
        vec![sight]
    });
}
