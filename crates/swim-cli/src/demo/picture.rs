//! A picture of all views: a row for each observer, a column for each member.

use super::sky::Sky;
use super::stage::Stage;
use crate::control::json::StateView;

/// More would not fit the width of a terminal.
const WIDEST: usize = 8;

/// What the marks mean.
pub(super) const LEGEND: &str = "● alive   ? suspect   ✕ dead   ○ left   · unknown";

/// Draws how `observers` see `members`; nothing if it would be too wide.
pub(super) fn draw(
    stage: &Stage,
    sky: &Sky,
    observers: &[String],
    members: &[String],
) -> Vec<String> {
    if members.len() > WIDEST {
        return Vec::new();
    }
    let widest = observers
        .iter()
        .chain(members)
        .map(String::len)
        .max()
        .unwrap_or(0);
    let heading = members.iter().map(|name| format!("  {name:^7}"));
    let mut lines = vec![
        format!("    {:widest$}{}", "", heading.collect::<String>())
            .trim_end()
            .to_owned(),
    ];
    for observer in observers {
        let marks = members.iter().map(|member| {
            let (colour, mark) = mark(sky.state(observer, member));
            format!("     {}   ", stage.paint(colour, mark))
        });
        let line = format!("    {observer:widest$}{}", marks.collect::<String>());
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// A state's colour and mark.
const fn mark(state: Option<StateView>) -> (&'static str, &'static str) {
    match state {
        Some(StateView::Alive) => ("32", "●"),
        Some(StateView::Suspect) => ("33", "?"),
        Some(StateView::Dead) => ("31", "✕"),
        Some(StateView::Left) => ("2", "○"),
        None => ("2", "·"),
    }
}
