//! `swim members` and `swim info`, and the same over HTTP.

use std::time::Duration;

use serde_json::Value;
use swim_smol::{Cluster, Profile};

use crate::support::{Birth, eventually, get};

#[test]
fn everybody_remembered_is_listed_by_name_with_the_promised_keys() {
    let agent = Birth::quick("otter").with(&["--meta", "role=web"]).start();
    let _other = Birth::quick("heron").join(&agent).start();
    agent.lists_alive(2);
    let said = agent.swim(&["members", "--json"]);
    let members: Value = serde_json::from_str(&said.out).expect("JSON");
    let names: Vec<_> = members
        .as_array()
        .expect("an array")
        .iter()
        .map(|m| &m["name"])
        .collect();
    assert_eq!(names, ["heron", "otter"], "sorted by name, self included");
    let me = &members[1];
    let keys: Vec<_> = me.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        ["addr", "incarnation", "meta", "name", "since_ms", "state"]
    );
    assert_eq!(me["addr"], agent.bind);
    assert_eq!(me["state"], "alive");
    assert_eq!(me["meta"]["role"], "web");
    assert!(
        me["incarnation"].is_u64() && me["since_ms"].is_u64(),
        "{me}"
    );
}

#[test]
fn the_age_of_a_state_grows_and_begins_anew_with_another_state() {
    let agent = Birth::quick("otter").start();
    let other = Birth::quick("heron").join(&agent).start();
    agent.lists("heron", "alive");
    let age = |state: &str| {
        agent.lists("heron", state).whole["since_ms"]
            .as_u64()
            .expect("a number")
    };
    let first = age("alive");
    std::thread::sleep(Duration::from_millis(600));
    let second = age("alive");
    assert!(second >= first + 500, "{first} then {second}");
    other.kill();
    agent.lists("heron", "dead");
    assert!(age("dead") < 500);
}

#[test]
fn members_can_be_chosen_by_state() {
    let agent = Birth::quick("otter").start();
    let dead = Birth::quick("heron").join(&agent).start();
    let mut left = Birth::quick("seal").join(&agent).start();
    agent.lists_alive(3);
    assert_eq!(left.swim(&["leave"]).code, 0);
    left.ends();
    dead.kill();
    agent.lists("heron", "dead");
    agent.lists("seal", "left");
    let names = |words: &[&str]| {
        let said = agent.swim(&[&["members", "--json"], words].concat());
        let members: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
        let names = members
            .iter()
            .map(|member| member["name"].as_str().expect("a name").to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&[]), "heron otter seal", "all states are remembered");
    assert_eq!(names(&["--state", "alive"]), "otter");
    assert_eq!(names(&["--state", "dead", "--state", "left"]), "heron seal");
    assert_eq!(names(&["--state", "suspect"]), "");
}

#[test]
fn people_get_a_table() {
    let agent = Birth::quick("otter").with(&["--meta", "role=web"]).start();
    let said = agent.swim(&["members"]);
    let lines: Vec<_> = said.out.lines().collect();
    let words: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        words[0],
        [
            "NAME",
            "ADDRESS",
            "STATE",
            "SINCE",
            "INCARNATION",
            "METADATA"
        ]
    );
    assert_eq!(words[1][..3], ["otter", &agent.bind, "alive"]);
    assert_eq!(words[1][5], "role=web");
    assert_eq!(lines.len(), 2);
}

#[test]
fn metadata_of_other_programs_is_shown_as_base64() {
    let agent = Birth::quick("otter").start();
    let config = Profile::Lan.config().faster(5);
    let foreign = Cluster::builder("heron")
        .bind(([127, 0, 0, 1], 0).into())
        .config(config);
    let foreign = foreign.meta([0xff, 0xfe, 0xfd]).seed(agent.bind.clone());
    let _foreign = foreign.start_blocking().expect("a node of the library");
    let member = agent.lists("heron", "alive").whole;
    assert_eq!(member["meta"], serde_json::json!({}));
    assert_eq!(member["meta_base64"], "//79");
    let table = agent.swim(&["members"]).out;
    assert!(table.contains("base64://79"), "{table}");
}

#[test]
fn over_http_the_members_are_the_same_json() {
    let agent = Birth::quick("otter").start();
    let answer = get(&agent.control, "/v1/members");
    assert_eq!(answer.status, 200);
    assert!(
        answer.head.contains("content-type: application/json"),
        "{}",
        answer.head
    );
    let mut over_http = answer.json();
    let mut said: Value =
        serde_json::from_str(&agent.swim(&["members", "--json"]).out).expect("JSON");
    for members in [&mut over_http, &mut said] {
        members[0]["since_ms"] = Value::Null;
    }
    assert_eq!(over_http, said);
}

#[test]
fn info_has_the_promised_keys() {
    let agent = Birth::quick("otter").with(&["--profile", "local"]).start();
    let info: Value = serde_json::from_str(&agent.swim(&["info", "--json"]).out).expect("JSON");
    let promised = [
        "name",
        "addr",
        "profile",
        "incarnation",
        "uptime_ms",
        "members",
        "health",
        "digest",
        "agreement",
        "counters",
    ];
    for key in promised {
        assert!(!info[key].is_null(), "{key}: {info:#}");
    }
    assert_eq!(info["name"], "otter");
    assert_eq!(info["addr"], agent.bind);
    assert_eq!(info["profile"], "local");
    assert_eq!(
        info["members"],
        serde_json::json!({"alive": 1, "suspect": 0, "dead": 0, "left": 0})
    );
    let digest = info["digest"].as_str().expect("a string");
    assert!(
        digest.len() == 16 && digest.chars().all(|c| c.is_ascii_hexdigit()),
        "{digest}"
    );
    let counters = info["counters"].as_object().expect("an object");
    assert!(
        counters.len() > 40 && counters.values().all(Value::is_u64),
        "{counters:?}"
    );
    let keys = |info: &Value| {
        info.as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(&agent.get("/v1/info")),
        keys(&info),
        "the same over HTTP"
    );
}

#[test]
fn people_get_info_as_a_page() {
    let agent = Birth::quick("otter").start();
    let page = agent.swim(&["info"]).out;
    for part in [
        "name         otter\n",
        "members      1 alive, 0 suspect, 0 dead, 0 left\n",
        "health       0 (healthy)\n",
    ] {
        assert!(page.contains(part), "{page}");
    }
}

#[test]
fn nodes_whose_views_are_equal_show_one_digest_and_agree() {
    let agent = Birth::quick("otter").start();
    let alone = agent.get("/v1/info")["digest"].clone();
    let other = Birth::quick("heron").join(&agent).start();
    agent.lists_alive(2);
    other.lists_alive(2);
    eventually("both agree", || {
        let (one, two) = (agent.get("/v1/info"), other.get("/v1/info"));
        let agree =
            one["digest"] == two["digest"] && one["agreement"] == 1 && two["agreement"] == 1;
        if agree { Ok(()) } else { Err((one, two)) }
    });
    assert_ne!(agent.get("/v1/info")["digest"], alone);
}
