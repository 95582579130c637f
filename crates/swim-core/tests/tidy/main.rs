//! The rules of the house, held as tests. Each carries a control that shows that it can fail.
//!
//! `docs/architecture.md` says why these rules and not others.

mod docs;
mod source;

use source::{Source, project};

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;
const STRUCT_FIELDS: usize = 14;

/// A file's complaint, ready to be clicked on.
fn complaint(source: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", source.path)
}

/// Fails with the complaints, one a line.
#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The control: the check must find fault with this.
#[track_caller]
fn some(complaints: &[String]) {
    assert!(
        !complaints.is_empty(),
        "the check finds nothing where there is something to find"
    );
}

/// Rust that is not for tests only.
fn product(all: Vec<Source>) -> Vec<Source> {
    let modules: Vec<_> = all
        .iter()
        .flat_map(|source| source.test_modules.clone())
        .collect();
    let is_test = |source: &Source| {
        let inside = source.path.split('/').any(|part| part == "tests");
        inside || source.path.ends_with("tests.rs") || modules.contains(&source.path)
    };
    all.into_iter()
        .filter(|source| source.path.ends_with(".rs") && !is_test(source))
        .collect()
}

fn core(all: Vec<Source>) -> Vec<Source> {
    product(all)
        .into_iter()
        .filter(|s| s.path.starts_with("crates/swim-core/src/"))
        .collect()
}

fn fake(path: &str, text: &str) -> Vec<Source> {
    vec![Source::new(path, text)]
}

// ---- sizes ----------------------------------------------------------------------------------------------------------

fn long_files(sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter(|source| source.lines > FILE_LINES);
    long.map(|source| {
        let what = format!(
            "{} lines, at most {FILE_LINES}: split it along its state",
            source.lines
        );
        complaint(source, 1, &what)
    })
    .collect()
}

#[test]
fn files_are_read_top_to_bottom() {
    none(&long_files(&product(project())));
    some(&long_files(&fake(
        "crates/x/src/long.rs",
        &"let x = 1;\n".repeat(FILE_LINES + 1),
    )));
    none(&long_files(&fake(
        "crates/x/src/fits.rs",
        &"let x = 1;\n".repeat(FILE_LINES),
    )));
    let tests = format!(
        "#[cfg(test)]\nmod tests {{\n{}}}\n",
        "let x = 1;\n".repeat(FILE_LINES)
    );
    none(&long_files(&fake("crates/x/src/tested.rs", &tests)));
}

fn long_functions(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for function in source
            .functions()
            .iter()
            .filter(|f| f.size > FUNCTION_LINES)
        {
            let what = format!(
                "fn {}: {} lines, at most {FUNCTION_LINES}",
                function.name, function.size
            );
            complaints.push(complaint(source, function.line, &what));
        }
    }
    complaints
}

#[test]
fn functions_fit_a_screen() {
    none(&long_functions(&product(project())));
    let function = |lines: usize| {
        format!(
            "pub fn f<const N: usize>(a: [u8; N]) -> u8 {{\n{}}}\n",
            "g(\"}\");\n".repeat(lines - 2)
        )
    };
    some(&long_functions(&fake(
        "long.rs",
        &function(FUNCTION_LINES + 1),
    )));
    none(&long_functions(&fake("fits.rs", &function(FUNCTION_LINES))));
}

fn wide_structs(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for found in source.structs().iter().filter(|s| s.size > STRUCT_FIELDS) {
            let what = format!(
                "struct {}: {} fields, at most {STRUCT_FIELDS}",
                found.name, found.size
            );
            complaints.push(complaint(source, found.line, &what));
        }
    }
    complaints
}

#[test]
fn the_fields_of_a_struct_fit_a_paragraph() {
    none(&wide_structs(&product(project())));
    let wide = |n: usize| {
        format!(
            "struct S<T: A> {{\n{}}}",
            "/// Words, words.\n pub a: Map<fn(u8) -> u8, T>,\n".repeat(n)
        )
    };
    some(&wide_structs(&fake("wide.rs", &wide(STRUCT_FIELDS + 1))));
    none(&wide_structs(&fake("fits.rs", &wide(STRUCT_FIELDS))));
}

// ---- the dependency picture -----------------------------------------------------------------------------------------

/// The modules of the core, lowest first. A module names only modules of lower rows, of its own row where it says so
/// below, and itself.
const LAYERS: [&[&str]; 10] = [
    &["time", "random", "stats", "mutant"],
    &["hash"],
    &["peer", "config"],
    &["message", "output"],
    &["rules", "health", "wire"],
    &["roster", "site"],
    &["node"],
    &["receive", "exchange"],
    &["converse"],
    &["shared"],
];
/// Lower rows that are out of bounds all the same: a format is exchangeable only while neither knows the other.
const STRANGERS: [(&str, &str); 2] = [("node", "wire"), ("roster", "wire")];

/// The modules that a file names: what follows each `crate::`, groups unfolded.
fn names(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let rest = &code[at + path.len()..];
        if code[..at].ends_with(source::is_word) {
            continue;
        }
        let group = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once("};"))
            .map_or(rest, |(group, _)| group);
        let several = rest.starts_with('{');
        let mut depth = 0_i32;
        for part in group.split_inclusive(['{', '}', ',']) {
            let word: String = part
                .trim_start()
                .chars()
                .take_while(|&c| source::is_word(c))
                .collect();
            if depth == 0 && !word.is_empty() {
                found.push((at, word));
            }
            if !several {
                break;
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

fn upward_names(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let Some(module) = source.module().filter(|module| *module != "lib") else {
            continue;
        };
        let Some(own) = layer(module) else {
            complaints.push(complaint(source, 1, "this module has no place in LAYERS"));
            continue;
        };
        for (at, name) in names(&source.code) {
            let stranger = STRANGERS.contains(&(module, name.as_str()));
            let why = match layer(&name) {
                _ if name == module => continue,
                Some(below) if below < own && !stranger => continue,
                Some(_) if stranger => "they must not know each other",
                Some(_) => "it stands no lower in the picture",
                None => "name the module it comes from",
            };
            let what = format!("{module} names crate::{name}: {why}");
            complaints.push(complaint(source, source.line_of(at), &what));
        }
    }
    complaints
}

#[test]
fn modules_name_only_what_stands_below_them() {
    none(&upward_names(&core(project())));
    let refused = |path: &str, text: &str| {
        some(&upward_names(&fake(
            &format!("crates/swim-core/src/{path}"),
            text,
        )));
    };
    refused("peer.rs", "use crate::message::Message;");
    refused("roster.rs", "use crate::{peer::{Peer, State}, node::Node};");
    refused("node/probe.rs", "fn f(_: crate::wire::Datagram) {}");
    refused("wire/read.rs", "use crate::node::Node;");
    refused("message.rs", "use crate::Node;");
    refused("novelty.rs", "");
    let allowed = "use crate::peer::{Member, Peer};\nuse crate::{time::Instant, config::Config};\n// crate::wire\n";
    none(&upward_names(&fake(
        "crates/swim-core/src/node/probe.rs",
        allowed,
    )));
}

/// Which of our crates each crate may be built on.
const CRATES: [(&str, &[&str]); 6] = [
    ("swim-core", &[]),
    ("swim-smol", &["swim-core"]),
    ("swim-sim", &["swim-core"]),
    ("swim-cli", &["swim-core", "swim-smol", "swim-sim"]),
    ("swim-benches", &["swim-core", "swim-smol", "swim-sim"]),
    ("swim-trials", &["swim-core", "swim-smol", "swim-sim"]),
];
/// What the core may be built on, and only where a feature asks for it.
const CORE_DEPENDENCIES: [&str; 4] = ["serde", "postcard", "heapless", "crc32fast"];

fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest
        .split("\n[")
        .find_map(|section| section.strip_prefix("dependencies]"));
    let lines = section.unwrap_or_default().lines();
    lines.filter(|line| line.contains('=')).collect()
}

fn wrong_dependencies(manifests: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for manifest in manifests {
        let name = manifest
            .text
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .unwrap_or_default()
            .trim_matches('"');
        let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
            complaints.push(complaint(manifest, 1, "this crate has no place in CRATES"));
            continue;
        };
        for line in dependencies(&manifest.text) {
            let wanted: String = line
                .chars()
                .take_while(|&c| source::is_word(c) || c == '-')
                .collect();
            let ours = wanted.starts_with("swim-");
            let in_core = name == "swim-core";
            if ours && !allowed.contains(&wanted.as_str()) {
                complaints.push(complaint(
                    manifest,
                    1,
                    &format!("{name} must not be built on {wanted}"),
                ));
            } else if in_core
                && wanted != "heapless"
                && !(CORE_DEPENDENCIES.contains(&wanted.as_str())
                    && line.contains("optional = true"))
            {
                complaints.push(complaint(
                    manifest,
                    1,
                    &format!("the core must stand without {wanted}"),
                ));
            }
        }
    }
    complaints
}

#[test]
fn crates_are_built_only_on_those_below_them() {
    let is_member = |s: &Source| {
        s.path.ends_with("/Cargo.toml")
            && !s.path.starts_with("fuzz/")
            && !s.path.starts_with("crates/proofs/")
    };
    let manifests: Vec<_> = project().into_iter().filter(is_member).collect();
    none(&wrong_dependencies(&manifests));
    let refused = |text: &str| some(&wrong_dependencies(&fake("crates/x/Cargo.toml", text)));
    refused("[package]\nname = \"swim-core\"\n\n[dependencies]\nswim-smol.workspace = true\n");
    refused("[package]\nname = \"swim-core\"\n\n[dependencies]\nserde = { workspace = true }\n");
    refused("[package]\nname = \"swim-sim\"\n\n[dependencies]\nswim-cli = \"1\"\n");
    refused("[package]\nname = \"swim-novelty\"\n");
    none(&wrong_dependencies(&fake(
        "x",
        "[package]\nname = \"swim-core\"\n\n[dev-dependencies]\nswim-sim = \"1\"\n",
    )));
}

// ---- what the core must not do --------------------------------------------------------------------------------------

const PANICS: [&str; 9] = [
    ".unwrap()",
    ".expect(",
    "panic!",
    "unreachable!",
    "todo!",
    "unimplemented!",
    ".split_at(",
    ".sort_unstable",
    ".copy_from_slice(",
];

/// Words that panic, and indexing: a bracket right after an expression. What only the compiler evaluates may: it would
/// refuse to build.
fn panics(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let source = &source.without_items_under("reason = \"evaluated by the compiler\"");
        for word in PANICS {
            for (at, _) in source.code.match_indices(word) {
                complaints.push(complaint(
                    source,
                    source.line_of(at),
                    &format!("`{word}` can panic"),
                ));
            }
        }
        for (at, _) in source.code.match_indices('[') {
            let before = source.code[..at].chars().next_back();
            if before.is_some_and(|c| source::is_word(c) || matches!(c, ')' | ']' | '?')) {
                complaints.push(complaint(
                    source,
                    source.line_of(at),
                    "indexing can panic: use `get`",
                ));
            }
        }
    }
    complaints
}

#[test]
fn the_core_has_no_word_that_panics() {
    none(&panics(&core(project())));
    for text in [
        "x.unwrap();",
        "x.expect(\"why\");",
        "panic!()",
        "let a = b[0];",
        "f()[1]",
        "a[0][1]",
        "x?[2]",
    ] {
        some(&panics(&fake("crates/swim-core/src/x.rs", text)));
    }
    let harmless = "#[expect(lint)] fn f<'a>(a: &'a [u8], b: [u8; 4]) { let [c, d] = g([1, '[']); /* a[0] */ \"a[0]\" }";
    none(&panics(&fake("crates/swim-core/src/x.rs", harmless)));
    let constant = "#[expect(lint, reason = \"evaluated by the compiler\")]\nconst fn f() { a[0]; }\nfn g() {}";
    none(&panics(&fake("crates/swim-core/src/x.rs", constant)));
    some(&panics(&fake(
        "crates/swim-core/src/x.rs",
        &format!("{constant}\nfn h() {{ a[0] }}"),
    )));
    none(&panics(&fake(
        "crates/swim-core/src/x.rs",
        "#[cfg(test)]\nmod tests { fn f() { a[0].unwrap() } }",
    )));
}

/// The half of a driver that stands beside the core (feature `std`): these modules, and no others, know the standard library.
const BESIDE: [&str; 2] = ["converse", "shared"];
const IMPURE: [&str; 8] = [
    "std::",
    "unsafe ",
    "HashMap",
    "println!",
    "f32",
    "f64",
    "static mut",
    "thread_local",
];

fn impurities(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for word in IMPURE {
            for (at, _) in source.code.match_indices(word) {
                let inside_a_word = source.code[..at].ends_with(source::is_word);
                let beside = word == "std::"
                    && source
                        .module()
                        .is_some_and(|module| BESIDE.contains(&module));
                if !inside_a_word && !beside {
                    complaints.push(complaint(
                        source,
                        source.line_of(at),
                        &format!("the core has no `{word}`"),
                    ));
                }
            }
        }
    }
    complaints
}

#[test]
fn the_core_touches_nothing_outside() {
    none(&impurities(&core(project())));
    // What stands beside it is compiled only where it is asked for.
    let root = project();
    let root = root
        .iter()
        .find(|s| s.path == "crates/swim-core/src/lib.rs");
    for module in BESIDE {
        let asked = format!("#[cfg(feature = \"std\")]\nmod {module};");
        assert!(
            root.is_some_and(|root| root.text.contains(&asked)),
            "{module}"
        );
    }
    some(&impurities(&fake(
        "crates/swim-core/src/x.rs",
        "use std::time::SystemTime;",
    )));
    some(&impurities(&fake(
        "crates/swim-core/src/x.rs",
        "fn f(x: f64) {}",
    )));
    none(&impurities(&fake(
        "crates/swim-core/src/x.rs",
        "#[cfg(test)]\nextern crate std;\n// f64",
    )));
}

// ---- what no file may hold ------------------------------------------------------------------------------------------

/// Composed here, so that this file does not hold them.
fn unwanted() -> Vec<String> {
    let folders = ["work", "root", "tmp", "home"].map(|folder| format!("/{folder}/"));
    let unfinished = [["TO", "DO"], ["FIX", "ME"], ["STU", "B"]].map(|halves| halves.concat());
    let mut words = Vec::from(folders);
    words.extend(unfinished);
    words.push(["..", "shared", ""].join("/"));
    words
}

fn unwanted_words(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            for word in unwanted() {
                if line.contains(&word) {
                    complaints.push(complaint(
                        source,
                        number + 1,
                        &format!("`{word}` has no place in the project"),
                    ));
                }
            }
        }
    }
    complaints
}

#[test]
fn no_file_holds_a_path_of_somebodys_machine_or_unfinished_work() {
    none(&unwanted_words(&project()));
    for word in unwanted() {
        some(&unwanted_words(&fake(
            "README.md",
            &format!("see {word}here"),
        )));
    }
}
