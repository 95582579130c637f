//! What a scenario that fails is made into: the least that fails in the same way.

use swim_sim::run::run;
use swim_sim::scenario::{Dropped, FaultKind, Scenario};
use swim_sim::sweep::{Smallest, shrink};

/// Half of all datagrams get lost for a minute, and by plain SWIM somebody is called dead wrongly.
const LOSSY: &str = r#"
    name = "lossy"
    nodes = 8
    duration = "2m"
    profile = "plain-swim"

    [[fault]]
    at = "5s"
    for = "60s"
    kind = "loss"
    share = "45%"

    [[fault]]
    at = "20s"
    kind = "metadata"
    nodes = "n2"

    [expect]
    false_positives = { max = 0, scope = "all" }
"#;

/// A crash that nobody can know of as soon as it is expected.
const IMPATIENT: &str = r#"
    name = "impatient"
    nodes = 12
    duration = "60s"

    [[fault]]
    at = "10s"
    kind = "crash"
    nodes = "n3"
    restart_after = "20s"

    [[fault]]
    at = "12s"
    for = "5s"
    kind = "pause"
    nodes = "n5"

    [expect]
    detect_within = "2s"
"#;

fn smallest(text: &str) -> Smallest {
    let scenario: Scenario = text.parse().unwrap();
    let smallest = shrink(&scenario, |step| step.runs < 2_000).unwrap();
    let smallest = smallest.expect("it fails");
    assert!(smallest.complete, "{} runs", smallest.runs);
    smallest
}

fn fails(scenario: &Scenario) -> bool {
    let schedule = scenario.expand().unwrap();
    !run(&schedule, &mut ()).violations.is_empty()
}

/// The datagrams that are lost: from each link some.
fn dropped(scenario: &Scenario) -> impl Iterator<Item = &Dropped> {
    scenario
        .faults
        .iter()
        .filter_map(|fault| match &fault.kind {
            FaultKind::Dropped(dropped) => Some(dropped),
            _ => None,
        })
}

#[test]
fn of_all_that_chance_took_the_datagrams_that_matter_are_named() {
    let found = smallest(LOSSY).scenario;
    println!("{}", found.to_toml());
    assert_eq!(dropped(&found).count(), found.faults.len());
    let datagrams: usize = dropped(&found).map(|one| one.numbers.len()).sum();
    assert!((1..=12).contains(&datagrams), "{datagrams}");
    assert!(fails(&found));
}

#[test]
fn each_datagram_that_is_named_must_be_lost() {
    let found = smallest(LOSSY).scenario;
    for fault in 0..found.faults.len() {
        let FaultKind::Dropped(dropped) = &found.faults[fault].kind else {
            panic!("{:?}", found.faults[fault]);
        };
        for place in 0..dropped.numbers.len() {
            let mut spared = found.clone();
            match &mut spared.faults[fault].kind {
                FaultKind::Dropped(one) if one.numbers.len() > 1 => drop(one.numbers.remove(place)),
                _ => drop(spared.faults.remove(fault)),
            }
            assert!(!fails(&spared), "{}", spared.to_toml());
        }
    }
}

#[test]
fn what_is_expected_is_never_made_another_question() {
    let before: Scenario = IMPATIENT.parse().unwrap();
    let found = smallest(IMPATIENT);
    assert_eq!(found.scenario.expect, before.expect);
    assert_eq!(found.scenario.faults.len(), 1);
    assert!(found.runs < 200, "{} runs", found.runs);
}
