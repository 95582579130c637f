//! Who could reach whom: a small diagram for each pattern of cuts.

use std::f64::consts::TAU;

use super::svg::{At, line, path, text};
use crate::report::epochs::{Epoch, Pattern};
use crate::report::faults::called;
use crate::report::words::{number, seconds_of};
use crate::scenario::Schedule;

/// Diagrams shown; faults that come and go by lot make more of them than anybody reads.
const SHOWN: usize = 12;
/// Groups drawn as circles with their names; more are dots.
const CIRCLES: usize = 8;
const SIZE: f64 = 230.0;
const MIDDLE: (f64, f64) = (SIZE / 2.0, SIZE / 2.0 - 4.0);

/// All diagrams, or nothing if everybody could always reach everybody.
pub(super) fn draw(epochs: &[Epoch], schedule: &Schedule) -> String {
    if epochs.len() < 2 && epochs.iter().all(|epoch| epoch.pattern.is_whole()) {
        return String::new();
    }
    let mut page = String::from(r#"<section><h2>Who could reach whom</h2><div class="cards">"#);
    for epoch in epochs.iter().take(SHOWN) {
        page.push_str(&card(epoch, schedule));
    }
    page.push_str("</div>");
    if epochs.len() > SHOWN {
        let more = number((epochs.len() - SHOWN) as u64);
        page.push_str(&format!(
            "<p class=\"faint\">and {more} more patterns of cuts</p>"
        ));
    }
    page.push_str("</section>");
    page
}

fn card(epoch: &Epoch, schedule: &Schedule) -> String {
    let pattern = &epoch.pattern;
    let picture = if pattern.tangled {
        let closed = format!("{} % of links", pattern.closed.div_ceil(10));
        text("group", (MIDDLE.0, MIDDLE.1 - 6.0), &closed)
            + &text("group", (MIDDLE.0, MIDDLE.1 + 14.0), "closed")
    } else if pattern.groups.len() <= CIRCLES {
        circles(pattern, schedule)
    } else {
        dots(pattern)
    };
    let spans = epoch.times.iter();
    let spans: Vec<_> = spans
        .map(|(from, to)| format!("{}–{}", seconds_of(*from), seconds_of(*to)))
        .collect();
    let when = match &spans[..] {
        [one, two, three, .., last] if spans.len() > 4 => {
            format!("{one}, {two}, {three}, … {last}: {} times", spans.len())
        }
        few => few.join(", "),
    };
    format!(
        r#"<figure><svg viewBox="0 0 {SIZE} {}">{MARKER}{picture}</svg><figcaption>{when}</figcaption></figure>"#,
        SIZE - 8.0
    )
}

/// The head of an arrow.
const MARKER: &str = r#"<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>"#;

/// The places of so many groups around the middle, the first one on the left.
fn places(count: usize, radius: f64) -> Vec<(f64, f64)> {
    if count == 1 {
        return vec![MIDDLE];
    }
    let angle = |place: usize| TAU * (0.5 + place as f64 / count as f64);
    let place = |place| {
        (
            MIDDLE.0 + radius * angle(place).cos(),
            MIDDLE.1 + radius * angle(place).sin(),
        )
    };
    (0..count).map(place).collect()
}

fn circles(pattern: &Pattern, schedule: &Schedule) -> String {
    let all = schedule.scenario().nodes;
    let count = pattern.groups.len();
    let places = places(count, 70.0);
    let radius: Vec<f64> = pattern
        .groups
        .iter()
        .map(|group| 9.0 + 25.0 * (group.len() as f64 / f64::from(all.max(1))).sqrt())
        .collect();
    let mut page = String::new();
    for one in 0..count {
        for other in one + 1..count {
            let (there, back) = (pattern.open[one][other], pattern.open[other][one]);
            let ends = between(places[one], radius[one], places[other], radius[other]);
            page.push_str(&link(ends, there, back));
        }
    }
    for ((place, radius), group) in places.iter().zip(&radius).zip(&pattern.groups) {
        page.push_str(&format!(
            r#"<circle class="nodes" cx="{}" cy="{}" r="{}"/>"#,
            At(place.0),
            At(place.1),
            At(*radius)
        ));
        page.push_str(&text(
            "group",
            (place.0, place.1 + 4.0),
            &group.len().to_string(),
        ));
        let name = called(schedule, group);
        // On the outer side, where no way leads.
        let y = if place.1 < MIDDLE.1 - 1.0 {
            place.1 - radius - 6.0
        } else {
            place.1 + radius + 13.0
        };
        page.push_str(&text("label middle name", (place.0, y), &name));
    }
    page
}

type Ends = ((f64, f64), (f64, f64));

/// The ends of a line between two circles.
fn between(from: (f64, f64), from_radius: f64, to: (f64, f64), to_radius: f64) -> Ends {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (dx, dy) = (dx / length, dy / length);
    let (from_radius, to_radius) = (from_radius + 4.0, to_radius + 4.0);
    (
        (from.0 + dx * from_radius, from.1 + dy * from_radius),
        (to.0 - dx * to_radius, to.1 - dy * to_radius),
    )
}

fn link((from, to): Ends, there: bool, back: bool) -> String {
    if there && back {
        return line("open", from, to);
    }
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    // The two directions lie side by side.
    let aside = (-dy / length * 6.0, dx / length * 6.0);
    let shift = |point: (f64, f64), by: f64| (point.0 + aside.0 * by, point.1 + aside.1 * by);
    if !there && !back {
        return line("cut", from, to) + &cross(from, to);
    }
    let (open, closed) = if there { (-1.0, 1.0) } else { (1.0, -1.0) };
    let arrow = |a: (f64, f64), b: (f64, f64)| {
        format!(
            r#"<path class="way" d="{}" marker-end="url(#head)"/>"#,
            path([a, b])
        )
    };
    let (a, b) = (shift(from, open), shift(to, open));
    let way = if there { arrow(a, b) } else { arrow(b, a) };
    let (a, b) = (shift(from, closed), shift(to, closed));
    way + &line("cut", a, b) + &cross(a, b)
}

/// A cross in the middle of a cut.
fn cross(from: (f64, f64), to: (f64, f64)) -> String {
    let (x, y) = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    line("cross", (x - 4.5, y - 4.5), (x + 4.5, y + 4.5))
        + &line("cross", (x - 4.5, y + 4.5), (x + 4.5, y - 4.5))
}

/// Many groups: dots in a circle, with the rarer of open and closed links between them.
fn dots(pattern: &Pattern) -> String {
    let count = pattern.groups.len();
    let places = places(count, 88.0);
    let pairs = || (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
    let is_open = |one: usize, other: usize| pattern.open[one][other] && pattern.open[other][one];
    let open = pairs().filter(|(one, other)| is_open(*one, *other)).count();
    let show_open = open * 2 < pairs().count();
    let mut page = String::new();
    for (one, other) in pairs().filter(|(one, other)| is_open(*one, *other) == show_open) {
        let class = if show_open { "open" } else { "cut thin" };
        page.push_str(&line(class, places[one], places[other]));
    }
    for (place, group) in places.iter().zip(&pattern.groups) {
        let radius = 3.0 + (group.len() as f64).sqrt();
        page.push_str(&format!(
            r#"<circle class="nodes" cx="{}" cy="{}" r="{}"/>"#,
            At(place.0),
            At(place.1),
            At(radius.min(14.0))
        ));
    }
    let caption = if show_open {
        "links open"
    } else {
        "links closed"
    };
    page + &text("label middle", (MIDDLE.0, MIDDLE.1 + 4.0), caption)
}
