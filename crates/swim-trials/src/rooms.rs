//! Machines that aren't: network namespaces on a bridge, cut from each other by a packet filter.
//!
//! The trial itself runs inside a namespace that holds the bridge, so that nothing of it can be seen, or be left over,
//! outside. A namespace lives as long as a process in it. Those that hold one end with the pipe that this program holds
//! at the other end, however this program ends.

use std::env;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::Stop;

/// How long a machine may take until it can be reached.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often one looks.
const GLANCE: Duration = Duration::from_millis(5);
/// The bridge, where this program is.
const BRIDGE: &str = "10.79.0.1/16";

/// Starts this program anew inside a network of its own; returns only if that is impossible.
pub(crate) fn enter() -> Stop {
    if !rustix::process::geteuid().is_root() {
        return Stop::Skip("network namespaces need root".to_owned());
    }
    for (program, argument) in [
        ("unshare", "--version"),
        ("nsenter", "--version"),
        ("ip", "-V"),
        ("iptables", "--version"),
    ] {
        if run(Command::new(program).arg(argument)).is_err() {
            return Stop::Skip(format!(
                "there is no {program} here (install util-linux, iproute2, iptables)"
            ));
        }
    }
    if let Err(why) = run(Command::new("unshare").args([
        "--net",
        "iptables",
        "-w",
        "-A",
        "INPUT",
        "-s",
        "192.0.2.1",
        "-j",
        "DROP",
    ])) {
        return Stop::Skip(format!("no packet filter in a network namespace: {why}"));
    }
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return Stop::failed("cannot find this program", &error),
    };
    let mut again = Command::new("unshare");
    again
        .args(["--net", "--"])
        .arg(program)
        .args(env::args_os().skip(1))
        .arg("--inside")
        .env_remove("CARGO");
    Stop::failed("cannot start unshare", &again.exec())
}

/// The bridge; made once, inside.
///
/// # Errors
/// The system refuses.
pub(crate) fn build_bridge() -> Result<(), Stop> {
    for words in [
        "link set lo up",
        // Ports of a bridge that learns for 15 s first would lose what nodes say at their start. And a bridge without an
        // address of its own takes another whenever a port is added, which the rooms would find out 5 s late.
        "link add bridge address 02:00:0a:4f:00:01 type bridge forward_delay 0",
        &format!("address add {BRIDGE} dev bridge"),
        "link set bridge up",
    ] {
        ip(words)?;
    }
    Ok(())
}

/// One such machine. It is gone when this is dropped and nothing runs in it any more.
#[derive(Debug)]
pub(crate) struct Room {
    holder: Child,
    address: Ipv4Addr,
}

impl Room {
    /// A machine with the address 10.79.`group`.`number`, reachable from here.
    ///
    /// # Errors
    /// The system refuses, or it can't be reached.
    pub(crate) fn build(group: u8, number: u8) -> Result<Self, Stop> {
        let mut holder = Command::new("unshare");
        holder
            .args(["--net", "--", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let holder = holder
            .spawn()
            .map_err(|error| Stop::failed("cannot start unshare", &error))?;
        let room = Self {
            holder,
            address: Ipv4Addr::new(10, 79, group, number),
        };
        room.wait_for(|| room.is_apart(), "has no network of its own")?;
        let (pid, address) = (room.holder.id(), room.address);
        let port = room.port();
        ip(&format!(
            "link add {port} type veth peer name eth0 netns {pid}"
        ))?;
        ip(&format!("link set {port} master bridge up"))?;
        for words in [
            format!("address add {address}/16 dev eth0"),
            "link set eth0 up".to_owned(),
            "link set lo up".to_owned(),
        ] {
            let done = run(room.command(Path::new("ip")).args(words.split(' ')));
            done.map_err(|why| Stop::Failed(format!("cannot set up {address}: {why}")))?;
        }
        room.wait_for(|| room.is_reachable(), "can't be reached")?;
        Ok(room)
    }

    /// The bridge's end of its cable.
    fn port(&self) -> String {
        let [.., group, number] = self.address.octets();
        format!("room-{group}-{number}")
    }

    /// Its address with that port.
    pub(crate) const fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(self.address), port)
    }

    /// A program that runs in it, as a child of ours.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.holder.id()))
            .arg("--")
            .arg(program);
        command
    }

    /// From now on it hears nothing from that subnet.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn deafen(&self, to: &str) -> Result<(), Stop> {
        self.filter("-A", to)
    }

    /// From now on it hears that subnet again.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn cure(&self, to: &str) -> Result<(), Stop> {
        self.filter("-D", to)
    }

    fn filter(&self, action: &str, subnet: &str) -> Result<(), Stop> {
        let mut command = self.command(Path::new("iptables"));
        let done = run(command.args(["-w", action, "INPUT", "-s", subnet, "-j", "DROP"]));
        done.map_err(|why| {
            Stop::Failed(format!("cannot filter packets at {}: {why}", self.address))
        })
    }

    fn wait_for(&self, so: impl Fn() -> bool, complaint: &str) -> Result<(), Stop> {
        let start = Instant::now();
        while !so() {
            if start.elapsed() > PATIENCE {
                let address = self.address;
                return Err(Stop::Failed(format!(
                    "the machine {address} {complaint} after {PATIENCE:?}"
                )));
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    fn is_apart(&self) -> bool {
        let network = |process: &str| fs::read_link(format!("/proc/{process}/ns/net"));
        let theirs = network(&self.holder.id().to_string());
        let ours = network("self");
        theirs.is_ok_and(|theirs| ours.is_ok_and(|ours| theirs != ours))
    }

    /// Nobody listens there: being told so is an answer.
    fn is_reachable(&self) -> bool {
        let answer = TcpStream::connect_timeout(&self.at(9), Duration::from_millis(200));
        answer.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Its end takes the cable along, but some time later: another room may want the name.
        let _ = ip(&format!("link delete {}", self.port()));
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn ip(words: &str) -> Result<(), Stop> {
    let done = run(Command::new("ip").args(words.split(' ')));
    done.map_err(|why| Stop::Failed(format!("ip {words}: {why}")))
}

/// Runs a command; what it complains about, if it does.
fn run(command: &mut Command) -> Result<(), String> {
    let Output { status, stderr, .. } = command.output().map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&stderr);
    Err(format!(
        "{} ({status})",
        words.lines().next().unwrap_or("no word of why")
    ))
}
