//! The rows: which scenario, from when on, what is asked of it.

use super::gauge::Figure;
use super::{Goal, Row, Statistic};

const fn median(figure: Figure, at_most: f64) -> Goal {
    goal(figure, Statistic::Median, at_most)
}

const fn p99(figure: Figure, at_most: f64) -> Goal {
    goal(figure, Statistic::Worst, at_most)
}

/// In every seed.
const fn most(figure: Figure, at_most: f64) -> Goal {
    goal(figure, Statistic::Most, at_most)
}

const fn goal(figure: Figure, statistic: Statistic, at_most: f64) -> Goal {
    Goal {
        figure,
        statistic,
        at_most,
        in_the_way: None,
    }
}

/// A goal that is known to be missed, and why.
const fn missed(goal: Goal, in_the_way: &'static str) -> Goal {
    Goal {
        in_the_way: Some(in_the_way),
        ..goal
    }
}

const JOIN_BYTES: &str = "whoever joins in the first instant finds members that know next to nobody, and exchanges with \
    several of them: three quarters of the bytes are records, each node's own share of which is 68 kB";
const SEED_BYTES: &str = "a seed answers 32 joins a second with its whole roster; with fewer answers the whole cluster \
    sends more and small clusters take longer (docs/protocol.md, P5)";

macro_rules! row {
    ($name:literal, $file:literal, [$($key:literal = $value:literal),*], $from_ms:literal, $quick:literal, $goals:expr) => {
        Row {
            name: $name,
            text: include_str!(concat!("../../targets/", $file, ".toml")),
            changes: &[("name", $name), $(($key, $value)),*],
            from_millis: $from_ms,
            sick: &[],
            less: &[],
            quick: $quick,
            goals: $goals,
        }
    };
}

/// A crash is told at 1 s, a heal at 61 s, and so on: the instant from which each row measures, in milliseconds.
pub(super) const ROWS: &[Row] = &[
    row!(
        "join-64",
        "join",
        ["nodes" = "64"],
        0,
        12,
        &[median(Figure::Whole, 1.5),]
    ),
    row!(
        "join-256",
        "join",
        ["nodes" = "256"],
        0,
        4,
        &[median(Figure::Whole, 3.0),]
    ),
    row!(
        "join-1024",
        "join",
        ["nodes" = "1024"],
        0,
        1,
        &[
            median(Figure::Whole, 4.0),
            median(Figure::BytesUntilWhole, 115_000.0),
            missed(median(Figure::SeedBytes, 2_000_000.0), SEED_BYTES),
        ]
    ),
    row!(
        "join-at-once-64",
        "join-at-once",
        ["nodes" = "64"],
        0,
        12,
        &[median(Figure::Whole, 1.5),]
    ),
    row!(
        "join-at-once-256",
        "join-at-once",
        ["nodes" = "256"],
        0,
        4,
        &[median(Figure::Whole, 3.0),]
    ),
    row!(
        "join-at-once-1024",
        "join-at-once",
        ["nodes" = "1024"],
        0,
        1,
        &[
            median(Figure::Whole, 4.0),
            missed(median(Figure::BytesUntilWhole, 115_000.0), JOIN_BYTES),
            median(Figure::SeedBytes, 2_000_000.0),
        ]
    ),
    row!(
        "crash-64",
        "crash",
        ["nodes" = "64"],
        1_000,
        24,
        &[median(Figure::Whole, 6.8), p99(Figure::Whole, 11.0),]
    ),
    row!(
        "crash-1024",
        "crash",
        ["nodes" = "1024"],
        1_000,
        3,
        &[
            median(Figure::Whole, 10.0),
            p99(Figure::Whole, 14.0),
            median(Figure::Packets, 20_000.0),
        ]
    ),
    row!(
        "loss-64",
        "loss",
        [],
        0,
        2,
        &[
            most(Figure::Deaths, 0.0),
            median(Figure::BytesPerSecond, 200.0),
        ]
    ),
    row!(
        "deaf-bursts-64",
        "deaf-bursts",
        [],
        0,
        2,
        &[
            most(Figure::Deaths, 0.0),
            median(Figure::BytesPerSecond, 1_000.0),
        ]
    ),
    row!(
        "frozen-64",
        "frozen",
        [],
        0,
        4,
        &[most(Figure::Deaths, 0.0),]
    ),
    row!(
        "frozen-long-64-patient",
        "frozen-long",
        ["profile" = "patient"],
        0,
        4,
        &[
            median(Figure::Deaths, 0.0),
            most(Figure::HealthyDeaths, 0.0),
        ]
    ),
    row!(
        "frozen-long-64",
        "frozen-long",
        ["fault.1.flap.up" = "4s"],
        0,
        4,
        &[most(Figure::HealthyDeaths, 0.0), median(Figure::Back, 0.5),]
    ),
    row!(
        "split-64",
        "split",
        ["nodes" = "64"],
        61_000,
        12,
        &[median(Figure::Whole, 1.5), p99(Figure::Whole, 3.0),]
    ),
    row!(
        "split-64-300s",
        "split",
        ["fault.1.for" = "300s", "duration" = "320s"],
        301_000,
        3,
        &[median(Figure::Whole, 1.5), p99(Figure::Whole, 3.0),]
    ),
    row!(
        "split-256",
        "split",
        ["nodes" = "256"],
        61_000,
        3,
        &[median(Figure::Whole, 3.0),]
    ),
    row!(
        "split-1024",
        "split",
        ["nodes" = "1024"],
        61_000,
        1,
        &[median(Figure::Whole, 5.0),]
    ),
    row!(
        "seed-dead-split-64",
        "seed-dead-split",
        [],
        80_000,
        12,
        &[median(Figure::Whole, 1.5),]
    ),
    row!(
        "split-10s-64",
        "split-10s",
        [],
        11_000,
        12,
        &[median(Figure::Deaths, 5.0),]
    ),
    row!(
        "moved-16",
        "moved",
        ["nodes" = "16"],
        2_000,
        24,
        &[median(Figure::Whole, 1.5),]
    ),
    row!(
        "moved-64",
        "moved",
        ["nodes" = "64"],
        2_000,
        12,
        &[median(Figure::Whole, 2.0),]
    ),
    row!(
        "quarter-256",
        "quarter",
        [],
        1_000,
        3,
        &[
            median(Figure::Whole, 11.5),
            median(Figure::BytesUntilWhole, 50_000.0),
        ]
    ),
    Row {
        sick: &[7],
        ..row!(
            "deaf-one-64",
            "deaf-one",
            [],
            0,
            4,
            &[most(Figure::HealthyDeaths, 0.0),]
        )
    },
    row!(
        "one-way-cut-64",
        "one-way-cut",
        [],
        0,
        2,
        &[most(Figure::HealthyDeaths, 0.0),]
    ),
    Row {
        sick: &[7],
        ..row!(
            "flip-flop-64",
            "flip-flop",
            [],
            0,
            2,
            &[most(Figure::HealthyDeaths, 0.0),]
        )
    },
    Row {
        less: &[
            ("protocol.exchange.digest", "false"),
            ("protocol.exchange.on_difference", "false"),
            ("protocol.exchange.interval", "0s"),
        ],
        ..row!(
            "idle-1000-anti-entropy",
            "idle",
            [],
            0,
            1,
            &[median(Figure::BytesPerSecond, 17.0),]
        )
    },
];
