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
