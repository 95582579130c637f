//! Everything that has a time, one above the other over one axis: faults, the map, wrong beliefs, traffic.

use std::time::Duration;

use super::map;
use super::svg::{At, Plain, line, path, rectangle, text, ticks};
use crate::random::micros;
use crate::report::beliefs::Wrong;
use crate::report::faults::{self, Told};
use crate::report::load::Slice;
use crate::report::recorder::{Moment, Recorder};
use crate::report::words::{number, seconds, whole};
use crate::run::{FaultFired, Violation};

/// Faults drawn one by one; the others share the last line.
const FAULTS: usize = 12;
const LINE: f64 = 21.0;
const CURVE: f64 = 74.0;
/// Flags that are nearer to each other are one.
const APART: f64 = 6.0;

/// Where time is on the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) left: f64,
    pub(super) width: f64,
    /// The length of the run in microseconds.
    pub(super) length: u64,
}

impl Axis {
    pub(super) fn x(self, time: u64) -> f64 {
        self.left + self.width * time.min(self.length) as f64 / self.length.max(1) as f64
    }

    fn right(self) -> f64 {
        self.left + self.width
    }
}

/// The whole picture, with how often each fault fired and what was violated.
pub(super) fn draw(recorder: &Recorder, fired: &[FaultFired], violations: &[Violation]) -> String {
    let axis = Axis {
        left: 84.0,
        width: 1_000.0,
        length: recorder.length,
    };
    let faults = recorder
        .schedule
        .as_ref()
        .map(faults::tell)
        .unwrap_or_default();
    let mut below = String::new();
    let mut top = 18.0;
    let mut labels = String::new();
    let lanes = lane(&faults, fired, axis, top, [&mut below, &mut labels]);
    top += lanes + 10.0;
    let map_top = top;
    let map_height = map::draw(recorder, axis, top, &mut below);
    top += map_height + 30.0;
    let wrong_top = top;
    wrong_curve(recorder, axis, top, &mut below);
    top += CURVE + 34.0;
    let traffic_top = top;
    traffic(recorder, axis, top, &mut below);
    let bottom = top + CURVE;
    below.push_str(&time_axis(axis, bottom));
    let mut guides = String::new();
    for fault in &faults {
        let ends = fault.until().filter(|end| *end > fault.at());
        for time in [Some(fault.at()), ends].into_iter().flatten() {
            let x = axis.x(micros(time));
            guides.push_str(&line("guide", (x, 18.0 + lanes), (x, bottom)));
        }
    }
    guides.push_str(&flags(violations, axis, bottom));
    // Above all lines, or these would cross the words.
    guides.push_str(&labels);
    for (top, name) in [
        (wrong_top, "wrong beliefs"),
        (traffic_top, "sent by a node"),
    ] {
        guides.push_str(&text("label", (axis.left, top - 6.0), name));
    }
    let height = bottom + 34.0;
    format!(
        r#"<div class="wider"><svg id="timeline" viewBox="0 0 1150 {}" role="img" aria-label="What others believed of each member over time" data-left="{}" data-width="{}" data-length="{}" data-top="{}" data-members="{}" data-rows="{}" data-row="{}">{below}{guides}<line id="cursor" x1="0" x2="0" y1="{}" y2="{}"/></svg></div>"#,
        At(height),
        At(axis.left),
        At(axis.width),
        Duration::from_micros(axis.length).as_secs_f64(),
        At(map_top),
        recorder.beliefs.members(),
        recorder.heat.rows().len(),
        At(map::row_height(recorder.heat.rows().len())),
        At(map_top.min(wrong_top) - 6.0),
        At(bottom),
    )
}

/// A flag for each violation; those that would hide each other share the first one's.
fn flags(violations: &[Violation], axis: Axis, bottom: f64) -> String {
    let mut page = String::new();
    let mut last = f64::NEG_INFINITY;
    for (place, violation) in violations.iter().enumerate() {
        let x = axis.x(micros(violation.at));
        if x - last < APART {
            continue;
        }
        last = x;
        page.push_str(&format!(
            r##"<a href="#v{place}"><path class="flag" d="M{x} 4l9 4.5l-9 4.5z"/><title>{} at {}</title></a>"##,
            Plain(&violation.id),
            seconds(violation.at),
            x = At(x),
        ));
        page.push_str(&line("bad", (x, 4.0), (x, bottom)));
    }
    page
}

/// The faults, a line for each.
fn lane(
    faults: &[Told<'_>],
    fired: &[FaultFired],
    axis: Axis,
    top: f64,
    [page, labels]: [&mut String; 2],
) -> f64 {
    for (place, fault) in faults.iter().enumerate() {
        let y = top + place.min(FAULTS) as f64 * LINE;
        if place <= FAULTS {
            let name = if place == FAULTS {
                "others"
            } else {
                fault.kind
            };
            page.push_str(&text("label end", (axis.left - 8.0, y + 13.0), name));
            page.push_str(&line("lane", (axis.left, y + 9.0), (axis.right(), y + 9.0)));
        }
        for part in &fault.parts {
            let x = axis.x(micros(part.at));
            let end = part.until.map_or(x, |until| axis.x(micros(until)));
            if end - x < 3.0 {
                page.push_str(&format!(
                    r#"<path class="fault" d="M{} {}l5 6l-5 6l-5 -6z"/>"#,
                    At(x),
                    At(y + 3.0)
                ));
            } else {
                page.push_str(&rectangle("fault", (x, y + 3.0), (end - x, 12.0)));
            }
        }
        if place < FAULTS {
            let times = fired.get(fault.written).map_or(0, |one| one.fired);
            label_fault(fault, times, axis, y, labels);
        }
    }
    faults.len().min(FAULTS + 1) as f64 * LINE
}

/// About as wide as a letter of what was done is.
const LETTER: f64 = 6.2;
/// The same within a bar.
const SMALL_LETTER: f64 = 5.7;

/// What a fault did: right of its last bar or left of its first one, wherever is more room; where neither has enough,
/// within a bar that has.
fn label_fault(fault: &Told<'_>, fired: u64, axis: Axis, y: f64, page: &mut String) {
    let what = format!("{} · {}×", fault.what, number(fired));
    let begins = axis.x(micros(fault.at()));
    let ends = fault.parts.iter().map(|part| part.until.unwrap_or(part.at));
    let ends = axis.x(ends.map(micros).max().unwrap_or(0));
    let needs = what.chars().count() as f64 * LETTER;
    let (room_right, room_left) = (axis.right() - ends - 9.0, begins - axis.left - 9.0);
    let room_within = match &fault.parts[..] {
        [_] => ends - begins - 12.0,
        _ => 0.0,
    };
    let outside = room_right.max(room_left);
    if needs > outside && room_within > outside {
        let most = room_within / SMALL_LETTER;
        let at = (begins + 6.0, y + 12.6);
        page.push_str(&text("told within", at, &shortened(what, most)));
        return;
    }
    let (class, x, room) = if needs < room_right || room_right >= room_left {
        ("told", ends + 9.0, room_right)
    } else {
        ("told end", begins - 9.0, room_left)
    };
    let most = room / LETTER;
    page.push_str(&text(class, (x, y + 13.0), &shortened(what, most)));
}

/// So many letters of it at most.
fn shortened(what: String, letters: f64) -> String {
    let letters = letters.max(8.0);
    if what.chars().count() as f64 <= letters {
        return what;
    }
    let kept = what.chars().enumerate();
    let kept = kept.take_while(|(place, _)| (*place as f64) < letters - 3.0);
    kept.map(|(_, letter)| letter).chain(['…']).collect()
}

/// Wrong beliefs as a share of all beliefs, stacked.
fn wrong_curve(recorder: &Recorder, axis: Axis, top: f64, page: &mut String) {
    let share = |moment: &Moment, way: Wrong| {
        moment.wrong[way as usize] as f64 / moment.pairs.max(1) as f64
    };
    let stacked = |moment: &Moment, upto: usize| {
        STACK[..upto]
            .iter()
            .map(|(way, _)| share(moment, *way))
            .sum::<f64>()
    };
    let peak = recorder
        .curve
        .iter()
        .map(|moment| stacked(moment, STACK.len()));
    let most = peak.fold(0.0, f64::max).clamp(0.01, 1.0);
    let point = |place: usize, value: f64| {
        let x = axis.x(recorder.step * place as u64);
        (x, top + CURVE - value.min(most) / most * CURVE)
    };
    frame(
        axis,
        top,
        &format!("{:.*} %", usize::from(most < 0.1), most * 100.0),
        page,
    );
    for (place, (_, class)) in STACK.iter().enumerate() {
        let upper = recorder.curve.iter().enumerate();
        let upper = upper.map(|(at, moment)| point(at, stacked(moment, place + 1)));
        let lower = recorder.curve.iter().enumerate().rev();
        let lower = lower.map(|(at, moment)| point(at, stacked(moment, place)));
        page.push_str(&format!(
            r#"<path class="{class}" d="{}Z"/>"#,
            path(upper.chain(lower))
        ));
    }
}

/// The ways of being wrong from below upwards, with their classes.
const STACK: [(Wrong, &str); 4] = [
    (Wrong::Buried, "buried"),
    (Wrong::Ghost, "ghost"),
    (Wrong::Missing, "missing"),
    (Wrong::Suspected, "suspect"),
];

/// Slices drawn together: single ones are all noise.
const TOGETHER: usize = 4;

/// What one node sends and loses in a second, on average.
#[derive(Clone, Copy, Debug)]
struct Rates {
    /// Bytes in datagrams.
    datagrams: f64,
    /// Bytes in datagrams and streams.
    all: f64,
    /// Datagrams dropped.
    dropped: f64,
}

fn rates(recorder: &Recorder) -> Vec<Rates> {
    let nodes = recorder.beliefs.members().max(1) as f64;
    let seconds = Duration::from_micros(recorder.step.max(1)).as_secs_f64();
    let chunks = recorder.load.slices().chunks(TOGETHER);
    let rates = chunks.map(|chunk| {
        let sum = |of: &dyn Fn(&Slice) -> u64| {
            chunk.iter().map(of).sum::<u64>() as f64 / seconds / nodes / chunk.len() as f64
        };
        let datagrams = sum(&|slice| slice.bytes);
        Rates {
            datagrams,
            all: datagrams + sum(&|slice| slice.stream_bytes),
            dropped: sum(&|slice| slice.dropped),
        }
    });
    rates.collect()
}

/// Bytes that each node sends a second, and datagrams dropped.
fn traffic(recorder: &Recorder, axis: Axis, top: f64, page: &mut String) {
    let rates = rates(recorder);
    let most = rates.iter().map(|rates| rates.all).fold(1.0, f64::max);
    let lost = rates.iter().map(|rates| rates.dropped).fold(0.0, f64::max);
    let (label, unit) = if most < 10_000.0 {
        (number_of(most), "B/s")
    } else {
        (number_of(most / 1_000.0), "kB/s")
    };
    let label = format!("{label} {unit}");
    frame(axis, top, &label, page);
    let x = |place: usize| axis.x(recorder.step * (place * TOGETHER + TOGETHER / 2) as u64);
    let y = |share: f64| top + CURVE - share * CURVE;
    let area = |value: &dyn Fn(&Rates) -> f64| {
        let points = rates.iter().enumerate();
        let points = points.map(|(place, rates)| (x(place), y(value(rates) / most)));
        let last = x(rates.len().saturating_sub(1));
        path(
            [(x(0), y(0.0))]
                .into_iter()
                .chain(points)
                .chain([(last, y(0.0))]),
        )
    };
    page.push_str(&format!(
        r#"<path class="streams" d="{}Z"/>"#,
        area(&|rates| rates.all)
    ));
    page.push_str(&format!(
        r#"<path class="datagrams" d="{}Z"/>"#,
        area(&|rates| rates.datagrams)
    ));
    if lost > 0.0 {
        let points = rates.iter().enumerate();
        let points = points.map(|(place, rates)| (x(place), y(rates.dropped / lost * 0.9)));
        page.push_str(&format!(r#"<path class="lost" d="{}"/>"#, path(points)));
        let label = format!(
            "dropped: up to {} datagrams a second and node",
            number_of(lost)
        );
        page.push_str(&text(
            "told end lostlabel",
            (axis.right() - 4.0, top - 6.0),
            &label,
        ));
    }
}

fn number_of(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.1}")
    } else {
        whole(value)
    }
}

fn frame(axis: Axis, top: f64, most: &str, page: &mut String) {
    page.push_str(&rectangle("ground", (axis.left, top), (axis.width, CURVE)));
    page.push_str(&text("label end", (axis.left - 8.0, top + 9.0), most));
    page.push_str(&text("label end", (axis.left - 8.0, top + CURVE), "0"));
}

fn time_axis(axis: Axis, y: f64) -> String {
    let length = Duration::from_micros(axis.length).as_secs_f64();
    let mut page = line("axis", (axis.left, y), (axis.right(), y));
    for tick in ticks(length, 12) {
        let x = axis.left + axis.width * tick / length.max(1e-9);
        page.push_str(&line("axis", (x, y), (x, y + 5.0)));
        page.push_str(&text(
            "label middle",
            (x, y + 18.0),
            &format!("{} s", At(tick)),
        ));
    }
    page
}
