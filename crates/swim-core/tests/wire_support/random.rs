//! Numbers for tests that throw dice: the same for the same seed.

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        println!("seed {seed}");
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).expect("64 bits");
        usize::try_from(self.next() % bound).expect("below a usize")
    }

    pub fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// What a bad network, a buggy sender or a joker does to a packet.
    pub fn damage(&mut self, packet: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = packet.to_vec();
        match self.below(6) {
            0 => {
                for _ in 0..=self.below(4) {
                    let at = self.below(bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
            1 => bytes.truncate(self.below(packet.len())),
            2 => {
                let more = 1 + self.below(40);
                bytes.extend((0..more).map(|_| self.byte()));
            }
            3 => {
                let (from, to) = (self.below(other.len()), self.below(bytes.len()));
                bytes.truncate(to);
                bytes.extend_from_slice(&other[from..]);
            }
            4 => {
                let at = self.below(bytes.len() + 1);
                let count = 1 + self.below(8);
                let inserted: Vec<u8> = (0..count).map(|_| self.byte()).collect();
                bytes.splice(at..at, inserted);
            }
            _ => bytes = (0..self.below(200)).map(|_| self.byte()).collect(),
        }
        bytes
    }
}
