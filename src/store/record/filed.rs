//! What a case is found by: the identifiers and names on its form, the mail's, the documents'.

use super::DOING;
use crate::database::{clean, fault, fold};
use crate::domain::case::Judged;
use crate::domain::finding::Severity;
use crate::domain::form::{Entry, F413, Masked};
use crate::domain::mail::MailHead;
use crate::fault::Fault;
use crate::store::event::sha256;
use crate::store::words::{Words, class_mark, reason_mark, source_mark};
use crate::store::write::Write;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The columns and rows beside a case that it is looked for by. Personal data.
pub(super) struct Filed {
    structure_name: Option<String>,
    finess: Option<String>,
    siret: Option<String>,
    /// Card, last name, first names.
    signatory: [Option<String>; 3],
    search: String,
    words: Words,
    rangs: BTreeSet<String>,
    cards: BTreeSet<String>,
    /// Names of the documents that make it.
    pub(super) documents: Vec<String>,
}

impl Filed {
    pub(super) fn of(judged: &Judged, report: &Value, head: Option<&MailHead>) -> Self {
        let form = judged.form.as_ref();
        let search = search_text(judged, head);
        let mut words = Words::of(report, &search);
        words.mark(source_mark(judged.source.as_str()));
        if let Some(class) = judged.class {
            words.mark(class_mark(class));
        }
        for finding in judged.findings.iter().filter(|finding| finding.severity != Severity::Note) {
            words.mark(reason_mark(finding.code));
        }
        let signatory = form.map(|form| &form.signatory);
        Self {
            structure_name: form.and_then(|form| said(&form.structure_name)),
            finess: form.and_then(|form| written(&form.finess, |finess| finess.as_str())),
            siret: form.and_then(|form| written(&form.siret, |siret| siret.as_str())),
            signatory: [
                signatory.and_then(|who| written(&who.card, |card| card.as_str())),
                signatory.and_then(|who| said(&who.last_name)),
                signatory.and_then(|who| said(&who.first_names)),
            ],
            search,
            words,
            rangs: form.map(rpps_rang).unwrap_or_default(),
            cards: form.map(cards).unwrap_or_default(),
            documents: judged.documents.iter().map(|name| clean(name)).collect(),
        }
    }

    /// Writes them beside the case, in the place of what stood there. The documents stay.
    pub(super) async fn file(&self, write: &mut Write, case: i64) -> Result<(), Fault> {
        let [card, last_name, first_names] = &self.signatory;
        sqlx::query(
            "UPDATE cases SET structure_name = $1, finess = $2, siret = $3, search = $4, signatory_card = $5, \
             signatory_last_name = $6, signatory_first_names = $7 WHERE id = $8",
        )
        .bind(&self.structure_name)
        .bind(&self.finess)
        .bind(&self.siret)
        .bind(&self.search)
        .bind(card)
        .bind(last_name)
        .bind(first_names)
        .bind(case)
        .execute(write.connection())
        .await
        .map_err(fault(DOING))?;
        let lists = [
            (
                "DELETE FROM case_rpps_rang WHERE case_id = $1",
                "INSERT INTO case_rpps_rang (case_id, rpps_rang) VALUES ($1, $2)",
                &self.rangs,
            ),
            (
                "DELETE FROM case_cards WHERE case_id = $1",
                "INSERT INTO case_cards (case_id, card) VALUES ($1, $2)",
                &self.cards,
            ),
        ];
        for (empty, add, values) in lists {
            sqlx::query(empty).bind(case).execute(write.connection()).await.map_err(fault(DOING))?;
            for value in values {
                let row = sqlx::query(add).bind(case).bind(value);
                row.execute(write.connection()).await.map_err(fault(DOING))?;
            }
        }
        self.words.write(write, case).await
    }

    /// What the event says beside the chain, for an auditor to hold the rows against.
    pub(super) fn told(&self) -> Value {
        json!({
            "structure_name": self.structure_name,
            "finess": self.finess,
            "siret": self.siret,
            "rpps_rang": self.rangs,
            "cards": self.cards,
            "documents": self.documents,
            "search_sha256": sha256(self.search.as_bytes()),
        })
    }
}

/// What stands in a box, right or wrong: staff look for what was written, too.
fn written<T>(entry: &Entry<T>, text: impl FnOnce(&T) -> &str) -> Option<String> {
    match entry {
        Entry::Blank => None,
        Entry::Wrong(words, _) => Some(clean(words.expose())),
        Entry::Valid(value, _) => Some(clean(text(value))),
    }
}

fn said(entry: &Entry<Masked>) -> Option<String> {
    written(entry, Masked::expose)
}

fn rpps_rang(form: &F413) -> BTreeSet<String> {
    form.rpps_rang.iter().filter_map(|line| written(line, |rang| rang.as_str())).collect()
}

fn cards(form: &F413) -> BTreeSet<String> {
    std::iter::once(&form.signatory.card)
        .chain(form.administrators.iter().map(|administrator| &administrator.card))
        .filter_map(|card| written(card, |card| card.as_str()))
        .collect()
}

/// What a free search looks in: names, addresses and documents, folded.
fn search_text(judged: &Judged, head: Option<&MailHead>) -> String {
    let mut texts: Vec<String> = judged.documents.clone();
    if let Some(from) = head.and_then(|head| head.from.as_ref()) {
        texts.push(from.address.expose().to_owned());
        texts.extend(from.name.as_ref().map(|name| name.expose().to_owned()));
    }
    texts.extend(head.and_then(|head| head.subject.as_ref()).map(|subject| subject.expose().to_owned()));
    if let Some(form) = &judged.form {
        let signatory = &form.signatory;
        texts.extend(said(&form.structure_name));
        texts.extend(said(&signatory.first_names));
        texts.extend(said(&signatory.last_name));
        texts.extend(written(&signatory.email, |email| email.as_str()));
        for administrator in &form.administrators {
            texts.extend(said(&administrator.first_name));
            texts.extend(said(&administrator.last_name));
            texts.extend(written(&administrator.email, |email| email.as_str()));
        }
        texts.extend(said(&form.publisher));
        texts.extend(said(&form.solution));
    }
    texts.iter().map(|text| fold(text)).collect::<Vec<_>>().join(" | ")
}
