//! What goes wrong on our side of the counter. A fault never reaches a requester; the room that
//! knows the foreign error decides once whether trying again makes sense.

use std::borrow::Cow;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Whether the same call may succeed another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The cause is outside and may pass: network, a busy database, a full disk.
    Later,
    /// Trying again gives the same result: wrong password, broken migration, bad configuration.
    Never,
}

/// An error of ours: what we were doing, whether to try again, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {source}")]
pub struct Fault {
    pub doing: Cow<'static, str>,
    pub retry: Retry,
    pub source: Source,
}

impl Fault {
    /// A fault that may pass by itself.
    pub fn later(doing: impl Into<Cow<'static, str>>, source: impl Into<Source>) -> Self {
        Self { doing: doing.into(), retry: Retry::Later, source: source.into() }
    }

    /// A fault that needs a person.
    pub fn never(doing: impl Into<Cow<'static, str>>, source: impl Into<Source>) -> Self {
        Self { doing: doing.into(), retry: Retry::Never, source: source.into() }
    }
}

/// One thing `guichet doctor` tried for real.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was tried, in a few words: "IMAP login".
    pub what: String,
    /// What came of it, or why it failed and what to do.
    pub result: Result<String, Remedy>,
}

/// A failed check, for the person at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    pub why: String,
    /// One sentence: what to change, and where.
    pub to_do: String,
}

impl Check {
    pub fn passed(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), result: Ok(says.into()) }
    }

    pub fn failed(what: impl Into<String>, why: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { what: what.into(), result: Err(Remedy { why: why.into(), to_do: to_do.into() }) }
    }
}
