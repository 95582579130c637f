//! One small error per operation. Each names the value, the reason and the next step; the fields are public, so that a
//! program can say the next step in words of its own.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use swim_core::{ConfigError, ExchangeFailed, Incarnation};

/// Why a cluster was not started. No socket stays open, no thread keeps running for it.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A member needs a name.
    NameEmpty,
    /// The name exceeds [`MAX_NAME`](crate::MAX_NAME) bytes.
    NameTooLong {
        /// Bytes of the name given.
        length: usize,
    },
    /// The name has control characters, a line's end for example: it stands in logs and lists.
    NameNotText {
        /// The name given.
        name: String,
    },
    /// The label exceeds [`MAX_LABEL`](crate::MAX_LABEL) bytes.
    LabelTooLong {
        /// Bytes of the label given.
        length: usize,
    },
    /// The metadata exceeds [`MAX_META`](crate::MAX_META) bytes.
    MetaTooLong {
        /// Bytes of metadata given.
        length: usize,
    },
    /// A seed is neither `ip:port`, `host:port`, an IP address nor a host name.
    Seed {
        /// The seed as given.
        seed: String,
    },
    /// Fewer than 2 or more than 2²⁰ − 1 members.
    Members {
        /// The maximum given.
        max: usize,
    },
    /// No stream could ever be served, or more than [`MAX_STREAMS`](crate::MAX_STREAMS) at once.
    Streams {
        /// The maximum given.
        max: usize,
    },
    /// A first incarnation that no member accepts.
    Incarnation {
        /// The incarnation given.
        first: u32,
    },
    /// The datagram size is not one that the wire format and UDP can do.
    DatagramSize {
        /// Bytes given.
        size: usize,
        /// The least that is possible with this name, label and metadata.
        least: usize,
        /// The most that is possible.
        most: usize,
    },
    /// A protocol setting can't work.
    Config(ConfigError),
    /// The UDP or TCP port could not be bound.
    Bind {
        /// The address given.
        addr: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// Bound to all interfaces, and the machine has no address of its own that others could use.
    NoAddress {
        /// The address bound.
        bind: SocketAddr,
    },
    /// Nobody could reach this address: it is unspecified, multicast, or has port 0.
    Advertise {
        /// The address given.
        addr: SocketAddr,
    },
    /// The file that remembers incarnations could not be read or written, or holds something else.
    StateFile {
        /// The file given.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system refused what every cluster needs: the background thread, or randomness.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameEmpty => {
                f.write_str("the name is empty: every member needs a name of its own")
            }
            Self::NameTooLong { length } => too_long(f, "name", *length, crate::MAX_NAME),
            Self::NameNotText { name } => write!(
                f,
                "the name {name:?} has control characters: leave them out"
            ),
            Self::LabelTooLong { length } => too_long(f, "label", *length, crate::MAX_LABEL),
            Self::MetaTooLong { length } => too_long(f, "metadata", *length, crate::MAX_META),
            Self::Seed { seed } => write!(
                f,
                "seed {seed:?} is no address: give host:port, for example 10.0.0.1:7946 or [::1]:7946"
            ),
            Self::Members { max } => write!(
                f,
                "a maximum of {max} members is not possible: choose from 2 to {}",
                crate::MAX_MEMBERS
            ),
            Self::Streams { max } => write!(
                f,
                "a maximum of {max} streams is not possible: choose from 1 to {}",
                crate::MAX_STREAMS
            ),
            Self::Incarnation { first } => write!(
                f,
                "a first incarnation of {first} is not possible: choose one below {}",
                Incarnation::LIMIT
            ),
            Self::DatagramSize { size, least, most } => write!(
                f,
                "datagrams of {size} bytes are not possible: choose from {least} to {most}"
            ),
            Self::Config(error) => write!(f, "the settings can't work: {error}"),
            Self::Bind { addr, error } => write!(
                f,
                "cannot bind {addr}: {} ({})",
                reason(error),
                bind_advice(error)
            ),
            Self::NoAddress { bind } => write!(
                f,
                "bound to {bind}, but this machine has no address that others could use: advertise one"
            ),
            Self::Advertise { addr } => write!(
                f,
                "nobody can reach the advertised address {addr}: advertise an address and port of this machine"
            ),
            Self::StateFile { path, error } => write!(
                f,
                "cannot use the state file {}: {} (make it writable, or remove it)",
                path.display(),
                reason(error)
            ),
            Self::System(error) => write!(f, "the system refused: {}", reason(error)),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Bind { error, .. } | Self::StateFile { error, .. } | Self::System(error) => {
                Some(error)
            }
            _ => None,
        }
    }
}

/// Why one seed did not answer. The others are not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// It is neither `ip:port`, `host:port`, an IP address nor a host name.
    Malformed,
    /// The host name could not be resolved; the text is the system's.
    Unresolved(String),
    /// The address is our own.
    Ourselves,
    /// This node has too many exchanges open; try again later.
    Overloaded,
    /// It was called, in vain. After [`ExchangeFailed::Busy`] it knows us nevertheless.
    Failed(ExchangeFailed),
    /// The cluster was shut down.
    Ended,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("no address: give host:port, for example 10.0.0.1:7946 or [::1]:7946")
            }
            Self::Unresolved(error) => write!(f, "the name does not resolve: {error}"),
            Self::Ourselves => f.write_str("that is this node itself"),
            Self::Overloaded => {
                f.write_str("this node has too many exchanges open; try again later")
            }
            Self::Failed(how) => how.fmt(f),
            Self::Ended => f.write_str("the cluster was shut down"),
        }
    }
}

impl Error for JoinError {}

/// Why a leave did not end as wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaveError {
    /// The time ran out before the leave was told often enough. The node has left nevertheless; members that missed it
    /// will suspect it and find it dead.
    TimedOut {
        /// The time given.
        timeout: Duration,
    },
    /// It has left already.
    AlreadyLeft,
    /// The cluster was shut down.
    Ended,
}

impl fmt::Display for LeaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { timeout } => write!(
                f,
                "the leave was not told to everybody within {timeout:?}: some members may find this node dead instead"
            ),
            Self::AlreadyLeft => f.write_str("this node has left already; join begins a new life"),
            Self::Ended => f.write_str("the cluster was shut down"),
        }
    }
}

impl Error for LeaveError {}

/// Why metadata was not replaced. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateError {
    /// More than [`MAX_META`](crate::MAX_META) bytes, or more than a datagram can carry beside a ping.
    TooLong {
        /// Bytes given.
        length: usize,
        /// The limit that it exceeds.
        limit: usize,
    },
    /// The node has left.
    Left,
    /// No incarnation is left to announce it with; restart the node.
    Exhausted,
    /// The cluster was shut down.
    Ended,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length, limit } => too_long(f, "metadata", *length, *limit),
            Self::Left => f.write_str("this node has left; join begins a new life"),
            Self::Exhausted => f.write_str("no incarnation is left; restart the node"),
            Self::Ended => f.write_str("the cluster was shut down"),
        }
    }
}

impl Error for UpdateError {}

fn too_long(f: &mut fmt::Formatter<'_>, what: &str, length: usize, limit: usize) -> fmt::Result {
    write!(
        f,
        "the {what} has {length} bytes, {limit} are possible: shorten it"
    )
}

/// The system's words in lower case and without its error number, which tells a reader nothing.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text,
    }
}

fn bind_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "is another node running? bind another port, or 0 for any",
        io::ErrorKind::AddrNotAvailable => "bind an address of this machine, or 0.0.0.0 or [::]",
        io::ErrorKind::PermissionDenied => "bind a port from 1024 on",
        _ => "bind another address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_says_what_to_do() {
        let error = StartError::Bind {
            addr: SocketAddr::from(([127, 0, 0, 1], 7946)),
            error: io::Error::from(io::ErrorKind::AddrInUse),
        };
        assert_eq!(
            error.to_string(),
            "cannot bind 127.0.0.1:7946: address in use (is another node running? bind another port, or 0 for any)"
        );
    }

    #[test]
    fn the_number_of_a_system_error_is_left_out() {
        let error = io::Error::from_raw_os_error(98);
        assert!(!reason(&error).contains("os error"), "{}", reason(&error));
    }
}
