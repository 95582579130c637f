//! The agent's first line on standard output: where it is found.

use std::net::SocketAddr;

use serde::Serialize;
use swim_smol::Cluster;

use crate::logs::LogFormat;
use crate::text;

#[derive(Serialize)]
struct Ready<'a> {
    name: &'a str,
    bind: SocketAddr,
    advertise: SocketAddr,
    control: String,
}

/// The line for a node that listens, and a control face at `control`.
pub(super) fn line(cluster: &Cluster, control: Option<SocketAddr>, format: LogFormat) -> String {
    let ready = Ready {
        name: cluster.name(),
        bind: cluster.local_addr(),
        advertise: cluster.advertised(),
        control: control.map_or_else(|| "none".to_owned(), |address| address.to_string()),
    };
    ready.line(format)
}

impl Ready<'_> {
    fn line(&self, format: LogFormat) -> String {
        match format {
            // Strings and addresses can always be written.
            LogFormat::Json => serde_json::to_string(self).unwrap_or_default(),
            LogFormat::Text => format!(
                "ready name={} bind={} advertise={} control={}",
                text::word(self.name),
                self.bind,
                self.advertise,
                self.control
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_the_same_keys_in_the_same_order() {
        let ready = Ready {
            name: "an otter",
            bind: ([0, 0, 0, 0], 7946).into(),
            advertise: ([10, 0, 0, 1], 7946).into(),
            control: "none".to_owned(),
        };
        assert_eq!(
            ready.line(LogFormat::Text),
            "ready name=\"an otter\" bind=0.0.0.0:7946 advertise=10.0.0.1:7946 control=none"
        );
        assert_eq!(
            ready.line(LogFormat::Json),
            r#"{"name":"an otter","bind":"0.0.0.0:7946","advertise":"10.0.0.1:7946","control":"none"}"#
        );
    }
}
