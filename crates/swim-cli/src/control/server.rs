//! The HTTP server of the control face: connections, their limits, and their end.

use std::cell::Cell;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use event_listener::Event as Bell;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use smol::future::FutureExt;
use smol::{Async, LocalExecutor, Timer};
use smol_hyper::rt::{FuturesIo, SmolTimer};

use super::face::{Face, count};
use super::routes;

/// Connections served at once; one more is closed at once and counted.
const CONNECTIONS: usize = 64;

/// How long a request's head may take to come, in full.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The most that is buffered of a connection, in bytes.
const BUFFER: usize = 16 * 1024;

/// How long answers may take to be sent when the agent ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The control face on a bound port.
#[derive(Debug)]
pub(crate) struct Server {
    listener: Async<TcpListener>,
    open: Open,
}

/// How many connections are open, and the bell that ends them.
#[derive(Debug, Default)]
struct Open {
    number: Cell<usize>,
    closing: Cell<bool>,
    bell: Bell,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = Async::<TcpListener>::bind(address)?;
        Ok(Self {
            listener,
            open: Open::default(),
        })
    }

    /// The address with its real port.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.get_ref().local_addr()
    }

    /// Serves without end.
    pub(crate) async fn run(self: Rc<Self>, face: Rc<Face>, executor: Rc<LocalExecutor<'static>>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) if self.open.number.get() < CONNECTIONS => {
                    self.open.number.set(self.open.number.get() + 1);
                    let serve = Rc::clone(&self).serve(stream, Rc::clone(&face));
                    executor.spawn(serve).detach();
                }
                Ok((refused, _)) => {
                    drop(refused);
                    count(&face.counts.connections_refused);
                }
                Err(error) => {
                    // Out of file descriptors, most likely: trying again at once would only burn time.
                    tracing::warn!(%error, "the control face can't accept a connection");
                    Timer::after(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn serve(self: Rc<Self>, stream: Async<TcpStream>, face: Rc<Face>) {
        let answer = service_fn(move |request| routes::answer(Rc::clone(&face), request));
        let connection = http1::Builder::new()
            .timer(SmolTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(BUFFER)
            .serve_connection(FuturesIo::new(stream), answer);
        let mut connection = pin!(connection);
        let finished = async {
            let ended = connection.as_mut().await;
            Some(ended)
        };
        let closing = async {
            self.open.closing().await;
            None
        };
        if finished.or(closing).await.is_none() {
            connection.as_mut().graceful_shutdown();
            // Whoever is gone by now has nothing to be told.
            let _ = connection.await;
        }
        self.open.number.set(self.open.number.get() - 1);
        self.open.bell.notify(usize::MAX);
    }

    /// Lets answers that have begun come to their end, for a moment.
    pub(crate) async fn finish(&self) {
        self.open.closing.set(true);
        self.open.bell.notify(usize::MAX);
        let enough = async {
            Timer::after(LAST_WORDS).await;
        };
        self.open.none().or(enough).await;
    }
}

impl Open {
    async fn closing(&self) {
        self.wait(|| self.closing.get()).await;
    }

    async fn none(&self) {
        self.wait(|| self.number.get() == 0).await;
    }

    async fn wait(&self, so: impl Fn() -> bool) {
        loop {
            let rung = self.bell.listen();
            if so() {
                return;
            }
            rung.await;
        }
    }
}
