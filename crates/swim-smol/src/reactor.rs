//! The thread named `swim`, on which all nodes of a process send, receive and keep their deadlines.
//!
//! It waits for all their sockets at once, which costs one system call a wait whatever the number of nodes. An
//! executor of futures would cost several, and the time of a node that has nothing to do is little else than that.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use smol::channel::{Receiver, Sender, bounded};
use tracing::error;

use crate::driver::Driver;
use crate::shared::lock;

/// Sockets that are reported ready in one wait; the others are in the next.
const READY: usize = 256;
/// How long the thread rests when the system could not even wait for it.
const RECOVERY: Duration = Duration::from_millis(100);
/// Not a node, but somebody who has a command.
const COMMANDS: Token = Token(0);

/// What other threads tell the thread.
pub(crate) struct Reactor {
    registry: Registry,
    waker: Waker,
    commands: Mutex<Commands>,
    next: AtomicUsize,
}

/// What the thread has yet to obey. Bounded by the nodes of the process: each begins once, ends once, and waits to be woken
/// once, however often it is called meanwhile.
#[derive(Default)]
struct Commands {
    lives: Vec<Command>,
    /// Nodes that have something to do.
    wakes: BTreeSet<Token>,
}

impl Commands {
    fn is_empty(&self) -> bool {
        self.lives.is_empty() && self.wakes.is_empty()
    }
}

enum Command {
    /// Run this node.
    Add(Token, Box<Driver>),
    /// Close a node's socket, then drop the sender.
    Remove(Token, Sender<()>),
}

/// The reactor of this process; starts its thread when it is first asked for.
pub(crate) fn reactor() -> io::Result<Arc<Reactor>> {
    static REACTOR: Mutex<Option<Arc<Reactor>>> = Mutex::new(None);
    let mut running = lock(&REACTOR);
    if let Some(reactor) = &*running {
        return Ok(Arc::clone(reactor));
    }
    let poll = Poll::new()?;
    let reactor = Arc::new(Reactor {
        registry: poll.registry().try_clone()?,
        waker: Waker::new(poll.registry(), COMMANDS)?,
        commands: Mutex::default(),
        next: AtomicUsize::new(COMMANDS.0 + 1),
    });
    let nodes = Nodes {
        reactor: Arc::clone(&reactor),
        running: HashMap::new(),
        due: BTreeSet::new(),
    };
    let thread = thread::Builder::new().name("swim".to_owned());
    thread.spawn(move || nodes.run(poll))?;
    *running = Some(Arc::clone(&reactor));
    Ok(reactor)
}

impl Reactor {
    /// Has a socket watched, for a node that is about to be [added](Self::add).
    pub(crate) fn watch(&self, socket: &mut UdpSocket) -> io::Result<Token> {
        let token = Token(self.next.fetch_add(1, Ordering::Relaxed));
        self.registry.register(socket, token, Interest::READABLE)?;
        Ok(token)
    }

    /// Runs a node whose socket is watched.
    pub(crate) fn add(&self, token: Token, driver: Driver) {
        let add = Command::Add(token, Box::new(driver));
        self.enter(|commands| commands.lives.push(add));
    }

    /// Has a node look for what there is to do.
    pub(crate) fn wake(&self, token: Token) {
        self.enter(|commands| {
            commands.wakes.insert(token);
        });
    }

    /// Ends a node. The receiver's channel is closed once its socket is.
    pub(crate) fn remove(&self, token: Token) -> Receiver<()> {
        let (closed, closing) = bounded(1);
        self.enter(|commands| commands.lives.push(Command::Remove(token, closed)));
        closing
    }

    fn enter(&self, command: impl FnOnce(&mut Commands)) {
        let mut commands = lock(&self.commands);
        let is_first = commands.is_empty();
        command(&mut commands);
        // Who finds others waiting need not wake the thread: it takes all at once.
        if is_first {
            // It fails only if the pipe is full, and then the thread wakes anyway.
            let _ = self.waker.wake();
        }
    }
}

/// All nodes of the process, on their thread.
struct Nodes {
    reactor: Arc<Reactor>,
    running: HashMap<Token, Running>,
    due: BTreeSet<(Instant, Token)>,
}

struct Running {
    driver: Box<Driver>,
    due: Option<Instant>,
}

impl Nodes {
    fn run(mut self, mut poll: Poll) {
        let mut events = Events::with_capacity(READY);
        loop {
            let next = self.due.first().map(|(due, _)| *due);
            let wait = next.map(|due| due.saturating_duration_since(Instant::now()));
            if let Err(error) = poll.poll(&mut events, wait) {
                if error.kind() != io::ErrorKind::Interrupted {
                    error!(%error, "cannot wait for sockets; trying again");
                    thread::sleep(RECOVERY);
                }
                continue;
            }
            let mut ready = Vec::new();
            for event in &events {
                match event.token() {
                    COMMANDS => self.obey(&mut ready),
                    node => ready.push(node),
                }
            }
            let now = Instant::now();
            ready.extend(
                self.due
                    .iter()
                    .take_while(|(due, _)| *due <= now)
                    .map(|(_, node)| *node),
            );
            ready.sort_unstable();
            ready.dedup();
            for node in ready {
                self.turn(node);
            }
        }
    }

    fn obey(&mut self, ready: &mut Vec<Token>) {
        let Commands { lives, wakes } = std::mem::take(&mut *lock(&self.reactor.commands));
        ready.extend(wakes);
        for command in lives {
            match command {
                Command::Add(node, driver) => {
                    self.running.insert(node, Running { driver, due: None });
                    ready.push(node);
                }
                Command::Remove(node, closed) => {
                    self.remove(node);
                    drop(closed);
                }
            }
        }
    }

    /// One round of one node. A panic, which would be our own bug, ends that node alone.
    fn turn(&mut self, node: Token) {
        let Some(running) = self.running.get_mut(&node) else {
            return;
        };
        let round = AssertUnwindSafe(|| running.driver.turn());
        let Ok(due) = catch_unwind(round) else {
            running.driver.abandon();
            self.remove(node);
            return;
        };
        if due != running.due {
            if let Some(old) = running.due {
                self.due.remove(&(old, node));
            }
            self.due.extend(due.map(|due| (due, node)));
            running.due = due;
        }
    }

    fn remove(&mut self, node: Token) {
        if let Some(gone) = self.running.remove(&node)
            && let Some(due) = gone.due
        {
            self.due.remove(&(due, node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_called_a_thousand_times_waits_once() {
        let poll = Poll::new().expect("a selector");
        let reactor = Reactor {
            registry: poll.registry().try_clone().expect("a registry"),
            waker: Waker::new(poll.registry(), COMMANDS).expect("a waker"),
            commands: Mutex::default(),
            next: AtomicUsize::new(1),
        };
        for call in 0..1_000 {
            reactor.wake(Token(1 + call % 2));
        }
        let commands = lock(&reactor.commands);
        assert_eq!((commands.wakes.len(), commands.lives.len()), (2, 0));
    }
}
