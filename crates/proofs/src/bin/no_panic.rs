//! Links only if nothing in it can panic: the panic handler calls a function that doesn't exist, so a single path to it
//! that the optimiser could not rule out is an undefined symbol.
//!
//! All that the node is told comes from standard input, so that the optimiser knows nothing of it. Run with noise, the
//! program plays the noise to a node and ends with 0.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;
use core::ptr::addr_of_mut;

use swim_core::wire::{Counters, Datagram, Envelope, MAX_FRAME};
use swim_core::{
    Config, Exchange, ExchangeFailed, ExchangeId, Exchanged, Incarnation, Instant, Node, Output,
    Reason, Space, receive,
};
use swim_proofs::{Radio, start_with, system};

unsafe extern "C" {
    safe fn swim_has_a_path_that_panics() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    swim_has_a_path_that_panics()
}

start_with!(main);

static mut MEMORY: Space<Radio, 64> = Space::new();

extern "C" fn main() -> ! {
    // SAFETY: the program has one thread, and this is the only place that names the memory.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    let mut input = Input::new();
    let me = input.radio();
    let config = black_box(Config::LAN);
    let (first, seed) = (Incarnation(input.u32()), input.u64());
    let now = input.instant();
    if let Ok(mut node) = Node::new(me, first, config, memory, seed, now) {
        while input.read() {
            play(&mut node, &mut input);
            drain(&mut node, &mut input);
            look(&node, &mut input);
        }
    }
    system::exit(0)
}

/// One fact or wish.
fn play(node: &mut Node<'_, Radio>, input: &mut Input) {
    let (what, now) = (input.byte(), input.instant());
    let mut counters = Counters::default();
    match what % 9 {
        0 => node.handle_timeout(now),
        1 => drop(node.join(now, input.u16())),
        2 => drop(node.leave(now)),
        3 => drop(node.update(now, input.radio())),
        4 => node.set_seeds([input.u16(), input.u16()]),
        5 => {
            let words = &mut [0; 512][..];
            if let Ok(id) = node.accept(now, input.u16()) {
                converse(node, Exchange::accept(id, envelope(), words), now, input);
            }
        }
        _ => {
            let (from, bytes) = (input.u16(), input.rest());
            let heard = receive(node, now, &from, envelope(), bytes, &mut counters, |user| {
                system::print(user);
            });
            #[cfg(feature = "planted")]
            system::print(&bytes[usize::from(from)..]);
            let _ = black_box(heard);
        }
    }
    black_box(counters);
}

fn envelope() -> Envelope<'static> {
    Envelope::new(black_box(b"field")).unwrap_or_else(|_| system::exit(1))
}

/// Does what the node wants until it wants to wait.
fn drain(node: &mut Node<'_, Radio>, input: &mut Input) {
    let mut buffer = [0; 512];
    let length = usize::from(input.u16());
    let room = buffer.get_mut(..length).unwrap_or_default();
    let mut datagram = Datagram::new(room, envelope());
    loop {
        match node.poll_output(&mut datagram) {
            Output::Send { to } => {
                black_box(to);
                let _ = datagram.push_user(input.rest());
                system::print(datagram.finish());
            }
            Output::Exchange { id, with, why } => {
                black_box(with);
                call(node, id, why, input);
            }
            Output::Event(event) => {
                black_box(event);
            }
            Output::Wait { until } => {
                black_box(until);
                return;
            }
        }
    }
}

fn call(node: &mut Node<'_, Radio>, id: ExchangeId, why: Reason, input: &mut Input) {
    let words = &mut [0; 512][..];
    let (now, salt) = (input.instant(), input.u64());
    converse(
        node,
        Exchange::open(id, why, envelope(), salt, words),
        now,
        input,
    );
}

/// An exchange with somebody who says whatever comes.
fn converse(
    node: &mut Node<'_, Radio>,
    mut exchange: Exchange<'_>,
    now: Instant,
    input: &mut Input,
) {
    let mut buffer = [0; MAX_FRAME];
    while !exchange.is_done() {
        let written = exchange.poll_write(node, &mut buffer);
        system::print(buffer.get(..written).unwrap_or_default());
        if !input.read() || exchange.handle_read(now, node, input.rest()).is_err() {
            break;
        }
    }
    let broken = Err(ExchangeFailed::Broken);
    let how: Result<Exchanged, _> = exchange.outcome().unwrap_or(broken);
    node.handle_exchange(now, exchange.id(), how);
}

/// All that can be asked.
fn look(node: &Node<'_, Radio>, input: &mut Input) {
    let slot = input.u32();
    black_box(node.member(input.u16()));
    for member in node.members().chain(node.roster(slot)) {
        black_box(member);
    }
    for counter in node.stats().iter() {
        black_box(counter);
    }
    black_box((
        node.me(),
        node.counts(),
        node.agreement(),
        node.next_timer(),
    ));
    black_box((
        node.health(),
        node.digest(),
        node.settings(),
        node.has_departed(),
    ));
}

/// What came on standard input: numbers are taken from its front; where it ends, they are 0.
struct Input {
    buffer: [u8; MAX_FRAME],
    at: usize,
    end: usize,
}

impl Input {
    fn new() -> Self {
        let mut input = Self {
            buffer: [0; MAX_FRAME],
            at: 0,
            end: 0,
        };
        input.read();
        input
    }

    fn read(&mut self) -> bool {
        self.at = 0;
        self.end = system::read_input(&mut self.buffer);
        self.end > 0
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..self.end).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        let byte = self.rest().first().copied();
        self.at = self.at.saturating_add(1);
        byte.unwrap_or(0)
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn u32(&mut self) -> u32 {
        u32::from(self.u16()) | u32::from(self.u16()) << 16
    }

    fn u64(&mut self) -> u64 {
        u64::from(self.u32()) | u64::from(self.u32()) << 32
    }

    fn instant(&mut self) -> Instant {
        Instant::from_micros(self.u64())
    }

    fn radio(&mut self) -> Radio {
        Radio {
            id: self.u16(),
            address: self.u16(),
            battery: self.byte(),
        }
    }
}
