//! Leg 3: from the outbox to the relay. The attempt is on record before the connection opens; a
//! mail whose end is unknown is never sent again by itself.

use super::Line;
use crate::domain::mail::Delivery;
use crate::fault::Fault;
use crate::reply::transport::{Outgoing, Transport, next_attempt};
use crate::store::DueReply;
use std::convert::Infallible;

impl Line {
    /// Sends the reply due for the longest time. `false`: none is due, or nothing is ever sent (shadow).
    ///
    /// `jitter` from 0 to 1 spreads the next attempts of replies held up together.
    pub async fn answer_next(
        &self,
        worker: &str,
        transport: &dyn Transport,
        jitter: f64,
    ) -> Result<bool, Fault> {
        if self.settings.shadow {
            return Ok(false);
        }
        let Some(reply) = self.store.claim_reply(worker, self.now(), self.settings.lease).await? else {
            return Ok(false);
        };
        let mail = Outgoing {
            from_envelope: self.settings.identity.return_path.clone(),
            to: reply.to.expose().to_owned(),
            message_id: reply.message_id.clone(),
            bytes: reply.mail.clone(),
        };
        let (delivery, answer) = tokio::select! {
            end = transport.deliver(&mail) => end,
            never = self.keep_sending(&reply) => match never {},
        };
        let now = self.now();
        let next = match delivery {
            Delivery::NotYet => next_attempt(reply.attempt, now, jitter),
            Delivery::Sent | Delivery::Refused | Delivery::Unknown => None,
        };
        match delivery {
            Delivery::Sent => tracing::info!(reply = %reply.id, attempt = reply.attempt, "reply sent"),
            Delivery::NotYet => {
                tracing::warn!(reply = %reply.id, attempt = reply.attempt, answer, "reply not sent yet");
            }
            Delivery::Refused => {
                tracing::warn!(reply = %reply.id, answer, "reply refused: a person has to look");
            }
            Delivery::Unknown => {
                tracing::warn!(reply = %reply.id, answer, "nobody knows whether this reply arrived: a person decides");
            }
        }
        self.store.settle(&reply, delivery, &answer, now, next).await?;
        Ok(true)
    }

    /// Prolongs the attempt for as long as the relay takes. An attempt that was taken for dead goes on:
    /// what comes of it is the truth.
    async fn keep_sending(&self, reply: &DueReply) -> Infallible {
        let mut beats = self.beats();
        beats.tick().await;
        loop {
            beats.tick().await;
            match self.store.prolong(reply, self.now(), self.settings.lease).await {
                Ok(true) => {}
                Ok(false) => tracing::warn!(reply = %reply.id, "the attempt was taken for dead, and goes on"),
                Err(fault) => tracing::warn!(reply = %reply.id, %fault, "the attempt was not prolonged"),
            }
        }
    }
}
