//! A scenario file to begin with, comments included.

use std::fmt::Write as _;

use super::Profile;
use super::error::{Nearest, ScenarioError};
use super::memberlist::Knobs;
use super::selector::may_name_a_group;
use super::units::Span;

/// What a new scenario file is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The scenario's name.
    pub name: String,
    /// Zones in order, with their nodes; none: thirty nodes that stand nowhere.
    pub zones: Vec<(String, u32)>,
    /// Round trips between two zones.
    pub rtt: Vec<(String, String, Span)>,
    /// The nodes' settings to begin with.
    pub profile: Profile,
    /// What a configuration of memberlist says.
    pub knobs: Knobs,
}

impl Template {
    /// Reads zones written `a=30,b=30,c=40`.
    ///
    /// # Errors
    /// A part that is no name with a number, or a name that comes twice.
    pub fn read_zones(text: &str) -> Result<Vec<(String, u32)>, ScenarioError> {
        let mut zones: Vec<(String, u32)> = Vec::new();
        for part in text.split(',') {
            let zone = part.split_once('=').and_then(|(name, count)| {
                let count = count.trim().parse().ok().filter(|count| *count > 0)?;
                Some((name.trim(), count)).filter(|(name, _)| may_name_a_group(name))
            });
            let Some((name, count)) = zone else {
                return Err(ScenarioError::new(format!(
                    "{part:?} is no zone (write names with numbers of nodes: a=30,b=30,c=40)"
                )));
            };
            if zones.iter().any(|(known, _)| known == name) {
                return Err(ScenarioError::new(format!("zone {name:?} is given twice")));
            }
            zones.push((name.to_owned(), count));
        }
        Ok(zones)
    }

    /// Reads round trips written `a-b=2ms,a-c=40ms`, between zones that are known.
    ///
    /// # Errors
    /// A part that is no pair of zones with a duration, or a zone that is not known.
    pub fn read_rtt(
        text: &str,
        zones: &[(String, u32)],
    ) -> Result<Vec<(String, String, Span)>, ScenarioError> {
        let mut rtt = Vec::new();
        for part in text.split(',') {
            let read = part.split_once('=').and_then(|(pair, time)| {
                let (one, other) = pair.trim().split_once('-')?;
                Some((one, other, time.trim().parse::<Span>().ok()?))
            });
            let Some((one, other, time)) = read else {
                return Err(ScenarioError::new(format!(
                    "{part:?} is no round trip (write pairs of zones with durations: a-b=2ms,a-c=40ms)"
                )));
            };
            for name in [one, other] {
                if !zones.iter().any(|(zone, _)| zone == name) {
                    let nearest = Nearest::of(name, zones.iter().map(|(zone, _)| zone.as_str()));
                    return Err(ScenarioError::new(format!(
                        "{part:?}: there is no zone {name:?}{nearest} (give zones such as a=30,b=30 too)"
                    )));
                }
            }
            rtt.push((one.to_owned(), other.to_owned(), time));
        }
        Ok(rtt)
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let zoned: u32 = self.zones.iter().map(|(_, count)| count).sum();
        let nodes = if zoned == 0 { 30 } else { zoned };
        let profile = self.knobs.profile.unwrap_or(self.profile);
        let mut text = format!(
            "# A scenario for `swim sim run`. Every line but these may be left out; `swim sim schema` tells all keys,\n\
             # `swim sim list faults` all that can go wrong.\n\
             name = {name:?}\n\
             about = \"What happens to my cluster when …?\"\n\
             nodes = {nodes}\n\
             duration = \"2m\"\n\
             seed = 1                    # the same seed, the same run\n\
             profile = {profile:?}           # {profiles}\n",
            name = self.name,
            profile = profile.name(),
            profiles = profiles(),
        );
        self.write_protocol(&mut text);
        self.write_network(&mut text);
        self.write_faults(&mut text);
        text
    }

    fn write_protocol(&self, text: &mut String) {
        text.push_str(
            "\n# Settings of the nodes that differ from the profile's, by group and name.\n",
        );
        if self.knobs.settings.is_empty() {
            text.push_str("# [protocol]\n# probe.interval = \"1s\"\n# suspicion.floor = 4\n");
        } else {
            text.push_str("[protocol]\n");
            for setting in &self.knobs.settings {
                // Writing into a string can't fail.
                let _ = writeln!(text, "{:<36} # {}", setting.line, setting.knob);
            }
        }
        for (knob, why) in &self.knobs.notes {
            let _ = writeln!(text, "# {knob}: {why}");
        }
        if !self.knobs.unknown.is_empty() {
            let names = self.knobs.unknown.join(", ");
            let _ = writeln!(
                text,
                "# Not taken over, as nothing here is like it: {names}"
            );
        }
    }

    fn write_network(&self, text: &mut String) {
        text.push_str("\n[network]\n# One way, without load. Also: a duration, or dist = \"uniform\", \"exp\", \"pareto\".\n");
        text.push_str("delay = { dist = \"lognormal\", median = \"0.3ms\", p99 = \"2ms\", min = \"0.1ms\" }\n");
        text.push_str("loss = 0.0005               # of datagrams; streams repeat what is lost\n");
        if let Some(bytes) = self.knobs.datagram {
            let _ = writeln!(text, "datagram = {bytes}             # UDPBufferSize");
        }
        for (one, other, time) in &self.rtt {
            let _ = writeln!(text, "rtt.{one}-{other} = \"{time}\"");
        }
        if self.zones.is_empty() {
            return;
        }
        text.push_str("\n# Where nodes stand; they are called n0, n1 and so on.\n[zones]\n");
        let mut from = 0;
        for (name, count) in &self.zones {
            let _ = writeln!(text, "{name} = \"{from}..{}\"", from + count);
            from += count;
        }
    }

    fn write_faults(&self, text: &mut String) {
        if let [(one, _), (other, _), ..] = &self.zones[..] {
            let _ = write!(
                text,
                "\n# For 40 s nothing gets from zone {one} to zone {other}; the other direction is open.\n\
                 [[fault]]\nat = \"20s\"\nfor = \"40s\"\nkind = \"partition\"\nshape = \"one-way\"        # split, isolate, between, bridge, ring, chain, random-links\n\
                 from = \"zone:{one}\"\nto = \"zone:{other}\"\nmode = \"drop\"            # slow: it takes longer; jam: it waits until the end\n",
            );
        } else {
            text.push_str(
                "\n# For 40 s the cluster falls into two halves.\n\
                 [[fault]]\nat = \"20s\"\nfor = \"40s\"\nkind = \"partition\"\nshape = \"split\"          # isolate, one-way, between, bridge, ring, chain, random-links\n\
                 groups = [\"0%..50%\", \"50%..100%\"]\nmode = \"drop\"            # slow: it takes longer; jam: it waits until the end\n",
            );
        }
        text.push_str(
            "\n# A node dies without a word, and is back half a minute later.\n\
             [[fault]]\nat = \"80s\"\nkind = \"crash\"\nnodes = \"random:1\"       # n3, 0..10, zone:x, a group, random:10%, not:n0\nrestart_after = \"30s\"\n\
             \n# What must hold. Without a word the bounds are derived from the settings, and every invariant is checked.\n\
             [expect]\n# detect_within = \"15s\"      # a harder bound, of your own\n# false_positives = { max = 0, scope = \"never-faulted\" }\n",
        );
    }
}

fn profiles() -> String {
    let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, Selector};

    #[test]
    fn what_is_written_is_a_scenario_that_can_be_expanded() {
        let zones = Template::read_zones("a=30, b=30,c=40").unwrap();
        let rtt = Template::read_rtt("a-b=2ms,a-c=40ms", &zones).unwrap();
        let template = Template {
            name: "three zones".to_owned(),
            zones,
            rtt,
            ..Template::default()
        };
        let scenario: Scenario = template.text().parse().unwrap();
        assert_eq!((scenario.nodes, scenario.zones.len()), (100, 3));
        assert_eq!(scenario.zones["c"], Selector::these(60..100));
        assert_eq!(scenario.network.rtt["a-c"], Span::millis(40));
        assert_eq!(scenario.expand().unwrap().faults().len(), 2);
        let plain: Scenario = Template::default().text().parse().unwrap();
        assert_eq!(plain.expand().unwrap().faults().len(), 2);
    }

    #[test]
    fn zones_and_round_trips_that_are_none_are_refused() {
        for (text, why) in [
            ("a", "is no zone"),
            ("a=0", "is no zone"),
            ("n3=5", "is no zone"),
            ("a=1,a=2", "given twice"),
        ] {
            let error = Template::read_zones(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let zones = Template::read_zones("east=3,west=3").unwrap();
        for (text, why) in [
            ("east=3ms", "is no round trip"),
            ("east-west=3", "is no round trip"),
            ("east-wets=3ms", "did you mean \"west\"?"),
        ] {
            let error = Template::read_rtt(text, &zones).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
