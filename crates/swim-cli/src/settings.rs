//! The agent's effective settings: flag before environment before file before default, each value checked once, whatever it
//! came from.

mod file;
mod print;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;

use clap::ArgMatches;
use clap::parser::ValueSource;
use swim_smol::{Builder, Cluster, Profile, StartError};

use crate::address::HostPort;
use crate::args::{AgentArgs, DEFAULT_CONTROL, DEFAULT_EVENTS_KEPT};
use crate::errors::Failure;
use crate::logs::LogFormat;
use crate::metadata::{self, Pairs};

/// Where a value comes from; a later one goes before an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File,
    Environment,
    Flag,
}

/// What was said of one setting, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) values: Vec<String>,
    pub(crate) origin: Origin,
}

/// What was said of all settings, by the flag's name.
#[derive(Debug, Default)]
pub(crate) struct Layers(BTreeMap<&'static str, Said>);

/// What the agent runs with.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) bind: SocketAddr,
    pub(crate) advertise: Option<SocketAddr>,
    pub(crate) join: Vec<HostPort>,
    pub(crate) profile: Profile,
    pub(crate) meta: Pairs,
    /// `None`: no control face.
    pub(crate) control: Option<SocketAddr>,
    pub(crate) label: String,
    pub(crate) log_format: LogFormat,
    pub(crate) max_members: usize,
    pub(crate) events_kept: usize,
    pub(crate) speed: u32,
}

impl Layers {
    /// Gathers what the command line, the environment and the file say.
    ///
    /// # Errors
    /// A usage failure if the file can't be read or says something unknown.
    pub(crate) fn gather(args: &AgentArgs, matches: &ArgMatches) -> Result<Self, Failure> {
        let mut said = match &args.run.config {
            Some(path) => file::read(path)?,
            None => BTreeMap::new(),
        };
        for (name, values) in args.said() {
            let origin = match matches.value_source(&name.replace('-', "_")) {
                Some(ValueSource::CommandLine) => Origin::Flag,
                Some(ValueSource::EnvVariable) => Origin::Environment,
                _ => continue,
            };
            let values = if origin == Origin::Environment {
                split(name, values)
            } else {
                values
            };
            if !values.is_empty() {
                said.insert(name, Said { values, origin });
            }
        }
        Ok(Self(said))
    }

    /// The origin of a setting's value.
    fn origin(&self, name: &str) -> Origin {
        self.0.get(name).map_or(Origin::Default, |said| said.origin)
    }

    fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], |said| &said.values)
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.values(name).last().map(String::as_str)
    }

    /// A value read by `read`, or the default.
    fn read<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
        default: T,
    ) -> Result<T, Failure> {
        match self.one(name) {
            Some(value) => read(value).map_err(|error| self.bad(name, &error)),
            None => Ok(default),
        }
    }

    /// A usage failure that says where the bad value stands.
    fn bad(&self, name: &'static str, error: &dyn fmt::Display) -> Failure {
        let place = match self.origin(name) {
            Origin::Default | Origin::Flag => format!("--{name}"),
            Origin::Environment => variable(name),
            Origin::File => format!("{name} in the configuration file"),
        };
        Failure::usage(format!("{place}: {error}"))
    }
}

/// The environment variable of a flag.
pub(crate) fn variable(name: &str) -> String {
    format!("SWIM_{}", name.to_uppercase().replace('-', "_"))
}

/// One environment variable holds all values of a list, separated by commas. An empty one is one that nobody set.
fn split(name: &str, values: Vec<String>) -> Vec<String> {
    let separator = if matches!(name, "join" | "meta") {
        ','
    } else {
        '\n'
    };
    let parts = values.iter().flat_map(|value| value.split(separator));
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

impl Settings {
    /// Checks everything that was said. Names of our own addresses are looked up; no other socket is opened.
    ///
    /// # Errors
    /// A usage failure about the first bad value.
    pub(crate) fn check(layers: &Layers) -> Result<Self, Failure> {
        let default_bind = SocketAddr::from(([0, 0, 0, 0], swim_smol::DEFAULT_PORT));
        let settings = Self {
            name: layers.one("name").map_or_else(host_name, str::to_owned),
            bind: layers.read("bind", address, default_bind)?,
            advertise: layers.read("advertise", |text| reachable(text).map(Some), None)?,
            join: all(layers, "join", HostPort::from_str)?,
            profile: layers.read("profile", profile, Profile::Lan)?,
            meta: metadata::parse(layers.values("meta").iter().map(String::as_str))
                .map_err(|error| layers.bad("meta", &error))?,
            control: layers.read("control", control, control(DEFAULT_CONTROL).ok().flatten())?,
            label: layers.one("label").unwrap_or_default().to_owned(),
            log_format: layers.read("log-format", LogFormat::from_str, LogFormat::Text)?,
            max_members: layers.read(
                "max-members",
                |text| number(text, 2, swim_smol::MAX_MEMBERS),
                1 << 16,
            )?,
            events_kept: layers.read(
                "events-kept",
                |text| number(text, 1, 1 << 20),
                DEFAULT_EVENTS_KEPT,
            )?,
            speed: layers.read("speed", |text| number(text, 1, 1_000), 1)?,
        };
        let builder = settings
            .builder()
            .map_err(|error| layers.bad("meta", &error))?;
        builder.check().map_err(|error| refused(layers, &error))?;
        Ok(settings)
    }

    /// The library's builder with all of this.
    ///
    /// # Errors
    /// The metadata is too long.
    pub(crate) fn builder(&self) -> Result<Builder, String> {
        let builder = Cluster::builder(&self.name)
            .bind(self.bind)
            .label(&self.label)
            .config(self.profile.config().faster(self.speed))
            .seeds(self.join.iter().map(ToString::to_string))
            .max_members(self.max_members)
            .meta(metadata::encode(&self.meta)?);
        Ok(match self.advertise {
            Some(address) => builder.advertise(address),
            None => builder,
        })
    }

    /// Reads the settings that the agent is started with.
    ///
    /// # Errors
    /// A usage failure about the first bad value, or about the file.
    pub(crate) fn read(args: &AgentArgs, matches: &ArgMatches) -> Result<(Self, Layers), Failure> {
        let layers = Layers::gather(args, matches)?;
        let settings = Self::check(&layers)?;
        Ok((settings, layers))
    }

    /// All settings as a file for `--config`, each with where it comes from.
    pub(crate) fn print(&self, layers: &Layers, file: Option<&Path>) -> String {
        print::print(self, layers, file)
    }
}

/// The library's refusal, with the flag at fault.
fn refused(layers: &Layers, error: &StartError) -> Failure {
    let name = match error {
        StartError::NameEmpty | StartError::NameTooLong { .. } | StartError::NameNotText { .. } => {
            "name"
        }
        StartError::LabelTooLong { .. } => "label",
        StartError::MetaTooLong { .. } | StartError::DatagramSize { .. } => "meta",
        StartError::Seed { .. } => "join",
        StartError::Members { .. } => "max-members",
        StartError::Advertise { .. } | StartError::NoAddress { .. } => "advertise",
        _ => return Failure::usage(error.to_string()),
    };
    layers.bad(name, error)
}

fn all<T>(
    layers: &Layers,
    name: &'static str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Failure> {
    let values = layers.values(name).iter().map(|value| read(value));
    values
        .collect::<Result<_, _>>()
        .map_err(|error| layers.bad(name, &error))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse::<HostPort>()?.resolve()
}

/// An address that others could use; only the port may still be open.
fn reachable(text: &str) -> Result<SocketAddr, String> {
    let address = address(text)?;
    if address.ip().is_unspecified() || address.ip().is_multicast() {
        return Err(format!(
            "nobody can reach {address} (advertise an address of this machine)"
        ));
    }
    Ok(address)
}

fn control(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "none" {
        Ok(None)
    } else {
        address(text).map(Some)
    }
}

fn profile(text: &str) -> Result<Profile, String> {
    let known = [Profile::Lan, Profile::Wan, Profile::Local];
    let found = known.into_iter().find(|profile| profile.name() == text);
    found.ok_or_else(|| format!("{text:?} is no profile (choose lan, wan or local)"))
}

fn number<T>(text: &str, least: T, most: T) -> Result<T, String>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    let number = text
        .parse()
        .ok()
        .filter(|number| (&least..=&most).contains(&number));
    number
        .ok_or_else(|| format!("{text:?} is not possible (choose a number from {least} to {most})"))
}

fn host_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(said: &[(&'static str, &str, Origin)]) -> Layers {
        let mut layers = Layers::default();
        for &(name, value, origin) in said {
            let values = vec![value.to_owned()];
            layers.0.insert(name, Said { values, origin });
        }
        layers
    }

    #[test]
    fn without_a_word_the_contracts_defaults_hold() {
        let settings = Settings::check(&Layers::default()).expect("defaults are possible");
        assert_eq!(settings.name, host_name());
        assert_eq!(settings.bind.to_string(), "0.0.0.0:7946");
        assert_eq!(
            settings.control.map(|control| control.to_string()),
            Some("127.0.0.1:7373".to_owned())
        );
        assert_eq!(settings.profile, Profile::Lan);
        assert_eq!(settings.log_format, LogFormat::Text);
        assert!(settings.join.is_empty() && settings.meta.is_empty() && settings.label.is_empty());
    }

    #[test]
    fn a_bad_value_is_said_with_the_place_where_it_stands() {
        for (origin, place) in [
            (Origin::Flag, "--bind: "),
            (Origin::Environment, "SWIM_BIND: "),
            (Origin::File, "bind in the configuration file: "),
        ] {
            let failure =
                Settings::check(&layers(&[("bind", "nonsense", origin)])).expect_err("no port");
            assert!(failure.to_string().starts_with(place), "{failure}");
        }
    }

    #[test]
    fn an_environment_variable_holds_a_list_separated_by_commas() {
        let values = split("join", vec!["a:1, b:2,".to_owned()]);
        assert_eq!(values, ["a:1", "b:2"]);
        assert_eq!(split("name", vec!["a,b".to_owned()]), ["a,b"]);
        assert!(split("label", vec![String::new()]).is_empty());
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        let said = layers(&[("max-members", "1", Origin::Flag)]);
        let failure = Settings::check(&said).expect_err("too few");
        assert!(
            failure.to_string().contains("from 2 to 1048574"),
            "{failure}"
        );
    }
}
