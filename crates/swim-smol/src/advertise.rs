//! Which address others are told when nobody said one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use crate::error::StartError;
use crate::peer::{canonical, is_reachable};

/// The address to advertise, for sockets bound to `bound`. Port 0 in `wished` stands for the port bound.
pub(crate) fn choose(
    wished: Option<SocketAddr>,
    bound: SocketAddr,
) -> Result<SocketAddr, StartError> {
    let addr = match wished {
        Some(addr) => addr,
        None if bound.ip().is_unspecified() => {
            let interfaces = if_addrs::get_if_addrs().map_err(StartError::System)?;
            let all = interfaces.iter().map(if_addrs::Interface::ip);
            let ip = best(routed(), all, bound.is_ipv6());
            SocketAddr::new(ip.ok_or(StartError::NoAddress { bind: bound })?, 0)
        }
        None => bound,
    };
    let mut chosen = canonical(addr);
    if chosen.port() == 0 {
        chosen.set_port(bound.port());
    }
    if is_reachable(chosen) {
        Ok(chosen)
    } else {
        Err(StartError::Advertise { addr })
    }
}

/// The address that the default route would send from. Connecting a datagram socket asks the routing table and sends
/// nothing; the destination is set aside for documentation.
fn routed() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The first of: the default route's address if it is private, a private IPv4 address, the default route's address,
/// any IPv4 address, any IPv6 address (if those are heard), never loopback or link-local ones.
fn best(
    routed: Option<IpAddr>,
    all: impl Iterator<Item = IpAddr> + Clone,
    ipv6: bool,
) -> Option<IpAddr> {
    let routed = routed.filter(|ip| usable(*ip));
    let mut candidates = all.filter(|ip| usable(*ip) && (ipv6 || ip.is_ipv4()));
    let private = |ip: &IpAddr| matches!(ip, IpAddr::V4(ip) if ip.is_private());
    routed
        .filter(private)
        .or_else(|| candidates.clone().find(private))
        .or(routed)
        .or_else(|| candidates.clone().find(IpAddr::is_ipv4))
        .or_else(|| candidates.next())
}

const fn usable(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn of(routed: Option<&str>, all: &[&str], ipv6: bool) -> Option<String> {
        let all: Vec<_> = all.iter().map(|text| ip(text)).collect();
        best(routed.map(ip), all.into_iter(), ipv6).map(|ip| ip.to_string())
    }

    #[test]
    fn private_addresses_come_first() {
        let machine = [
            "127.0.0.1",
            "169.254.1.1",
            "fe80::1",
            "93.184.216.34",
            "10.1.2.3",
            "fd00::1",
        ];
        assert_eq!(of(None, &machine, false).as_deref(), Some("10.1.2.3"));
        assert_eq!(
            of(Some("192.168.0.9"), &machine, false).as_deref(),
            Some("192.168.0.9")
        );
        assert_eq!(
            of(Some("93.184.216.34"), &machine, false).as_deref(),
            Some("10.1.2.3")
        );
        assert_eq!(
            of(Some("93.184.216.34"), &["::1"], false).as_deref(),
            Some("93.184.216.34")
        );
    }

    #[test]
    fn ipv6_is_taken_where_it_is_heard() {
        let machine = ["127.0.0.1", "::1", "fe80::1", "fd00::1"];
        assert_eq!(of(None, &machine, true).as_deref(), Some("fd00::1"));
        assert_eq!(of(None, &machine, false), None);
    }

    #[test]
    fn a_wish_is_checked_and_completed() {
        let bound = SocketAddr::from(([0, 0, 0, 0], 7946));
        let wish = |text: &str| choose(Some(text.parse().expect("an address")), bound);
        assert_eq!(
            wish("10.0.0.1:0").expect("fine").to_string(),
            "10.0.0.1:7946"
        );
        assert_eq!(wish("10.0.0.1:9").expect("fine").to_string(), "10.0.0.1:9");
        assert_eq!(
            wish("[::ffff:10.0.0.1]:9").expect("fine").to_string(),
            "10.0.0.1:9"
        );
        assert!(matches!(
            wish("0.0.0.0:9"),
            Err(StartError::Advertise { .. })
        ));
        assert!(matches!(
            wish("224.0.0.1:9"),
            Err(StartError::Advertise { .. })
        ));
        let specific = SocketAddr::from(([127, 0, 0, 1], 7000));
        assert_eq!(choose(None, specific).expect("fine"), specific);
    }
}
