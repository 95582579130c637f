//! One exchange over one stream: bytes from the exchange to the stream and back.

use std::net::TcpStream;

use smol::Async;
use swim_core::{ExchangeFailed, ExchangeId, Exchanged, Reason};

use crate::shared::Shared;

/// Which end of a stream we are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line {
    /// We called.
    Opened { id: ExchangeId, why: Reason },
    /// We were called.
    Accepted { id: ExchangeId },
}

pub(crate) async fn converse(
    _shared: &Shared,
    _stream: &Async<TcpStream>,
    _line: Line,
) -> Result<Exchanged, ExchangeFailed> {
    Err(ExchangeFailed::Broken)
}
