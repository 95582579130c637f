//! The map: members downwards, time to the right, what others believe as colour, what is so as a strip below.

use std::fmt::Write as _;

use super::svg::{At, rectangle, text};
use super::timeline::Axis;
use crate::report::beliefs::Truth;
use crate::report::heat::{Cell, Shade};
use crate::report::recorder::Recorder;

/// Steps of opacity.
const LEVELS: u32 = 8;

/// The height of a row, so that the whole map fits a screen if it can.
pub(super) fn row_height(rows: usize) -> f64 {
    match rows {
        0..=12 => 24.0,
        13..=24 => 16.0,
        25..=50 => 10.0,
        51..=100 => 6.0,
        _ => 4.0,
    }
}

/// The map from `top` downwards; returns its height.
pub(super) fn draw(recorder: &Recorder, axis: Axis, top: f64, page: &mut String) -> f64 {
    let rows = recorder.heat.rows();
    let height = row_height(rows.len());
    page.push_str(&rectangle(
        "ground",
        (axis.left, top),
        (axis.width, height * rows.len() as f64),
    ));
    page.push_str(r#"<g id="map">"#);
    for (place, row) in rows.iter().enumerate() {
        draw_row(row, axis, top + place as f64 * height, height, page);
    }
    page.push_str("</g>");
    page.push_str(&outline(rows, axis, top, height));
    labels(recorder, axis, top, height, page);
    height * rows.len() as f64
}

fn draw_row(row: &[Cell], axis: Axis, y: f64, height: f64, page: &mut String) {
    let gap = if height >= 10.0 { 1.0 } else { 0.0 };
    let strip = (height * 0.16).max(0.8);
    let body = height - gap - strip;
    let step = axis.width / row.len().max(1) as f64;
    let mut runs = |class: &dyn Fn(&Cell) -> Option<String>, y: f64, height: f64| {
        let mut from = 0;
        while from < row.len() {
            let here = class(&row[from]);
            let same = row[from..]
                .iter()
                .take_while(|cell| class(cell) == here)
                .count();
            if let Some(class) = here {
                let x = axis.left + from as f64 * step;
                page.push_str(&rectangle(&class, (x, y), (same as f64 * step, height)));
            }
            from += same;
        }
    };
    runs(&|cell| ground_of(cell.truth).map(str::to_owned), y, body);
    for (shade, class) in SHADES {
        runs(&|cell| deep(cell, shade, class), y, body);
    }
    runs(
        &|cell| strip_of(cell.truth).map(str::to_owned),
        y + body,
        strip,
    );
}

/// The classes of shades, in the order in which they are painted.
const SHADES: [(Shade, &str); 6] = [
    (Shade::Well, "well"),
    (Shade::Ghost, "ghost"),
    (Shade::Missing, "missing"),
    (Shade::Mourned, "mourned"),
    (Shade::Suspect, "suspect"),
    (Shade::Buried, "buried"),
];

/// What is painted below all beliefs.
const fn ground_of(truth: Truth) -> Option<&'static str> {
    match truth {
        Truth::Running => Some("well"),
        Truth::Paused => Some("held"),
        Truth::Absent | Truth::Stopped | Truth::Departed | Truth::Unasked => None,
    }
}

const fn strip_of(truth: Truth) -> Option<&'static str> {
    match truth {
        Truth::Running => Some("s-runs"),
        Truth::Paused => Some("s-stands"),
        Truth::Stopped => Some("s-gone"),
        Truth::Departed => Some("s-left"),
        Truth::Absent | Truth::Unasked => None,
    }
}

/// The class of what so many believe, with its opacity.
fn deep(cell: &Cell, shade: Shade, class: &str) -> Option<String> {
    let share = u32::from(cell.shades[shade as usize]);
    let level = (share * LEVELS).div_ceil(255);
    (level > 0).then(|| format!("{class} o{level}"))
}

/// A line around everything that somebody believed wrongly.
fn outline(rows: &[Vec<Cell>], axis: Axis, top: f64, height: f64) -> String {
    let is_wrong = |row: usize, column: usize| {
        let cell = rows.get(row).and_then(|cells| cells.get(column));
        cell.is_some_and(|cell| cell.wrong)
    };
    let mut data = String::new();
    for (row, cells) in rows.iter().enumerate() {
        let step = axis.width / cells.len().max(1) as f64;
        let x = |column: usize| At(axis.left + column as f64 * step);
        let y = |row: usize| At(top + row as f64 * height);
        // Horizontal edges are drawn in one go as far as they reach.
        for (above, line) in [(row.wrapping_sub(1), row), (row + 1, row + 1)] {
            let edge = |column| is_wrong(row, column) && !is_wrong(above, column);
            let mut column = 0;
            while column < cells.len() {
                let length = (column..cells.len())
                    .take_while(|place| edge(*place))
                    .count();
                if length > 0 {
                    let _ = write!(data, "M{} {}H{}", x(column), y(line), x(column + length));
                }
                column += length.max(1);
            }
        }
        for column in 0..=cells.len() {
            let before = column > 0 && is_wrong(row, column - 1);
            if before != is_wrong(row, column) {
                let _ = write!(data, "M{} {}V{}", x(column), y(row), y(row + 1));
            }
        }
    }
    format!(r#"<path class="wrong" d="{data}"/>"#)
}

fn labels(recorder: &Recorder, axis: Axis, top: f64, height: f64, page: &mut String) {
    let rows = recorder.heat.rows().len();
    let fold = recorder.heat.fold();
    let members = recorder.beliefs.members();
    // A line of text needs so much.
    let every = (12.0 / height).ceil().max(1.0);
    let mut next = 0.0;
    for row in 0..rows {
        let place = row as f64;
        if place < next {
            continue;
        }
        next = place + every;
        let (from, to) = (row * fold, ((row + 1) * fold).min(members) - 1);
        let label = match recorder.names.get(from) {
            Some(name) if from == to => short(name),
            Some(name) => format!("{} …", short(name)),
            None if from == to => format!("n{from}"),
            None => format!("n{from}–{to}"),
        };
        let y = top + (place + 0.5) * height + 3.5;
        page.push_str(&text("label end", (axis.left - 8.0, y), &label));
    }
    zones(recorder, axis, top, height, page);
}

/// As much of a name as stands left of the map.
fn short(name: &str) -> String {
    const ROOM: usize = 13;
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    name.chars().take(ROOM - 1).chain(['…']).collect()
}

/// A bracket for each zone whose members stand together.
fn zones(recorder: &Recorder, axis: Axis, top: f64, height: f64, page: &mut String) {
    let Some(schedule) = &recorder.schedule else {
        return;
    };
    let members = u32::try_from(recorder.beliefs.members()).unwrap_or(u32::MAX);
    let fold = recorder.heat.fold() as f64;
    let mut from = 0;
    while from < members {
        let zone = schedule.zone_of(from);
        let end = (from..members).find(|node| schedule.zone_of(*node) != zone);
        let end = end.unwrap_or(members);
        let name = zone.and_then(|zone| schedule.scenario().zones.keys().nth(zone));
        if let Some(name) = name {
            let y = |node: u32| top + f64::from(node) / fold * height;
            let x = axis.left + axis.width + 6.0;
            page.push_str(&super::svg::line(
                "bracket",
                (x, y(from) + 2.0),
                (x, y(end) - 2.0),
            ));
            let middle = f64::midpoint(y(from), y(end));
            page.push_str(&text("zone", (x + 8.0, middle + 4.0), name));
        }
        from = end;
    }
}

/// The names of the rows for the pointer, as they stand in a script; none where each row's number is its name.
pub(super) fn names(recorder: &Recorder) -> String {
    let rows = recorder.names.iter().step_by(recorder.heat.fold().max(1));
    let rows: Vec<&String> = rows.collect();
    let text = serde_json::to_string(&rows).unwrap_or_else(|_| "[]".to_owned());
    // No name ends the script.
    text.replace('<', "\\u003c")
}

/// The map's cells for the pointer: each row as `count,unknown,alive,suspect,dead,left,truth` for each run of equal cells.
pub(super) fn data(recorder: &Recorder) -> String {
    let mut text = String::from("[");
    for row in recorder.heat.rows() {
        text.push('"');
        let mut from = 0;
        while let Some(cell) = row.get(from) {
            let alike = |other: &&Cell| other.share == cell.share && other.truth == cell.truth;
            let same = row[from..].iter().take_while(alike).count();
            let [unknown, alive, suspect, dead, left] = cell.share;
            let truth = cell.truth as u8;
            let _ = write!(
                text,
                "{same},{unknown},{alive},{suspect},{dead},{left},{truth};"
            );
            from += same;
        }
        text.push_str("\",");
    }
    if text.ends_with(',') {
        text.pop();
    }
    text.push(']');
    text
}
