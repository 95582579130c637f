//! Addresses as people write them: `127.0.0.1:7946`, `[::1]:7946`, `seed.example.org:7946`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use crate::errors::reason;

/// A host, by name or by number, and a port. Reading one opens no socket and asks nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    /// The socket address; a name is looked up.
    ///
    /// # Errors
    /// The value, why it can't be resolved, and what to do.
    pub(crate) fn resolve(&self) -> Result<SocketAddr, String> {
        let look_up = (self.host.as_str(), self.port).to_socket_addrs();
        let advice = "check the name, or write an IP address";
        match look_up.map(|mut found| found.next()) {
            Ok(Some(address)) => Ok(address),
            Ok(None) => Err(format!("{self} has no address ({advice})")),
            Err(error) => Err(format!(
                "cannot resolve {self}: {} ({advice})",
                plain(&reason(&error))
            )),
        }
    }
}

/// The look-up's reason without the resolver's own preamble.
fn plain(reason: &str) -> &str {
    let preamble = "failed to lookup address information: ";
    reason.strip_prefix(preamble).unwrap_or(reason)
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(format!("{text} has no port (write [{text}]:PORT)"));
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(format!(
                "{text:?} has no port (write HOST:PORT, such as 127.0.0.1:7946)"
            ));
        };
        let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let number = bare.map_or_else(
            || host.parse::<Ipv4Addr>().is_ok(),
            |bare| bare.parse::<Ipv6Addr>().is_ok(),
        );
        if !number && !is_host(host) {
            return Err(format!(
                "{text:?} names no host (write HOST:PORT, such as 127.0.0.1:7946, or [::1]:7946)"
            ));
        }
        let Ok(port) = port.parse() else {
            return Err(format!(
                "{text:?} has no port: {port:?} is not a number from 0 to 65535"
            ));
        };
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

/// Letters, digits, hyphens and dots (and the underscores that some networks use), beginning with a letter or digit. What
/// looks like a damaged IPv4 address is no name: the look-up of `256.1.1.1` would only take time.
fn is_host(host: &str) -> bool {
    let plausible = host.len() <= 253
        && host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    plausible && !numeric
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            // A link-local address means nothing without its interface.
            SocketAddr::V6(address) if address.scope_id() != 0 => {
                format!("{}%{}", address.ip(), address.scope_id())
            }
            _ => address.ip().to_string(),
        };
        let port = address.port();
        Self { host, port }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<HostPort>().map(|address| address.to_string())
    }

    #[test]
    fn addresses_and_names_are_read() {
        for good in [
            "127.0.0.1:0",
            "[::1]:7946",
            "seed-1.example.org:7946",
            "localhost:80",
        ] {
            assert_eq!(read(good), Ok(good.to_owned()));
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        for (bad, said) in [
            ("nonsense", "has no port"),
            ("", "has no port"),
            ("::1", "write [::1]:PORT"),
            (":7946", "names no host"),
            ("a b:1", "names no host"),
            ("256.1.1.1:7946", "names no host"),
            ("[::1:7946", "names no host"),
            ("host:99999", "not a number from 0 to 65535"),
            ("127.0.0.1:99999", "not a number from 0 to 65535"),
            ("[::1]:x", "not a number from 0 to 65535"),
            ("host:", "not a number from 0 to 65535"),
        ] {
            let error = read(bad).expect_err(bad);
            assert!(error.contains(said), "{bad}: {error}");
        }
    }

    #[test]
    fn a_name_that_does_not_resolve_is_said_with_its_value_and_the_next_step() {
        let address: HostPort = "no-such-host.invalid:7946".parse().expect("well-formed");
        let error = address
            .resolve()
            .expect_err("the domain .invalid never resolves");
        assert!(
            error.starts_with("cannot resolve no-such-host.invalid:7946: "),
            "{error}"
        );
        assert!(
            error.ends_with("(check the name, or write an IP address)"),
            "{error}"
        );
    }

    #[test]
    fn numbers_resolve_to_themselves() {
        let address: HostPort = "[::1]:7946".parse().expect("well-formed");
        assert_eq!(
            address.resolve(),
            Ok("[::1]:7946".parse().expect("an address"))
        );
        let scoped: HostPort = "[fe80::1%1]:7946".parse().expect("well-formed");
        assert_eq!(
            scoped.resolve(),
            Ok("[fe80::1%1]:7946".parse().expect("an address")),
            "the interface stays"
        );
    }
}
