//! Two nodes and the stream between them.

use swim_core::wire::{Counters, Envelope, MAX_FRAME};
use swim_core::{
    Config, Exchange, ExchangeFailed, ExchangeId, Exchanged, Incarnation, Instant, Malformed,
    Member, Message, Node, Peer, Reason, Roster, State,
};

use super::{Host, PROD};

pub const NOW: Instant = Instant::from_millis(1_000);
pub const SALT: u64 = 0x5EED_5A17_0000_0001;

/// Verification off: what the tests compare is what a record does at once.
pub const CONFIG: Config = Config::LAN.with_verify(false).with_check_joiner(false);

pub type HostNode = Node<'static, Host>;

pub fn member(name: &str, state: State, incarnation: u32) -> Member<Host> {
    let last = name
        .bytes()
        .fold(1, |sum: u8, byte| sum.wrapping_mul(31) ^ byte);
    let peer = Host::new(name, last);
    Member {
        peer,
        state,
        incarnation: Incarnation(incarnation),
    }
}

/// `m0000`, `m0001` and so on, alive at incarnation 1.
pub fn members(range: std::ops::Range<u32>) -> Vec<Member<Host>> {
    range
        .map(|number| member(&format!("m{number:04}"), State::Alive, 1))
        .collect()
}

/// A node of that name which knows these members.
pub fn node(name: &str, config: Config, knows: &[Member<Host>]) -> HostNode {
    let me = member(name, State::Alive, 1);
    let mut node = Node::new(
        me.peer,
        me.incarnation,
        config,
        Roster::owned(4_096),
        7,
        NOW,
    )
    .expect("a possible configuration");
    for known in knows {
        tell(&mut node, known);
    }
    node
}

/// Somebody's gossip brings the node to hold that record.
pub fn tell(node: &mut HostNode, record: &Member<Host>) {
    let Member {
        peer,
        state,
        incarnation,
    } = record;
    let (key, incarnation) = (peer.key(), *incarnation);
    let from = [10, 9, 9, 9, 0, 1];
    node.handle_message(NOW, &from, &Message::Alive { peer, incarnation });
    let accuser = swim_core::Name::NOBODY;
    match state {
        State::Alive => {}
        State::Suspect => {
            node.handle_message(
                NOW,
                &from,
                &Message::Suspect {
                    key,
                    incarnation,
                    accuser,
                },
            );
        }
        State::Dead => {
            node.handle_message(NOW, &from, &Message::Dead { key, incarnation });
        }
        State::Left => {
            node.handle_message(NOW, &from, &Message::Left { key, incarnation });
        }
    }
    let held = node.member(key).expect("it is held now");
    assert_eq!(
        (held.state, held.incarnation),
        (*state, incarnation),
        "{key}"
    );
}

/// Name, state, incarnation of everybody held, sorted.
pub fn view(node: &HostNode) -> Vec<(String, State, u32)> {
    let mut view: Vec<_> = node
        .members()
        .map(|held| (held.peer.key().to_string(), held.state, held.incarnation.0))
        .collect();
    view.sort();
    view
}

pub fn holds(node: &HostNode, name: &str) -> Option<(State, u32)> {
    node.member(name)
        .map(|held| (held.state, held.incarnation.0))
}

/// How the stream treats what is sent, and what the two sides lend.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pub why: Reason,
    /// Bytes carried at once.
    pub gulp: usize,
    /// The streams breaks after so many bytes in all.
    pub breaks_after: usize,
    /// Bytes of an output buffer.
    pub buffer: usize,
    /// Words of scratch: opener, answerer.
    pub scratch: (usize, usize),
    pub labels: (Envelope<'static>, Envelope<'static>),
}

impl Stream {
    pub fn new(why: Reason) -> Self {
        Self {
            why,
            gulp: usize::MAX,
            breaks_after: usize::MAX,
            buffer: MAX_FRAME,
            scratch: (4_096, 4_096),
            labels: (PROD, PROD),
        }
    }
}

pub type Outcome = Option<Result<Exchanged, ExchangeFailed>>;

/// What became of an exchange.
#[derive(Debug)]
pub struct Ran {
    pub opener: Outcome,
    pub answerer: Outcome,
    /// Bytes that the opener sent, and the answerer.
    pub sent: (Vec<u8>, Vec<u8>),
    pub counters: (Counters, Counters),
    pub refusals: (
        Option<swim_core::wire::Refusal>,
        Option<swim_core::wire::Refusal>,
    ),
}

pub const SAME: Outcome = Some(Ok(Exchanged {
    same: true,
    unreachable: false,
}));

/// One end: its exchange, what it was sent and has not yet read, what it has written and is not yet carried.
struct End<'x> {
    exchange: Exchange<'x>,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    sent: Vec<u8>,
    buffer: usize,
}

impl<'x> End<'x> {
    fn new(exchange: Exchange<'x>, buffer: usize) -> Self {
        let (inbox, outbox, sent) = Default::default();
        Self {
            exchange,
            inbox,
            outbox,
            sent,
            buffer,
        }
    }

    fn turn(&mut self, node: &mut HostNode) -> Result<(), Malformed> {
        let consumed = self.exchange.handle_read(NOW, node, &self.inbox)?;
        self.inbox.drain(..consumed);
        if self.outbox.is_empty() {
            let mut buffer = vec![0; self.buffer];
            let written = self.exchange.poll_write(node, &mut buffer);
            self.outbox.extend_from_slice(&buffer[..written]);
            self.sent.extend_from_slice(&buffer[..written]);
        }
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        self.exchange.outcome()
    }
}

fn carry(from: &mut End<'_>, to: &mut End<'_>, gulp: usize, left: &mut usize) -> bool {
    let count = from.outbox.len().min(gulp).min(*left);
    to.inbox.extend(from.outbox.drain(..count));
    *left -= count;
    count > 0
}

/// Ids for an exchange between the two.
pub fn ids(opener: &mut HostNode, answerer: &mut HostNode) -> (ExchangeId, ExchangeId) {
    let to = *answerer.me().peer.addr();
    let from = *opener.me().peer.addr();
    let opened = opener.join(NOW, to).expect("not too many");
    (opened, answerer.accept(NOW, from).expect("not too many"))
}

/// Runs a whole exchange and reports its end to both nodes.
pub fn run(opener: &mut HostNode, answerer: &mut HostNode, stream: Stream) -> Ran {
    let (opened, accepted) = ids(opener, answerer);
    let mut scratch = (vec![!0; stream.scratch.0], vec![!0; stream.scratch.1]);
    let mut left = stream.breaks_after;
    let mut ends = (
        End::new(
            Exchange::open(opened, stream.why, stream.labels.0, SALT, &mut scratch.0),
            stream.buffer,
        ),
        End::new(
            Exchange::accept(accepted, stream.labels.1, &mut scratch.1),
            stream.buffer,
        ),
    );
    loop {
        let read = (ends.0.turn(opener), ends.1.turn(answerer));
        assert_eq!(read, (Ok(()), Ok(())), "what we write is well-formed");
        let carried = carry(&mut ends.0, &mut ends.1, stream.gulp, &mut left)
            | carry(&mut ends.1, &mut ends.0, stream.gulp, &mut left);
        if !carried {
            break;
        }
    }
    let outcomes = (ends.0.outcome(), ends.1.outcome());
    let broken = Err(ExchangeFailed::Broken);
    opener.handle_exchange(NOW, opened, outcomes.0.unwrap_or(broken));
    answerer.handle_exchange(NOW, accepted, outcomes.1.unwrap_or(broken));
    Ran {
        opener: outcomes.0,
        answerer: outcomes.1,
        counters: (*ends.0.exchange.counters(), *ends.1.exchange.counters()),
        refusals: (ends.0.exchange.refusal(), ends.1.exchange.refusal()),
        sent: (ends.0.sent, ends.1.sent),
    }
}
