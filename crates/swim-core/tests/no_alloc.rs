//! A whole life of a cluster of five nodes in lent memory: joins, probes through others, a suspicion refuted, a death, a
//! return, new metadata, a leave, exchanges of rosters. Not one allocation is made.
//!
//! A program of its own, without the test harness, whose threads and messages allocate when they like.
#![cfg(feature = "wire")]
#![allow(unsafe_code, reason = "an allocator can't be written without")]
#![allow(unreachable_pub, reason = "shared with crates/proofs")]

#[path = "../../proofs/src/radio.rs"]
mod radio;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use radio::Radio;
use swim_core::wire::{Counters, Datagram, Envelope, MAX_FRAME};
use swim_core::{
    Config, Event, Exchange, ExchangeFailed, ExchangeId, Incarnation, Instant, Node, Output,
    Reason, Space, State, receive,
};

/// The system's allocator; while it is armed, it counts.
struct Counting;

static ARMED: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU32 = AtomicU32::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ARMED.load(Ordering::Relaxed) {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u32 {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    ARMED.store(true, Ordering::Relaxed);
    work();
    ARMED.store(false, Ordering::Relaxed);
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

const NODES: usize = 5;
const LABEL: Envelope<'static> = match Envelope::new(b"field") {
    Ok(envelope) => envelope,
    Err(_) => panic!("five bytes are not too many"),
};

/// A datagram on its way, for a millisecond.
#[derive(Clone, Copy)]
struct Letter {
    from: u16,
    to: u16,
    at: Instant,
    length: usize,
    bytes: [u8; 256],
}

/// Five nodes and the letters between them. The address of node n is n.
struct Field<'m> {
    nodes: [Node<'m, Radio>; NODES],
    until: [Option<Instant>; NODES],
    letters: [Option<Letter>; 256],
    /// Nobody hears that node, and it hears nobody.
    silent: Option<usize>,
    /// No datagrams between these two.
    cut: Option<(usize, usize)>,
    counters: Counters,
    now: Instant,
    told: Told,
    scratch: [[u32; 64]; 2],
    buffers: [[u8; MAX_FRAME]; 2],
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    suspected: u32,
    refuted: u32,
    dead: u32,
    exchanged: u32,
}

fn radio(id: usize, battery: u8) -> Radio {
    let id = u16::try_from(id).unwrap_or(u16::MAX);
    Radio {
        id,
        address: id,
        battery,
    }
}

impl<'m> Field<'m> {
    fn new(memory: &'m mut [Space<Radio, 8>; NODES]) -> Self {
        // The check of a joiner takes pings while the exchange is held; here it is handed over in one go.
        let config = Config::LAN.with_check_joiner(false);
        let mut spaces = memory.iter_mut();
        let nodes = std::array::from_fn(|id| {
            let space = spaces.next().expect("as many as nodes");
            let node = Node::new(
                radio(id, 80),
                Incarnation(1),
                config,
                space,
                id as u64,
                Instant::ZERO,
            );
            node.expect("a legal configuration")
        });
        Self {
            nodes,
            until: [Some(Instant::ZERO); NODES],
            letters: [None; 256],
            silent: None,
            cut: None,
            counters: Counters::default(),
            now: Instant::ZERO,
            told: Told::default(),
            scratch: [[0; 64]; 2],
            buffers: [[0; MAX_FRAME]; 2],
        }
    }

    fn hears(&self, one: usize, other: usize) -> bool {
        let silent = self
            .silent
            .is_some_and(|silent| silent == one || silent == other);
        !silent && self.cut != Some((one, other)) && self.cut != Some((other, one))
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.now.after(time);
        loop {
            for at in 0..NODES {
                self.drain(at);
            }
            let letters = self.letters.iter().flatten().map(|letter| letter.at);
            let next = self.until.iter().flatten().copied().chain(letters).min();
            match next.filter(|next| *next <= end) {
                None => break self.now = end,
                Some(next) => self.now = self.now.max(next),
            }
            for place in 0..self.letters.len() {
                if self.letters[place].is_some_and(|letter| letter.at <= self.now) {
                    self.deliver(place);
                }
            }
            for at in 0..NODES {
                if self.until[at].is_some_and(|until| until <= self.now) {
                    self.nodes[at].handle_timeout(self.now);
                }
            }
        }
    }

    fn deliver(&mut self, place: usize) {
        let Some(letter) = self.letters[place].take() else {
            return;
        };
        let (from, to) = (usize::from(letter.from), usize::from(letter.to));
        if self.hears(from, to) {
            let bytes = &letter.bytes[..letter.length];
            let (node, counters) = (&mut self.nodes[to], &mut self.counters);
            receive(node, self.now, &letter.from, LABEL, bytes, counters, |_| {})
                .expect("a datagram of ours");
        }
    }

    fn drain(&mut self, at: usize) {
        let mut buffer = [0; 256];
        let mut datagram = Datagram::new(&mut buffer, LABEL);
        loop {
            match self.nodes[at].poll_output(&mut datagram) {
                Output::Send { to } => {
                    let bytes = datagram.finish();
                    let mut letter = Letter {
                        from: u16::try_from(at).unwrap_or(u16::MAX),
                        to,
                        at: self.now.after(Duration::from_millis(1)),
                        length: bytes.len(),
                        bytes: [0; 256],
                    };
                    letter.bytes[..bytes.len()].copy_from_slice(bytes);
                    let free = self.letters.iter_mut().find(|place| place.is_none());
                    *free.expect("fewer than 256 letters at once") = Some(letter);
                }
                Output::Exchange { id, with, why } => self.exchange(at, id, usize::from(with), why),
                Output::Event(Event::Suspected(_)) => self.told.suspected += 1,
                Output::Event(Event::Refuted(_)) => self.told.refuted += 1,
                Output::Event(Event::Dead(_)) => self.told.dead += 1,
                Output::Event(_) => {}
                Output::Wait { until } => return self.until[at] = until,
            }
        }
    }

    /// Holds an exchange from its first byte to its last.
    fn exchange(&mut self, at: usize, id: ExchangeId, with: usize, why: Reason) {
        let now = self.now;
        let reached = at != with && self.hears(at, with);
        let Ok([one, other]) = self.nodes.get_disjoint_mut([at, with]) else {
            return;
        };
        let from = u16::try_from(at).unwrap_or(u16::MAX);
        let Some(Ok(accepted)) = reached.then(|| other.accept(now, from)) else {
            return one.handle_exchange(now, id, Err(ExchangeFailed::Broken));
        };
        let [words, more_words] = &mut self.scratch;
        let salt = now.as_micros();
        let mut sides = [
            Exchange::open(id, why, LABEL, salt, &mut words[..]),
            Exchange::accept(accepted, LABEL, &mut more_words[..]),
        ];
        let mut nodes = [one, other];
        for turn in 0..64 {
            let (writer, reader) = (turn % 2, 1 - turn % 2);
            let buffer = &mut self.buffers[writer];
            let written = sides[writer].poll_write(nodes[writer], buffer);
            let mut rest = &buffer[..written];
            while !rest.is_empty() && !sides[reader].is_done() {
                let read = sides[reader].handle_read(now, nodes[reader], rest);
                rest = &rest[read.expect("a stream of ours")..];
            }
        }
        for (side, node) in sides.iter().zip(&mut nodes) {
            let outcome = side.outcome().unwrap_or(Err(ExchangeFailed::TimedOut));
            node.handle_exchange(now, side.id(), outcome);
            self.told.exchanged += u32::from(outcome.is_ok());
        }
    }

    /// How many other nodes hold that one so.
    fn hold(&self, id: usize, state: State) -> usize {
        let key = u16::try_from(id).unwrap_or(u16::MAX);
        let others = self.nodes.iter().enumerate().filter(|(at, _)| *at != id);
        let holds =
            |node: &Node<'_, Radio>| node.member(key).is_some_and(|held| held.state == state);
        others.filter(|(_, node)| holds(node)).count()
    }
}

/// What happens, step by step; the first step that does not is named.
fn story(field: &mut Field<'_>) -> Result<(), &'static str> {
    let check = |so: bool, what| if so { Ok(()) } else { Err(what) };
    for id in 1..NODES {
        let joined = field.nodes[id].join(field.now, 0);
        check(joined.is_ok(), "a join is not refused")?;
    }
    field.run_for(Duration::from_secs(5));
    let all = (0..NODES).all(|id| field.hold(id, State::Alive) == NODES - 1);
    check(all, "all know all")?;

    field.cut = Some((1, 2));
    field.run_for(Duration::from_secs(20));
    let relayed: u32 = field.nodes.iter().map(|node| node.stats().relayed).sum();
    check(
        relayed > 0 && field.told.dead == 0,
        "whoever can't be reached is reached through others",
    )?;
    field.cut = None;

    field.silent = Some(4);
    field.run_for(Duration::from_millis(2_500));
    field.silent = None;
    field.run_for(Duration::from_secs(20));
    check(
        field.told.refuted > 0 && field.told.dead == 0,
        "who is suspected falsely refutes",
    )?;

    field.silent = Some(4);
    field.run_for(Duration::from_secs(60));
    check(
        field.hold(4, State::Dead) == NODES - 1,
        "who is silent for a minute is dead",
    )?;
    field.silent = None;
    field.run_for(Duration::from_secs(10));
    check(
        field.hold(4, State::Alive) == NODES - 1,
        "who speaks again is alive",
    )?;

    let updated = field.nodes[1].update(field.now, radio(1, 20));
    check(updated.is_ok(), "an update is not refused")?;
    field.run_for(Duration::from_secs(5));
    let known = |node: &Node<'_, Radio>| node.member(1).is_some_and(|held| held.peer.battery == 20);
    check(field.nodes.iter().all(known), "all know what is new")?;

    check(
        field.nodes[2].leave(field.now).is_ok(),
        "a leave is not refused",
    )?;
    field.run_for(Duration::from_secs(60));
    check(
        field.hold(2, State::Left) == NODES - 1,
        "who said goodbye has left",
    )?;
    check(field.told.exchanged > 10, "rosters are exchanged")
}

fn main() {
    assert_eq!(allocations(|| drop(Box::new(1))), 1, "the count counts");
    let mut memory: [Space<Radio, 8>; NODES] = [const { Space::new() }; NODES];
    let mut field = Field::new(&mut memory);
    let mut outcome = Ok(());
    let count = allocations(|| outcome = story(&mut field));
    assert_eq!(outcome, Ok(()));
    assert_eq!(count, 0, "allocations in a whole life of five nodes");
    let (time, told) = (field.now.as_micros() / 1_000_000, field.told);
    println!(
        "five nodes, {time} s, {} datagrams, {told:?}: no allocation",
        field.counters.datagrams
    );
}
