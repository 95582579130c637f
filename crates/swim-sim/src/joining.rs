//! What a node's driver does to get it in: it calls its seeds until one answers.

use std::time::Duration;

use swim_core::{ExchangeId, Instant, Peer};

use crate::act::Planned;
use crate::delay::Delay;
use crate::peer::SimAddr;
use crate::random::Purpose;
use crate::sim::Sim;

/// The wait after the first vain round over all seeds; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait between two rounds.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How far the joining of one life has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Joining {
    /// The calls of the present round that have not ended yet.
    calls: Vec<ExchangeId>,
    /// Vain rounds so far.
    rounds: u32,
    /// A seed has answered, or a member that a busy one named.
    over: bool,
}

impl Sim {
    /// The addresses behind its seeds' names at this moment.
    pub(crate) fn seeds_of(&self, at: u32) -> Vec<SimAddr> {
        let seeds = self.hosts[at as usize].seeds.iter();
        let others = seeds.filter(|&&seed| seed != at);
        others
            .map(|&seed| *self.hosts[seed as usize].peer.addr())
            .collect()
    }

    /// Begins to join: the node is told its seeds, and they are called.
    pub(crate) fn begin_joining(&mut self, at: u32) {
        let seeds = self.seeds_of(at);
        let host = &mut self.hosts[at as usize];
        host.joining = Joining::default();
        if let Some(node) = &mut host.node {
            node.set_seeds(seeds);
        }
        self.call_seeds(at);
    }

    /// Its node is in, whoever let it in: it calls no seed any more.
    pub(crate) fn has_come_in(&mut self, at: u32) {
        self.hosts[at as usize].joining.over = true;
    }

    /// One round: all seeds at once.
    fn call_seeds(&mut self, at: u32) {
        let seeds = self.seeds_of(at);
        let host = &mut self.hosts[at as usize];
        let now = Instant::from_micros(host.clock.at(self.now));
        let Some(node) = &mut host.node else {
            return;
        };
        // What can't be called now, in the next round.
        let calls = seeds.iter().filter_map(|seed| node.join(now, *seed).ok());
        host.joining.calls = calls.collect();
        self.drain(at);
    }

    /// The next round is due, if it is still the same life and nobody has let it in meanwhile.
    pub(crate) fn join_again(&mut self, at: u32, life: u32) {
        let host = &self.hosts[at as usize];
        // Who has left meanwhile is not joined to anything by its old life's calls.
        let departed = host.node.as_deref().is_some_and(|node| node.has_departed());
        if host.past.lives != life || host.joining.over || departed {
            return;
        }
        if host.pause.frozen {
            let again = Planned::JoinAgain { host: at, life };
            return self.plan(FIRST_WAIT, again);
        }
        self.call_seeds(at);
    }

    /// An exchange of this node has ended; it may have been a call to a seed.
    pub(crate) fn seed_answered(&mut self, at: u32, id: ExchangeId, well: bool) {
        let host = &mut self.hosts[at as usize];
        let joining = &mut host.joining;
        let Some(call) = joining.calls.iter().position(|call| *call == id) else {
            return;
        };
        joining.calls.swap_remove(call);
        joining.over |= well;
        if joining.over || !joining.calls.is_empty() {
            return;
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << joining.rounds.min(10));
        let wait = doubled.min(LONGEST_WAIT);
        joining.rounds += 1;
        let (rounds, life) = (joining.rounds, host.past.lives);
        // Nodes that were started together do not retry together.
        let spread = Delay::Uniform(wait * 3 / 4, wait * 5 / 4);
        let draw = self.draws.draw(Purpose::Retry, at, life, rounds);
        let after = Duration::from_micros(spread.sample(draw));
        self.plan(after, Planned::JoinAgain { host: at, life });
    }
}
