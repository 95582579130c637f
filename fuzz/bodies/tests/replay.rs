//! The corpus, and damaged copies of it, through the targets' bodies on stable.

use std::fs;
use std::path::Path;

/// The stored inputs of a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus is stored beside the targets")
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(path).expect("readable"))
        })
        .collect();
    inputs.sort();
    assert!(
        inputs.len() >= 5,
        "seeds are missing in {}",
        folder.display()
    );
    inputs
}

fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).expect("31 bits")
}

/// Flips, cuts, inserts and splices.
fn damage(state: &mut u64, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=next(state) % 4 {
        let at = next(state) % (bytes.len() + 1);
        let byte = next(state).to_le_bytes()[0];
        match next(state) % 5 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 => {
                bytes.truncate(at);
                bytes.extend_from_slice(&other[next(state) % (other.len() + 1)..]);
            }
            _ => {
                if let Some(there) = bytes.get_mut(at) {
                    *there = if byte & 1 == 1 {
                        byte
                    } else {
                        *there ^ 1 << (byte >> 5)
                    };
                }
            }
        }
    }
    bytes
}

fn replay(target: &str, body: fn(&[u8])) {
    let inputs = corpus(target);
    for (name, input) in &inputs {
        println!("{target}/{name}");
        body(input);
    }
    let mut state = 0x5EED;
    for number in 0..50_000 {
        let input = &inputs[next(&mut state) % inputs.len()].1;
        let other = &inputs[next(&mut state) % inputs.len()].1;
        let damaged = damage(&mut state, input, other);
        if std::panic::catch_unwind(|| body(&damaged)).is_err() {
            panic!("{target}: damaged input {number} broke a law: {damaged:?}");
        }
    }
}

#[test]
fn the_stored_datagrams_and_damaged_copies_break_no_law() {
    replay("datagram", swim_fuzz_bodies::datagram);
}

#[test]
fn the_stored_streams_and_damaged_copies_break_no_law() {
    replay("stream", swim_fuzz_bodies::stream);
}
