//! Reads Rust source without a compiler: enough to count lines and fields and to find words, no more.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// One file of the project.
#[derive(Clone)]
pub(crate) struct Source {
    /// Relative to the project's root, with `/`.
    pub(crate) path: String,
    /// As it is.
    pub(crate) text: String,
    /// Comments, strings and whatever is compiled for tests only are blanked; every line keeps its number.
    pub(crate) code: String,
    /// How many lines are there, those of test items left out.
    pub(crate) lines: usize,
    /// The files of modules that are compiled for tests only.
    pub(crate) test_modules: Vec<String>,
}

/// A function or a struct: where it begins, and how large it is (lines, or fields).
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) size: usize,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut code = masked(text).into_bytes();
        let mut lines = text.lines().count();
        let mut test_modules = Vec::new();
        for item in test_items(&masked(text)) {
            lines -= text[item.clone()].lines().count();
            let module = text[item.clone()]
                .split_once("mod ")
                .and_then(|(_, rest)| rest.strip_suffix(';'));
            test_modules.extend(module.map(|name| format!("{}{name}.rs", folder_of_modules(path))));
            blank(&mut code[item]);
        }
        Self {
            test_modules,
            path: path.to_owned(),
            text: text.to_owned(),
            code: String::from_utf8(code).expect("whole items were blanked"),
            lines,
        }
    }

    /// The module of its crate that the file belongs to: `node` for `src/node.rs` and `src/node/probe.rs`.
    pub(crate) fn module(&self) -> Option<&str> {
        let (_, inside) = self.path.split_once("/src/")?;
        Some(inside.split('/').next()?.trim_end_matches(".rs"))
    }

    /// The same with the items blanked whose attribute has these words.
    pub(crate) fn without_items_under(&self, attribute: &str) -> Self {
        let mut code = self.code.clone().into_bytes();
        for (at, _) in self.text.match_indices(attribute) {
            let brace = self.code[at..]
                .find('{')
                .map_or(self.code.len(), |brace| at + brace);
            blank(&mut code[at..closing(&self.code, brace)]);
        }
        Self {
            code: String::from_utf8(code).expect("whole items were blanked"),
            ..self.clone()
        }
    }

    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    pub(crate) fn functions(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (name, at) in self.named("fn") {
            if let Some((_, end)) = self.body(at) {
                let size = self.code[at..end].matches('\n').count() + 1;
                items.push(Item {
                    name,
                    line: self.line_of(at),
                    size,
                });
            }
        }
        items
    }

    pub(crate) fn structs(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (name, at) in self.named("struct") {
            if let Some((begin, end)) = self.body(at) {
                let size = fields(&self.code[begin + 1..end - 1]);
                items.push(Item {
                    name,
                    line: self.line_of(at),
                    size,
                });
            }
        }
        items
    }

    /// Every `keyword name` of the code, with the place where the keyword stands.
    fn named(&self, keyword: &str) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices(keyword) {
            let before = self.code[..at].chars().next_back();
            let Some(after) = self.code[at + keyword.len()..].strip_prefix(' ') else {
                continue;
            };
            let name: String = after.chars().take_while(|&c| is_word(c)).collect();
            if !name.is_empty() && !before.is_some_and(is_word) {
                found.push((name, at));
            }
        }
        found
    }

    /// The braces that follow `at`, unless a semicolon comes first.
    fn body(&self, at: usize) -> Option<(usize, usize)> {
        let mut nesting = 0_i32;
        for (offset, c) in self.code[at..].char_indices() {
            match c {
                '(' | '[' => nesting += 1,
                ')' | ']' => nesting -= 1,
                ';' if nesting == 0 => return None,
                '{' if nesting == 0 => {
                    return Some((at + offset, closing(&self.code, at + offset)));
                }
                _ => {}
            }
        }
        None
    }
}

/// All of the project's files that a person wrote, generated and foreign ones left out.
pub(crate) fn project() -> Vec<Source> {
    static FILES: LazyLock<Vec<Source>> = LazyLock::new(read_project);
    FILES.clone()
}

fn read_project() -> Vec<Source> {
    let root = root();
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(&root).expect("found below the root");
        let path = path.to_string_lossy().replace('\\', "/");
        let bytes = fs::read(file).unwrap_or_else(|error| panic!("{path}: {error}"));
        Source::new(&path, &String::from_utf8_lossy(&bytes))
    };
    files.iter().map(read).collect()
}

pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .expect("crates/swim-core is two below the root")
        .to_owned()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    const ELSEWHERE: [&str; 5] = [".git", "target", "corpus", "artifacts", "coverage"];
    for entry in fs::read_dir(folder).expect("the project can be read") {
        let path = entry.expect("the project can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && !ELSEWHERE.contains(&name.as_str()) {
            collect(&path, files);
        } else if path.is_file() && name != ".git" {
            files.push(path);
        }
    }
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The place after the brace that closes the one at `open`.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + offset + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// How many fields stand between a struct's braces.
fn fields(body: &str) -> usize {
    let (mut depth, mut count, mut open) = (0_i32, 0, false);
    let mut last = ' ';
    for c in body.chars() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if last == '-' => {}
            ')' | ']' | '}' | '>' => depth -= 1,
            ':' if depth == 0 => open = true,
            ',' if depth == 0 && open => {
                count += 1;
                open = false;
            }
            _ => {}
        }
        last = c;
    }
    count + usize::from(open)
}

/// Where the modules of a file lie: beside `lib.rs`, `main.rs` and `mod.rs`, else in the folder of the file's name.
fn folder_of_modules(path: &str) -> String {
    let stem = path.trim_end_matches(".rs");
    match stem.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => format!("{folder}/"),
        _ => format!("{stem}/"),
    }
}

/// Where the items under `#[cfg(test)]` stand, attributes included.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let item = |(at, _): (usize, &str)| {
        let rest = &code[at..];
        let brace = rest.find('{').unwrap_or(rest.len());
        let semicolon = rest.find(';').unwrap_or(rest.len());
        let end = if semicolon < brace {
            at + semicolon + 1
        } else {
            closing(code, at + brace)
        };
        at..end
    };
    let alone = code.match_indices("#[cfg(test)]");
    alone
        .chain(code.match_indices("#[cfg(all(test,"))
        .map(item)
        .collect()
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// Blanks comments, strings and character literals.
fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < text.len() {
        let end = token(text, at);
        if end > at {
            blank(&mut bytes[at..end]);
            at = end;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    String::from_utf8(bytes).expect("whole tokens were blanked")
}

/// The end of the comment or literal that begins at `at`; `at` itself if none does.
fn token(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let after_word = text[..at].chars().next_back().is_some_and(is_word);
    let length = if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        block_comment(rest)
    } else if rest.starts_with('"') {
        string(rest)
    } else if !after_word && (rest.starts_with("r\"") || rest.starts_with("r#")) {
        raw_string(rest, 1)
    } else if !after_word && (rest.starts_with("br\"") || rest.starts_with("br#")) {
        raw_string(rest, 2)
    } else if rest.starts_with('\'') {
        character(rest)
    } else {
        0
    };
    at + length
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest.as_bytes()[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.as_bytes()[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// A raw string, or nothing where `r#` begins a raw identifier.
fn raw_string(rest: &str, prefix: usize) -> usize {
    let hashes = rest[prefix..].chars().take_while(|&c| c == '#').count();
    let open = prefix + hashes;
    if !rest[open..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    match rest[open + 1..].find(&close) {
        Some(length) => open + 1 + length + close.len(),
        None => rest.len(),
    }
}

/// A character literal, or nothing where a lifetime begins.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, c))) => {
            let from = escaped + c.len_utf8();
            rest[from..]
                .find('\'')
                .map_or(0, |length| from + length + 1)
        }
        (Some(_), Some((close, '\''))) => close + 1,
        _ => 0,
    }
}
