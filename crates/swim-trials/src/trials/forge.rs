//! A thousand forged rumours, well-formed, about any members, up to the largest incarnations: whatever they do, it passes.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use swim_core::wire::{self, Counters, Datagram, Envelope, Sink};
use swim_core::{Compose, Incarnation, Message, Name, Peer};
use swim_sim::FORGERIES_UNDONE;
use swim_smol::{Cluster, Config, NameKey, NodePeer, State};

use crate::dice::Dice;
use crate::lab::{ENVELOPE, Lab};
use crate::local;
use crate::report::{Report, Stop};

/// Names that nobody has, and what their lives would have begun with.
const GHOSTS: usize = 4;
const BIRTH: u32 = 1_800_000_000;
/// How often one looks, in memory.
const TICK: Duration = Duration::from_millis(100);
const SEED: u64 = 20_260_731;
const NODES: usize = 12;
const RUMOURS: usize = 1_000;
const WAVES: usize = 6;
/// Runs in memory, each with dice of its own.
const RUNS: u64 = 20;
/// The LAN profile, so many times as fast.
const SPEED: u32 = 20;
/// So long it must stay whole to count as whole, in the time of the profile: longer than an exile, which begins at once.
const STAYS: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(20);
/// Who asks whether all was read.
const FORGER: &[u8] = b"forger";

/// Holds the trial.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report) -> Result<(), Stop> {
    in_memory(report)?;
    live(report)
}

/// The core alone, in its own time: many runs.
fn in_memory(report: &mut Report) -> Result<(), Stop> {
    let mut times = Vec::new();
    for run in 0..RUNS {
        let seed = SEED + run;
        let mut lab = Lab::new(NODES)?;
        lab.run(Duration::from_secs(12));
        let names = (0..NODES).map(|place| format!("n{place}")).collect();
        let mut forger = Forger::new(
            seed,
            ENVELOPE,
            names,
            (0..NODES).map(Lab::address).collect(),
        );
        for wave in 0..WAVES {
            let mut left = RUMOURS;
            while left > 0 {
                let held: Vec<_> = lab.nodes().map(|node| node.me().incarnation.0).collect();
                let (bytes, rumours) = forger.datagram(&held, left)?;
                let to = forger.dice.below(NODES);
                lab.inject(Lab::address(NODES + 1), to, &bytes);
                left -= rumours;
            }
            let took = lab_settles(&mut lab);
            if took > FORGERIES_UNDONE {
                report.say(&format!(
                    "  seed {seed}, wave {wave}: {took:?}; {}",
                    lab_picture(&lab)
                ));
            }
            times.push(took);
        }
    }
    times.sort_unstable();
    let worst = times.last().copied().unwrap_or_default();
    let median = times[times.len() / 2];
    let expected = format!(
        "in memory, {RUNS} runs of {WAVES} waves of {RUMOURS} rumours: every member is alive on every other"
    );
    report.within(
        "memory",
        &expected,
        FORGERIES_UNDONE,
        Some(worst),
        &format!("the median took {median:?}, the worst {worst:?}"),
    );
    Ok(())
}

/// Real sockets.
fn live(report: &mut Report) -> Result<(), Stop> {
    let config = Config::LAN.faster(SPEED);
    report.say(&format!("  seed {SEED}; on sockets, the LAN profile {SPEED} times as fast, times given in the profile's own"));
    let nodes = local::form(NODES, config)?;
    let formed = local::wait_for_all(&nodes, NODES, Instant::now(), PATIENCE);
    report.within(
        "join",
        &format!("all {NODES} know all {NODES}"),
        PATIENCE,
        formed,
        "they do",
    );
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
    let socket = socket.map_err(|error| Stop::failed("no socket", &error))?;
    let names = nodes.iter().map(|node| node.name().to_owned()).collect();
    let mut forger = Forger::new(
        SEED,
        local::ENVELOPE,
        names,
        nodes.iter().map(Cluster::local_addr).collect(),
    );
    for _ in 0..WAVES {
        let mut left = RUMOURS;
        while left > 0 {
            let held: Vec<_> = nodes.iter().map(|node| node.me().incarnation).collect();
            let (bytes, rumours) = forger.datagram(&held, left)?;
            let to = nodes[forger.dice.below(NODES)].local_addr();
            let sent = socket.send_to(&bytes, to);
            sent.map_err(|error| Stop::failed("cannot send", &error))?;
            left -= rumours;
        }
        // What still waits in a socket has done nothing yet.
        let deaf = unread(&socket, &nodes)?;
        let expected = format!("all {RUMOURS} forged rumours are read");
        report.holds(
            "read",
            &expected,
            deaf == 0,
            &format!("{deaf} nodes did not"),
        );
        let read = Instant::now();
        let whole = local::wait_to_stay(read, PATIENCE, STAYS / SPEED, || is_whole(&nodes));
        let expected = format!(
            "from then on every live member is alive on every other, and stays so for {STAYS:?}"
        );
        let complaint = if whole.is_none() {
            picture(&nodes)
        } else {
            "it is".to_owned()
        };
        report.within(
            "undone",
            &expected,
            FORGERIES_UNDONE,
            whole.map(|took| took * SPEED),
            &complaint,
        );
    }
    let silent = nodes.iter().filter(|node| node.has_left()).count();
    report.holds(
        "silent",
        "nobody was made to leave or fall silent for good",
        silent == 0,
        &format!("{silent} of {NODES} were"),
    );
    tell_counters(report, &nodes);
    Ok(())
}

/// What the nodes counted of it.
fn tell_counters(report: &mut Report, nodes: &[Cluster]) {
    for name in [
        "refutations",
        "incarnations_illegal",
        "incarnations_leaping",
        "deaths_refuted",
        "rumours_unknown",
        "conflicts",
    ] {
        report.figure(
            name,
            local::figure(local::total(nodes, name)),
            "",
            "all nodes together",
        );
    }
}

/// Asks each node something, from the socket that everything else was sent from: what is sent over one socket of this machine
/// arrives in order, so whoever answers has read the rest. Says how many did not answer.
fn unread(socket: &UdpSocket, nodes: &[Cluster]) -> Result<usize, Stop> {
    let failed = |error: std::io::Error| Stop::failed("the forger's socket", &error);
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .map_err(failed)?;
    let mut silent = 0;
    for (seq, node) in (1_u32..).zip(nodes) {
        let asked = Instant::now();
        let mut heard = Answers(None);
        while heard.0 != Some(seq) && asked.elapsed() < PATIENCE {
            let mut buffer = [0; 1_400];
            let mut ping = Datagram::new(&mut buffer, local::ENVELOPE);
            let pushed = Compose::<NodePeer>::push(
                &mut ping,
                &Message::Ping {
                    seq,
                    target: Name::Key(NameKey(node.name().as_bytes())),
                    source: NameKey(FORGER),
                    incarnation: Incarnation(BIRTH),
                },
            );
            pushed.map_err(|error| Stop::failed("a ping must fit", &error))?;
            let sent = socket.send_to(ping.finish(), node.local_addr());
            sent.map_err(failed)?;
            if let Ok((length, _)) = socket.recv_from(&mut buffer) {
                let answer = buffer.get(..length).unwrap_or_default();
                // What is no answer is asked for again.
                let _ = wire::read(
                    answer,
                    local::ENVELOPE,
                    &mut Counters::default(),
                    &mut heard,
                );
            }
        }
        silent += usize::from(heard.0 != Some(seq));
    }
    Ok(silent)
}

/// Hears acks, and nothing else.
struct Answers(Option<u32>);

impl Sink<NodePeer> for Answers {
    fn wants(&self, _: NameKey<'_>, _: Incarnation, _: State) -> bool {
        false
    }
    fn message(&mut self, message: &Message<'_, NodePeer>) {
        if let Message::Ack { seq, .. } = message {
            self.0 = Some(*seq);
        }
    }
    fn user(&mut self, _: &[u8]) {}
}

/// How long until it is whole, and stays so.
fn lab_settles(lab: &mut Lab) -> Duration {
    let (mut now, mut whole_since) = (Duration::ZERO, None);
    while now < 2 * FORGERIES_UNDONE {
        whole_since = whole_since.filter(|_| lab_is_whole(lab));
        match whole_since {
            Some(since) if now - since >= STAYS => return since,
            None if lab_is_whole(lab) => whole_since = Some(now),
            _ => {}
        }
        lab.run(TICK);
        now += TICK;
    }
    now
}

fn lab_is_whole(lab: &Lab) -> bool {
    lab_picture(lab).is_empty()
}

/// Who is held otherwise by whom.
fn lab_picture(lab: &Lab) -> String {
    let mut lines = Vec::new();
    for observer in lab.nodes() {
        for member in lab.nodes() {
            let own = member.me();
            let right = observer.member(own.peer.key()).is_some_and(|held| {
                held.state == State::Alive && held.peer.socket_addr() == own.peer.socket_addr()
            });
            if !right {
                let held = observer.member(own.peer.key()).map(|held| held.to_member());
                lines.push(format!(
                    "{:?} holds {held:?} (itself: {} {})",
                    observer.me().peer.name(),
                    own.state,
                    own.incarnation
                ));
            }
        }
    }
    lines.into_iter().take(4).collect::<Vec<_>>().join("; ")
}

/// Whether each holds each alive, where it is.
fn is_whole(nodes: &[Cluster]) -> bool {
    let holds = |observer: &Cluster, member: &Cluster| {
        let held = observer.member(member.name());
        held.is_some_and(|held| held.state == State::Alive && held.addr == member.local_addr())
    };
    nodes
        .iter()
        .all(|observer| nodes.iter().all(|member| holds(observer, member)))
}

/// Who is held otherwise by whom.
fn picture(nodes: &[Cluster]) -> String {
    let mut lines = Vec::new();
    for observer in nodes {
        for member in nodes {
            let held = observer.member(member.name());
            let Some(held) = held else {
                lines.push(format!(
                    "{} has forgotten {}",
                    observer.name(),
                    member.name()
                ));
                continue;
            };
            if held.state != State::Alive || held.addr != member.local_addr() {
                let own = member.me().incarnation;
                lines.push(format!(
                    "{} holds {} {} at {}@{} (itself: {own})",
                    observer.name(),
                    held.name,
                    held.state,
                    held.addr,
                    held.incarnation
                ));
            }
        }
    }
    format!(
        "{} views are wrong: {}",
        lines.len(),
        lines.into_iter().take(5).collect::<Vec<_>>().join("; ")
    )
}

/// Somebody on the network who knows the label, and everybody's name, address and incarnation.
struct Forger {
    dice: Dice,
    envelope: Envelope<'static>,
    names: Vec<String>,
    addresses: Vec<SocketAddr>,
}

impl Forger {
    fn new(
        seed: u64,
        envelope: Envelope<'static>,
        mut names: Vec<String>,
        mut addresses: Vec<SocketAddr>,
    ) -> Self {
        // Nobody is there.
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)));
        names.extend((0..GHOSTS).map(|ghost| format!("ghost{ghost}")));
        Self {
            dice: Dice::new(seed),
            envelope,
            names,
            addresses,
        }
    }

    /// One to ten rumours, at most so many; and how many they are. `held` are the incarnations of the living.
    fn datagram(&mut self, held: &[u32], most: usize) -> Result<(Vec<u8>, usize), Stop> {
        let count = (1 + self.dice.below(10)).min(most);
        let mut buffer = [0; 1_400];
        let mut datagram = Datagram::new(&mut buffer, self.envelope);
        for _ in 0..count {
            self.rumour(held, &mut datagram)?;
        }
        Ok((datagram.finish().to_vec(), count))
    }

    fn rumour(&mut self, held: &[u32], datagram: &mut Datagram<'_>) -> Result<(), Stop> {
        let about = self.dice.below(self.names.len());
        let incarnation = self.incarnation(held.get(about).copied().unwrap_or(BIRTH));
        let key = NameKey(self.names[about].as_bytes());
        let accuser = match self.dice.below(self.names.len() + 1) {
            nobody if nobody == self.names.len() => Name::NOBODY,
            somebody => Name::Key(NameKey(self.names[somebody].as_bytes())),
        };
        let pushed = match self.dice.below(4) {
            0 => {
                let own = self.addresses.get(about).copied();
                let own = own.filter(|_| self.dice.below(2) == 0);
                let addr = own.unwrap_or_else(|| *self.dice.pick(&self.addresses));
                let peer = NodePeer::new(&self.names[about], addr, b"forged");
                let peer = peer.map_err(|error| Stop::failed("no peer value", &error))?;
                datagram.push(&Message::Alive {
                    peer: &peer,
                    incarnation,
                })
            }
            1 => Compose::<NodePeer>::push(
                datagram,
                &Message::Suspect {
                    key,
                    incarnation,
                    accuser,
                },
            ),
            2 => Compose::<NodePeer>::push(datagram, &Message::Dead { key, incarnation }),
            _ => Compose::<NodePeer>::push(datagram, &Message::Left { key, incarnation }),
        };
        pushed.map_err(|error| Stop::failed("ten rumours must fit", &error))
    }

    /// Whatever could hurt: what is held, a little more, as much more as is believed, and all around the limit.
    fn incarnation(&mut self, held: u32) -> Incarnation {
        let (limit, leap) = (Incarnation::LIMIT, Incarnation::LEAP);
        let few = u32::from(self.dice.byte());
        let choices = [
            held,
            held.saturating_add(1),
            held.saturating_add(few),
            held.saturating_add(leap),
            held.saturating_add(leap + 1),
            held.saturating_sub(few),
            limit - leap - 1,
            limit - 2,
            limit - 1,
            limit,
            u32::MAX,
            0,
        ];
        Incarnation(*self.dice.pick(&choices))
    }
}
