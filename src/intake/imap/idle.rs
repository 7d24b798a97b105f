//! Waiting for mails: IDLE (RFC 2177) where it works, and polling beneath it always.

use super::Learned;
use super::exchange::{Step, Trouble};
use super::session::Session;
use std::time::Duration;

/// A server may log an idle client out after 30 minutes: IDLE is renewed before (RFC 2177 §3).
const IDLE_AT_MOST: Duration = Duration::from_mins(28);
/// After a list that found mails the first IDLE is this short. Some servers do not announce a mail
/// that comes between SEARCH and IDLE (jonhoo/rust-imap#263): the list after it finds it.
const FIRST_IDLE: Duration = Duration::from_secs(10);

impl Session {
    /// Until a mail is announced, or `at_most`.
    pub(super) async fn wait(
        &mut self,
        at_most: Duration,
        read_timeout: Duration,
        learned: &mut Learned,
    ) -> Result<(), Trouble> {
        // announced during another command since the list, or by now
        if self.exchange.has_news() {
            return Ok(());
        }
        self.exchange.do_it("NOOP").await?;
        if self.exchange.has_news() {
            return Ok(());
        }
        if !self.capabilities.idle || learned.idle_refused {
            tokio::time::sleep(at_most).await;
            return Ok(());
        }
        let cap = if std::mem::take(&mut self.moving) { FIRST_IDLE } else { IDLE_AT_MOST };
        self.idle(at_most.min(cap), at_most, read_timeout, learned).await
    }

    async fn idle(
        &mut self,
        at_most: Duration,
        poll: Duration,
        read_timeout: Duration,
        learned: &mut Learned,
    ) -> Result<(), Trouble> {
        let tag = self.exchange.send("IDLE").await?;
        loop {
            match self.exchange.step(&tag, &mut |_| {}).await {
                Ok(Step::Continue(_)) => break,
                Ok(Step::Data) => {}
                // the server says that IDLE is over before it began
                Ok(Step::Done(_)) | Err(Trouble::Refused { .. }) => {
                    learned.idle_refused = true;
                    tokio::time::sleep(poll).await;
                    return Ok(());
                }
                Err(trouble) => return Err(trouble),
            }
        }
        // silence is what IDLE is for; the line is tested by DONE afterwards
        self.exchange.stream().set_limit(at_most + read_timeout);
        let ended_by_itself = tokio::time::timeout(at_most, async {
            while !self.exchange.has_news() {
                if let Step::Done(_) = self.exchange.step(&tag, &mut |_| {}).await? {
                    return Ok::<_, Trouble>(true);
                }
            }
            Ok(false)
        })
        .await
        .unwrap_or(Ok(false))?;
        self.exchange.stream().set_limit(read_timeout);
        if ended_by_itself {
            return Ok(());
        }
        self.exchange.write(b"DONE\r\n").await?;
        while !matches!(self.exchange.step(&tag, &mut |_| {}).await?, Step::Done(_)) {}
        Ok(())
    }
}
