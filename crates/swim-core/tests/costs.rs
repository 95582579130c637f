//! What a quiet cluster costs, as the front page of the crate says it.

use std::time::Duration;

use swim_sim::Sim;

#[test]
fn a_quiet_node_sends_two_datagrams_of_some_35_bytes_a_second_whatever_the_clusters_size() {
    for nodes in [16, 64, 256] {
        let mut sim = Sim::builder(1).nodes(nodes).settled();
        sim.run_for(Duration::from_secs(30));
        let before = sim.traffic();
        sim.run_for(Duration::from_secs(60));
        let (after, node_seconds) = (sim.traffic(), u64::from(nodes) * 60);
        let datagrams = after.datagrams - before.datagrams;
        let bytes = (after.bytes - before.bytes) / datagrams;
        println!(
            "{nodes} nodes: {datagrams} datagrams in {node_seconds} node-seconds, {bytes} bytes each"
        );
        assert!(
            datagrams * 100 / node_seconds <= 205,
            "{nodes}: {datagrams}"
        );
        assert!(
            datagrams * 100 / node_seconds >= 190,
            "{nodes}: {datagrams}"
        );
        assert!((30..=40).contains(&bytes), "{nodes}: {bytes} bytes each");
    }
}
