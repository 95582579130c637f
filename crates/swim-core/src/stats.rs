//! Counters: everything that is dropped, refused or limited leaves a number here.

macro_rules! stats {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters since birth; they wrap at 2³² and never go back.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats {
            $($(#[$doc])* pub $name: u32,)*
        }

        impl Stats {
            /// Every counter with its name, in a fixed order.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> + use<> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

stats! {
    /// Messages heard.
    messages_heard,
    /// Probes begun.
    probes,
    /// Probes that ended without any ack.
    probes_failed,
    /// Pings repeated because no ack came (P2).
    pings_repeated,
    /// Relays asked.
    relays_asked,
    /// Pings that we sent for others.
    relayed,
    /// Ping-reqs refused: target not held up, or too many at once (P14).
    relays_refused,
    /// Pings meant for somebody else (R93).
    misdirected,
    /// Acks and nacks that answer nothing we asked, or come from the wrong address (P14).
    acks_unasked,
    /// Rumours about members that are not held.
    rumours_unknown,
    /// Rumours that changed nothing.
    rumours_known,
    /// Rumours with an incarnation that can't be (P8).
    incarnations_illegal,
    /// Rumours by others too far above what is held (P8).
    incarnations_leaping,
    /// Rumours about ourselves that we outbid.
    refutations,
    /// Suspicions begun.
    suspicions,
    /// Confirmations that shortened a suspicion.
    confirmations,
    /// Suspicions that ended in our own verdict.
    deaths_declared,
    /// Verdicts of ours that were given with fewer than K confirmations.
    deaths_unconfirmed,
    /// Verdicts that were passed without a last call, because none could be sent in time (P2).
    calls_skipped,
    /// Probes without verdict and verdicts put off because nothing was heard from anybody (P13).
    doubts,
    /// Deaths heard second-hand that a ping refuted (P6).
    deaths_refuted,
    /// Deaths heard second-hand that could not be verified at once and were not applied (P6).
    verifications_skipped,
    /// Times that the node slept past its deadline (P1).
    oversleeps,
    /// Replies owed that were dropped because too many were waiting.
    replies_dropped,
    /// Pings that could not be sent because too many are in flight.
    pings_dropped,
    /// Newcomers refused because the roster is full.
    crowded,
    /// Newcomers refused because too many names hash alike (P15).
    names_colliding,
    /// Records too large for a datagram: they travel by exchange only.
    records_oversized,
    /// News dropped because eight members showed our digest (P11).
    news_known,
    /// Conflicts of name (P12).
    conflicts,
    /// Exchanges opened.
    exchanges_opened,
    /// Exchanges accepted.
    exchanges_accepted,
    /// Exchanges that failed.
    exchanges_failed,
    /// Exchanges refused because too many were open.
    exchanges_refused,
    /// Joins that heard "busy" (P5).
    joins_deferred,
    /// Joiners whose advertised address did not answer (P17).
    joiners_unreachable,
    /// Claims to a name, and joiners, that were not checked because 16 were being checked (P12, P17).
    claims_unchecked,
    /// Tombstones forgotten before their time to make room (P9).
    tombstones_evicted,
}

impl Stats {
    pub(crate) const fn count(counter: &mut u32) {
        *counter = counter.wrapping_add(1);
    }
}
