//! The demo's nodes: `swim agent` processes, each with a pipe that ends it when the demo ends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::Duration;

use smol::future::FutureExt;
use smol::io::{AsyncBufReadExt, BufReader};
use smol::process::{Child, ChildStderr, Command, Stdio};
use smol::stream::StreamExt;
use smol::{LocalExecutor, Task, Timer};

use crate::control::Client;
use crate::errors::{Failure, reason};

/// How long a process may take to say that it is ready.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a process that has left may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Log lines kept of each agent, to be shown if it ends when it should not.
const LOG_LINES: usize = 20;

/// How to start an agent.
#[derive(Debug, Clone)]
pub(super) struct Birth {
    pub(super) name: String,
    pub(super) bind: SocketAddr,
    pub(super) join: Option<SocketAddr>,
    pub(super) profile: String,
    pub(super) speed: u32,
}

/// A running agent. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) name: String,
    pub(super) bind: SocketAddr,
    pub(super) control: SocketAddr,
    child: Child,
    log: Rc<RefCell<VecDeque<String>>>,
    _logging: Task<()>,
}

impl Agent {
    /// Starts one and waits for its ready line.
    ///
    /// # Errors
    /// The process can't be started, ends, or does not get ready.
    pub(super) async fn start(
        birth: &Birth,
        executor: &LocalExecutor<'static>,
    ) -> Result<Self, Failure> {
        let name = birth.name.clone();
        let failed = |what: String| Failure::failed(format!("the agent {:?} {what}", birth.name));
        let mut child = command(birth)?
            .spawn()
            .map_err(|error| failed(format!("can't be started: {}", reason(&error))))?;
        let log = Rc::new(RefCell::new(VecDeque::new()));
        let logging = executor.spawn(keep_log(child.stderr.take(), Rc::clone(&log)));
        let ready = async {
            let lines = child
                .stdout
                .take()
                .map(BufReader::new)
                .map(AsyncBufReadExt::lines);
            lines?.next().await?.ok()
        };
        let late = async {
            Timer::after(START_TIMEOUT).await;
            None
        };
        let line = ready.or(late).await;
        let Some((bind, control)) = line.as_deref().and_then(read_ready) else {
            // Its last words take a moment to arrive.
            Timer::after(Duration::from_millis(50)).await;
            let log = log.borrow().iter().cloned().collect::<Vec<_>>().join("\n");
            return Err(failed(format!("did not get ready; its log:\n{log}")));
        };
        Ok(Self {
            name,
            bind,
            control,
            child,
            log,
            _logging: logging,
        })
    }

    /// Its control face.
    pub(super) const fn client(&self) -> Client {
        Client::new(self.control)
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it: no signal that it could catch, no goodbye.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) async fn kill(mut self) -> Result<ExitStatus, Failure> {
        let killed = self.child.kill();
        let ended = match killed {
            Ok(()) => self.child.status().await,
            Err(error) => Err(error),
        };
        ended.map_err(|error| {
            Failure::failed(format!("cannot kill {}: {}", self.name, reason(&error)))
        })
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It does not come.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus, Failure> {
        let late = async {
            Timer::after(END_TIMEOUT).await;
            Err(io::Error::from(io::ErrorKind::TimedOut))
        };
        let ended = self.child.status().or(late).await;
        ended.map_err(|error| {
            let (name, reason) = (&self.name, reason(&error));
            Failure::failed(format!("{name} does not end: {reason}"))
        })
    }

    /// Fails if the process has ended, with its last words.
    ///
    /// # Errors
    /// It has ended.
    pub(super) fn check_alive(&mut self) -> Result<(), Failure> {
        match self.child.try_status() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Failure::failed(format!(
                "{} ended ({status}) though nobody had told it to; its log:\n{}",
                self.name,
                self.log
                    .borrow()
                    .iter()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("\n")
            ))),
            Err(error) => Err(Failure::failed(format!(
                "cannot watch {}: {}",
                self.name,
                reason(&error)
            ))),
        }
    }
}

/// The command of an agent that takes nothing from our environment but `RUST_LOG`.
fn command(birth: &Birth) -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::failed(format!("cannot find this program: {}", reason(&error)))
    })?;
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("SWIM_") {
            command.env_remove(variable);
        }
    }
    command.args(["agent", "--name", &birth.name, "--profile", &birth.profile]);
    command.args(["--control", "127.0.0.1:0", "--label", "swim-demo"]);
    command.args([
        "--bind",
        &birth.bind.to_string(),
        "--speed",
        &birth.speed.to_string(),
    ]);
    if let Some(seed) = birth.join {
        command.args(["--join", &seed.to_string()]);
    }
    command.arg("--until-stdin-closes");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.kill_on_drop(true);
    Ok(command)
}

/// Reads `ready name=… bind=… advertise=… control=…`.
fn read_ready(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let words = line.strip_prefix("ready ")?;
    let value = |key: &str| {
        let mut values = words.split(' ').filter_map(|word| word.strip_prefix(key));
        values.next()?.strip_prefix('=')?.parse().ok()
    };
    Some((value("bind")?, value("control")?))
}

async fn keep_log(stderr: Option<ChildStderr>, log: Rc<RefCell<VecDeque<String>>>) {
    let Some(stderr) = stderr else { return };
    let mut lines = BufReader::new(stderr).lines();
    while let Some(Ok(line)) = lines.next().await {
        let mut log = log.borrow_mut();
        if log.len() == LOG_LINES {
            log.pop_front();
        }
        log.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_says_where_an_agent_is() {
        let line =
            "ready name=otter bind=127.0.0.1:4000 advertise=127.0.0.1:4000 control=127.0.0.1:4001";
        let (bind, control) = read_ready(line).expect("a ready line");
        assert_eq!((bind.port(), control.port()), (4000, 4001));
    }

    #[test]
    fn other_lines_say_nothing() {
        for line in [
            "",
            "ready",
            "ready name=otter control=none",
            "not ready bind=127.0.0.1:1 control=127.0.0.1:2",
        ] {
            assert_eq!(read_ready(line), None, "{line:?}");
        }
    }
}
