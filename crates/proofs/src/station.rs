//! Two nodes in one memory: datagrams and exchanges are handed over, time is virtual, nothing is allocated.

use core::time::Duration;

use swim_core::wire::{Counters, Datagram, Envelope, MAX_FRAME};
use swim_core::{
    Config, Exchange, ExchangeFailed, ExchangeId, Incarnation, Instant, Node, Output, Reason,
    Space, State, receive,
};

use crate::radio::Radio;

/// Memory for a node.
pub type Memory = Space<Radio, 8>;

/// Two nodes meet, lose each other, find each other again, and part. Says so step by step.
///
/// # Errors
/// The first step that did not happen.
pub fn story(memory: &mut [Memory; 2], mut say: impl FnMut(&str)) -> Result<(), &'static str> {
    let [one, two] = memory;
    let (Some(mut one), Some(mut two)) = (Station::new(1, one), Station::new(2, two)) else {
        return Err("a node did not start");
    };
    let seed = one.address();
    two.node
        .join(Instant::ZERO, seed)
        .map_err(|_| "a join was refused")?;
    let now = run(
        &mut one,
        Some(&mut two),
        Instant::ZERO,
        Duration::from_secs(5),
    );
    if one.holds(2) != Some(State::Alive) || two.holds(1) != Some(State::Alive) {
        return Err("they did not meet");
    }
    say("two nodes met\n");
    let now = run(&mut one, None, now, Duration::from_secs(60));
    if one.holds(2) != Some(State::Dead) {
        return Err("the one that fell silent was not found dead");
    }
    say("one fell silent, the other found it dead\n");
    let now = run(&mut one, Some(&mut two), now, Duration::from_secs(10));
    let agreed = one.node.digest() == two.node.digest();
    if one.holds(2) != Some(State::Alive) || two.holds(1) != Some(State::Alive) || !agreed {
        return Err("they did not find each other again");
    }
    say("it spoke again, and both are alive to both\n");
    two.node.leave(now).map_err(|_| "a leave was refused")?;
    run(&mut one, Some(&mut two), now, Duration::from_secs(5));
    if one.holds(2) != Some(State::Left) {
        return Err("the leave was not heard");
    }
    say("it said goodbye, and was heard\n");
    Ok(())
}

/// A node and its driver's few things.
struct Station<'m> {
    node: Node<'m, Radio>,
    counters: Counters,
    until: Option<Instant>,
}

impl<'m> Station<'m> {
    /// A node alone, at address 100 more than its id.
    fn new(id: u16, memory: &'m mut Memory) -> Option<Self> {
        let me = Radio {
            id,
            address: 100 + id,
            battery: 80,
        };
        // The check of a joiner takes pings while the exchange is held; here it is handed over in one go.
        let config = Config::LAN.with_check_joiner(false);
        let node = Node::new(
            me,
            Incarnation(1),
            config,
            memory,
            u64::from(id),
            Instant::ZERO,
        );
        Some(Self {
            node: node.ok()?,
            counters: Counters::default(),
            until: None,
        })
    }

    /// Where it is reached.
    fn address(&self) -> u16 {
        self.node.me().peer.address
    }

    /// What it holds of a member.
    fn holds(&self, id: u16) -> Option<State> {
        self.node.member(id).map(|member| member.state)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.is_due(now) {
            self.node.handle_timeout(now);
        }
    }

    /// Does what the node wants. What is meant for somebody who is out of reach is lost.
    fn drain(&mut self, mut other: Option<&mut Station<'_>>, now: Instant) {
        let mut buffer = [0; 256];
        let mut datagram = Datagram::new(&mut buffer, LABEL);
        loop {
            match (self.node.poll_output(&mut datagram), other.as_deref_mut()) {
                (Output::Send { to }, Some(other)) if to == other.address() => {
                    other.hear(self.address(), datagram.finish(), now);
                }
                (Output::Exchange { id, why, .. }, Some(other)) => {
                    converse(self, other, id, why, now);
                }
                (Output::Exchange { id, .. }, None) => {
                    self.node
                        .handle_exchange(now, id, Err(ExchangeFailed::Broken));
                }
                (Output::Wait { until }, _) => {
                    self.until = until;
                    return;
                }
                _ => {}
            }
        }
    }

    fn hear(&mut self, from: u16, bytes: &[u8], now: Instant) {
        let counters = &mut self.counters;
        let _ = receive(&mut self.node, now, &from, LABEL, bytes, counters, |_| {});
        // Whoever heard something has something to do.
        self.until = Some(now);
    }
}

/// The cluster's label.
const LABEL: Envelope<'static> = match Envelope::new(b"field") {
    Ok(envelope) => envelope,
    Err(_) => panic!("five bytes are not too many"),
};

/// Lets virtual time pass for one station, and for the other unless it is out of reach and stands still.
fn run(
    one: &mut Station<'_>,
    mut two: Option<&mut Station<'_>>,
    start: Instant,
    time: Duration,
) -> Instant {
    let end = start.after(time);
    let mut now = start;
    loop {
        one.drain(two.as_deref_mut(), now);
        if let Some(two) = two.as_deref_mut() {
            two.drain(Some(one), now);
        }
        let deadlines = [one.until, two.as_ref().and_then(|two| two.until)];
        let next = deadlines.into_iter().flatten().min().unwrap_or(end);
        if next > end {
            return end;
        }
        now = now.max(next);
        one.handle_timeout(now);
        if let Some(two) = two.as_deref_mut() {
            two.handle_timeout(now);
        }
    }
}

/// Holds an exchange from its first byte to its last.
fn converse(
    opener: &mut Station<'_>,
    answerer: &mut Station<'_>,
    id: ExchangeId,
    why: Reason,
    now: Instant,
) {
    let Ok(accepted) = answerer.node.accept(now, opener.address()) else {
        return opener
            .node
            .handle_exchange(now, id, Err(ExchangeFailed::Refused));
    };
    let (mut words, mut more_words) = ([0; 64], [0; 64]);
    let mut call = Exchange::open(id, why, LABEL, now.as_micros(), words.as_mut_slice());
    let mut answer = Exchange::accept(accepted, LABEL, more_words.as_mut_slice());
    for _ in 0..16 {
        hand_over(&mut call, opener, &mut answer, answerer, now);
        hand_over(&mut answer, answerer, &mut call, opener, now);
    }
    let unfinished = Err(ExchangeFailed::TimedOut);
    let (called, answered) = (call.outcome(), answer.outcome());
    opener
        .node
        .handle_exchange(now, id, called.unwrap_or(unfinished));
    answerer
        .node
        .handle_exchange(now, accepted, answered.unwrap_or(unfinished));
}

/// Takes all that one side has to say to the other.
fn hand_over(
    from: &mut Exchange<'_>,
    speaker: &mut Station<'_>,
    to: &mut Exchange<'_>,
    listener: &mut Station<'_>,
    now: Instant,
) {
    let mut buffer = [0; MAX_FRAME];
    let written = from.poll_write(&mut speaker.node, &mut buffer);
    let mut bytes = buffer.get(..written).unwrap_or_default();
    while !bytes.is_empty() {
        match to.handle_read(now, &mut listener.node, bytes) {
            Ok(taken @ 1..) => bytes = bytes.get(taken..).unwrap_or_default(),
            _ => return,
        }
    }
    listener.until = Some(now);
}
