//! How far a long command has come, for somebody who watches: one line of standard error that is written over.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// From one drawing of the line to the next.
const EVERY: Duration = Duration::from_millis(100);
/// Cells of the bar.
const CELLS: u64 = 30;

/// The line itself. Nobody sees it if standard error is no terminal.
#[derive(Debug)]
pub(crate) struct Ticker {
    shown: bool,
    drawn: Option<Instant>,
}

impl Ticker {
    /// Nothing is drawn yet.
    pub(crate) fn new() -> Self {
        Self {
            shown: io::stderr().is_terminal(),
            drawn: None,
        }
    }

    /// Draws it anew, unless that was just done.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) {
        let now = Instant::now();
        let recent = |drawn: Instant| now.duration_since(drawn) < EVERY;
        if self.shown && !self.drawn.is_some_and(recent) {
            self.drawn = Some(now);
            // Whoever can't be shown it has no use for it.
            let _ = write!(io::stderr(), "\r\x1b[K{}", text());
        }
    }

    /// Takes the line away.
    pub(crate) fn finish(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        self.shown = false;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.finish();
    }
}

/// How many of so many are done.
#[derive(Debug)]
pub(crate) struct Progress {
    ticker: Ticker,
    began: Instant,
    all: u64,
    done: u64,
}

impl Progress {
    /// So many are to be done.
    pub(crate) fn new(all: usize) -> Self {
        Self {
            ticker: Ticker::new(),
            began: Instant::now(),
            all: all as u64,
            done: 0,
        }
    }

    /// One more is done. `note` says what was found so far.
    pub(crate) fn step(&mut self, note: impl FnOnce() -> String) {
        self.done += 1;
        let (done, all, took) = (self.done, self.all, self.began.elapsed());
        self.ticker.show(|| line(done, all, took, &note()));
    }

    /// Takes the line away.
    pub(crate) fn finish(&mut self) {
        self.ticker.finish();
    }

    /// How long it has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

fn line(done: u64, all: u64, took: Duration, note: &str) -> String {
    let filled = (done * CELLS).checked_div(all).unwrap_or(CELLS);
    let bar: String = (0..CELLS)
        .map(|cell| if cell < filled { '█' } else { '·' })
        .collect();
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    let left = (all - done.min(all)) as f64 / rate.max(0.001);
    let left = if done == 0 {
        String::new()
    } else {
        format!(", {left:.0} s left")
    };
    format!("{bar} {done} of {all}, {rate:.1} runs/s{left}; {note}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_how_far_how_fast_and_what_was_found() {
        let line = line(50, 100, Duration::from_secs(5), "2 failures");
        assert_eq!(
            line,
            "███████████████··············· 50 of 100, 10.0 runs/s, 5 s left; 2 failures"
        );
        assert!(super::line(0, 0, Duration::ZERO, "").contains("0 of 0"));
    }
}
