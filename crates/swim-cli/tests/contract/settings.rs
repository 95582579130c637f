//! Flags, environment, file and defaults; `--check`.

use std::fs;
use std::path::PathBuf;

use crate::support::{Birth, Said, run, said, swim};

/// A file that is removed in the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("swim-{}-{name}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).expect("a temporary file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The line of a setting: value and origin.
fn line<'a>(said: &'a Said, key: &str) -> (&'a str, &'a str) {
    assert_eq!(said.code, 0, "{said:?}");
    let begins = format!("{key} = ");
    let line = said.out.lines().find_map(|line| line.strip_prefix(&begins));
    let (value, origin) = line
        .and_then(|line| line.rsplit_once('#'))
        .unwrap_or_else(|| panic!("{key}: {said:?}"));
    (value.trim(), origin.trim())
}

#[test]
fn the_defaults_are_the_contracts() {
    let said = run(&["agent", "--check"]);
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    assert_eq!(line(&said, "name"), (&*format!("{host:?}"), "default"));
    assert_eq!(line(&said, "bind"), ("\"0.0.0.0:7946\"", "default"));
    assert_eq!(line(&said, "profile"), ("\"lan\"", "default"));
    assert_eq!(line(&said, "control"), ("\"127.0.0.1:7373\"", "default"));
    assert_eq!(line(&said, "join"), ("[]", "default"));
    assert_eq!(line(&said, "log-format"), ("\"text\"", "default"));
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let file = File::new(
        "order",
        "name = \"file\"\nlabel = \"file\"\nprofile = \"wan\"\n",
    );
    let mut command = swim(&[
        "agent",
        "--check",
        "--config",
        file.path(),
        "--name",
        "flag",
    ]);
    let said = said(
        command
            .env("SWIM_NAME", "environment")
            .env("SWIM_LABEL", "environment"),
    );
    assert_eq!(line(&said, "name"), ("\"flag\"", "--name"));
    assert_eq!(line(&said, "label"), ("\"environment\"", "SWIM_LABEL"));
    assert_eq!(line(&said, "profile"), ("\"wan\"", file.path()));
    assert_eq!(line(&said, "control").1, "default");
}

#[test]
fn every_setting_can_come_from_the_environment() {
    let mut command = swim(&[]);
    let variables = [
        ("name", "SWIM_NAME", "otter", "\"otter\""),
        ("bind", "SWIM_BIND", "127.0.0.1:1", "\"127.0.0.1:1\""),
        (
            "advertise",
            "SWIM_ADVERTISE",
            "127.0.0.1:2",
            "\"127.0.0.1:2\"",
        ),
        (
            "join",
            "SWIM_JOIN",
            "127.0.0.1:3, seed.invalid:4",
            "[\"127.0.0.1:3\", \"seed.invalid:4\"]",
        ),
        ("profile", "SWIM_PROFILE", "local", "\"local\""),
        (
            "meta",
            "SWIM_META",
            "role=web,zone=1",
            "{ role = \"web\", zone = \"1\" }",
        ),
        ("control", "SWIM_CONTROL", "none", "\"none\""),
        ("label", "SWIM_LABEL", "staging", "\"staging\""),
        ("log-format", "SWIM_LOG_FORMAT", "json", "\"json\""),
        ("max-members", "SWIM_MAX_MEMBERS", "100", "100"),
        ("events-kept", "SWIM_EVENTS_KEPT", "9", "9"),
    ];
    for (_, variable, value, _) in variables {
        command.env(variable, value);
    }
    let said = said(command.args(["agent", "--check"]));
    for (key, variable, _, value) in variables {
        assert_eq!(line(&said, key), (value, variable));
    }
    assert!(
        said.err.contains("--join: cannot resolve seed.invalid:4: "),
        "a warning: {}",
        said.err
    );
}

#[test]
fn check_prints_a_file_that_means_the_same() {
    let words = [
        "agent",
        "--check",
        "--name",
        "an \"otter\"",
        "--bind",
        "127.0.0.1:0",
        "--join",
        "127.0.0.1:9",
    ];
    let first = run(&[
        &words[..],
        &["--meta", "a key=x=y", "--label", "l", "--max-members", "77"],
    ]
    .concat());
    let file = File::new("again", &first.out);
    let second = run(&["agent", "--check", "--config", file.path()]);
    let values = |said: &Said| {
        let lines = said.out.lines().map(|line| {
            line.rsplit_once('#')
                .map_or("", |(value, _)| value.trim())
                .to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(values(&first), values(&second));
    assert_eq!(line(&second, "meta").0, "{ \"a key\" = \"x=y\" }");
}

#[test]
fn an_agent_runs_from_a_file() {
    let text = "name = \"otter\"\nbind = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\nmeta = { role = \"web\" }\nspeed = 10\n";
    let file = File::new("run", text);
    let agent = Birth::from_file(file.path()).start();
    assert_eq!(agent.name, "otter");
    assert_eq!(agent.members()[0].whole["meta"]["role"], "web");
}

#[test]
fn what_a_file_says_wrong_is_said_with_the_place() {
    for (name, text, contains) in [
        (
            "unknown",
            "nmae = \"a\"\n",
            "unknown key \"nmae\" (the keys are name, bind, ",
        ),
        ("syntax", "name = \n", "TOML parse error at line 1"),
        (
            "type",
            "name = true\n",
            "name must be a string or a number, not boolean",
        ),
        (
            "value",
            "bind = \"nonsense\"\n",
            "bind in the configuration file: \"nonsense\" has no port",
        ),
    ] {
        let file = File::new(name, text);
        let said = run(&["agent", "--config", file.path()]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{text}: {said:?}");
        assert!(
            said.err.starts_with("swim agent: ") && said.err.contains(contains),
            "{text}: {}",
            said.err
        );
    }
}
