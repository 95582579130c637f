//! `cargo +nightly fuzz run stream`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swim_fuzz_bodies::stream(data));
