//! Pictures as text: a few functions, no library.

use std::fmt::{self, Display};

/// A coordinate: one digit behind the point is more than a screen shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) f64);

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// Text that means itself in HTML and SVG.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain<'t>(pub(super) &'t str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

/// A rectangle of a class.
pub(super) fn rectangle(class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) -> String {
    format!(
        r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}"/>"#,
        At(x),
        At(y),
        At(width.max(0.2)),
        At(height)
    )
}

/// A straight line of a class.
pub(super) fn line(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!(
        r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
        At(x1),
        At(y1),
        At(x2),
        At(y2)
    )
}

/// A text of a class, which says where it is anchored.
pub(super) fn text(class: &str, (x, y): (f64, f64), text: &str) -> String {
    format!(
        r#"<text class="{class}" x="{}" y="{}">{}</text>"#,
        At(x),
        At(y),
        Plain(text)
    )
}

/// The path through these points, without an end.
pub(super) fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut data = String::new();
    for (x, y) in points {
        let letter = if data.is_empty() { 'M' } else { 'L' };
        data.push(letter);
        data.push_str(&format!("{} {}", At(x), At(y)));
    }
    data
}

/// Round values for the ticks of an axis from 0 to `most`, about so many.
pub(super) fn ticks(most: f64, about: u32) -> Vec<f64> {
    let rough = (most / f64::from(about.max(1))).max(1e-9);
    let mut step = 1e-9;
    // 1, 2, 5, 10, 20, 50, …
    for factor in [2.0, 2.5, 2.0].iter().cycle() {
        if step >= rough {
            break;
        }
        step *= factor;
    }
    let mut ticks = Vec::new();
    let mut tick = 0.0;
    while tick <= most * 1.000_001 && ticks.len() < 100 {
        ticks.push(tick);
        tick += step;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_not_too_many() {
        let near = |ticks: Vec<f64>, round: &[f64]| {
            assert_eq!(ticks.len(), round.len(), "{ticks:?}");
            assert!(
                ticks.iter().zip(round).all(|(a, b)| (a - b).abs() < 1e-6),
                "{ticks:?}"
            );
        };
        near(ticks(180.0, 6), &[0.0, 50.0, 100.0, 150.0]);
        near(ticks(60.0, 6), &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        near(ticks(0.9, 5), &[0.0, 0.2, 0.4, 0.6, 0.8]);
        assert!(ticks(0.0, 5).len() <= 100);
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            text("t", (1.0, 2.25), "<b>&\""),
            r#"<text class="t" x="1" y="2.2">&lt;b&gt;&amp;&quot;</text>"#
        );
    }

    #[test]
    fn a_path_moves_once_and_then_draws() {
        assert_eq!(path([(0.0, 1.0), (2.5, 3.0), (4.0, 4.0)]), "M0 1L2.5 3L4 4");
    }
}
