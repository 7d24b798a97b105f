//! An explanation for staff and auditors, in French.

use super::explained::{Channel, Explained, Outcomes, ReadBox, Rule};
use crate::domain::case::VerdictKind;
use crate::domain::dates::french_date;
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Field;
use std::fmt::Write;

/// The whole explanation, lines ended by `\n`: the rules that failed first, then those that passed.
/// Holds personal data.
#[must_use]
pub fn explain(explained: &Explained) -> String {
    let mut page = String::new();
    // writing to a String cannot fail
    let _ = write_all(&mut page, explained);
    page
}

fn write_all(page: &mut String, explained: &Explained) -> std::fmt::Result {
    let verdict = match explained.verdict {
        VerdictKind::Accepted => "ACCEPTÉ",
        VerdictKind::Rejected => "REFUSÉ",
        VerdictKind::Review => "À EXAMINER par une personne",
    };
    let snapshot = explained.registry_snapshot.map_or_else(|| "aucun".to_owned(), |id| format!("n° {id}"));
    writeln!(page, "  Verdict : {verdict}")?;
    writeln!(page, "  Documents : {}", explained.documents.join(", "))?;
    writeln!(page, "  Jour de référence : {}", french_date(explained.day))?;
    writeln!(page, "  Référentiel : instantané {snapshot}")?;
    writeln!(page, "  Règles {} ; lecture {}", explained.versions.rules, explained.versions.reader)?;
    let (failed, others): (Vec<_>, Vec<_>) =
        explained.rules.iter().partition(|rule| matches!(rule.result, Outcomes::Failed { .. }));
    let (passed, left): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|rule| matches!(rule.result, Outcomes::Passed { .. }));
    for (title, rules) in
        [("Règles non satisfaites", failed), ("Règles non appliquées", left), ("Règles satisfaites", passed)]
    {
        writeln!(page, "\n  {title} : {}", rules.len())?;
        for rule in rules {
            write_rule(page, rule, explained)?;
        }
    }
    Ok(())
}

fn write_rule(page: &mut String, rule: &Rule, explained: &Explained) -> std::fmt::Result {
    let sign = match &rule.result {
        Outcomes::Passed { .. } => "✓",
        Outcomes::Failed { .. } => "✗",
        Outcomes::NotApplied { .. } => "–",
    };
    writeln!(
        page,
        "  {sign} {}, règle « {} » [{} {}]",
        rule.place,
        checks(rule.rule),
        rule.rule,
        rule.field
    )?;
    match &rule.result {
        Outcomes::Passed { why } => {
            if let Some(why) = why {
                writeln!(page, "      {why}")?;
            }
        }
        Outcomes::NotApplied { why } => writeln!(page, "      non appliquée : {why}")?,
        Outcomes::Failed { severity, ruled, message } => {
            writeln!(page, "      {} : {message}", weight(*severity))?;
            if let Some(ruled) = ruled {
                writeln!(
                    page,
                    "      (la règle demande un {}, la lecture n'est pas assez sûre)",
                    weight(*ruled)
                )?;
            }
        }
    }
    for field in &rule.boxes {
        if let Some(read) = explained.boxes.get(&field.pointer()) {
            writeln!(page, "      lu : {}", shown(read, *field, rule.field))?;
        }
    }
    for row in &rule.rows {
        writeln!(page, "      référentiel, {} ligne {} : {}", row.feed.file(), row.line, row.says)?;
    }
    Ok(())
}

fn weight(severity: Severity) -> &'static str {
    match severity {
        Severity::Reject => "refus",
        Severity::Review => "examen par une personne",
        Severity::Note => "remarque",
    }
}

/// `« 310908306 » (écrit « 310 908 306 »), f413.pdf page 2 (70, 120, 210, 134), champ du PDF, confiance 1.00`
fn shown(read: &ReadBox, field: Field, ruled: Field) -> String {
    let channel = match read.channel {
        Channel::Fields => "champ du PDF",
        Channel::Text => "texte du PDF",
        Channel::Scan => "image reconnue",
        Channel::Signature => "signature électronique",
        Channel::Staff => "saisi par le service",
    };
    let raw = read.seen.raw.trim();
    let value = match &read.value {
        Some(value) if value == raw => format!("« {value} »"),
        Some(value) => format!("« {value} » (écrit « {raw} »)"),
        None if raw.is_empty() => "une marque".to_owned(),
        None => format!("une marque (« {raw} »)"),
    };
    let place = if field == ruled { String::new() } else { format!("{} ", read.place) };
    let document = read.document.as_deref().unwrap_or("document");
    let [x0, y0, x1, y1] = read.seen.area;
    let (page, confidence) = (read.seen.page, read.seen.confidence);
    format!(
        "{place}{value}, {document} page {page} ({x0:.0}, {y0:.0}, {x1:.0}, {y1:.0}), {channel}, confiance {confidence:.2}"
    )
}

/// What a rule asks for, in a few words.
#[must_use]
pub fn checks(rule: Code) -> &'static str {
    match rule {
        Code::FormAbsent => "un formulaire F413 est joint",
        Code::FormBlank => "le formulaire est rempli",
        Code::FormIncomplete => "toutes les pages à remplir sont là",
        Code::FormEditionUnknown => "toutes les cases de cette édition sont trouvées",
        Code::DocumentEncrypted => "le document s'ouvre sans mot de passe",
        Code::DocumentDamaged => "le document est lisible",
        Code::DocumentTooLarge => "le document tient dans les limites de taille",
        Code::DocumentUnsupported => "le format du document est lu",
        Code::DocumentLink => "le document est joint, non un lien",
        Code::AlreadyReceived => "le document n'est pas déjà parvenu",
        Code::SenderUnverified => "l'expéditeur n'est pas mis en doute",
        Code::Missing => "ce qui doit être rempli l'est",
        Code::Malformed => "le format et la clé de contrôle sont corrects",
        Code::Ambiguous => "une seule réponse est donnée",
        Code::NotRequested => "la ligne remplie a sa case cochée",
        Code::NotApplicable => "la réponse convient à ce cas",
        Code::Duplicate => "la carte n'est indiquée qu'une fois",
        Code::ValuesDisagree => "la valeur du champ est celle qui est affichée",
        Code::DateInFuture => "la date n'est pas dans le futur",
        Code::DateTooOld => "la date n'est pas trop ancienne",
        Code::SignatureBroken => "la signature électronique est intacte",
        Code::SignatureUntrusted => "l'émetteur de la signature est reconnu",
        Code::LowConfidence => "la lecture est sûre",
        Code::Unknown => "le numéro est connu du référentiel",
        Code::Closed => "la structure est ouverte",
        Code::Mismatch => "ce qui est écrit concorde avec le référentiel",
        Code::NotYetValid => "la carte est déjà valable",
        Code::Expired => "la carte n'est pas expirée",
        Code::Revoked => "la carte n'est pas en opposition",
        Code::ContractMissing => "il existe un contrat d'adhésion, ou la structure en est dispensée",
        Code::ContractInactive => "un contrat d'adhésion est en vigueur",
        Code::FinessLevel => "le numéro est celui avec lequel commander (notice)",
        Code::FinessAdvice => "la notice ne conseille pas d'autre numéro",
        Code::MandateMissing => "le mandataire a un mandat pour cette structure",
        Code::MandateExpired => "le mandat est en vigueur",
        Code::RegistryUnavailable => "le référentiel répond et n'est pas périmé",
    }
}
