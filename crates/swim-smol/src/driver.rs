//! The loop of one node: what came in, what time it is, what to do, sleep.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use smol::channel::Receiver;
use smol::future::FutureExt;
use smol::stream::Stream;
use smol::{Async, Timer};
use swim_core::wire::Datagram;
use swim_core::{Instant, Output, Reason, receive};
use tracing::{info, warn};

use crate::life::StateFile;
use crate::peer::canonical;
use crate::shared::Shared;
use crate::socket::outward;
use crate::stream::Streams;

/// No datagram of UDP is larger.
const LARGEST: usize = 65_535;
/// Datagrams read in one go before deadlines are looked at: all that has arrived, short of a flood.
const BURST: usize = 2_048;

/// One node's sockets and buffers.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    streams: Arc<Streams>,
    socket: Async<UdpSocket>,
    incoming: Box<[u8]>,
    outgoing: Box<[u8]>,
    woken: Pin<Box<Receiver<()>>>,
    /// The instant of the last `Wait`.
    due: Option<Instant>,
    alarm: Alarm,
    journal: Journal,
}

impl Driver {
    pub(crate) fn new(
        shared: Arc<Shared>,
        streams: Arc<Streams>,
        socket: Async<UdpSocket>,
        woken: Receiver<()>,
        file: Option<StateFile>,
    ) -> Self {
        Self {
            socket,
            incoming: vec![0; LARGEST].into(),
            outgoing: vec![0; shared.place.datagram_size].into(),
            woken: Box::pin(woken),
            due: None,
            alarm: Alarm::default(),
            journal: Journal::new(&shared, file),
            shared,
            streams,
        }
    }

    /// Runs the node until the task is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            self.turn();
            let due = self.due.and_then(|due| self.shared.clock.at(due));
            self.alarm.set(due);
            poll_fn(|context| self.poll_something(context)).await;
        }
    }

    /// One round: all that has arrived, then the time, then all there is to do.
    fn turn(&mut self) {
        self.read();
        let now = self.shared.clock.now();
        if self.due.is_some_and(|due| due <= now) {
            self.shared.state().node.handle_timeout(now);
        }
        self.due = self.drain();
        self.journal.write(&self.shared);
    }

    fn read(&mut self) {
        for _ in 0..BURST {
            match self.socket.get_ref().recv_from(&mut self.incoming) {
                Ok((length, from)) => self.hear(length, from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The answer of a machine where nobody listens arrives here; it says nothing that silence doesn't.
                Err(_) => self.shared.state().counters.receive_errors += 1,
            }
        }
    }

    fn hear(&mut self, length: usize, from: SocketAddr) {
        let bytes = self.incoming.get(..length).unwrap_or_default();
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let state = &mut *state;
        state.counters.datagrams_received += 1;
        state.counters.datagram_bytes_received += length as u64;
        let envelope = self.shared.place.envelope();
        let from = canonical(from);
        // Refusals are counted where they happen.
        let _ = receive(
            &mut state.node,
            now,
            &from,
            envelope,
            bytes,
            &mut state.wire,
            |_| {},
        );
    }

    /// Does what the node wants until it wants to wait.
    fn drain(&mut self) -> Option<Instant> {
        let shared = &self.shared;
        let mut datagram = Datagram::new(&mut self.outgoing, shared.place.envelope());
        loop {
            let mut state = shared.state();
            match state.node.poll_output(&mut datagram) {
                Output::Send { to } => {
                    let bytes = datagram.finish();
                    let to = outward(shared.place.bound, to);
                    match self.socket.get_ref().send_to(bytes, to) {
                        Ok(length) => {
                            state.counters.datagrams_sent += 1;
                            state.counters.datagram_bytes_sent += length as u64;
                        }
                        Err(_) => state.counters.datagrams_unsent += 1,
                    }
                }
                Output::Exchange { id, with, why } => {
                    drop(state);
                    if why == Reason::Seed {
                        info!(node = shared.place.name, addr = %with, "trying a seed");
                        let _ = shared.seed_tried.try_send(());
                    }
                    self.streams.open(id, with, why);
                }
                Output::Event(event) => state.tell(&shared.place.name, &event),
                Output::Wait { until } => {
                    state.count_turn();
                    return until;
                }
            }
        }
    }

    /// Ready when a wish or a stream has something for the node, when the time has come, or when a datagram has.
    fn poll_something(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let woken = self.woken.as_mut().poll_next(context).is_ready();
        let late = self.alarm.poll(context).is_ready();
        if woken || late || self.socket.poll_readable(context).is_ready() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// One timer, set anew only when the deadline has changed.
#[derive(Default)]
struct Alarm {
    at: Option<std::time::Instant>,
    timer: Option<Timer>,
}

impl Alarm {
    fn set(&mut self, at: Option<std::time::Instant>) {
        if at == self.at && self.timer.is_some() {
            return;
        }
        self.at = at;
        match (at, &mut self.timer) {
            (Some(at), Some(timer)) => timer.set_at(at),
            (Some(at), None) => self.timer = Some(Timer::at(at)),
            (None, timer) => *timer = None,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(timer) = &mut self.timer else {
            return Poll::Pending;
        };
        let fired = timer.poll(context).map(drop);
        if fired.is_ready() {
            self.timer = None;
        }
        fired
    }
}

/// What is noted beside the node's own events: our refutations in the log, our incarnation in the state file.
struct Journal {
    refutations: u32,
    incarnation: u32,
    file: Option<StateFile>,
}

impl Journal {
    fn new(shared: &Shared, file: Option<StateFile>) -> Self {
        let state = shared.state();
        Self {
            refutations: state.node.stats().refutations,
            incarnation: state.node.me().incarnation.0,
            file,
        }
    }

    fn write(&mut self, shared: &Shared) {
        let (refutations, incarnation) = {
            let state = shared.state();
            (
                state.node.stats().refutations,
                state.node.me().incarnation.0,
            )
        };
        let node = shared.place.name.as_str();
        if refutations != self.refutations {
            self.refutations = refutations;
            info!(node, incarnation, "refuted a rumour about this node");
        }
        if incarnation > self.incarnation {
            self.incarnation = incarnation;
            if let Some(file) = self.file.clone() {
                smol::unblock(move || note(&file, incarnation)).detach();
            }
        }
    }
}

/// The next life finds the number of this one. Without it, it still starts from the clock, and a rumour about this life
/// is outbid.
fn note(file: &StateFile, incarnation: u32) {
    if let Err(error) = file.note(incarnation) {
        let path = file.path().display();
        warn!(%path, %error, incarnation, "could not note the incarnation");
    }
}
