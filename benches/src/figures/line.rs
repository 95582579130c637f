//! One line of the table: what, reached, target, met or missed.

use std::time::Duration;

/// What was wanted, and whether that was reached; `None` if nobody measured it.
pub(crate) struct Target {
    pub(crate) text: String,
    pub(crate) met: Option<bool>,
}

pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) reached: String,
    pub(crate) target: Option<Target>,
}

impl Line {
    pub(crate) fn head() {
        columns("what", "reached", "target", "");
    }

    pub(crate) fn print(&self) {
        let (target, verdict) = self.target.as_ref().map_or(("", ""), |target| {
            let verdict = match target.met {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "not measured",
            };
            (target.text.as_str(), verdict)
        });
        columns(&self.what, &self.reached, target, verdict);
    }
}

fn columns(what: &str, reached: &str, target: &str, verdict: &str) {
    let line = format!("{what:<70} {reached:>28}  {target:<10} {verdict}");
    println!("{}", line.trim_end());
}

/// A duration of a few microseconds, three digits behind the point.
pub(crate) fn micros(duration: Duration) -> String {
    format!("{:.3} µs", duration.as_secs_f64() * 1e6)
}
