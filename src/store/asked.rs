//! What people ask the store: cases, replies, parked mail.

use super::{
    CaseState, EventRow, LinkedBy, MailId, Purged, ReplyId, ReplyRow, Store, instant, instant_or_none, word,
};
use crate::database::{fault, fold, like};
use crate::domain::case::{CaseNumber, VerdictKind};
use crate::domain::finding::Finding;
use crate::domain::form::Masked;
use crate::domain::mail::{DocumentHead, MailHead, ReplyState};
use crate::fault::Fault;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};

/// Which cases: every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    pub number: Option<CaseNumber>,
    pub finess: Option<String>,
    pub siret: Option<String>,
    pub rpps_rang: Option<String>,
    /// Signatory's or an administrator's.
    pub card: Option<String>,
    /// Part of a name, an address, a document's name or a subject; accents and case do not matter.
    pub text: Option<Masked>,
    pub state: Option<CaseState>,
    /// Only those that wait for a person: neither for the registry, nor for a day.
    pub for_staff: bool,
    pub verdict: Option<VerdictKind>,
    /// Of one message.
    pub message: Option<MailId>,
    /// At most so many, the newest; `None`: all.
    pub limit: Option<u32>,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    pub number: CaseNumber,
    pub message: MailId,
    pub received_at: Timestamp,
    pub decided_at: Timestamp,
    pub state: CaseState,
    pub verdict: VerdictKind,
    /// Staff closed it as no request, whatever was found of it.
    pub dismissed: bool,
    /// `fields`, `text`, `scan` or `none`.
    pub source: String,
    pub structure_name: Option<Masked>,
    pub finess: Option<String>,
    pub siret: Option<String>,
    /// The earlier case that this one follows, and by what that was found.
    pub linked: Option<CaseNumber>,
    pub linked_by: Option<LinkedBy>,
    /// `reject` and `review` findings.
    pub grave_findings: u32,
}

/// A case in full.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDetail {
    pub row: CaseRow,
    pub rules_version: String,
    pub reader_version: String,
    pub registry_snapshot: Option<i64>,
    /// Later cases that follow this one.
    pub followed_by: Vec<CaseNumber>,
    /// The submission of guichet.report/1, JSON.
    pub report: Masked,
    pub findings: Vec<RecordedFinding>,
    /// Names of the documents that make this case.
    pub case_documents: Vec<String>,
    /// All documents of the mail.
    pub documents: Vec<DocumentHead>,
    pub head: Option<MailHead>,
    pub not_answered_because: Option<String>,
    pub replies: Vec<ReplyRow>,
    pub events: Vec<EventRow>,
    /// Its documents and personal data were removed: the report is `{}`, the mail is gone.
    pub purged: Option<Purged>,
}

/// A finding as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFinding {
    pub code: String,
    pub field: String,
    pub severity: String,
    pub message: Masked,
}

impl From<&Finding> for RecordedFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_string(),
            field: finding.field.to_string(),
            severity: finding.severity.as_str().to_owned(),
            message: Masked::new(finding.message.clone()),
        }
    }
}

/// Which replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplyFilter {
    pub id: Option<ReplyId>,
    pub state: Option<ReplyState>,
    pub message: Option<MailId>,
    /// Older than this one.
    pub before: Option<ReplyId>,
    /// At most so many, the newest; `None`: all.
    pub limit: Option<u32>,
}

/// A message put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedRow {
    pub id: MailId,
    pub received_at: Timestamp,
    pub parked_at: Option<Timestamp>,
    pub size: u64,
    pub attempts: u32,
    pub because: String,
    /// As far as its head could be read.
    pub sender: Option<Masked>,
    pub subject: Option<Masked>,
}

#[derive(FromRow)]
struct CaseColumns {
    number: String,
    message_id: i64,
    received_at: i64,
    decided_at: i64,
    state: String,
    verdict: String,
    source: String,
    structure_name: Option<String>,
    finess: Option<String>,
    siret: Option<String>,
    linked: Option<String>,
    linked_by: Option<String>,
    grave_findings: i64,
    dismissed: i64,
}

impl CaseColumns {
    fn row(self) -> Result<CaseRow, Fault> {
        let number = |text: &str| word(CaseNumber::parse(text), "cases.number");
        let by = |text: &str| word(LinkedBy::parse(text), "cases.linked_by");
        let verdicts = [VerdictKind::Accepted, VerdictKind::Review, VerdictKind::Rejected];
        Ok(CaseRow {
            number: number(&self.number)?,
            message: MailId(self.message_id),
            received_at: instant(self.received_at)?,
            decided_at: instant(self.decided_at)?,
            state: word(CaseState::parse(&self.state), "cases.state")?,
            verdict: word(verdicts.into_iter().find(|kind| kind.as_str() == self.verdict), "cases.verdict")?,
            dismissed: self.dismissed > 0,
            source: self.source,
            structure_name: self.structure_name.map(Masked::new),
            finess: self.finess,
            siret: self.siret,
            linked: self.linked.as_deref().map(number).transpose()?,
            linked_by: self.linked_by.as_deref().map(by).transpose()?,
            grave_findings: u32::try_from(self.grave_findings).unwrap_or(u32::MAX),
        })
    }
}

#[derive(FromRow)]
struct ParkedColumns {
    id: i64,
    received_at: i64,
    ended_at: Option<i64>,
    size: i64,
    attempts: i64,
    trouble: Option<String>,
    sender: Option<String>,
    subject: Option<String>,
}

impl CaseFilter {
    /// What `cases` have to fulfil, with what is bound to it: only what is asked for, so that each has its index.
    fn condition(&self) -> (String, Vec<String>) {
        let (mut all, mut texts) = (vec!["1 = 1".to_owned()], Vec::new());
        let mut asked = |condition: &str, text: Option<String>| {
            if let Some(text) = text {
                texts.push(text);
                all.push(condition.replace('?', &format!("${}", texts.len())));
            }
        };
        let words = self.text.as_ref().filter(|text| !fold(text.expose()).is_empty());
        asked("cases.number = ?", self.number.as_ref().map(ToString::to_string));
        asked("cases.finess = ?", self.finess.clone());
        asked("cases.siret = ?", self.siret.clone());
        asked("cases.id IN (SELECT case_id FROM case_rpps_rang WHERE rpps_rang = ?)", self.rpps_rang.clone());
        asked("cases.id IN (SELECT case_id FROM case_cards WHERE card = ?)", self.card.clone());
        asked("cases.search LIKE ? ESCAPE '\\'", words.map(|text| like(text.expose())));
        asked("cases.state = ?", self.state.map(|state| state.as_str().to_owned()));
        asked("cases.verdict = ?", self.verdict.map(|verdict| verdict.as_str().to_owned()));
        all.extend(self.message.map(|id| format!("cases.message_id = {}", id.0)));
        if self.for_staff {
            all.push(
                "cases.state = 'waiting' AND NOT EXISTS \
                 (SELECT 1 FROM case_waits WHERE case_id = cases.id AND shown = 0)"
                    .to_owned(),
            );
        }
        (all.join(" AND "), texts)
    }
}

impl Store {
    /// Cases that fit, newest first.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<CaseRow>, Fault> {
        let (condition, texts) = filter.condition();
        let limit = filter.limit.map_or(i64::MAX, i64::from);
        let sql = format!(
            "SELECT cases.number, cases.message_id, cases.received_at, cases.decided_at, cases.state, \
             cases.verdict, cases.source, cases.structure_name, cases.finess, cases.siret, \
             (SELECT other.number FROM cases AS other WHERE other.id = cases.linked_case) AS linked, cases.linked_by, \
             (SELECT COUNT(*) FROM findings WHERE case_id = cases.id AND severity <> 'note') AS grave_findings, \
             (SELECT COUNT(*) FROM case_decisions WHERE case_id = cases.id AND decision = 'dismissed') AS dismissed \
             FROM cases WHERE {condition} ORDER BY cases.id DESC LIMIT {limit}"
        );
        let mut query = sqlx::query_as::<_, CaseColumns>(AssertSqlSafe(sql));
        for text in texts {
            query = query.bind(text);
        }
        let rows = query.fetch_all(self.database.read()).await.map_err(fault("looking for cases"))?;
        rows.into_iter().map(CaseColumns::row).collect()
    }

    /// One case with everything about it.
    pub async fn case(&self, number: &CaseNumber) -> Result<Option<CaseDetail>, Fault> {
        const DOING: &str = "reading a case";
        let filter = CaseFilter { number: Some(number.clone()), ..CaseFilter::default() };
        let Some(row) = self.cases(&filter).await?.pop() else { return Ok(None) };
        let (id, rules_version, reader_version, registry_snapshot, report): (
            i64,
            String,
            String,
            Option<i64>,
            String,
        ) = sqlx::query_as(
            "SELECT id, rules_version, reader_version, registry_snapshot, report FROM cases WHERE number = $1",
        )
        .bind(number.to_string())
        .fetch_one(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let (head, not_answered_because): (Option<String>, Option<String>) =
            sqlx::query_as("SELECT head, not_answered_because FROM messages WHERE id = $1")
                .bind(row.message.0)
                .fetch_one(self.database.read())
                .await
                .map_err(fault(DOING))?;
        let head = head.map(|json| serde_json::from_str(&json)).transpose();
        Ok(Some(CaseDetail {
            rules_version,
            reader_version,
            registry_snapshot,
            report: Masked::new(report),
            followed_by: self.followers_of(id).await?,
            findings: self.findings_of(id).await?,
            case_documents: self.names_of(id).await?,
            documents: self.documents_of(row.message).await?,
            head: head.map_err(|error| Fault::never(DOING, error))?,
            not_answered_because,
            replies: self
                .replies(&ReplyFilter { message: Some(row.message), ..ReplyFilter::default() })
                .await?,
            events: self.events_of(row.message).await?,
            purged: self.purged(row.message).await?,
            row,
        }))
    }

    async fn findings_of(&self, case: i64) -> Result<Vec<RecordedFinding>, Fault> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT code, field, severity, message FROM findings WHERE case_id = $1 ORDER BY position",
        )
        .bind(case)
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading a case's findings"))?;
        let shown = |(code, field, severity, message): (String, String, String, String)| RecordedFinding {
            code,
            field,
            severity,
            message: Masked::new(message),
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    async fn names_of(&self, case: i64) -> Result<Vec<String>, Fault> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT name FROM case_documents WHERE case_id = $1 ORDER BY position")
                .bind(case)
                .fetch_all(self.database.read())
                .await
                .map_err(fault("reading a case's documents"))?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    pub(super) async fn documents_of(&self, message: MailId) -> Result<Vec<DocumentHead>, Fault> {
        let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
            "SELECT name, media_type, size, sha256 FROM documents WHERE message_id = $1 ORDER BY position",
        )
        .bind(message.0)
        .fetch_all(self.database.read())
        .await
        .map_err(fault("reading a message's documents"))?;
        let shown = |(name, media_type, size, sha256): (String, String, i64, String)| DocumentHead {
            name,
            media_type,
            size: size.unsigned_abs(),
            sha256,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// A message as kept; of one over the size cap, its header.
    pub async fn raw(&self, id: MailId) -> Result<Option<Vec<u8>>, Fault> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT raw FROM message_bytes WHERE message_id = $1")
            .bind(id.0)
            .fetch_optional(self.database.read())
            .await
            .map_err(fault("reading a message"))?;
        Ok(row.map(|(raw,)| raw))
    }

    /// Messages put aside, oldest first.
    pub async fn parked(&self) -> Result<Vec<ParkedRow>, Fault> {
        let rows: Vec<ParkedColumns> = sqlx::query_as(
            "SELECT id, received_at, ended_at, size, attempts, trouble, parked_heads.sender, parked_heads.subject \
             FROM messages LEFT JOIN parked_heads ON parked_heads.message_id = messages.id \
             WHERE state = 'parked' ORDER BY received_at, id",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(fault("looking for parked messages"))?;
        rows.into_iter()
            .map(|row| {
                Ok(ParkedRow {
                    id: MailId(row.id),
                    received_at: instant(row.received_at)?,
                    parked_at: instant_or_none(row.ended_at)?,
                    size: row.size.unsigned_abs(),
                    attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
                    because: row.trouble.unwrap_or_default(),
                    sender: row.sender.map(Masked::new),
                    subject: row.subject.map(Masked::new),
                })
            })
            .collect()
    }
}
