//! Logs on standard error: one line for each thing that happens, as text or as JSON objects.

use std::env;
use std::io::{self, IsTerminal};
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::errors::Failure;

/// The form of the ready line and the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One object a line.
    Json,
}

impl LogFormat {
    /// As it is said in settings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Text, Self::Json];
        let found = known.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| format!("{text:?} is no log format (choose text or json)"))
    }
}

/// What is logged: `RUST_LOG`, or all from `info` on.
///
/// # Errors
/// A usage failure if `RUST_LOG` says something else than levels and targets.
pub(crate) fn filter() -> Result<Targets, Failure> {
    let said = env::var("RUST_LOG").unwrap_or_default();
    if said.trim().is_empty() {
        return Ok(Targets::new().with_default(LevelFilter::INFO));
    }
    said.parse().map_err(|error| {
        Failure::usage(format!(
            "RUST_LOG: {said:?} is no filter: {error} (write a level, or target=level, separated by commas)"
        ))
    })
}

/// Logs from here on.
pub(crate) fn start(format: LogFormat, filter: Targets) {
    // An agent whose log nobody reads any more goes on; telling that there would end it.
    let layer = fmt::layer()
        .with_writer(io::stderr)
        .log_internal_errors(false);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(colours()).with_target(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    registry().with(layer.with_filter(filter)).init();
}

/// Colours are for people in front of a terminal who did not ask to be spared (no-color.org).
fn colours() -> bool {
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
