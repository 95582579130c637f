//! An exchange over a blocking stream (feature `std`): for drivers that have a thread for each.

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec;

use crate::exchange::Exchange;
use crate::node::Node;
use crate::output::{ExchangeFailed, Exchanged};
use crate::time::Instant;
use crate::wire::{MAX_FRAME, WirePeer};

/// How often an exchange looks up from its stream: at the time, and at what its node heard meanwhile.
const GLANCE: Duration = Duration::from_millis(20);

/// A stream of bytes both ways that blocks, but not for ever.
pub trait Stream: Read + Write {
    /// From now on reading waits no longer than this, and writing neither: then they say
    /// [`WouldBlock`](ErrorKind::WouldBlock) or [`TimedOut`](ErrorKind::TimedOut).
    ///
    /// # Errors
    /// The system's; the exchange ends then.
    fn wait_at_most(&mut self, time: Duration) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn wait_at_most(&mut self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))?;
        self.set_write_timeout(Some(time))
    }
}

impl<S: AsRef<[u32]> + AsMut<[u32]>> Exchange<'_, S> {
    /// Holds the exchange over a blocking stream until it has ended, and tells the node how: this is the one
    /// [`handle_exchange`](Node::handle_exchange) that every exchange owes. The node has new outputs afterwards: drain it.
    ///
    /// The node is locked for moments only, never while the stream waits. The exchange ends after
    /// [`ExchangeConfig::timeout`](crate::ExchangeConfig::timeout) by `now`, however slowly the other side sends, or takes,
    /// its bytes. It buffers two frames at most.
    ///
    /// # Errors
    /// [`ExchangeFailed`], of which the node has been told.
    pub fn converse<P: WirePeer>(
        &mut self,
        stream: &mut impl Stream,
        node: &Mutex<Node<'_, P>>,
        now: impl Fn() -> Instant,
    ) -> Result<Exchanged, ExchangeFailed> {
        let end = now().after(lock(node).config().exchange.timeout);
        let in_time = || (now() < end).then_some(()).ok_or(ExchangeFailed::TimedOut);
        let how = match stream.wait_at_most(GLANCE) {
            Ok(()) => self.hold(stream, node, &now, in_time),
            Err(_) => Err(ExchangeFailed::Broken),
        };
        lock(node).handle_exchange(now(), self.id(), how);
        how
    }

    fn hold<P: WirePeer>(
        &mut self,
        stream: &mut impl Stream,
        node: &Mutex<Node<'_, P>>,
        now: impl Fn() -> Instant,
        in_time: impl Fn() -> Result<(), ExchangeFailed>,
    ) -> Result<Exchanged, ExchangeFailed> {
        let (mut output, mut room) = (vec![0; MAX_FRAME], [0; 1_024]);
        let mut input = vec![];
        loop {
            let written = self.poll_write(&mut lock(node), &mut output);
            let mut left = output.get(..written).unwrap_or_default();
            while !left.is_empty() {
                in_time()?;
                let bytes = moved(stream.write(left))?;
                left = left.get(bytes..).unwrap_or_default();
            }
            if written > 0 {
                continue;
            }
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            let taken = self.handle_read(now(), &mut lock(node), &input);
            let taken = taken.map_err(|_| ExchangeFailed::Malformed)?;
            input.drain(..taken.min(input.len()));
            if taken > 0 || self.is_done() {
                continue;
            }
            in_time()?;
            if input.len() > MAX_FRAME {
                // Enough for a frame, and none is to come: the other side talks while it is not its turn.
                return Err(ExchangeFailed::Malformed);
            }
            let bytes = moved(stream.read(&mut room))?;
            input.extend_from_slice(room.get(..bytes).unwrap_or_default());
        }
    }
}

/// How many bytes were read or written. A stream that has ended is broken; one that waits is not.
fn moved(how: io::Result<usize>) -> Result<usize, ExchangeFailed> {
    match how {
        Ok(0) => Err(ExchangeFailed::Broken),
        Ok(bytes) => Ok(bytes),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(0),
            _ => Err(ExchangeFailed::Broken),
        },
    }
}

/// Nothing here panics while it holds the lock; what others did is theirs to know.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
