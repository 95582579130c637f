//! What a trial expected, what it saw, and how it ended.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

/// Everything that a trial says.
#[derive(Debug)]
pub(crate) struct Report {
    trial: &'static str,
    json: bool,
    steps: Vec<Value>,
    figures: Vec<Value>,
    missed: Vec<&'static str>,
}

/// Why a trial ended before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// This machine can't give what it needs.
    Skip(String),
    /// It could not be carried out.
    Failed(String),
}

impl Stop {
    /// What was tried, and what the system said.
    pub(crate) fn failed(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::Failed(format!("{what}: {error}"))
    }
}

impl Report {
    pub(crate) fn begin(trial: &'static str, about: String, json: bool) -> Self {
        let report = Self {
            trial,
            json,
            steps: Vec::new(),
            figures: Vec::new(),
            missed: Vec::new(),
        };
        report.say(&format!("{trial}: {about}"));
        report
    }

    /// Something that had to happen within a time; `took` is `None` if it never did.
    pub(crate) fn within(
        &mut self,
        step: &'static str,
        expected: &str,
        within: Duration,
        took: Option<Duration>,
        seen: &str,
    ) -> bool {
        let ok = took.is_some_and(|took| took <= within);
        self.say(&format!(
            "  {step:<10} expected {expected}, within {}",
            text(within)
        ));
        let after = took.map_or_else(String::new, |took| format!(", after {}", text(took)));
        self.verdict(step, ok, &format!("{seen}{after}"));
        self.steps.push(json!({
            "step": step, "expected": expected, "within_ms": millis(within),
            "seen": seen, "took_ms": took.map(millis), "ok": ok,
        }));
        ok
    }

    /// Something that had to be so.
    pub(crate) fn holds(
        &mut self,
        step: &'static str,
        expected: &str,
        ok: bool,
        seen: &str,
    ) -> bool {
        self.say(&format!("  {step:<10} expected {expected}"));
        self.verdict(step, ok, seen);
        self.steps
            .push(json!({"step": step, "expected": expected, "seen": seen, "ok": ok}));
        ok
    }

    fn verdict(&mut self, step: &'static str, ok: bool, seen: &str) {
        let mark = if ok { "ok" } else { "MISSED" };
        self.say(&format!("  {:<10} seen     {seen}  {mark}", ""));
        if !ok {
            self.missed.push(step);
        }
    }

    /// Something measured; `beside` is what to compare it with.
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &str, beside: &str) {
        let compare = if beside.is_empty() {
            String::new()
        } else {
            format!("  ({beside})")
        };
        self.say(&format!(
            "  {name:<44} {:>12} {unit}{compare}",
            number(value)
        ));
        self.figures
            .push(json!({"name": name, "value": value, "unit": unit, "beside": beside}));
    }

    /// Words for people.
    pub(crate) fn say(&self, words: &str) {
        if !self.json {
            line(words);
        }
    }

    /// The last line, and the exit code.
    pub(crate) fn end(self, stop: Option<Stop>) -> ExitCode {
        let ok = self.missed.is_empty() && !matches!(stop, Some(Stop::Failed(_)));
        let skipped = match &stop {
            Some(Stop::Skip(why)) => Some(why.clone()),
            _ => None,
        };
        if self.json {
            let object = json!({
                "trial": self.trial, "ok": ok, "skipped": skipped,
                "steps": self.steps, "figures": self.figures,
            });
            line(&object.to_string());
        } else if let Some(why) = skipped {
            line(&format!("SKIP {}: {why}", self.trial));
        } else if ok {
            line(&format!("{}: ok", self.trial));
        } else {
            line(&format!(
                "{}: MISSED {}",
                self.trial,
                self.missed.join(", ")
            ));
        }
        ExitCode::from(u8::from(!ok))
    }

    /// Whether anything was missed so far.
    pub(crate) const fn is_good(&self) -> bool {
        self.missed.is_empty()
    }
}

/// A reader that has gone away takes nothing from the exit code.
fn line(words: &str) {
    let _ = writeln!(io::stdout(), "{words}");
}

/// A duration for people.
pub(crate) fn text(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.2} s", duration.as_secs_f64())
    }
}

/// Three digits that matter, or the whole number.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Report {
        Report::begin("test", String::new(), true)
    }

    #[test]
    fn what_comes_late_or_never_is_missed() {
        let second = Duration::from_secs(1);
        for (took, ok) in [
            (Some(second), true),
            (Some(2 * second), false),
            (None, false),
        ] {
            let mut report = quiet();
            assert_eq!(report.within("step", "it", second, took, "it"), ok);
            assert_eq!(report.is_good(), ok);
        }
    }

    #[test]
    fn a_trial_ends_well_only_if_nothing_was_missed_or_failed() {
        let code = |ok: bool| format!("{:?}", ExitCode::from(u8::from(!ok)));
        let ended = |report: Report, stop| format!("{:?}", report.end(stop));
        assert_eq!(ended(quiet(), None), code(true));
        assert_eq!(
            ended(quiet(), Some(Stop::Skip("no root".into()))),
            code(true)
        );
        assert_eq!(
            ended(quiet(), Some(Stop::Failed("broken".into()))),
            code(false)
        );
        let mut missed = quiet();
        missed.holds("step", "it", false, "not it");
        assert_eq!(ended(missed, None), code(false));
    }

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        let numbers = [0.05321, 1.5, 17.25, 1_234.5, 3.0].map(number);
        assert_eq!(numbers, ["0.0532", "1.50", "17.2", "1234", "3"]);
    }
}
