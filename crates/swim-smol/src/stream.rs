//! Streams: exchanges of rosters with one other node, opened or accepted.
//!
//! Each has a deadline as a whole, each read and write one of its own, and each place for a stream of others is given
//! back when it ends. So a peer that is slow, silent or hostile costs one place for a bounded time, and nothing else.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smol::future::FutureExt;
use smol::lock::{Semaphore, SemaphoreGuardArc};
use smol::{Async, Task, Timer};
use swim_core::{ExchangeFailed, ExchangeId, Exchanged, Reason};
use tracing::{debug, info, warn};

use crate::converse::{Cause, End, Patience, broken, by, converse, part};
use crate::peer::canonical;
use crate::runtime;
use crate::shared::{Shared, lock};
use crate::socket::outward;

/// How long streams of others may wait in the system's queue for a place before they are refused.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long nothing is accepted after the system could not: it is out of files, most often.
const RECOVERY: Duration = Duration::from_millis(100);

/// All streams of one node.
#[derive(Debug)]
pub(crate) struct Streams {
    shared: Arc<Shared>,
    /// Places for streams of others.
    places: Arc<Semaphore>,
    /// `None` once the node has ended.
    running: Mutex<Option<Vec<Task<()>>>>,
}

impl Streams {
    pub(crate) fn new(shared: Arc<Shared>, places: usize) -> Self {
        Self {
            shared,
            places: Arc::new(Semaphore::new(places)),
            running: Mutex::new(Some(Vec::new())),
        }
    }

    /// Nothing begins from here on. These tasks hold the streams.
    pub(crate) fn end(&self) -> Vec<Task<()>> {
        lock(&self.running).take().unwrap_or_default()
    }

    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(running) = &mut *lock(&self.running) {
            running.retain(|task| !task.is_finished());
            running.push(runtime::spawn(work));
        }
    }

    /// Calls `with` and holds the exchange that the node wants.
    pub(crate) fn open(&self, id: ExchangeId, with: SocketAddr, why: Reason) {
        let shared = Arc::clone(&self.shared);
        self.run(async move {
            shared.state().counters.streams_opened += 1;
            let patience = Patience::of(&shared);
            let to = outward(shared.place.bound, with);
            let cause = Cause::new();
            let (how, stream) = match by(patience.deadline, connect(to, patience, &cause)).await {
                Ok(stream) => {
                    let end = End::Opener { id, why };
                    (
                        converse(&shared, &stream, end, patience, &cause).await,
                        Some(stream),
                    )
                }
                Err(error) => (Err(error), None),
            };
            report(&shared, with, why, how, &cause);
            finish(&shared, id, how);
            if let Some(stream) = stream {
                part(&stream, how, patience).await;
            }
        });
    }

    /// Serves streams of others until the task is dropped.
    pub(crate) async fn accept(self: Arc<Self>, listener: Async<TcpListener>) {
        let mut patience = PATIENCE;
        loop {
            let (stream, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    let node = self.shared.place.name.as_str();
                    warn!(node, %error, "cannot accept streams; trying again");
                    Timer::after(RECOVERY).await;
                    continue;
                }
            };
            if let Some(place) = self.place(patience).await {
                self.serve(stream, canonical(from), place);
                patience = PATIENCE;
            } else {
                self.refuse(stream, from);
                // Those behind it have waited as long.
                patience = Duration::ZERO;
            }
        }
    }

    async fn place(&self, patience: Duration) -> Option<SemaphoreGuardArc> {
        let late = async {
            Timer::after(patience).await;
            None
        };
        async { Some(self.places.acquire_arc().await) }
            .or(late)
            .await
    }

    fn refuse(&self, stream: Async<TcpStream>, from: SocketAddr) {
        self.shared.state().counters.streams_refused += 1;
        drop(stream);
        debug!(node = self.shared.place.name, %from, "refused a stream: all places are taken");
    }

    fn serve(&self, stream: Async<TcpStream>, from: SocketAddr, place: SemaphoreGuardArc) {
        let shared = Arc::clone(&self.shared);
        self.run(async move {
            let accepted = {
                let mut state = shared.state();
                state.counters.streams_accepted += 1;
                state.node.accept(shared.clock.now(), from)
            };
            let Ok(id) = accepted else {
                debug!(node = shared.place.name, %from, "refused a stream: too many exchanges");
                return;
            };
            let patience = Patience::of(&shared);
            let cause = Cause::new();
            let end = End::Answerer { id };
            let how = converse(&shared, &stream, end, patience, &cause).await;
            match how {
                Ok(_) => {}
                Err(ExchangeFailed::Refused) => {
                    let node = shared.place.name.as_str();
                    info!(node, %from, "refused a stream: it has another label, or another major version");
                }
                Err(error) => {
                    let node = shared.place.name.as_str();
                    let error = told(error, &cause);
                    info!(node, %from, error, "a stream of another node failed");
                }
            }
            finish(&shared, id, how);
            part(&stream, how, patience).await;
            drop(place);
        });
    }
}

/// Connects, within two steps.
async fn connect(
    to: SocketAddr,
    patience: Patience,
    cause: &Cause,
) -> Result<Async<TcpStream>, ExchangeFailed> {
    let connect = async {
        let stream = Async::<TcpStream>::connect(to).await;
        let stream = stream.map_err(|error| broken(error, cause))?;
        // Frames are answered at once; waiting for more to send would only slow them down.
        let _ = stream.get_ref().set_nodelay(true);
        Ok(stream)
    };
    by(Instant::now() + 2 * patience.step, connect).await
}

fn report(
    shared: &Shared,
    with: SocketAddr,
    why: Reason,
    how: Result<Exchanged, ExchangeFailed>,
    cause: &Cause,
) {
    let node = shared.place.name.as_str();
    match how {
        Ok(done) => debug!(node, %with, %why, same = done.same, "exchanged rosters"),
        Err(error) => {
            let error = told(error, cause);
            warn!(node, %with, %why, error, "an exchange failed");
        }
    }
}

/// How an exchange failed, and what the system said about it.
fn told(error: ExchangeFailed, cause: &Cause) -> String {
    match cause.get() {
        Some(cause) if error == ExchangeFailed::Broken => {
            format!("{error} ({})", crate::error::reason(cause))
        }
        _ => error.to_string(),
    }
}

fn finish(shared: &Shared, id: ExchangeId, how: Result<Exchanged, ExchangeFailed>) {
    let mut state = shared.state();
    if how == Err(ExchangeFailed::TimedOut) {
        state.counters.streams_timed_out += 1;
    }
    state.end_exchange(shared.clock.now(), id, how);
    drop(state);
    shared.wake();
}
