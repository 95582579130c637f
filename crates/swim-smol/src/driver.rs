//! One node at work: what came in, what time it is, what to do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::UdpSocket;
use swim_core::wire::Datagram;
use swim_core::{Instant, Output, Reason, receive};
use tracing::{error, info, warn};

use crate::life::StateFile;
use crate::peer::canonical;
use crate::shared::Shared;
use crate::socket::outward;
use crate::stream::Streams;

/// No datagram of UDP is larger.
const LARGEST: usize = 65_535;
/// Datagrams read in one go before deadlines are looked at: all that has arrived, short of a flood.
const BURST: usize = 2_048;

/// One node's socket and buffers.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    streams: Arc<Streams>,
    socket: UdpSocket,
    incoming: Box<[u8]>,
    outgoing: Box<[u8]>,
    /// The instant of the last `Wait`.
    due: Option<Instant>,
    journal: Journal,
}

impl Driver {
    pub(crate) fn new(
        shared: Arc<Shared>,
        streams: Arc<Streams>,
        socket: UdpSocket,
        file: Option<StateFile>,
    ) -> Self {
        Self {
            socket,
            incoming: vec![0; LARGEST].into(),
            outgoing: vec![0; shared.place.datagram_size].into(),
            due: None,
            journal: Journal::new(&shared, file),
            shared,
            streams,
        }
    }

    /// One round: all that has arrived, then the time, then all there is to do. Says when the next one is due, if
    /// nothing arrives before.
    pub(crate) fn turn(&mut self) -> Option<std::time::Instant> {
        let all_read = self.read();
        let now = self.shared.clock.now();
        if self.due.is_some_and(|due| due <= now) {
            self.shared.state().node.handle_timeout(now);
        }
        self.due = self.drain();
        self.journal.write(&self.shared);
        if all_read {
            self.due.and_then(|due| self.shared.clock.at(due))
        } else {
            Some(std::time::Instant::now())
        }
    }

    /// The node can't go on: whoever waits for it is told.
    pub(crate) fn abandon(&self) {
        error!(
            node = self.shared.place.name,
            "the node has failed and stopped: this is a bug in swim"
        );
        self.shared.state().end();
    }

    /// Says whether nothing is left to read.
    fn read(&mut self) -> bool {
        for _ in 0..BURST {
            match self.socket.recv_from(&mut self.incoming) {
                Ok((length, from)) => self.hear(length, from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                // The answer of a machine where nobody listens arrives here; it says nothing that silence doesn't.
                Err(_) => self.shared.state().counters.receive_errors += 1,
            }
        }
        false
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
                    match self.socket.send_to(bytes, to) {
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
                Output::Event(event) => {
                    let line = state.tell(&shared.place.name, &event);
                    drop(state);
                    line.log(&shared.place.name);
                }
                Output::Wait { until } => {
                    state.count_turn();
                    return until;
                }
            }
        }
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
