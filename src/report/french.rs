//! The report for a colleague at a terminal, in French.

use super::{Report, Submission};
use crate::domain::case::VerdictKind;
use crate::domain::finding::Severity;
use crate::domain::form::{Role, Signature};
use crate::domain::mail::{MailKind, SenderCheck};
use crate::domain::sheet::Source;
use std::fmt::Write;

/// The whole report, lines ended by `\n`. Holds personal data.
#[must_use]
pub fn french(report: &Report) -> String {
    let mut page = String::new();
    // writing to a String cannot fail
    let _ = write_report(&mut page, report);
    page
}

fn write_report(page: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(page, "{}", report.input.name)?;
    if let Some(message) = &report.message {
        let kind = match message.kind {
            MailKind::Submission => "dépôt de formulaire",
            MailKind::Question => "question (aucun formulaire)",
            MailKind::Automatic => "message automatique (jamais de réponse)",
        };
        let sender = match message.sender {
            SenderCheck::Verified => "vérifié",
            SenderCheck::Failed => "NON authentifié",
            SenderCheck::Unknown => "non vérifiable",
        };
        writeln!(page, "  Courriel : {kind}")?;
        writeln!(page, "  De : {} (expéditeur {sender})", message.from.as_deref().unwrap_or("—"))?;
        writeln!(page, "  Objet : {}", message.subject.as_deref().unwrap_or("—"))?;
    }
    for (n, submission) in (1..).zip(&report.submissions) {
        if report.submissions.len() > 1 {
            writeln!(page, "\n  — Formulaire {n} sur {} —", report.submissions.len())?;
        }
        write_submission(page, submission)?;
    }
    for reply in &report.replies {
        writeln!(page, "  Réponse prévue à {} : {}", reply.to, reply.subject)?;
    }
    Ok(())
}

fn write_submission(page: &mut String, submission: &Submission) -> std::fmt::Result {
    let verdict = match submission.verdict {
        VerdictKind::Accepted => "ACCEPTÉ",
        VerdictKind::Rejected => "REFUSÉ",
        VerdictKind::Review => "À EXAMINER par une personne",
    };
    let source = match submission.reading {
        Source::None => "rien n'a pu être lu",
        Source::Fields => "champs du formulaire PDF",
        Source::Text => "texte du PDF",
        Source::Scan => "image numérisée",
    };
    writeln!(page, "  Verdict : {verdict}")?;
    writeln!(page, "  Document : {} ({source})", submission.documents.join(", "))?;
    if let Some(form) = &submission.form {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        let place = &form.structure;
        writeln!(page, "  3.1 Structure : {}", text(&place.name))?;
        writeln!(page, "      FINESS {} · SIRET {}", text(&place.finess), text(&place.siret))?;
        if !place.rpps_rang.is_empty() {
            writeln!(page, "      RPPS rang {}", place.rpps_rang.join(", "))?;
        }
        let who = &form.signatory;
        let role = match who.role {
            Some(Role::LegalRepresentative) => "responsable légal",
            Some(Role::Delegate) => "mandataire",
            Some(Role::PracticeHolder) => "titulaire du cabinet",
            None => "qualité non indiquée",
        };
        writeln!(page, "  3.2 Signataire : {} {}, {role}", text(&who.first_names), text(&who.last_name))?;
        writeln!(page, "      {} · {} · carte {}", text(&who.phone), text(&who.email), text(&who.card))?;
        for (n, row) in (1..).zip(&form.administrators) {
            writeln!(page, "  4.1 Administrateur {n} : {} {}", text(&row.first_name), text(&row.last_name))?;
            writeln!(page, "      {} · {} · carte {}", text(&row.phone), text(&row.email), text(&row.card))?;
        }
        writeln!(page, "  4.2 Usage : {}", text(&form.usage.purpose))?;
        writeln!(
            page,
            "      Éditeur {} · solution {}",
            text(&form.usage.publisher),
            text(&form.usage.solution)
        )?;
        write_certificates(page, form)?;
        let signature = match form.declaration.signature {
            Signature::None => "pas de signature",
            Signature::Ink => "signé",
            Signature::Digital => "signé électroniquement",
        };
        let stamp = if form.declaration.stamp { "cachet présent" } else { "pas de cachet" };
        writeln!(page, "      Daté du {}, {signature}, {stamp}", text(&form.declaration.date))?;
    }
    for (n, finding) in (1..).zip(&submission.findings) {
        let weight = match finding.severity {
            Severity::Reject => "refus",
            Severity::Review => "à examiner",
            Severity::Note => "remarque",
        };
        writeln!(page, "  {n}. [{weight}] {}", finding.message)?;
        writeln!(page, "     ({} {})", finding.code, finding.field)?;
    }
    Ok(())
}

fn write_certificates(page: &mut String, form: &super::shown::Form) -> std::fmt::Result {
    let asked = &form.certificates;
    let line = |name: &str, requested: bool, lines: &[&Option<String>]| {
        let values: Vec<_> = lines.iter().filter_map(|value| value.as_deref()).collect();
        (requested || !values.is_empty()).then(|| {
            let tick = if requested { "☒" } else { "☐" };
            if values.is_empty() {
                format!("{tick} {name}")
            } else {
                format!("{tick} {name} ({})", values.join(", "))
            }
        })
    };
    let types: Vec<_> = [
        line("ORG", asked.org.requested, &[]),
        line(
            "SERVEUR SSL",
            asked.server_ssl.requested,
            &[&asked.server_ssl.domain, &asked.server_ssl.server],
        ),
        line("SERVEUR S/MIME", asked.server_smime.requested, &[&asked.server_smime.mail_domain]),
        line("PRO", asked.pro.requested, &[&asked.pro.mail_domain]),
    ]
    .into_iter()
    .flatten()
    .collect();
    let shown = if types.is_empty() { "aucun type coché".to_owned() } else { types.join(" · ") };
    writeln!(page, "  4.3 Certificats : {shown}")
}
