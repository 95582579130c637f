//! HTTP as simple as it can be: one request a connection, written and read by hand, so that the tests see every byte.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;

use super::PATIENCE;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// `GET`.
pub(crate) fn get(address: &str, path: &str) -> Answer {
    try_get(address, path).expect("the agent answers")
}

/// `GET` of a face that may not answer.
pub(crate) fn try_get(address: &str, path: &str) -> io::Result<Answer> {
    let head = format!("Host: {address}\r\nConnection: close");
    try_request(address, &format!("GET {path} HTTP/1.1\r\n{head}\r\n\r\n"))
}

/// `POST` with a JSON body.
pub(crate) fn post(address: &str, path: &str, body: &str) -> Answer {
    let length = body.len();
    request(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

/// Any text, and what comes back until the connection ends.
pub(crate) fn request(address: &str, text: &str) -> Answer {
    try_request(address, text).expect("the agent answers")
}

fn try_request(address: &str, text: &str) -> io::Result<Answer> {
    let mut stream = connect(address)?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1);
    let status = status.and_then(|status| status.parse().ok());
    Ok(Answer {
        status: status.ok_or_else(|| io::Error::other(format!("no status: {answer:?}")))?,
        head: head.to_lowercase(),
        body: body.to_owned(),
    })
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Server-sent events, as they come.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) head: String,
    lines: BufReader<TcpStream>,
}

/// `GET /v1/events`, after the event of that number if there is one.
pub(crate) fn get_after(address: &str, last: Option<u64>) -> Stream {
    let mut stream = connect(address).expect("the control face listens");
    let last = last
        .map(|last| format!("Last-Event-ID: {last}\r\n"))
        .unwrap_or_default();
    let request = format!("GET /v1/events HTTP/1.1\r\nHost: {address}\r\n{last}\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("the agent reads");
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(
            lines.read_line(&mut head).expect("a head") > 0,
            "no head: {head:?}"
        );
    }
    Stream {
        head: head.to_lowercase(),
        lines,
    }
}

impl Stream {
    /// The next event: its `id:`, `event:` and `data:` lines; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(u64, String, Value)> {
        let (mut id, mut event, mut data) = (None, None, None);
        let began = Instant::now();
        loop {
            let line = self.line()?;
            // Comments keep the stream alive for ever.
            assert!(began.elapsed() < PATIENCE, "no event within {PATIENCE:?}");
            if let Some(value) = line.strip_prefix("id: ") {
                id = value.parse().ok();
            } else if let Some(value) = line.strip_prefix("event: ") {
                event = Some(value.to_owned());
            } else if let Some(value) = line.strip_prefix("data: ") {
                data = serde_json::from_str(value).ok();
            } else if line.is_empty() && data.is_some() {
                return Some((id?, event?, data?));
            }
        }
    }

    /// The next comment: a line that begins with a colon.
    pub(crate) fn comment(&mut self) -> Option<String> {
        loop {
            let line = self.line()?;
            if line.starts_with(':') {
                return Some(line);
            }
        }
    }

    /// The next line of the body. Chunks are whole lines here; their lengths are skipped.
    fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("the stream goes on") == 0 {
                return None;
            }
            if line.trim_end() == "0" {
                return None;
            }
            let length = line.strip_suffix("\r\n");
            if length.is_none_or(|length| !length.is_empty() && !is_hex(length)) || line == "\n" {
                return Some(line.trim_end().to_owned());
            }
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}
