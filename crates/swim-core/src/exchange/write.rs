//! What an exchange writes.

use super::scratch::{HashList, bit, room_for_buckets, set_bit};
use super::{Compare, Exchange, OTHERS, Read, Turn, Verdict, Write, view};
use crate::message::Full;
use crate::mutant::{Mutant, is};
use crate::node::Node;
use crate::output::{ExchangeFailed, Exchanged, Reason};
use crate::peer::MemberRef;
use crate::wire::frame::{
    Answer, Close, Hello, kind, put_answer, put_chunk, put_close, put_end, put_hello, put_record,
};
use crate::wire::{Counters, WirePeer};

/// How far a step has come, and how many bytes it wrote.
enum Step {
    /// It is finished.
    Next(usize),
    /// It is to be taken again.
    Again(usize),
    /// It can't be taken before the node knows more.
    Held,
}

impl<S: AsRef<[u32]> + AsMut<[u32]>> Exchange<'_, S> {
    pub(super) fn write<P: WirePeer>(&mut self, node: &mut Node<'_, P>, out: &mut [u8]) -> usize {
        let mut written = 0_usize;
        self.waits = false;
        while let Turn::Write(what) = self.turn {
            let room = out.get_mut(written..).unwrap_or_default();
            match self.step(what, node, room) {
                Ok(Step::Next(bytes)) => {
                    written = written.saturating_add(bytes);
                    self.after(what);
                }
                Ok(Step::Again(bytes)) => written = written.saturating_add(bytes),
                Ok(Step::Held) => {
                    self.waits = true;
                    break;
                }
                Err(Full) if written > 0 => break,
                Err(Full) => self.skip(what),
            }
        }
        written
    }

    fn step<P: WirePeer>(
        &mut self,
        what: Write,
        node: &mut Node<'_, P>,
        room: &mut [u8],
    ) -> Result<Step, Full> {
        match what {
            Write::Hello => put_hello(room, &self.hello(node)).map(Step::Next),
            Write::Own(_) => {
                self.terms.introduced = node.me().incarnation;
                put_record(room, kind::OWN, &node.me()).map(Step::Next)
            }
            Write::Echo(slot, _) => {
                let held = node.roster(slot).next().filter(|held| held.slot == slot);
                let echo = held.map_or(Ok(0), |held| put_record(room, kind::RECORD, &held));
                echo.map(Step::Next)
            }
            Write::Others => put_others(node, room).map(Step::Next),
            Write::Answer(verdict) => put_answer(room, self.answer(verdict)).map(Step::Next),
            Write::Sums => self.put_sums(room),
            Write::Hashes => self.put_hashes(node, room),
            Write::Compared | Write::End => put_end(room).map(Step::Next),
            Write::Bits => self.put_bits(room),
            Write::Records => self.put_next_record(node, room),
            Write::Close => self.put_closing(node, room),
        }
    }

    /// What follows the frames just written.
    fn after(&mut self, what: Write) {
        let next = match what {
            Write::Hello => Turn::Write(Write::Own(None)),
            Write::Own(None) => Turn::Read(Read::Answer),
            Write::Own(Some((verdict, Some(slot)))) => Turn::Write(Write::Echo(slot, verdict)),
            Write::Own(Some((Verdict::Busy, None))) | Write::Echo(_, Verdict::Busy) => {
                Turn::Write(Write::Others)
            }
            Write::Own(Some((verdict, None))) | Write::Echo(_, verdict) => {
                Turn::Write(Write::Answer(verdict))
            }
            Write::Others => Turn::Write(Write::Answer(Verdict::Busy)),
            Write::Answer(verdict) => return self.after_answer(verdict),
            Write::Sums | Write::Hashes => Turn::Write(Write::Compared),
            Write::Compared => {
                if matches!(self.terms.compare, Compare::Buckets { .. }) {
                    // The sums have been sent; from here on the words hold bits.
                    self.scratch.as_mut().fill(0);
                }
                Turn::Read(Read::Records)
            }
            Write::Bits => Turn::Write(Write::Records),
            Write::Records if self.opener => Turn::Write(Write::Close),
            Write::Records => Turn::Write(Write::End),
            Write::End => Turn::Read(Read::Records),
            Write::Close if self.opener => Turn::Read(Read::Close),
            Write::Close => return,
        };
        self.turn_to(next);
    }

    fn after_answer(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Same => self.turn_to(Turn::Write(Write::Close)),
            Verdict::Differs => self.turn_to(Turn::Read(Read::Comparison)),
            Verdict::Busy => self.end(Err(ExchangeFailed::Busy)),
            Verdict::Refused(_) => self.end(Err(ExchangeFailed::Refused)),
            Verdict::Here => self.end(Ok(Exchanged {
                same: true,
                unreachable: false,
            })),
        }
    }

    /// Not even the empty buffer holds the next frame.
    fn skip(&mut self, what: Write) {
        match what {
            Write::Records => {
                Counters::count(&mut self.counters.records_omitted);
                self.cursor = self.cursor.saturating_add(1);
            }
            // These only hasten what would come about anyway.
            Write::Echo(..) | Write::Others => self.after(what),
            _ => self.end(Err(ExchangeFailed::Broken)),
        }
    }

    fn hello<P: WirePeer>(&self, node: &Node<'_, P>) -> Hello<'_> {
        let pings = self.terms.why == Reason::Ping;
        Hello {
            label: self.label,
            why: self.terms.why,
            salt: self.terms.salt,
            digest: if pings {
                0
            } else {
                view::digest(node, self.terms.salt)
            },
            bucket_bits: room_for_buckets(self.scratch.as_ref().len()),
            settings: node.settings(),
            target: if pings {
                node.stream_target(self.id)
            } else {
                None
            },
        }
    }

    fn answer(&self, verdict: Verdict) -> Answer {
        match verdict {
            Verdict::Same => Answer::Same,
            Verdict::Differs => Answer::Differs {
                bucket_bits: match self.terms.compare {
                    Compare::Buckets { bits } => bits,
                    Compare::Hashes { .. } => 0,
                },
                hashes: HashList::room(self.scratch.as_ref().len()),
            },
            Verdict::Busy => Answer::Busy,
            Verdict::Refused(refusal) => Answer::Refused(refusal),
            Verdict::Here => Answer::Here,
        }
    }

    fn put_sums(&mut self, room: &mut [u8]) -> Result<Step, Full> {
        let bits = match self.terms.compare {
            Compare::Buckets { bits } => bits,
            Compare::Hashes { .. } => 0,
        };
        let from = self.cursor as usize;
        let mut sent = 0_u32;
        let (sums, _) = self.sums(bits);
        let left = sums.get(from..).unwrap_or_default();
        let parts = left.iter().map(|sum| {
            sent = sent.saturating_add(1);
            sum.to_le_bytes()
        });
        let bytes = put_chunk(room, kind::SUMS, parts)?;
        self.cursor = self.cursor.saturating_add(sent);
        Ok(again_unless_nothing(bytes))
    }

    /// One hash for each up member; its slot is remembered by a bit.
    fn put_hashes<P: WirePeer>(
        &mut self,
        node: &Node<'_, P>,
        room: &mut [u8],
    ) -> Result<Step, Full> {
        let salt = self.terms.salt;
        let listed = node.roster(self.cursor);
        let parts = listed.filter(|member| member.state.is_up()).map(|member| {
            set_bit(self.scratch.as_mut(), member.slot, true);
            self.cursor = member.slot.saturating_add(1);
            let [a, b, c, d] = view::short(view::hash(&member, salt)).to_le_bytes();
            let [e, f, g, h] = member.incarnation.0.to_le_bytes();
            [a, b, c, d, e, f, g, h]
        });
        put_chunk(room, kind::HASHES, parts).map(again_unless_nothing)
    }

    /// Which buckets differ, or which records are wanted.
    fn put_bits(&mut self, room: &mut [u8]) -> Result<Step, Full> {
        let from = self.cursor as usize;
        let list;
        let (words, count) = match self.terms.compare {
            Compare::Buckets { bits: 0 } => return Ok(Step::Next(0)),
            Compare::Buckets { bits } => (&*self.sums(bits).1, 1_u32 << bits),
            Compare::Hashes { count } => {
                list = self.hash_list().ok_or(Full)?;
                (list.wanted(), count)
            }
        };
        let mut sent = 0_u32;
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        let left = bytes.take(count.div_ceil(8) as usize).skip(from);
        let parts = left.map(|byte| {
            sent = sent.saturating_add(1);
            [byte]
        });
        let bytes = put_chunk(room, kind::BITS, parts)?;
        self.cursor = self.cursor.saturating_add(sent);
        Ok(again_unless_nothing(bytes))
    }

    fn put_next_record<P: WirePeer>(
        &mut self,
        node: &Node<'_, P>,
        room: &mut [u8],
    ) -> Result<Step, Full> {
        let mut members = node.roster(self.cursor);
        let me = node.me().slot;
        let Some(member) = members.find(|member| self.sends(member, me)) else {
            return Ok(Step::Next(0));
        };
        self.cursor = member.slot;
        if is(Mutant::ExchangeDropsLast)
            && node.roster(member.slot.saturating_add(1)).next().is_none()
        {
            return Ok(Step::Next(0));
        }
        let bytes = put_record(room, kind::RECORD, &member)?;
        self.cursor = member.slot.saturating_add(1);
        Ok(Step::Again(bytes))
    }

    /// Whether the other side lacks that record or has an older one, as far as we know.
    fn sends<P: WirePeer>(&mut self, member: &MemberRef<'_, P>, me: u32) -> bool {
        let salt = self.terms.salt;
        if self.opener && member.slot == me && member.incarnation == self.terms.introduced {
            // It came first. Sent again, it would slip past the check of joiners (P17).
            return false;
        }
        match self.terms.compare {
            Compare::Buckets { bits } => {
                let bucket = view::bucket(view::hash(member, salt), bits);
                let opener = self.opener;
                let (differing, has) = self.bucket_bits(bits);
                let differs = bits == 0 || bit(differing, bucket);
                differs && !(opener && bit(has, member.slot))
            }
            Compare::Hashes { .. } if self.opener => bit(self.scratch.as_ref(), member.slot),
            Compare::Hashes { .. } => {
                let hash = view::short(view::hash(member, salt));
                let theirs = self.hash_list().and_then(|list| list.find(hash));
                // A tombstone of somebody whom the other side doesn't hold up is of no use to it.
                theirs.map_or_else(
                    || member.state.is_up(),
                    |(_, incarnation)| {
                        let ours = member.incarnation.0;
                        ours > incarnation || (ours == incarnation && !member.state.is_up())
                    },
                )
            }
        }
    }

    /// The last frame. The answerer of a join holds it back until it knows whether the joiner can be reached (P17).
    fn put_closing<P: WirePeer>(
        &mut self,
        node: &Node<'_, P>,
        room: &mut [u8],
    ) -> Result<Step, Full> {
        let mut unreachable = false;
        if !self.opener && matches!(self.terms.why, Reason::Join | Reason::Seed) {
            let Some(reachable) = node.reachable(self.id) else {
                return Ok(Step::Held);
            };
            unreachable = !reachable;
        }
        let digest = view::digest(node, self.terms.salt);
        let close = Close {
            digest,
            unreachable,
        };
        let bytes = put_close(room, close)?;
        if !self.opener {
            let same = digest == self.terms.theirs;
            let unreachable = false;
            self.end(Ok(Exchanged { same, unreachable }));
        }
        Ok(Step::Next(bytes))
    }
}

const fn again_unless_nothing(bytes: usize) -> Step {
    if bytes == 0 {
        Step::Next(0)
    } else {
        Step::Again(bytes)
    }
}

/// A few members for whom we have no time: as many as fit.
fn put_others<P: WirePeer>(node: &mut Node<'_, P>, room: &mut [u8]) -> Result<usize, Full> {
    let mut written = 0_usize;
    let mut any = false;
    for other in node.suggest().take(OTHERS) {
        any = true;
        let room = room.get_mut(written..).unwrap_or_default();
        let bytes = put_record(room, kind::RECORD, &other).unwrap_or(0);
        written = written.saturating_add(bytes);
    }
    if any && written == 0 {
        Err(Full)
    } else {
        Ok(written)
    }
}
