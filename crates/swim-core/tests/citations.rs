//! `docs/protocol.md` and the code keep each other honest: no number is cited that the page does not define, and no rule
//! marked *applies* is without a test whose name begins with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What the page says of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Applies,
    ReplacedBy(String),
    Later,
}

/// One row of one of the page's rule tables.
#[derive(Clone, Debug)]
struct Rule {
    mark: Mark,
    /// The test named in the last column, for the sentences of the papers.
    held_by: Option<String>,
}

type Rules = BTreeMap<String, Rule>;

// ---- the page ----

fn cells(row: &str) -> Result<Vec<&str>, String> {
    let inner = row.strip_prefix('|').and_then(|row| row.strip_suffix('|'));
    let inner = inner.ok_or_else(|| format!("not a whole row: {row}"))?;
    Ok(inner.split('|').map(str::trim).collect())
}

/// All rules of the page. A table whose header begins with "rule" or "sentence" is one of ours, and every row of it must
/// be in order.
fn parse(page: &str) -> Result<Rules, String> {
    let mut rules = Rules::new();
    let mut width = None;
    for line in page.lines() {
        if !line.starts_with('|') {
            width = None;
            continue;
        }
        let row = cells(line)?;
        if let (None, ["rule" | "sentence", "mark", ..]) = (width, row.as_slice()) {
            width = Some(row.len());
            continue;
        }
        let Some(width) = width else { continue };
        if row.iter().all(|cell| cell.starts_with("---")) {
            continue;
        }
        if row.len() != width {
            return Err(format!("{} cells instead of {width}: {line}", row.len()));
        }
        let (number, rule) = parse_row(&row)?;
        if rules.insert(number.clone(), rule).is_some() {
            return Err(format!("{number} is defined twice"));
        }
    }
    for (number, rule) in &rules {
        match &rule.mark {
            Mark::ReplacedBy(by) if !rules.contains_key(by) => {
                return Err(format!(
                    "{number} is replaced by {by}, which is not defined"
                ));
            }
            _ => {}
        }
    }
    Ok(rules)
}

fn parse_row(row: &[&str]) -> Result<(String, Rule), String> {
    let [number, mark, what, rest @ ..] = row else {
        return Err(format!("too few cells: {row:?}"));
    };
    if citations(number) != [*number] {
        return Err(format!("{number} is no number of a rule"));
    }
    let mark = match *mark {
        "applies" => Mark::Applies,
        "later" => Mark::Later,
        other => {
            let by = other.strip_prefix("replaced by ");
            let by = by.filter(|by| citations(by) == [*by]);
            Mark::ReplacedBy(
                by.ok_or_else(|| format!("{number}: no mark: {other}"))?
                    .into(),
            )
        }
    };
    if what.is_empty() {
        return Err(format!("{number} says nothing"));
    }
    let is_sentence = number.starts_with("SWIM") || number.starts_with("LIFEGUARD");
    let held_by = rest.last().filter(|_| is_sentence && mark == Mark::Applies);
    let held_by = held_by.map(|test| test.trim_matches('`').to_owned());
    Ok((number.to_string(), Rule { mark, held_by }))
}

// ---- the code ----

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Every number cited in `text`, in order: R and P with digits, and sentences of the papers.
fn citations(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if at > 0 && is_word(bytes[at - 1]) {
            at += 1;
            continue;
        }
        let length = citation_length(&text.as_bytes()[at..]);
        if length > 0 {
            found.push(text[at..at + length].to_owned());
        }
        at += length.max(1);
    }
    found
}

fn citation_length(rest: &[u8]) -> usize {
    if rest.starts_with(b"SWIM-") || rest.starts_with(b"LIFEGUARD-") {
        let part = |byte: &&u8| is_word(**byte) || **byte == b'-' || **byte == b'.';
        let whole = rest.iter().take_while(part).count();
        let dots = rest[..whole].iter().rev().take_while(|byte| **byte == b'.');
        let whole = whole - dots.count();
        // "SWIM-style" is a word; what names a place in a paper has a digit.
        let named = rest[..whole].iter().any(u8::is_ascii_digit);
        return if named { whole } else { 0 };
    }
    if !matches!(rest.first(), Some(b'R' | b'P')) {
        return 0;
    }
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit());
    let length = 1 + digits.count();
    let ends = rest.get(length).is_none_or(|byte| !is_word(*byte));
    if length > 1 && ends { length } else { 0 }
}

/// The rules that the name of a test cites: its leading parts, such as `r93_r98_…` or `swim_3_1_a_…`.
fn cited_by_name(name: &str) -> Vec<String> {
    let mut parts = name.split('_').peekable();
    let mut cited = Vec::new();
    while let Some(part) = parts.next() {
        let number = part.get(1..).filter(|rest| is_number(rest));
        match (part.as_bytes().first(), number) {
            (Some(b'r'), Some(number)) => cited.push(format!("R{number}")),
            (Some(b'p'), Some(number)) => cited.push(format!("P{number}")),
            _ if part == "swim" && parts.peek().is_some_and(|next| is_number(next)) => {
                let place: Vec<&str> = parts.by_ref().take(3).collect();
                if let [chapter, section, letter] = place[..] {
                    cited.push(format!("SWIM-{chapter}.{section}-{letter}"));
                }
            }
            _ if part == "lifeguard" && parts.peek().is_some_and(|next| next.len() == 2) => {
                let place = parts.next().unwrap_or_default();
                cited.push(format!("LIFEGUARD-{}", place.to_uppercase()));
            }
            _ => break,
        }
    }
    cited
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names of all functions in `source` that stand under `#[test]`.
fn tests_in(source: &str) -> Vec<&str> {
    let mut tests = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        is_test |= line == "#[test]";
        if let Some((_, name)) = line.split_once("fn ") {
            let name = name.split(['(', '<']).next().unwrap_or_default();
            if std::mem::take(&mut is_test) {
                tests.push(name);
            }
        }
    }
    tests
}

/// What is wrong with `sources` (path and text) by `rules`.
fn complaints(rules: &Rules, sources: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut tests = BTreeSet::new();
    let mut tested = BTreeSet::new();
    for (path, source) in sources {
        let names = tests_in(source);
        let by_name = names.iter().flat_map(|name| cited_by_name(name));
        for number in citations(source).into_iter().chain(by_name.clone()) {
            if !rules.contains_key(&number) {
                wrong.push(format!(
                    "{path} cites {number}, which docs/protocol.md does not define"
                ));
            }
        }
        tested.extend(by_name);
        tests.extend(names);
    }
    for (number, rule) in rules {
        if rule.mark == Mark::Applies && !tested.contains(number) {
            wrong.push(format!(
                "{number} applies, but no test's name begins with it"
            ));
        }
        if let Some(test) = rule.held_by.as_deref() {
            if !tests.contains(test) {
                wrong.push(format!("{number} is held by {test}, which does not exist"));
            }
            if !cited_by_name(test).contains(number) {
                wrong.push(format!(
                    "{number} is held by {test}, whose name is another's"
                ));
            }
        }
    }
    wrong
}

// ---- this repository ----

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read_sources(folder: &Path, into: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            read_sources(&path, into);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).expect("readable UTF-8");
            into.push((path.display().to_string(), text));
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for folder in ["crates", "benches", "fuzz"] {
        read_sources(&root().join(folder), &mut sources);
    }
    sources.sort();
    sources
}

fn page() -> String {
    fs::read_to_string(root().join("docs/protocol.md")).expect("docs/protocol.md is readable")
}

#[test]
fn every_citation_is_defined_and_every_rule_that_applies_is_tested() {
    let rules = parse(&page()).expect("docs/protocol.md is in order");
    let sources = sources();
    assert!(sources.len() > 20, "only {} files were read", sources.len());
    let wrong = complaints(&rules, &sources);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names in `page` that look like tests of a rule.
fn tests_named(page: &str) -> BTreeSet<&str> {
    let names = page.split('`').skip(1).step_by(2);
    names
        .filter(|name| !name.contains([' ', '…']) && !cited_by_name(name).is_empty())
        .collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let (page, sources) = (page(), sources());
    let tests: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, source)| tests_in(source))
        .collect();
    let named = tests_named(&page);
    assert!(named.len() > 20, "only {} are named", named.len());
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(tests_named("`p1_gone` or p2_bare, `R3`").len(), 1);
}

#[test]
fn the_page_defines_memberlists_numbers_and_p1_to_p17() {
    let rules = parse(&page()).expect("docs/protocol.md is in order");
    let numbers = |letter: char| -> Vec<u32> {
        let own = rules
            .keys()
            .filter_map(|number| number.strip_prefix(letter));
        let mut own: Vec<u32> = own.filter_map(|digits| digits.parse().ok()).collect();
        own.sort_unstable();
        own
    };
    let memberlist = [1..=5, 10..=48, 50..=58, 60..=66, 70..=78, 80..=98];
    let expected: Vec<u32> = memberlist.into_iter().flatten().collect();
    assert_eq!(numbers('R'), expected);
    assert_eq!(numbers('P'), (1..=17).collect::<Vec<u32>>());
}

// ---- the controls: what must be found is found ----

const GOOD: &str = "\
| rule | mark | what |
|---|---|---|
| R1 | applies | One. |
| R2 | replaced by P1 | Two. |

| sentence | mark | what | held by |
|---|---|---|---|
| SWIM-3.1-a | applies | Three. | `swim_3_1_a_three` |

| rule | mark | what |
|---|---|---|
| P1 | later | Four. |
";

fn judged(source: &str) -> Vec<String> {
    let rules = parse(GOOD).expect("the control page is in order");
    complaints(&rules, &[("x.rs".into(), source.into())])
}

const TESTED: &str = "#[test]\nfn r1_one() {}\n#[test]\nfn swim_3_1_a_three() {}\n";

#[test]
fn a_page_and_code_in_order_pass() {
    assert_eq!(judged(TESTED), [""; 0]);
}

#[test]
fn an_undefined_citation_is_found_in_text_and_in_names() {
    let undefined = |number: u32| format!("{TESTED}// See R{number}, and P1.\n");
    assert_eq!(judged(&undefined(1)), [""; 0]);
    assert_eq!(judged(&undefined(7)).len(), 1);
    let by_name = format!("{TESTED}#[test]\nfn r{}_one() {{}}\n", 7);
    assert_eq!(judged(&by_name).len(), 1);
    let paper = format!("{TESTED}// SWIM-{}-b says so.\n", "3.1");
    assert_eq!(judged(&paper).len(), 1);
}

#[test]
fn a_rule_without_a_test_is_found() {
    let wrong = judged("#[test]\nfn swim_3_1_a_three() {}\nfn r1_is_no_test() {}\n");
    assert_eq!(wrong, ["R1 applies, but no test's name begins with it"]);
    let wrong = judged("#[test]\nfn r1_one() {}\n#[test]\nfn swim_3_1_a_other() {}\n");
    assert_eq!(
        wrong,
        ["SWIM-3.1-a is held by swim_3_1_a_three, which does not exist"]
    );
}

#[test]
fn a_page_out_of_order_is_refused() {
    for (good, bad) in [
        ("| R2 |", "| R1 |"),
        ("| R2 |", "| Two |"),
        ("replaced by P1", "replaced by P2"),
        ("replaced by P1", "replaced"),
        ("| applies | One. |", "| apply | One. |"),
        ("| One. |", "| |"),
        ("| One. |", "| One. | more |"),
        ("| One. |", "| One."),
    ] {
        assert!(GOOD.contains(good), "{good}");
        assert!(
            parse(&GOOD.replace(good, bad)).is_err(),
            "{bad} was accepted"
        );
    }
}

#[test]
fn citations_are_told_from_other_words() {
    let found = citations("(R12–R14), `P1`; not xR5, P2x, R_7, RP3, R or SWIM-style.");
    assert_eq!(found, ["R12", "R14", "P1"]);
    assert_eq!(
        citations("LIFEGUARD-A1, SWIM-4.2-k."),
        ["LIFEGUARD-A1", "SWIM-4.2-k"]
    );
    assert_eq!(cited_by_name("r17_p12_a_conflict"), ["R17", "P12"]);
    assert_eq!(cited_by_name("lifeguard_b2_the_least"), ["LIFEGUARD-B2"]);
    assert_eq!(cited_by_name("ping_is_no_rule"), [""; 0]);
}
