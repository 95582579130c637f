//! One page that shows a run: it stands alone, asks nothing of any network, and prints.

mod diagram;
mod map;
mod news;
mod svg;
mod timeline;

use std::fmt::Write as _;

use super::recorder::Recorder;
use super::words::{count, number, seconds};
use crate::run::{Outcome, Violation};
use svg::Plain;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

impl Recorder {
    /// The page as HTML. `command` is what repeats the run.
    ///
    /// Only a recorder made [for a page](Recorder::for_a_page) has the map and the diagrams.
    #[must_use]
    pub fn page(&self, outcome: &Outcome, command: &str) -> String {
        let name = Plain(&outcome.scenario);
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{name}: swim sim</title><style>{STYLE}</style></head><body><main>"
        );
        self.head(outcome, &mut page);
        let _ = write!(
            page,
            "<section><h2>What others believed, and what was so</h2>{LEGEND}{}</section>",
            timeline::draw(self, outcome)
        );
        page.push_str(&violations(&outcome.violations));
        if let Some(schedule) = &self.schedule {
            page.push_str(&diagram::draw(self.epochs.all(), schedule));
        }
        page.push_str(&news::draw(self));
        page.push_str(&figures(outcome));
        let _ = writeln!(
            page,
            "<footer><p>This run again:</p><pre>{}</pre><p class=\"faint\">trace {:016x} · the same seed gives the \
             same run, to the byte</p></footer></main><div id=\"tip\"></div><script>const cells={};{SCRIPT}</script></body></html>",
            Plain(command),
            outcome.trace_hash,
            map::data(self)
        );
        page
    }

    fn head(&self, outcome: &Outcome, page: &mut String) {
        let about = self
            .schedule
            .as_ref()
            .map_or("", |schedule| &schedule.scenario().about);
        let _ = write!(
            page,
            "<header><h1>{}<span class=\"badge {verdict}\">{verdict}</span></h1>",
            Plain(&outcome.scenario),
            verdict = outcome.verdict.name()
        );
        if !about.is_empty() {
            let _ = write!(page, "<p class=\"about\">{}</p>", Plain(about));
        }
        page.push_str("<ol class=\"story\">");
        for sentence in self.sentences(outcome) {
            let _ = write!(page, "<li>{}</li>", Plain(&sentence));
        }
        page.push_str("</ol><p class=\"facts\">");
        let facts = [
            count(u64::from(outcome.nodes), "node"),
            format!(
                "{} simulated in {:.2} s",
                seconds(outcome.simulated),
                outcome.cpu.as_secs_f64()
            ),
            count(outcome.events, "event"),
            format!("seed {}", outcome.seed),
        ];
        for fact in facts {
            let _ = write!(page, "<span>{fact}</span>");
        }
        page.push_str("</p></header>");
    }
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

fn figures(outcome: &Outcome) -> String {
    let mut page = String::from("<section class=\"tables\">");
    if !outcome.faults.is_empty() {
        page.push_str("<div><h2>Faults</h2><table><tr><th>kind<th>at<th class=\"n\">fired</tr>");
        for fault in &outcome.faults {
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
    if !outcome.metrics.is_empty() {
        page.push_str("<div><h2>Figures</h2><table>");
        for (name, value) in &outcome.metrics {
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
