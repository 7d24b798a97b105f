//! The documents of a mail as they are, to be handed over with it.

use super::Line;
use crate::sandbox::{Job, JobKind};

impl Line {
    /// The documents in a mail, in its order; none where it cannot be opened. Whoever takes them holds them
    /// against the hashes on record.
    pub async fn documents_in(&self, mail: &[u8]) -> Vec<Vec<u8>> {
        let opened = self.sandbox.documents(Job { kind: JobKind::Mail, name: "", bytes: mail }).await;
        opened.unwrap_or_else(|unopened| {
            tracing::warn!(%unopened, "the documents could not be taken out of a mail");
            Vec::new()
        })
    }
}
