//! One case in one archive, to be checked without guichet: `verifier.py` and LISEZMOI.txt go with it.

use super::rows::{self, CaseRow, DocumentRow, EventRow};
use super::{Head, chain, sha256};
use crate::database::{Database, fault};
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AnyConnection, FromRow};
use std::fmt::Write as _;
use std::io::{Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

const DOING: &str = "gathering a case's record";
const README: &str = include_str!("LISEZMOI.txt");
const VERIFIER: &str = include_str!("verifier.py");

/// Seals read at once.
const PAGE: i64 = 10_000;

/// A case's files, as far as the database has them. The documents are in the mail; who can open mail
/// adds them.
pub struct Archive {
    case: CaseRow,
    whole: bool,
    documents: Vec<(DocumentRow, Option<String>)>,
    /// Path in the archive, bytes.
    files: Vec<(String, Vec<u8>)>,
    /// The mail as it came; `None` where it was purged.
    pub mail: Option<Vec<u8>>,
    /// The chain goes so far in it.
    pub head: Head,
    pub message: i64,
}

impl std::fmt::Debug for Archive {
    /// Never the content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Archive({}, {} files)", self.case.number, self.files.len())
    }
}

#[derive(FromRow)]
struct LetterRow {
    id: i64,
    template: String,
    recipient: String,
    subject: String,
    rfc_id: String,
    state: String,
    created_at: i64,
}

#[derive(FromRow)]
struct TryRow {
    attempt: i64,
    started_at: i64,
    ended_at: Option<i64>,
    delivery: Option<String>,
    answer: Option<String>,
}

/// Reads all that is on record of a case, at one moment. `None`: there is no such case.
pub async fn gather(database: &Database, number: &str) -> Result<Option<Archive>, Fault> {
    let mut at = database.snapshot(DOING).await?;
    let archive = gathered(&mut at, number).await?;
    at.rollback().await.map_err(fault(DOING))?;
    Ok(archive)
}

async fn gathered(at: &mut AnyConnection, number: &str) -> Result<Option<Archive>, Fault> {
    let found: Option<(i64, i64, i64)> = sqlx::query_as(
        "SELECT cases.id, message_id, whole FROM cases JOIN messages ON messages.id = message_id \
         WHERE number = $1",
    )
    .bind(number.to_owned())
    .fetch_optional(&mut *at)
    .await
    .map_err(fault(DOING))?;
    let Some((case, message, whole)) = found else { return Ok(None) };
    let cases: Vec<CaseRow> = rows::of(
        at,
        "SELECT id, number, position, received_at, day, decided_at, state, verdict, source, structure_name, finess, \
         siret, search, report, rules_version, reader_version, registry_snapshot, linked_case, linked_by \
         FROM cases WHERE id = $1",
        case,
    )
    .await?;
    let Some(case) = cases.into_iter().next() else { return Ok(None) };
    let mail = rows::bytes(at, "SELECT raw FROM message_bytes WHERE message_id = $1", message).await?;
    let documents: Vec<DocumentRow> = rows::of(
        at,
        "SELECT name, media_type, size, sha256 FROM documents WHERE message_id = $1 ORDER BY position",
        message,
    )
    .await?;
    let mut files = vec![("rapport.json".to_owned(), case.report.clone().into_bytes())];
    files.extend(mail.clone().map(|mail| ("message.eml".to_owned(), mail)));
    let explained =
        rows::texts(at, "SELECT explanation FROM explanations WHERE case_id = $1", case.id).await?;
    files.extend(explained.into_iter().map(|text| ("explication.json".to_owned(), text.into_bytes())));
    letters(at, message, &mut files).await?;
    let events = rows::events(at, message).await?;
    let head = chain::head(at).await?;
    files.push(("evenements.jsonl".to_owned(), lines(&events)?.into_bytes()));
    let first = events.first().map_or(head.id, |event| event.id);
    files.push(("chaine.tsv".to_owned(), seals(at, first, &head).await?.into_bytes()));
    let documents = documents.into_iter().map(|document| (document, None)).collect();
    Ok(Some(Archive { case, whole: whole == 1, documents, files, mail, head, message }))
}

/// The letters, and what became of them.
async fn letters(
    at: &mut AnyConnection,
    message: i64,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Fault> {
    let letters: Vec<LetterRow> = rows::of(
        at,
        "SELECT id, template, recipient, subject, rfc_id, state, created_at FROM replies \
         WHERE message_id = $1 ORDER BY id",
        message,
    )
    .await?;
    let mut shown = Vec::new();
    for letter in letters {
        let mail = rows::bytes(at, "SELECT mail FROM reply_mails WHERE reply_id = $1", letter.id).await?;
        files.extend(mail.map(|mail| (format!("lettres/{}.eml", letter.id), mail)));
        let tries: Vec<TryRow> = rows::of(
            at,
            "SELECT attempt, started_at, ended_at, delivery, answer FROM reply_attempts \
             WHERE reply_id = $1 ORDER BY attempt",
            letter.id,
        )
        .await?;
        let tries = tries.iter().map(|one| {
            json!({
                "attempt": one.attempt, "started_at": moment(one.started_at),
                "ended_at": one.ended_at.map(moment), "delivery": one.delivery, "answer": one.answer,
            })
        });
        shown.push(json!({
            "id": letter.id, "template": letter.template, "to": letter.recipient, "subject": letter.subject,
            "message_id": letter.rfc_id, "state": letter.state, "created_at": moment(letter.created_at),
            "attempts": tries.collect::<Vec<_>>(),
        }));
    }
    files.push(("lettres.json".to_owned(), pretty(&Value::Array(shown))?));
    Ok(())
}

fn lines(events: &[EventRow]) -> Result<String, Fault> {
    let mut text = String::new();
    for event in events {
        let line = json!({
            "id": event.id, "at": event.at, "time": moment(event.at), "kind": event.kind,
            "message_id": event.message_id, "case_id": event.case_id, "reply_id": event.reply_id,
            "actor": event.actor, "detail": event.detail, "seal": event.seal, "hash": event.hash,
            "salt": event.salt, "text": event.text,
        });
        text.push_str(&serde_json::to_string(&line).map_err(|error| Fault::never(DOING, error))?);
        text.push('\n');
    }
    Ok(text)
}

/// The chain from an event to the head: the hash before, then a line an event.
async fn seals(at: &mut AnyConnection, first: i64, head: &Head) -> Result<String, Fault> {
    let before: Vec<(String,)> = rows::of(at, "SELECT hash FROM events WHERE id = $1", first - 1).await?;
    let before = before.into_iter().next().map_or_else(String::new, |(hash,)| hash);
    let mut text = format!("{}\t{before}\n", first - 1);
    let mut last = first - 1;
    while last < head.id {
        let page: Vec<(i64, Option<String>, String)> = sqlx::query_as(
            "SELECT id, seal, hash FROM events WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
        )
        .bind(last)
        .bind(head.id)
        .bind(PAGE)
        .fetch_all(&mut *at)
        .await
        .map_err(fault(DOING))?;
        let Some((end, ..)) = page.last() else { break };
        last = *end;
        for (id, seal, hash) in &page {
            let _ = match seal {
                Some(seal) => writeln!(text, "{id}\t{seal}"),
                None => writeln!(text, "{id}\t-\t{hash}"),
            };
        }
    }
    Ok(text)
}

impl Archive {
    /// Adds the mail's documents, in its order. Returns those that are not what was judged: nothing
    /// of another hash is added.
    pub fn add_documents(&mut self, opened: Vec<Vec<u8>>) -> Vec<String> {
        let mut missing = Vec::new();
        let mut opened = opened.into_iter();
        for (number, (row, file)) in (1..).zip(&mut self.documents) {
            match opened.next().filter(|bytes| sha256(bytes) == row.sha256) {
                Some(bytes) => {
                    let path = format!("documents/{number:02}-{}", tame(&row.name));
                    self.files.push((path.clone(), bytes));
                    *file = Some(path);
                }
                None => missing.push(row.name.clone()),
            }
        }
        missing
    }

    /// Writes the archive.
    pub fn write(mut self, to: impl Write + Seek, now: Timestamp) -> Result<(), Fault> {
        let case = &self.case;
        let documents = self.documents.iter().map(|(row, file)| {
            json!({ "name": row.name, "media_type": row.media_type, "size": row.size, "sha256": row.sha256, "file": file })
        });
        let shown = json!({
            "number": case.number, "case_id": case.id, "message_id": self.message, "message_whole": self.whole,
            "verdict": case.verdict, "state": case.state, "received_at": moment(case.received_at),
            "decided_at": moment(case.decided_at), "day": case.day, "source": case.source,
            "structure_name": case.structure_name, "finess": case.finess, "siret": case.siret,
            "rules_version": case.rules_version, "reader_version": case.reader_version,
            "registry_snapshot": case.registry_snapshot, "documents": documents.collect::<Vec<_>>(),
            "exported_at": moment(now.as_millisecond()), "exported_by": concat!("guichet ", env!("CARGO_PKG_VERSION")),
            "head": self.head.to_string(),
        });
        self.files.push(("dossier.json".to_owned(), pretty(&shown)?));
        let readme = README.replace("{number}", &self.case.number);
        self.files.push(("LISEZMOI.txt".to_owned(), readme.into_bytes()));
        self.files.push(("verifier.py".to_owned(), VERIFIER.as_bytes().to_vec()));
        self.files.sort();
        let sums: String =
            self.files.iter().map(|(path, bytes)| format!("{}  {path}\n", sha256(bytes))).collect();
        self.files.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
        pack(&self.files, to, now).map_err(|error| Fault::never("writing the archive", error))
    }
}

fn pack(files: &[(String, Vec<u8>)], to: impl Write + Seek, now: Timestamp) -> zip::result::ZipResult<()> {
    let at = now.to_zoned(jiff::tz::TimeZone::UTC);
    let (year, second) = (u16::try_from(at.year()).unwrap_or(1980), small(at.second()));
    let time = DateTime::from_date_and_time(
        year,
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        second,
    )
    .unwrap_or_default();
    let mut zip = ZipWriter::new(to);
    for (path, bytes) in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(time)
            .large_file(bytes.len() as u64 >= zip::ZIP64_BYTES_THR)
            .unix_permissions(0o644);
        zip.start_file(path.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    zip.finish().map(drop)
}

fn small(number: i8) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

/// An instant as people read it, universal time.
fn moment(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}

fn pretty(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Fault::never(DOING, error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A stranger's file name as a name in the archive: no path, no surprises.
fn tame(name: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let tamed: String = name.chars().map(keep).collect();
    let cut = tamed.chars().count().saturating_sub(80);
    tamed.trim_start_matches('.').chars().skip(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::tame;

    #[test]
    fn a_strangers_file_name_leads_nowhere() {
        assert_eq!(tame("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(tame("Formulaire signé (1).pdf"), "Formulaire_signé__1_.pdf");
        assert!(tame(&format!("{}.pdf", "a".repeat(300))).len() == 80);
    }
}
