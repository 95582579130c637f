//! The cast: members who meet the node, answer it until they are silenced, and defend themselves.

use core::time::Duration;

use swim_core::name_hash;

use super::{Cue, Person, Said, Stage, TRAVEL, ack, alive_as, crowd_name, nack, person};

/// A member of the cast.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) person: Person,
    pub(super) incarnation: u32,
    /// Answers pings, passes pings on.
    pub(super) answers: bool,
    /// Outbids what it hears against itself, if it answers.
    pub(super) refutes: bool,
    /// Answers streams.
    pub(super) streams: bool,
    /// Another process that listens at its address now.
    pub(super) successor: Option<Person>,
    /// What it shows as the digest of its view, if any.
    pub(super) digest: Option<u64>,
}

impl Stage {
    /// The node hears of `name` from `name` itself, which answers from now on.
    pub(crate) fn meets(&mut self, name: &'static str) -> &mut Self {
        self.meets_at(name, 1)
    }

    pub(crate) fn meets_at(&mut self, name: &'static str, incarnation: u32) -> &mut Self {
        let person = person(name);
        self.cast.retain(|role| role.person.name != name);
        self.cast.push(Role {
            person,
            incarnation,
            answers: true,
            refutes: true,
            streams: true,
            successor: None,
            digest: None,
        });
        self.hears(name, &[alive_as(person, incarnation)])
    }

    /// The node meets m000 to m(size − 1).
    pub(crate) fn meets_crowd(&mut self, size: usize) -> &mut Self {
        for number in 0..size {
            self.meets(crowd_name(number));
        }
        self
    }

    fn role(&mut self, name: &str) -> &mut Role {
        let found = self.cast.iter_mut().find(|role| role.person.name == name);
        found.unwrap_or_else(|| panic!("{name} was never met"))
    }

    /// `name` answers nothing from now on, on no path.
    pub(crate) fn silence(&mut self, name: &str) -> &mut Self {
        self.role(name).answers = false;
        self.role(name).streams = false;
        self
    }

    pub(crate) fn silence_all(&mut self) -> &mut Self {
        for role in &mut self.cast {
            (role.answers, role.streams) = (false, false);
        }
        self.coming.clear();
        self
    }

    /// `name` answers again.
    pub(crate) fn wakes_up(&mut self, name: &str) -> &mut Self {
        self.role(name).answers = true;
        self.role(name).streams = true;
        self
    }

    /// `name` answers pings but does not defend itself: for stories in which only others say what becomes of it.
    pub(crate) fn resigns(&mut self, name: &str) -> &mut Self {
        self.role(name).refutes = false;
        self
    }

    /// `name` ends its acks with this digest from now on.
    pub(crate) fn shows(&mut self, name: &str, digest: u64) -> &mut Self {
        self.role(name).digest = Some(digest);
        self
    }

    /// `name` answers streams, whatever it does about datagrams.
    pub(crate) fn answers_streams(&mut self, name: &str) -> &mut Self {
        self.role(name).streams = true;
        self
    }

    /// `name` is gone; at its address another process listens, which answers streams, but no ping for `name` (R93).
    pub(crate) fn gives_way_to(&mut self, name: &str, other: &'static str) -> &mut Self {
        self.silence(name).answers_streams(name);
        let role = self.role(name);
        role.successor = Some(person(other).at(role.person.at));
        self
    }

    /// What the cast answers to a datagram.
    pub(super) fn respond(&mut self, to: u16, said: &[Said]) {
        let Some(index) = self.cast.iter().position(|role| role.person.at == to) else {
            return;
        };
        if !self.cast[index].answers {
            return;
        }
        let role = &mut self.cast[index];
        let mut answer = if role.refutes {
            role.refutation(said)
        } else {
            Vec::new()
        };
        let name = self.cast[index].person.name;
        for one in said {
            match *one {
                Said::Ping { seq, target, .. } if target == name_hash(&name) => {
                    answer.push(ack(seq));
                }
                Said::PingReq {
                    seq,
                    target,
                    share,
                    nack: wanted,
                } => {
                    self.relay(to, seq, target, share, wanted);
                }
                _ => {}
            }
        }
        if let (false, Some(digest)) = (answer.is_empty(), self.cast[index].digest) {
            answer.push(Said::Digest(digest));
        }
        if !answer.is_empty() {
            self.comes_later(TRAVEL, to, answer);
        }
    }

    fn relay(&mut self, relay: u16, seq: u32, target: &str, share: Duration, wanted: bool) {
        let reached = self
            .cast
            .iter()
            .any(|role| role.person.name == target && role.answers);
        if reached {
            self.comes_later(TRAVEL * 3, relay, vec![ack(seq)]);
        } else if wanted {
            self.comes_later(share * 4 / 5 + TRAVEL, relay, vec![nack(seq)]);
        }
    }

    fn comes_later(&mut self, after: Duration, from: u16, said: Vec<Said>) {
        self.coming
            .push((self.now.after(after), Cue::Heard { from, said }));
    }
}

impl Role {
    /// A member outbids what it hears against itself.
    fn refutation(&mut self, said: &[Said]) -> Vec<Said> {
        let accused = said.iter().filter_map(|one| match *one {
            Said::Suspect {
                key, incarnation, ..
            }
            | Said::Dead { key, incarnation }
                if key == self.person.name =>
            {
                Some(incarnation)
            }
            _ => None,
        });
        match accused.max().filter(|accused| *accused >= self.incarnation) {
            Some(accused) => {
                self.incarnation = accused + 1;
                vec![alive_as(self.person, self.incarnation)]
            }
            None => Vec::new(),
        }
    }
}
