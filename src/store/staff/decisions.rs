//! Corrections and decisions of staff, each with what follows from it in one commit.

use super::proposals::confirmed;
use super::{ByStaff, DOING, NewStaffDecision, OpenCase, Seen, Staffed, Void, void};
use crate::database::{clean, fault};
use crate::domain::correction::Correction;
use crate::domain::form::Masked;
use crate::domain::mail::Outcome;
use crate::fault::Fault;
use crate::store::event::{Event, Kind};
use crate::store::record::{Added, Basis, JudgedAgain, add_reply, judge_again};
use crate::store::taken_back::{Unsent, take_back, withdraw};
use crate::store::waits::handled_if_done;
use crate::store::{Store, millis};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Store {
    /// Records a correction with the judgement that it led to. `before`: what was taken to stand there.
    pub async fn correct(
        &self,
        open: &OpenCase,
        (correction, before): (&Correction, Option<&Masked>),
        (again, basis): (&JudgedAgain, &Basis),
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            let judged = judge_again(write, open.id, (again, Some(&open.head)), basis, now).await?;
            let Some((mut detail, filed)) = judged else { return Ok(Staffed::NotOpen) };
            sqlx::query(
                "INSERT INTO case_corrections (case_id, field, value, corrected_by, corrected_at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (case_id, field) \
                 DO UPDATE SET value = $3, corrected_by = $4, corrected_at = $5",
            )
            .bind(open.id)
            .bind(correction.field.pointer())
            .bind(clean(correction.value.expose()))
            .bind(clean(by))
            .bind(millis(now))
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            // it waits for a person now, not for the registry
            sqlx::query("DELETE FROM case_waits WHERE case_id = $1")
                .bind(open.id)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            add(&mut detail, "field", correction.field.pointer().into());
            add(&mut detail, "version", (open.version + 1).into());
            let text = json!({
                "case": filed,
                "before": before.map(|before| clean(before.expose())),
                "value": clean(correction.value.expose()),
            })
            .to_string();
            let event = Event::new(Kind::CaseCorrected).message(open.message).case(open.id).by(by);
            write.tell(event.saying(detail).aside(text)).await?;
            Ok(Staffed::Done)
        })
        .await
    }

    /// Records what was found when a case was judged again, without a correction: the registry had changed.
    pub async fn rejudge(
        &self,
        open: &OpenCase,
        (again, basis): (&JudgedAgain, &Basis),
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            let judged = judge_again(write, open.id, (again, Some(&open.head)), basis, now).await?;
            let Some((mut detail, filed)) = judged else { return Ok(Staffed::NotOpen) };
            add(&mut detail, "version", (open.version + 1).into());
            let event = Event::new(Kind::CaseReexamined).message(open.message).case(open.id).by(by);
            write.tell(event.saying(detail).aside(json!({ "case": filed }).to_string())).await?;
            Ok(Staffed::Done)
        })
        .await
    }

    /// Records a decision with the letter that tells it. What was composed before and has not left is
    /// withdrawn: the decision's letter says it all.
    pub async fn decide_by_staff(
        &self,
        open: &OpenCase,
        new: &NewStaffDecision<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<Staffed, Fault> {
        self.acts((Seen::waiting(open), DOING), now, async |write| {
            let proposed_by = match new.confirms {
                Some(proposal) => match confirmed(write, open, proposal, by).await? {
                    Ok(proposer) => Some(proposer),
                    Err(stopped) => return Ok(stopped),
                },
                None => None,
            };
            let verdict = new.decision.verdict().unwrap_or(open.verdict);
            // what was asked before stays: a decision can be taken back
            let asked = (new.decision == ByStaff::Complement).then(|| millis(now));
            let done = sqlx::query(
                "UPDATE cases SET state = $1, verdict = $2, decided_at = $3, asked_at = COALESCE($4, asked_at), \
                 version = version + 1 WHERE id = $5 AND state = 'waiting'",
            )
            .bind(new.decision.state().as_str())
            .bind(verdict.as_str())
            .bind(millis(now))
            .bind(asked)
            .bind(open.id)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            if done.rows_affected() == 0 {
                return Ok(Staffed::NotOpen);
            }
            void(write, open.id, Void::DecidedOtherwise).await?;
            sqlx::query("DELETE FROM case_waits WHERE case_id = $1")
                .bind(open.id)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            sqlx::query(
                "INSERT INTO case_decisions (case_id, decision, decided_by, decided_at, before, letters, undo_until, \
                 proposed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (case_id) DO UPDATE SET decision = $2, \
                 decided_by = $3, decided_at = $4, before = $5, letters = $6, undo_until = $7, proposed_by = $8",
            )
            .bind(open.id)
            .bind(new.decision.as_str())
            .bind(clean(by))
            .bind(millis(now))
            .bind(open.verdict.as_str())
            .bind(i64::from(open.letters))
            .bind(millis(new.undo_until))
            .bind(proposed_by.as_deref().map(clean))
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            let mut detail = json!({
                "decision": new.decision.as_str(),
                "verdict": verdict.as_str(),
                "state": new.decision.state().as_str(),
                "findings": new.findings,
                "snapshot": new.snapshot,
                "version": open.version + 1,
            });
            if let Some(proposer) = proposed_by {
                add(&mut detail, "proposed_by", proposer.into());
            }
            let event = Event::new(Kind::CaseDecided).message(open.message).case(open.id).by(by).saying(detail);
            let event = match new.because {
                Some(because) => event.aside(json!({ "because": because }).to_string()),
                None => event,
            };
            write.tell(event).await?;
            // who is written nothing else hears that the mail came, but nothing of what it would have come to
            let instead = if new.letters.is_empty() { Unsent::Held } else { Unsent::From(0) };
            withdraw(write, open.message, instead, "staff decided before it had left").await?;
            for (place, letter) in (open.letters as usize..).zip(new.letters) {
                match add_reply(write, open.message, (place, letter), Outcome::ToDo, now).await? {
                    Added::As(_) | Added::Spared => {}
                    // what people send is not capped; should it ever be, nothing is half done
                    Added::OverACap => return Ok(Staffed::Changed),
                }
            }
            handled_if_done(write, open.message).await?;
            Ok(Staffed::Done)
        })
        .await
    }

    /// Takes a decision of staff back: its letter, which has not left, never will.
    pub async fn undo(&self, open: &OpenCase, by: &str, now: Timestamp) -> Result<Staffed, Fault> {
        self.acts((Seen::case(open), DOING), now, async |write| {
            let Some(decided) = open.decided.as_ref().filter(|decided| now < decided.undo_until) else {
                return Ok(Staffed::TooLate);
            };
            // one that leaves the verdict as it is may have been followed by another judgement
            let verdict = decided.decision.verdict().map_or(open.verdict, |_| decided.before);
            sqlx::query(
                "UPDATE cases SET state = 'waiting', verdict = $1, decided_at = $2, \
                 asked_at = CASE WHEN $3 = 'complement' THEN NULL ELSE asked_at END, version = version + 1 \
                 WHERE id = $4",
            )
            .bind(verdict.as_str())
            .bind(millis(now))
            .bind(decided.decision.as_str())
            .bind(open.id)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            sqlx::query("DELETE FROM case_decisions WHERE case_id = $1")
                .bind(open.id)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            sqlx::query("UPDATE messages SET outcome = 'to_do' WHERE id = $1 AND outcome = 'handled'")
                .bind(open.message.0)
                .execute(write.connection())
                .await
                .map_err(fault(DOING))?;
            let detail = json!({
                "decision": decided.decision.as_str(),
                "verdict": verdict.as_str(),
                "state": "waiting",
                "version": open.version + 1,
            });
            let event = Event::new(Kind::CaseUndone).message(open.message).case(open.id).by(by);
            write.tell(event.saying(detail)).await?;
            let (place, because) = (decided.letters, "staff took their decision back");
            if decided.decision != ByStaff::Dismissed
                && !take_back(write, open.message, place, because).await?
            {
                return Ok(Staffed::TooLate);
            }
            Ok(Staffed::Done)
        })
        .await
    }
}

/// One more thing that an event says.
fn add(detail: &mut Value, key: &str, value: Value) {
    if let Some(detail) = detail.as_object_mut() {
        detail.insert(key.to_owned(), value);
    }
}
