//! A case judged again: from the registry of another day, or because a colleague says what stands in a box.

use super::filed::Filed;
use super::rows::{codes, explain, findings};
use super::{Basis, CaseState};
use crate::database::{clean, fault};
use crate::domain::case::Judged;
use crate::domain::mail::MailHead;
use crate::fault::Fault;
use crate::store::event::sha256;
use crate::store::millis;
use crate::store::staff::{Void, void};
use crate::store::write::Write;
use jiff::Timestamp;
use serde_json::{Value, json};

const DOING: &str = "judging a case again";

/// A case, judged again.
#[derive(Clone)]
pub struct JudgedAgain {
    pub judged: Judged,
    pub report: Value,
    pub explanation: Value,
    pub state: CaseState,
}

/// Puts it in the place of what was found before, in a case that waits. What the event has to say of it,
/// in the chain and beside it; `None`: the case does not wait (any more).
pub(in crate::store) async fn judge_again(
    write: &mut Write,
    case: i64,
    (again, head): (&JudgedAgain, Option<&MailHead>),
    basis: &Basis,
    now: Timestamp,
) -> Result<Option<(Value, Value)>, Fault> {
    let (report, explanation) = (clean(&again.report.to_string()), clean(&again.explanation.to_string()));
    let verdict = again.judged.verdict.kind();
    let done = sqlx::query(
        "UPDATE cases SET state = $1, verdict = $2, decided_at = $3, report = $4, rules_version = $5, \
         registry_snapshot = $6, version = version + 1 WHERE id = $7 AND state = 'waiting'",
    )
    .bind(again.state.as_str())
    .bind(verdict.as_str())
    .bind(millis(now))
    .bind(&report)
    .bind(&basis.rules_version)
    .bind(again.judged.snapshot)
    .bind(case)
    .execute(write.connection())
    .await
    .map_err(fault(DOING))?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    void(write, case, Void::JudgedAgain).await?;
    let mut gone =
        vec!["DELETE FROM findings WHERE case_id = $1", "DELETE FROM explanations WHERE case_id = $1"];
    if again.state == CaseState::Decided {
        gone.push("DELETE FROM case_grounds WHERE case_id = $1");
    }
    for sql in gone {
        sqlx::query(sql).bind(case).execute(write.connection()).await.map_err(fault(DOING))?;
    }
    findings(write, case, &again.judged).await?;
    explain(write, case, &explanation).await?;
    let filed = Filed::of(&again.judged, &again.report, head);
    filed.file(write, case).await?;
    // what an auditor compares the rows with (`audit`)
    let detail = json!({
        "verdict": verdict.as_str(),
        "state": again.state.as_str(),
        "findings": codes(&again.judged),
        "rules": basis.rules_version,
        "snapshot": again.judged.snapshot,
        "report_sha256": sha256(report.as_bytes()),
        "explanation_sha256": sha256(explanation.as_bytes()),
    });
    Ok(Some((detail, filed.told())))
}
