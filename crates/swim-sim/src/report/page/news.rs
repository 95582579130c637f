//! How fast news reached everybody: a curve for each kind of news.

use super::svg::{At, line, path, text, ticks};
use crate::report::recorder::Recorder;
use crate::report::spread::{Curve, KINDS};
use crate::report::times::Times;
use crate::report::words::{count, number, seconds_of};

const LEFT: f64 = 44.0;
const WIDTH: f64 = 460.0;
const TOP: f64 = 14.0;
const HEIGHT: f64 = 190.0;
/// The least time that an axis shows, in microseconds: its ticks are whole milliseconds.
const SHORT: u64 = 6_000;

/// All curves, or nothing if there was no news.
pub(super) fn draw(recorder: &Recorder) -> String {
    let curves = KINDS.iter().zip(recorder.spread.curves());
    let told: Vec<String> = curves
        .filter(|(_, curve)| curve.each.count() > 0)
        .map(|(kind, curve)| figure(kind, curve))
        .collect();
    if told.is_empty() {
        return String::new();
    }
    format!(
        r#"<section><h2>How fast the news spread</h2><div class="wide">{}</div></section>"#,
        told.concat()
    )
}

const fn title(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"crash" => "A node crashed: who held it dead",
        b"leave" => "A node left: who knew",
        b"join" => "A node joined: who knew it",
        _ => "Metadata changed: who had it",
    }
}

fn figure(kind: &str, curve: &Curve) -> String {
    let longest = curve.each.most();
    // The last few would press all others to the left.
    let end = curve
        .each
        .quantile(995)
        .unwrap_or(longest)
        .max(longest / 3)
        .max(SHORT);
    let scale = Scale {
        end: end as f64 * 1.04,
    };
    let mut page = scale.grid();
    for (class, times, whole) in [
        ("firsts", &curve.first, curve.pieces),
        ("each", &curve.each, curve.audience),
    ] {
        let stairs = scale.stairs(times, whole.max(1) as f64);
        page.push_str(&format!(r#"<path class="{class}" d="{stairs}"/>"#));
    }
    let title = title(kind);
    let caption = caption(curve);
    format!(
        r#"<figure><svg viewBox="0 0 520 234">{page}</svg><figcaption><b>{title}</b><br>{caption}<span class="keys"><span class="key firsts"></span> the first to know <span class="key each"></span> everybody</span></figcaption></figure>"#
    )
}

fn caption(curve: &Curve) -> String {
    let at = |times: &Times, part| {
        let time = times.quantile(part);
        time.map_or_else(|| "never".to_owned(), seconds_of)
    };
    let heard = number(curve.each.count());
    let audience = number(curve.audience);
    if curve.pieces == 1 {
        return format!(
            "The first after {}, half of all after {}, the last after {}; {heard} of {audience} heard.",
            at(&curve.first, 500),
            at(&curve.each, 500),
            seconds_of(curve.each.most()),
        );
    }
    format!(
        "{}: the first after {} (half of the cases), half of all after {}, 99 % after {}, the last after {}; {heard} of {audience} heard.",
        count(curve.pieces, "case"),
        at(&curve.first, 500),
        at(&curve.each, 500),
        at(&curve.each, 990),
        seconds_of(curve.each.most()),
    )
}

/// Time to the right, in microseconds up to `end`; shares upwards.
#[derive(Clone, Copy, Debug)]
struct Scale {
    end: f64,
}

impl Scale {
    fn x(self, micros: f64) -> f64 {
        LEFT + (micros / self.end).min(1.0) * WIDTH
    }

    fn y(share: f64) -> f64 {
        TOP + HEIGHT - share.min(1.0) * HEIGHT
    }

    fn grid(self) -> String {
        let mut page = String::new();
        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let y = Self::y(share);
            page.push_str(&line("grid", (LEFT, y), (LEFT + WIDTH, y)));
            let label = format!("{:.0} %", share * 100.0);
            page.push_str(&text("label end", (LEFT - 6.0, y + 4.0), &label));
        }
        let seconds = self.end / 1e6;
        for tick in ticks(seconds, 8) {
            let x = self.x(tick * 1e6);
            let y = Self::y(0.0);
            page.push_str(&line("axis", (x, y), (x, y + 4.0)));
            let label = if seconds < 2.0 {
                format!("{:.0} ms", tick * 1_000.0)
            } else {
                format!("{} s", At(tick))
            };
            page.push_str(&text("label middle", (x, y + 17.0), &label));
        }
        page
    }

    fn stairs(self, times: &Times, whole: f64) -> String {
        let mut points = vec![(self.x(0.0), Self::y(0.0))];
        let mut last = 0.0;
        for (micros, sum) in times.steps() {
            let x = self.x(micros as f64);
            points.push((x, Self::y(last)));
            last = sum as f64 / whole;
            points.push((x, Self::y(last)));
        }
        points.push((LEFT + WIDTH, Self::y(last)));
        path(points)
    }
}
