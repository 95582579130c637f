//! What a scenario expects is held against what happens: met, missed, or nothing to look at.

use swim_sim::run::{Outcome, Verdict, Violation};
use swim_sim::scenario::{Expect, PRESETS, Scenario, Span};

fn run(text: &str) -> Outcome {
    let scenario: Scenario = text
        .parse()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let schedule = scenario
        .expand()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    swim_sim::run::run(&schedule, &mut ())
}

/// Twelve nodes for so long, with these faults and expectations.
fn with(seconds: u32, rest: &str) -> Outcome {
    run(&format!(
        "name = 'x'\nnodes = 12\nduration = '{seconds}s'\n{rest}"
    ))
}

fn missed(outcome: &Outcome) -> &str {
    assert_eq!(outcome.verdict, Verdict::Violated, "{outcome:#?}");
    let [one] = outcome.violations.as_slice() else {
        panic!("{outcome:#?}");
    };
    assert_eq!(one.id, "expect");
    &one.text
}

fn unshown(outcome: &Outcome) -> &str {
    assert_eq!(outcome.verdict, Verdict::Vacuous, "{outcome:#?}");
    &outcome.unshown[0]
}

const CRASH: &str = "[[fault]]\nat = '2s'\nkind = 'crash'\nnodes = 'n3'\n";
const FREEZE: &str = "[[fault]]\nat = '2s'\nkind = 'pause'\nnodes = 'n3'\n";
const SPLIT: &str = "[[fault]]\nat = '2s'\nfor = '20s'\nkind = 'partition'\nshape = 'split'\ngroups = ['0..6', '6..12']\n";

#[test]
fn a_crash_is_detected_in_time_or_that_is_a_violation() {
    let within = |bound: &str| format!("{CRASH}[expect]\ndetect_within = '{bound}'");
    assert_eq!(with(40, &within("20s")).verdict, Verdict::Pass);
    let late = with(40, &within("1s"));
    assert!(
        missed(&late).starts_with("detect_within = 1s: 11 of 11"),
        "{late:?}"
    );
    assert_eq!(late.violations[0].members[1], "n3");
    assert_eq!(late.violations[0].at.as_secs(), 3);
}

#[test]
fn what_led_to_a_missed_expectation_is_told() {
    let late = with(40, &format!("{CRASH}[expect]\ndetect_within = '1s'"));
    let story = late.violations[0].story.join("\n");
    assert!(story.contains("n3 crashes"), "{story}");
    // It is told as it was then, however much happened afterwards.
    let wrongly = with(
        90,
        &format!("{SPLIT}[expect]\nfalse_positives = {{ max = 0, scope = 'all' }}"),
    );
    let excess = &wrongly.violations[0];
    let story = excess.story.join("\n");
    let [by, of] = excess.members.as_slice() else {
        panic!("{excess:#?}");
    };
    for part in ["partition) begins", &format!("{by} held {of} alive")] {
        assert!(story.contains(part), "{part}: {excess:#?}");
    }
    assert!(!story.contains("partition) ends"), "{excess:#?}");
}

/// Two zones of ten with that round trip between them; nothing else happens.
fn apart(trip: &str) -> Outcome {
    run(&format!(
        "name = 'x'\nnodes = 20\nduration = '60s'\nstart = 'at-once'\n[zones]\na = '0..10'\nb = '10..20'\n[network.rtt]\na-b = '{trip}'\n"
    ))
}

#[test]
fn nothing_is_violated_where_a_round_trip_takes_longer_than_a_bound_thought() {
    for trip in ["2ms", "300ms", "500ms"] {
        let outcome = apart(trip);
        assert_eq!(outcome.violations, [], "{trip}");
    }
    // Beyond the time-out of a probe nothing is to come about in time.
    assert!(apart("1s").unlooked.contains(&"L10"));
    assert!(!apart("300ms").unlooked.contains(&"L10"));
}

#[test]
fn a_bound_for_crashes_shows_nothing_where_nobody_stays_dead() {
    let soon_back = CRASH.replace("'n3'", "'n3'\nrestart_after = '1s'");
    for (seconds, faults) in [(40, ""), (10, CRASH), (40, &soon_back)] {
        let outcome = with(seconds, &format!("{faults}[expect]\ndetect_within = '15s'"));
        assert!(unshown(&outcome).contains("nobody crashed"), "{outcome:?}");
    }
}

#[test]
fn a_frozen_minute_is_a_death_and_a_frozen_second_is_none() {
    let expect =
        "[[expect.deaths]]\nnodes = 'n3'\nreason = 'a minute is longer than any suspicion'";
    let frozen = |time: &str| {
        let pause = FREEZE.replace("kind", &format!("for = '{time}'\nkind"));
        with(90, &format!("{pause}{expect}"))
    };
    assert_eq!(frozen("60s").verdict, Verdict::Pass);
    let alive = frozen("1s");
    assert!(
        missed(&alive).contains("n3 was never called dead"),
        "{alive:?}"
    );
    assert!(missed(&alive).contains("a minute is longer"), "{alive:?}");
}

#[test]
fn views_are_the_truth_again_in_time_after_the_last_heal() {
    let within = |seconds, bound: &str| {
        with(
            seconds,
            &format!("{SPLIT}[expect]\nconverge_after_heal = '{bound}'"),
        )
    };
    assert_eq!(within(60, "15s").verdict, Verdict::Pass);
    let late = within(60, "10ms");
    assert!(
        missed(&late).starts_with("converge_after_heal = 10ms: "),
        "{late:?}"
    );
    let short = within(30, "15s");
    assert!(
        unshown(&short).contains("ends at 22s, and the run at 30s"),
        "{short:?}"
    );
    let never = with(30, &format!("{CRASH}[expect]\nconverge_after_heal = '5s'"));
    assert!(unshown(&never).contains("no fault on links"), "{never:?}");
    let endless = SPLIT.replace("for = '20s'\n", "");
    let endless = with(
        30,
        &format!("{endless}[expect]\nconverge_after_heal = '5s'"),
    );
    assert!(unshown(&endless).contains("has no end"), "{endless:?}");
}

#[test]
fn false_positives_are_counted_and_deaths_that_are_meant_are_none() {
    let most = "[expect]\nfalse_positives = { max = 0, scope = 'all' }\n";
    let outcome = with(40, &format!("{SPLIT}{most}"));
    assert!(
        missed(&outcome).starts_with("false_positives = 0 at most: 72 times"),
        "{outcome:?}"
    );
    let meant = "[[expect.deaths]]\nnodes = 'all'\nreason = 'each half is gone for the other'";
    assert_eq!(
        with(40, &format!("{SPLIT}{most}{meant}")).verdict,
        Verdict::Pass
    );
    let untouched = with(
        40,
        &format!("{SPLIT}[expect]\nfalse_positives = {{ max = 0 }}"),
    );
    assert!(
        unshown(&untouched).contains("faults touch everybody"),
        "{untouched:?}"
    );
}

#[test]
fn an_invariant_that_is_meant_to_break_must_break() {
    let held = with(
        20,
        "[[expect.breaks]]\ninvariant = 'L3'\nreason = 'there is a devil'",
    );
    assert!(
        missed(&held).contains("L3 held") && missed(&held).contains("there is a devil"),
        "{held:?}"
    );
    let exile = |expect: &str| {
        run(&format!(
            "nodes = 6\nduration = '200s'\n{NO_WAY_BACK}{expect}"
        ))
    };
    let found = exile("");
    assert_eq!(found.verdict, Verdict::Violated, "{found:#?}");
    assert!(
        found.violations.iter().all(|one| one.id == "S19"),
        "{found:#?}"
    );
    let reason = "reason = 'who is held gone by all, and holds all gone, is found by a seed alone'";
    let meant = format!("[[expect.breaks]]\ninvariant = 'S19'\n{reason}\n");
    assert_eq!(exile(&meant).verdict, Verdict::Pass, "{:#?}", exile(&meant));
    // What is meant of one member is not meant of the others.
    let of_one = exile(&format!("{meant}nodes = 'n1'\n"));
    let about_one = |violation: &Violation| violation.members.contains(&"n1".to_owned());
    assert!(found.violations.iter().any(about_one), "{found:#?}");
    assert!(
        !of_one.violations.is_empty() && !of_one.violations.iter().any(about_one),
        "{of_one:#?}"
    );
}

/// All believe that n3 has left, n3 believes it of all, and there is no seed to ask.
const NO_WAY_BACK: &str = "
protocol.recovery.seed_interval = '0s'
[[fault]]
at = '2s'
kind = 'forge'
to = 'n3'
about = 'not:n3'
says = 'left'
above = 0
[[fault]]
at = '2s'
kind = 'forge'
to = 'not:n3'
about = 'n3'
says = 'left'
above = 0
";

#[test]
fn what_is_expected_can_be() {
    let error = |text: &str| {
        let scenario: Scenario = text.parse().unwrap();
        scenario.expand().unwrap_err().to_string()
    };
    for (text, why) in [
        (
            "[expect]\ndetect_within = '0s'",
            "expect.detect_within = 0s",
        ),
        (
            "[[expect.breaks]]\ninvariant = 'S21'\nreason = 'so'",
            "no invariant",
        ),
        (
            "nodes = 5\n[[expect.deaths]]\nnodes = 'n7'\nreason = 'so'",
            "expect.deaths[0]: there is no n7, the last node is n4",
        ),
    ] {
        let told = error(text);
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn presets_with_nothing_to_look_at_are_vacuous() {
    let run = |scenario: &Scenario| swim_sim::run::run(&scenario.expand().unwrap(), &mut ());
    for name in ["bridge", "crash", "mass-restart", "quarter-dies", "ring"] {
        let mut scenario = Scenario::preset(name).unwrap();
        scenario.faults.clear();
        let outcome = run(&scenario);
        assert!(!unshown(&outcome).is_empty(), "{outcome:#?}");
    }
    let mut calm = Scenario::preset("loss-30").unwrap();
    calm.faults[0].lasts = Some(Span::millis(1));
    assert_eq!(run(&calm).verdict, Verdict::Vacuous);
}

#[test]
fn every_preset_expects_something() {
    for preset in PRESETS {
        let expect = preset.scenario().expect;
        assert_ne!(expect, Expect::default(), "{}", preset.name);
    }
}
