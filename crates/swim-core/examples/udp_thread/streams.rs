//! What all threads share: the node, its clock, its counters; and exchanges of rosters over TCP, each on a thread of its own.

use std::io::ErrorKind::{TimedOut, WouldBlock};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{self, Duration, SystemTime};
use std::{hash::BuildHasher, hash::RandomState, thread};

use swim_core::wire::{Counters, Envelope, MAX_FRAME};
use swim_core::{Config, ConfigError, Exchange, ExchangeFailed, ExchangeId, Exchanged};
use swim_core::{Incarnation, Instant, Node, Reason, Roster, receive};

use crate::peer::Station;

/// The cluster's label. Whatever bears another one is not for us.
pub(crate) const LABEL: Envelope<'static> = match Envelope::new(b"stations") {
    Ok(envelope) => envelope,
    Err(_) => panic!("at most 255 bytes"),
};
const MEMBERS: u32 = 1_024;

pub(crate) struct Shared {
    node: Mutex<Node<'static, Station>>,
    counters: Mutex<Counters>,
    birth: time::Instant,
}

impl Shared {
    pub(crate) fn new(me: Station) -> Result<Self, ConfigError> {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let first = unix.map_or(1, |unix| u32::try_from(unix.as_secs()).unwrap_or(1));
        let roster = Roster::owned(MEMBERS as usize);
        let node = Node::new(
            me,
            Incarnation(first),
            Config::LAN,
            roster,
            random(),
            Instant::ZERO,
        )?;
        Ok(Self {
            node: Mutex::new(node),
            counters: Mutex::default(),
            birth: time::Instant::now(),
        })
    }

    pub(crate) fn node(&self) -> MutexGuard<'_, Node<'static, Station>> {
        lock(&self.node)
    }

    /// Monotone time since the start.
    pub(crate) fn now(&self) -> Instant {
        Instant::ZERO.after(self.birth.elapsed())
    }

    /// A datagram came in. One that is not ours is counted.
    pub(crate) fn hear(&self, from: SocketAddr, bytes: &[u8]) {
        let (mut node, mut counters) = (self.node(), lock(&self.counters));
        let (now, counters) = (self.now(), &mut counters);
        let _ = receive(&mut node, now, &from, LABEL, bytes, counters, |_| {});
    }

    /// The node wants an exchange.
    pub(crate) fn call(&self, id: ExchangeId, with: SocketAddr, why: Reason) {
        let scratch = vec![0; Exchange::scratch_for(MEMBERS)];
        let exchange = Exchange::open(id, why, LABEL, random(), scratch);
        let stream = TcpStream::connect_timeout(&with, Duration::from_secs(1));
        let stream = stream.map_err(|_| ExchangeFailed::Broken);
        let how = stream.and_then(|stream| self.converse(stream, exchange));
        self.node().handle_exchange(self.now(), id, how);
    }

    /// Others want exchanges.
    pub(crate) fn answer(&'static self, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            let Ok(from) = stream.peer_addr() else {
                continue;
            };
            let Ok(id) = self.node().accept(self.now(), from) else {
                continue;
            };
            let scratch = vec![0; Exchange::scratch_for(MEMBERS)];
            let exchange = Exchange::accept(id, LABEL, scratch);
            thread::spawn(move || {
                let how = self.converse(stream, exchange);
                self.node().handle_exchange(self.now(), id, how);
            });
        }
    }

    fn converse(
        &self,
        mut stream: TcpStream,
        mut exchange: Exchange<'_, Vec<u32>>,
    ) -> Result<Exchanged, ExchangeFailed> {
        let end = time::Instant::now() + self.node().config().exchange.timeout;
        let (mut input, mut output, mut filled) = ([0; MAX_FRAME], [0; MAX_FRAME], 0);
        let patience = Some(Duration::from_millis(20));
        stream
            .set_read_timeout(patience)
            .map_err(|_| ExchangeFailed::Broken)?;
        loop {
            let written = exchange.poll_write(&mut self.node(), &mut output);
            stream
                .write_all(&output[..written])
                .map_err(|_| ExchangeFailed::Broken)?;
            if written > 0 {
                continue;
            }
            if let Some(outcome) = exchange.outcome() {
                lock(&self.counters).add(exchange.counters());
                return outcome;
            }
            let taken = exchange.handle_read(self.now(), &mut self.node(), &input[..filled]);
            let taken = taken.map_err(|_| ExchangeFailed::Malformed)?;
            input.copy_within(taken..filled, 0);
            filled -= taken;
            if taken > 0 {
                continue;
            }
            match stream.read(&mut input[filled..]) {
                Ok(0) => return Err(ExchangeFailed::Broken),
                Ok(length) => filled += length,
                Err(_) if time::Instant::now() > end => return Err(ExchangeFailed::TimedOut),
                Err(error) if [WouldBlock, TimedOut].contains(&error.kind()) => {}
                Err(_) => return Err(ExchangeFailed::Broken),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number that nobody can foresee: the standard library's hash keys are the system's randomness.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}
