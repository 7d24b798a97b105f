//! The rows of a decision.

use super::filed::Filed;
use super::links::Link;
use super::{DOING, Decision, NewCase, Twin};
use crate::database::{clean, fault};
use crate::domain::case::{CaseNumber, Judged};
use crate::domain::finding::Finding;
use crate::domain::mail::{DocumentHead, Outcome};
use crate::fault::Fault;
use crate::store::caps::key;
use crate::store::event::{Event, Kind, sha256};
use crate::store::write::Write;
use crate::store::{Claimed, Known, MailId, millis, waits, word};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::AnyConnection;

/// A position as the database holds it.
pub(super) fn index(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// A Message-ID without its angle brackets.
pub(super) fn bare_id(id: &str) -> String {
    clean(id.trim().trim_start_matches('<').trim_end_matches('>'))
}

/// The next `count` case numbers of the day's year.
pub(super) async fn allot(write: &mut Write, day: Date, count: usize) -> Result<Vec<CaseNumber>, Fault> {
    let count = index(count);
    let (last,): (i64,) = sqlx::query_as(
        "INSERT INTO case_years (year, last) VALUES ($1, $2) \
         ON CONFLICT (year) DO UPDATE SET last = case_years.last + $2 RETURNING last",
    )
    .bind(i64::from(day.year()))
    .bind(count)
    .fetch_one(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok((last - count + 1..=last).map(|running| CaseNumber::new(day.year(), running)).collect())
}

/// The row of a case that must be there.
pub(super) async fn case_id(write: &mut Write, number: &CaseNumber) -> Result<i64, Fault> {
    let (id,): (i64,) = sqlx::query_as("SELECT id FROM cases WHERE number = $1")
        .bind(number.to_string())
        .fetch_one(write.connection())
        .await
        .map_err(fault(DOING))?;
    Ok(id)
}

/// See [`Store::first_case_with_document`](crate::store::Store::first_case_with_document).
pub(super) async fn first_case_with(
    connection: &mut AnyConnection,
    twin: &Twin,
    other_than: MailId,
    known: Known,
) -> Result<Option<CaseNumber>, Fault> {
    let number: Option<(String,)> = sqlx::query_as(
        "SELECT cases.number FROM documents JOIN cases ON cases.message_id = documents.message_id \
         JOIN case_documents ON case_documents.case_id = cases.id AND case_documents.name = documents.name \
         JOIN messages ON messages.id = documents.message_id \
         WHERE documents.sha256 = $1 AND documents.message_id <> $2 \
         AND ($3 = 0 OR messages.sender = $4) AND cases.id < $5 ORDER BY cases.id LIMIT 1",
    )
    .bind(&twin.sha256)
    .bind(other_than.0)
    .bind(i64::from(twin.of_sender.is_some()))
    .bind(twin.of_sender.as_ref().map(|sender| key(sender.expose())))
    .bind(known.below())
    .fetch_optional(connection)
    .await
    .map_err(fault(DOING))?;
    number.map(|(number,)| word(CaseNumber::parse(&number), "cases.number")).transpose()
}

/// What is recorded of the mail itself, and what the events say of that.
pub(super) struct Found {
    head: Option<String>,
    sender: Option<String>,
    rfc_id: Option<String>,
    /// SHA-256 of each document.
    pub(super) documents: Vec<String>,
    /// Name, media type and size of each.
    names: Vec<Value>,
}

impl Found {
    pub(super) fn new(decision: &Decision) -> Result<Self, Fault> {
        let head = decision.head.as_ref();
        let as_json = head.map(serde_json::to_string).transpose();
        let name = |one: &DocumentHead| json!([clean(&one.name), clean(&one.media_type), one.size]);
        Ok(Self {
            head: as_json.map_err(|error| Fault::never(DOING, error))?.as_deref().map(clean),
            sender: head.and_then(|head| head.from.as_ref()).map(|from| key(from.address.expose())),
            rfc_id: head.and_then(|head| head.message_id.as_deref()).map(bare_id),
            documents: decision.documents.iter().map(|one| one.sha256.clone()).collect(),
            names: decision.documents.iter().map(name).collect(),
        })
    }

    /// For beside the chain: what the rows of the mail hold.
    pub(super) fn text(&self) -> Value {
        json!({
            "head_sha256": self.head.as_ref().map(|head| sha256(head.as_bytes())),
            "sender": self.sender,
            "rfc_id": self.rfc_id,
            "documents": self.names,
        })
    }
}

/// Ends the claim with an outcome. `false`: the claim was lost.
pub(super) async fn finish(
    write: &mut Write,
    claimed: &Claimed,
    (decision, found): (&Decision, &Found),
    outcome: Outcome,
    repeated: Option<i64>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let done = sqlx::query(
        "UPDATE messages SET state = 'done', outcome = $1, ended_at = $2, worker = NULL, trouble = NULL, waits_as = NULL, \
         head = $3, sender = $4, rfc_id = $5, not_answered_because = $6, repeats_case = $7 \
         WHERE id = $8 AND state = 'claimed' AND worker = $9 AND attempts = $10",
    )
    .bind(outcome.as_str())
    .bind(millis(now))
    .bind(&found.head)
    .bind(&found.sender)
    .bind(&found.rfc_id)
    .bind(decision.not_answered_because.as_deref().map(clean))
    .bind(repeated)
    .bind(claimed.id.0)
    .bind(&claimed.worker)
    .bind(i64::from(claimed.attempts))
    .execute(write.connection())
    .await
    .map_err(fault(DOING))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn documents(
    write: &mut Write,
    message: MailId,
    documents: &[DocumentHead],
) -> Result<(), Fault> {
    for (position, document) in documents.iter().enumerate() {
        sqlx::query(
            "INSERT INTO documents (message_id, position, name, media_type, size, sha256) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(message.0)
        .bind(index(position))
        .bind(clean(&document.name))
        .bind(clean(&document.media_type))
        .bind(i64::try_from(document.size).unwrap_or(i64::MAX))
        .bind(&document.sha256)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    }
    Ok(())
}

/// One case with everything that belongs to it.
pub(super) async fn case(
    write: &mut Write,
    claimed: &Claimed,
    (decision, found): (&Decision, &Found),
    (case, (position, number)): (&NewCase, (usize, &CaseNumber)),
    link: Option<Link>,
    now: Timestamp,
) -> Result<(), Fault> {
    let verdict = case.judged.verdict.kind();
    let filed = Filed::of(&case.judged, &case.report, decision.head.as_ref());
    let report = clean(&case.report.to_string());
    let explanation = clean(&case.explanation.to_string());
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO cases (number, message_id, position, received_at, day, decided_at, state, verdict, source, \
         search, report, rules_version, reader_version, registry_snapshot, linked_case, linked_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12, $13, $14, $15) RETURNING id",
    )
    .bind(number.to_string())
    .bind(claimed.id.0)
    .bind(index(position))
    .bind(millis(claimed.received_at))
    .bind(decision.day.to_string())
    .bind(millis(now))
    .bind(case.state.as_str())
    .bind(verdict.as_str())
    .bind(case.judged.source.as_str())
    .bind(&report)
    .bind(&decision.basis.rules_version)
    .bind(&decision.basis.reader_version)
    .bind(case.judged.snapshot)
    .bind(link.map(|link| link.case))
    .bind(link.map(|link| link.by.as_str()))
    .fetch_one(write.connection())
    .await
    .map_err(fault(DOING))?;
    filed.file(write, id).await?;
    for (position, name) in filed.documents.iter().enumerate() {
        sqlx::query("INSERT INTO case_documents (case_id, position, name) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(index(position))
            .bind(name)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
    }
    for mail in &case.continues {
        sqlx::query("INSERT INTO case_continues (case_id, message_id) VALUES ($1, $2)")
            .bind(id)
            .bind(mail.0)
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
    }
    findings(write, id, &case.judged).await?;
    explain(write, id, &explanation).await?;
    if let Some(ground) = &case.ground {
        sqlx::query("INSERT INTO case_grounds (case_id, ground) VALUES ($1, $2)")
            .bind(id)
            .bind(clean(ground.expose()))
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
    }
    if let Some(wait) = &case.wait {
        waits::insert(write, id, wait).await?;
    }
    // what an auditor compares the rows with, months later (`audit`)
    let detail = json!({
        "number": number.to_string(),
        "position": index(position),
        "verdict": verdict.as_str(),
        "state": case.state.as_str(),
        "findings": codes(&case.judged),
        "day": decision.day.to_string(),
        "received_at": millis(claimed.received_at),
        "source": case.judged.source.as_str(),
        "rules": decision.basis.rules_version,
        "reader": decision.basis.reader_version,
        "snapshot": case.judged.snapshot,
        "linked": link.map(|link| link.case),
        "linked_by": link.map(|link| link.by.as_str()),
        "continues": case.continues.iter().map(|mail| mail.0).collect::<Vec<_>>(),
        "report_sha256": sha256(report.as_bytes()),
        "explanation_sha256": sha256(explanation.as_bytes()),
        "documents": found.documents,
    });
    let text = json!({ "mail": found.text(), "case": filed.told() }).to_string();
    write.tell(Event::new(Kind::CaseOpened).message(claimed.id).case(id).saying(detail).aside(text)).await
}

pub(in crate::store) async fn findings(write: &mut Write, id: i64, judged: &Judged) -> Result<(), Fault> {
    for (position, finding) in judged.findings.iter().enumerate() {
        sqlx::query(
            "INSERT INTO findings (case_id, position, code, field, severity, message) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(index(position))
        .bind(finding.code.as_str())
        .bind(finding.field.pointer())
        .bind(finding.severity.as_str())
        .bind(clean(&finding.message))
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    }
    Ok(())
}

pub(in crate::store) async fn explain(write: &mut Write, id: i64, explanation: &str) -> Result<(), Fault> {
    sqlx::query("INSERT INTO explanations (case_id, explanation) VALUES ($1, $2)")
        .bind(id)
        .bind(explanation)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
    Ok(())
}

/// Findings as events tell them: without their sentences.
pub(in crate::store) fn codes(judged: &Judged) -> Vec<String> {
    let told =
        |finding: &Finding| format!("{} {} {}", finding.severity.as_str(), finding.code, finding.field);
    judged.findings.iter().map(told).collect()
}
