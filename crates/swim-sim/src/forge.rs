//! Datagrams that no node sent.

use std::time::Duration;

use swim_core::wire::Datagram;
use swim_core::{Compose, Incarnation, Message, Name, Peer, State};

use crate::act::Act;
use crate::peer::{SimAddr, SimPeer};
use crate::random::{Purpose, mix};
use crate::sim::{Sim, envelope};

/// P8's bound: so long after the last forged rumour, whatever it said of whom, every live member is alive on every other again, and
/// stays so. In the time of [`Config::LAN`](swim_core::Config::LAN), whose interval is a second. Tests, trials and
/// `docs/protocol.md` take it from here.
pub const FORGERIES_UNDONE: Duration = Duration::from_secs(60);

/// Bytes of a datagram of noise.
const NOISE: usize = 200;

impl Sim {
    /// A datagram that no node sent, made of these messages, arrives at that machine, as if from `from`.
    ///
    /// # Panics
    /// If no machine has that label, or if the messages don't fit one datagram.
    #[track_caller]
    pub fn forge(&mut self, from: SimAddr, to: &str, messages: &[Message<'_, SimPeer>]) {
        let mut buffer = vec![0; self.settings.buffer.len()];
        let mut datagram = Datagram::new(&mut buffer, envelope(self.settings.label));
        for message in messages {
            datagram.push(message).expect("the forgery fits a datagram");
        }
        let bytes = datagram.finish().to_vec();
        self.node(to).act(Act::Inject { from, bytes });
    }

    /// One message about a member arrives at a machine, as if from that member's own address.
    pub(crate) fn forge_about(
        &mut self,
        to: u32,
        about: u32,
        says: Option<State>,
        above: u32,
    ) -> bool {
        let member = &self.hosts[about as usize];
        let (peer, from) = (member.peer, *member.peer.addr());
        let most = Incarnation::LAST.0;
        let incarnation = Incarnation(member.greatest().0.saturating_add(above).min(most));
        let key = peer.name();
        let message = match says {
            Some(State::Alive) => Message::Alive {
                peer: &peer,
                incarnation,
            },
            Some(State::Suspect) => Message::Suspect {
                key,
                incarnation,
                accuser: Name::NOBODY,
            },
            Some(State::Dead) => Message::Dead { key, incarnation },
            Some(State::Left) => Message::Left { key, incarnation },
            None => {
                let noise = self.noise(to, about);
                self.inject(from, to, &noise);
                return self.hosts[to as usize].node.is_some();
            }
        };
        let mut buffer = vec![0; self.settings.buffer.len()];
        let mut datagram = Datagram::new(&mut buffer, envelope(self.settings.label));
        let whole = datagram.push(&message).is_ok();
        let bytes = datagram.finish().to_vec();
        if whole {
            self.inject(from, to, &bytes);
        }
        whole && self.hosts[to as usize].node.is_some()
    }

    fn noise(&self, to: u32, about: u32) -> Vec<u8> {
        let injected = u32::try_from(self.record.tally.injected).unwrap_or(u32::MAX);
        let draw = self.draws.draw(Purpose::Forge, to, about, injected);
        let words = (0..NOISE as u64 / 8).map(|word| mix(draw ^ word));
        words.flat_map(u64::to_le_bytes).collect()
    }
}
