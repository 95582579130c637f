//! Counters of what came in: each stage of reading has one for what it refused.

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What was read and what was refused, stage by stage; they wrap at 2³² and never go back.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[$doc])* pub $name: u32,)*
        }

        impl Counters {
            /// Nothing counted yet.
            pub const NONE: Self = Self { $($name: 0,)* };

            /// Every counter with its name, in a fixed order.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> + use<> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }

            /// Adds another's counts, a finished exchange's say.
            pub const fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.wrapping_add(other.$name);)*
            }
        }
    };
}

counters! {
    /// Datagrams whose frame was right: version, label, checksum.
    datagrams,
    /// Datagrams refused: too short for a frame, or for the digest trailer that they announce.
    datagrams_short,
    /// Datagrams refused: another major version.
    datagrams_other_version,
    /// Datagrams refused: another cluster's label.
    datagrams_other_label,
    /// Datagrams refused: damaged, says the checksum.
    datagrams_damaged,
    /// Datagrams whose last item is cut: what stood before it counts.
    datagrams_cut,
    /// Items read, unknown and malformed ones included.
    items,
    /// Items skipped: a kind that a newer version has (P10).
    items_unknown,
    /// Items skipped: their body is too short, or its key can't be read.
    items_malformed,
    /// Alive items whose peer value was not built, since it would have changed nothing.
    alives_known,
    /// Alive items and records skipped: the peer value that they carry can't be.
    peers_malformed,
    /// Frames of streams, unknown ones included.
    frames,
    /// Frames skipped: a kind that a newer version has (P10).
    frames_unknown,
    /// Records that came in streams.
    records,
    /// Records whose peer value was not built, since it would have changed nothing.
    records_known,
    /// Records skipped: their body is too short, or its key or state can't be read.
    records_malformed,
    /// Our records that no frame holds, and that were not sent.
    records_omitted,
    /// Messages of the application.
    user_messages,
}

impl Counters {
    pub(crate) const fn count(counter: &mut u32) {
        *counter = counter.wrapping_add(1);
    }
}
