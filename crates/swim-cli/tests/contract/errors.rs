//! Exit codes, and errors that name the value, the reason and the next step.

use std::fs::OpenOptions;
use std::net::TcpListener;

use crate::support::{Birth, Said, get, post, request, run, said, skip, swim};

/// A command that must fail with this code, its standard error beginning so and containing that.
fn fails(words: &[&str], code: i32, begins: &str, contains: &str) -> Said {
    let said = run(words);
    assert_eq!(said.code, code, "{words:?}: {said:?}");
    assert!(said.err.starts_with(begins), "{words:?}: {}", said.err);
    assert!(said.err.contains(contains), "{words:?}: {}", said.err);
    said
}

#[test]
fn a_port_taken_is_said_in_the_contracts_words() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let said = fails(
        &[
            "agent",
            "--name",
            "otter",
            "--bind",
            &address.to_string(),
            "--control",
            "none",
        ],
        1,
        "",
        "",
    );
    let last = said.err.lines().last().expect("a line");
    assert_eq!(
        last,
        format!(
            "swim agent: cannot bind {address}: address in use (is another agent running? choose another with --bind)"
        )
    );
    assert_eq!(said.out, "", "no ready line");
}

#[test]
fn an_address_of_another_machine_is_said_with_the_next_step() {
    // Set aside for documentation: no machine has it.
    let words = ["agent", "--bind", "192.0.2.1:7946", "--control", "none"];
    let begins = "swim agent: cannot bind 192.0.2.1:7946: ";
    fails(
        &words,
        1,
        begins,
        "(choose an address of this machine with --bind)",
    );
}

#[test]
fn a_control_port_taken_is_said_with_the_next_step() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let said = run(&[
        "agent",
        "--name",
        "otter",
        "--bind",
        "127.0.0.1:0",
        "--control",
        &address.to_string(),
    ]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    let expected = format!(
        "swim agent: cannot bind the control face to {address}: address in use (is another agent running?"
    );
    assert!(said.err.contains(&expected), "{}", said.err);
}

#[test]
fn a_bad_value_ends_with_2_before_any_socket_is_opened() {
    let long = "x".repeat(256);
    let meta = format!("k={}", "v".repeat(508));
    for (words, contains) in [
        (
            &["--bind", "nonsense"][..],
            "--bind: \"nonsense\" has no port (write HOST:PORT",
        ),
        (
            &["--bind", "127.0.0.1:99999"],
            "--bind: \"127.0.0.1:99999\" has no port: \"99999\" is not a number from 0 to 65535",
        ),
        (
            &["--bind", "no-such-host.invalid:1"],
            "--bind: cannot resolve no-such-host.invalid:1: ",
        ),
        (&["--advertise", "256.1.1.1:1"], "--advertise: "),
        (
            &["--advertise", "no-such-host.invalid:1"],
            "--advertise: cannot resolve ",
        ),
        (
            &["--advertise", "0.0.0.0:1"],
            "--advertise: nobody can reach 0.0.0.0:1 (advertise an address of this machine)",
        ),
        (&["--join", "nonsense"], "--join: \"nonsense\" has no port"),
        (
            &["--control", "nonsense"],
            "--control: \"nonsense\" has no port",
        ),
        (
            &["--control", "no-such-host.invalid:1"],
            "--control: cannot resolve ",
        ),
        (
            &["--profile", "moon"],
            "--profile: \"moon\" is no profile (choose lan, wan or local)",
        ),
        (
            &["--log-format", "xml"],
            "--log-format: \"xml\" is no log format (choose text or json)",
        ),
        (&["--name", ""], "--name: the name is empty"),
        (
            &["--name", "a\nb"],
            "--name: the name \"a\\nb\" has control characters: leave them out",
        ),
        (
            &["--name", &long],
            "--name: the name has 256 bytes, 255 are possible",
        ),
        (
            &["--label", &long],
            "--label: the label has 256 bytes, 255 are possible",
        ),
        (
            &["--meta", "role"],
            "--meta: \"role\" is no pair (write KEY=VALUE",
        ),
        (
            &["--meta", "a=1", "--meta", "a=2"],
            "--meta: the key \"a\" is given twice",
        ),
        (
            &["--meta", &meta],
            "--meta: the metadata takes 513 bytes, 512 are possible",
        ),
        (
            &["--max-members", "1"],
            "--max-members: \"1\" is not possible (choose a number from 2",
        ),
        (
            &["--config", "/no/such/swim.toml"],
            "--config: cannot read /no/such/swim.toml: no such file or directory (check the path)",
        ),
    ] {
        let words = [&["agent"], words].concat();
        let said = fails(&words, 2, "swim agent: --", contains);
        assert_eq!(said.out, "", "{words:?}");
    }
}

#[test]
fn a_bad_filter_of_logs_is_a_bad_value() {
    let said = said(swim(&["agent", "--check"]).env("RUST_LOG", "swim=loud"));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err
            .starts_with("swim agent: RUST_LOG: \"swim=loud\" is no filter: "),
        "{}",
        said.err
    );
}

#[test]
fn bad_usage_ends_with_2() {
    for words in [
        &["swin"][..],
        &[],
        &["agent", "--nmae", "otter"],
        &["join"],
        &["meta"],
        &["members", "--state", "asleep"],
        &["demo", "--nodes", "2"],
        &["demo", "--within-death", "soon"],
        &["events", "--since", "yesterday"],
    ] {
        let said = run(words);
        assert_eq!(
            (said.code, said.out.as_str()),
            (2, ""),
            "{words:?}: {said:?}"
        );
        assert!(!said.err.is_empty(), "{words:?}");
    }
}

#[test]
fn help_ends_with_0() {
    for words in [
        &["help"][..],
        &["--help"],
        &["help", "agent"],
        &["agent", "--help"],
        &["demo", "-h"],
    ] {
        let said = run(words);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{words:?}");
        assert!(said.out.contains("Examples:"), "{words:?}: {}", said.out);
    }
}

#[test]
fn a_bad_value_of_a_wish_ends_with_2_whether_or_not_an_agent_answers() {
    for (words, contains) in [
        (
            &["join", "nonsense"][..],
            "swim join: \"nonsense\" has no port",
        ),
        (&["meta", "role"], "swim meta: \"role\" is no pair"),
        (
            &["members", "--control", "nonsense"],
            "swim members: --control: \"nonsense\" has no port",
        ),
        (
            &["leave", "--control", "none"],
            "swim leave: --control none: there is no agent to talk to",
        ),
    ] {
        fails(words, 2, contains, "");
    }
}

#[test]
fn every_command_ends_with_3_if_no_agent_answers() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("an address");
    let nobody = nobody.to_string();
    for words in [
        &["members"][..],
        &["info"],
        &["events"],
        &["join", "127.0.0.1:7946"],
        &["leave"],
        &["meta", "a=b"],
    ] {
        let command = words[0];
        let words = [words, &["--control", &nobody]].concat();
        let begins = format!(
            "swim {command}: no agent answers at {nobody}: connection refused (is it running? "
        );
        fails(&words, 3, &begins, "--control)");
    }
}

#[test]
fn what_answers_but_is_no_agent_ends_with_3() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = other.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in other.incoming().flatten() {
            use std::io::Write;
            let _ = (&stream).write_all(b"220 mail.example.org ESMTP\r\n");
        }
    });
    let begins = format!("swim info: what answers at {address} is no swim agent: ");
    fails(&["info", "--control", &address], 3, &begins, "--control)");
}

#[test]
fn the_environment_names_the_agent_for_all_commands() {
    let agent = Birth::quick("otter").start();
    for command in ["members", "info"] {
        let said = said(swim(&[command]).env("SWIM_CONTROL", &agent.control));
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("otter"), "{said:?}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure_and_one_that_nobody_reads_is_none() {
    let agent = Birth::quick("otter").start();
    let words = ["members", "--control", &agent.control];
    if let Ok(full) = OpenOptions::new().write(true).open("/dev/full") {
        let said = said(swim(&words).stdout(full));
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.err
                .starts_with("swim members: cannot write to standard output: "),
            "{}",
            said.err
        );
    } else {
        skip("a full disk: this system has no /dev/full");
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let said = said(swim(&words).stdout(writer));
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn a_bad_request_is_answered_with_its_reason() {
    let agent = Birth::quick("otter").start();
    let at = &agent.control;
    let long = "x".repeat(70_000);
    for (answer, status, reason) in [
        (
            get(at, "/v1/nothing"),
            404,
            "nothing is known at /v1/nothing",
        ),
        (get(at, "/v1/leave"), 405, "/v1/leave answers to POST only"),
        (
            post(at, "/v1/members", ""),
            405,
            "/v1/members answers to GET only",
        ),
        (
            post(at, "/v1/join", "nonsense"),
            400,
            "the body is not what is expected",
        ),
        (
            post(at, "/v1/join", r#"{"seeds": []}"#),
            400,
            "0 seeds given (give 1 to 64)",
        ),
        (
            post(at, "/v1/join", r#"{"seeds": ["nonsense"]}"#),
            400,
            "has no port",
        ),
        (
            post(at, "/v1/meta", r#"{"meta": {"": "x"}}"#),
            400,
            "1 to 255 are possible",
        ),
        (
            post(at, "/v1/meta", &format!(r#"{{"meta": {{"k": "{long}"}}}}"#)),
            413,
            "longer than 65536 bytes",
        ),
        (
            request(
                at,
                "GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nLast-Event-ID: x\r\n\r\n",
            ),
            400,
            "is no number",
        ),
    ] {
        let error = answer.json()["error"]
            .as_str()
            .expect("an error")
            .to_owned();
        assert_eq!(answer.status, status, "{error}");
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(agent.members().len(), 1, "and nothing changed");
}

#[test]
fn a_page_from_elsewhere_cannot_control_the_agent() {
    let agent = Birth::quick("otter").start();
    let at = &agent.control;
    let post = |host: &str, origin: &str| {
        let head = format!("Host: {host}\r\nOrigin: {origin}\r\nConnection: close");
        let body = r#"{"meta": {"a": "b"}}"#;
        let length = body.len();
        let text =
            format!("POST /v1/meta HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
        request(at, &text).status
    };
    assert_eq!(post(at, "https://evil.example"), 403);
    assert_eq!(
        post("evil.example", "http://evil.example"),
        403,
        "a name bent to this address"
    );
    assert_eq!(
        post(at, &format!("http://{at}")),
        200,
        "the agent's own page"
    );
}

/// A pipe whose reader is gone, as with `2>&1 >/dev/null | true`.
fn unread() -> std::process::Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn who_hears_no_errors_still_gets_the_exit_code() {
    for (words, code) in [
        (&["sim", "run", "nosuch"][..], 2),
        (&["members", "--control", "127.0.0.1:1"], 3),
        (&["leave", "--control", "127.0.0.1:1"], 3),
        (&["join", "127.0.0.1:1", "--control", "127.0.0.1:1"], 3),
        (&["agent", "--profile", "lam"], 2),
    ] {
        let status = swim(words)
            .stderr(unread())
            .stdout(std::process::Stdio::null())
            .status()
            .expect("the program starts");
        assert_eq!(status.code(), Some(code), "{words:?}");
    }
}

#[test]
fn an_agent_whose_log_nobody_reads_goes_on() {
    let words = ["agent", "--name", "otter", "--bind", "127.0.0.1:0"];
    let control = ["--control", "127.0.0.1:0", "--join", "127.0.0.1:1"];
    let mut agent = swim(&[&words[..], &control].concat())
        .stderr(unread())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut ready = String::new();
    let out = agent.stdout.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut ready).expect("UTF-8");
    let control = ready.trim().rsplit("control=").next().expect("one");
    // Its seed does not answer, which it logs.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let said = run(&["leave", "--control", control]);
    let status = agent.wait().expect("the process is ours");
    assert_eq!((said.code, status.code()), (0, Some(0)), "{ready}{said:?}");
}
