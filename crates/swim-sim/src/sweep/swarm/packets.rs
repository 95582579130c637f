//! What befalls datagrams.

use super::{Kind, Maker};
use crate::scenario::{
    Corrupt, Deaf, DelayFault, Distribution, Duplicate, Fault, Law, LinkSelector, Loss, RateLimit,
    Reorder, Replay, SizeLimit, Span, Truncate,
};

impl Maker<'_> {
    pub(super) fn packets(&mut self, kind: Kind) -> Fault {
        let links = self.links();
        let law =
            |from: Span, to: Span| Law::Distributed(Distribution::Uniform { min: from, max: to });
        match kind {
            Kind::Delay => {
                let most = self.time(50, 900);
                let law = law(Span::millis(1), most);
                let add = self.dice.once_in(2);
                self.lasting(DelayFault { law, add, links }, 4_000, 20_000)
            }
            Kind::Reorder => {
                let share = self.share(20, 60);
                let by = law(Span::millis(1), Span::millis(400));
                self.lasting(Reorder { share, by, links }, 5_000, 20_000)
            }
            Kind::Duplicate => {
                let share = self.share(20, 80);
                let after = law(Span::millis(1), Span::millis(900));
                self.lasting(
                    Duplicate {
                        share,
                        after,
                        links,
                    },
                    5_000,
                    20_000,
                )
            }
            Kind::Replay => {
                let share = self.share(20, 60);
                let age = self.time(1_000, 15_000);
                self.lasting(Replay { share, age, links }, 6_000, 20_000)
            }
            _ => self.losses(kind, links),
        }
    }

    fn losses(&mut self, kind: Kind, links: LinkSelector) -> Fault {
        match kind {
            Kind::Damage => {
                let share = self.share(20, 60);
                if self.dice.once_in(2) {
                    let bits = self.dice.one(&[1, 2, 9]);
                    self.lasting(Corrupt { share, bits, links }, 5_000, 20_000)
                } else {
                    self.lasting(Truncate { share, links }, 5_000, 20_000)
                }
            }
            Kind::Narrow => {
                if self.dice.once_in(2) {
                    let bytes = self.dice.one(&[30, 40, 45]);
                    self.lasting(SizeLimit { bytes, links }, 5_000, 15_000)
                } else {
                    let nodes = self.some();
                    let bytes_per_second = self.dice.one(&[60, 120, 400]);
                    self.lasting(
                        RateLimit {
                            nodes,
                            bytes_per_second,
                            queue: 2_000,
                        },
                        5_000,
                        15_000,
                    )
                }
            }
            Kind::Deaf => {
                let (nodes, share) = (self.some(), self.share(20, 60));
                let (min, max) = (Span::millis(200), Span::millis(2_500));
                self.lasting(
                    Deaf {
                        nodes,
                        share,
                        min,
                        max,
                    },
                    12_000,
                    22_000,
                )
            }
            _ => {
                let share = self.share(10, 60);
                let burst = self.dice.once_in(3).then(|| Span::millis(800));
                self.lasting(Loss::of(share, burst, links), 6_000, 22_000)
            }
        }
    }
}
