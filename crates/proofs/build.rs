//! The programs bring their own entry point; libc is linked for `memcpy` and its kin, `read`, `write` and `_exit`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=-nostartfiles");
    println!("cargo::rustc-link-arg-bins=-lc");
}
