//! Every sight as one line of JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};
use swim_core::{Event, Member};

use crate::peer::{SimName, SimPeer};
use crate::run::{Held, Life, Observer, Outcome, Sight, What};
use crate::scenario::{Schedule, node_name};
use crate::sim::Sim;

/// The version of the lines: it grows when something that was there is named otherwise, or is there no more.
pub const LINES_VERSION: u32 = 1;

/// Writes what is seen, a line for each sight, as JSON.
///
/// The first line has the version, the scenario and the seed, and all that it takes to run it again; the last one the whole outcome with verdict and trace hash.
/// In between, `t` is the time in seconds and `k` the kind: `view`, `told`, `life`, `fault`, `sent`, `delivered`,
/// `dropped`, `streamed`, `copied`, `forged`. Datagrams are told only by [`Lines::with_datagrams`]: they are most of all lines.
#[derive(Debug)]
pub struct Lines<W: Write> {
    to: W,
    datagrams: bool,
    failed: Option<io::Error>,
    /// Kind and nodes of each fault of the schedule.
    faults: Vec<(&'static str, Vec<String>)>,
}

impl<W: Write> Lines<W> {
    /// Writes to this; give it something with a buffer.
    pub const fn new(to: W) -> Self {
        Self {
            to,
            datagrams: false,
            failed: None,
            faults: Vec::new(),
        }
    }

    /// Also what happens to each datagram.
    #[must_use]
    pub const fn with_datagrams(mut self) -> Self {
        self.datagrams = true;
        self
    }

    /// The writer, when all is written.
    ///
    /// # Errors
    /// The first one that the writer met; what came after it was not written.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.to.flush()?;
        Ok(self.to)
    }

    fn line(&mut self, line: &impl Serialize) {
        if self.failed.is_some() {
            return;
        }
        let written = serde_json::to_writer(&mut self.to, line).map_err(io::Error::from);
        let ended = written.and_then(|()| self.to.write_all(b"\n"));
        self.failed = ended.err();
    }

    fn fault(&self, place: usize, phase: &str) -> Value {
        let (kind, nodes) = self.faults.get(place).cloned().unwrap_or_default();
        json!({"k": "fault", "fault": place, "kind": kind, "phase": phase, "nodes": nodes})
    }

    fn of_datagram(&self, what: &What) -> Option<Value> {
        Some(match what {
            _ if !self.datagrams => return None,
            What::Sent {
                datagram,
                from,
                to,
                nth,
                bytes,
            } => json!({
                "k": "sent", "datagram": datagram, "from": node_name(*from), "to": to.map(node_name),
                "nth": nth, "bytes": bytes.len(),
            }),
            What::Copied { datagram } => json!({"k": "copied", "datagram": datagram}),
            What::Forged {
                datagram,
                to,
                bytes,
            } => json!({
                "k": "forged", "datagram": datagram, "to": node_name(*to), "bytes": bytes.len(),
            }),
            What::Delivered {
                datagram,
                from,
                to,
                bytes,
            } => json!({
                "k": "delivered", "datagram": datagram, "from": from.map(node_name), "to": node_name(*to),
                "bytes": bytes.len(),
            }),
            What::Dropped {
                datagram,
                from,
                to,
                cause,
            } => json!({
                "k": "dropped", "datagram": datagram, "from": from.map(node_name), "to": to.map(node_name),
                "cause": cause,
            }),
            What::Streamed { from, to, bytes } => json!({
                "k": "streamed", "from": node_name(*from), "to": node_name(*to), "bytes": bytes,
            }),
            _ => return None,
        })
    }
}

impl<W: Write> Observer for Lines<W> {
    fn begin(&mut self, schedule: &Schedule, _: &Sim) {
        let scenario = schedule.scenario();
        let names = |nodes: &[u32]| nodes.iter().copied().map(node_name).collect();
        let faults = schedule.faults().iter();
        self.faults = faults
            .map(|fault| (fault.kind, names(&fault.nodes)))
            .collect();
        self.line(&json!({
            "version": LINES_VERSION,
            "scenario": scenario.name,
            "seed": scenario.seed,
            "nodes": scenario.nodes,
            "duration_s": scenario.duration.0.as_secs_f64(),
            "swim": env!("CARGO_PKG_VERSION"),
            "wire": swim_core::wire::VERSION,
            "expanded": scenario.to_toml(),
        }));
    }

    fn see(&mut self, sight: &Sight, _: &Sim) {
        let line = match &sight.what {
            What::Told(told) => event(&told.event).map(|(what, of)| {
                let wrongly = told.wrongly.then_some(true);
                json!({
                    "k": "told", "o": node_name(told.by), "event": what, "m": of.map(name),
                    "wrongly": wrongly,
                })
            }),
            What::View {
                by,
                of,
                before,
                after,
            } => Some(json!({
                "k": "view", "o": node_name(*by), "m": name(*of),
                "from": before.map(held), "to": after.map(held),
            })),
            What::Life { node, life } => {
                let (word, by) = life_in_words(*life);
                Some(json!({"k": "life", "o": node_name(*node), "life": word, "by": by}))
            }
            What::FaultBegins(place) => Some(self.fault(*place, "begins")),
            What::FaultEnds(place) => Some(self.fault(*place, "ends")),
            what => self.of_datagram(what),
        };
        if let Some(Value::Object(mut fields)) = line {
            fields.retain(|_, value| !value.is_null());
            fields.insert("t".to_owned(), sight.at.as_secs_f64().into());
            self.line(&fields);
        }
    }

    fn end(&mut self, _: &Sim, outcome: &Outcome) {
        self.line(outcome);
    }
}

fn name(name: SimName) -> String {
    node_name(name.number())
}

/// As `alive@4`.
fn held(held: Held) -> String {
    format!("{}@{}", held.state, held.incarnation)
}

fn life_in_words(life: Life) -> (&'static str, Option<i64>) {
    match life {
        Life::Started => ("started", None),
        Life::Stopped => ("stopped", None),
        Life::Paused => ("paused", None),
        Life::Resumed => ("resumed", None),
        Life::Woken => ("woken", None),
        Life::Leaving => ("leaving", None),
        Life::Rejoined => ("rejoined", None),
        Life::Updated(version) => ("updated", Some(i64::from(version))),
        Life::ClockJumped(micros) => ("clock-jumped", Some(micros)),
        Life::ClockDrifts(ppm) => ("clock-drifts", Some(i64::from(ppm))),
    }
}

/// An event's name in JSON, with the member that it is about.
fn event(event: &Event<SimPeer>) -> Option<(&'static str, Option<SimName>)> {
    let of = |member: &Member<SimPeer>| Some(member.peer.name());
    Some(match event {
        Event::Up(member) => ("join", of(member)),
        Event::Changed(member) => ("update", of(member)),
        Event::Suspected(member) => ("suspect", of(member)),
        Event::Refuted(member) => ("alive", of(member)),
        Event::Dead(member) => ("dead", of(member)),
        Event::Left(member) => ("leave", of(member)),
        Event::Reaped(member) => ("reap", of(member)),
        Event::Conflict { other, .. } => ("conflict", Some(other.name())),
        Event::NameTaken { by } => ("name-taken", Some(by.name())),
        Event::Crowded => ("crowded", None),
        Event::Joined => ("joined", None),
        Event::Departed => ("departed", None),
        Event::Unreachable => ("unreachable", None),
        Event::SettingsDiffer => ("settings-differ", None),
        _ => return None,
    })
}
