//! Settings that can't work, found before anything is opened.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use swim_core::Incarnation;
use swim_core::wire::Envelope;

use crate::builder::{Builder, Life};
use crate::error::StartError;
use crate::peer::{NodePeer, PeerError, canonical, is_reachable};
use crate::seed::Seed;
use crate::{MAX_MEMBERS, MAX_STREAMS};

/// The largest datagram that UDP carries over IPv4.
const LARGEST_DATAGRAM: usize = 65_507;

/// What [`Builder::check`] checks.
pub(crate) fn check(settings: &Builder) -> Result<(), StartError> {
    let max = settings.limits.members;
    if !(2..=MAX_MEMBERS).contains(&max) {
        return Err(StartError::Members { max });
    }
    let max = settings.limits.streams;
    if !(1..=MAX_STREAMS).contains(&max) {
        return Err(StartError::Streams { max });
    }
    if let Life::Given(first) = settings.life
        && !Incarnation(first).is_legal()
    {
        return Err(StartError::Incarnation { first });
    }
    if let Some(addr) = settings.advertise
        && !is_reachable(placeholder(addr, addr.ip()))
    {
        return Err(StartError::Advertise { addr });
    }
    settings.config.validate().map_err(StartError::Config)?;
    seeds(settings)?;
    let addr = settings.advertise.unwrap_or(settings.bind);
    let ip = match addr.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    peer(settings, placeholder(addr, ip)).map(drop)
}

/// An address for as long as the port is not known.
fn placeholder(addr: SocketAddr, ip: IpAddr) -> SocketAddr {
    canonical(SocketAddr::new(ip, addr.port().max(1)))
}

/// The seeds, read.
pub(crate) fn seeds(settings: &Builder) -> Result<Vec<Seed>, StartError> {
    let refused = |seed: &String| StartError::Seed { seed: seed.clone() };
    let read = |seed: &String| Seed::parse(seed).ok_or_else(|| refused(seed));
    settings.seeds.iter().map(read).collect()
}

/// Our own peer value at that address, checked to leave room in a datagram.
pub(crate) fn peer(settings: &Builder, addr: SocketAddr) -> Result<NodePeer, StartError> {
    let me = NodePeer::new(&settings.name, addr, &settings.meta);
    let me = me.map_err(|error| match error {
        PeerError::NameEmpty => StartError::NameEmpty,
        PeerError::NameTooLong { length } => StartError::NameTooLong { length },
        PeerError::NameNotText => StartError::NameNotText {
            name: settings.name.clone(),
        },
        PeerError::MetaTooLong { length } => StartError::MetaTooLong { length },
        PeerError::Unreachable { addr } => StartError::Advertise { addr },
    })?;
    let envelope = Envelope::new(settings.label.as_bytes());
    let envelope = envelope.map_err(|error| StartError::LabelTooLong {
        length: error.length,
    })?;
    let (size, least) = (settings.limits.datagram, envelope.smallest_datagram(&me));
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
