//! What cuts links, wholly or by half.

use super::{Kind, Maker};
use crate::scenario::{Carries, Fault, Flap, Mode, Partition, Selector, Shape, Span};

impl Maker<'_> {
    pub(super) fn partition(&mut self, shape: Shape) -> Fault {
        let mut fault = self.lasting(shape, 2_500, 24_000);
        if self.dice.once_in(8) {
            // So long that each side has settled by itself.
            fault.lasts = Some(Span::secs(self.dice.between(90, 120)));
            return fault;
        }
        if self.dice.once_in(4) {
            let (down, up) = (self.time(300, 4_000), self.time(300, 6_000));
            let jitter = Span::millis(self.dice.below(500));
            fault = fault.flapping(Flap { down, up, jitter });
        }
        fault
    }

    /// Who can't reach whom; `None` if so few nodes have no such shape.
    pub(super) fn shape(&mut self, kind: Kind) -> Option<Shape> {
        let nodes = u64::from(self.nodes);
        Some(match kind {
            Kind::Split => {
                let into = u32::try_from(self.dice.between(2, 3.min(nodes))).ok();
                Shape::Split {
                    groups: Vec::new(),
                    into,
                }
            }
            Kind::Isolate => {
                let nodes = self.some();
                Shape::Isolate { nodes }
            }
            Kind::OneWay => {
                let (from, to) = (self.some(), Selector::all());
                let out = self.dice.once_in(2);
                let (from, to) = if out { (from, to) } else { (to, from) };
                Shape::OneWay { from, to }
            }
            Kind::Chain => {
                let into = u32::try_from(3.min(nodes)).unwrap_or(1);
                Shape::Chain { into }
            }
            Kind::Between => {
                let (from, to) = (self.some(), Selector::all());
                Shape::Between { from, to }
            }
            Kind::Bridge => {
                let nodes = self.some();
                Shape::Bridge { nodes }
            }
            Kind::Ring => {
                // With one more on each side all would be neighbours.
                let most = (nodes.saturating_sub(2) / 2).min(3);
                let neighbours = u32::try_from(self.dice.between(1, most)).unwrap_or(1);
                if most == 0 {
                    return None;
                }
                Shape::Ring { neighbours }
            }
            _ => {
                let share = self.share(20, 70);
                Shape::RandomLinks { share, salt: None }
            }
        })
    }

    /// What lets something through: datagrams or streams alone, or everything later.
    pub(super) fn hindrance(&mut self, kind: Kind) -> Fault {
        if kind == Kind::Half {
            // Streams are rare where all is well: alone they would mostly be cut in vain.
            let carries = if self.dice.once_in(4) {
                Carries::Streams
            } else {
                Carries::Datagrams
            };
            let shape = if self.dice.once_in(2) {
                let nodes = self.some();
                Shape::Isolate { nodes }
            } else {
                let (groups, into) = (Vec::new(), None);
                Shape::Split { groups, into }
            };
            let (mode, by) = (Mode::Drop, None);
            let cut = Partition {
                mode,
                carries,
                by,
                shape,
            };
            return self.lasting(cut, 5_000, 20_000);
        }
        let nodes = self.some();
        let mode = self.dice.one(&[Mode::Jam, Mode::Slow]);
        let jam = Partition {
            mode,
            carries: Carries::All,
            by: None,
            shape: Shape::Isolate { nodes },
        };
        self.lasting(jam, 1_000, 10_000)
    }
}
