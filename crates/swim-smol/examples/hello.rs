//! A node that shows its cluster whenever it changes, and leaves on Ctrl-C, SIGTERM or SIGHUP.
//!
//! `cargo run --example hello -p swim-smol -- 127.0.0.1:7001`, and in other terminals 7002 and 7003 with the seed
//! `127.0.0.1:7001` behind.
use std::{env, error::Error, sync::Arc, time::Duration};

use swim_smol::Cluster;

fn main() {
    if let Err(error) = run() {
        eprintln!("hello: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let bind = arguments.next().ok_or("usage: hello BIND [SEED]...")?;
    let cluster = Cluster::builder(format!("node-{bind}"))
        .bind(bind.parse()?)
        .seeds(arguments)
        .start_blocking()?;

    let cluster = Arc::new(cluster);
    let mut events = cluster.events();
    let leaving = Arc::clone(&cluster);
    ctrlc::set_handler(move || {
        if let Err(error) = leaving.leave_blocking(Duration::from_secs(5)) {
            eprintln!("{error}");
        }
        leaving.shutdown_blocking(); // ends the events
    })?;

    println!("{} listens on {}", cluster.name(), cluster.local_addr());
    while let Some(event) = events.next_blocking() {
        println!("\n{}: {}", event.kind.name(), event.member.name);
        for member in cluster.members() {
            println!("  {:7} {:22} {}", member.state, member.addr, member.name);
        }
    }
    Ok(())
}
