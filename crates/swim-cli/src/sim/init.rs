//! `swim sim init`: a scenario file to begin with.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use swim_sim::scenario::{Knobs, Scenario, Template};

use super::subject::profile;
use crate::args::InitArgs;
use crate::errors::{Failure, reason};
use crate::output;

/// Writes the file, or prints it.
pub(crate) fn run(args: &InitArgs) -> Result<(), Failure> {
    let text = template(args)?.text();
    check(&text)?;
    match &args.file {
        None => output::print(&text),
        Some(path) => {
            write_new(path, &text)?;
            let path = path.display();
            output::line(&format!("wrote {path} (now: swim sim run {path})"))
        }
    }
}

/// What is written must run.
fn check(text: &str) -> Result<(), Failure> {
    let read = text.parse::<Scenario>();
    let expanded = read.and_then(|scenario| scenario.expand());
    expanded.map(drop).map_err(|error| {
        Failure::usage(format!(
            "such a scenario would not run, so none is written: {error} (change what it comes from, or begin without)"
        ))
    })
}

fn template(args: &InitArgs) -> Result<Template, Failure> {
    let usage = |flag: &'static str| move |error| Failure::usage(format!("{flag}: {error}"));
    let mut template = Template {
        name: name(args.file.as_deref()),
        ..Template::default()
    };
    if let Some(zones) = &args.zones {
        template.zones = Template::read_zones(zones).map_err(usage("--zones"))?;
    }
    if let Some(rtt) = &args.rtt {
        template.rtt = Template::read_rtt(rtt, &template.zones).map_err(usage("--rtt"))?;
    }
    if let Some(name) = &args.profile {
        template.profile = profile(name)?;
    }
    if let Some(path) = &args.from_memberlist {
        template.knobs = knobs(path)?;
    }
    Ok(template)
}

/// The scenario is called as its file is.
fn name(file: Option<&Path>) -> String {
    let stem = file.and_then(Path::file_stem);
    stem.map_or_else(
        || "mine".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

fn knobs(path: &Path) -> Result<Knobs, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let reason = reason(&error);
        Failure::usage(format!(
            "--from-memberlist: cannot read {shown}: {reason} (check the path)"
        ))
    })?;
    let knobs = Knobs::read(&text)
        .map_err(|error| Failure::usage(format!("--from-memberlist: {shown}: {error}")))?;
    if knobs.is_empty() {
        return Err(Failure::usage(format!(
            "--from-memberlist: {shown} sets nothing that is known, such as ProbeInterval or GossipNodes (is it a configuration of memberlist?)"
        )));
    }
    Ok(knobs)
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let shown = path.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Failure::usage(format!(
                "{shown} exists already (choose another name, or remove it)"
            ));
        }
        Failure::usage(format!(
            "{shown}: cannot create it: {} (does its folder exist, and may you write there?)",
            reason(&error)
        ))
    })
}
