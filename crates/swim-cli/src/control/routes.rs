//! Which request is answered by what.

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol::Timer;
use smol::future::FutureExt;

use super::face::{Face, MetaRefused, count};
use super::json::{JoinWish, MetaWish, Refusal};
use super::sse::{self, Frames};
use crate::address::HostPort;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// How long a body may take to come, in full.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Most seeds of one join.
const MOST_SEEDS: usize = 64;

/// An answer, whole or without end.
pub(super) type Answer = Response<Either<Full<Bytes>, StreamBody<Frames>>>;

/// Why a request is not carried out.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    error: String,
    /// The method that the path answers to.
    allowed: Option<&'static str>,
}

const INDEX: &str = "\
GET  /v1/members   everybody remembered, by name
GET  /v1/info      the node's account of itself
GET  /v1/events    server-sent events; Last-Event-ID replays what is kept
POST /v1/join      {\"seeds\": [\"10.0.0.1:7946\"]}
POST /v1/leave     leaves the cluster and ends the agent
POST /v1/meta      {\"meta\": {\"role\": \"web\"}} replaces the metadata
";

/// Answers one request.
pub(super) async fn answer(
    face: Rc<Face>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    count(&face.counts.requests);
    let answered = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, path) => get(&face, path, request.headers()),
        (&Method::POST, _) => post(&face, request).await,
        (_, path) => Err(wrong_method(path)),
    };
    Ok(answered.unwrap_or_else(Refused::answer))
}

fn get(face: &Face, path: &str, headers: &HeaderMap) -> Result<Answer, Refused> {
    match path {
        "/" => Ok(whole(StatusCode::OK, "text/plain; charset=utf-8", INDEX)),
        "/v1/members" => Ok(json(StatusCode::OK, &face.members())),
        "/v1/info" => Ok(json(StatusCode::OK, &face.info())),
        "/v1/events" => events(face, headers),
        "/v1/join" | "/v1/leave" | "/v1/meta" => Err(wrong_method(path)),
        _ => Err(unknown(path)),
    }
}

async fn post(face: &Face, request: Request<Incoming>) -> Result<Answer, Refused> {
    refuse_foreign_pages(request.headers())?;
    let (head, body) = request.into_parts();
    match head.uri.path() {
        "/v1/join" => join(face, read(body).await?).await,
        "/v1/leave" => Ok(json(StatusCode::OK, &face.leave().await)),
        "/v1/meta" => meta(face, read(body).await?).await,
        path @ ("/" | "/v1/members" | "/v1/info" | "/v1/events") => Err(wrong_method(path)),
        path => Err(unknown(path)),
    }
}

fn events(face: &Face, headers: &HeaderMap) -> Result<Answer, Refused> {
    let after = match headers.get("last-event-id") {
        Some(id) => {
            let number = id.to_str().ok().and_then(|id| id.trim().parse().ok());
            Some(number.ok_or_else(|| {
                Refused::new(
                    StatusCode::BAD_REQUEST,
                    format!(
                        "Last-Event-ID {id:?} is no number (send the id of the last event read)"
                    ),
                )
            })?)
        }
        None => None,
    };
    let frames = sse::frames(face.journal.reader(after));
    let mut answer = Response::new(Either::Right(StreamBody::new(frames)));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

async fn join(face: &Face, wish: JoinWish) -> Result<Answer, Refused> {
    let bad = |error: String| Refused::new(StatusCode::BAD_REQUEST, error);
    if wish.seeds.is_empty() || wish.seeds.len() > MOST_SEEDS {
        let given = wish.seeds.len();
        return Err(bad(format!("{given} seeds given (give 1 to {MOST_SEEDS})")));
    }
    for seed in &wish.seeds {
        seed.parse::<HostPort>().map_err(bad)?;
    }
    Ok(json(StatusCode::OK, &face.join(wish.seeds).await))
}

async fn meta(face: &Face, wish: MetaWish) -> Result<Answer, Refused> {
    match face.meta(&wish.meta).await {
        Ok(()) => Ok(json(StatusCode::OK, &wish)),
        Err(MetaRefused::Value(error)) => Err(Refused::new(StatusCode::BAD_REQUEST, error)),
        Err(MetaRefused::Node(error)) => Err(Refused::new(StatusCode::CONFLICT, error.to_string())),
    }
}

async fn read<T: DeserializeOwned>(body: Incoming) -> Result<T, Refused> {
    let whole = async {
        let read = Limited::new(body, LONGEST_BODY).collect().await;
        read.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let text = format!("the body is longer than {LONGEST_BODY} bytes (send less)");
                Refused::new(StatusCode::PAYLOAD_TOO_LARGE, text)
            } else {
                let text = format!("the body did not come whole: {error}");
                Refused::new(StatusCode::BAD_REQUEST, text)
            }
        })
    };
    let late = async {
        Timer::after(BODY_TIMEOUT).await;
        let text = format!("the body did not come whole within {BODY_TIMEOUT:?} (send it at once)");
        Err(Refused::new(StatusCode::REQUEST_TIMEOUT, text))
    };
    let bytes = whole.or(late).await?;
    serde_json::from_slice(&bytes.to_bytes()).map_err(|error| {
        Refused::new(
            StatusCode::BAD_REQUEST,
            format!("the body is not what is expected: {error} (see GET /)"),
        )
    })
}

/// A page from elsewhere, open in a browser on this machine, must not tell the agent what to do. Browsers send `Origin` with
/// every POST; it must be the face's own, by number or as localhost, or a name could be bent to this address.
fn refuse_foreign_pages(headers: &HeaderMap) -> Result<(), Refused> {
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let own = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| {
            let local = host.parse::<std::net::SocketAddr>().is_ok()
                || host
                    .strip_prefix("localhost")
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
            local && origin.strip_prefix("http://") == Some(host)
        });
    if own {
        return Ok(());
    }
    let text =
        format!("a page from {origin:?} can't control this agent (use a page of the agent's own)");
    Err(Refused::new(StatusCode::FORBIDDEN, text))
}

fn unknown(path: &str) -> Refused {
    let text = format!("nothing is known at {path} (see GET /)");
    Refused::new(StatusCode::NOT_FOUND, text)
}

fn wrong_method(path: &str) -> Refused {
    let allowed = match path {
        "/v1/join" | "/v1/leave" | "/v1/meta" => "POST",
        "/" | "/v1/members" | "/v1/info" | "/v1/events" => "GET",
        _ => return unknown(path),
    };
    let text = format!("{path} answers to {allowed} only");
    let allowed = Some(allowed);
    Refused {
        allowed,
        ..Refused::new(StatusCode::METHOD_NOT_ALLOWED, text)
    }
}

impl Refused {
    const fn new(status: StatusCode, error: String) -> Self {
        Self {
            status,
            error,
            allowed: None,
        }
    }

    fn answer(self) -> Answer {
        let Self {
            status,
            error,
            allowed,
        } = self;
        let mut answer = json(status, &Refusal { error });
        if let Some(allowed) = allowed {
            answer
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static(allowed));
        }
        answer
    }
}

fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    // Views of strings and numbers can always be written.
    let mut body = serde_json::to_string(value).unwrap_or_default();
    body.push('\n');
    whole(status, "application/json", body)
}

fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(body.into())));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
