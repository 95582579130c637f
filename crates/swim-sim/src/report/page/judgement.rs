//! What was looked at and found so, and what was violated.

use std::fmt::Write as _;

use serde_json::Value;

use super::Frame;
use super::svg::Plain;
use crate::report::words::{count, seconds};
use crate::run::{Outcome, Violation};
use crate::scenario::Schedule;
use crate::verdict::{Bounds, INVARIANTS};

/// What came of one invariant.
#[derive(Clone, Debug)]
pub(in crate::report) struct Rule {
    id: &'static str,
    property: &'static str,
    /// The class, and the word for it.
    result: (&'static str, &'static str),
    /// How long it may take, if it is not to hold at every moment.
    bound: Option<String>,
}

const PASS: (&str, &str) = ("pass", "pass");
const VIOLATED: (&str, &str) = ("violated", "violated");
const MEANT: (&str, &str) = ("vacuous", "broken, as expected");
const UNSEEN: (&str, &str) = ("vacuous", "not seen");
/// What takes longer takes for ever: no mechanism is switched on that would bring it about.
const EVER: u64 = 365 * 86_400;

/// All invariants, in order.
pub(super) fn rules(outcome: &Outcome, schedule: &Schedule) -> Vec<Rule> {
    let bounds = Bounds::of_schedule(schedule);
    let breaks = &schedule.scenario().expect.breaks;
    let rules = INVARIANTS.iter().map(|invariant| {
        let id = invariant.id;
        let is_violated = outcome.violations.iter().any(|one| one.id == id);
        let result = if is_violated {
            VIOLATED
        } else if breaks.iter().any(|one| one.invariant == id) {
            MEANT
        } else if outcome.unlooked.contains(&id) {
            UNSEEN
        } else {
            PASS
        };
        let bound = bounds.of_invariant(id).map(|bound| {
            if bound.0.as_secs() > EVER {
                "without bound".to_owned()
            } else {
                seconds(bound.0)
            }
        });
        Rule {
            id,
            property: invariant.property,
            result,
            bound,
        }
    });
    rules.collect()
}

/// The verdict on each invariant; nothing where nothing was judged.
pub(super) fn draw_rules(rules: &[Rule]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let so_many = |result| rules.iter().filter(|rule| rule.result == result).count() as u64;
    let mut page = format!(
        "<section id=\"rules\"><h2>What was checked</h2><p class=\"faint\">{} held, {} violated, {} not seen: \
         of those this run says nothing. S1 to S20 hold at every moment (S8: no verdict sooner), L1 to L12 come true \
         within their bounds.</p><ul class=\"rules\">",
        so_many(PASS),
        so_many(VIOLATED),
        so_many(UNSEEN),
    );
    for rule in rules {
        let (class, word) = rule.result;
        let bound = rule.bound.as_ref();
        let bound = bound.map_or_else(String::new, |bound| format!("<i>{bound}</i>"));
        let _ = write!(
            page,
            "<li class=\"{class}\"><b>{}</b><em>{word}</em>{bound}<span>{}</span></li>",
            rule.id,
            Plain(rule.property)
        );
    }
    page.push_str("</ul></section>");
    page
}

/// Violations shown at once; the others unfold.
const AT_ONCE: usize = 8;

/// What was violated, with what led there.
pub(super) fn draw_violations(frame: &Frame<'_>) -> String {
    let violations = frame.violations;
    if violations.is_empty() {
        return String::new();
    }
    let mut page = format!(
        "<section><h2>{}</h2><ul class=\"violations\">",
        count(violations.len() as u64, "violation")
    );
    for (place, violation) in violations.iter().enumerate() {
        if place == AT_ONCE {
            let more = count((violations.len() - place) as u64, "more violation");
            let _ = write!(
                page,
                "</ul><details><summary>{more}</summary><ul class=\"violations\">"
            );
        }
        page.push_str(&draw_violation(place, violation));
        page.push_str(&draw_story(&serde_json::json!(violation)["story"]));
        page.push_str("</li>");
    }
    let folded = violations.len() > AT_ONCE;
    page.push_str(if folded { "</ul></details>" } else { "</ul>" });
    page.push_str("</section>");
    page
}

fn draw_violation(place: usize, violation: &Violation) -> String {
    format!(
        "<li id=\"v{place}\"><a href=\"#timeline\" data-at=\"{}\"><b>{}</b> at {}</a> <b>{}</b> {}",
        violation.at.as_secs_f64(),
        Plain(&violation.id),
        seconds(violation.at),
        Plain(&violation.members.join(", ")),
        Plain(&violation.text)
    )
}

/// The last events before a violation, if they were kept: each a sentence.
fn draw_story(story: &Value) -> String {
    let events = story.as_array().into_iter().flatten();
    let mut events = events.filter_map(Value::as_str).peekable();
    if events.peek().is_none() {
        return String::new();
    }
    let mut page = String::from("<ol class=\"led\">");
    for event in events {
        let _ = write!(page, "<li>{}</li>", Plain(event));
    }
    page + "</ol>"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_led_to_a_violation_stands_below_it_if_it_was_kept() {
        assert_eq!(draw_story(&json!(null)), "");
        assert_eq!(draw_story(&json!([])), "");
        let story = draw_story(&json!(["n1 suspects <n2>"]));
        assert_eq!(
            story,
            "<ol class=\"led\"><li>n1 suspects &lt;n2&gt;</li></ol>"
        );
    }
}
