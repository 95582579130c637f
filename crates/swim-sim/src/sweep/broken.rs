//! Choosing a mutant by its name, in a build that has them.

use std::fmt::{self, Display};

/// How many mutants there are.
pub const MUTANTS: usize = swim_core::mutant::Mutant::ALL.len();

/// What builds a program with mutants; no feature of any crate does.
pub const HOW_TO_BUILD_MUTANTS: &str = "RUSTFLAGS=\"--cfg swim_mutants\" cargo build --release -p swim-cli --target-dir target/mutants";

/// The protocol can't be broken in that way, with the reason and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoMutant(String);

impl NoMutant {
    /// No mutant at all is in this build.
    #[must_use]
    pub fn in_this_build() -> Self {
        Self(format!(
            "this build has no mutants (one that has: {HOW_TO_BUILD_MUTANTS})"
        ))
    }
}

impl Display for NoMutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoMutant {}

/// Breaks the protocol of the whole process in the way of that name, or mends it.
///
/// # Errors
/// There is no such mutant; the nearest name is told.
#[cfg(swim_mutants)]
pub fn break_protocol(name: Option<&str>) -> Result<(), NoMutant> {
    use swim_core::mutant::{Mutant, choose};

    use crate::scenario::Nearest;

    let known = |name: &str| {
        let found = Mutant::ALL.into_iter().find(|mutant| mutant.name() == name);
        found.ok_or_else(|| {
            let nearest = Nearest::of(name, Mutant::ALL.into_iter().map(Mutant::name));
            NoMutant(format!(
                "there is no mutant {name:?}{nearest} (`swim sim mutants` names them all)"
            ))
        })
    };
    choose(name.map(known).transpose()?);
    Ok(())
}

/// Breaks the protocol of the whole process in the way of that name, or mends it.
///
/// # Errors
/// This build has no mutants.
#[cfg(not(swim_mutants))]
pub fn break_protocol(name: Option<&str>) -> Result<(), NoMutant> {
    match name {
        None => Ok(()),
        Some(_) => Err(NoMutant::in_this_build()),
    }
}
