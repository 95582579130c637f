//! What the system takes for the same datagrams when nobody looks into them: as many bare sockets, each of which sends a ping
//! a second to another, which answers it. Nothing on sockets can cost less; how much that is depends on the machine.
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

const PING: [u8; 24] = [1; 24];
const ACK: [u8; 24] = [2; 24];

/// Sends and answers one ping per socket and second.
pub(crate) fn run(sockets: u32, time: Duration) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut bound = Vec::new();
    for number in 0..sockets as usize {
        let mut socket = UdpSocket::bind("127.0.0.1:0".parse().expect("an address"))?;
        let registry = poll.registry();
        registry.register(&mut socket, Token(number), Interest::READABLE)?;
        bound.push(socket);
    }
    let mut events = Events::with_capacity(256);
    let (began, gap) = (Instant::now(), Duration::from_secs(1) / sockets);
    let mut pings = 0;
    while began.elapsed() < time {
        let due = began + gap * pings;
        if due <= Instant::now() {
            let (from, to) = (
                pings % sockets,
                pings.wrapping_mul(7).wrapping_add(1) % sockets,
            );
            bound[from as usize].send_to(&PING, bound[to as usize].local_addr()?)?;
            pings += 1;
            continue;
        }
        poll.poll(
            &mut events,
            Some(due.saturating_duration_since(Instant::now())),
        )?;
        for event in &events {
            answer(&bound[event.token().0])?;
        }
    }
    Ok(())
}

/// Takes whatever has come in and answers each ping.
fn answer(socket: &UdpSocket) -> io::Result<()> {
    let mut buffer = [0; 1_500];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((_, from)) if buffer[0] == PING[0] => drop(socket.send_to(&ACK, from)?),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
