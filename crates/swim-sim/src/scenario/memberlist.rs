//! The gossip knobs of memberlist, Serf and Consul, read from whatever file they stand in.

mod comments;

use super::Profile;
use super::error::ScenarioError;
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
    /// Names that mean nothing here.
    pub unknown: Vec<String>,
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
    /// Reads knobs from JSON, from lines such as `ProbeInterval = 500ms`, from Go (`c.ProbeInterval = 5 * time.Second`), or
    /// from Consul's sections. Names may also be written as `probe_interval`. Of a file with `gossip_lan` and `gossip_wan`
    /// the first is taken; where one thing is set twice, the last time counts.
    ///
    /// # Errors
    /// A value that can't be.
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        let text = &comments::without(text);
        let preset = PRESETS.iter().find(|(name, _)| text.contains(name));
        let written = Written::all(text);
        let is_known = |one: &&Written<'_>| one.kind().is_some();
        let has = |section| {
            let mut known = written.iter().filter(is_known);
            known.any(|one| one.section == Some(section))
        };
        let only_wan = has(Section::Wan) && !has(Section::Lan);
        let usual = if only_wan {
            Profile::MemberlistWan
        } else {
            Profile::MemberlistLan
        };
        let mut knobs = Self {
            profile: Some(preset.map_or(usual, |(_, profile)| *profile)),
            ..Self::default()
        };
        for one in &written {
            let Some(kind) = one.kind() else {
                if !knobs.unknown.iter().any(|name| name == one.name) {
                    knobs.unknown.push(one.name.to_owned());
                }
                continue;
            };
            if one.section == Some(Section::Wan) && !only_wan {
                let knob = format!("{} = {}", one.name, one.value);
                knobs.note(
                    &knob,
                    "of gossip_wan; the settings here are those of gossip_lan",
                );
            } else {
                knobs.take(one, kind)?;
            }
        }
        Ok(knobs)
    }

    /// Whether nothing was found that means something here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.notes.is_empty() && self.datagram.is_none()
    }

    fn take(&mut self, one: &Written<'_>, kind: Kind) -> Result<(), ScenarioError> {
        let Written { name, value, .. } = *one;
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
                    self.take_suspicion(number, &knob);
                    return Ok(());
                }
                None
            }
            Kind::Datagram => {
                self.datagram = value.parse().ok().or(self.datagram);
                if value.parse::<u16>().is_ok() {
                    return Ok(());
                }
                None
            }
        };
        match line {
            Some(line) => self.set(Setting { line, knob }),
            // What only a compiler could tell is left to whoever reads the file.
            None if !one.quoted && is_expression(value) => self.note(&knob, "not understood"),
            None => return Err(ScenarioError::new(format!("{knob}: {}", kind.wanted()))),
        }
        Ok(())
    }

    /// Sets it in the place of what set the same before.
    fn set(&mut self, setting: Setting) {
        let same = |old: &Setting| old.key() == setting.key();
        if let Some(place) = self.settings.iter().position(same) {
            let old = self.settings.remove(place);
            let why = format!("set again, by {}", setting.knob);
            if !self.notes.iter().any(|(knob, _)| *knob == old.knob) {
                self.note(&old.knob, &why);
            }
        }
        self.settings.push(setting);
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
            format!("suspicion.alpha_tenths = {}", mult.saturating_mul(10)),
            format!("suspicion.confirmations = {}", confirmations.min(3)),
        ] {
            let knob = knob.to_owned();
            self.set(Setting { line, knob });
        }
    }

    fn note(&mut self, knob: &str, why: &str) {
        self.notes.push((knob.to_owned(), why.to_owned()));
    }
}

impl Setting {
    fn key(&self) -> &str {
        self.line.split(" = ").next().unwrap_or_default()
    }
}

impl Kind {
    /// What a value must be, for whoever wrote another.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Time(_) => {
                "no length of time (write one such as 500ms, or a number of nanoseconds)"
            }
            Self::Number(_) | Self::OneLess(_) | Self::SuspicionMult => {
                "no number that can be (write a whole one, not below zero)"
            }
            Self::Not(_) => "neither true nor false (write one of them)",
            Self::Datagram => "no length of a datagram (write a number of bytes up to 65535)",
        }
    }
}

/// Whether a value has a meaning in a program only: names, calls, sums.
fn is_expression(value: &str) -> bool {
    value.starts_with(|letter: char| letter.is_alphabetic() || letter == '_' || letter == '(')
}

/// A section of Consul's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Lan,
    Wan,
}

/// A name with a value, as it stands in the file.
#[derive(Clone, Copy, Debug)]
struct Written<'t> {
    section: Option<Section>,
    name: &'t str,
    value: &'t str,
    /// Whether the value stands in quotes, and so is no expression.
    quoted: bool,
}

impl<'t> Written<'t> {
    /// All names with values, in order.
    fn all(text: &'t str) -> Vec<Self> {
        let (mut all, mut inside) = (Vec::new(), Vec::new());
        for line in text.lines() {
            for piece in line.split_inclusive([',', '{', '}', ';']) {
                let plain = piece.trim_end_matches([',', '{', '}', ';']);
                let section = inside.iter().rev().copied().flatten().next();
                if piece.ends_with('{') {
                    inside.push(section_of(plain));
                    continue;
                }
                all.extend(Self::of(plain, section));
                if piece.ends_with('}') {
                    inside.pop();
                }
            }
        }
        all
    }

    fn of(piece: &'t str, section: Option<Section>) -> Option<Self> {
        let (name, value) = piece.split_once([':', '='])?;
        let name = name.trim().trim_matches('"');
        let name = name.rsplit('.').next().unwrap_or(name);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        // What a program gives a name to is no setting.
        if !is_name || value.starts_with('=') && piece.contains(":=") {
            return None;
        }
        let value = value.trim();
        Some(Self {
            section,
            name,
            value: value.trim_matches('"'),
            quoted: value.starts_with('"'),
        })
    }

    fn kind(&self) -> Option<Kind> {
        let plain = self.name.to_lowercase().replace('_', "");
        let known = KNOBS.iter().find(|(knob, _)| *knob == plain);
        known.map(|(_, kind)| *kind)
    }
}

/// What a brace opens, by the words before it.
fn section_of(words: &str) -> Option<Section> {
    match words.trim_matches([' ', '\t', '"', ':', '=']) {
        "gossip_lan" => Some(Section::Lan),
        "gossip_wan" => Some(Section::Wan),
        _ => None,
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

    fn read(text: &str) -> Knobs {
        Knobs::read(text).unwrap()
    }

    fn lines(knobs: &Knobs) -> Vec<&str> {
        knobs
            .settings
            .iter()
            .map(|setting| &*setting.line)
            .collect()
    }

    #[test]
    fn json_with_nanoseconds_is_read() {
        let knobs = read(
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
        let knobs = read(
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
        let knobs = read("gossip_lan {\n  probe_interval = \"1s\"\n  retransmit_mult = 3\n}\n");
        assert_eq!(
            lines(&knobs),
            ["probe.interval = \"1s\"", "gossip.retransmit = 3"]
        );
    }

    #[test]
    fn what_is_not_understood_is_noted_and_what_is_no_knob_is_passed_over() {
        let knobs = read("ProbeInterval = often\nBindPort = 7946\n");
        assert_eq!(
            knobs.notes,
            [(
                "ProbeInterval = often".to_owned(),
                "not understood".to_owned()
            )]
        );
        assert!(knobs.settings.is_empty() && !knobs.is_empty());
        assert_eq!(knobs.unknown, ["BindPort"], "and named");
        assert!(read("nothing here").is_empty());
    }

    #[test]
    fn of_two_sections_one_is_taken_and_the_other_noted() {
        let lan = "gossip_lan {\n  probe_interval = \"2s\"\n}\n";
        let wan = "gossip_wan {\n  probe_interval = \"6s\"\n  gossip_nodes = 5\n}\n";
        let json = r#"{"datacenter": "dc1", "gossip_lan": {"probe_interval": "2s"}, "gossip_wan": {"probe_interval": "6s", "gossip_nodes": 5}}"#;
        for text in [&format!("{lan}{wan}"), &format!("{wan}{lan}"), json] {
            let knobs = read(text);
            assert_eq!(lines(&knobs), ["probe.interval = \"2s\""], "{text}");
            assert_eq!(knobs.profile, Some(Profile::MemberlistLan));
            assert_eq!(knobs.notes[0].0, "probe_interval = 6s");
            assert!(knobs.notes[1].1.contains("gossip_wan"), "{:?}", knobs.notes);
        }
        let knobs = read(wan);
        assert_eq!(knobs.profile, Some(Profile::MemberlistWan));
        assert_eq!(
            lines(&knobs),
            ["probe.interval = \"6s\"", "gossip.fanout = 5"]
        );
    }

    #[test]
    fn what_is_set_twice_is_set_once() {
        let knobs = read(
            r#"{"ProbeInterval": "1s", "SuspicionMult": 3, "gossip_lan": {"probe_interval": "2s"}, "SuspicionMult": 5}"#,
        );
        let expected = [
            "probe.interval = \"2s\"",
            "suspicion.floor = 5",
            "suspicion.alpha_tenths = 50",
            "suspicion.confirmations = 3",
        ];
        assert_eq!(lines(&knobs), expected);
        let again = |knob: &str, by: &str| (knob.to_owned(), format!("set again, by {by}"));
        let notes = [
            again("ProbeInterval = 1s", "probe_interval = 2s"),
            again("SuspicionMult = 3", "SuspicionMult = 5"),
        ];
        assert_eq!(knobs.notes, notes);
    }

    #[test]
    fn values_that_cannot_be_are_refused_and_unknown_names_are_told() {
        for (text, why) in [
            (r#"{"ProbeInterval": "-2s"}"#, "no length of time"),
            ("GossipNodes = -1", "no number that can be"),
            ("AwarenessMaxMultiplier = 0", "no number that can be"),
            ("UDPBufferSize = 70000", "up to 65535"),
        ] {
            let error = Knobs::read(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let knobs = read("c := memberlist.DefaultLANConfig()\nc.Foo = 3\nc.GossipNodes = 4\n");
        assert_eq!(knobs.unknown, ["Foo"]);
        assert_eq!(lines(&knobs), ["gossip.fanout = 4"]);
    }

    #[test]
    fn comments_set_nothing_and_hide_nothing() {
        let hcl = read(
            "gossip_lan {\n  gossip_interval = \"100ms\" # fast\n  retransmit_mult = 9 # more\n  probe_interval = \"2s\" // slow\n}\n",
        );
        let expected = [
            "gossip.interval = \"100ms\"",
            "gossip.retransmit = 9",
            "probe.interval = \"2s\"",
        ];
        assert_eq!(lines(&hcl), expected);
        assert!(hcl.notes.is_empty(), "{:?}", hcl.notes);
        let go = read(
            "/* c.ProbeInterval = time.Minute */\n/*\nc.GossipNodes = 1\nmemberlist.DefaultWANConfig()\n*/\nc.GossipNodes = 4 /* more */\n",
        );
        assert_eq!(lines(&go), ["gossip.fanout = 4"]);
        assert_eq!(go.profile, Some(Profile::MemberlistLan));
    }

    #[test]
    fn words_in_quotes_are_no_expression() {
        for bad in [
            r#"{"ProbeTimeout": "abc"}"#,
            r#"{"ProbeTimeout":"abc"}"#,
            "gossip_nodes = \"many\"",
        ] {
            let error = Knobs::read(bad).unwrap_err().to_string();
            assert!(error.contains("(write"), "{error}");
        }
    }

    #[test]
    fn what_was_read_runs() {
        let knobs = read("ProbeInterval = 2s\nGossipInterval = 100 * time.Millisecond\n");
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
