//! One agent, from its ready line to its end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{PATIENCE, Said, check, eventually, get, run, swim};

/// How to start an agent.
#[derive(Debug)]
pub(crate) struct Birth {
    command: Command,
}

/// A running agent. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) child: Child,
    /// The first line on standard output.
    pub(crate) ready: String,
    pub(crate) name: String,
    pub(crate) bind: String,
    pub(crate) control: String,
    out: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
}

/// One member as an agent lists it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) whole: Value,
}

impl Birth {
    /// An agent on free ports whose time runs five times as fast. (Faster, and a busy machine looks to it like sleep: time
    /// that a node did not live does not count, so it would never find anybody dead.)
    pub(crate) fn quick(name: &str) -> Self {
        Self::of(name).with(&["--speed", "5"])
    }

    /// An agent on free ports.
    pub(crate) fn of(name: &str) -> Self {
        let words = [
            "agent",
            "--name",
            name,
            "--bind",
            "127.0.0.1:0",
            "--control",
            "127.0.0.1:0",
        ];
        Self {
            command: swim(&words),
        }
    }

    /// An agent of which a file says everything.
    pub(crate) fn from_file(path: &str) -> Self {
        let command = swim(&["agent", "--config", path]);
        Self { command }
    }

    /// More words on the command line. What is said again counts.
    pub(crate) fn with(mut self, words: &[&str]) -> Self {
        self.command.args(words);
        self
    }

    /// A seed.
    pub(crate) fn join(self, seed: &Agent) -> Self {
        self.with(&["--join", &seed.bind])
    }

    /// A variable of its environment.
    pub(crate) fn env(mut self, variable: &str, value: &str) -> Self {
        self.command.env(variable, value);
        self
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(mut self) -> Agent {
        let (out, err) = (Stdio::piped(), Stdio::piped());
        let mut child = self
            .command
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let log = keep(child.stderr.take().expect("a pipe"));
        let mut ready = String::new();
        lines
            .read_line(&mut ready)
            .expect("UTF-8 on standard output");
        let words = read_ready(&ready);
        let value = |key: &str| words.get(key).cloned().unwrap_or_default();
        let (name, bind, control) = (value("name"), value("bind"), value("control"));
        assert!(
            !bind.is_empty(),
            "no ready line: {ready:?}; log: {:?}",
            text(&log)
        );
        let out = keep(lines);
        Agent {
            child,
            ready,
            name,
            bind,
            control,
            out,
            log,
        }
    }
}

/// The keys and values of a ready line, of either form.
fn read_ready(line: &str) -> BTreeMap<String, String> {
    if let Ok(Value::Object(object)) = serde_json::from_str(line) {
        let pairs = object.into_iter();
        return pairs
            .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
            .collect();
    }
    let words = line.trim_end().split(' ');
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Reads to the end in the background.
fn keep(mut from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let kept = Arc::new(Mutex::new(String::new()));
    let keeper = Arc::clone(&kept);
    thread::spawn(move || {
        let mut piece = [0; 4_096];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let piece = String::from_utf8_lossy(&piece[..length]);
            keeper
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(&piece);
        }
    });
    kept
}

fn text(kept: &Mutex<String>) -> String {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Agent {
    /// A command against this agent, run to its end.
    pub(crate) fn swim(&self, words: &[&str]) -> Said {
        run(&[words, &["--control", &self.control]].concat())
    }

    /// All that it wrote on standard output after the first line.
    pub(crate) fn out(&self) -> String {
        text(&self.out)
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        text(&self.log)
    }

    /// Waits for a line of the log with all of these in it.
    pub(crate) fn logs(&self, parts: &[&str]) -> String {
        eventually(&format!("{} logs {parts:?}", self.name), || {
            let log = self.log();
            let line = log
                .lines()
                .find(|line| parts.iter().all(|part| line.contains(part)));
            line.map(str::to_owned).ok_or_else(|| log.clone())
        })
    }

    /// What a path of the control face answers.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = get(&self.control, path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// The members that it lists.
    pub(crate) fn members(&self) -> Vec<Line> {
        let members = self.get("/v1/members");
        let members = members.as_array().expect("an array of members");
        let line = |member: &Value| Line {
            name: member["name"].as_str().expect("a name").to_owned(),
            state: member["state"].as_str().expect("a state").to_owned(),
            whole: member.clone(),
        };
        members.iter().map(line).collect()
    }

    /// One member that it lists.
    pub(crate) fn member(&self, name: &str) -> Option<Line> {
        self.members()
            .into_iter()
            .find(|member| member.name == name)
    }

    /// Waits until it lists that member in that state.
    pub(crate) fn lists(&self, name: &str, state: &str) -> Line {
        eventually(&format!("{} lists {name} {state}", self.name), || {
            let member = self.member(name);
            member
                .filter(|member| member.state == state)
                .ok_or_else(|| self.members())
        })
    }

    /// Waits until it lists exactly so many members alive.
    pub(crate) fn lists_alive(&self, number: usize) {
        eventually(&format!("{} lists {number} alive", self.name), || {
            let members = self.members();
            let alive = members
                .iter()
                .filter(|member| member.state == "alive")
                .count();
            check(alive == number, members)
        });
    }

    /// A counter of its `info`.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let info = self.get("/v1/info");
        let count = info["counters"][name].as_u64();
        count.unwrap_or_else(|| panic!("no counter {name}: {info:#}"))
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), signal).expect("the process is ours");
    }

    /// Waits for the end of its process.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the process is ours") {
                return status;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{} does not end; log: {}",
                self.name,
                self.log()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process is ours");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
