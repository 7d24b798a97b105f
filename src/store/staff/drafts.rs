//! What somebody has written about a case and not sent: theirs alone, until it is sent, or for a month.

use super::OpenCase;
use crate::database::{clean, fault};
use crate::domain::form::Masked;
use crate::domain::staff::UserName;
use crate::fault::Fault;
use crate::store::{Store, Token, instant, millis, word};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// So long a draft is kept that nobody comes back to.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Something written and not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The form (`application/x-www-form-urlencoded`).
    pub fields: Masked,
    pub at: Timestamp,
}

impl Store {
    /// Keeps what somebody wrote, in the place of what they had written there before. `what`: the last
    /// part of the page's address.
    pub async fn keep_draft(
        &self,
        (owner, open, what): (&str, &OpenCase, &str),
        fields: &Masked,
        now: Timestamp,
    ) -> Result<(), Fault> {
        const DOING: &str = "keeping a draft";
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query("DELETE FROM drafts WHERE kept_at < $1")
            .bind(millis(now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN)))
            .execute(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        sqlx::query(
            "INSERT INTO drafts (owner, case_id, what, fields, kept_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (owner, case_id, what) DO UPDATE SET fields = $4, kept_at = $5",
        )
        .bind(clean(owner))
        .bind(open.id)
        .bind(what)
        .bind(clean(fields.expose()))
        .bind(millis(now))
        .execute(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        Ok(())
    }

    /// What somebody wrote there and did not send.
    pub async fn draft(
        &self,
        (owner, open, what): (&str, &OpenCase, &str),
        now: Timestamp,
    ) -> Result<Option<Draft>, Fault> {
        Ok(self.drafts((owner, open), now).await?.remove(what))
    }

    /// All that somebody wrote about a case and did not send, by what it was written for.
    pub async fn drafts(
        &self,
        (owner, open): (&str, &OpenCase),
        now: Timestamp,
    ) -> Result<BTreeMap<String, Draft>, Fault> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT what, fields, kept_at FROM drafts WHERE owner = $1 AND case_id = $2 AND kept_at >= $3",
        )
        .bind(clean(owner))
        .bind(open.id)
        .bind(millis(now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN)))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading drafts"))?;
        let draft = |(what, fields, at): (String, String, i64)| {
            Ok((what, Draft { fields: Masked::new(fields), at: instant(at)? }))
        };
        rows.into_iter().map(draft).collect()
    }

    /// It was sent, or is not wanted any more.
    pub async fn drop_draft(&self, (owner, open, what): (&str, &OpenCase, &str)) -> Result<(), Fault> {
        const DOING: &str = "removing a draft";
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query("DELETE FROM drafts WHERE owner = $1 AND case_id = $2 AND what = $3")
            .bind(clean(owner))
            .bind(open.id)
            .bind(what)
            .execute(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        Ok(())
    }

    /// Whose session had this secret in its forms, ended or not; `None` also where the account is shut.
    pub async fn wrote_in(&self, csrf: &Token) -> Result<Option<UserName>, Fault> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT name FROM sessions JOIN users ON users.id = user_id WHERE csrf = $1 AND disabled_at IS NULL",
        )
        .bind(csrf.expose())
        .fetch_optional(self.database.read())
        .await
        .map_err(fault("looking for who wrote something"))?;
        row.map(|(name,)| word(UserName::parse(&name), "users.name")).transpose()
    }
}
