//! Standard output, where not being able to write is a failure and not a panic.

use std::io::{self, Write};

use serde::Serialize;

use crate::errors::Failure;

/// Prints text as it is and sees to it that it is out.
///
/// # Errors
/// Standard output can't be written.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure::unwritable(&error))
}

/// Prints one line.
///
/// # Errors
/// Standard output can't be written.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// Prints JSON on one line.
///
/// # Errors
/// Standard output can't be written.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    // Views of strings and numbers can always be written.
    line(&serde_json::to_string(value).unwrap_or_default())
}

/// Tells a person something beside the output, on standard error. If nobody reads that any more there is nobody to tell:
/// how the command ends says it too.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
