//! The smallest honest driver: one UDP socket, a thread for each stream. `udp_thread ADDRESS [SEED…]`
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::{error::Error, thread, time::Duration};

use swim_core::wire::{Datagram, Envelope};
use swim_core::{Config, Output, Shared};

fn main() -> Result<(), Box<dyn Error>> {
    let words = std::env::args().skip(1).map(|word| word.parse());
    let words = words.collect::<Result<Vec<SocketAddr>, _>>()?;
    let (me, seeds) = words.split_first().ok_or("udp_thread ADDRESS [SEED…]")?;
    let (socket, listener) = (UdpSocket::bind(me)?, TcpListener::bind(me)?);
    // Whatever bears another label is not for us.
    let label = Envelope::new(b"stations")?;
    let shared = Shared::new(*me, Config::LAN, label, 1_024)?;
    let shared: &'static Shared<SocketAddr> = Box::leak(Box::new(shared));
    for seed in seeds {
        shared.node().join(shared.now(), *seed)?;
    }
    thread::spawn(move || {
        loop {
            if let Ok((stream, from)) = listener.accept() {
                let _ = thread::Builder::new().spawn(move || shared.answer(from, stream));
            }
        }
    });
    let (mut incoming, mut outgoing) = ([0; 65_535], [0; 1_400]);
    let mut datagram = Datagram::new(&mut outgoing, label);
    loop {
        // What to do? Ask until it says Wait.
        let output = shared.node().poll_output(&mut datagram);
        match output {
            // What can't be sent is lost, and the protocol lives with loss.
            Output::Send { to } => drop(socket.send_to(datagram.finish(), to)),
            Output::Exchange { id, with, why } => drop(thread::Builder::new().spawn(move || {
                let stream = TcpStream::connect_timeout(&with, Duration::from_secs(1));
                shared.call(id, why, stream)
            })),
            Output::Event(event) => println!("{event:?}"),
            Output::Wait { until } => {
                // Wait for a datagram or the deadline; look every 20 ms what the streams brought.
                let wait = until.map_or(Duration::MAX, |until| until.since(shared.now()));
                let (least, most) = (Duration::from_millis(1), Duration::from_millis(20));
                socket.set_read_timeout(Some(wait.clamp(least, most)))?;
                let mut arrived = socket.recv_from(&mut incoming);
                // Tell the node the facts: first all that has arrived, then the time.
                socket.set_nonblocking(true)?;
                while let Ok((length, from)) = arrived {
                    shared.hear(&from, &incoming[..length]);
                    arrived = socket.recv_from(&mut incoming);
                }
                socket.set_nonblocking(false)?;
                shared.node().handle_timeout(shared.now());
            }
        }
    }
}
