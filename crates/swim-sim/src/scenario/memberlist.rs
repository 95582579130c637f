//! The gossip knobs of memberlist, Serf and Consul, read from whatever file they stand in.

use super::Profile;
use super::units::Span;

/// What a configuration of memberlist says, in the words of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knobs {
    /// The preset that it starts from, if it is one of memberlist's.
    pub profile: Option<Profile>,
    /// Settings of `[protocol]`.
    pub settings: Vec<Setting>,
    /// The most bytes of a datagram.
    pub datagram: Option<u16>,
    /// Knobs that could not be taken over, and why.
    pub notes: Vec<(String, String)>,
}

/// One line of `[protocol]`, and the knob that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The line, such as `probe.interval = "1s"`.
    pub line: String,
    /// The knob, as it was written.
    pub knob: String,
}

/// How a knob's value becomes a scenario's.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A length of time.
    Time(&'static str),
    /// A whole number.
    Number(&'static str),
    /// A number, one less: memberlist counts the healthy score too.
    OneLess(&'static str),
    /// A switch that says the opposite.
    Not(&'static str),
    /// SuspicionMult: the floor, α and the confirmations.
    SuspicionMult,
    Datagram,
}

/// The knobs that mean something here, in lower case without underscores.
const KNOBS: [(&str, Kind); 16] = [
    ("probeinterval", Kind::Time("probe.interval")),
    ("probetimeout", Kind::Time("probe.timeout")),
    ("indirectchecks", Kind::Number("probe.indirect")),
    ("disabletcppings", Kind::Not("probe.stream")),
    ("suspicionmult", Kind::SuspicionMult),
    (
        "suspicionmaxtimeoutmult",
        Kind::Number("suspicion.max_factor"),
    ),
    ("awarenessmaxmultiplier", Kind::OneLess("health.max")),
    ("gossipinterval", Kind::Time("gossip.interval")),
    ("gossipnodes", Kind::Number("gossip.fanout")),
    ("gossiptothedeadtime", Kind::Time("gossip.to_the_dead")),
    ("retransmitmult", Kind::Number("gossip.retransmit")),
    ("pushpullinterval", Kind::Time("exchange.interval")),
    ("tcptimeout", Kind::Time("exchange.timeout")),
    ("deadnodereclaimtime", Kind::Time("recovery.reclaim")),
    ("reconnectinterval", Kind::Time("recovery.seed_interval")),
    ("udpbuffersize", Kind::Datagram),
];

/// memberlist's presets, by the function that makes them.
const PRESETS: [(&str, Profile); 3] = [
    ("DefaultLANConfig", Profile::MemberlistLan),
    ("DefaultWANConfig", Profile::MemberlistWan),
    ("DefaultLocalConfig", Profile::MemberlistLocal),
];

impl Knobs {
    /// Reads knobs from JSON, from lines such as `ProbeInterval = 500ms`, or from Go: `c.ProbeInterval = 5 * time.Second`.
    /// Names may also be written as `probe_interval`. What is no knob is passed over.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let preset = PRESETS.iter().find(|(name, _)| text.contains(name));
        let mut knobs = Self {
            profile: Some(preset.map_or(Profile::MemberlistLan, |(_, profile)| *profile)),
            ..Self::default()
        };
        for piece in text.split(['\n', ',', '{', '}', ';']) {
            let piece = piece.split("//").next().unwrap_or_default();
            let Some((name, value)) = piece.split_once([':', '=']) else {
                continue;
            };
            let name = name.trim().trim_matches('"');
            let name = name.rsplit('.').next().unwrap_or(name);
            let value = value.trim_start_matches('=').trim().trim_matches('"');
            let plain = name.to_lowercase().replace('_', "");
            if let Some((_, kind)) = KNOBS.iter().find(|(knob, _)| *knob == plain) {
                knobs.take(name, value, *kind);
            }
        }
        knobs
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.notes.is_empty() && self.datagram.is_none()
    }

    fn take(&mut self, name: &str, value: &str, kind: Kind) {
        let knob = format!("{name} = {value}");
        let number = value.parse::<u32>().ok();
        let line = match kind {
            Kind::Time(setting) => go_time(value).map(|time| format!("{setting} = \"{time}\"")),
            Kind::Number(setting) => number.map(|number| format!("{setting} = {number}")),
            Kind::OneLess(setting) => {
                let less = number.and_then(|number| number.checked_sub(1));
                less.map(|less| format!("{setting} = {less}"))
            }
            Kind::Not(setting) => {
                let on = value.parse::<bool>().ok();
                on.map(|on| format!("{setting} = {}", !on))
            }
            Kind::SuspicionMult => {
                if let Some(number) = number {
                    return self.take_suspicion(number, &knob);
                }
                None
            }
            Kind::Datagram => {
                self.datagram = value.parse().ok();
                if self.datagram.is_some() {
                    return;
                }
                None
            }
        };
        match line {
            Some(line) => self.settings.push(Setting { line, knob }),
            None => self.note(&knob, "not understood"),
        }
    }

    /// memberlist: min = mult × max(1, log₁₀ n) intervals, mult − 2 confirmations.
    fn take_suspicion(&mut self, mult: u32, knob: &str) {
        let confirmations = mult.saturating_sub(2);
        if confirmations > 3 {
            self.note(
                knob,
                &format!("its {confirmations} confirmations are 3 here, the most there are"),
            );
        }
        for line in [
            format!("suspicion.floor = {mult}"),
            format!("suspicion.alpha_tenths = {}", mult * 10),
            format!("suspicion.confirmations = {}", confirmations.min(3)),
        ] {
            let knob = knob.to_owned();
            self.settings.push(Setting { line, knob });
        }
    }

    fn note(&mut self, knob: &str, why: &str) {
        self.notes.push((knob.to_owned(), why.to_owned()));
    }
}

/// Go's ways to write a length of time: `500ms`, `5 * time.Second`, `time.Minute`, or a number of nanoseconds.
fn go_time(text: &str) -> Option<Span> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    if let Ok(nanos) = text.parse::<u64>() {
        return Some(Span::from_micros(nanos / 1_000));
    }
    let units = [
        ("time.Microsecond", 1),
        ("time.Millisecond", 1_000),
        ("time.Second", 1_000_000),
        ("time.Minute", 60_000_000),
        ("time.Hour", 3_600_000_000),
    ];
    let (mut micros, mut units_seen) = (1_u64, 0);
    for factor in text.split('*').map(str::trim) {
        let unit = units.iter().find(|(unit, _)| *unit == factor);
        let factor = match unit {
            Some((_, scale)) => {
                units_seen += 1;
                *scale
            }
            None => factor.parse().ok()?,
        };
        micros = micros.checked_mul(factor)?;
    }
    (units_seen == 1).then(|| Span::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, Template};

    fn lines(knobs: &Knobs) -> Vec<&str> {
        knobs
            .settings
            .iter()
            .map(|setting| &*setting.line)
            .collect()
    }

    #[test]
    fn json_with_nanoseconds_is_read() {
        let knobs = Knobs::read(
            r#"{"Name": "x", "ProbeInterval": 500000000, "GossipNodes": 4, "DisableTcpPings": true, "UDPBufferSize": 1200}"#,
        );
        let expected = [
            "probe.interval = \"500ms\"",
            "gossip.fanout = 4",
            "probe.stream = false",
        ];
        assert_eq!(lines(&knobs), expected);
        assert_eq!(
            (knobs.datagram, knobs.profile),
            (Some(1_200), Some(Profile::MemberlistLan))
        );
    }

    #[test]
    fn go_is_read() {
        let knobs = Knobs::read(
            "config := memberlist.DefaultWANConfig()\n\tconfig.ProbeTimeout = 2 * time.Second // slow links\n\tconfig.SuspicionMult = 6\n\tconfig.AwarenessMaxMultiplier = 8\n",
        );
        let expected = [
            "probe.timeout = \"2s\"",
            "suspicion.floor = 6",
            "suspicion.alpha_tenths = 60",
            "suspicion.confirmations = 3",
            "health.max = 7",
        ];
        assert_eq!(lines(&knobs), expected);
        assert_eq!(knobs.profile, Some(Profile::MemberlistWan));
        assert!(
            knobs.notes[0].1.contains("4 confirmations"),
            "{:?}",
            knobs.notes
        );
    }

    #[test]
    fn consuls_names_are_read() {
        let knobs =
            Knobs::read("gossip_lan {\n  probe_interval = \"1s\"\n  retransmit_mult = 3\n}\n");
        assert_eq!(
            lines(&knobs),
            ["probe.interval = \"1s\"", "gossip.retransmit = 3"]
        );
    }

    #[test]
    fn what_is_not_understood_is_noted_and_what_is_no_knob_is_passed_over() {
        let knobs = Knobs::read("ProbeInterval = often\nBindPort = 7946\n");
        assert_eq!(
            knobs.notes,
            [(
                "ProbeInterval = often".to_owned(),
                "not understood".to_owned()
            )]
        );
        assert!(knobs.settings.is_empty() && !knobs.is_empty());
        assert!(Knobs::read("nothing here").is_empty());
    }

    #[test]
    fn what_was_read_runs() {
        let knobs = Knobs::read("ProbeInterval = 2s\nGossipInterval = 100 * time.Millisecond\n");
        let template = Template {
            knobs,
            ..Template::default()
        };
        let scenario: Scenario = template.text().parse().unwrap();
        assert_eq!(scenario.protocol.probe.interval, Some(Span::secs(2)));
        assert_eq!(scenario.protocol.gossip.interval, Some(Span::millis(100)));
        assert_eq!(scenario.profile, Profile::MemberlistLan);
        scenario.expand().unwrap();
    }
}
