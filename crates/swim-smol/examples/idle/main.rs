//! What a node costs that has nothing to do: CPU time and bytes sent, measured on nodes of this process on loopback.
//!
//! `cargo run --release --example idle -p swim-smol -- [NODES] [SECONDS]`, 64 nodes for 20 seconds unless said otherwise.
//! The CPU time is that of all threads, the kernel's work for them included; only Linux tells it. Beside it stands what the
//! bare system calls for as many pings and acks take on the same machine, measured right after it.
mod floor;

use std::time::{Duration, Instant};
use std::{env, error::Error, fs, thread};

use swim_smol::Cluster;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u32>());
    let nodes = arguments.next().unwrap_or(Ok(64))?;
    let seconds = arguments.next().unwrap_or(Ok(20))?;
    let bind = "127.0.0.1:0".parse()?;
    let mut clusters: Vec<Cluster> = Vec::new();
    for number in 0..nodes {
        let seed = clusters.first().map(|first| first.local_addr().to_string());
        let node = Cluster::builder(format!("node-{number:06}"))
            .bind(bind)
            .seeds(seed);
        clusters.push(node.start_blocking()?);
        thread::sleep(Duration::from_millis(15)); // spreads the probes over the interval
    }
    let all_know_all = || {
        clusters
            .iter()
            .all(|node| node.info().counts.alive == nodes)
    };
    while !all_know_all() {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_secs(15)); // the calm after the joins

    let (began, cpu, bytes) = (Instant::now(), cpu_time(), bytes_sent(&clusters));
    thread::sleep(Duration::from_secs(seconds.into()));
    let (cpu, bytes) = (cpu_time().zip(cpu), bytes_sent(&clusters) - bytes);
    let node_seconds = began.elapsed().as_secs_f64() * f64::from(nodes);
    println!("sent: {:.1} bytes per node-second", bytes / node_seconds);
    assert!(all_know_all(), "somebody was lost meanwhile");
    drop(clusters);

    let before = cpu_time();
    floor::run(nodes, Duration::from_secs(seconds.into()))?;
    let floor = cpu_time().zip(before);
    let millis = |(after, before): (Duration, Duration)| (after - before).as_secs_f64() * 1_000.0;
    let (Some(cpu), Some(floor)) = (cpu.map(millis), floor.map(millis)) else {
        println!("CPU: this system does not tell");
        return Ok(());
    };
    println!("CPU: {:.4} ms per node-second", cpu / node_seconds);
    println!(
        "CPU of bare sockets for as many pings and acks: {:.4} ms per node-second; ratio {:.2}",
        floor / f64::from(nodes * seconds),
        cpu / node_seconds / (floor / f64::from(nodes * seconds)),
    );
    Ok(())
}

/// The time that all threads have run, to the nanosecond.
fn cpu_time() -> Option<Duration> {
    let mut total = 0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let times = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        total += times.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(total))
}

fn bytes_sent(clusters: &[Cluster]) -> f64 {
    let counted = clusters.iter().flat_map(|cluster| cluster.info().counters);
    let sent = counted.filter(|(name, _)| name.ends_with("_bytes_sent"));
    sent.map(|(_, bytes)| bytes as f64).sum()
}
