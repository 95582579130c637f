//! How a simulation begins.

use std::time::Duration;

use swim_core::wire::{Counters, Envelope};
use swim_core::{Config, hash_under};

use crate::act::{Act, Planned};
use crate::clock::Clock;
use crate::delay::Delay;
use crate::host::{Alarm, Counts, Host, Past, Pause, Slow, Traffic};
use crate::joining::Joining;
use crate::links::Links;
use crate::network::{Packets, Tally};
use crate::peer::{SimAddr, SimName, SimPeer};
use crate::queue::Queue;
use crate::random::{Draws, Purpose, micros};
use crate::run::Script;
use crate::sights::Sights;
use crate::sim::{CLOCK_START, Notes, Record, Sim};
use crate::streams::Streams;
use crate::trace::Trace;
use crate::watch::Watch;

/// What all nodes have in common, and what they write into.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) label: &'static str,
    pub(crate) config: Config,
    pub(crate) capacity: usize,
    /// Nodes are not told of clocks that jump back.
    pub(crate) steady: bool,
    pub(crate) counters: Counters,
    pub(crate) buffer: Vec<u8>,
}

/// What a simulation begins with; everything has a default but the seed.
#[derive(Clone, Debug)]
#[must_use = "nothing runs before build or start"]
pub struct Builder {
    seed: u64,
    nodes: u32,
    config: Config,
    delay: Delay,
    datagram: usize,
    capacity: Option<usize>,
    label: &'static str,
    seeds: u32,
    watched: bool,
    lines: bool,
    steady: bool,
    datagrams: bool,
}

impl Sim {
    /// Settings of a simulation whose every coin falls as `seed` says.
    pub const fn builder(seed: u64) -> Builder {
        Builder {
            seed,
            nodes: 3,
            config: Config::LAN,
            delay: Delay::LAN,
            datagram: 1_400,
            capacity: None,
            label: "",
            seeds: 1,
            watched: false,
            lines: false,
            steady: false,
            datagrams: false,
        }
    }

    /// `nodes` nodes that start at once, all but the first joining through the first, on a quiet local network.
    #[must_use]
    pub fn cluster(nodes: u32, seed: u64) -> Self {
        Self::builder(seed).nodes(nodes).start()
    }
}

impl Builder {
    /// Machines, named `a` to `z`, then `n26` and so on; default 3.
    pub const fn nodes(mut self, nodes: u32) -> Self {
        self.nodes = nodes;
        self
    }

    /// The settings of all nodes; default [`Config::LAN`]. The digest's key is made from the label.
    pub const fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How long everything takes on its way; default [`Delay::LAN`].
    pub const fn delay(mut self, delay: Delay) -> Self {
        self.delay = delay;
        self
    }

    /// Bytes of a datagram at most; default 1,400.
    pub const fn datagram_size(mut self, bytes: usize) -> Self {
        self.datagram = bytes;
        self
    }

    /// The most members that a node remembers; default four times the nodes, and at least 64.
    pub const fn capacity(mut self, members: usize) -> Self {
        self.capacity = Some(members);
        self
    }

    /// The cluster's label; default empty.
    pub const fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// The first so many machines are everybody's seeds; default 1.
    pub const fn seeds(mut self, seeds: u32) -> Self {
        self.seeds = seeds;
        self
    }

    /// Checks the laws of [`Sim::violations`] after every step. Costs a look at a whole roster each time.
    pub const fn watched(mut self) -> Self {
        self.watched = true;
        self
    }

    /// Keeps one line for each event: [`Sim::transcript`].
    pub const fn lines(mut self) -> Self {
        self.lines = true;
        self
    }

    /// Hides from nodes that a clock jumped back: they are told the latest time that they were told already. A node must not
    /// need it; runs with and without it are the same.
    pub const fn steady_clocks(mut self) -> Self {
        self.steady = true;
        self
    }

    /// Keeps what every datagram says: [`Sim::datagrams`].
    pub const fn datagrams(mut self) -> Self {
        self.datagrams = true;
        self
    }

    /// All machines are there, and no node runs yet.
    ///
    /// # Panics
    /// If the settings can't work: the configuration, a label of more than 255 bytes, more than a million nodes, or
    /// datagrams in which two records and a ping don't fit.
    #[must_use]
    pub fn build(self) -> Sim {
        assert!(
            self.nodes <= SimName::LIMIT,
            "{} nodes: a million is the limit",
            self.nodes
        );
        let envelope = Envelope::new(self.label.as_bytes()).expect("the cluster's label");
        let anybody = SimPeer::new(SimName::new(0), SimAddr::new(1), 0);
        envelope
            .check_datagram(self.datagram, &anybody)
            .expect("the size of datagrams");
        let config = self.config.with_digest_key(hash_under(0, &self.label));
        config.validate().expect("the configuration");
        let draws = Draws::new(self.seed);
        let spacious = (self.nodes as usize).saturating_mul(4).max(64);
        let mut sim = Sim {
            now: 0,
            queue: Queue::default(),
            hosts: Vec::new(),
            // Nobody has the address 10.0.0.0.
            addresses: vec![None],
            links: Links::new(draws, self.delay),
            packets: Packets::default(),
            streams: Streams::default(),
            record: Record {
                tally: Tally::default(),
                trace: Trace::new(self.seed, self.lines),
                told: Vec::new(),
                datagrams: self.datagrams.then(Vec::new),
            },
            sights: Sights::default(),
            script: Script::default(),
            watch: self.watched.then(Watch::default),
            settings: Settings {
                label: self.label,
                config,
                capacity: self.capacity.unwrap_or(spacious),
                steady: self.steady,
                counters: Counters::default(),
                buffer: vec![0; self.datagram],
            },
            draws,
            notes: Notes::default(),
        };
        for number in 0..self.nodes {
            let name = SimName::new(number);
            sim.add_host(format!("{name:?}"), name, (0..self.seeds).collect());
        }
        sim
    }

    /// As [`build`](Self::build), and all nodes start at once.
    ///
    /// # Panics
    /// As [`build`](Self::build).
    #[must_use]
    pub fn start(self) -> Sim {
        self.start_within(Duration::ZERO)
    }

    /// As [`build`](Self::build); the seeds start at once, the others at random instants within `time`.
    ///
    /// # Panics
    /// As [`build`](Self::build).
    #[must_use]
    pub fn start_within(self, time: Duration) -> Sim {
        let (seeds, within) = (self.seeds, micros(time));
        let mut sim = self.build();
        for host in 0..u32::try_from(sim.hosts.len()).unwrap_or(u32::MAX) {
            let draw = sim.draws.draw(Purpose::Start, host, 0, 0);
            let after = if host < seeds {
                0
            } else {
                Delay::Uniform(Duration::ZERO, Duration::from_micros(within)).sample(draw)
            };
            if after == 0 {
                sim.act(host, Act::Start);
            } else {
                sim.plan(Duration::from_micros(after), Planned::On(host, Act::Start));
            }
        }
        sim
    }
}

impl Builder {
    /// As [`start`](Self::start), and runs until all know all and the hurry of the joins is over: a cluster at rest.
    ///
    /// # Panics
    /// As [`build`](Self::build); and if they have not found each other after a minute.
    #[must_use]
    pub fn settled(self) -> Sim {
        let nodes = self.nodes;
        let mut sim = self.start();
        sim.run_until(|sim| sim.each().knows(nodes), Duration::from_secs(60))
            .expect("all nodes find each other");
        sim.run_for(Duration::from_secs(12));
        sim
    }
}

impl Sim {
    pub(crate) fn add_host(&mut self, label: String, name: SimName, seeds: Vec<u32>) -> u32 {
        let place = u32::try_from(self.hosts.len()).expect("fewer than 2³² machines");
        let addr = self.new_address(place);
        let clock = Clock::showing(CLOCK_START + self.now, self.now);
        self.hosts.push(Host {
            label,
            peer: SimPeer::new(name, addr, 0),
            config: Box::new(self.settings.config),
            seeds,
            node: None,
            pause: Pause::default(),
            clock: if self.settings.steady {
                clock.steady()
            } else {
                clock
            },
            alarm: Alarm::default(),
            sent: Counts::default(),
            past: Past::default(),
            traffic: Traffic::default(),
            joining: Joining::default(),
            slow: Slow::default(),
            asleep: None,
        });
        place
    }
}
