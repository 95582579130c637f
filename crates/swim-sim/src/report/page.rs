//! One page that shows a run: it stands alone, asks nothing of any network, and prints.

mod diagram;
mod map;
mod news;
mod svg;
mod timeline;

use std::fmt::Write as _;

use super::recorder::Recorder;
use super::words::{count, number, seconds};
use crate::run::{FaultFired, Metrics, Outcome, Verdict, Violation};
use svg::Plain;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// What stands around the pictures.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    /// None where nothing was judged.
    pub(super) verdict: Option<Verdict>,
    pub(super) about: &'a str,
    pub(super) sentences: [String; 3],
    pub(super) facts: Vec<String>,
    pub(super) faults: &'a [FaultFired],
    pub(super) violations: &'a [Violation],
    pub(super) metrics: Option<&'a Metrics>,
    /// The command that makes such a page, what is said above it and what below.
    pub(super) command: [&'a str; 3],
}

impl Recorder {
    /// The page as HTML. `command` is what repeats the run.
    ///
    /// Only a recorder made [for a page](Recorder::for_a_page) has the map and the diagrams.
    #[must_use]
    pub fn page(&self, outcome: &Outcome, command: &str) -> String {
        let schedule = self.schedule.as_ref();
        let trace = format!(
            "trace {:016x} · the same seed gives the same run, to the byte",
            outcome.trace_hash
        );
        self.framed(&Frame {
            title: &outcome.scenario,
            verdict: Some(outcome.verdict),
            about: schedule.map_or("", |schedule| &schedule.scenario().about),
            sentences: self.sentences(outcome),
            facts: vec![
                count(u64::from(outcome.nodes), "node"),
                format!(
                    "{} simulated in {:.2} s",
                    seconds(outcome.simulated),
                    outcome.cpu.as_secs_f64()
                ),
                count(outcome.events, "event"),
                format!("seed {}", outcome.seed),
            ],
            faults: &outcome.faults,
            violations: &outcome.violations,
            metrics: Some(&outcome.metrics),
            command: ["This run again:", command, &trace],
        })
    }

    pub(super) fn framed(&self, frame: &Frame<'_>) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{}: swim sim</title><style>{STYLE}</style></head><body><main>",
            Plain(frame.title)
        );
        page.push_str(&head(frame));
        let _ = write!(
            page,
            "<section><h2>What others believed, and what was so</h2>{LEGEND}{}</section>",
            timeline::draw(self, frame.faults, frame.violations)
        );
        page.push_str(&violations(frame.violations));
        if let Some(schedule) = &self.schedule {
            page.push_str(&diagram::draw(self.epochs.all(), schedule));
        }
        page.push_str(&news::draw(self));
        page.push_str(&figures(frame));
        let [above, command, below] = frame.command;
        let _ = writeln!(
            page,
            "<footer><p>{above}</p><pre>{}</pre><p class=\"faint\">{below}</p></footer></main><div id=\"tip\"></div>\
             <script>const names={},cells={};{SCRIPT}</script></body></html>",
            Plain(command),
            map::names(self),
            map::data(self)
        );
        page
    }
}

fn head(frame: &Frame<'_>) -> String {
    let mut page = format!("<header><h1>{}", Plain(frame.title));
    if let Some(verdict) = frame.verdict {
        let verdict = verdict.name();
        let _ = write!(page, "<span class=\"badge {verdict}\">{verdict}</span>");
    }
    page.push_str("</h1>");
    if !frame.about.is_empty() {
        let _ = write!(page, "<p class=\"about\">{}</p>", Plain(frame.about));
    }
    page.push_str("<ol class=\"story\">");
    for sentence in &frame.sentences {
        let _ = write!(page, "<li>{}</li>", Plain(sentence));
    }
    page.push_str("</ol><p class=\"facts\">");
    for fact in &frame.facts {
        let _ = write!(page, "<span>{}</span>", Plain(fact));
    }
    page.push_str("</p></header>");
    page
}

/// What the colours mean.
const LEGEND: &str = r#"<p class="legend"><span><i class="well"></i>runs, held alive</span><span><i class="suspect"></i>suspected</span><span><i class="buried"></i>runs, held dead or gone</span><span><i class="ghost"></i>gone, held alive</span><span><i class="missing"></i>runs, not known</span><span><i class="mourned"></i>gone, and known to be</span><span><i class="outlined"></i>somebody is wrong</span><span class="faint">Each row is a member; the deeper the colour, the more of the others believe it. The strip below each row: <i class="s-runs"></i> it runs, <i class="s-stands"></i> it stands still, <i class="s-gone"></i> it crashed, <i class="s-left"></i> it left.</span></p>"#;

fn violations(violations: &[Violation]) -> String {
    if violations.is_empty() {
        return String::new();
    }
    let mut page = format!(
        "<section><h2>{}</h2><ul class=\"violations\">",
        count(violations.len() as u64, "violation")
    );
    for (place, violation) in violations.iter().enumerate() {
        let _ = write!(
            page,
            "<li id=\"v{place}\"><a href=\"#timeline\" data-at=\"{}\"><b>{}</b> at {}</a> {} <span class=\"faint\">{}</span></li>",
            violation.at.as_secs_f64(),
            Plain(&violation.id),
            seconds(violation.at),
            Plain(&violation.text),
            Plain(&violation.members.join(", "))
        );
    }
    page.push_str("</ul></section>");
    page
}

fn figures(frame: &Frame<'_>) -> String {
    let mut page = String::from("<section class=\"tables\">");
    if !frame.faults.is_empty() {
        page.push_str("<div><h2>Faults</h2><table><tr><th>kind<th>at<th class=\"n\">fired</tr>");
        for fault in frame.faults {
            let _ = write!(
                page,
                "<tr><td>{}<td>{}<td class=\"n\">{}</tr>",
                fault.kind,
                seconds(fault.at),
                number(fault.fired)
            );
        }
        page.push_str("</table></div>");
    }
    if let Some(metrics) = frame.metrics.filter(|metrics| !metrics.is_empty()) {
        page.push_str("<div><h2>Figures</h2><table>");
        for (name, value) in metrics {
            let value = if value.fract() == 0.0 {
                format!("{value:.0}")
            } else {
                format!("{value:.3}")
            };
            let _ = write!(
                page,
                "<tr><td>{}<td class=\"n\">{value}</tr>",
                name.replace('_', " ")
            );
        }
        page.push_str("</table></div>");
    }
    page.push_str("</section>");
    page
}
