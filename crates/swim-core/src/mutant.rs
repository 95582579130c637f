//! Deliberately broken protocols, to show that the simulator's invariants find what they should.
//!
//! They exist only in a build with `RUSTFLAGS="--cfg swim_mutants"`; no feature of any crate can switch them on, and without
//! that flag `is` is the constant `false`. One build holds them all; `choose` picks one for the whole process.

/// A way to break the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Mutant {
    /// At equal incarnations whatever comes last wins (P7).
    NoTieOrder = 1,
    /// Accusations are not answered (SWIM §4.2).
    NoRefutation,
    /// An Alive as old as the tombstone brings the dead back (P7).
    ReplayResurrects,
    /// A suspicion's end buries whoever sits there, refuted or not (P7).
    SuspicionUnbound,
    /// The probe's round leaves out the last slot (SWIM §4.3).
    ProbeSkipsOne,
    /// News is sent for ever (SWIM §4.1).
    UnboundedRetransmission,
    /// The digest forgets incarnations (P3).
    DigestForgetsIncarnation,
    /// An exchange leaves out its last record (P5).
    ExchangeDropsLast,
    /// Whoever slept buries those whom it was asking (P1).
    OversleepBuries,
    /// Each word about a tombstone makes it young again (P7).
    ReapClockRestarts,
    /// A leave is told as a death (P12).
    LeaveIsDeath,
    /// A refutation does not outbid (P8).
    RefutesAtSame,
    /// A node believes what others say of it (SWIM §4.2).
    BelievesOwnDeath,
}

impl Mutant {
    /// Every mutant.
    pub const ALL: [Self; 13] = [
        Self::NoTieOrder,
        Self::NoRefutation,
        Self::ReplayResurrects,
        Self::SuspicionUnbound,
        Self::ProbeSkipsOne,
        Self::UnboundedRetransmission,
        Self::DigestForgetsIncarnation,
        Self::ExchangeDropsLast,
        Self::OversleepBuries,
        Self::ReapClockRestarts,
        Self::LeaveIsDeath,
        Self::RefutesAtSame,
        Self::BelievesOwnDeath,
    ];

    /// The name used in tables and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoTieOrder => "no-tie-order",
            Self::NoRefutation => "no-refutation",
            Self::ReplayResurrects => "replay-resurrects",
            Self::SuspicionUnbound => "suspicion-unbound",
            Self::ProbeSkipsOne => "probe-skips-one",
            Self::UnboundedRetransmission => "unbounded-retransmission",
            Self::DigestForgetsIncarnation => "digest-forgets-incarnation",
            Self::ExchangeDropsLast => "exchange-drops-last",
            Self::OversleepBuries => "oversleep-buries",
            Self::ReapClockRestarts => "reap-clock-restarts",
            Self::LeaveIsDeath => "leave-is-death",
            Self::RefutesAtSame => "refutes-at-same",
            Self::BelievesOwnDeath => "believes-own-death",
        }
    }
}

#[cfg(swim_mutants)]
mod chosen {
    use core::sync::atomic::{AtomicU8, Ordering};

    use super::Mutant;

    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    /// Breaks the whole process in this way, or mends it again.
    pub fn choose(mutant: Option<Mutant>) {
        CHOSEN.store(mutant.map_or(0, |mutant| mutant as u8), Ordering::Relaxed);
    }

    pub(crate) fn is(mutant: Mutant) -> bool {
        CHOSEN.load(Ordering::Relaxed) == mutant as u8
    }
}

#[cfg(swim_mutants)]
pub use chosen::choose;
#[cfg(swim_mutants)]
pub(crate) use chosen::is;

/// Whether this mutant was chosen: never, in a build without mutants.
#[cfg(not(swim_mutants))]
#[inline(always)]
pub(crate) const fn is(_: Mutant) -> bool {
    false
}
