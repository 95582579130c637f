//! How the commands talk to an agent.

use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, Connection};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol::future::FutureExt;
use smol::{Async, Timer};
use smol_hyper::rt::FuturesIo;

use super::json::{EventView, Refusal};
use super::sse::Decoder;
use crate::errors::{Failure, reason};

/// How long an agent may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an agent may take to answer a question about itself; a wish says how long it may take in all.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// An agent's control face, seen from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    address: SocketAddr,
}

/// An answer whose body is still coming, with the connection that it comes on.
#[derive(Debug)]
struct Call {
    line: Line,
    answer: Response<Incoming>,
}

/// A connection that moves only while somebody waits for something that comes on it; `None` once it has ended.
#[derive(Debug)]
struct Line(Option<Pin<Box<Http>>>);

type Http = Connection<FuturesIo<Async<TcpStream>>, Full<Bytes>>;

impl Line {
    /// Waits for what comes on this connection. When the connection ends, what waits learns the reason by itself.
    async fn wait<T>(&mut self, awaited: impl Future<Output = T>) -> T {
        let moving = async {
            if let Some(connection) = &mut self.0 {
                let _ = connection.await;
                self.0 = None;
            }
            std::future::pending().await
        };
        awaited.or(moving).await
    }
}

impl Client {
    /// The agent at that address.
    pub(crate) const fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Asks.
    ///
    /// # Errors
    /// Nobody answers, or what answers is no agent.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self.request(Method::GET, path, None, Bytes::new());
        self.ask(request, ANSWER_TIMEOUT).await
    }

    /// Wishes; the answer may take that long.
    ///
    /// # Errors
    /// Nobody answers, what answers is no agent, or the agent refuses.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        wish: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, Failure> {
        // Wishes are strings and maps of strings, which can always be written.
        let body = serde_json::to_vec(wish).unwrap_or_default();
        let request = self.request(Method::POST, path, None, Bytes::from(body));
        self.ask(request, timeout).await
    }

    /// Follows the events after that number, or from now on.
    ///
    /// # Errors
    /// Nobody answers, or what answers is no agent.
    pub(crate) async fn events(&self, after: Option<u64>) -> Result<Following, Failure> {
        let request = self.request(Method::GET, "/v1/events", after, Bytes::new());
        let call = self.within(ANSWER_TIMEOUT, self.call(request)).await?;
        if call.answer.status() != StatusCode::OK {
            return Err(self.stranger(&format!("it says {}", call.answer.status())));
        }
        let decoder = Decoder::default();
        Ok(Following {
            client: *self,
            call,
            decoder,
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        last_event: Option<u64>,
        body: Bytes,
    ) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        // Paths are ours, and an address always makes a header.
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        let mut insert =
            |name, value: String| value.parse().map(|value| headers.insert(name, value));
        let _ = insert(HOST, self.address.to_string());
        let _ = insert(ACCEPT, "application/json, text/event-stream".to_owned());
        let _ = insert(CONTENT_TYPE, "application/json".to_owned());
        if let Some(seq) = last_event {
            let _ = insert(
                hyper::header::HeaderName::from_static("last-event-id"),
                seq.to_string(),
            );
        }
        request
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
    ) -> Result<T, Failure> {
        let answer = async {
            let call = self.call(request).await?;
            let status = call.answer.status();
            let body = call
                .body()
                .await
                .map_err(|error| self.stranger(&error.to_string()))?;
            Ok((status, body))
        };
        let (status, body) = self.within(timeout, answer).await?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| self.stranger(&error.to_string()));
        }
        match serde_json::from_slice::<Refusal>(&body) {
            Ok(refusal) if status == StatusCode::BAD_REQUEST => Err(Failure::usage(refusal.error)),
            Ok(refusal) => Err(Failure::failed(refusal.error)),
            Err(_) => Err(self.stranger(&format!("it says {status}"))),
        }
    }

    async fn call(&self, request: Request<Full<Bytes>>) -> Result<Call, Failure> {
        let connect = async {
            let connected = Async::<TcpStream>::connect(self.address).await;
            connected.map_err(|error| self.nobody(&reason(&error)))
        };
        let stream = self.within(CONNECT_TIMEOUT, connect).await?;
        let (mut sender, line) = http1::handshake(FuturesIo::new(stream))
            .await
            .map_err(|error| self.stranger(&error.to_string()))?;
        let mut line = Line(Some(Box::pin(line)));
        let answer = line.wait(sender.send_request(request)).await;
        let answer = answer.map_err(|error| self.stranger(&error.to_string()))?;
        Ok(Call { line, answer })
    }

    async fn within<T>(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let late = async {
            Timer::after(timeout).await;
            Err(self.nobody(&format!("no answer within {timeout:?}")))
        };
        work.or(late).await
    }

    fn nobody(&self, reason: &str) -> Failure {
        let address = self.address;
        Failure::no_agent(format!(
            "no agent answers at {address}: {reason} (is it running? start one with `swim agent`, or name its address with --control)"
        ))
    }

    fn stranger(&self, reason: &str) -> Failure {
        let address = self.address;
        Failure::no_agent(format!(
            "what answers at {address} is no swim agent: {reason} (name the agent's address with --control)"
        ))
    }
}

impl Call {
    async fn body(self) -> hyper::Result<Bytes> {
        let Self { mut line, answer } = self;
        let body = line.wait(answer.into_body().collect()).await;
        Ok(body?.to_bytes())
    }
}

/// The events of an agent, as they come.
#[derive(Debug)]
pub(crate) struct Following {
    client: Client,
    call: Call,
    decoder: Decoder,
}

impl Following {
    /// The next event; `None` when the agent has ended in peace.
    ///
    /// # Errors
    /// The agent ended otherwise, or is none.
    pub(crate) async fn next(&mut self) -> Result<Option<EventView>, Failure> {
        loop {
            if let Some(data) = self.decoder.next() {
                let event = serde_json::from_str(&data);
                return event
                    .map(Some)
                    .map_err(|error| self.client.stranger(&error.to_string()));
            }
            let Call { line, answer } = &mut self.call;
            match line.wait(answer.body_mut().frame()).await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.decoder
                        .push(&data)
                        .map_err(|error| self.client.stranger(&error))?;
                }
                Some(Err(error)) => {
                    let address = self.client.address;
                    return Err(Failure::failed(format!(
                        "the agent at {address} is gone: {error} (was it killed? its cluster will notice)"
                    )));
                }
            }
        }
    }
}
