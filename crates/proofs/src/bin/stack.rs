//! Prints how much stack the deepest call of a node takes, in clusters of 16, 64 and 256: the stack is painted before each
//! call and looked at after it.
//!
//! Two nodes that know everybody talk to each other for two minutes, by datagrams of 1,400 bytes and by exchanges (each
//! calls the other first, then whom it draws), while all the others are silent: they are pinged, suspected, called and
//! buried. Ends with 0 if all of that happened.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::ptr::addr_of_mut;
use core::time::Duration;

use swim_core::wire::{Counters, Datagram, Envelope, MAX_FRAME};
use swim_core::{
    Config, Exchange, ExchangeFailed, ExchangeId, Incarnation, Instant, Message, Node, Output,
    Reason, Space, State, receive,
};
use swim_proofs::{Radio, start_with, system};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    system::exit(101)
}

start_with!(main);

/// Bytes that the control takes.
const KNOWN: usize = 4_096;

static mut SMALL: [Space<Radio, 16>; 2] = [const { Space::new() }; 2];
static mut MEDIUM: [Space<Radio, 64>; 2] = [const { Space::new() }; 2];
static mut LARGE: [Space<Radio, 256>; 2] = [const { Space::new() }; 2];

extern "C" fn main() -> ! {
    // SAFETY: the program has one thread, and these are the only places that name the memories.
    let memories = unsafe {
        (
            &mut *addr_of_mut!(SMALL),
            &mut *addr_of_mut!(MEDIUM),
            &mut *addr_of_mut!(LARGE),
        )
    };
    let sizes = (size_of::<Node<'_, Radio>>(), size_of::<Exchange<'_>>());
    say(format_args!(
        "a node takes {} bytes, an exchange {} and two buffers of {MAX_FRAME}\n",
        sizes.0, sizes.1
    ));
    // The control: a call that takes this much is seen to take it.
    let mut control = Gauge::default();
    control.of(|| core::hint::black_box(&mut [0_u8; KNOWN])[0]);
    if !(KNOWN..KNOWN + 512).contains(&control.deepest) {
        system::exit(3);
    }
    let all = measure(memories.0) && measure(memories.1) && measure(memories.2);
    system::exit(u8::from(!all))
}

/// The stack of the deepest call so far.
#[derive(Default)]
struct Gauge {
    deepest: usize,
}

impl Gauge {
    #[inline(never)]
    fn of<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let base = system::paint_stack();
        let result = run(call);
        self.deepest = self.deepest.max(system::stack_used(base));
        result
    }
}

/// A frame of its own, so that what is inlined into it counts.
#[inline(never)]
fn run<T>(call: impl FnOnce() -> T) -> T {
    call()
}

/// Two minutes in the life of two nodes among `N`. Tells whether they did all that they should.
#[inline(never)]
fn measure<const N: usize>(memory: &mut [Space<Radio, N>; 2]) -> bool {
    let [one, two] = memory;
    let (Some(one), Some(two)) = (node(1, one), node(2, two)) else {
        return false;
    };
    let mut pair = [one, two];
    let mut gauge = Gauge::default();
    let members = u16::try_from(N).unwrap_or(u16::MAX);
    for node in &mut pair {
        for id in 1..=members {
            let peer = &radio(id);
            let incarnation = Incarnation(1);
            let alive = Message::Alive { peer, incarnation };
            gauge.of(|| node.handle_message(Instant::ZERO, &1, &alive));
        }
    }
    for (caller, called) in [(0, 2), (1, 1)] {
        if gauge
            .of(|| pair[caller].join(Instant::ZERO, called))
            .is_err()
        {
            return false;
        }
    }
    let mut untils = [Some(Instant::ZERO); 2];
    let mut exchanges = 0;
    let end = Instant::ZERO.after(Duration::from_secs(120));
    while let Some(now) = untils.into_iter().flatten().min().filter(|now| *now < end) {
        for speaker in 0..2 {
            if untils[speaker].is_some_and(|until| until <= now) {
                gauge.of(|| pair[speaker].handle_timeout(now));
            }
        }
        for speaker in [0, 1, 0] {
            untils[speaker] = drain(&mut pair, speaker, now, &mut gauge, &mut exchanges);
        }
    }
    let dead = |node: &Node<'_, Radio>| node.members().any(|member| member.state == State::Dead);
    let knows = |node: &Node<'_, Radio>, id| {
        let member = node.member(id);
        member.is_some_and(|member| member.state == State::Alive)
    };
    let [one, two] = &pair;
    let deepest = gauge.deepest;
    say(format_args!(
        "{N} members: the deepest call takes {deepest} bytes of stack ({exchanges} exchanges)\n"
    ));
    exchanges > 0 && dead(one) && dead(two) && knows(one, 2) && knows(two, 1)
}

fn radio(id: u16) -> Radio {
    let (address, battery) = (id, 80);
    Radio {
        id,
        address,
        battery,
    }
}

fn node<const N: usize>(id: u16, memory: &mut Space<Radio, N>) -> Option<Node<'_, Radio>> {
    let config = Config::LAN.with_exchange_interval(Duration::from_secs(2));
    let (first, seed) = (Incarnation(1), u64::from(id));
    Node::new(radio(id), first, config, memory, seed, Instant::ZERO).ok()
}

const LABEL: Envelope<'static> = match Envelope::new(b"field") {
    Ok(envelope) => envelope,
    Err(_) => panic!("five bytes are not too many"),
};

/// Does what one node wants: what is meant for the other is handed over, everything else is lost.
fn drain(
    pair: &mut [Node<'_, Radio>; 2],
    speaker: usize,
    now: Instant,
    gauge: &mut Gauge,
    exchanges: &mut u32,
) -> Option<Instant> {
    let [one, two] = pair;
    let (node, other) = if speaker == 0 { (one, two) } else { (two, one) };
    let mut buffer = [0; 1_400];
    let mut datagram = Datagram::new(&mut buffer, LABEL);
    let mut counters = Counters::default();
    loop {
        match gauge.of(|| node.poll_output(&mut datagram)) {
            Output::Send { to } if to == other.me().peer.address => {
                let (from, bytes) = (node.me().peer.address, datagram.finish());
                let heard =
                    gauge.of(|| receive(other, now, &from, LABEL, bytes, &mut counters, |_| {}));
                if heard.is_err() {
                    system::exit(2);
                }
            }
            Output::Exchange { id, with, why } if with == other.me().peer.address => {
                *exchanges += 1;
                converse((node, id), other, why, now, gauge);
            }
            Output::Exchange { id, .. } => {
                gauge.of(|| node.handle_exchange(now, id, Err(ExchangeFailed::Broken)));
            }
            Output::Wait { until } => return until,
            _ => {}
        }
    }
}

/// Holds an exchange from its first byte to its last.
fn converse(
    (node, id): (&mut Node<'_, Radio>, ExchangeId),
    other: &mut Node<'_, Radio>,
    why: Reason,
    now: Instant,
    gauge: &mut Gauge,
) {
    let broken = Err(ExchangeFailed::Broken);
    let from = node.me().peer.address;
    let Ok(accepted) = gauge.of(|| other.accept(now, from)) else {
        return node.handle_exchange(now, id, broken);
    };
    let (mut words, mut more_words) = ([0; 512], [0; 512]);
    let mut call = Exchange::open(id, why, LABEL, now.as_micros(), words.as_mut_slice());
    let mut answer = Exchange::accept(accepted, LABEL, more_words.as_mut_slice());
    for _ in 0..64 {
        hand_over((&mut call, node), (&mut answer, other), now, gauge);
        hand_over((&mut answer, other), (&mut call, node), now, gauge);
    }
    let (called, answered) = (call.outcome(), answer.outcome());
    gauge.of(|| node.handle_exchange(now, id, called.unwrap_or(broken)));
    gauge.of(|| other.handle_exchange(now, accepted, answered.unwrap_or(broken)));
}

type End<'e, 'b, 'n, 's> = (&'e mut Exchange<'b>, &'n mut Node<'s, Radio>);

fn hand_over(
    (from, speaker): End<'_, '_, '_, '_>,
    (to, listener): End<'_, '_, '_, '_>,
    now: Instant,
    gauge: &mut Gauge,
) {
    let mut buffer = [0; MAX_FRAME];
    let written = gauge.of(|| from.poll_write(speaker, &mut buffer));
    let mut bytes = buffer.get(..written).unwrap_or_default();
    while !bytes.is_empty() {
        match gauge.of(|| to.handle_read(now, listener, bytes)) {
            Ok(taken @ 1..) => bytes = bytes.get(taken..).unwrap_or_default(),
            _ => return,
        }
    }
}

/// Standard output.
struct Out;

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        system::print(text.as_bytes());
        Ok(())
    }
}

fn say(text: fmt::Arguments<'_>) {
    let _ = Out.write_fmt(text);
}
