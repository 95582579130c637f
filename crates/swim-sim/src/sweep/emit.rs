//! A scenario as a Rust test.

use std::fmt::Write;

use crate::run::Violation;
use crate::scenario::Scenario;

/// The source of a test file that runs a scenario, and fails for as long as it violates something.
#[must_use]
pub fn emit_test(scenario: &Scenario, violation: &Violation, mutant: Option<&str>) -> String {
    let text = scenario.to_toml();
    let fence = "#".repeat(longest_fence(&text) + 1);
    let mut source = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        source,
        "//! {} at {:.3} s: {}\n//!\n//! Found by `swim sim sweep`, made small by `swim sim shrink`.\n",
        violation.id,
        violation.at.as_secs_f64(),
        violation.text.replace('\n', " "),
    );
    if let Some(mutant) = mutant {
        let _ = writeln!(
            source,
            "//! The protocol was broken deliberately: mutant `{mutant}`."
        );
    }
    let _ = write!(
        source,
        "\nuse swim_sim::run::run;\nuse swim_sim::scenario::Scenario;\n\nconst SCENARIO: &str = r{fence}\"\n{text}\"{fence};\n\n\
         #[test]\nfn {}() {{\n    let scenario: Scenario = SCENARIO.parse().expect(\"a scenario\");\n    \
         let schedule = scenario.expand().expect(\"a scenario that can be\");\n    \
         let outcome = run(&schedule, &mut ());\n    assert_eq!(outcome.violations, []);\n}}\n",
        function_name(violation, scenario),
    );
    source
}

/// The most number signs that follow a quotation mark.
fn longest_fence(text: &str) -> usize {
    let after_quotes = text.split('"').skip(1);
    let signs = after_quotes.map(|rest| rest.chars().take_while(|sign| *sign == '#').count());
    signs.max().unwrap_or(0)
}

fn function_name(violation: &Violation, scenario: &Scenario) -> String {
    let words = format!("{}_holds_in_{}", violation.id, scenario.name).to_lowercase();
    let mut name = String::new();
    for letter in words.chars() {
        let plain = letter.is_ascii_alphanumeric();
        if plain {
            name.push(letter);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_test_has_a_name_the_scenario_and_what_was_seen() {
        let violation = Violation {
            id: "L1".to_owned(),
            at: Duration::from_millis(12_345),
            members: Vec::new(),
            text: "n1 does not know".to_owned(),
            story: Vec::new(),
        };
        let mut scenario = Scenario::new("swarm-17").nodes(3);
        scenario.about = "is \"# in it?".to_owned();
        let source = emit_test(&scenario, &violation, Some("no-refutation"));
        for part in [
            "//! L1 at 12.345 s: n1 does not know\n",
            "mutant `no-refutation`",
            "fn l1_holds_in_swarm_17() {",
            "nodes = 3\n",
        ] {
            assert!(source.contains(part), "{part}\n{source}");
        }
        let text = source.split_once("r#").unwrap().1;
        assert!(text.starts_with('"') || text.starts_with("#\""), "{source}");
    }
}
