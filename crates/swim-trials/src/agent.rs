//! One `swim agent` process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use rustix::process::{Pid, Signal, kill_process};

use crate::report::Stop;
use crate::rooms::Room;

/// How often a process is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(5);

/// What all agents of a trial have in common.
#[derive(Debug)]
pub(crate) struct Kin {
    swim: PathBuf,
    label: String,
    /// Where their logs go.
    pub(crate) logs: PathBuf,
}

/// How one of them starts.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    pub(crate) name: String,
    pub(crate) bind: SocketAddr,
    pub(crate) control: SocketAddr,
    pub(crate) join: Vec<SocketAddr>,
}

/// A running agent. Dropping it kills it; if this program is killed, it ends by itself.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) bind: SocketAddr,
    pub(crate) control: SocketAddr,
    child: Child,
}

impl Kin {
    /// Agents of a cluster that nobody else is in.
    ///
    /// # Errors
    /// There is no program, or no folder for the logs.
    pub(crate) fn new() -> Result<Self, Stop> {
        let label = format!("swim-trials-{}", process::id());
        let logs = env::temp_dir().join(&label);
        fs::create_dir_all(&logs)
            .map_err(|error| Stop::failed(&format!("cannot create {}", logs.display()), &error))?;
        Ok(Self {
            swim: crate::process::swim()?,
            label,
            logs,
        })
    }

    /// Starts an agent and waits for its ready line.
    ///
    /// # Errors
    /// It does not get ready.
    pub(crate) fn start(&self, birth: &Birth, room: Option<&Room>) -> Result<Agent, Stop> {
        let failed = |what: &str| {
            let (name, logs) = (&birth.name, self.logs.display());
            Stop::Failed(format!("the agent {name} {what}; its log is in {logs}"))
        };
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.logs.join(&birth.name));
        let log = log.map_err(|error| failed(&format!("has no log: {error}")))?;
        let mut child = self
            .command(birth, room)
            .stderr(log)
            .spawn()
            .map_err(|error| failed(&error.to_string()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            // An agent that ends without a word ends the line too.
            let _ = BufReader::new(output).read_line(&mut line);
        }
        let Some((bind, control)) = read_ready(&line) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed("did not get ready"));
        };
        Ok(Agent {
            bind,
            control,
            child,
        })
    }

    fn command(&self, birth: &Birth, room: Option<&Room>) -> Command {
        let mut command = match room {
            Some(room) => room.command(&self.swim),
            None => Command::new(&self.swim),
        };
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("SWIM_") {
                command.env_remove(variable);
            }
        }
        command.args([
            "agent",
            "--until-stdin-closes",
            "--profile",
            "lan",
            "--label",
            &self.label,
        ]);
        command.args(["--name", &birth.name]);
        command.args([
            "--bind",
            &birth.bind.to_string(),
            "--control",
            &birth.control.to_string(),
        ]);
        for seed in &birth.join {
            command.args(["--join", &seed.to_string()]);
        }
        // In a process group of its own a frozen agent is thawed and hung up by the system if this program dies.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }
}

impl Agent {
    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing that it could catch, no goodbye.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn kill(mut self) -> Result<(), Stop> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed
            .map(drop)
            .map_err(|error| Stop::failed("cannot kill an agent", &error))
    }

    /// SIGSTOP.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn freeze(&self) -> Result<(), Stop> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn thaw(&self) -> Result<(), Stop> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), Stop> {
        let sent = kill_process(Pid::from_child(&self.child), signal);
        sent.map_err(|error| Stop::failed("cannot signal an agent", &error))
    }

    /// Waits for its end; `None` if it does not come in time.
    pub(crate) fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if start.elapsed() > patience {
                return None;
            }
            thread::sleep(GLANCE);
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // What has ended already can't be killed, and needn't be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads `ready name=… bind=… advertise=… control=…`.
fn read_ready(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let words = line.trim_end().strip_prefix("ready ")?;
    let value = |key: &str| {
        let mut values = words.split(' ').filter_map(|word| word.strip_prefix(key));
        values.next()?.parse().ok()
    };
    Some((value("bind=")?, value("control=")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_says_where_an_agent_is() {
        let line =
            "ready name=a bind=10.79.1.1:7946 advertise=10.79.1.1:7946 control=10.79.1.1:7373\n";
        let (bind, control) = read_ready(line).expect("a ready line");
        assert_eq!((bind.port(), control.port()), (7_946, 7_373));
        assert_eq!(read_ready(""), None);
        assert_eq!(read_ready("ready name=a control=none"), None);
    }
}
