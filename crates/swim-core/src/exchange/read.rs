//! What an exchange reads.

use super::scratch::{
    FEWEST_BITS, HashList, MOST_BITS, buckets_for, next_bit, room_for_buckets, set_bit,
};
use super::{Compare, Exchange, FEW_MEMBERS, Malformed, Read, Terms, Turn, Verdict, Write, view};
use crate::message::Name;
use crate::node::Node;
use crate::output::{ExchangeFailed, Exchanged, Reason};
use crate::peer::{Incarnation, State};
use crate::time::Instant;
use crate::wire::frame::{
    Answer, Framed, RecordHead, kind, take_answer, take_close, take_frame, take_hello, take_record,
};
use crate::wire::{Counters, Refusal, WirePeer};

const fn malformed<T>(what: &'static str) -> Result<T, Malformed> {
    Err(Malformed { what })
}

const OUT_OF_TURN: &str = "a frame came out of turn";

impl<S: AsRef<[u32]> + AsMut<[u32]>> Exchange<'_, S> {
    pub(super) fn read<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        input: &[u8],
    ) -> Result<usize, Malformed> {
        let mut consumed = 0_usize;
        while let Turn::Read(what) = self.turn {
            let left = input.get(consumed..).unwrap_or_default();
            // Not worth waiting for the rest of something else's first line.
            if what == Read::Hello && left.first().is_some_and(|first| *first != kind::HELLO) {
                return malformed("it does not begin with a hello");
            }
            let frame = match take_frame(left) {
                Ok(Some((frame, taken))) => {
                    consumed = consumed.saturating_add(taken);
                    frame
                }
                Ok(None) => break,
                Err(_) => return malformed("a frame is longer than any may be"),
            };
            self.frames_left = match self.frames_left.checked_sub(1) {
                Some(left) => left,
                None => return malformed("there is no end of frames"),
            };
            Counters::count(&mut self.counters.frames);
            if !(kind::HELLO..=kind::CLOSE).contains(&frame.kind) {
                Counters::count(&mut self.counters.frames_unknown);
                continue;
            }
            match what {
                Read::Hello => self.read_hello(now, node, frame)?,
                Read::Own { busy } => self.read_own(now, node, frame, busy)?,
                Read::Answer => self.read_answer(now, node, frame)?,
                Read::Comparison | Read::Sums | Read::Hashes => {
                    self.read_comparison(node, frame, what)?;
                }
                Read::Records => self.read_records(now, node, frame)?,
                Read::Close => self.read_close(node, frame)?,
            }
        }
        Ok(consumed)
    }

    fn read_hello<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        Framed { body, .. }: Framed<'_>,
    ) -> Result<(), Malformed> {
        let hello = match take_hello(body) {
            Some(Ok(hello)) => hello,
            Some(Err(refusal)) => {
                self.refuse(refusal);
                return Ok(());
            }
            None => return malformed("the hello is cut"),
        };
        if hello.label != self.label {
            self.refuse(Refusal::Label);
            return Ok(());
        }
        if let Some(target) = hello.target
            && !node.is_meant(Name::Hash(target))
        {
            self.refuse(Refusal::Name);
            return Ok(());
        }
        let bits = possible_buckets(hello.bucket_bits)?;
        node.handle_settings(hello.settings);
        let busy = node.answer(now, self.id, hello.why).is_err();
        self.terms = Terms {
            why: hello.why,
            salt: hello.salt,
            theirs: hello.digest,
            introduced: self.terms.introduced,
            compare: Compare::Buckets { bits },
        };
        self.turn_to(Turn::Read(Read::Own { busy }));
        Ok(())
    }

    /// The opener's own record: it is heard also when there is no time for more (P5).
    fn read_own<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        Framed { kind, body }: Framed<'_>,
        busy: bool,
    ) -> Result<(), Malformed> {
        if kind != kind::OWN {
            return malformed(OUT_OF_TURN);
        }
        let Some(record) = take_record::<P>(body).and_then(|record| record.build()) else {
            return malformed("the opener's own record can't be");
        };
        node.handle_record(now, self.id, &record);
        let held = node.member(record.peer.key());
        let echo = held
            .filter(|held| held.to_member() != record)
            .map(|held| held.slot);
        let verdict = match self.terms.why {
            _ if busy => Verdict::Busy,
            Reason::Ping => Verdict::Here,
            _ if view::digest(node, self.terms.salt) == self.terms.theirs => Verdict::Same,
            _ => Verdict::Differs,
        };
        if let Compare::Buckets { bits } = self.terms.compare {
            let fitting = room_for_buckets(self.scratch.as_ref().len());
            let bits = bits.min(fitting).min(buckets_for(members(node)));
            self.terms.compare = Compare::Buckets { bits };
        }
        self.turn_to(Turn::Write(if verdict == Verdict::Same && echo.is_none() {
            // Who has the same view knows our record.
            Write::Answer(verdict)
        } else {
            Write::Own(Some((verdict, echo)))
        }));
        Ok(())
    }

    fn read_answer<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        Framed { kind, body }: Framed<'_>,
    ) -> Result<(), Malformed> {
        match kind {
            kind::OWN => {
                if let Some(record) = self.take_record::<P>(body) {
                    self.hand_on(now, node, &record);
                }
            }
            kind::RECORD => drop(self.merge(now, node, body)),
            kind::ANSWER => {
                let Some(answer) = take_answer(body) else {
                    return malformed("there is no such answer");
                };
                self.heed(node, answer)?;
            }
            _ => return malformed(OUT_OF_TURN),
        }
        Ok(())
    }

    fn heed<P: WirePeer>(&mut self, node: &Node<'_, P>, answer: Answer) -> Result<(), Malformed> {
        match answer {
            Answer::Same => self.turn_to(Turn::Read(Read::Close)),
            Answer::Busy => self.end(Err(ExchangeFailed::Busy)),
            Answer::Refused(refusal) => {
                self.refusal = Some(refusal);
                self.end(Err(ExchangeFailed::Refused));
            }
            Answer::Here => self.end(Ok(Exchanged {
                same: true,
                unreachable: false,
            })),
            Answer::Differs {
                bucket_bits,
                hashes,
            } => {
                let bits = possible_buckets(bucket_bits)?;
                if bits > room_for_buckets(self.scratch.as_ref().len()) {
                    return malformed("the answer asks for more buckets than were offered");
                }
                self.compare(node, bits, hashes);
            }
        }
        Ok(())
    }

    /// The opener begins to compare: by hashes (3′) if much is expected to differ or few are to be sent, else by sums (3).
    fn compare<P: WirePeer>(&mut self, node: &Node<'_, P>, bits: u8, room: u32) {
        use Reason::{Join, Reconnect, Settle};
        let counts = node.counts();
        let up = counts.alive.saturating_add(counts.suspect);
        let much = matches!(self.terms.why, Join | Settle | Reconnect);
        let slots = node.members().last().map_or(0, |member| member.slot);
        let remembered =
            (slots >> 5) < u32::try_from(self.scratch.as_ref().len()).unwrap_or(u32::MAX);
        self.scratch.as_mut().fill(0);
        if (much || up <= FEW_MEMBERS) && up <= room && remembered {
            self.terms.compare = Compare::Hashes { count: up };
            return self.turn_to(Turn::Write(Write::Hashes));
        }
        self.terms.compare = Compare::Buckets { bits };
        if bits > 0 {
            let salt = self.terms.salt;
            view::sums(node, salt, bits, self.sums(bits).0);
        }
        self.turn_to(Turn::Write(Write::Sums));
    }

    fn read_comparison<P: WirePeer>(
        &mut self,
        node: &Node<'_, P>,
        Framed { kind, body }: Framed<'_>,
        what: Read,
    ) -> Result<(), Malformed> {
        let (salt, compare) = (self.terms.salt, self.terms.compare);
        match (kind, what, compare) {
            (kind::SUMS, Read::Comparison, Compare::Buckets { bits: bits @ 1.. }) => {
                let (sums, differing) = self.sums(bits);
                view::sums(node, salt, bits, sums);
                differing.fill(0);
                self.turn_to(Turn::Read(Read::Sums));
                self.read_sums(body, bits);
            }
            (kind::SUMS, Read::Sums, Compare::Buckets { bits }) => self.read_sums(body, bits),
            (kind::HASHES, Read::Comparison, _) => {
                if let Some(mut list) = self.hash_list() {
                    list.clear();
                }
                self.turn_to(Turn::Read(Read::Hashes));
                self.read_hashes(body)?;
            }
            (kind::HASHES, Read::Hashes, _) => self.read_hashes(body)?,
            (kind::END, _, _) => {
                self.end_comparison(node, what);
                self.turn_to(Turn::Write(Write::Bits));
            }
            _ => return malformed(OUT_OF_TURN),
        }
        Ok(())
    }

    fn read_sums(&mut self, body: &[u8], bits: u8) {
        let mut bucket = self.cursor;
        let (sums, differing) = self.sums(bits);
        for theirs in body.as_chunks().0 {
            let Some(ours) = sums.get(bucket as usize) else {
                break;
            };
            set_bit(differing, bucket, *ours != u32::from_le_bytes(*theirs));
            bucket = bucket.saturating_add(1);
        }
        self.cursor = bucket;
    }

    fn read_hashes(&mut self, body: &[u8]) -> Result<(), Malformed> {
        for [a, b, c, d, e, f, g, h] in body.as_chunks().0 {
            let hash = u32::from_le_bytes([*a, *b, *c, *d]);
            let incarnation = u32::from_le_bytes([*e, *f, *g, *h]);
            let at = self.cursor;
            let mut list = self.hash_list();
            let pushed = list
                .as_mut()
                .and_then(|list| list.push(at, hash, incarnation));
            if pushed.is_none() {
                return malformed("more hashes came than were asked for");
            }
            self.cursor = at.saturating_add(1);
        }
        Ok(())
    }

    fn end_comparison<P: WirePeer>(&mut self, node: &Node<'_, P>, what: Read) {
        let (salt, count) = (self.terms.salt, self.cursor);
        match (what, self.terms.compare) {
            (Read::Hashes, _) => {
                self.terms.compare = Compare::Hashes { count };
                if let Some(mut list) = self.hash_list() {
                    decline_known(node, salt, &mut list);
                }
            }
            (Read::Sums, Compare::Buckets { bits }) => {
                let (sums, differing) = self.sums(bits);
                let buckets = u32::try_from(sums.len()).unwrap_or(u32::MAX);
                // What was not summed up counts as different.
                (count..buckets).for_each(|bucket| set_bit(differing, bucket, true));
            }
            _ => self.terms.compare = Compare::Buckets { bits: 0 },
        }
    }

    fn read_records<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        Framed { kind, body }: Framed<'_>,
    ) -> Result<(), Malformed> {
        match (kind, self.opener) {
            (kind::RECORD, opener) => {
                let record = self.merge(now, node, body);
                if opener && let Some((key, incarnation, state)) = record {
                    self.compare_record(node, key, incarnation, state);
                }
            }
            (kind::BITS, true) => self.read_bits(body),
            (kind::END, true) => self.turn_to(Turn::Write(Write::Records)),
            (kind::CLOSE, false) => {
                let Some(close) = take_close(body) else {
                    return malformed("the closing is cut");
                };
                self.terms.theirs = close.digest;
                self.turn_to(Turn::Write(Write::Close));
            }
            _ => return malformed(OUT_OF_TURN),
        }
        Ok(())
    }

    /// Buckets that differ; or, of the members whose hashes we sent in the order of their slots, those that are wanted.
    fn read_bits(&mut self, body: &[u8]) {
        let bits = body
            .iter()
            .flat_map(|byte| (0..8).map(move |at| byte >> at & 1 == 1));
        let mut at = self.cursor;
        match self.terms.compare {
            Compare::Buckets { bits: buckets } => {
                let (differing, _) = self.bucket_bits(buckets);
                for differs in bits {
                    set_bit(differing, at, differs);
                    at = at.saturating_add(1);
                }
            }
            Compare::Hashes { .. } => {
                for wanted in bits {
                    let Some(slot) = next_bit(self.scratch.as_ref(), at) else {
                        break;
                    };
                    set_bit(self.scratch.as_mut(), slot, wanted);
                    at = slot.saturating_add(1);
                }
            }
        }
        self.cursor = at;
    }

    /// The opener notes whether the answerer has our record of that member, or an older one.
    fn compare_record<P: WirePeer>(
        &mut self,
        node: &Node<'_, P>,
        key: P::Key<'_>,
        incarnation: Incarnation,
        state: State,
    ) {
        let Some(ours) = node.member(key) else {
            return;
        };
        let newer = (ours.incarnation, ours.state) > (incarnation, state);
        match self.terms.compare {
            Compare::Buckets { bits } if !newer => {
                set_bit(self.bucket_bits(bits).1, ours.slot, true);
            }
            Compare::Hashes { .. } if newer => set_bit(self.scratch.as_mut(), ours.slot, true),
            _ => {}
        }
    }

    fn read_close<P: WirePeer>(
        &mut self,
        node: &Node<'_, P>,
        Framed { kind, body }: Framed<'_>,
    ) -> Result<(), Malformed> {
        let close = match kind {
            kind::CLOSE => take_close(body),
            _ => return malformed(OUT_OF_TURN),
        };
        let Some(close) = close else {
            return malformed("the closing is cut");
        };
        let same = close.digest == view::digest(node, self.terms.salt);
        let unreachable = close.unreachable;
        self.end(Ok(Exchanged { same, unreachable }));
        Ok(())
    }

    /// Hands a record to the node if the node wants it, and says what it was about.
    fn merge<'b, P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        body: &'b [u8],
    ) -> Option<(P::Key<'b>, Incarnation, State)> {
        let record = self.take_record::<P>(body)?;
        if node.wants(record.key, record.incarnation, record.state) {
            self.hand_on(now, node, &record);
        } else {
            Counters::count(&mut self.counters.records_known);
        }
        Some((record.key, record.incarnation, record.state))
    }

    fn take_record<'b, P: WirePeer>(&mut self, body: &'b [u8]) -> Option<RecordHead<'b, P>> {
        Counters::count(&mut self.counters.records);
        let record = take_record::<P>(body);
        if record.is_none() {
            Counters::count(&mut self.counters.records_malformed);
        }
        record
    }

    fn hand_on<P: WirePeer>(
        &mut self,
        now: Instant,
        node: &mut Node<'_, P>,
        record: &RecordHead<'_, P>,
    ) {
        match record.build() {
            Some(record) => node.handle_record(now, self.id, &record),
            None => Counters::count(&mut self.counters.peers_malformed),
        }
    }
}

fn possible_buckets(bits: u8) -> Result<u8, Malformed> {
    if bits == 0 || (FEWEST_BITS..=MOST_BITS).contains(&bits) {
        return Ok(bits);
    }
    malformed("there can't be so many buckets")
}

fn members<P: WirePeer>(node: &Node<'_, P>) -> u32 {
    let counts = node.counts();
    counts.alive.saturating_add(counts.suspect)
}

/// Of the records that the other side has, we want none that we hold as new as it does.
fn decline_known<P: WirePeer>(node: &Node<'_, P>, salt: u64, list: &mut HashList<'_>) {
    for member in node.members() {
        if let Some((at, theirs)) = list.find(view::short(view::hash(&member, salt)))
            && member.incarnation.0 >= theirs
        {
            list.decline(at);
        }
    }
}
