//! L5 at 75.570 s: still holds it dead @1800000000, and 71.2s ago nothing stood between them any more, and it runs
//!
//! Found by `swim sim sweep`, made small by `swim sim shrink`.
//! The protocol was broken deliberately: mutant `no-refutation`.

use swim_sim::run::run;
use swim_sim::scenario::Scenario;

const SCENARIO: &str = r#"
name = "swarm-17"
about = "L5: still holds it dead @1800000000, and 71.2s ago nothing stood between them any more, and it runs"
nodes = 2
duration = "75.57045s"
seed = 17
profile = "lan"

[[fault]]
at = "0s"
for = "2s"
kind = "pause"
nodes = "n1"
"#;

#[test]
fn l5_holds_in_swarm_17() {
    let scenario: Scenario = SCENARIO.parse().expect("a scenario");
    let schedule = scenario.expand().expect("a scenario that can be");
    let outcome = run(&schedule, &mut ());
    assert_eq!(outcome.violations, []);
}
