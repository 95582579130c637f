//! What the documents promise, held against the code and against each other.

use std::collections::BTreeSet;

use swim_core::{Node, Peer, Space, Stats};

use super::source::{Source, project, root};
use super::{complaint, fake, none, some};

fn file(path: &str) -> Source {
    let found = project().into_iter().find(|source| source.path == path);
    found.unwrap_or_else(|| panic!("{path} is missing"))
}

fn documents() -> Vec<Source> {
    project()
        .into_iter()
        .filter(|source| source.path.ends_with(".md"))
        .collect()
}

// ---- links ----------------------------------------------------------------------------------------------------------

/// A heading as links name it: lower case, words joined by dashes, punctuation dropped.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(anchor)
        .collect()
}

/// The targets of `[…](…)`, with their lines, code left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            if let Some((target, _)) = line[at + 2..].split_once(')') {
                found.push((number + 1, target));
            }
        }
    }
    found
}

fn broken_links(documents: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for document in documents {
        for (line, link) in links(&document.text) {
            if link.contains("://") {
                continue;
            }
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let here = root().join(&document.path);
            let target = if path.is_empty() {
                here
            } else {
                here.with_file_name("").join(path)
            };
            if !target.exists() {
                complaints.push(complaint(
                    document,
                    line,
                    &format!("`{link}` leads nowhere"),
                ));
            } else if !fragment.is_empty() {
                let text = if path.is_empty() {
                    document.text.clone()
                } else {
                    std::fs::read_to_string(&target).unwrap_or_default()
                };
                if !anchors(&text).contains(fragment) {
                    complaints.push(complaint(
                        document,
                        line,
                        &format!("`{link}`: no such heading"),
                    ));
                }
            }
        }
    }
    complaints
}

#[test]
fn links_between_documents_resolve() {
    none(&broken_links(&documents()));
    for broken in [
        "[a](docs/nowhere.md)",
        "[a](README.md#no-such-heading)",
        "[a](#neither)",
    ] {
        some(&broken_links(&fake("README.md", broken)));
    }
    let good =
        "# What it is (not)\n[a](#what-it-is-not) [b](Cargo.toml)\n```text\n[c](nowhere)\n```\n";
    none(&broken_links(&fake("README.md", good)));
}

// ---- numbers that operators see -------------------------------------------------------------------------------------

fn unnamed(document: &Source, names: &BTreeSet<String>) -> Vec<String> {
    let named = |name: &str| {
        let quoted = document.text.split('`').skip(1).step_by(2);
        quoted
            .into_iter()
            .any(|code| code.split("::").any(|word| word == name))
    };
    let missing = names.iter().filter(|name| !named(name));
    missing
        .map(|name| complaint(document, 1, &format!("`{name}` is not explained")))
        .collect()
}

/// The counters that a file declares: the bare names between the braces of `counters!` or `stats!`.
fn counters(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut declares = false;
    for line in source.code.lines() {
        match line.trim() {
            "counters! {" | "stats! {" => declares = true,
            "}" => declares = false,
            name if declares && !name.is_empty() => {
                found.insert(name.trim_end_matches(',').to_owned());
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_counter_is_explained() {
    let product = super::product(project());
    let declared: BTreeSet<_> = product.iter().flat_map(counters).collect();
    for (name, _) in Stats::default().iter() {
        assert!(
            declared.contains(name),
            "the search for counters does not find {name}"
        );
    }
    none(&unnamed(&file("docs/operating.md"), &declared));
    some(&unnamed(
        &fake("docs/operating.md", "nothing")[0],
        &declared,
    ));
}

/// How the comment of a constant that is a limit speaks.
const LIMITING: [&str; 8] = [
    "at most",
    "Most ",
    "The most",
    "at once",
    "at a time",
    "How long",
    "longest",
    " may ",
];
/// These speak so too, but bound nothing that grows: they belong to a rule or to a format.
const NO_LIMITS: [&str; 8] = [
    "CHUNK",
    "FAREWELLS",
    "FEW",
    "FEW_MEMBERS",
    "MISSES",
    "MOST_BITS",
    "SETTLE",
    "TAG",
];

/// The names of a file's constants that are numbers or spans of time and, as their comment says, limits.
fn limits(source: &Source) -> BTreeSet<String> {
    let kinds = ["u8", "u16", "u32", "u64", "usize", "i32", "Duration"];
    let mut comment = String::new();
    let mut found = BTreeSet::new();
    for line in source.text.lines().map(str::trim) {
        if let Some(more) = line.strip_prefix("///") {
            comment.push_str(more);
            continue;
        }
        let comment = std::mem::take(&mut comment);
        let declared = line
            .split_once("const ")
            .and_then(|(_, rest)| rest.split_once(": "));
        let Some((name, of)) = declared else { continue };
        let is_number = kinds
            .iter()
            .any(|kind| of.starts_with(&format!("{kind} =")));
        if is_number && LIMITING.iter().any(|words| comment.contains(words)) {
            found.insert(name.to_owned());
        }
    }
    found
}

#[test]
fn every_limit_is_explained() {
    let product = super::product(project());
    let places = [
        "crates/swim-core/src/",
        "crates/swim-smol/src/",
        "crates/swim-cli/src/",
    ];
    let grows = |s: &&Source| {
        places.iter().any(|place| s.path.starts_with(place)) && !s.path.contains("/demo")
    };
    let mut all: BTreeSet<_> = product.iter().filter(grows).flat_map(limits).collect();
    for known in [
        "SEEDS",
        "REPLIES",
        "MAX_FRAME",
        "EVENTS_BUFFERED",
        "CONNECTIONS",
    ] {
        assert!(
            all.contains(known),
            "the search for limits does not find {known}"
        );
    }
    for name in NO_LIMITS {
        assert!(all.remove(name), "NO_LIMITS names {name}, which is gone");
    }
    none(&unnamed(&file("docs/operating.md"), &all));
    some(&unnamed(&fake("docs/operating.md", "nothing")[0], &all));
}

// ---- what stands in two places --------------------------------------------------------------------------------------

#[test]
fn every_crate_says_what_it_is() {
    let all = project();
    let mut crates = 0;
    for manifest in all
        .iter()
        .filter(|s| s.path.starts_with("crates/") && s.path.ends_with("/Cargo.toml"))
    {
        let readme = manifest.path.replace("Cargo.toml", "README.md");
        let text = all
            .iter()
            .find(|s| s.path == readme)
            .map_or("", |s| &s.text);
        assert!(text.len() > 200, "{readme} is missing or says nothing");
        crates += 1;
    }
    assert!(crates >= 4);
}

#[test]
fn the_readmes_commands_are_the_ones_that_are_checked() {
    let (readme, checks) = (file("README.md").text, file(".ci/run").text);
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        assert!(
            readme
                .lines()
                .any(|line| line.trim_start_matches("$ ") == command),
            "README.md: `{command}`"
        );
        assert!(
            checks.lines().any(|line| line.trim() == command),
            ".ci/run: `{command}`"
        );
    }
}

#[test]
fn the_driver_in_the_book_is_the_one_that_runs() {
    let book = file("docs/embedding.md").text;
    let example = file("crates/swim-core/examples/udp_thread.rs").text;
    assert!(
        book.contains(&format!("```rust\n{example}```")),
        "docs/embedding.md shows another driver than the example"
    );
    // It is complete: no other file of ours stands beside it.
    assert!(!example.contains("\nmod ") && !example.contains("rustfmt::skip"));
    let lines = example.lines().count();
    assert!(lines < 60, "the smallest honest driver has {lines} lines");
}

/// A small device, as in `docs/embedding.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Radio {
    id: u16,
    address: u16,
}

impl Peer for Radio {
    type Key<'a> = u16;
    type Addr = u16;

    fn key(&self) -> u16 {
        self.id
    }

    fn has_key(&self, key: u16) -> bool {
        self.id == key
    }

    fn addr(&self) -> &u16 {
        &self.address
    }
}

/// The numbers of a row of a table.
fn numbers(row: &str) -> Vec<usize> {
    let cells = row.split('|').map(|cell| cell.trim().replace(',', ""));
    cells.filter_map(|cell| cell.parse().ok()).collect()
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_memory_in_the_book_is_the_memory_that_is_used() {
    let node = size_of::<Node<'_, Radio>>();
    let used = [
        [16, node, size_of::<Space<Radio, 16>>()],
        [64, node, size_of::<Space<Radio, 64>>()],
        [256, node, size_of::<Space<Radio, 256>>()],
    ];
    for book in ["docs/embedding.md", "crates/swim-core/src/lib.rs"] {
        let text = file(book).text;
        let rows: Vec<_> = text.lines().map(numbers).collect();
        for used in used {
            let fits = |(stated, used): (&usize, usize)| (used..=used + used / 4).contains(stated);
            let good = |row: &&Vec<usize>| row.len() >= 3 && row.iter().zip(used).all(fits);
            assert!(
                rows.iter().any(|row| good(&row)),
                "{book} should say about {used:?}"
            );
        }
    }
}

#[test]
fn the_loop_on_the_front_page_fits_a_screen() {
    let page = file("crates/swim-core/src/lib.rs").text;
    let (_, rest) = page.split_once("//! ```\n").expect("an example");
    let (example, _) = rest.split_once("//! ```\n").expect("its end");
    let shown = example.lines().filter(|line| !line.starts_with("//! #"));
    let lines = shown.count();
    assert!((20..=40).contains(&lines), "{lines} lines");
}
