//! What the network carried.

use crate::run::Cause;

/// What was sent and lost in one slice of time, all nodes together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slice {
    pub(super) datagrams: u64,
    pub(super) bytes: u64,
    pub(super) stream_bytes: u64,
    pub(super) dropped: u64,
}

/// Why datagrams were dropped, in the order of [`Load::dropped`].
pub(super) const CAUSES: [(&str, Cause); 5] = [
    ("cut off", Cause::Cut),
    ("lost by chance", Cause::Lost),
    ("too long", Cause::TooLong),
    ("queue full", Cause::Full),
    ("nobody there", Cause::Nobody),
];

/// The traffic of a run.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// How long a slice is, in microseconds.
    slice: u64,
    slices: Vec<Slice>,
    /// Datagrams and bytes by node.
    sent: Vec<(u64, u64)>,
    dropped: [u64; CAUSES.len()],
    largest: u32,
}

impl Load {
    pub(super) fn new(slice: u64, nodes: usize) -> Self {
        Self {
            slice: slice.max(1),
            sent: vec![(0, 0); nodes],
            ..Self::default()
        }
    }

    fn slice_at(&mut self, now: u64) -> &mut Slice {
        let place = usize::try_from(now / self.slice).unwrap_or(usize::MAX);
        if self.slices.len() <= place {
            self.slices.resize(place + 1, Slice::default());
        }
        &mut self.slices[place]
    }

    pub(super) fn send(&mut self, now: u64, from: u32, bytes: u32) {
        let slice = self.slice_at(now);
        slice.datagrams += 1;
        slice.bytes += u64::from(bytes);
        self.largest = self.largest.max(bytes);
        if let Some((datagrams, sum)) = self.sent.get_mut(from as usize) {
            *datagrams += 1;
            *sum += u64::from(bytes);
        }
    }

    /// Some datagrams at once, of which only the sums are known.
    pub(super) fn add(&mut self, now: u64, from: u32, datagrams: u64, bytes: u64) {
        let slice = self.slice_at(now);
        slice.datagrams += datagrams;
        slice.bytes += bytes;
        if let Some((count, sum)) = self.sent.get_mut(from as usize) {
            *count += datagrams;
            *sum += bytes;
        }
    }

    pub(super) fn stream(&mut self, now: u64, from: u32, bytes: u32) {
        self.slice_at(now).stream_bytes += u64::from(bytes);
        if let Some((_, sum)) = self.sent.get_mut(from as usize) {
            *sum += u64::from(bytes);
        }
    }

    pub(super) fn drop(&mut self, now: u64, cause: Cause) {
        self.slice_at(now).dropped += 1;
        let place = CAUSES.iter().position(|(_, one)| *one == cause);
        if let Some(place) = place {
            self.dropped[place] += 1;
        }
    }

    pub(super) fn slices(&self) -> &[Slice] {
        &self.slices
    }

    pub(super) const fn dropped(&self) -> &[u64; CAUSES.len()] {
        &self.dropped
    }

    /// The bytes of the largest datagram.
    pub(super) const fn largest(&self) -> u32 {
        self.largest
    }

    pub(super) fn datagrams(&self) -> u64 {
        self.sent.iter().map(|(datagrams, _)| datagrams).sum()
    }

    /// Datagrams and bytes that each node sent, both in order of size.
    pub(super) fn by_node(&self) -> (Vec<u64>, Vec<u64>) {
        let (mut datagrams, mut bytes): (Vec<_>, Vec<_>) = self.sent.iter().copied().unzip();
        datagrams.sort_unstable();
        bytes.sort_unstable();
        (datagrams, bytes)
    }
}
