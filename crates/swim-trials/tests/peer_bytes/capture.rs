//! Packets of real nodes on the loopback interface: caught by somebody in the middle, stored, read again.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use swim_smol::{Cluster, Config, State};

use super::{LABEL, hex, meta, name};

const ANY_PORT: &str = "127.0.0.1:0";
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many datagrams make a capture.
const ENOUGH: usize = 60;
/// How often somebody who waits looks again.
const LOOK: Duration = Duration::from_millis(20);

/// Somebody between one node and the others, who are told this address as the node's. Everything passes, and datagrams are
/// written down. To the node it speaks from another address: none answers what seems to come from itself.
struct Between {
    addr: SocketAddr,
    over: Arc<AtomicBool>,
    caught: Arc<Mutex<Vec<Vec<u8>>>>,
    /// The node behind, once it runs.
    node: Arc<Mutex<Option<SocketAddr>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Between {
    fn new(others: SocketAddr) -> io::Result<Self> {
        // One number for both: another process may have the same port of TCP.
        let (outer, listener) = loop {
            let socket = UdpSocket::bind(ANY_PORT)?;
            if let Ok(listener) = TcpListener::bind(socket.local_addr()?) {
                break (socket, listener);
            }
        };
        let inner = UdpSocket::bind(ANY_PORT)?;
        outer.set_read_timeout(Some(LOOK))?;
        inner.set_read_timeout(Some(LOOK))?;
        listener.set_nonblocking(true)?;
        let mut between = Self {
            addr: outer.local_addr()?,
            over: Arc::default(),
            caught: Arc::default(),
            node: Arc::default(),
            threads: Vec::new(),
        };
        let (back, forth) = (inner.try_clone()?, outer.try_clone()?);
        let node = Arc::clone(&between.node);
        let behind = move || *node.lock().expect("nobody panics with it");
        between.carry(outer, inner, behind.clone(), move || {
            while let (Ok((stream, _)), Some(behind)) = (listener.accept(), behind()) {
                thread::spawn(move || pass(stream, behind));
            }
        });
        between.carry(back, forth, move || Some(others), || {});
        Ok(between)
    }

    /// From now on, whatever comes to one socket leaves by the other.
    fn carry(
        &mut self,
        from: UdpSocket,
        by: UdpSocket,
        to: impl Fn() -> Option<SocketAddr> + Send + 'static,
        besides: impl Fn() + Send + 'static,
    ) {
        let (over, caught) = (Arc::clone(&self.over), Arc::clone(&self.caught));
        self.threads.push(thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while !over.load(Ordering::Relaxed) {
                besides();
                let Ok((length, _)) = from.recv_from(&mut buffer) else {
                    continue;
                };
                let bytes = &buffer[..length];
                let mut caught = caught.lock().expect("nobody panics with it");
                caught.push(bytes.to_vec());
                // A datagram that can't be passed on is lost, as datagrams are.
                let _ = to().map(|to| by.send_to(bytes, to));
            }
        }));
    }

    fn caught(&self) -> Vec<Vec<u8>> {
        self.caught.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // It ends within a look.
        let threads = self.threads.drain(..);
        threads.for_each(|thread| drop(thread.join()));
    }
}

/// Passes a stream on to the node behind, both ways, until both have said all.
fn pass(stream: TcpStream, behind: SocketAddr) {
    let copy = |from: io::Result<TcpStream>, to: io::Result<TcpStream>| {
        let (Ok(mut from), Ok(mut to)) = (from, to) else {
            return;
        };
        let mut buffer = [0; 4_096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..length]).is_err() {
                return;
            }
        }
        // Who has gone already needs not be told that this was all.
        let _ = to.shutdown(std::net::Shutdown::Write);
    };
    // A stream that can't be accepted as it should is dropped, and breaks.
    let (Ok(()), Ok(onward)) = (stream.set_nonblocking(false), TcpStream::connect(behind)) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| copy(stream.try_clone(), onward.try_clone()));
        copy(onward.try_clone(), stream.try_clone());
    });
}

fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(
            began.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        thread::sleep(LOOK);
    }
}

fn settings(number: u32) -> swim_smol::Builder {
    let addr = ANY_PORT.parse().expect("an address");
    Cluster::builder(name(number))
        .bind(addr)
        .label(str::from_utf8(LABEL).expect("text"))
        .config(Config::LAN.faster(10))
        .meta(meta(number))
}

/// Three nodes find each other, one of them behind somebody who writes down; one changes its metadata, one dies.
pub(crate) fn fresh() -> Vec<Vec<u8>> {
    let first = settings(0).start_blocking().expect("starts");
    let between = Between::new(first.local_addr()).expect("free ports");
    let second = settings(1).advertise(between.addr);
    let second = second
        .seed(first.local_addr().to_string())
        .start_blocking()
        .expect("starts");
    *between.node.lock().expect("nobody panics with it") = Some(second.local_addr());
    let third = settings(2)
        .seed(first.local_addr().to_string())
        .start_blocking()
        .expect("starts");
    let holds = |node: &Cluster, state: State, count: usize| {
        let members = node.members();
        members
            .iter()
            .filter(|member| member.state == state)
            .count()
            == count
    };
    wait_until("all know all", || {
        [&first, &second, &third]
            .iter()
            .all(|node| holds(node, State::Alive, 3))
    });
    second.update_blocking(meta(7)).expect("it runs");
    third.shutdown_blocking();
    wait_until("all know that one has died", || {
        [&first, &second]
            .iter()
            .all(|node| holds(node, State::Dead, 1))
    });
    // Who learned of the death first tells the other; then there is some quiet talk.
    let told = |packet: &Vec<u8>| super::again::<swim_sim::SimPeer>(packet).1.contains("dead");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        let caught = between.caught();
        if caught.len() > ENOUGH && caught.iter().any(told) {
            break;
        }
        thread::sleep(LOOK);
    }
    between.caught()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peer_bytes/captured.txt")
}

/// The packets in the file, one a line.
pub(crate) fn stored() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path()).expect("captured.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let byte = |pair: &[u8]| {
        let digits = str::from_utf8(pair).expect("hexadecimal digits");
        u8::from_str_radix(digits, 16).expect("hexadecimal digits")
    };
    lines
        .map(|line| line.as_bytes().chunks(2).map(byte).collect())
        .collect()
}

/// Puts these packets into the file.
pub(crate) fn store(packets: &[Vec<u8>]) {
    let mut text = String::from(
        "# Datagrams of real nodes on the loopback interface, one a line.\n\
         # Captured anew by: SWIM_CAPTURE=write cargo test -p swim-trials --test peer_bytes\n",
    );
    for packet in packets {
        text.push_str(&hex(packet));
        text.push('\n');
    }
    std::fs::write(path(), text).expect("captured.txt");
}
