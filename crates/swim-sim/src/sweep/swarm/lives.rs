//! What befalls nodes, and what is said of them.

use super::{Kind, Maker, QUIET};
use crate::scenario::{
    Address, Churn, ClockJump, ClockRate, Crash, Fault, Forge, Forged, Join, Leave, Memory,
    Metadata, Namesake, Pause, RollingRestart, Selector, Span, Throttle,
};

impl Maker<'_> {
    pub(super) fn life(&mut self, kind: Kind) -> Option<Fault> {
        let third = u64::from(self.nodes / 3).max(1);
        let nodes = self.take(third)?;
        let memory = self
            .dice
            .one(&[Memory::Lost, Memory::Lost, Memory::NoClock, Memory::Kept]);
        Some(match kind {
            Kind::Crash => {
                let (restart_after, memory, address) = (None, Memory::Lost, Address::Same);
                let begin = self.begin();
                Fault::at(
                    begin,
                    Crash {
                        nodes,
                        restart_after,
                        memory,
                        address,
                    },
                )
            }
            Kind::Restart => return Some(self.restart(nodes, memory)),
            Kind::Pause => self.lasting(Pause::of(nodes), 300, 20_000),
            Kind::Slow => {
                let per_datagram = self.time(20, 400);
                self.lasting(
                    Throttle {
                        nodes,
                        per_datagram,
                        buffer: 64,
                    },
                    5_000,
                    15_000,
                )
            }
            Kind::Clock if self.dice.once_in(2) => {
                let ppm = self.dice.one(&[-200_000, -20_000, 20_000, 300_000]);
                self.lasting(ClockRate { nodes, ppm }, 5_000, 20_000)
            }
            Kind::Clock => {
                let (begin, by, back) =
                    (self.begin(), self.time(300, 40_000), self.dice.once_in(3));
                Fault::at(begin, ClockJump { nodes, by, back })
            }
            Kind::Join => {
                let (begin, within) = (self.begin(), self.time(1, 5_000));
                Fault::at(begin, Join::of(nodes, within))
            }
            _ => {
                let begin = self.begin();
                let crash_after = self.dice.once_in(2).then(|| self.time(500, 3_000));
                let rejoin_after = self.dice.once_in(2).then(|| self.time(4_000, 15_000));
                Fault::at(
                    begin,
                    Leave {
                        nodes,
                        crash_after,
                        rejoin_after,
                    },
                )
            }
        })
    }

    fn restart(&mut self, nodes: Selector, memory: Memory) -> Fault {
        let address = if memory != Memory::Kept && self.dice.once_in(3) {
            Address::New
        } else {
            Address::Same
        };
        let down = self.time(100, 14_000);
        match self.dice.below(4) {
            0 => {
                let every = Span::millis(self.dice.between(500, 1_200));
                let (at_once, leave) = (1, self.dice.once_in(3));
                let begin = Span::millis(QUIET + self.dice.below(5_000));
                let down = down.min(Span::secs(6));
                Fault::at(
                    begin,
                    RollingRestart {
                        nodes,
                        at_once,
                        every,
                        down,
                        leave,
                        memory,
                        address,
                    },
                )
            }
            1 => {
                let (every, leave) = (Span::millis(1_500), self.share(0, 60));
                let down = Span::secs(3);
                self.lasting(
                    Churn {
                        nodes,
                        every,
                        down,
                        leave,
                        memory,
                    },
                    12_000,
                    20_000,
                )
            }
            2 if self.dice.once_in(3) => self.lasting(Namesake { nodes }, 5_000, 20_000),
            _ => {
                let begin = self.begin();
                Fault::at(
                    begin,
                    Crash {
                        nodes,
                        restart_after: Some(down),
                        memory,
                        address,
                    },
                )
            }
        }
    }

    pub(super) fn metadata(&mut self) -> Fault {
        let nodes = self.some();
        if self.dice.once_in(2) {
            let begin = self.begin();
            return Fault::at(begin, Metadata { nodes, every: None });
        }
        let every = Some(self.time(500, 4_000));
        self.lasting(Metadata { nodes, every }, 5_000, 20_000)
    }

    pub(super) fn forge(&mut self) -> Fault {
        let says = [
            Forged::Alive,
            Forged::Suspect,
            Forged::Dead,
            Forged::Left,
            Forged::Noise,
        ];
        let says = self.dice.one(&says);
        let above = self.dice.one(&[0, 1, 70_000, u32::MAX]);
        let (to, about) = (self.some(), self.some());
        let every = self.dice.once_in(2).then(|| Span::millis(900));
        self.lasting(
            Forge {
                to,
                about,
                says,
                above,
                every,
            },
            2_000,
            8_000,
        )
    }
}
