//! `swim-trials`: see the library.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    swim_trials::main()
}

#[cfg(not(unix))]
fn main() {
    println!("SKIP swim-trials: the trials freeze and kill by signals, which this system has not");
}
