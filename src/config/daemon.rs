//! How much a daemon does at the same time, and how long what it holds is its own.

use crate::domain::units::{Size, Span};
use serde::Deserialize;

/// The table `[daemon]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DaemonSettings {
    /// Messages examined at the same time; `0` is one for each processor and one more, as there is
    /// always one that waits for the disk.
    pub deciders: usize,
    /// Messages with paper (scans, photographs) read at the same time, beside the others; `0` is one
    /// for each processor.
    pub paper_deciders: usize,
    /// Replies sent at the same time.
    pub senders: usize,
    /// Larger mails are not downloaded; their sender is asked for a smaller one.
    pub max_mail: Size,
    /// A message is given up for a person after so many attempts.
    pub max_attempts: u32,
    /// What a daemon has in hand is another's when it has said nothing for so long; while it works, it
    /// says so four times as often. Longer than the clocks of the machines may differ.
    pub lease: Span,
    /// What other programs and machines leave in the tables is looked for so often.
    pub look_every: Span,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self {
            deciders: 0,
            paper_deciders: 0,
            senders: 2,
            max_mail: Size::mib(40),
            max_attempts: 5,
            lease: Span::minutes(1),
            look_every: Span::seconds(1),
        }
    }
}
