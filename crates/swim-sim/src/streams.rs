//! Streams on their way: the virtual TCP under the exchanges of rosters.
//!
//! A stream is opened by one round trip; what is written arrives whole, in order, piece by piece. A machine without a node
//! answers with a reset; where there is no machine, or no way, there is no answer. A node that serves as many streams as it
//! can lets the next ones wait, as a driver does with the system's own queue, and refuses those that waited too long. The sessions at both ends are the core's
//! own, so every byte on a stream is real.

mod table;

use swim_core::wire::MAX_FRAME;
use swim_core::{
    Counts, Exchange, ExchangeFailed, ExchangeId, Exchanged, Instant, Peer, Reason, hash_under,
};

use crate::host::{Arrival, SimNode};
use crate::links::Carries;
use crate::network::{Due, Rank};
use crate::peer::SimAddr;
use crate::random::{Purpose, micros};
use crate::run::What as Seen;
use crate::sim::{Sim, envelope};
use crate::trace::{Kind, Way};

pub(crate) use table::Streams;
use table::{End, Piece, Session, Stream, What};

/// What is written goes out in pieces of at most this size, so that frames get cut.
const PIECE: usize = 4_096;

/// Streams that a node serves at once.
const SERVED: usize = 64;
/// Streams that may wait for a place at all nodes together, each for so many microseconds.
const BACKLOG: (usize, u64) = (100_000, 500_000);

/// As much scratch as the members that a node knows deserve.
pub(crate) fn scratch_for(node: &SimNode) -> Vec<u32> {
    let Counts {
        alive,
        suspect,
        dead,
        left,
        ..
    } = node.counts();
    vec![0; Exchange::scratch_for(alive + suspect + dead + left)]
}

impl Sim {
    pub(crate) fn open_stream(
        &mut self,
        at: u32,
        id: ExchangeId,
        with: SimAddr,
        why: Reason,
        scratch: Vec<u32>,
    ) {
        let target = self.host_at(with);
        let count = self.hosts[at as usize].past.lives;
        let salt = self.draws.draw(Purpose::Salt, at, id.number(), count);
        let exchange = Exchange::open(id, why, envelope(self.settings.label), salt, scratch);
        let end = |host, session| End {
            host,
            session,
            input: Vec::new(),
            last_arrival: 0,
        };
        let session = Some(Session::new(id, exchange));
        let stream = self.streams.put(Stream {
            why,
            ends: [end(at, session), end(target.unwrap_or(u32::MAX), None)],
            pending: 0,
        });
        let to = target.unwrap_or(u32::MAX);
        self.record
            .trace
            .note(self.now, Kind::Opened, at, to, u64::from(id.number()));
        let nobody = format!("{with:?}");
        let way = Way(
            self.label_of(at),
            target.map_or(&nobody, |to| self.label_of(to)),
        )
        .to_string();
        self.record
            .trace
            .line(self.now, way, || format!("      stream {id} opens: {why}"));
        self.limit_time(stream, 0);
        self.put_on_way(stream, 1, What::Open);
    }

    /// Both ends have as long as the node's own patience lasts.
    fn limit_time(&mut self, stream: u32, end: usize) {
        if let Some(host) = self.streams.get(stream).map(|open| open.ends[end].host) {
            let timeout = micros(self.hosts[host as usize].config.exchange.timeout);
            self.remind(host, timeout, (stream, end), What::TimeOut);
        }
    }

    /// Something comes to an end of a stream from its own machine.
    fn remind(&mut self, at: u32, after: u64, (stream, end): (u32, usize), what: What) {
        let piece = self.streams.put_piece(Piece { stream, end, what });
        let order = Rank::Alarm { at }.order();
        self.queue.push(self.now + after, order, Due::Piece(piece));
    }

    /// Sends something to that end of a stream, from the other; it is lost if there is no machine or no way.
    fn put_on_way(&mut self, stream: u32, end: usize, what: What) {
        let Some(open) = self.streams.get(stream) else {
            return;
        };
        let (from, to) = (open.ends[1 - end].host, open.ends[end].host);
        if from == u32::MAX || to == u32::MAX {
            return;
        }
        let count = self.hosts[from as usize].count_to(to);
        let Some(way) = self.links.stream_way(from, to, count) else {
            return;
        };
        if let What::Bytes(bytes) = &what {
            self.hosts[from as usize].traffic.stream_bytes += bytes.len() as u64;
            let about = hash_under(0, bytes);
            self.record
                .trace
                .note(self.now, Kind::Piece, from, to, about);
            let bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            self.sights
                .see(self.now, || Seen::Streamed { from, to, bytes });
        }
        let piece = self.streams.put_piece(Piece { stream, end, what });
        match way.jam {
            Some(fault) => self
                .packets
                .jammed
                .push((fault, way.after, Arrival::Piece(piece))),
            None => self.piece_flies(piece, way.after),
        }
    }

    /// A piece goes its way; none overtakes the one before it.
    pub(crate) fn piece_flies(&mut self, place: u32, after: u64) {
        let Some(Some(piece)) = self.streams.pieces.get(place as usize) else {
            return;
        };
        let (stream, end) = (piece.stream, piece.end);
        let Some(open) = self.streams.get(stream) else {
            return self.streams.drop_piece(place);
        };
        let (from, at) = (open.ends[1 - end].host, open.ends[end].host);
        let arrival = open.ends[end].last_arrival.max(self.now + after);
        open.ends[end].last_arrival = arrival;
        let order = Rank::Arrival { at, from }.order();
        self.queue.push(arrival, order, Due::Piece(place));
    }

    pub(crate) fn piece_arrives(&mut self, place: u32) {
        let Some(Some(piece)) = self.streams.pieces.get(place as usize) else {
            return;
        };
        let (stream, end) = (piece.stream, piece.end);
        let local = matches!(piece.what, What::TimeOut | What::NoPlace);
        let Some(open) = self.streams.get(stream) else {
            return self.streams.drop_piece(place);
        };
        let (from, to) = (open.ends[1 - end].host, open.ends[end].host);
        if !local && self.links.is_cut(from, to, Carries::Streams) {
            return self.streams.drop_piece(place);
        }
        let slow = &mut self.hosts[to as usize].slow;
        let due = if local { None } else { slow.queue(self.now) };
        match due {
            Some(due) => {
                self.count_throttled(to);
                let order = Rank::Arrival { at: to, from }.order();
                self.queue
                    .push(due, order, Due::Read(to, Arrival::Piece(place)));
            }
            None if self.hosts[to as usize].pause.frozen => {
                self.hosts[to as usize]
                    .pause
                    .unread
                    .push(Arrival::Piece(place));
            }
            None => self.read_piece(to, place),
        }
    }

    pub(crate) fn read_piece(&mut self, at: u32, place: u32) {
        let Some(Piece { stream, end, what }) = self.streams.take_piece(place) else {
            return;
        };
        match what {
            What::Open => self.answer_stream(at, stream),
            What::Opened => {
                self.converse(stream, end);
            }
            What::Bytes(bytes) => {
                if let Some(open) = self.streams.get(stream) {
                    open.ends[end].input.extend_from_slice(&bytes);
                }
                self.converse(stream, end);
            }
            What::Closed => self.end_session(stream, end, Err(ExchangeFailed::Broken)),
            What::TimeOut => self.end_session(stream, end, Err(ExchangeFailed::TimedOut)),
            What::NoPlace => self.refuse_stream(stream),
        }
        self.streams.settle(stream);
        self.drain(at);
    }

    /// A stream has come in: it is served now, or when there is a place.
    fn answer_stream(&mut self, at: u32, stream: u32) {
        let sessions = self.streams.places.iter().flatten();
        let served =
            sessions.filter(|open| open.ends[1].host == at && open.ends[1].session.is_some());
        if served.count() < SERVED {
            return self.serve_stream(at, stream);
        }
        if self.streams.backlog.len() < BACKLOG.0 {
            self.streams.backlog.push_back(stream);
            self.remind(at, BACKLOG.1, (stream, 1), What::NoPlace);
        } else {
            self.put_on_way(stream, 0, What::Closed);
        }
    }

    fn serve_stream(&mut self, at: u32, stream: u32) {
        let Some(open) = self.streams.get(stream) else {
            return;
        };
        let opener = open.ends[0].host;
        let from = self.hosts[opener as usize].peer.addr().stream_port();
        let host = &mut self.hosts[at as usize];
        let now = Instant::from_micros(host.clock.at(self.now));
        let Some(node) = &mut host.node else {
            return self.put_on_way(stream, 0, What::Closed);
        };
        let Ok(id) = node.accept(now, from) else {
            return self.put_on_way(stream, 0, What::Closed);
        };
        let scratch = scratch_for(node);
        let exchange = Exchange::accept(id, envelope(self.settings.label), scratch);
        if let Some(open) = self.streams.get(stream) {
            open.ends[1].session = Some(Session::new(id, exchange));
        }
        self.sights.see(self.now, || Seen::ExchangeBegins {
            stream,
            opener,
            answerer: at,
        });
        self.limit_time(stream, 1);
        self.put_on_way(stream, 0, What::Opened);
    }

    fn refuse_stream(&mut self, stream: u32) {
        let waiting = self.streams.backlog.iter();
        if let Some(place) = waiting.copied().position(|waiting| waiting == stream) {
            self.streams.backlog.remove(place);
            self.put_on_way(stream, 0, What::Closed);
        }
    }

    /// A place has become free there.
    fn serve_next(&mut self, at: u32) {
        let places = &self.streams.places;
        let is_here = |stream: &u32| {
            let open = places.get(*stream as usize).and_then(Option::as_ref);
            open.is_some_and(|open| open.ends[1].host == at)
        };
        if let Some(next) = self.streams.backlog.iter().position(is_here)
            && let Some(stream) = self.streams.backlog.remove(next)
        {
            self.serve_stream(at, stream);
        }
    }

    /// Lets one end read what came and write what it has to say; tells whether anything was read or written.
    fn converse(&mut self, stream: u32, end: usize) -> bool {
        let Some(open) = self.streams.get(stream) else {
            return false;
        };
        let side = &mut open.ends[end];
        let at = side.host;
        if side.session.is_none() || self.hosts[at as usize].node.is_none() {
            return false;
        }
        let (mut input, session) = (std::mem::take(&mut side.input), side.session.take());
        let (Some(mut session), Some(mut node)) = (session, self.hosts[at as usize].node.take())
        else {
            return false;
        };
        let mut moved = false;
        let mut buffer = std::mem::take(&mut self.streams.buffer);
        buffer.resize(MAX_FRAME, 0);
        let now = Instant::from_micros(self.hosts[at as usize].clock.at(self.now));
        let exchange = &mut session.exchange;
        loop {
            // A malformed stream has ended; the outcome says so.
            let consumed = exchange.handle_read(now, &mut node, &input).unwrap_or(0);
            input.drain(..consumed);
            let written = exchange.poll_write(&mut node, &mut buffer);
            for piece in buffer[..written].chunks(PIECE) {
                self.put_on_way(stream, 1 - end, What::Bytes(piece.to_vec()));
            }
            moved |= consumed != 0 || written != 0 || exchange.is_done();
            if exchange.is_done() || consumed == 0 && written == 0 {
                break;
            }
        }
        let (outcome, waits) = (exchange.outcome(), exchange.waits());
        if outcome.is_some() {
            self.settings.counters.add(exchange.counters());
        }
        self.streams.buffer = buffer;
        self.hosts[at as usize].node = Some(node);
        if let Some(open) = self.streams.get(stream) {
            open.ends[end].input = input;
            open.ends[end].session = Some(session);
        }
        if waits && !self.streams.waiting.contains(&(stream, end)) {
            self.streams.waiting.push((stream, end));
        }
        if let Some(outcome) = outcome {
            self.end_session(stream, end, outcome);
        }
        moved
    }

    /// Goes on with those ends on a machine that waited for its node to hear something.
    pub(crate) fn converse_on(&mut self, at: u32) -> bool {
        if self.streams.waiting.is_empty() {
            return false;
        }
        let mut moved = false;
        let waiting = std::mem::take(&mut self.streams.waiting);
        for (stream, end) in waiting {
            let host = self.streams.get(stream).map(|open| open.ends[end].host);
            if host == Some(at) {
                moved |= self.converse(stream, end);
            } else {
                self.streams.waiting.push((stream, end));
            }
        }
        moved
    }

    fn end_session(&mut self, stream: u32, end: usize, how: Result<Exchanged, ExchangeFailed>) {
        let Some(open) = self.streams.get(stream) else {
            return;
        };
        let Some(session) = open.ends[end].session.take() else {
            return;
        };
        let (at, why) = (open.ends[end].host, open.why);
        self.streams
            .waiting
            .retain(|waiting| *waiting != (stream, end));
        let Some(open) = self.streams.get(stream) else {
            return;
        };
        let other = open.ends[1 - end].host;
        let host = &mut self.hosts[at as usize];
        let now = Instant::from_micros(host.clock.at(self.now));
        if let Some(node) = &mut host.node {
            node.handle_exchange(now, session.id, how);
        }
        let whole = how.is_ok() && why != Reason::Ping && !session.outlived;
        self.sights.see(self.now, || Seen::ExchangeEnds {
            stream,
            node: at,
            whole,
        });
        let about = u64::from(session.id.number()) << 1 | u64::from(how.is_ok());
        self.record
            .trace
            .note(self.now, Kind::Ended, at, other, about);
        self.record
            .trace
            .line(self.now, &self.hosts[at as usize].label, || {
                format!("stream {} ({why}) ends: {how:?}", session.id)
            });
        self.put_on_way(stream, 1 - end, What::Closed);
        if end == 0 {
            self.seed_answered(at, session.id, how.is_ok());
        } else {
            self.serve_next(at);
        }
    }

    /// A node begins a new life in the same process.
    pub(crate) fn outlive_streams(&mut self, at: u32) {
        for stream in 0..u32::try_from(self.streams.places.len()).unwrap_or(u32::MAX) {
            let Some(open) = self.streams.get(stream) else {
                continue;
            };
            for end in open.ends.iter_mut().filter(|end| end.host == at) {
                if let Some(session) = &mut end.session {
                    session.outlived = true;
                }
            }
        }
    }

    /// A process has died: the system closes its streams.
    pub(crate) fn break_streams(&mut self, at: u32) {
        for stream in std::mem::take(&mut self.streams.backlog) {
            if self
                .streams
                .get(stream)
                .is_some_and(|open| open.ends[1].host == at)
            {
                self.put_on_way(stream, 0, What::Closed);
            } else {
                self.streams.backlog.push_back(stream);
            }
        }
        for stream in 0..u32::try_from(self.streams.places.len()).unwrap_or(u32::MAX) {
            for end in 0..2 {
                let Some(open) = self.streams.get(stream) else {
                    break;
                };
                if open.ends[end].host == at && open.ends[end].session.take().is_some() {
                    self.put_on_way(stream, 1 - end, What::Closed);
                }
            }
        }
    }
}
