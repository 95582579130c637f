//! What a story asks: what was said, to whom, when; what the application was told; what the node holds.

use swim_core::{Event, ExchangeId, Reason, State, name_hash};

use super::{Line, Person, Said, Stage, address};

impl Stage {
    /// The play of this act, one line each: what a failed assertion prints.
    pub(crate) fn script(&self) -> String {
        let mut script = String::new();
        for (at, line) in &self.play {
            let millis = self.millis_of(*at);
            script.push_str(&format!("{millis:>7} ms  {line:?}\n"));
        }
        script
    }

    fn sent_since(&self, from: usize) -> impl Iterator<Item = (u16, &[Said])> {
        self.play[from..].iter().filter_map(|(_, line)| match line {
            Line::Sent { to, said } => Some((*to, said.as_slice())),
            _ => None,
        })
    }

    // ---- this scene ----

    /// In this scene a datagram with exactly this message went to `to`.
    pub(crate) fn says(&mut self, to: &str, what: &Said) -> &mut Self {
        let to = address(to);
        let said = self
            .sent_since(self.scene)
            .any(|(whom, said)| whom == to && said.contains(what));
        assert!(said, "not said to {to}: {what:?}\n{}", self.script());
        self
    }

    /// In this scene nothing was sent at all.
    pub(crate) fn stays_silent(&mut self) -> &mut Self {
        let silent = self.sent_since(self.scene).next().is_none();
        assert!(silent, "not silent:\n{}", self.script());
        self
    }

    /// The datagrams of this scene.
    pub(crate) fn datagrams(&self) -> Vec<(u16, Vec<Said>)> {
        self.sent_since(self.scene)
            .map(|(to, said)| (to, said.to_vec()))
            .collect()
    }

    // ---- this act ----

    /// All datagrams of this act, with the millisecond.
    pub(crate) fn sent(&self) -> Vec<(u64, u16, Vec<Said>)> {
        let lines = self.play.iter().filter_map(|(at, line)| match line {
            Line::Sent { to, said } => {
                let millis = self.millis_of(*at);
                Some((millis, *to, said.clone()))
            }
            _ => None,
        });
        lines.collect()
    }

    /// How many datagrams of this act carried exactly this message.
    pub(crate) fn times(&self, what: &Said) -> usize {
        let all = self.sent_since(0);
        all.filter(|(_, said)| said.contains(what)).count()
    }

    /// How many datagrams to `to` carried exactly this message.
    pub(crate) fn times_to(&self, to: &str, what: &Said) -> usize {
        let to = address(to);
        let all = self.sent_since(0);
        all.filter(|(whom, said)| *whom == to && said.contains(what))
            .count()
    }

    /// How many messages of this act are like this.
    pub(crate) fn count(&self, mut like: impl FnMut(&Said) -> bool) -> usize {
        let all = self.sent_since(0).flat_map(|(_, said)| said);
        all.filter(|said| like(said)).count()
    }

    /// The pings of this act to the member itself: millisecond and number, repeats included.
    pub(crate) fn pings(&self, name: &str) -> Vec<(u64, u32)> {
        let (address, hash) = (address(name), name_hash(&name));
        let mut pings = Vec::new();
        for (at, to, said) in self.sent() {
            for one in said {
                match one {
                    Said::Ping { seq, target, .. } if to == address && target == hash => {
                        pings.push((at, seq));
                    }
                    _ => {}
                }
            }
        }
        pings
    }

    /// Who was pinged in this act, in order, repeats and relays' pings included: address and number.
    pub(crate) fn all_pings(&self) -> Vec<(u64, u16, u32)> {
        let mut pings = Vec::new();
        for (at, to, said) in self.sent() {
            for one in said {
                if let Said::Ping { seq, .. } = one {
                    pings.push((at, to, seq));
                }
            }
        }
        pings
    }

    /// The ping-reqs of this act: millisecond, relay's address, number, whether a nack is wanted.
    pub(crate) fn ping_reqs(&self) -> Vec<(u64, u16, u32, bool)> {
        let mut asked = Vec::new();
        for (at, to, said) in self.sent() {
            for one in said {
                if let Said::PingReq { seq, nack, .. } = one {
                    asked.push((at, to, seq, nack));
                }
            }
        }
        asked
    }

    /// The exchanges of this act: millisecond, id, address, reason.
    pub(crate) fn exchanges(&self) -> Vec<(u64, ExchangeId, u16, Reason)> {
        let lines = self.play.iter().filter_map(|(at, line)| match line {
            Line::Exchange { id, with, why } => {
                let millis = self.millis_of(*at);
                Some((millis, *id, *with, *why))
            }
            _ => None,
        });
        lines.collect()
    }

    pub(crate) fn exchanges_for(&self, why: Reason) -> Vec<(u64, ExchangeId, u16)> {
        let all = self.exchanges().into_iter();
        all.filter(|exchange| exchange.3 == why)
            .map(|(at, id, with, _)| (at, id, with))
            .collect()
    }

    /// Runs until `name` is pinged under a new number; that number.
    pub(crate) fn next_ping(&mut self, name: &str) -> u32 {
        let (address, hash) = (address(name), name_hash(&name));
        let before: Vec<u32> = self.all_pings().iter().map(|ping| ping.2).collect();
        self.run_until(600_000, |line| match line {
            Line::Sent { to, said } if *to == address => said.iter().find_map(|one| match one {
                Said::Ping { seq, target, .. } if *target == hash && !before.contains(seq) => {
                    Some(*seq)
                }
                _ => None,
            }),
            _ => None,
        })
    }

    /// Runs until the node holds `name` in `state`; the millisecond of the act.
    pub(crate) fn run_until_state(&mut self, name: &'static str, state: State) -> u64 {
        let end = self.now.after(core::time::Duration::from_secs(600));
        self.new_scene();
        while self.holds(name).map(|held| held.0) != Some(state) {
            assert!(
                self.step(end),
                "{name} never became {state}:\n{}",
                self.script()
            );
        }
        self.millis()
    }

    // ---- what the application was told ----

    pub(crate) fn events(&self) -> Vec<&Event<Person>> {
        let lines = self.play.iter().filter_map(|(_, line)| match line {
            Line::Told(event) => Some(event),
            _ => None,
        });
        lines.collect()
    }

    /// What the application was told about `name` in this act, in order.
    pub(crate) fn story_of(&self, name: &str) -> Vec<&'static str> {
        let told = self.events().into_iter().filter_map(|event| {
            let (member, word) = match event {
                Event::Up(member) => (member, "up"),
                Event::Changed(member) => (member, "changed"),
                Event::Suspected(member) => (member, "suspected"),
                Event::Refuted(member) => (member, "refuted"),
                Event::Dead(member) => (member, "dead"),
                Event::Left(member) => (member, "left"),
                Event::Reaped(member) => (member, "reaped"),
                Event::Conflict { held, .. } => (held, "conflict"),
                _ => return None,
            };
            (member.peer.name == name).then_some(word)
        });
        told.collect()
    }

    pub(crate) fn was_told(&self, like: impl Fn(&Event<Person>) -> bool) -> bool {
        self.events().into_iter().any(like)
    }

    // ---- what the node holds ----

    pub(crate) fn holds(&self, name: &'static str) -> Option<(State, u32)> {
        let member = self.node.member(name)?;
        Some((member.state, member.incarnation.0))
    }

    pub(crate) fn holds_person(&self, name: &'static str) -> Person {
        let member = self.node.member(name);
        *member.unwrap_or_else(|| panic!("{name} is not held")).peer
    }
}
