//! The two sockets of a node: UDP and TCP on one port.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// Streams that may wait to be accepted: a join storm must not be turned away by the system.
const BACKLOG: i32 = 1_024;
/// Bytes of datagrams that may wait in the kernel, if the system allows as much: a node that was frozen for seconds
/// must find what it missed.
const KERNEL_BUFFER: usize = 1 << 20;
/// How often a port that one protocol got is refused to the other before we give up.
const PORT_TRIES: u32 = 32;

/// Both sockets, and how addresses look through them.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) datagrams: UdpSocket,
    pub(crate) streams: TcpListener,
    pub(crate) addr: SocketAddr,
}

/// Binds UDP and TCP to `addr`; with port 0, to one port that is free for both.
pub(crate) fn bind(addr: SocketAddr) -> io::Result<Pair> {
    let mut tries = PORT_TRIES;
    loop {
        let streams = listen(addr)?;
        let mut chosen = addr;
        chosen.set_port(streams.local_addr()?.port());
        match open_datagrams(chosen) {
            Ok(datagrams) => {
                return Ok(Pair {
                    datagrams,
                    streams,
                    addr: chosen,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && addr.port() == 0 => {
                tries -= 1;
                if tries == 0 {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(addr, Type::STREAM, Protocol::TCP)?;
    // A port whose last owner's connections linger may be taken again. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn open_datagrams(addr: SocketAddr) -> io::Result<UdpSocket> {
    let socket = open(addr, Type::DGRAM, Protocol::UDP)?;
    // A wish: less is granted where the system is configured so.
    let _ = socket.set_recv_buffer_size(KERNEL_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(socket.into())
}

fn open(addr: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), kind, Some(protocol))?;
    if addr.is_ipv6() {
        // `[::]` listens for IPv4 too, whatever the system's default.
        socket.set_only_v6(!addr.ip().is_unspecified())?;
    }
    Ok(socket)
}

/// How a canonical address is written for a socket bound to `bound`: IPv4 mapped for a socket of IPv6, link-local
/// addresses with the interface that the socket is bound to.
pub(crate) const fn outward(bound: SocketAddr, to: SocketAddr) -> SocketAddr {
    match (bound, to) {
        (SocketAddr::V6(_), SocketAddr::V4(to)) => {
            let mapped: Ipv6Addr = to.ip().to_ipv6_mapped();
            SocketAddr::V6(SocketAddrV6::new(mapped, to.port(), 0, 0))
        }
        (SocketAddr::V6(bound), SocketAddr::V6(to)) if to.ip().is_unicast_link_local() => {
            SocketAddr::V6(SocketAddrV6::new(*to.ip(), to.port(), 0, bound.scope_id()))
        }
        _ => to,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn port_0_is_one_port_for_both() {
        let pair = bind(addr("127.0.0.1:0")).expect("a port");
        assert_ne!(pair.addr.port(), 0);
        assert_eq!(pair.datagrams.local_addr().expect("bound"), pair.addr);
        assert_eq!(pair.streams.local_addr().expect("bound"), pair.addr);
    }

    #[test]
    fn a_port_taken_by_either_protocol_is_refused() {
        let pair = bind(addr("127.0.0.1:0")).expect("a port");
        let Pair {
            datagrams,
            streams,
            addr,
        } = pair;
        drop(datagrams);
        assert_eq!(
            bind(addr).expect_err("taken").kind(),
            io::ErrorKind::AddrInUse
        );
        drop(streams);
        let datagrams = UdpSocket::bind(addr).expect("free again");
        assert_eq!(
            bind(addr).expect_err("taken").kind(),
            io::ErrorKind::AddrInUse
        );
        drop(datagrams);
        assert!(bind(addr).is_ok());
    }

    #[test]
    fn the_unspecified_ipv6_address_hears_ipv4() {
        let Ok(both) = bind(addr("[::]:0")) else {
            // Past the capture of the tests' output: `.ci/run` counts such lines.
            let no = "SKIP a socket for both families: this machine has no IPv6";
            let _ = writeln!(io::stderr(), "{no}");
            return;
        };
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let there = SocketAddr::from(([127, 0, 0, 1], both.addr.port()));
        sender.send_to(b"hello", there).expect("sent");
        let mut buffer = [0; 8];
        let (length, from) = both.datagrams.recv_from(&mut buffer).expect("heard");
        assert_eq!(buffer.get(..length), Some(&b"hello"[..]));
        let from = crate::canonical(from);
        assert_eq!(from, sender.local_addr().expect("bound"));
        let answer = outward(both.addr, from);
        both.datagrams.send_to(b"answer", answer).expect("sent");
        assert_eq!(sender.recv(&mut buffer).expect("heard"), 6);
    }

    #[test]
    fn addresses_are_written_for_the_socket() {
        let out = |bound, to| outward(addr(bound), addr(to));
        assert_eq!(out("0.0.0.0:1", "10.0.0.1:7"), addr("10.0.0.1:7"));
        assert_eq!(out("[::]:1", "10.0.0.1:7"), addr("[::ffff:10.0.0.1]:7"));
        assert_eq!(out("[fe80::1%3]:1", "[fe80::2]:7"), addr("[fe80::2%3]:7"));
        assert_eq!(out("[fe80::1%3]:1", "[fd00::2]:7"), addr("[fd00::2]:7"));
    }
}
