//! One exchange over one stream: bytes from the exchange to the stream and back.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use smol::future::FutureExt;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, Timer};
use swim_core::wire::MAX_FRAME;
use swim_core::{Exchange, ExchangeFailed, ExchangeId, Exchanged, Reason};
use tracing::debug;

use crate::seeds::random;
use crate::shared::Shared;

/// A cluster's size that scratch is lent for at least: ours may be small only because we have just joined.
const FEW_MEMBERS: u32 = 128;
/// Bytes read or written at once at most: a few frames.
const BUFFER: usize = 8 * MAX_FRAME;
/// Bytes that are read and thrown away at the end of a stream at most.
const LEFTOVERS: usize = 64 * 1_024;

/// Which end of a stream we are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// We called.
    Opener { id: ExchangeId, why: Reason },
    /// We were called.
    Answerer { id: ExchangeId },
}

/// How long a stream may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// When it must be over.
    pub(crate) deadline: Instant,
    /// How long one read or write may take.
    pub(crate) step: Duration,
}

impl Patience {
    /// The time that the node gives an exchange, from now on; a quarter of it for each step.
    pub(crate) fn of(shared: &Shared) -> Self {
        let whole = shared.state().node.config().exchange.timeout;
        Self {
            deadline: Instant::now() + whole,
            step: whole / 4,
        }
    }
}

/// `work`, or [`ExchangeFailed::TimedOut`] at `deadline`.
pub(crate) async fn by<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, ExchangeFailed>>,
) -> Result<T, ExchangeFailed> {
    let late = async {
        Timer::at(deadline).await;
        Err(ExchangeFailed::TimedOut)
    };
    work.or(late).await
}

/// What the system said when a stream broke.
pub(crate) type Cause = OnceLock<io::Error>;

/// A stream that could not be opened, or broke; the first cause is kept.
pub(crate) fn broken(error: io::Error, cause: &Cause) -> ExchangeFailed {
    let _ = cause.set(error);
    ExchangeFailed::Broken
}

/// Holds an exchange from its first byte to its last.
pub(crate) async fn converse(
    shared: &Shared,
    stream: &Async<TcpStream>,
    end: End,
    patience: Patience,
    cause: &Cause,
) -> Result<Exchanged, ExchangeFailed> {
    let counts = shared.state().node.counts();
    let known = counts.alive + counts.suspect + counts.dead + counts.left;
    let words = Exchange::scratch_for(known.max(FEW_MEMBERS));
    let mut scratch = vec![0_u32; words];
    let envelope = shared.place.envelope();
    let mut exchange = match end {
        End::Opener { id, why } => {
            Exchange::open(id, why, envelope, random(), scratch.as_mut_slice())
        }
        End::Answerer { id } => Exchange::accept(id, envelope, scratch.as_mut_slice()),
    };
    let session = Session {
        shared,
        stream,
        step: patience.step,
        cause,
    };
    let how = by(patience.deadline, session.run(&mut exchange)).await;
    shared.state().wire.add(exchange.counters());
    if let Some(refusal) = exchange.refusal() {
        debug!(
            node = shared.place.name,
            ?refusal,
            "an exchange was refused"
        );
    }
    how
}

/// Ends a stream so that what we said last arrives: closing one with unread bytes would take back what is under way.
pub(crate) async fn part(
    stream: &Async<TcpStream>,
    how: Result<Exchanged, ExchangeFailed>,
    patience: Patience,
) {
    let hopeless = [ExchangeFailed::TimedOut, ExchangeFailed::Broken];
    let in_vain = how.is_err_and(|error| hopeless.contains(&error));
    if in_vain || stream.get_ref().shutdown(Shutdown::Write).is_err() {
        return;
    }
    let read_rest = async {
        let mut rest = [0; 1_024];
        for _ in 0..LEFTOVERS / rest.len() {
            match { stream }.read(&mut rest).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(())
    };
    let _ = by(Instant::now() + patience.step, read_rest).await;
}

struct Session<'s> {
    shared: &'s Shared,
    stream: &'s Async<TcpStream>,
    step: Duration,
    cause: &'s Cause,
}

impl Session<'_> {
    async fn run(&self, exchange: &mut Exchange<'_>) -> Result<Exchanged, ExchangeFailed> {
        let mut input = Input::new();
        let mut output = vec![0; BUFFER];
        loop {
            let turn = self.shared.turn();
            self.write(exchange, &mut output).await?;
            if let Some(outcome) = exchange.outcome() {
                return outcome;
            }
            if exchange.waits() {
                self.shared.turn_after(turn).await;
            } else if !self.take(exchange, &mut input)? {
                self.read(&mut input).await?;
            }
        }
    }

    /// Writes all that the exchange has to say now.
    async fn write(
        &self,
        exchange: &mut Exchange<'_>,
        output: &mut [u8],
    ) -> Result<(), ExchangeFailed> {
        loop {
            let written = exchange.poll_write(&mut self.shared.state().node, output);
            let Some(bytes) = output.get(..written).filter(|bytes| !bytes.is_empty()) else {
                return Ok(());
            };
            let mut stream = self.stream;
            let sent = async {
                let written = stream.write_all(bytes).await;
                written.map_err(|error| broken(error, self.cause))
            };
            by(Instant::now() + self.step, sent).await?;
            self.shared.state().counters.stream_bytes_sent += bytes.len() as u64;
        }
    }

    /// Gives the exchange what was read; says whether it took any of it.
    fn take(&self, exchange: &mut Exchange<'_>, input: &mut Input) -> Result<bool, ExchangeFailed> {
        let now = self.shared.clock.now();
        let taken = exchange.handle_read(now, &mut self.shared.state().node, input.bytes());
        let taken = taken.map_err(|malformed| {
            debug!(node = self.shared.place.name, %malformed, "ended a stream");
            ExchangeFailed::Malformed
        })?;
        if taken > 0 {
            input.drop_front(taken);
            // What the node heard, it may have to tell.
            self.shared.wake();
        }
        Ok(taken > 0 || exchange.is_done())
    }

    async fn read(&self, input: &mut Input) -> Result<(), ExchangeFailed> {
        let room = input.room();
        if room.is_empty() {
            // Longer than any frame can be, and still no frame.
            return Err(ExchangeFailed::Malformed);
        }
        let mut stream = self.stream;
        let heard = async {
            let read = stream.read(room).await;
            read.map_err(|error| broken(error, self.cause))
        };
        let length = by(Instant::now() + self.step, heard).await?;
        if length == 0 {
            return Err(broken(io::ErrorKind::UnexpectedEof.into(), self.cause));
        }
        input.filled += length;
        self.shared.state().counters.stream_bytes_received += length as u64;
        Ok(())
    }
}

/// What was read and not yet taken.
struct Input {
    buffer: Vec<u8>,
    filled: usize,
}

impl Input {
    fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER],
            filled: 0,
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    fn room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    fn drop_front(&mut self, taken: usize) {
        self.buffer.copy_within(taken..self.filled, 0);
        self.filled -= taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken_stays_in_front() {
        let mut input = Input::new();
        input.room()[..5].copy_from_slice(b"abcde");
        input.filled = 5;
        input.drop_front(3);
        assert_eq!(input.bytes(), b"de");
        assert_eq!(input.room().len(), BUFFER - 2);
        input.drop_front(2);
        assert_eq!(input.bytes(), b"");
    }

    #[test]
    fn work_that_takes_too_long_has_timed_out() {
        let never = std::future::pending::<Result<(), ExchangeFailed>>();
        let soon = Instant::now() + Duration::from_millis(5);
        let how = smol::block_on(by(soon, never));
        assert_eq!(how, Err(ExchangeFailed::TimedOut));
    }
}
