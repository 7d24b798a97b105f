//! A reply: its letter, where it stands, and the relay's answers.

use super::message::Look;
use super::rows::{self, AttemptRow, ReplyRow};
use super::sha256;
use super::story::ReplyTold;
use crate::fault::Fault;
use serde_json::{Value, json};

impl Look<'_> {
    pub(super) async fn reply(&mut self, row: &ReplyRow, told: &ReplyTold) -> Result<(), Fault> {
        let made = &told.made;
        let purged = self.story.purged.is_some();
        let what = |what: &str| format!("{what} of reply {}", row.id);
        for (key, is) in [("template", &row.template), ("rfc_id", &row.rfc_id)] {
            if let Some(told) = made.says(key) {
                self.found.same(made.event, || what(key), &json!(is), told);
            }
        }
        self.found.same(made.event, || what("the time"), &row.created_at, &made.at);
        let last = told.ended.as_ref().map_or(made.event, |ended| ended.event);
        if !told.states.contains(&row.state.as_str()) {
            self.found
                .add(last, format!("reply {} is {}, which is not what was told last", row.id, row.state));
        }
        let ended = told.ended.as_ref().filter(|_| told.at_rest);
        self.found.same(last, || what("the end"), &row.ended_at, &ended.map(|told| told.at));
        let mail = rows::bytes(self.at, "SELECT mail FROM reply_mails WHERE reply_id = $1", row.id).await?;
        match &mail {
            Some(_) if purged => {
                self.found.add(made.event, "its letter should have been removed, and is there");
            }
            None if purged => {}
            None => self.found.add(made.event, "its letter is not there, and no purge has removed it"),
            Some(mail) => {
                if let Some(hash) = made.says("mail_sha256") {
                    self.found.same(made.event, || what("the letter"), &json!(sha256(mail)), hash);
                }
            }
        }
        if !purged {
            for (key, is) in [("to", &row.recipient), ("subject", &row.subject)] {
                if let Some(told) = made.beside(&format!("/{key}")) {
                    self.found.same(made.event, || what(key), &json!(is), told);
                }
            }
            let address = row.recipient.trim().to_lowercase();
            let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
            if row.address_key != address || row.domain_key != domain {
                self.found.add(made.event, format!("the keys of reply {} are not its recipient's", row.id));
            }
            if let Some(said) = told.ended.as_ref().and_then(|ended| ended.text.as_ref()) {
                self.found.same(last, || what("the relay's answer"), &row.answer.as_ref(), &Some(said));
            }
        }
        self.attempts(row, told).await
    }

    async fn attempts(&mut self, row: &ReplyRow, told: &ReplyTold) -> Result<(), Fault> {
        let attempts: Vec<AttemptRow> = rows::of(
            self.at,
            "SELECT attempt, ended_at, delivery, answer FROM reply_attempts WHERE reply_id = $1 ORDER BY attempt",
            row.id,
        )
        .await?;
        let count = i64::try_from(attempts.len()).unwrap_or(i64::MAX);
        if row.attempts != count {
            let how = format!("reply {} counts {} attempts, and {count} are there", row.id, row.attempts);
            self.found.add(told.made.event, how);
        }
        for attempt in &attempts {
            let name = || format!("attempt {} of reply {}", attempt.attempt, row.id);
            let settled = told.attempts.get(&attempt.attempt);
            let settled = settled.filter(|told| told.says("recovered").is_none());
            match (settled, &attempt.delivery) {
                (Some(told), Some(delivery)) => {
                    let said = told.says("delivery").and_then(Value::as_str);
                    self.found.same(told.event, name, &Some(delivery.as_str()), &said);
                    self.found.same(told.event, name, &attempt.ended_at, &Some(told.at));
                    if let Some(said) = &told.text {
                        self.found.same(told.event, name, &attempt.answer.as_ref(), &Some(said));
                    }
                }
                (Some(told), None) => self.found.add(told.event, format!("{} has no end", name())),
                (None, Some(_)) => self.found.add(None, format!("no event tells how {} ended", name())),
                (None, None) => {}
            }
        }
        for (number, told) in &told.attempts {
            if !attempts.iter().any(|attempt| attempt.attempt == *number) {
                self.found.add(told.event, format!("tells of attempt {number}, which is not there"));
            }
        }
        Ok(())
    }
}
