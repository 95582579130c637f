//! What a datagram says, for faults that befall some kinds of words alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use swim_core::wire::{self, Counters, Envelope, Sink};
use swim_core::{Incarnation, Message, State};

use crate::peer::{SimName, SimPeer};

/// What datagrams say that a fault takes hold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Pings, those of relays too.
    Pings,
    /// Acks and nacks.
    Acks,
    /// Requests to ping somebody else.
    Indirect,
    /// News alone: no ping, no answer, no request.
    Gossip,
}

/// All that one datagram says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pings: bool,
    acks: bool,
    indirect: bool,
    news: bool,
}

impl Said {
    /// What can't be read says nothing.
    pub(crate) fn in_datagram(bytes: &[u8], envelope: Envelope<'_>) -> Self {
        let mut said = Self::default();
        // It is counted where it is received.
        let _ = wire::read(bytes, envelope, &mut Counters::default(), &mut said);
        said
    }

    pub(super) const fn has(self, says: Says) -> bool {
        match says {
            Says::Pings => self.pings,
            Says::Acks => self.acks,
            Says::Indirect => self.indirect,
            Says::Gossip => self.news && !self.pings && !self.acks && !self.indirect,
        }
    }
}

impl Sink<SimPeer> for Said {
    fn wants(&self, _: SimName, _: Incarnation, _: State) -> bool {
        true
    }

    fn message(&mut self, message: &Message<'_, SimPeer>) {
        match message {
            Message::Ping { .. } => self.pings = true,
            Message::Ack { .. } | Message::Nack { .. } => self.acks = true,
            Message::PingReq { .. } => self.indirect = true,
            _ => self.news = true,
        }
    }

    fn user(&mut self, _: &[u8]) {
        self.news = true;
    }
}
