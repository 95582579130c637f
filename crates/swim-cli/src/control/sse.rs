//! Server-sent events: how the agent writes them, and how the commands read them.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Bytes, Frame};
use smol::Timer;
use smol::future::FutureExt;
use smol::stream::{self, Stream};

use super::journal::{Found, Page, Reader};

/// How long a connection may be silent before a comment shows that both sides are still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The frames of an endless answer.
pub(super) type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>>>>;

/// What the reader finds, as server-sent events, until the agent ends.
pub(super) fn frames(reader: Reader) -> Frames {
    let begin = stream::once(Ok(Frame::data(Bytes::from_static(b": swim events\n\n"))));
    let follow = stream::unfold(reader, async |mut reader| {
        let text = async { text(&reader.next().await) };
        let silence = async {
            Timer::after(KEEP_ALIVE).await;
            Some(": still here\n\n".to_owned())
        };
        let text = text.or(silence).await?;
        Some((Ok(Frame::data(Bytes::from(text))), reader))
    });
    Box::pin(stream::StreamExt::chain(begin, follow))
}

fn text(found: &Found) -> Option<String> {
    match found {
        Found::Page(page) => {
            let Page { seq, event, json } = &**page;
            Some(format!("id: {seq}\nevent: {event}\ndata: {json}\n\n"))
        }
        Found::Gap(missed) => Some(format!(": {missed} events are no longer kept\n\n")),
        Found::End => None,
    }
}

/// Puts server-sent events together from whatever pieces they come in.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    pending: Vec<u8>,
}

/// The most that an event may be long; a longer one is not of an agent.
const LONGEST: usize = 64 * 1024;

impl Decoder {
    /// Takes in a piece.
    ///
    /// # Errors
    /// The event does not end where it should.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), String> {
        self.pending.extend_from_slice(piece);
        if self.pending.len() > LONGEST && !self.pending.windows(2).any(|pair| pair == b"\n\n") {
            return Err(format!("an event of more than {LONGEST} bytes"));
        }
        Ok(())
    }

    /// The data of the next event that is whole; comments are skipped.
    pub(super) fn next(&mut self) -> Option<String> {
        loop {
            let end = self.pending.windows(2).position(|pair| pair == b"\n\n")?;
            let block: Vec<u8> = self.pending.drain(..end + 2).collect();
            let block = String::from_utf8_lossy(&block).into_owned();
            let data: Vec<&str> = block
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .collect();
            if !data.is_empty() {
                return Some(data.join("\n"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn an_event_is_written_with_its_number_and_name() {
        let json = "{\"seq\":7}".to_owned();
        let page = Found::Page(Rc::new(Page {
            seq: 7,
            event: "dead",
            json,
        }));
        assert_eq!(
            text(&page).as_deref(),
            Some("id: 7\nevent: dead\ndata: {\"seq\":7}\n\n")
        );
    }

    #[test]
    fn events_are_read_from_pieces_of_any_size_and_comments_skipped() {
        let whole = b": swim events\n\nid: 1\nevent: join\ndata: {\"a\":1}\n\nid: 2\nevent: dead\ndata: {}\n\n";
        for size in 1..whole.len() {
            let mut decoder = Decoder::default();
            let mut read = Vec::new();
            for piece in whole.chunks(size) {
                decoder.push(piece).expect("short events");
                read.extend(std::iter::from_fn(|| decoder.next()));
            }
            assert_eq!(read, ["{\"a\":1}", "{}"], "pieces of {size}");
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut decoder = Decoder::default();
        assert!(decoder.push(&vec![b'x'; LONGEST]).is_ok());
        assert!(decoder.push(b"x").is_err());
    }
}
