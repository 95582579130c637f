//! `cargo +nightly fuzz run datagram`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swim_fuzz_bodies::datagram(data));
