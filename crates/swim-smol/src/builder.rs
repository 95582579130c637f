//! How a cluster is started: everything that can be said beforehand, with its default.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use swim_core::Config;

use crate::MAX_STREAMS;
use crate::check;
use crate::cluster::Cluster;
use crate::error::StartError;
use crate::event::Events;
use crate::launch;

/// The port used where none is said.
pub const DEFAULT_PORT: u16 = 7946;

/// Settings by the kind of network: a name for one of [`Config`]'s presets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// A local network: round trips of milliseconds. [`Config::LAN`].
    #[default]
    Lan,
    /// The Internet: round trips of tens or hundreds of milliseconds. [`Config::WAN`].
    Wan,
    /// One machine: round trips of microseconds. [`Config::LOCAL`].
    Local,
}

impl Profile {
    /// The settings that it names.
    #[must_use]
    pub const fn config(self) -> Config {
        match self {
            Self::Lan => Config::LAN,
            Self::Wan => Config::WAN,
            Self::Local => Config::LOCAL,
        }
    }

    /// The name used in settings and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Wan => "wan",
            Self::Local => "local",
        }
    }
}

/// Settings of a node that is about to start; see [`Cluster::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing runs before start"]
pub struct Builder {
    pub(crate) name: String,
    pub(crate) bind: SocketAddr,
    pub(crate) advertise: Option<SocketAddr>,
    pub(crate) label: String,
    pub(crate) config: Config,
    pub(crate) seeds: Vec<String>,
    pub(crate) meta: Vec<u8>,
    pub(crate) limits: Limits,
    pub(crate) life: Life,
}

/// What a node may use at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) members: usize,
    pub(crate) datagram: usize,
    pub(crate) streams: usize,
}

/// Where the first incarnation comes from.
#[derive(Clone, Debug)]
pub(crate) enum Life {
    /// Unix seconds.
    Clock,
    /// The application knows.
    Given(u32),
    /// Unix seconds, and never less than one more than the file says.
    File(PathBuf),
}

impl Builder {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            bind: SocketAddr::from((Ipv4Addr::UNSPECIFIED, DEFAULT_PORT)),
            advertise: None,
            label: String::new(),
            config: Config::LAN,
            seeds: Vec::new(),
            meta: Vec::new(),
            limits: Limits {
                members: 1 << 16,
                datagram: 1_400,
                streams: MAX_STREAMS,
            },
            life: Life::Clock,
        }
    }

    /// Where to listen, by datagram and by stream: default `0.0.0.0:7946`. Port 0 takes any port that is free for both.
    /// `[::]` listens for IPv4 as well.
    pub const fn bind(mut self, addr: SocketAddr) -> Self {
        self.bind = addr;
        self
    }

    /// The address that others are told. Default: the one bound; if that is unspecified, the first private address of
    /// this machine, else the one of its default route. Port 0 stands for the port bound.
    pub const fn advertise(mut self, addr: SocketAddr) -> Self {
        self.advertise = Some(addr);
        self
    }

    /// The cluster's label, at most [`MAX_LABEL`](crate::MAX_LABEL) bytes; default empty. Datagrams and streams of
    /// another label are ignored and counted.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The settings for this kind of network; default [`Profile::Lan`].
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.config = profile.config();
        self
    }

    /// Settings one by one, instead of a profile. Its `digest_key` is replaced by one made from the label.
    pub const fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Somebody to join through: `ip:port`, `host:port`, or either without a port for 7946. Names are resolved again on
    /// every retry. Our own address among them is skipped.
    pub fn seed(mut self, seed: impl Into<String>) -> Self {
        self.seeds.push(seed.into());
        self
    }

    /// Several seeds; see [`seed`](Self::seed).
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.seeds.extend(seeds.into_iter().map(Into::into));
        self
    }

    /// What others shall know of us, at most [`MAX_META`](crate::MAX_META) bytes; default none.
    pub fn meta(mut self, meta: impl Into<Vec<u8>>) -> Self {
        self.meta = meta.into();
        self
    }

    /// The most members that are remembered, ourselves and the dead included; default 65,536. Memory grows with the
    /// members that there are. A newcomer beyond is refused, counted, and told as
    /// [`EventKind::Crowded`](crate::EventKind::Crowded).
    pub const fn max_members(mut self, max: usize) -> Self {
        self.limits.members = max;
        self
    }

    /// Bytes of a datagram at most; default 1,400, which fits the Internet's packets.
    pub const fn datagram_size(mut self, bytes: usize) -> Self {
        self.limits.datagram = bytes;
        self
    }

    /// Streams of others served at once, 1 to [`MAX_STREAMS`](crate::MAX_STREAMS), the default. One more is refused and counted; a running one is never given up for it.
    pub const fn max_streams(mut self, streams: usize) -> Self {
        self.limits.streams = streams;
        self
    }

    /// The first incarnation, below 2³² − 2¹⁶. Default: the unix time in seconds, so that each life of a name starts
    /// above the last.
    pub fn first_incarnation(mut self, first: u32) -> Self {
        self.life = Life::Given(first);
        self
    }

    /// A file that remembers the incarnation over lives, for machines whose clock can go back: the first incarnation
    /// is the unix time, and never less than one more than the last one noted there. Written at the start and whenever
    /// the incarnation rises. Each node needs a file of its own.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.life = Life::File(path.into());
        self
    }

    /// Whether these settings can work, as far as that shows without opening anything.
    ///
    /// # Errors
    /// The first setting that can't work.
    pub fn check(&self) -> Result<(), StartError> {
        check::check(self)
    }

    /// Binds both ports and starts the node in the background. It joins through its seeds from then on, without end if
    /// they are silent: this call does not wait for them.
    ///
    /// # Errors
    /// The first thing that does not work; nothing is left running then.
    pub async fn start(self) -> Result<Cluster, StartError> {
        smol::unblock(|| self.start_blocking()).await
    }

    /// As [`start`](Self::start), blocking the thread.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_blocking(self) -> Result<Cluster, StartError> {
        launch::launch(self).map(|(cluster, _)| cluster)
    }

    /// As [`start`](Self::start), with the node's events from the very first on: between a start and a call of
    /// [`Cluster::events`] something may happen already.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_subscribed(self) -> Result<(Cluster, Events), StartError> {
        smol::unblock(|| self.start_subscribed_blocking()).await
    }

    /// As [`start_subscribed`](Self::start_subscribed), blocking the thread.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_subscribed_blocking(self) -> Result<(Cluster, Events), StartError> {
        launch::launch(self)
    }
}
