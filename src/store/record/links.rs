//! Which earlier case a form follows: of the mail's thread, else of the same structure and signatory.

use super::DOING;
use super::rows::bare_id;
use crate::database::{fault, list};
use crate::domain::case::CaseNumber;
use crate::domain::form::{F413, Masked};
use crate::domain::mail::MailHead;
use crate::domain::resubmission::Signed;
use crate::fault::Fault;
use crate::store::write::Write;
use crate::store::{Known, MailId, Store, word};
use sqlx::{AnyConnection, AssertSqlSafe, FromRow};
use std::collections::BTreeMap;

/// By what a case was found to follow another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkedBy {
    /// In-Reply-To or References (RFC 5322 §3.6.4) name one of our replies, or an earlier mail. Only
    /// shown to staff: anybody can write such a line.
    Thread,
    /// The same structure and signatory.
    Signatory,
}

impl LinkedBy {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Signatory => "signatory",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Thread, Self::Signatory].into_iter().find(|by| by.as_str() == text)
    }
}

/// The row of the case that another follows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub case: i64,
    pub by: LinkedBy,
}

/// Candidates that are looked at, the latest.
const AT_MOST: usize = 50;

#[derive(FromRow)]
struct Candidate {
    id: i64,
    finess: Option<String>,
    siret: Option<String>,
    structure_name: Option<String>,
    signatory_card: Option<String>,
    signatory_last_name: Option<String>,
    signatory_first_names: Option<String>,
}

/// The case that a form follows. Of a thread with several cases the one of the same signatory, else
/// the latest.
pub(super) async fn predecessor(
    write: &mut Write,
    message: MailId,
    head: Option<&MailHead>,
    form: Option<&F413>,
) -> Result<Option<Link>, Fault> {
    let signed = form.map(Signed::of);
    let references = head.map_or(&[][..], |head| head.references.as_slice());
    let thread = cases_of_thread(write.connection(), message, references, Known::All).await?;
    if let Some(latest) = thread.first().copied() {
        let same = match &signed {
            Some(signed) => followed(write.connection(), signed, &thread).await?,
            None => None,
        };
        return Ok(Some(Link { case: same.unwrap_or(latest), by: LinkedBy::Thread }));
    }
    let Some(signed) = signed else { return Ok(None) };
    let near = cases_near(write.connection(), message, &signed).await?;
    let found = followed(write.connection(), &signed, &near).await?;
    Ok(found.map(|case| Link { case, by: LinkedBy::Signatory }))
}

/// The first of these cases, the latest first, that the form follows.
async fn followed(
    connection: &mut AnyConnection,
    signed: &Signed,
    cases: &[i64],
) -> Result<Option<i64>, Fault> {
    if cases.is_empty() {
        return Ok(None);
    }
    // one statement for any number of them: each other one would be kept prepared
    let cases: Vec<i64> = cases.iter().copied().cycle().take(AT_MOST).collect();
    let among = list(1, cases.len());
    let sql = format!(
        "SELECT id, finess, siret, structure_name, signatory_card, signatory_last_name, signatory_first_names \
         FROM cases WHERE id IN {among} ORDER BY id DESC"
    );
    let mut query = sqlx::query_as::<_, Candidate>(AssertSqlSafe(sql));
    for id in &cases {
        query = query.bind(*id);
    }
    let rows = query.fetch_all(&mut *connection).await.map_err(fault(DOING))?;
    let sql = format!("SELECT case_id, rpps_rang FROM case_rpps_rang WHERE case_id IN {among}");
    let mut query = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql));
    for id in &cases {
        query = query.bind(*id);
    }
    let mut rangs: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (id, rang) in query.fetch_all(&mut *connection).await.map_err(fault(DOING))? {
        rangs.entry(id).or_default().push(rang);
    }
    let follows = |row: &Candidate| {
        signed.follows(&Signed {
            finess: row.finess.clone(),
            siret: row.siret.clone(),
            rpps_rang: rangs.get(&row.id).into_iter().flatten().cloned().collect(),
            structure_name: row.structure_name.clone().map(Masked::new),
            card: row.signatory_card.clone(),
            last_name: row.signatory_last_name.clone().map(Masked::new),
            first_names: row.signatory_first_names.clone().map(Masked::new),
        })
    };
    Ok(rows.iter().find(|row| follows(row)).map(|row| row.id))
}

/// Cases of other messages that share a number or the signatory's card, the latest first. Of each
/// number only the latest are looked at: one structure may have thousands.
async fn cases_near(
    connection: &mut AnyConnection,
    message: MailId,
    signed: &Signed,
) -> Result<Vec<i64>, Fault> {
    let latest = |from: &str, id: &str, with: usize| {
        let number = format!("${with}");
        format!(
            "SELECT id FROM (SELECT {id} AS id FROM {from} = {number} AND message_id <> $1 \
             ORDER BY {id} DESC LIMIT {AT_MOST}) AS latest{with}"
        )
    };
    let mut parts = vec![
        latest("cases WHERE finess", "id", 2),
        latest("cases WHERE siret", "id", 3),
        latest("cases WHERE signatory_card", "id", 4),
    ];
    let rangs: Vec<&String> = signed.rpps_rang.iter().take(AT_MOST).collect();
    let of_rang = "case_rpps_rang JOIN cases ON cases.id = case_id WHERE rpps_rang";
    parts.extend((5..).zip(&rangs).map(|(with, _)| latest(of_rang, "case_id", with)));
    let sql = format!("SELECT id FROM ({}) AS near ORDER BY id DESC LIMIT {AT_MOST}", parts.join(" UNION "));
    let mut query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(sql))
        .bind(message.0)
        .bind(signed.finess.clone())
        .bind(signed.siret.clone())
        .bind(signed.card.clone());
    for rang in rangs {
        query = query.bind(rang.clone());
    }
    let rows = query.fetch_all(connection).await.map_err(fault(DOING))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The cases of the thread that these references name, among those known, the latest first.
async fn cases_of_thread(
    connection: &mut AnyConnection,
    message: MailId,
    references: &[String],
    known: Known,
) -> Result<Vec<i64>, Fault> {
    // threads of more mails than that are named by their last ones
    let nearest: Vec<_> = references.iter().rev().take(AT_MOST).map(|id| bare_id(id)).collect();
    if nearest.is_empty() {
        return Ok(vec![]);
    }
    let ids = list(3, nearest.len());
    let sql = format!(
        "SELECT id FROM cases WHERE (message_id IN (SELECT message_id FROM replies WHERE rfc_id IN {ids}) \
         OR message_id IN (SELECT id FROM messages WHERE rfc_id IN {ids})) AND message_id <> $1 \
         AND id < $2 ORDER BY id DESC LIMIT {AT_MOST}"
    );
    let mut query = sqlx::query_as::<_, (i64,)>(AssertSqlSafe(sql)).bind(message.0).bind(known.below());
    for id in nearest {
        query = query.bind(id);
    }
    let rows = query.fetch_all(connection).await.map_err(fault(DOING))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

impl Store {
    /// The mails whose documents make the latest case of a thread: its own, and those it continues,
    /// oldest first.
    pub async fn mails_of_thread(
        &self,
        message: MailId,
        references: &[String],
        known: Known,
    ) -> Result<Vec<MailId>, Fault> {
        const DOING: &str = "looking for a thread's mails";
        let mut connection = self.database.read().acquire().await.map_err(fault(DOING))?;
        let thread = cases_of_thread(&mut connection, message, references, known).await?;
        let Some(latest) = thread.first() else { return Ok(vec![]) };
        let rows: Vec<(i64,)> = sqlx::query_as(
            "SELECT message_id FROM cases WHERE id = $1 \
             UNION SELECT message_id FROM case_continues WHERE case_id = $1 ORDER BY 1",
        )
        .bind(latest)
        .fetch_all(&mut *connection)
        .await
        .map_err(fault(DOING))?;
        Ok(rows.into_iter().map(|(id,)| MailId(id)).collect())
    }

    /// The later cases that follow one.
    pub(in crate::store) async fn followers_of(&self, case: i64) -> Result<Vec<CaseNumber>, Fault> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT number FROM cases WHERE linked_case = $1 ORDER BY id")
                .bind(case)
                .fetch_all(self.database.read())
                .await
                .map_err(fault("looking for the cases that follow"))?;
        rows.into_iter().map(|(number,)| word(CaseNumber::parse(&number), "cases.number")).collect()
    }
}
