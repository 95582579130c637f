//! Randomness from one seed: the same seed and the same history give the same outputs, byte for byte.

/// SplitMix64's finalizer: a bijection on 64 bits whose outputs look unrelated to its inputs.
pub(crate) const fn mix64(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The node's own generator (SplitMix64). Not for cryptography: what it must resist is coincidence.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(mix64(seed))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        let value = mix64(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        value
    }

    /// A number below `bound` (0 if the bound is 0), by multiplication: no division, no loop.
    pub(crate) const fn below(&mut self, bound: u32) -> u32 {
        let wide = (self.next() >> 32).wrapping_mul(bound as u64);
        (wide >> 32) as u32
    }

    /// A number of microseconds in `0..bound`.
    pub(crate) const fn micros_below(&mut self, bound: u64) -> u64 {
        match self.next().checked_rem(bound) {
            Some(rest) => rest,
            None => 0,
        }
    }

    /// `micros` moved by up to ± `tenths` tenths of itself.
    pub(crate) const fn around(&mut self, micros: u64, tenths: u64) -> u64 {
        let swing = micros.saturating_mul(tenths) / 10;
        micros
            .saturating_sub(swing)
            .saturating_add(self.micros_below(swing.saturating_mul(2).saturating_add(1)))
    }
}

/// A keyed permutation of `0..size`: visits every number once a round, keeps no list (P16).
///
/// Four Feistel rounds over the smallest even-bit domain that holds `size`, walked until the value falls inside it:
/// fewer than four steps on average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permutation {
    key: u64,
    size: u32,
    half_bits: u32,
}

impl Permutation {
    pub(crate) const fn new(key: u64, size: u32) -> Self {
        let bits = u32::BITS.saturating_sub(size.saturating_sub(1).leading_zeros());
        Self {
            key,
            size,
            half_bits: if bits < 2 { 1 } else { bits.div_ceil(2) },
        }
    }

    pub(crate) const fn size(&self) -> u32 {
        self.size
    }

    /// The number at `position` (< size) of this round.
    pub(crate) const fn at(&self, position: u32) -> u32 {
        let mut value = self.step(position);
        // The permutation of the whole domain has a cycle through `position`, so this returns to `0..size`.
        while value >= self.size && value != position {
            value = self.step(value);
        }
        value
    }

    #[expect(clippy::cast_possible_truncation, reason = "masked to half_bits <= 16")]
    const fn step(&self, value: u32) -> u32 {
        let mask = (1_u32 << self.half_bits).wrapping_sub(1);
        let (mut left, mut right) = ((value >> self.half_bits) & mask, value & mask);
        let mut round = 0_u64;
        while round < 4 {
            let mixed = mix64(self.key ^ (round << 56) ^ right as u64) as u32 & mask;
            (left, right) = (right, left ^ mixed);
            round = round.saturating_add(1);
        }
        (left << self.half_bits) | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p16_a_permutation_visits_every_number_exactly_once() {
        for size in [1_u32, 2, 3, 5, 8, 64, 100, 1_000, 4_097] {
            let order = Permutation::new(0xC0FFEE ^ u64::from(size), size);
            let mut seen = std::vec![false; size as usize];
            for position in 0..size {
                let value = order.at(position) as usize;
                assert!(
                    !core::mem::replace(&mut seen[value], true),
                    "{value} came twice of {size}"
                );
            }
        }
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut random = Random::new(7);
        let mut seen = [false; 10];
        for _ in 0..1_000 {
            seen[random.below(10) as usize] = true;
        }
        assert_eq!(seen, [true; 10]);
        assert_eq!(random.below(0), 0);
    }
}
