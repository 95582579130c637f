//! From settings to a running node.

use std::sync::Arc;

use mio::net::UdpSocket;
use smol::Async;
use swim_core::{Config, Incarnation, Node, Roster, hash_under};
use tracing::info;

use crate::advertise;
use crate::builder::{Builder, Life};
use crate::check::{check, peer, seeds};
use crate::cluster::Cluster;
use crate::driver::Driver;
use crate::error::StartError;
use crate::event::Events;
use crate::life::{self, StateFile};
use crate::reactor::{Reactor, reactor};
use crate::runtime::{self, Clock};
use crate::seeds::{Seeds, random};
use crate::shared::{Place, Shared};
use crate::socket;
use crate::stream::Streams;

/// Binds, and starts the node. Its events are those from the very first on.
pub(crate) fn launch(settings: Builder) -> Result<(Cluster, Events), StartError> {
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
    let roster = Roster::owned(settings.limits.members);
    let clock = Clock::start();
    let (seed, now) = (random(), clock.now());
    let node = Node::new(me, Incarnation(first), config, roster, seed, now);
    let node = node.map_err(StartError::Config)?;
    let place = Place {
        name: settings.name,
        label: settings.label.into_bytes().into(),
        bound: pair.addr,
        datagram_size: settings.limits.datagram,
    };
    info!(node = place.name, bind = %place.bound, advertise = %advertised, incarnation = first, "started");
    let begin = |reactor: Arc<Reactor>| {
        let mut datagrams = UdpSocket::from_std(pair.datagrams);
        let token = reactor.watch(&mut datagrams)?;
        let listener = Async::new(pair.streams)?;
        let (shared, tried) = Shared::new(place, clock, node, (reactor, token));
        let shared = Arc::new(shared);
        let events = shared.state().subscribers.subscribe();
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
        Ok((Cluster::of(shared, streams, tasks), events))
    };
    let threads = runtime::ensure().and_then(|()| reactor());
    threads.and_then(begin).map_err(StartError::System)
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
