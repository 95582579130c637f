//! CRC-32 (IEEE 802.3, as in zlib and Ethernet): finds damage, proves nothing about who sent it.

/// The checksum of `bytes`.
///
/// With the feature `crc32fast` the crate of that name computes it (ten times as fast where the processor can help);
/// otherwise tables of 16 kB do. The number is the same.
#[must_use]
#[inline]
pub fn crc32(bytes: &[u8]) -> u32 {
    #[cfg(feature = "crc32fast")]
    return crc32fast::hash(bytes);
    #[cfg(not(feature = "crc32fast"))]
    by_tables(bytes)
}

/// Bytes taken in one step.
const STEP: usize = 16;
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// Table `t` holds what a byte does to the checksum when `t` more bytes follow it.
static TABLES: [[u32; 256]; STEP] = tables();

#[expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated by the compiler"
)]
const fn tables() -> [[u32; 256]; STEP] {
    let mut tables = [[0; 256]; STEP];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            let carry = if remainder & 1 == 1 { POLYNOMIAL } else { 0 };
            remainder = (remainder >> 1) ^ carry;
            bit += 1;
        }
        tables[0][byte] = remainder;
        byte += 1;
    }
    let mut table = 1;
    while table < STEP {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// Slicing by 16: sixteen look-ups a step. Those that depend on the step before are folded in last, so that the others
/// overlap with it: half the time.
#[cfg_attr(feature = "crc32fast", allow(dead_code, reason = "still tested"))]
fn by_tables(bytes: &[u8]) -> u32 {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let mut crc = u32::MAX;
    for step in steps {
        let Some(([a, b, c, d], others)) = step.split_first_chunk::<4>() else {
            break;
        };
        let mut folded = 0;
        for (table, byte) in TABLES.iter().rev().skip(4).zip(others) {
            folded ^= look_up(table, *byte);
        }
        let [p, q, r, s] = crc.to_le_bytes();
        for (table, byte) in TABLES.iter().rev().zip([a ^ p, b ^ q, c ^ r, d ^ s]) {
            folded ^= look_up(table, byte);
        }
        crc = folded;
    }
    for byte in rest {
        let [low, ..] = crc.to_le_bytes();
        crc = (crc >> 8) ^ TABLES.first().map_or(0, |table| look_up(table, low ^ byte));
    }
    !crc
}

#[inline]
fn look_up(table: &[u32; 256], byte: u8) -> u32 {
    table.get(usize::from(byte)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_that_the_world_agrees_on() {
        for crc in [crc32, by_tables] {
            assert_eq!(crc(b""), 0);
            assert_eq!(crc(b"123456789"), 0xCBF4_3926);
            assert_eq!(
                crc(b"The quick brown fox jumps over the lazy dog"),
                0x414F_A339
            );
            assert_eq!(crc(&[0xFF; 32]), 0xFF6C_AB0B);
        }
    }

    #[test]
    fn sixteen_at_a_time_is_the_same_as_bit_by_bit() {
        let bytes: [u8; 100] = core::array::from_fn(|at| (at * 37).to_le_bytes()[0]);
        for length in 0..=bytes.len() {
            let mut crc = u32::MAX;
            for byte in &bytes[..length] {
                crc ^= u32::from(*byte);
                for _ in 0..8 {
                    crc = (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
                }
            }
            assert_eq!(by_tables(&bytes[..length]), !crc, "length {length}");
        }
    }
}
