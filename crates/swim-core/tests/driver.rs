//! The smallest driver of `docs/embedding.md`, run as it stands there: processes on loopback.
#![cfg(all(feature = "alloc", feature = "wire"))]

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// One process; killed when dropped.
struct Station {
    process: Child,
    lines: Receiver<String>,
}

impl Station {
    fn start(words: &[&str]) -> Self {
        let mut command = Command::new(example());
        let mut process = command
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo test builds examples");
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let (say, lines) = mpsc::channel();
        thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| say.send(line))
        });
        Self { process, lines }
    }

    /// Waits for an event that begins with these words and is about that member.
    fn says(&self, event: &str, id: u32) {
        let about = format!("id: {id},");
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20));
            let line = line.unwrap_or_else(|_| panic!("nobody said `{event}` of {id}"));
            if line.starts_with(event) && line.contains(&about) {
                return;
            }
        }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where cargo puts examples: beside the folder of this test.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("target/debug");
    folder
        .join("examples")
        .join(format!("udp_thread{}", std::env::consts::EXE_SUFFIX))
}

/// An address of loopback whose port is free for both.
fn free_address() -> String {
    for _ in 0..64 {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        let address = socket.local_addr().expect("bound");
        if TcpListener::bind(address).is_ok() {
            return address.to_string();
        }
    }
    panic!("no port of loopback is free for both UDP and TCP");
}

#[test]
fn the_smallest_driver_finds_and_loses_a_member() {
    let (first, second) = (free_address(), free_address());
    let one = Station::start(&["1", &first]);
    one.says("Up", 1);
    let two = Station::start(&["2", &second, &first]);
    two.says("Up", 1);
    one.says("Up", 2);
    drop(two);
    one.says("Suspected", 2);
    one.says("Dead", 2);
}
