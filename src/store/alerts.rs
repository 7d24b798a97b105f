//! What imports say against accepted cases: raised once, acknowledged by a person.

use super::event::{Event, Kind};
use super::{Store, instant, instant_or_none, millis, word};
use crate::database::{clean, fault, list};
use crate::domain::case::CaseNumber;
use crate::domain::facts::Wanted;
use crate::domain::identifiers::{CardNumber, Finess, RppsRang, Siret};
use crate::domain::policy::Profile;
use crate::domain::rules::{Broken, What};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeMap;

const DOING: &str = "raising alerts";

/// An accepted case, by what its acceptance rested on.
#[derive(Debug, Clone)]
pub struct AcceptedCase {
    pub number: CaseNumber,
    pub wanted: Wanted,
    pub(super) id: i64,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    pub id: i64,
    pub number: CaseNumber,
    pub what: What,
    /// A card's number, a contract's structure, a structure's number.
    pub about: String,
    /// ISO day; empty where the registry gives none.
    pub since: String,
    pub snapshot: i64,
    pub raised_at: Timestamp,
    /// When, and by whom.
    pub acknowledged: Option<(Timestamp, String)>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    number: String,
    kind: String,
    about: String,
    since: String,
    snapshot: i64,
    raised_at: i64,
    acknowledged_at: Option<i64>,
    acknowledged_by: Option<String>,
}

impl Row {
    fn alert(self) -> Result<AlertRow, Fault> {
        let what = What::ALL.into_iter().find(|what| what.as_str() == self.kind);
        Ok(AlertRow {
            id: self.id,
            number: word(CaseNumber::parse(&self.number), "cases.number")?,
            what: word(what, "registry_alerts.kind")?,
            about: self.about,
            since: self.since,
            snapshot: self.snapshot,
            raised_at: instant(self.raised_at)?,
            acknowledged: instant_or_none(self.acknowledged_at)?.zip(self.acknowledged_by),
        })
    }
}

impl Store {
    /// Accepted cases after this one, in their order; at most so many.
    pub async fn accepted_after(
        &self,
        last: Option<&AcceptedCase>,
        limit: u32,
    ) -> Result<Vec<AcceptedCase>, Fault> {
        const DOING: &str = "looking for accepted cases";
        let rows: Vec<(i64, String, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT id, number, finess, siret FROM cases WHERE verdict = 'accepted' AND id > $1 ORDER BY id LIMIT $2",
        )
        .bind(last.map_or(0, |case| case.id))
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
        let mut cards = self.beside("SELECT case_id, card FROM case_cards", &ids).await?;
        let mut rangs = self.beside("SELECT case_id, rpps_rang FROM case_rpps_rang", &ids).await?;
        rows.into_iter()
            .map(|(id, number, finess, siret)| {
                let cards = cards.remove(&id).unwrap_or_default();
                let rangs = rangs.remove(&id).unwrap_or_default();
                Ok(AcceptedCase {
                    number: word(CaseNumber::parse(&number), "cases.number")?,
                    wanted: Wanted {
                        // whichever profile accepted it
                        finess: finess.and_then(|text| Finess::parse(&text, Profile::Test).ok()),
                        siret: siret.and_then(|text| Siret::parse(&text).ok()),
                        rpps_rang: rangs.iter().filter_map(|text| RppsRang::parse(text).ok()).collect(),
                        cards: cards.iter().filter_map(|text| CardNumber::parse(text).ok()).collect(),
                    },
                    id,
                })
            })
            .collect()
    }

    async fn beside(&self, select: &str, cases: &[i64]) -> Result<BTreeMap<i64, Vec<String>>, Fault> {
        let mut found: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for some in cases.chunks(500) {
            let sql = format!("{select} WHERE case_id IN {}", list(1, some.len()));
            let mut query = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql));
            for id in some {
                query = query.bind(*id);
            }
            for (id, value) in query.fetch_all(self.database.read()).await.map_err(fault(DOING))? {
                found.entry(id).or_default().push(value);
            }
        }
        Ok(found)
    }

    /// Raises what was not raised before, in one commit; how many that are.
    pub async fn raise_alerts(
        &self,
        broken: &[(&AcceptedCase, Broken)],
        snapshot: i64,
        now: Timestamp,
    ) -> Result<u64, Fault> {
        if broken.is_empty() {
            return Ok(0);
        }
        let mut write = self.write(DOING, now).await?;
        let mut raised = 0;
        for (case, broken) in broken {
            let done = sqlx::query(
                "INSERT INTO registry_alerts (case_id, kind, about, since, snapshot, raised_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, kind, about, since) DO NOTHING",
            )
            .bind(case.id)
            .bind(broken.what.as_str())
            .bind(clean(&broken.about))
            .bind(broken.since.map(|day| day.to_string()).unwrap_or_default())
            .bind(snapshot)
            .bind(millis(now))
            .execute(write.connection())
            .await
            .map_err(fault(DOING))?;
            if done.rows_affected() == 1 {
                raised += 1;
                // a card's number is personal: it stands in the alert
                let detail = json!({ "case": case.number.to_string(), "alert": broken.what.as_str(), "snapshot": snapshot });
                write.tell(Event::new(Kind::AlertRaised).saying(detail)).await?;
            }
        }
        write.commit().await?;
        Ok(raised)
    }

    /// Alerts, oldest first: those that nobody has acknowledged, or all.
    pub async fn alerts(&self, all: bool) -> Result<Vec<AlertRow>, Fault> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT registry_alerts.id, cases.number, kind, about, since, snapshot, raised_at, acknowledged_at, \
             acknowledged_by FROM registry_alerts JOIN cases ON cases.id = registry_alerts.case_id \
             WHERE CAST($1 AS BIGINT) = 1 OR acknowledged_at IS NULL ORDER BY registry_alerts.id",
        )
        .bind(i64::from(all))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("looking for alerts"))?;
        rows.into_iter().map(Row::alert).collect()
    }

    /// Acknowledges an alert, by a person, with what they did about it. `false`: there is none of this
    /// number, or it is already.
    pub async fn acknowledge_alert(
        &self,
        id: i64,
        (by, because): (&str, &str),
        now: Timestamp,
    ) -> Result<bool, Fault> {
        const DOING: &str = "acknowledging an alert";
        let mut write = self.write(DOING, now).await?;
        let done = sqlx::query(
            "UPDATE registry_alerts SET acknowledged_at = $1, acknowledged_by = $2 \
             WHERE id = $3 AND acknowledged_at IS NULL",
        )
        .bind(millis(now))
        .bind(clean(by))
        .bind(id)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let event = Event::new(Kind::AlertAcknowledged).by(by).saying(json!({ "alert": id }));
        write.tell(event.aside(json!({ "because": because }).to_string())).await?;
        write.commit().await?;
        Ok(true)
    }
}
