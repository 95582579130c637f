//! One page that shows a run: it stands alone, asks nothing of any network, and prints.

mod diagram;
mod judgement;
mod map;
mod news;
mod svg;
mod timeline;

use std::fmt::Write as _;

use super::beliefs::Wrong;
use super::recorder::Recorder;
use super::words::{count, number, seconds, tenths, whole};
use crate::run::{FaultFired, Metrics, Outcome, Verdict, Violation};
use judgement::Rule;
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
    /// What each of the sentences is: [`colours`](Recorder::colours).
    pub(super) colours: [&'static str; 3],
    pub(super) facts: Vec<String>,
    pub(super) faults: &'a [FaultFired],
    pub(super) violations: &'a [Violation],
    /// What came of each invariant; none where nothing was judged.
    pub(super) rules: Vec<Rule>,
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
            colours: self.colours(),
            facts: vec![
                count(u64::from(outcome.nodes), "node"),
                format!(
                    "{} simulated in {:.2} CPU s",
                    seconds(outcome.simulated),
                    outcome.cpu.as_secs_f64()
                ),
                count(outcome.events, "event"),
                format!("seed {}", outcome.seed),
            ],
            faults: &outcome.faults,
            violations: &outcome.violations,
            rules: schedule.map_or_else(Vec::new, |one| judgement::rules(outcome, one)),
            metrics: Some(&outcome.metrics),
            command: ["This run again:", command, &trace],
        })
    }

    /// The colour of each sentence: whether anything broke, what the worst was that anybody believed, and whether all is
    /// well in the end.
    pub(super) fn colours(&self) -> [&'static str; 3] {
        let schedule = self.schedule.as_ref();
        let calm = schedule.is_some_and(|schedule| schedule.faults().is_empty());
        let ever = |way| self.story.of(way).first.is_some();
        let worst = [
            (Wrong::Buried, "bad"),
            (Wrong::Ghost, "odd"),
            (Wrong::Missing, "odd"),
            (Wrong::Suspected, "odd"),
        ];
        let worst = worst.into_iter().find(|(way, _)| ever(*way));
        [
            if calm { "good" } else { "broke" },
            worst.map_or("good", |(_, colour)| colour),
            if self.story.well_since().is_some() {
                "good"
            } else {
                "bad"
            },
        ]
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
        page.push_str(&judgement::draw_violations(frame));
        if let Some(schedule) = &self.schedule {
            page.push_str(&diagram::draw(self.epochs.all(), schedule));
        }
        page.push_str(&news::draw(self));
        page.push_str(&figures(frame));
        page.push_str(&judgement::draw_rules(&frame.rules));
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
        let _ = write!(
            page,
            "<a href=\"#rules\" class=\"badge {verdict}\">{verdict}</a>"
        );
    }
    page.push_str("</h1>");
    if !frame.about.is_empty() {
        let _ = write!(page, "<p class=\"about\">{}</p>", Plain(frame.about));
    }
    page.push_str("<ol class=\"story\">");
    for (sentence, colour) in frame.sentences.iter().zip(frame.colours) {
        let _ = write!(page, "<li class=\"{colour}\">{}</li>", Plain(sentence));
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
            let (words, unit) = in_words(name);
            let value = if unit == "s" || value.fract() != 0.0 && *value < 10.0 {
                format!("{value:.3}")
            } else if value.fract() == 0.0 {
                whole(*value)
            } else {
                tenths(*value)
            };
            // Points stand below points.
            let (whole, part) = value.split_at(value.find('.').unwrap_or(value.len()));
            let _ = write!(
                page,
                "<tr><td>{words}<td class=\"n\">{whole}<td class=\"part\">{part}<td class=\"unit\">{unit}</tr>"
            );
        }
        page.push_str("</table></div>");
    }
    page.push_str("</section>");
    page
}

/// A figure's name for readers, and the unit that it ends with.
fn in_words(name: &str) -> (String, &'static str) {
    let units = [
        ("_per_node_s", "a second and node"),
        ("_pair_s", "pair-seconds"),
        ("_s", "s"),
    ];
    let found = units
        .into_iter()
        .find_map(|(end, unit)| Some((name.strip_suffix(end)?, unit)));
    let (name, unit) = found.unwrap_or((name, ""));
    let name = name.replace('_', " ");
    let shares = [("p50", "half"), ("p99", "99 %")];
    let name = shares
        .into_iter()
        .fold(name, |name, (short, words)| name.replace(short, words));
    (name, unit)
}
