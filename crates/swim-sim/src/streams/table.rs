//! What streams are made of: their ends, and the pieces on their way.

use std::collections::VecDeque;

use swim_core::{Exchange, ExchangeId, Reason};

/// One end of a stream.
#[derive(Debug)]
pub(super) struct End {
    pub(super) host: u32,
    /// Nothing was accepted here yet, or it has ended.
    pub(super) session: Option<Session>,
    /// What came and was not understood yet.
    pub(super) input: Vec<u8>,
    /// When the last piece to this end arrives: none overtakes it.
    pub(super) last_arrival: u64,
}

/// The core's side of an end.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: ExchangeId,
    pub(super) exchange: Exchange<'static, Vec<u32>>,
    /// Its node began a new life meanwhile: this means nothing to it, however it ends.
    pub(super) outlived: bool,
}

impl Session {
    pub(super) const fn new(id: ExchangeId, exchange: Exchange<'static, Vec<u32>>) -> Self {
        Self {
            id,
            exchange,
            outlived: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) why: Reason,
    /// The opener's, then the answerer's.
    pub(super) ends: [End; 2],
    /// Pieces in flight and time-outs to come: while there are any, the place is not used again.
    pub(super) pending: u32,
}

/// Something on its way to one end of a stream.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) stream: u32,
    /// 0: to the opener, 1: to the answerer.
    pub(super) end: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// "May I?"
    Open,
    /// "You may."
    Opened,
    Bytes(Vec<u8>),
    /// Nothing more comes: the other end is through, or broke.
    Closed,
    /// The exchange's time is up.
    TimeOut,
    /// The wait for a place was too long.
    NoPlace,
}

/// All streams, and all that is on its way over them.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    pub(super) places: Vec<Option<Stream>>,
    pub(super) free: Vec<u32>,
    pub(super) pieces: Vec<Option<Piece>>,
    pub(super) free_pieces: Vec<u32>,
    /// Streams that wait for a place at an answerer that serves as many as it can, oldest first.
    pub(super) backlog: VecDeque<u32>,
    /// Ends that go on only after their node has heard something else (P17).
    pub(super) waiting: Vec<(u32, usize)>,
    pub(super) buffer: Vec<u8>,
}

impl Streams {
    pub(super) fn put(&mut self, stream: Stream) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            u32::try_from(self.places.len() - 1).expect("fewer than 2³² streams")
        });
        self.places[place as usize] = Some(stream);
        place
    }

    pub(super) fn get(&mut self, place: u32) -> Option<&mut Stream> {
        self.places.get_mut(place as usize)?.as_mut()
    }

    pub(super) fn put_piece(&mut self, piece: Piece) -> u32 {
        if let Some(stream) = self.get(piece.stream) {
            stream.pending += 1;
        }
        let place = self.free_pieces.pop().unwrap_or_else(|| {
            self.pieces.push(None);
            u32::try_from(self.pieces.len() - 1).expect("fewer than 2³² pieces")
        });
        self.pieces[place as usize] = Some(piece);
        place
    }

    pub(super) fn take_piece(&mut self, place: u32) -> Option<Piece> {
        let piece = self.pieces.get_mut(place as usize)?.take();
        self.free_pieces.push(place);
        piece
    }

    /// A piece was dealt with; the stream's place is free when both ends are through and nothing more comes.
    pub(super) fn settle(&mut self, place: u32) {
        let Some(stream) = self.get(place) else {
            return;
        };
        stream.pending -= 1;
        if stream.pending == 0 && stream.ends.iter().all(|end| end.session.is_none()) {
            self.places[place as usize] = None;
            self.free.push(place);
        }
    }

    /// A piece that nobody will read.
    pub(crate) fn drop_piece(&mut self, place: u32) {
        if let Some(piece) = self.take_piece(place) {
            self.settle(piece.stream);
        }
    }
}
