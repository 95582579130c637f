//! Seeds as people write them, and the addresses behind them.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::builder::DEFAULT_PORT;
use crate::error::JoinError;
use crate::peer::{canonical, is_reachable};

/// Somebody to join through: a host and a port. Displays as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    text: String,
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    Name(String),
}

impl Seed {
    /// `ip:port`, `[ipv6]:port`, `host:port`, or an IP address or a host name alone, for port 7946.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = split(text)?;
        Some(Self {
            text: text.to_owned(),
            host,
            port,
        })
    }

    /// Whether it needs a resolver.
    pub(crate) const fn is_name(&self) -> bool {
        matches!(self.host, Host::Name(_))
    }

    /// Its addresses at this moment, canonical, each once. A name is resolved anew each time, on a thread that may
    /// block.
    pub(crate) async fn resolve(&self) -> Result<Vec<SocketAddr>, JoinError> {
        let port = self.port;
        let found = match &self.host {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, port)],
            Host::Name(name) => {
                let name = name.clone();
                let ask = move || {
                    (name.as_str(), port)
                        .to_socket_addrs()
                        .map(Iterator::collect)
                };
                let answer: io::Result<Vec<_>> = smol::unblock(ask).await;
                answer.map_err(|error| JoinError::Unresolved(error.to_string()))?
            }
        };
        let mut addrs = Vec::new();
        for addr in found.into_iter().map(canonical) {
            if is_reachable(addr) && !addrs.contains(&addr) {
                addrs.push(addr);
            }
        }
        if addrs.is_empty() {
            return Err(JoinError::Unresolved(
                "no address can be reached".to_owned(),
            ));
        }
        Ok(addrs)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn split(text: &str) -> Option<(Host, u16)> {
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return (addr.port() != 0).then_some((Host::Ip(addr.ip()), addr.port()));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Ok(ip) = bare.unwrap_or(text).parse() {
        return Some((Host::Ip(ip), DEFAULT_PORT));
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|port| *port != 0)?),
        None => (text, DEFAULT_PORT),
    };
    is_host_name(name).then(|| (Host::Name(name.to_owned()), port))
}

/// Labels of letters, digits, hyphens and underscores. Digits and dots alone would be a mistyped IPv4 address.
fn is_host_name(name: &str) -> bool {
    let relative = name.strip_suffix('.').unwrap_or(name);
    let good = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(good);
    let number = |letter: char| letter.is_ascii_digit() || letter == '.';
    relative.len() <= 253 && relative.split('.').all(label) && !relative.chars().all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, u16)> {
        Seed::parse(text).map(|seed| match seed.host {
            Host::Ip(ip) => (ip.to_string(), seed.port),
            Host::Name(name) => (name, seed.port),
        })
    }

    #[test]
    fn seeds_are_read_as_people_write_them() {
        let good = [
            ("10.0.0.1:9", "10.0.0.1", 9),
            ("10.0.0.1", "10.0.0.1", 7946),
            ("[::1]:9", "::1", 9),
            ("[::1]", "::1", 7946),
            ("fd00::2", "fd00::2", 7946),
            ("seed.example:9", "seed.example", 9),
            ("seed.example.", "seed.example.", 7946),
            ("my_seed-1", "my_seed-1", 7946),
        ];
        for (text, host, port) in good {
            assert_eq!(parts(text), Some((host.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let bad = [
            "",
            ":9",
            "10.0.0.1:0",
            "10.0.0.300:9",
            "10.0.0",
            "host:",
            "host:x",
            "host:70000",
            "host:0",
            "a b:9",
            "http://host:9",
            "a..b:9",
            "[::1",
            "::1]:9",
            "host:1:2",
            ".",
            "1",
        ];
        for text in bad {
            assert_eq!(Seed::parse(text), None, "{text}");
        }
        assert_eq!(Seed::parse(&"a".repeat(64)), None);
    }

    #[test]
    fn names_are_resolved_and_addresses_are_canonical() {
        let resolve = |text: &str| smol::block_on(Seed::parse(text).expect("a seed").resolve());
        let local = resolve("localhost:9").expect("every machine has it");
        assert!(
            local
                .iter()
                .all(|addr| addr.ip().is_loopback() && addr.port() == 9)
        );
        let mapped = resolve("[::ffff:10.0.0.1]:9").expect("literal");
        assert_eq!(mapped, [SocketAddr::from(([10, 0, 0, 1], 9))]);
        let nobody = resolve("no-such-host.invalid:9").expect_err("reserved to never resolve");
        assert!(matches!(nobody, JoinError::Unresolved(_)));
        assert!(resolve("0.0.0.0:9").is_err());
    }
}
