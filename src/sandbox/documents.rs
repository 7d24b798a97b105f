//! A mail's documents as they are, for an archive. They come from a child like everything that is
//! taken out of strangers' mail: whoever takes them holds them against the hashes on record.

use super::run::{End, run};
use super::wire::{Frame, Order};
use super::{Ended, Job, Sandbox, SandboxSettings, Unopened};

impl Sandbox {
    /// The documents of a job, in the order of [`crate::domain::case::Opened::documents`].
    pub async fn documents(&self, job: Job<'_>) -> Result<Vec<Vec<u8>>, Unopened> {
        // all that may be unpacked, beside what the mail itself holds
        let output =
            self.mime.max_unpacked.0.saturating_add(job.bytes.len() as u64).max(self.settings.output);
        let settings = SandboxSettings { output, ..self.settings.clone() };
        let order = Order::handing_out(&settings, &self.mime, job);
        let child = self.nursery.take().await?;
        let mut documents = Vec::new();
        let end = run(child, &order, job.bytes, &settings, &mut |frame, bytes| {
            if matches!(frame, Frame::Document { .. }) {
                documents.push(bytes);
            }
        })
        .await?;
        match end {
            End::Through => Ok(documents),
            End::Paper => Err(Ended::Crashed { signal: None }.into()),
        }
    }
}
