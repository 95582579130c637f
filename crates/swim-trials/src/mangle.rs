//! What can happen to a packet on its way, and what a newer or a broken sender may make of it.

use swim_core::wire::{VERSION, crc32};

use crate::dice::Dice;

/// Bytes of head and checksum.
const HEAD: usize = 3;
const CHECKSUM: usize = 4;
/// The flag that announces a digest, and the digest.
const FLAG_DIGEST: u8 = 1;
const DIGEST: usize = 8;
/// An item that carries a member.
const ALIVE: u8 = 5;
/// Above every incarnation in the packets, and legal.
const FUTURE: u32 = 0xFFF0_0000;

/// How packets are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    /// No packet at all.
    Noise,
    /// A few bits flipped on the way.
    Flipped,
    /// Cut on the way.
    Cut,
    /// Followed by what does not belong to it.
    Extended,
    /// The front of one and the back of another.
    Spliced,
    /// Made by a newer version, or by a sender that is broken, and sealed with the right checksum.
    Newer,
}

impl Damage {
    /// All of them, noise first.
    pub(crate) const ALL: [Self; 6] = [
        Self::Noise,
        Self::Flipped,
        Self::Cut,
        Self::Extended,
        Self::Spliced,
        Self::Newer,
    ];

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Flipped => "bits flipped",
            Self::Cut => "cut",
            Self::Extended => "extended",
            Self::Spliced => "spliced",
            Self::Newer => "newer or broken, sealed right",
        }
    }
}

/// Real packets of one cluster.
#[derive(Debug)]
pub(crate) struct Packets {
    all: Vec<Vec<u8>>,
    /// Those that nobody need answer, taken apart.
    gossip: Vec<Opened>,
    label: Vec<u8>,
}

/// A packet of gossip: its items, as they stand in it.
#[derive(Debug, Clone)]
struct Opened {
    items: Vec<Item>,
}

#[derive(Debug, Clone)]
struct Item {
    kind: u8,
    body: Vec<u8>,
}

impl Packets {
    /// These packets, all of that label.
    pub(crate) fn new(all: Vec<Vec<u8>>, label: &[u8]) -> Self {
        let gossip = all
            .iter()
            .filter_map(|packet| open(packet, label))
            .collect();
        Self {
            all,
            gossip,
            label: label.to_vec(),
        }
    }

    /// How many there are, and how many of them are gossip alone.
    pub(crate) const fn count(&self) -> (usize, usize) {
        (self.all.len(), self.gossip.len())
    }

    /// One of them, so damaged.
    pub(crate) fn damaged(&self, how: Damage, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = dice.pick(&self.all).clone();
        match how {
            Damage::Noise => {
                let most = if dice.below(8) == 0 { 1_400 } else { 64 };
                let length = dice.below(most);
                bytes = dice.bytes(length);
            }
            Damage::Flipped => {
                for _ in 0..=dice.below(6) {
                    let at = dice.below(bytes.len());
                    bytes[at] ^= 1 << dice.below(8);
                }
            }
            Damage::Cut => bytes.truncate(dice.below(bytes.len())),
            Damage::Extended => {
                let more = 1 + dice.below(64);
                bytes.extend(dice.bytes(more));
            }
            Damage::Spliced => {
                let other = dice.pick(&self.all);
                bytes.truncate(dice.below(bytes.len()));
                bytes.extend_from_slice(&other[dice.below(other.len())..]);
            }
            Damage::Newer => bytes = self.newer(dice),
        }
        bytes
    }

    /// Whether this is a packet as it was sent: no damage after all.
    pub(crate) fn has(&self, bytes: &[u8]) -> bool {
        self.all.iter().any(|packet| packet == bytes)
    }

    /// Each of these says nothing that an old node may believe, however right its checksum.
    fn newer(&self, dice: &mut Dice) -> Vec<u8> {
        let mut packet = dice.pick(&self.gossip).clone();
        let at = dice.below(packet.items.len());
        let more = dice.below(40);
        match dice.below(8) {
            0 => {
                return sealed(
                    VERSION + 1 + dice.byte() % 8,
                    0,
                    &self.label,
                    &packet.bytes(),
                );
            }
            1 => return sealed(VERSION, 0, b"another", &packet.bytes()),
            2 => {
                let short = dice.bytes(DIGEST - 1);
                return sealed(VERSION, FLAG_DIGEST, &self.label, &short);
            }
            // A kind that this version does not know.
            3 => packet.items.insert(
                at,
                Item {
                    kind: 10 + dice.byte() % 240,
                    body: dice.bytes(more),
                },
            ),
            // Fields behind the known ones.
            4 => packet.items[at].lengthen(dice.bytes(more)),
            5 => {
                let bytes = packet.bytes();
                let items = &bytes[..dice.below(bytes.len())];
                return sealed(VERSION, 0, &self.label, items);
            }
            6 => packet.items[at].body.truncate(dice.below(5)),
            _ => packet.items.insert(at, impossible_member(dice)),
        }
        // Flags that mean nothing yet.
        sealed(
            VERSION,
            dice.byte() & !FLAG_DIGEST,
            &self.label,
            &packet.bytes(),
        )
    }
}

impl Item {
    /// A body ends where its item does, and only its kind knows how much of it is whose.
    fn lengthen(&mut self, mut more: Vec<u8>) {
        self.body.append(&mut more);
    }
}

impl Opened {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for Item { kind, body } in &self.items {
            let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
            let [low, high] = [length & 0x7F, length >> 7].map(|part| part.to_le_bytes()[0]);
            bytes.push(*kind);
            if high == 0 {
                bytes.push(low);
            } else {
                bytes.extend([low | 0x80, high]);
            }
            bytes.extend_from_slice(body);
        }
        bytes
    }
}

/// News of a member that nobody can be: its address has five bytes.
fn impossible_member(dice: &mut Dice) -> Item {
    let mut body = FUTURE.to_le_bytes().to_vec();
    let name = format!("x{}", dice.below(1_000));
    body.push(u8::try_from(name.len()).unwrap_or(0));
    body.extend_from_slice(name.as_bytes());
    body.extend([1, 1, 1, 5]);
    body.extend(dice.bytes(5));
    body.push(0);
    Item { kind: ALIVE, body }
}

fn sealed(version: u8, flags: u8, label: &[u8], items: &[u8]) -> Vec<u8> {
    let mut bytes = vec![version, flags, u8::try_from(label.len()).unwrap_or(u8::MAX)];
    bytes.extend_from_slice(label);
    bytes.extend_from_slice(items);
    bytes.extend(crc32(&bytes).to_le_bytes());
    bytes
}

/// Takes a packet apart; `None` if somebody must answer it, or compare its digest.
fn open(packet: &[u8], label: &[u8]) -> Option<Opened> {
    let body = packet.get(HEAD + label.len()..packet.len().checked_sub(CHECKSUM)?)?;
    if packet[1] & FLAG_DIGEST != 0 {
        return None;
    }
    let (mut items, mut rest) = (Vec::new(), body);
    while let [kind, low, tail @ ..] = rest {
        let (length, tail) = match tail {
            [high, tail @ ..] if *low >= 0x80 => {
                (usize::from(low & 0x7F) | usize::from(*high) << 7, tail)
            }
            tail => (usize::from(*low), tail),
        };
        let (body, tail) = tail.split_at_checked(length)?;
        items.push(Item {
            kind: *kind,
            body: body.to_vec(),
        });
        rest = tail;
    }
    let is_gossip = !items.is_empty() && items.iter().all(|item| item.kind >= ALIVE);
    is_gossip.then_some(Opened { items })
}

#[cfg(test)]
mod tests {
    use swim_core::wire::Datagram;
    use swim_core::{Compose, Incarnation, Message, Peer};
    use swim_smol::NodePeer;

    use super::*;
    use crate::lab::{ENVELOPE, LABEL};

    fn gossip() -> Vec<u8> {
        let peer = NodePeer::new("a", "10.0.0.1:1".parse().expect("an address"), &[7; 200])
            .expect("legal");
        let incarnation = Incarnation(5);
        let mut buffer = [0; 1_400];
        let mut datagram = Datagram::new(&mut buffer, ENVELOPE);
        datagram
            .push(&Message::Alive {
                peer: &peer,
                incarnation,
            })
            .expect("room");
        let key = peer.key();
        Compose::<NodePeer>::push(&mut datagram, &Message::Dead { key, incarnation })
            .expect("room");
        datagram.finish().to_vec()
    }

    #[test]
    fn a_packet_taken_apart_is_put_together_again() {
        let packet = gossip();
        let opened = open(&packet, LABEL).expect("gossip");
        assert_eq!(opened.items.len(), 2);
        assert_eq!(sealed(VERSION, 0, LABEL, &opened.bytes()), packet);
    }

    #[test]
    fn pings_are_no_gossip() {
        let mut buffer = [0; 100];
        let mut datagram = Datagram::new(&mut buffer, ENVELOPE);
        Compose::<NodePeer>::push(&mut datagram, &Message::Nack { seq: 1 }).expect("room");
        assert!(open(datagram.finish(), LABEL).is_none());
    }

    #[test]
    fn damage_is_the_same_for_the_same_dice() {
        let packets = Packets::new(vec![gossip()], LABEL);
        for how in Damage::ALL {
            let damaged = |seed| packets.damaged(how, &mut Dice::new(seed));
            assert_eq!(damaged(3), damaged(3), "{how:?}");
        }
    }
}
