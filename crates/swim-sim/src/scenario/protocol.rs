//! What the nodes run: a profile by its usual name, and settings of the core by theirs.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use swim_core::{Config, Retransmit};

use super::error::ScenarioError;
use super::units::Span;

macro_rules! profiles {
    ($($(#[$meta:meta])* $name:literal $variant:ident $config:ident,)*) => {
        /// The settings to begin with; `lan`, `wan` and `local` are the agent's.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum Profile {
            $($(#[$meta])* #[serde(rename = $name)] $variant,)*
        }

        impl Profile {
            /// All profiles.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its settings.
            #[must_use]
            pub const fn config(self) -> Config {
                match self { $(Self::$variant => Config::$config,)* }
            }
        }
    };
}

profiles! {
    /// A local network.
    #[default]
    "lan" Lan LAN,
    /// The Internet.
    "wan" Wan WAN,
    /// One machine.
    "local" Local LOCAL,
    /// A local network whose members freeze for seconds.
    "patient" Patient PATIENT,
    /// memberlist's DefaultLANConfig.
    "memberlist-lan" MemberlistLan MEMBERLIST_LAN,
    /// memberlist's DefaultWANConfig.
    "memberlist-wan" MemberlistWan MEMBERLIST_WAN,
    /// memberlist's DefaultLocalConfig.
    "memberlist-local" MemberlistLocal MEMBERLIST_LOCAL,
    /// The SWIM paper.
    "plain-swim" PlainSwim PLAIN_SWIM,
}

/// A setting as a scenario writes it, and as the core holds it.
trait Setting: Copy {
    type Core;
    fn core(self) -> Self::Core;
}

impl Setting for Span {
    type Core = Duration;
    fn core(self) -> Duration {
        self.0
    }
}

impl Setting for u8 {
    type Core = Self;
    fn core(self) -> Self {
        self
    }
}

impl Setting for u16 {
    type Core = Self;
    fn core(self) -> Self {
        self
    }
}

impl Setting for bool {
    type Core = Self;
    fn core(self) -> Self {
        self
    }
}

/// How often one piece of news is sent: `0` for a smooth growth with the cluster, else memberlist's RetransmitMult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RetransmitMult(pub u8);

impl Setting for RetransmitMult {
    type Core = Retransmit;
    fn core(self) -> Retransmit {
        match self.0 {
            0 => Retransmit::Smooth,
            times => Retransmit::Stepped(times),
        }
    }
}

/// Zero stands for "not before it is forgotten".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Reclaim(pub Span);

impl Setting for Reclaim {
    type Core = Option<Duration>;
    fn core(self) -> Option<Duration> {
        Some(self.0.0).filter(|time| !time.is_zero())
    }
}

macro_rules! overrides {
    ($($(#[$group_doc:meta])* $group:ident $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* })*) => {
        /// `[protocol]`: settings of the core that differ from the profile's, by group and name.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Protocol {
            $($(#[$group_doc])* #[serde(skip_serializing_if = "is_default")] pub $group: $name,)*
            /// Time that a node did not live does not count (P1).
            #[serde(skip_serializing_if = "Option::is_none")]
            pub oversleep: Option<bool>,
        }

        /// All settings in groups, each by its path below `protocol`.
        pub(super) const SETTINGS: &[&str] = &[
            $($(concat!(stringify!($group), ".", stringify!($field)),)*)*
        ];

        $($(#[$group_doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        })*

        impl Protocol {
            /// The profile's settings with these in their place.
            fn over(&self, mut config: Config) -> Config {
                $($(if let Some(value) = self.$group.$field {
                    config.$group.$field = value.core();
                })*)*
                if let Some(on) = self.oversleep {
                    config.oversleep = on;
                }
                config
            }
        }
    };
}

overrides! {
    /// Probing (SWIM §3.1, §4.3; P2, P13).
    probe Probe {
        /// Protocol period: one member is probed in each.
        interval: Span,
        /// How long a direct ping may stay unanswered before relays are asked; less than the interval.
        timeout: Span,
        /// Members asked to ping in our stead, SWIM's k; at most 8.
        indirect: u8,
        /// Whether a failing probe also tries a stream.
        stream: bool,
        /// An unanswered ping is repeated every fifth of the time-out.
        repeat: bool,
        /// Four times the probes while many members are suspect.
        rush: bool,
    }
    /// Suspicion (SWIM §4.2, Lifeguard §III-B, P2).
    suspicion Suspicion {
        /// Off: a failed probe is a death at once.
        enabled: bool,
        /// Least number of intervals that a suspect has.
        floor: u8,
        /// Tenths of α: min = interval × max(floor, α·log₁₀ n).
        alpha_tenths: u16,
        /// max = this × min.
        max_factor: u8,
        /// Independent accusers that bring a suspicion from max down to min; at most 3.
        confirmations: u8,
        /// With too few members for all confirmations, ask for n − 2.
        fewer_when_small: bool,
        /// The suspect is pinged once more before min has run.
        last_call: bool,
        /// A late confirmation leaves one probe time-out for the refutation.
        grace: bool,
        /// Every ping to a suspect carries the accusation.
        tell_suspect: bool,
        /// Deaths heard second-hand are verified by a ping (P6).
        verify: bool,
    }
    /// Local health (Lifeguard §III-A; P13).
    health Health {
        /// Worst score; 0 switches local health off.
        max: u8,
        /// A failed probe costs 1, whatever number of nacks is missing.
        gentle: bool,
        /// Whether the time-out stretches with the interval.
        stretch_timeout: bool,
        /// Whether relays are asked for nacks.
        nacks: bool,
        /// Silence proves something only to who hears others.
        doubt: bool,
    }
    /// Gossip (SWIM §4.1, P2, P11).
    gossip Gossip {
        /// How often news is gossiped besides piggyback; zero: piggyback only.
        interval: Span,
        /// Members told in each round; at most 16.
        fanout: u8,
        /// How often each piece of news is sent.
        retransmit: RetransmitMult,
        /// How long the dead still get gossip.
        to_the_dead: Span,
        /// News is dropped once eight members showed our digest.
        drop_known: bool,
        /// A death that is heard while it is told counts as one of its sends.
        count_heard: bool,
    }
    /// Exchanges of rosters (P3–P5, P17).
    exchange Exchange {
        /// Timed push/pull; zero switches it off.
        interval: Span,
        /// Pings and acks end with the digest of the whole view.
        digest: bool,
        /// A difference that lasts starts an exchange.
        on_difference: bool,
        /// After this an exchange is forgotten.
        timeout: Span,
        /// Joins answered in a second.
        joins_per_second: u8,
        /// Who answers a join pings the joiner before it spreads it.
        check_joiner: bool,
    }
    /// Reconnection, tombstones, names and addresses (P8, P9, P12).
    recovery Recovery {
        /// The dead are pinged now and then, which heals partitions.
        reconnect: bool,
        /// When a death is overturned, the other dead are pinged in quick succession.
        hurry: bool,
        /// Who is held otherwise than it says hears so in the ack.
        echo: bool,
        /// How long the dead and left are remembered.
        tombstone: Span,
        /// How often a configured seed that belongs to nobody held up is tried; zero: never.
        seed_interval: Span,
        /// A new address is taken when the old one stays silent for one probe.
        check_address: bool,
        /// How long a member must be dead before its name may come from another address; zero: until it is forgotten.
        reclaim: Reclaim,
    }
}

impl Protocol {
    /// The settings that all nodes run with.
    pub(super) fn config(&self, profile: Profile) -> Result<Config, ScenarioError> {
        let config = self.over(profile.config());
        let valid = config.validate();
        valid.map(|()| config).map_err(|error| {
            ScenarioError::new(format!(
                "protocol.{error} (profile {:?} with the settings of [protocol])",
                profile.name()
            ))
        })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
