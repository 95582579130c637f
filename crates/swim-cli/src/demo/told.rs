//! What the demo tells scripts: one JSON object a line, its `kind` first.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// One line of `swim demo --json`. Times are whole milliseconds.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Told<'a> {
    /// A process was started.
    Agent {
        name: &'a str,
        pid: u32,
        bind: SocketAddr,
        control: SocketAddr,
    },
    /// A process was killed.
    Killed {
        name: &'a str,
        pid: u32,
        signal: &'static str,
    },
    /// How far a step is, so long after it began.
    Progress {
        step: &'a str,
        #[serde(rename = "elapsed_ms", serialize_with = "millis")]
        elapsed: Duration,
        seen: &'a str,
    },
    /// How a step ended; `took_ms` is null if its end was not seen.
    Step {
        step: &'a str,
        expected: &'a str,
        #[serde(rename = "within_ms", serialize_with = "millis")]
        within: Duration,
        seen: &'a str,
        #[serde(rename = "took_ms", serialize_with = "maybe_millis")]
        took: Option<Duration>,
        ok: bool,
    },
    /// The last line.
    Verdict {
        ok: bool,
        missed: &'a [String],
        #[serde(rename = "took_ms", serialize_with = "millis")]
        took: Duration,
    },
}

fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // A demo ends within a minute.
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn maybe_millis<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => millis(duration, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_kind_and_counts_milliseconds() {
        let step = Told::Step {
            step: "death",
            expected: "all dead",
            within: Duration::from_secs(10),
            seen: "all dead",
            took: Some(Duration::from_micros(5_500)),
            ok: true,
        };
        assert_eq!(
            serde_json::to_string(&step).expect("JSON"),
            r#"{"kind":"step","step":"death","expected":"all dead","within_ms":10000,"seen":"all dead","took_ms":5,"ok":true}"#
        );
    }
}
