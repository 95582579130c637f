//! How the demo is shown: to a person at a terminal, as plain lines, or as JSON objects.

use std::cell::Cell;
use std::env;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use smol::Timer;
use smol::future::FutureExt;

use super::told::Told;
use crate::errors::Failure;
use crate::{output, text};

/// How often plain output says how far things are: a little more often than once a second.
const PROGRESS: Duration = Duration::from_millis(900);

/// How often a terminal's last line is drawn anew.
const FRAME: Duration = Duration::from_millis(100);

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Where the show goes.
#[derive(Debug)]
pub(super) struct Stage {
    form: Form,
    colours: bool,
    frame: Cell<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Lines, the last of which moves.
    Terminal,
    /// Lines.
    Plain,
    /// Objects.
    Json,
}

/// How a step ended.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) step: &'static str,
    pub(super) expected: String,
    pub(super) within: Duration,
    pub(super) seen: String,
    /// `None`: it was not seen at all.
    pub(super) took: Option<Duration>,
}

impl Outcome {
    /// Whether all was seen in time.
    pub(super) fn is_good(&self) -> bool {
        self.took.is_some_and(|took| took <= self.within)
    }

    /// Why it was missed, for the last line.
    pub(super) fn complaint(&self) -> String {
        let Self { step, expected, .. } = self;
        let within = text::took(self.within);
        match self.took {
            Some(took) => format!(
                "{step}: {expected} within {within}, but it took {}",
                text::took(took)
            ),
            None => format!("{step}: {expected} within {within}, but {}", self.seen),
        }
    }
}

impl Stage {
    pub(super) fn new(json: bool) -> Self {
        let dumb = env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        let form = match (json, io::stdout().is_terminal() && !dumb) {
            (true, _) => Form::Json,
            (false, true) => Form::Terminal,
            (false, false) => Form::Plain,
        };
        let spared = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            form,
            colours: form == Form::Terminal && !spared,
            frame: Cell::new(0),
        }
    }

    /// Words for people.
    pub(super) fn say(&self, words: &str) -> Result<(), Failure> {
        if self.form == Form::Json {
            Ok(())
        } else {
            output::line(words)
        }
    }

    /// A heading for people.
    pub(super) fn title(&self, words: &str) -> Result<(), Failure> {
        self.say("")?;
        self.say(&self.paint("1", words))
    }

    /// An object for scripts.
    pub(super) fn object(&self, object: &Told<'_>) -> Result<(), Failure> {
        if self.form == Form::Json {
            output::json(object)
        } else {
            Ok(())
        }
    }

    /// How a step ended, for both.
    pub(super) fn outcome(&self, outcome: &Outcome) -> Result<(), Failure> {
        let Outcome {
            step,
            expected,
            within,
            seen,
            took,
        } = outcome;
        let ok = outcome.is_good();
        self.object(&Told::Step {
            step,
            expected,
            within: *within,
            seen,
            took: *took,
            ok,
        })?;
        let (colour, mark) = if ok { ("32", "ok") } else { ("31;1", "MISSED") };
        let took = took.map_or_else(String::new, |took| format!(", in {}", text::took(took)));
        let mark = self.paint(colour, mark);
        self.say(&format!("  seen      {seen}{took}  {mark}"))
    }

    /// Does `work`, and says at least once a second how far `step` is, and for how long it has been awaited.
    pub(super) async fn patiently<T>(
        &self,
        step: &str,
        since: Instant,
        so_far: impl Fn() -> String,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let done = async { Ok(work.await) };
        let waiting = async {
            let pause = if self.form == Form::Terminal {
                FRAME
            } else {
                PROGRESS
            };
            loop {
                Timer::after(pause).await;
                self.progress(step, since.elapsed(), &so_far())?;
            }
        };
        let done = done.or(waiting).await?;
        if self.form == Form::Terminal {
            output::print("\r\x1b[2K")?;
        }
        Ok(done)
    }

    fn progress(&self, step: &str, elapsed: Duration, so_far: &str) -> Result<(), Failure> {
        let seconds = elapsed.as_secs_f64();
        match self.form {
            Form::Json => {
                let seen = so_far;
                output::json(&Told::Progress {
                    step,
                    elapsed,
                    seen,
                })
            }
            Form::Plain => output::line(&format!("    {seconds:4.1} s  {so_far}")),
            Form::Terminal => {
                let frame = self.frame.get();
                self.frame.set(frame + 1);
                let spinner = SPINNER[frame % SPINNER.len()];
                let spinner = self.paint("36", spinner);
                output::print(&format!("\r\x1b[2K  {spinner} {seconds:4.1} s  {so_far}"))
            }
        }
    }

    /// Words in a colour, where colours are wanted.
    pub(super) fn paint(&self, colour: &str, words: &str) -> String {
        if self.colours {
            format!("\x1b[{colour}m{words}\x1b[0m")
        } else {
            words.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(took: Option<u64>) -> Outcome {
        Outcome {
            step: "death",
            expected: "all 4 survivors list otter dead".to_owned(),
            within: Duration::from_millis(1),
            seen: "0 of 4 list it dead".to_owned(),
            took: took.map(Duration::from_millis),
        }
    }

    #[test]
    fn what_was_seen_in_time_is_good() {
        assert!(outcome(Some(1)).is_good());
        assert!(!outcome(Some(2)).is_good());
        assert!(!outcome(None).is_good());
    }

    #[test]
    fn a_complaint_names_the_step_the_bound_and_the_truth() {
        assert_eq!(
            outcome(Some(6_210)).complaint(),
            "death: all 4 survivors list otter dead within 1 ms, but it took 6.21 s"
        );
        assert!(
            outcome(None)
                .complaint()
                .ends_with("but 0 of 4 list it dead")
        );
    }
}
