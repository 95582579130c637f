//! What stands in a datagram besides its head, and in which order (P11).

use super::{ME, Node};
use crate::message::{Compose, Message, Name};
use crate::peer::{Peer, State};
use crate::roster::{BUCKETS, Link, NONE, Seat};
use crate::stats::Stats;

/// With more news waiting than this a datagram is filled to [`CROWDED_FILL`] only (P5).
const CROWD: u32 = 150;
const CROWDED_FILL: usize = 200;
/// Room kept for the digest at the end.
const DIGEST_ROOM: usize = 12;
/// Records that may fail to fit before a lane is given up: smaller ones behind a large one still travel.
const MISSES: u32 = 3;

/// What a datagram is to carry after its head.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// The record that we hold under the receiver's name.
    pub(super) against: bool,
    /// Our own Alive, whether or not it is news.
    pub(super) own: bool,
    /// News.
    pub(super) news: bool,
    /// The digest of our view.
    pub(super) digest: bool,
}

impl<P: Peer> Node<'_, P> {
    /// What is held of a member, as a message.
    pub(super) fn rumour(&self, seat: Seat) -> Option<Message<'_, P>> {
        let peer = self.roster.peer(seat)?;
        let incarnation = self.roster.incarnation(seat);
        let key = peer.key();
        Some(match self.roster.state(seat) {
            State::Alive => Message::Alive { peer, incarnation },
            State::Suspect => {
                let accuser = self.roster.peer(self.roster.mark(seat).latest_accuser());
                let accuser = accuser.map_or(Name::NOBODY, |peer| Name::Key(peer.key()));
                Message::Suspect {
                    key,
                    incarnation,
                    accuser,
                }
            }
            State::Dead => Message::Dead { key, incarnation },
            State::Left => Message::Left { key, incarnation },
        })
    }

    fn push_rumour(&self, seat: Seat, datagram: &mut impl Compose<P>) -> bool {
        self.rumour(seat)
            .is_some_and(|rumour| datagram.push(&rumour).is_ok())
    }

    /// Writes the load behind the head. Only a datagram to a member held alive uses up sends: the suspect and dead may not
    /// hear it, and what a stranger draws from us must not use up what members are to hear (P2, P14).
    pub(super) fn write_load(
        &mut self,
        receiver: Seat,
        load: Load,
        datagram: &mut impl Compose<P>,
    ) {
        if load.against && receiver != NONE {
            self.push_rumour(receiver, datagram);
        }
        let counts = receiver != NONE && self.roster.state(receiver) == State::Alive;
        let mark = self.roster.mark(ME);
        // Who hears nobody does not offer itself (P17), but it may say goodbye.
        let speaks = !self.me.muted || mark.state() != State::Alive;
        let own_is_news = mark.link() != Link::None && speaks;
        if (load.own || (load.news && own_is_news)) && self.push_rumour(ME, datagram) {
            // An ack to our accuser always carries our Alive, and that uses up no send (P2).
            if own_is_news && counts && !load.own {
                self.count_send(ME, Link::News);
            }
        }
        let tail = if load.digest { DIGEST_ROOM } else { 0 };
        if load.news {
            self.write_news(receiver, counts, tail, datagram);
        }
        if load.digest {
            let _ = datagram.push(&Message::Digest(self.roster.digest()));
        }
    }

    /// Alives that overturned something, on at most half of the rest; then all else, least sent first.
    fn write_news(
        &mut self,
        receiver: Seat,
        counts: bool,
        tail: usize,
        datagram: &mut impl Compose<P>,
    ) {
        if self.roster.news_waiting() == 0 {
            return;
        }
        let crowded = self.roster.news_waiting() > CROWD;
        let most = datagram.capacity().saturating_sub(tail);
        let most = if crowded {
            most.min(CROWDED_FILL)
        } else {
            most
        };
        let rest = most.saturating_sub(datagram.len());
        let half = datagram.len().saturating_add(rest / 2);
        let silent = self.hearing_is_in_doubt();
        let mut lane = Lane {
            receiver,
            counts,
            most: half,
            silent,
        };
        self.write_lane(Link::Urgent, lane, datagram);
        lane.most = most;
        self.write_lane(Link::News, lane, datagram);
    }

    fn hearing_is_in_doubt(&self) -> bool {
        self.is_deaf()
    }

    /// Sent records are chained aside and enlisted afterwards, so that none comes twice in one datagram.
    fn write_lane(&mut self, link: Link, lane: Lane, datagram: &mut impl Compose<P>) {
        let mut sent = NONE;
        let mut misses = 0_u32;
        'buckets: for bucket in 0..BUCKETS {
            let mut seat = self.roster.news_head(link, bucket);
            while seat != NONE {
                let next = self.roster.mark(seat).next;
                if datagram.len() >= lane.most || misses > MISSES {
                    break 'buckets;
                }
                if self.is_told_in(seat, lane) {
                    if self.push_rumour(seat, datagram) {
                        if lane.counts {
                            self.roster.delist(seat);
                            self.chain(seat, &mut sent);
                        }
                    } else if datagram.is_empty() {
                        Stats::count(&mut self.told.stats.records_oversized);
                        self.end_news(seat);
                    } else {
                        misses = misses.saturating_add(1);
                    }
                }
                seat = next;
            }
        }
        self.count_sends(sent, link);
    }

    /// Nobody hears news of itself here, and a deaf node gossips no suspicion of its own (P13).
    fn is_told_in(&self, seat: Seat, lane: Lane) -> bool {
        seat != ME && seat != lane.receiver && !(lane.silent && self.is_ours_alone(seat))
    }

    fn chain(&mut self, seat: Seat, head: &mut Seat) {
        if let Some(mark) = self.roster.mark_mut(seat) {
            mark.next = *head;
            *head = seat;
        }
    }

    fn count_sends(&mut self, head: Seat, link: Link) {
        // The chain is last in, first out; turned round it keeps the order of the bucket.
        let mut turned = NONE;
        let mut seat = head;
        while seat != NONE {
            let next = self.roster.mark(seat).next;
            self.chain(seat, &mut turned);
            seat = next;
        }
        while turned != NONE {
            let next = self.roster.mark(turned).next;
            self.count_send(turned, link);
            turned = next;
        }
    }
}

/// What holds for all records of a lane.
#[derive(Clone, Copy, Debug)]
struct Lane {
    receiver: Seat,
    /// Whether these sends count.
    counts: bool,
    /// Fill the datagram up to here.
    most: usize,
    /// We doubt our hearing.
    silent: bool,
}
