//! What `swim agent --check` prints: the effective settings as a file for `--config`.

use std::fmt::Write;
use std::path::Path;

use toml::Value;

use super::{Layers, Origin, Settings, variable};

/// One line for each setting: key, value, and behind a `#` where it comes from.
pub(super) fn print(settings: &Settings, layers: &Layers, file: Option<&Path>) -> String {
    let mut text =
        "# The effective settings of `swim agent`; can be used with --config.\n".to_owned();
    for (name, value) in lines(settings) {
        let origin = match layers.origin(name) {
            Origin::Default => "default".to_owned(),
            Origin::Flag => format!("--{name}"),
            Origin::Environment => variable(name),
            Origin::File => file.map_or_else(String::new, |file| file.display().to_string()),
        };
        // Writing to a String can't fail.
        let _ = match value {
            Some(value) => writeln!(text, "{:<32}  # {origin}", format!("{name} = {value}")),
            None => writeln!(text, "# {name} is chosen at the start"),
        };
    }
    text
}

/// Every setting in the order of the help; `speed` only where a test has set it.
fn lines(settings: &Settings) -> Vec<(&'static str, Option<Value>)> {
    let text = |value: &dyn ToString| Some(Value::String(value.to_string()));
    let number = |value: usize| i64::try_from(value).ok().map(Value::Integer);
    let join = settings
        .join
        .iter()
        .map(|seed| Value::String(seed.to_string()));
    let meta = settings
        .meta
        .iter()
        .map(|(key, value)| (key.clone(), Value::String(value.clone())));
    let mut lines = vec![
        ("name", text(&settings.name)),
        ("bind", text(&settings.bind)),
        (
            "advertise",
            settings.advertise.and_then(|address| text(&address)),
        ),
        ("join", Some(Value::Array(join.collect()))),
        ("profile", text(&settings.profile.name())),
        ("meta", Some(Value::Table(meta.collect()))),
        (
            "control",
            settings
                .control
                .map_or_else(|| text(&"none"), |address| text(&address)),
        ),
        ("label", text(&settings.label)),
        ("log-format", text(&settings.log_format.name())),
        ("max-members", number(settings.max_members)),
        ("events-kept", number(settings.events_kept)),
    ];
    if settings.speed != 1 {
        lines.push(("speed", Some(Value::Integer(i64::from(settings.speed)))));
    }
    lines
}
