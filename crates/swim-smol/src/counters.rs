//! What the sockets counted.

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters of the sockets since the start.
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct Counters {
            $($(#[$doc])* pub(crate) $name: u64,)*
        }

        impl Counters {
            /// Every counter with its name, in a fixed order.
            pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Datagrams handed to the system.
    datagrams_sent,
    /// Their bytes.
    datagram_bytes_sent,
    /// Datagrams that the system refused to send, or had no room for.
    datagrams_unsent,
    /// Datagrams received, whatever was in them.
    datagrams_received,
    /// Their bytes.
    datagram_bytes_received,
    /// Errors while receiving, mostly the news that nobody listens where we sent to.
    receive_errors,
    /// Streams opened to others.
    streams_opened,
    /// Streams of others that were served.
    streams_accepted,
    /// Streams of others that were refused because all places were taken and stayed so.
    streams_refused,
    /// Streams that ended because nothing, or not enough, came in time.
    streams_timed_out,
    /// Bytes written to streams.
    stream_bytes_sent,
    /// Bytes read from streams.
    stream_bytes_received,
    /// Events lost by subscribers that were too slow.
    events_lost,
}
