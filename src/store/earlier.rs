//! Earlier cases that one can be compared with: of its thread, of the same signatory, of the same structure.

use super::{CaseState, Store, instant, word};
use crate::database::fault;
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::fault::Fault;
use jiff::Timestamp;

/// An earlier case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierCase {
    pub number: CaseNumber,
    pub received_at: Timestamp,
    pub state: CaseState,
    pub verdict: VerdictKind,
    /// Staff closed it as no request, whatever was found of it.
    pub dismissed: bool,
    /// It stands in the line of those that this one follows.
    pub followed: bool,
}

impl Store {
    /// Those that are kept, the latest first, at most `limit`.
    pub async fn earlier_cases(&self, number: &CaseNumber, limit: u32) -> Result<Vec<EarlierCase>, Fault> {
        const DOING: &str = "looking for earlier cases";
        let rows: Vec<(String, i64, String, String, i64, i64)> = sqlx::query_as(
            "WITH RECURSIVE this AS (SELECT id, finess, siret, linked_case FROM cases WHERE number = $1), \
             before_it (id) AS (SELECT linked_case FROM this WHERE linked_case IS NOT NULL \
             UNION SELECT cases.linked_case FROM cases JOIN before_it ON cases.id = before_it.id \
             WHERE cases.linked_case IS NOT NULL) \
             SELECT number, received_at, state, verdict, \
             (SELECT COUNT(*) FROM case_decisions WHERE case_id = cases.id AND decision = 'dismissed'), \
             CASE WHEN id IN (SELECT id FROM before_it) THEN 1 ELSE 0 END AS followed \
             FROM cases WHERE id IN (SELECT id FROM before_it \
             UNION SELECT cases.id FROM cases WHERE finess = (SELECT finess FROM this) \
             UNION SELECT cases.id FROM cases WHERE siret = (SELECT siret FROM this) \
             UNION SELECT case_id FROM case_rpps_rang WHERE rpps_rang IN \
             (SELECT rpps_rang FROM case_rpps_rang WHERE case_id = (SELECT id FROM this))) \
             AND id < (SELECT id FROM this) \
             AND NOT EXISTS (SELECT 1 FROM purges WHERE purges.message_id = cases.message_id) \
             ORDER BY id DESC LIMIT $2",
        )
        .bind(number.to_string())
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        rows.into_iter()
            .map(|(number, received_at, state, verdict, dismissed, followed)| {
                Ok(EarlierCase {
                    number: word(CaseNumber::parse(&number), "cases.number")?,
                    received_at: instant(received_at)?,
                    state: word(CaseState::parse(&state), "cases.state")?,
                    dismissed: dismissed > 0,
                    verdict: super::staff::verdict(&verdict)?,
                    followed: followed == 1,
                })
            })
            .collect()
    }
}
