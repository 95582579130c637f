//! The smallest driver of `docs/embedding.md`, run as it stands there: processes on loopback.
#![cfg(feature = "std")]

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use swim_core::wire::Envelope;
use swim_core::{Config, ExchangeFailed, Reason, Shared};

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
    fn says(&self, event: &str, about: &str) {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20));
            let line = line.unwrap_or_else(|_| panic!("nobody said `{event}` of {about}"));
            if line.starts_with(event) && line.contains(about) {
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
    let (first, second, third) = (free_address(), free_address(), free_address());
    let one = Station::start(&[&first]);
    one.says("Up", &first);
    let two = Station::start(&[&second, &first]);
    two.says("Up", &first);
    one.says("Up", &second);
    // The third hears of the second from the first, over a stream.
    let three = Station::start(&[&third, &first]);
    three.says("Up", &second);
    two.says("Up", &third);
    drop(two);
    for left in [&one, &three] {
        left.says("Suspected", &second);
        left.says("Dead", &second);
    }
}

/// What a stream did, and how the exchange over it ended, for a node that allows it two seconds.
fn answered(misbehave: impl FnOnce(TcpStream) + Send + 'static) -> (Duration, ExchangeFailed) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    let here = listener.local_addr().expect("bound");
    let config = Config::LAN.with_exchange_timeout(Duration::from_secs(2));
    let envelope = Envelope::new(b"stations").expect("short");
    let shared = Shared::new(here, config, envelope, 16).expect("it can work");
    let other = TcpStream::connect(here).expect("it listens");
    let (stream, from) = listener.accept().expect("somebody called");
    let other = thread::spawn(move || misbehave(other));
    let began = Instant::now();
    let how = shared.answer(from, stream);
    let took = began.elapsed();
    other.join().expect("it only misbehaves");
    (took, how.expect_err("that was no exchange"))
}

#[test]
fn a_stream_that_is_silent_or_dribbles_ends_in_time() {
    let silent = |stream: TcpStream| {
        thread::sleep(Duration::from_secs(4));
        drop(stream);
    };
    let dribbles = |mut stream: TcpStream| {
        // The head of a hello of 200 bytes, which never comes whole.
        for byte in [1, 200, 1].into_iter().chain([0; 37]) {
            let _ = stream.write_all(&[byte]);
            thread::sleep(Duration::from_millis(100));
        }
    };
    for (took, how) in [answered(silent), answered(dribbles)] {
        let (least, most) = (Duration::from_millis(1_900), Duration::from_millis(3_900));
        assert!((least..most).contains(&took), "{took:?}");
        assert_eq!(how, ExchangeFailed::TimedOut);
    }
}

#[test]
fn a_stream_of_something_else_and_one_that_ends_are_known_for_what_they_are() {
    let (took, how) = answered(|mut stream| {
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
        thread::sleep(Duration::from_millis(500));
    });
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(how, ExchangeFailed::Malformed);
    let (_, how) = answered(drop);
    assert_eq!(how, ExchangeFailed::Broken);
}

#[test]
fn one_that_cannot_be_called_is_told_at_once() {
    let here: SocketAddr = "127.0.0.1:7946".parse().expect("an address");
    let envelope = Envelope::new(b"stations").expect("short");
    let shared = Shared::new(here, Config::LAN, envelope, 16).expect("it can work");
    let seed = "127.0.0.1:1".parse().expect("an address");
    let id = shared
        .node()
        .join(shared.now(), seed)
        .expect("nothing runs yet");
    let nobody: io::Result<TcpStream> = Err(ErrorKind::ConnectionRefused.into());
    assert_eq!(
        shared.call(id, Reason::Join, nobody),
        Err(ExchangeFailed::Broken)
    );
    assert_eq!(shared.node().stats().exchanges_failed, 1);
}
