//! How a command ends when it does not end well.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::{output, text};

/// Why a command failed: what a person reads, and the number that a script reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
}

/// What kind of failure; each has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Who reads our output has seen enough (`swim members | head -1`): no failure at all.
    Unheard,
    /// The command was right and could not be carried out.
    Failed,
    /// A bad value, noticed before any socket was opened.
    Usage,
    /// Nobody answers at `--control`.
    NoAgent,
    /// A simulation showed something that may not be; the output tells all.
    Violated,
    /// A simulation showed nothing; the output tells why.
    Vacuous,
    /// The same simulation went two ways.
    Nondeterministic,
    /// Somebody ended it before it was done.
    Interrupted,
}

/// The exit code of what was interrupted, as shells have it for SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

impl Failure {
    /// The command was right and could not be carried out.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self::new(Kind::Failed, text)
    }

    /// A bad value.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Kind::Usage, text)
    }

    /// Nobody answers.
    pub(crate) fn no_agent(text: impl Into<String>) -> Self {
        Self::new(Kind::NoAgent, text)
    }

    /// A simulation showed something that may not be.
    pub(crate) fn violated(text: impl Into<String>) -> Self {
        Self::new(Kind::Violated, text)
    }

    /// A simulation showed nothing.
    pub(crate) fn vacuous(text: impl Into<String>) -> Self {
        Self::new(Kind::Vacuous, text)
    }

    /// The same simulation went two ways.
    pub(crate) fn nondeterministic(text: impl Into<String>) -> Self {
        Self::new(Kind::Nondeterministic, text)
    }

    /// Somebody ended it before it was done.
    pub(crate) fn interrupted(text: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, text)
    }

    fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text::shortened(&text.into());
        Self { kind, text }
    }

    /// Standard output could not be written.
    pub(crate) fn unwritable(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::Unheard, "nobody reads the output any more");
        }
        Self::failed(format!(
            "cannot write to standard output: {} (is the disk full? redirect the output elsewhere)",
            reason(error)
        ))
    }

    /// Tells a person on standard error, and a script by the exit code.
    pub(crate) fn report(&self, command: &str) -> ExitCode {
        if self.kind != Kind::Unheard {
            output::note(&format!("{command}: {self}"));
        }
        self.exit_code()
    }

    /// 0 done, 1 failed or violated, 2 usage, 3 no agent or vacuous, 4 nondeterministic, 130 interrupted.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Unheard => ExitCode::SUCCESS,
            Kind::Failed | Kind::Violated => ExitCode::from(1),
            Kind::Usage => ExitCode::from(2),
            Kind::NoAgent | Kind::Vacuous => ExitCode::from(3),
            Kind::Nondeterministic => ExitCode::from(4),
            Kind::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The system's reason in plain words, without its error number.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        kind @ (io::ErrorKind::AddrInUse
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::PermissionDenied) => kind.to_string(),
        _ => {
            let text = error.to_string();
            if text.contains("valid UTF-8") {
                return "it is no text in UTF-8".to_owned();
            }
            let words = text.split(" (os error").next().unwrap_or(&text);
            lower_first(words)
        }
    }
}

fn lower_first(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_said_in_the_contracts_words() {
        let error = io::Error::from_raw_os_error(98);
        if error.kind() == io::ErrorKind::AddrInUse {
            assert_eq!(reason(&error), "address in use");
        }
        let error = io::Error::from(io::ErrorKind::AddrInUse);
        assert_eq!(reason(&error), "address in use");
    }

    #[test]
    fn an_unusual_reason_keeps_the_systems_words_without_the_number() {
        let text = reason(&io::Error::from_raw_os_error(28));
        assert!(!text.contains("os error"), "{text}");
        assert!(text.starts_with(char::is_lowercase), "{text}");
    }

    #[test]
    fn a_reader_who_has_seen_enough_is_no_failure() {
        let error = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::unwritable(&error).kind, Kind::Unheard);
        let error = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(Failure::unwritable(&error).kind, Kind::Failed);
    }
}
