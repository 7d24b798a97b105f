//! Every message with its cases and replies: do the rows say what the events say?

use super::rows::{self, CaseRow, DocumentRow, EventRow, FindingRow, MessageRow, ReplyRow};
use super::story::{CaseTold, End, Story, Told};
use super::{Found, sha256};
use crate::fault::Fault;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Why a case was decided so.
const EXPLANATION: &str = "SELECT explanation FROM explanations WHERE case_id = $1";

/// How much there was.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) messages: u64,
    pub(super) cases: u64,
    pub(super) replies: u64,
    pub(super) purged: u64,
}

/// One message under the auditor's eyes.
pub(super) struct Look<'a> {
    pub(super) at: &'a mut AnyConnection,
    pub(super) found: &'a mut Found,
    pub(super) story: Story,
    pub(super) message: MessageRow,
}

/// All messages, oldest first. `texts_gone`: events whose text is missing, to be explained by purges.
pub(super) async fn all(
    at: &mut AnyConnection,
    mut texts_gone: BTreeSet<i64>,
    found: &mut Found,
) -> Result<Counted, Fault> {
    let mut counted = Counted::default();
    let mut after = i64::MIN;
    loop {
        let page = rows::messages(at, after).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for message in page {
            let events = rows::events(at, message.id).await?;
            let story = Story::of(&events);
            counted.messages += 1;
            if let Some(purged) = &story.purged {
                counted.purged += 1;
                explains(purged, &events, &mut texts_gone);
            }
            let (cases, replies) = Look { at, found, story, message }.look().await?;
            counted.cases += cases;
            counted.replies += replies;
        }
    }
    for id in texts_gone {
        found.add(id, "the text beside it is missing, and no purge has removed it");
    }
    numbers(at, found).await?;
    Ok(counted)
}

/// A purge explains the missing texts of the events before it, where it names them.
fn explains(purged: &Told, events: &[EventRow], texts_gone: &mut BTreeSet<i64>) {
    let named = purged.detail.pointer("/removed/texts").and_then(Value::as_array);
    let named: BTreeSet<_> = named.into_iter().flatten().filter_map(Value::as_i64).collect();
    for event in events.iter().filter(|event| event.id < purged.event && named.contains(&event.id)) {
        texts_gone.remove(&event.id);
    }
}

/// Case numbers run without a gap.
async fn numbers(at: &mut AnyConnection, found: &mut Found) -> Result<(), Fault> {
    let years: Vec<(i64, i64, i64)> = rows::of(
        at,
        "SELECT year, last, (SELECT COUNT(*) FROM cases \
         WHERE number LIKE 'F413-' || CAST(case_years.year AS TEXT) || '-%') FROM case_years \
         WHERE year > $1 ORDER BY year",
        0,
    )
    .await?;
    for (year, last, count) in years {
        if last != count {
            found.add(None, format!("{last} cases were numbered in {year}, and {count} are there"));
        }
    }
    Ok(())
}

impl Look<'_> {
    async fn look(mut self) -> Result<(u64, u64), Fault> {
        let id = self.message.id;
        let Some(kept) = self.story.kept.take() else {
            self.found.add(None, format!("message {id} has no event that tells how it came"));
            return Ok((0, 0));
        };
        self.came(&kept).await?;
        self.ended();
        let cases: Vec<CaseRow> = rows::of(
            self.at,
            "SELECT id, number, position, received_at, day, decided_at, state, verdict, source, structure_name, \
             finess, siret, search, report, rules_version, reader_version, registry_snapshot, linked_case, linked_by \
             FROM cases WHERE message_id = $1 ORDER BY id",
            id,
        )
        .await?;
        let replies: Vec<ReplyRow> = rows::of(
            self.at,
            "SELECT id, template, recipient, address_key, domain_key, subject, rfc_id, state, created_at, attempts, \
             answer, ended_at FROM replies WHERE message_id = $1 ORDER BY id",
            id,
        )
        .await?;
        for case in &cases {
            match self.story.cases.remove(&case.id) {
                Some(told) => self.case(case, &told).await?,
                None => self.found.add(None, format!("no event tells of case {}", case.number)),
            }
        }
        for told in self.story.cases.values() {
            self.found.add(told.opened.event, "opens a case that is not there");
        }
        for reply in &replies {
            match self.story.replies.remove(&reply.id) {
                Some(told) => self.reply(reply, &told).await?,
                None => self.found.add(None, format!("no event tells of reply {}", reply.id)),
            }
        }
        for told in self.story.replies.values() {
            self.found.add(told.made.event, "tells of a reply that is not there");
        }
        self.answered(&replies);
        self.question().await?;
        self.purge().await?;
        Ok((cases.len() as u64, replies.len() as u64))
    }

    /// The mail as it came: its bytes, its times, its places.
    async fn came(&mut self, kept: &Told) -> Result<(), Fault> {
        let id = self.message.id;
        let row = &self.message;
        let what = |what: &str| format!("{what} of message {id}");
        let told = kept.says("sha256").and_then(Value::as_str).unwrap_or_default();
        self.found.same(kept.event, || what("the SHA-256"), &row.sha256.as_str(), &told);
        self.found.same(kept.event, || what("the time of keeping"), &row.kept_at, &kept.at);
        if let Some(told) = kept.says("received_at") {
            self.found.same(kept.event, || what("the time of reception"), &json!(row.received_at), told);
        }
        let raw = rows::bytes(self.at, "SELECT raw FROM message_bytes WHERE message_id = $1", row.id).await?;
        let identity = |raw: &[u8]| match (row.whole, row.size) {
            (1, _) => sha256(raw),
            (_, 0) => {
                let place = |key: &str| kept.says(key).cloned().unwrap_or_default();
                let mailbox = place("mailbox").as_str().unwrap_or_default().to_owned();
                let name =
                    format!("guichet: mail {} of {} in {mailbox}\n", place("uid"), place("uidvalidity"));
                sha256(name.as_bytes())
            }
            (_, size) => {
                let head = format!("guichet: header of a mail of {size} bytes\n");
                sha256(&[head.as_bytes(), raw].concat())
            }
        };
        match (&raw, &self.story.purged) {
            (Some(raw), None) => {
                self.found.same(kept.event, || what("the mail"), &identity(raw).as_str(), &told);
            }
            (Some(_), Some(purged)) => {
                self.found.add(purged.event, "says that the mail was removed, and it is there");
            }
            (None, None) => self.found.add(kept.event, "the mail is not there, and no purge has removed it"),
            (None, Some(_)) => {}
        }
        let mut seen: Vec<(String, i64, i64)> = rows::of(
            self.at,
            "SELECT mailbox, uidvalidity, uid FROM sightings WHERE message_id = $1 ORDER BY id",
            id,
        )
        .await?;
        let mut told = std::mem::take(&mut self.story.seen);
        seen.sort_unstable();
        told.sort_unstable();
        self.found.same(kept.event, || format!("where message {id} was seen"), &seen, &told);
        Ok(())
    }

    /// Where the message is.
    fn ended(&mut self) {
        let row = &self.message;
        let state = row.state.as_str();
        let Some((end, told)) = &self.story.end else {
            if !matches!(state, "kept" | "claimed") {
                self.found.add(None, format!("no event tells that message {} is {state}", row.id));
            }
            return;
        };
        let what = |what: &str| format!("{what} of message {}", row.id);
        let (states, outcomes): (&str, &[&str]) = match end {
            End::Parked => ("parked", &["to_do"]),
            End::Cases | End::Repeat => ("done", &["handled", "to_do"]),
            End::Question => ("done", &["question"]),
            End::Automatic => ("done", &["automatic"]),
        };
        let outcome = row.outcome.as_deref().unwrap_or_default();
        if state != states || !outcomes.contains(&outcome) {
            self.found.add(told.event, format!("message {} is not where this event says", row.id));
        }
        self.found.same(told.event, || what("the end"), &row.ended_at, &Some(told.at));
        if *end == End::Parked {
            if let Some(why) = &told.text {
                self.found.same(told.event, || what("the trouble"), &row.trouble.as_ref(), &Some(why));
            }
        } else {
            let mail = |key: &str| told.beside(&format!("/mail/{key}"));
            let hash = row.head.as_ref().map(|head| sha256(head.as_bytes()));
            for (key, is) in [("head_sha256", &hash), ("sender", &row.sender), ("rfc_id", &row.rfc_id)] {
                if let Some(told_so) = mail(key) {
                    self.found.same(told.event, || what(key), &json!(is), told_so);
                }
            }
        }
        let because = self.story.not_answered.as_ref();
        let told_because = because.and_then(|told| told.says("because")).and_then(Value::as_str);
        if row.not_answered_because.as_deref() != told_because {
            let event = because.map(|told| told.event);
            self.found.add(event, format!("why message {} was not answered is not what was told", row.id));
        }
        if *end == End::Repeat && row.repeats_case.is_none() {
            self.found.add(told.event, format!("message {} repeats no case", row.id));
        }
    }

    async fn case(&mut self, row: &CaseRow, told: &CaseTold) -> Result<(), Fault> {
        let opened = &told.opened;
        let what = |what: &str| format!("{what} of case {}", row.number);
        let is = [
            ("number", json!(row.number)),
            ("position", json!(row.position)),
            ("received_at", json!(row.received_at)),
            ("day", json!(row.day)),
            ("source", json!(row.source)),
            ("linked", json!(row.linked_case)),
            ("linked_by", json!(row.linked_by)),
        ];
        for (key, value) in is {
            if let Some(told) = opened.says(key) {
                self.found.same(opened.event, || what(key), &value, told);
            }
        }
        let (decision, decided_at) = told.decided;
        self.found.same(decision, || what("verdict"), &json!(row.verdict), &told.verdict);
        self.found.same(decision, || what("state"), &json!(row.state), &told.state);
        self.found.same(decision, || what("time of decision"), &row.decided_at, &decided_at);
        if decision == opened.event {
            let is = [
                ("rules", json!(row.rules_version)),
                ("reader", json!(row.reader_version)),
                ("snapshot", json!(row.registry_snapshot)),
            ];
            for (key, value) in is {
                if let Some(told) = opened.says(key) {
                    self.found.same(opened.event, || what(key), &value, told);
                }
            }
        }
        self.staff(row, &told.staff).await?;
        self.at_the_desk(row, &told.at_the_desk).await?;
        if self.story.purged.is_some() {
            return self.emptied(row).await;
        }
        if !told.report.is_null() {
            let hash = json!(sha256(row.report.as_bytes()));
            self.found.same(decision, || what("the report"), &hash, &told.report);
        }
        let explained = rows::texts(self.at, EXPLANATION, row.id).await?;
        if let Some(told) = told.explanation.as_str() {
            let hash = explained.first().map(|text| sha256(text.as_bytes()));
            self.found.same(decision, || what("the explanation"), &hash.as_deref(), &Some(told));
        }
        self.signatory(row, decision).await?;
        self.findings(row, told).await?;
        self.filed(row, &told.filed).await
    }

    /// The signatory beside the case, by whom later forms are told, is the report's.
    async fn signatory(&mut self, row: &CaseRow, decision: i64) -> Result<(), Fault> {
        let beside: Vec<(Option<String>, Option<String>, Option<String>)> = rows::of(
            self.at,
            "SELECT signatory_card, signatory_last_name, signatory_first_names FROM cases WHERE id = $1",
            row.id,
        )
        .await?;
        let report: Value = serde_json::from_str(&row.report).unwrap_or_default();
        for (card, last_name, first_names) in beside {
            for (key, is) in [("card", card), ("last_name", last_name), ("first_names", first_names)] {
                let reported = report.pointer(&format!("/form/signatory/{key}")).and_then(Value::as_str);
                // what was written wrong stands in the column only
                if is.is_some() && reported.is_some() && is.as_deref() != reported {
                    self.found.add(
                        decision,
                        format!("the signatory's {key} of case {} is not the report's", row.number),
                    );
                }
            }
        }
        Ok(())
    }

    /// The findings: codes by the event, sentences by the report (whose hash the event says).
    async fn findings(&mut self, row: &CaseRow, told: &CaseTold) -> Result<(), Fault> {
        let findings: Vec<FindingRow> = rows::of(
            self.at,
            "SELECT code, field, severity, message FROM findings WHERE case_id = $1 ORDER BY position",
            row.id,
        )
        .await?;
        let (decision, _) = told.decided;
        let what = || format!("a finding of case {}", row.number);
        let report: Value = serde_json::from_str(&row.report).unwrap_or_default();
        if let Some(reported) = report.get("findings") {
            let is = findings.iter().map(|one| {
                json!({ "code": one.code, "field": one.field, "severity": one.severity, "message": one.message })
            });
            self.found.same(decision, what, &Value::Array(is.collect()), reported);
        }
        if decision == told.opened.event
            && let Some(codes) = told.opened.says("findings").and_then(Value::as_array)
            && codes.len() != findings.len()
        {
            self.found.add(decision, format!("{} is not there, or one too many", what()));
        }
        Ok(())
    }

    /// What the case is found by, and the mail's documents.
    async fn filed(&mut self, row: &CaseRow, told: &Told) -> Result<(), Fault> {
        const RANGS: &str = "SELECT rpps_rang FROM case_rpps_rang WHERE case_id = $1";
        const CARDS: &str = "SELECT card FROM case_cards WHERE case_id = $1";
        const DOCUMENTS: &str = "SELECT name FROM case_documents WHERE case_id = $1 ORDER BY position";
        let mut rangs = rows::texts(self.at, RANGS, row.id).await?;
        let mut cards = rows::texts(self.at, CARDS, row.id).await?;
        rangs.sort_unstable();
        cards.sort_unstable();
        let is = [
            ("structure_name", json!(row.structure_name)),
            ("finess", json!(row.finess)),
            ("siret", json!(row.siret)),
            ("search_sha256", json!(sha256(row.search.as_bytes()))),
            ("rpps_rang", json!(rangs)),
            ("cards", json!(cards)),
            ("documents", json!(rows::texts(self.at, DOCUMENTS, row.id).await?)),
        ];
        for (key, value) in is {
            if let Some(said) = told.beside(&format!("/case/{key}")) {
                let what = || format!("{key}, by which case {} is found,", row.number);
                self.found.same(told.event, what, &value, said);
            }
        }
        Ok(())
    }

    pub(super) async fn documents(&mut self, told: &Told) -> Result<(), Fault> {
        let documents: Vec<DocumentRow> = rows::of(
            self.at,
            "SELECT name, media_type, size, sha256 FROM documents WHERE message_id = $1 ORDER BY position",
            self.message.id,
        )
        .await?;
        let what = || format!("a document of message {}", self.message.id);
        let hashes = documents.iter().map(|one| json!(one.sha256)).collect();
        if let Some(told_so) = told.says("documents") {
            self.found.same(told.event, what, &Value::Array(hashes), told_so);
        }
        let names = documents.iter().map(|one| json!([one.name, one.media_type, one.size])).collect();
        if let Some(told_so) = told.beside("/mail/documents") {
            self.found.same(told.event, what, &Value::Array(names), told_so);
        }
        Ok(())
    }

    /// Every message that came to an end was answered, or an event says why not.
    fn answered(&mut self, replies: &[ReplyRow]) {
        if let Some((End::Cases | End::Repeat | End::Question | End::Automatic, told)) = &self.story.end
            && replies.is_empty()
            && self.story.not_answered.is_none()
            && !self.story.spared
        {
            self.found.add(told.event, "nobody was answered, and no event says why");
        }
    }
}
