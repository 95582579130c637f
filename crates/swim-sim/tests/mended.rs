//! Days of the swarm on which an invariant was violated. What was wrong, in the protocol or in what the invariant presumed, is
//! mended, and the days are kept: `about` in each file says what was seen then.

use std::fs;
use std::path::PathBuf;

use swim_sim::run::{Verdict, run};
use swim_sim::scenario::Scenario;

#[test]
fn what_was_violated_once_is_not_again() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/mended");
    let days = fs::read_dir(folder).expect("tests/mended");
    let mut days: Vec<PathBuf> = days.map(|day| day.expect("a file").path()).collect();
    days.sort();
    assert!(days.len() >= 30, "{days:?}");
    for day in days {
        let text = fs::read_to_string(&day).expect("a file");
        let scenario: Scenario = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", day.display()));
        let schedule = scenario.expand().expect("a scenario that can be");
        let outcome = run(&schedule, &mut ());
        assert_eq!(outcome.violations, [], "{}", day.display());
        // Where a dead process is told to leave nothing happens, and that is told.
        let told = match scenario.name.as_str() {
            "dead-and-told-to-leave" => Verdict::Vacuous,
            _ => Verdict::Pass,
        };
        assert_eq!(outcome.verdict, told, "{}", day.display());
    }
}
