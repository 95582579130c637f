//! From settings to a running node.

use std::sync::Arc;

use mio::net::UdpSocket;
use smol::Async;
use swim_core::wire::Envelope;
use swim_core::{Config, Incarnation, Node, Roster, hash_under};
use tracing::info;

use crate::advertise;
use crate::builder::{Builder, Life};
use crate::cluster::Cluster;
use crate::driver::Driver;
use crate::error::StartError;
use crate::life::{self, StateFile};
use crate::peer::{MAX_META, MAX_NAME, NodePeer};
use crate::reactor::reactor;
use crate::runtime::{self, Clock};
use crate::seed::Seed;
use crate::seeds::{Seeds, random};
use crate::shared::{Place, Shared};
use crate::socket;
use crate::stream::Streams;
use crate::{MAX_LABEL, MAX_MEMBERS};

/// The largest datagram that UDP carries over IPv4.
const LARGEST_DATAGRAM: usize = 65_507;

/// What [`Builder::check`] checks: all that shows without opening anything.
pub(crate) fn check(settings: &Builder) -> Result<(), StartError> {
    let Builder {
        name, label, meta, ..
    } = settings;
    if name.is_empty() {
        return Err(StartError::NameEmpty);
    }
    if name.len() > MAX_NAME {
        return Err(StartError::NameTooLong { length: name.len() });
    }
    if label.len() > MAX_LABEL {
        return Err(StartError::LabelTooLong {
            length: label.len(),
        });
    }
    if meta.len() > MAX_META {
        return Err(StartError::MetaTooLong { length: meta.len() });
    }
    let max = settings.limits.members;
    if !(2..=MAX_MEMBERS).contains(&max) {
        return Err(StartError::Members { max });
    }
    if settings.limits.streams == 0 {
        return Err(StartError::Streams);
    }
    if let Life::Given(first) = settings.life
        && !Incarnation(first).is_legal()
    {
        return Err(StartError::Incarnation { first });
    }
    settings.config.validate().map_err(StartError::Config)?;
    seeds(settings).map(drop)
}

fn seeds(settings: &Builder) -> Result<Vec<Seed>, StartError> {
    let read =
        |seed: &String| Seed::parse(seed).ok_or_else(|| StartError::Seed { seed: seed.clone() });
    settings.seeds.iter().map(read).collect()
}

/// Binds, and starts the node's tasks.
pub(crate) fn launch(settings: Builder) -> Result<Cluster, StartError> {
    check(&settings)?;
    let seeds = seeds(&settings)?;
    let bind_error = |error| StartError::Bind {
        addr: settings.bind,
        error,
    };
    let pair = socket::bind(settings.bind).map_err(bind_error)?;
    let advertised = advertise::choose(settings.advertise, pair.addr)?;
    let me = peer(&settings, advertised)?;
    let file = state_file(&settings.life);
    let first = first_incarnation(&settings.life, file.as_ref())?;
    let config = settings.config.with_digest_key(digest_key(&settings.label));
    let place = Place {
        name: settings.name,
        label: settings.label.into_bytes().into(),
        bound: pair.addr,
        datagram_size: settings.limits.datagram,
    };
    let clock = Clock::start();
    let roster = Roster::owned(settings.limits.members);
    let node = Node::new(
        me,
        Incarnation(first),
        config,
        roster,
        random(),
        clock.now(),
    );
    let node = node.map_err(StartError::Config)?;
    let (mut datagrams, listener) = (UdpSocket::from_std(pair.datagrams), pair.streams);
    let listener = Async::new(listener).map_err(StartError::System)?;
    runtime::ensure().map_err(StartError::System)?;
    let reactor = reactor().map_err(StartError::System)?;
    let token = reactor.watch(&mut datagrams).map_err(StartError::System)?;
    info!(node = place.name, bind = %place.bound, advertise = %advertised, incarnation = first, "started");
    let (shared, tried) = Shared::new(place, clock, node, (reactor, token));
    let shared = Arc::new(shared);
    let streams = Arc::new(Streams::new(Arc::clone(&shared), settings.limits.streams));
    shared.drive(Driver::new(
        Arc::clone(&shared),
        Arc::clone(&streams),
        datagrams,
        file,
    ));
    let mut tasks = vec![runtime::spawn(Arc::clone(&streams).accept(listener))];
    if !seeds.is_empty() {
        let seeds = Seeds::new(Arc::clone(&shared), seeds, tried);
        tasks.push(runtime::spawn(seeds.run()));
    }
    Ok(Cluster::of(shared, streams, tasks))
}

/// Our own peer value, checked to leave room in a datagram.
fn peer(settings: &Builder, addr: std::net::SocketAddr) -> Result<NodePeer, StartError> {
    let size = settings.limits.datagram;
    let unreachable = |_| StartError::Advertise { addr };
    let me = NodePeer::new(&settings.name, addr, &settings.meta).map_err(unreachable)?;
    let label = settings.label.as_bytes();
    let envelope = Envelope::new(label).map_err(|error| StartError::LabelTooLong {
        length: error.length,
    })?;
    let least = envelope.smallest_datagram(&me);
    if (least..=LARGEST_DATAGRAM).contains(&size) {
        Ok(me)
    } else {
        Err(StartError::DatagramSize {
            size,
            least,
            most: LARGEST_DATAGRAM,
        })
    }
}

fn state_file(life: &Life) -> Option<StateFile> {
    match life {
        Life::File(path) => Some(StateFile::new(path.clone())),
        Life::Clock | Life::Given(_) => None,
    }
}

fn first_incarnation(life: &Life, file: Option<&StateFile>) -> Result<u32, StartError> {
    let now = life::clock();
    match (life, file) {
        (Life::Given(first), _) => Ok(*first),
        (_, None) => Ok(now),
        (_, Some(file)) => file.begin(now).map_err(|error| StartError::StateFile {
            path: file.path().to_owned(),
            error,
        }),
    }
}

/// Views of clusters that must not be compared have digests that never agree.
fn digest_key(label: &str) -> u64 {
    hash_under(Config::LAN.digest_key, &label)
}
