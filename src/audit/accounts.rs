//! Who may come in at the desk: the accounts against the events. An account that was made, given a role or
//! a password behind the store's back shows here.

use super::{Found, sha256};
use crate::database::fault;
use crate::fault::Fault;
use serde_json::Value;
use sqlx::{AnyConnection, FromRow};
use std::collections::BTreeMap;

const DOING: &str = "reading the accounts";

/// The events that say a whole account.
const TELLING: &str = "SELECT id, detail FROM events WHERE kind IN ('user_added', 'user_role_changed', \
     'user_password_changed', 'user_password_rehashed', 'user_disabled', 'user_enabled', 'user_linked', \
     'user_unlinked', 'user_known_as_changed') ORDER BY id";

#[derive(FromRow)]
struct Row {
    name: String,
    role: String,
    password_hash: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    known_as: Option<String>,
    disabled_at: Option<i64>,
}

impl Row {
    /// As its last event must say it: key and value.
    fn said(&self) -> [(&'static str, Value); 5] {
        let password = self.password_hash.as_ref().map(|hash| sha256(hash.as_bytes()));
        let identity = self.issuer.as_ref().zip(self.subject.as_ref());
        let identity = identity.map(|(issuer, subject)| sha256(format!("{issuer}\n{subject}").as_bytes()));
        [
            ("role", self.role.as_str().into()),
            ("disabled", self.disabled_at.is_some().into()),
            ("password_sha256", password.into()),
            ("identity_sha256", identity.into()),
            ("known_as_sha256", self.known_as.as_ref().map(|name| sha256(name.as_bytes())).into()),
        ]
    }
}

/// Each account is what its last event says, and each event's account is there.
pub(super) async fn all(at: &mut AnyConnection, found: &mut Found) -> Result<(), Fault> {
    let events: Vec<(i64, String)> =
        sqlx::query_as(TELLING).fetch_all(&mut *at).await.map_err(fault(DOING))?;
    let mut last: BTreeMap<String, (i64, Value)> = BTreeMap::new();
    for (event, detail) in events {
        let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
        let name = detail.get("user").and_then(Value::as_str).unwrap_or_default().to_owned();
        last.insert(name, (event, detail));
    }
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT name, role, password_hash, issuer, subject, known_as, disabled_at FROM users ORDER BY name",
    )
    .fetch_all(at)
    .await
    .map_err(fault(DOING))?;
    for row in rows {
        let Some((event, told)) = last.remove(&row.name) else {
            found.add(None, format!("no event tells of the account {}", row.name));
            continue;
        };
        for (key, value) in row.said() {
            let what = || format!("{} of the account {}", key.trim_end_matches("_sha256"), row.name);
            // an event says nothing of what an account never had
            found.same(event, what, &value, told.get(key).unwrap_or(&Value::Null));
        }
    }
    for (name, (event, _)) in last {
        found.add(event, format!("the account {name} is not there"));
    }
    Ok(())
}
