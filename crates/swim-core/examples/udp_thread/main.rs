//! The smallest honest driver: one UDP socket, a thread for each stream. `udp_thread ID ADDRESS [SEED…]`
mod peer;
mod streams;

use std::net::{TcpListener, UdpSocket};
use std::{error::Error, thread, time::Duration};

use streams::{LABEL, Shared};
use swim_core::{Output, wire::Datagram};

fn main() -> Result<(), Box<dyn Error>> {
    let (me, seeds) = peer::from_command_line()?;
    let (socket, listener) = (UdpSocket::bind(me.addr)?, TcpListener::bind(me.addr)?);
    let shared: &'static Shared = Box::leak(Box::new(Shared::new(me)?));
    for seed in seeds {
        shared.node().join(shared.now(), seed)?;
    }
    thread::spawn(move || shared.answer(&listener));
    let (mut incoming, mut outgoing) = ([0; 65_535], [0; 1_400]);
    let mut datagram = Datagram::new(&mut outgoing, LABEL);
    loop {
        // What to do? Ask until it says Wait.
        let until = loop {
            let output = shared.node().poll_output(&mut datagram);
            match output {
                // What can't be sent is lost, and the protocol lives with loss.
                Output::Send { to } => drop(socket.send_to(datagram.finish(), to)),
                Output::Exchange { id, with, why } => {
                    thread::spawn(move || shared.call(id, with, why));
                }
                Output::Event(event) => println!("{event:?}"),
                Output::Wait { until } => break until,
            }
        };
        // Wait for a datagram or the deadline; look every 20 ms what the streams brought.
        let wait = until.map_or(Duration::MAX, |until| until.since(shared.now()));
        let (least, most) = (Duration::from_millis(1), Duration::from_millis(20));
        socket.set_read_timeout(Some(wait.clamp(least, most)))?;
        let mut arrived = socket.recv_from(&mut incoming);
        // Tell the node the facts: first all that has arrived, then the time.
        socket.set_nonblocking(true)?;
        while let Ok((length, from)) = arrived {
            shared.hear(from, &incoming[..length]);
            arrived = socket.recv_from(&mut incoming);
        }
        socket.set_nonblocking(false)?;
        if until.is_some_and(|until| until <= shared.now()) {
            shared.node().handle_timeout(shared.now());
        }
    }
}
