//! The control face of an agent, asked in the plainest HTTP there is: one question a connection, no keep-alive.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::de::DeserializeOwned;

/// How long an agent may take to answer; one that is frozen takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks a question.
///
/// # Errors
/// Nobody answers, or not with what was asked for.
pub(crate) fn get<T: DeserializeOwned>(agent: SocketAddr, path: &str) -> io::Result<T> {
    read_answer(call(agent, &format!("GET {path}"), "")?)
}

/// Says a wish that has no words of its own.
///
/// # Errors
/// Nobody answers, or not with what was asked for.
pub(crate) fn post<T: DeserializeOwned>(agent: SocketAddr, path: &str) -> io::Result<T> {
    read_answer(call(
        agent,
        &format!("POST {path}"),
        "Content-Length: 0\r\n",
    )?)
}

/// In HTTP/1.0 an answer ends when its connection does: nothing has to be put together again.
fn call(agent: SocketAddr, request: &str, headers: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&agent, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!("{request} HTTP/1.0\r\nHost: {agent}\r\n{headers}\r\n");
    { &stream }.write_all(head.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let status = read_head(&mut answer)?;
    if status == 200 {
        Ok(answer)
    } else {
        Err(io::Error::other(format!(
            "{request}: the agent says {status}"
        )))
    }
}

/// Reads up to the body; the status.
fn read_head(answer: &mut impl BufRead) -> io::Result<u16> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no HTTP: {line:?}")))?;
    while !line.trim_end().is_empty() {
        line.clear();
        answer.read_line(&mut line)?;
    }
    Ok(status)
}

fn read_answer<T: DeserializeOwned>(mut answer: impl Read) -> io::Result<T> {
    let mut body = Vec::new();
    answer.read_to_end(&mut body)?;
    serde_json::from_slice(&body).map_err(io::Error::other)
}

/// The events of an agent, from its first.
#[derive(Debug)]
pub(crate) struct Events<S = TcpStream> {
    answer: BufReader<S>,
    line: Vec<u8>,
}

impl Events {
    /// Follows the events; [`next`](Self::next) waits for that long.
    ///
    /// # Errors
    /// Nobody answers.
    pub(crate) fn follow(agent: SocketAddr, patience: Duration) -> io::Result<Self> {
        let answer = call(agent, "GET /v1/events", "Last-Event-ID: 0\r\n")?;
        answer.get_ref().set_read_timeout(Some(patience))?;
        let line = Vec::new();
        Ok(Self { answer, line })
    }
}

impl<S: Read> Events<S> {
    /// The next event; `None` if there is none for now.
    ///
    /// # Errors
    /// The agent is gone.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        loop {
            match self.answer.read_until(b'\n', &mut self.line) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                // What was read of the line stays in front of what will come.
                Err(error) if is_timeout(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
            let line = std::mem::take(&mut self.line);
            if let Some(data) = line.strip_prefix(b"data: ") {
                return serde_json::from_slice(data)
                    .map(Some)
                    .map_err(io::Error::other);
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has piece by piece, with a time-out between.
    struct Slow<'b>(Vec<&'b [u8]>, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let piece = if self.0.is_empty() {
                b""
            } else {
                self.0.remove(0)
            };
            to[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn events_are_read_though_they_come_in_pieces() {
        let pieces: Vec<&[u8]> = vec![b": swim\n\nid: 1\nda", b"ta: [1", b",2]\n\ndata: [3]\n\n"];
        let answer = BufReader::new(Slow(pieces, false));
        let line = Vec::new();
        let mut events = Events { answer, line };
        let mut read: Vec<Vec<u8>> = Vec::new();
        let end = loop {
            match events.next() {
                Ok(Some(event)) => read.push(event),
                Ok(None) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(read, [vec![1, 2], vec![3]]);
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_head_ends_at_its_empty_line() {
        let mut answer: &[u8] = b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(read_head(&mut answer).expect("a head"), 200);
        assert_eq!(answer, b"{}");
        assert!(read_head(&mut &b"hello\r\n"[..]).is_err());
    }
}
