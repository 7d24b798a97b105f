//! Deciding: accept, send back, ask for more, put aside. What will leave is shown as it will leave.

use super::queue::rule;
use super::{case::undo_in_words, conflict, open};
use crate::desk::app::Desk;
use crate::desk::forms::{Posted, Sent};
use crate::desk::frame::{Answer, Choice, Frame, Part, Refused, go, shown};
use crate::desk::who::Who;
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::Field;
use crate::domain::place::place;
use crate::domain::staff::Right;
use crate::pipeline::{Act, NotDone, Proposed};
use crate::report::checks;
use crate::store::{CaseState, OpenCase, RecordedFinding, Staffed};
use askama::Template;
use axum::extract::{Path, State};
use std::sync::Arc;

/// What can be decided, by the last part of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Accept,
    Reject,
    Complement,
    Dismiss,
}

impl What {
    fn of(action: &str) -> Option<Self> {
        Some(match action {
            "accepter" => Self::Accept,
            "refuser" => Self::Reject,
            "complement" => Self::Complement,
            "classer" => Self::Dismiss,
            _ => return None,
        })
    }

    fn action(self) -> &'static str {
        match self {
            Self::Accept => "accepter",
            Self::Reject => "refuser",
            Self::Complement => "complement",
            Self::Dismiss => "classer",
        }
    }
}

#[derive(Template)]
#[template(path = "decide.html")]
struct Page {
    frame: Frame,
    number: String,
    structure: String,
    title: &'static str,
    action: &'static str,
    submit: &'static str,
    csrf: String,
    version: i64,
    trouble: &'static str,
    troubles: Vec<String>,
    checks_legend: &'static str,
    checks: Vec<Check>,
    editable: bool,
    rules: Vec<Choice>,
    boxes: Vec<Choice>,
    own_message: String,
    text_label: Option<&'static str>,
    text_needed: bool,
    text: String,
    letter: Option<Letter>,
    preview: bool,
    afterwards: String,
}

/// A finding that is overruled, or a reason.
struct Check {
    value: String,
    place: String,
    rule: &'static str,
    message: String,
    chosen: bool,
}

struct Letter {
    to: String,
    subject: String,
    text: String,
    attachments: String,
}

type To = (State<Arc<Desk>>, Path<(String, String)>);

/// `GET /dossiers/{number}/{accepter|refuser|complement|classer}`
pub(in crate::desk) async fn ask(who: Who, (State(desk), Path((number, action))): To) -> Answer {
    let what = What::of(&action).ok_or(Refused::NotFound)?;
    who.has(Right::Decide)?;
    let open = open(&desk, &number).await?;
    if open.state != CaseState::Waiting {
        return conflict::told(&desk, &who, (&open.number, open.version), Staffed::NotOpen, None).await;
    }
    let findings = findings(&desk, &open).await?;
    // what is preselected: nothing is looked at yet; what a rule rejects is a reason
    let sent = Sent::default();
    let preselected = match what {
        What::Accept | What::Complement | What::Dismiss => None,
        What::Reject => reasons(&findings, &sent, true).ok().filter(|(reasons, _)| !reasons.is_empty()),
    };
    let proposed = match &preselected {
        Some((reasons, _)) => {
            let act = Act::Reject { reasons: reasons.clone(), remark: None };
            Some(desk.line.propose(&open.number, &act).await)
        }
        None => None,
    };
    let version = open.version;
    page(&desk, &who, (&open, version), what, (&findings, None), proposed).await
}

/// `POST` there: `step=preview` shows the letter, `step=do` decides.
pub(in crate::desk) async fn decide((State(desk), Path((number, action))): To, posted: Posted) -> Answer {
    let what = What::of(&action).ok_or(Refused::NotFound)?;
    posted.who.has(Right::Decide)?;
    let sent = &posted.sent;
    let seen = sent.version()?;
    let open = open(&desk, &number).await?;
    let findings = findings(&desk, &open).await?;
    let act = act(what, &findings, sent)?;
    if sent.text("step") == "do" {
        let undo = desk.settings.undo.signed();
        let name = posted.who.name();
        match desk.line.act((&open.number, seen), &act, name, undo).await {
            Ok(Staffed::Done) => return Ok(go(&posted.who.trail.case(&open.number))),
            Ok(end) => {
                let wanted = Some((what.action(), sent));
                return conflict::told(&desk, &posted.who, (&open.number, seen), end, wanted).await;
            }
            Err(NotDone::Fault(fault)) => return Err(fault.into()),
            Err(NotDone::NoSuchCase) => return Err(Refused::NotFound),
            Err(why) => {
                let again = (&findings[..], Some(sent));
                return page(&desk, &posted.who, (&open, seen), what, again, Some(Err(why))).await;
            }
        }
    }
    let proposed = desk.line.propose(&open.number, &act).await;
    page(&desk, &posted.who, (&open, seen), what, (&findings, Some(sent)), Some(proposed)).await
}

async fn findings(desk: &Desk, open: &OpenCase) -> Result<Vec<RecordedFinding>, Refused> {
    let case = desk.store().case(&open.number).await?.ok_or(Refused::NotFound)?;
    Ok(case.findings)
}

fn act(what: What, findings: &[RecordedFinding], sent: &Sent) -> Result<Act, Refused> {
    let text = sent.text("text").trim().to_owned();
    Ok(match what {
        What::Accept => Act::Accept { overruled: sent.all("finding").filter_map(named).collect() },
        What::Reject => {
            let (reasons, _) = reasons(findings, sent, false)?;
            Act::Reject { reasons, remark: Some(text).filter(|text| !text.is_empty()) }
        }
        What::Complement => Act::Complement { ask: text },
        What::Dismiss => Act::Dismiss { because: text },
    })
}

/// `code /field` in a form.
fn name(finding: &RecordedFinding) -> String {
    format!("{} {}", finding.code, finding.field)
}

fn named(value: &str) -> Option<(Code, Field)> {
    let (code, field) = value.split_once(' ')?;
    Some((Code::parse(code)?, Field::from_pointer(field)?))
}

/// The reasons chosen, in the words given; at first, those that a rule rejects. With them, the one that
/// was added.
fn reasons(
    findings: &[RecordedFinding],
    sent: &Sent,
    first: bool,
) -> Result<(Vec<Finding>, Option<Finding>), Refused> {
    let mut reasons = Vec::new();
    for finding in findings {
        let value = name(finding);
        let chosen = if first { rejects(finding) } else { sent.all("finding").any(|one| one == value) };
        if let Some((code, field)) = named(&value).filter(|_| chosen) {
            let words = sent.get(&format!("message-{value}")).unwrap_or(finding.message.expose());
            reasons.push(Finding::new(code, field, Severity::Reject, words));
        }
    }
    let own = sent.text("own-message").trim();
    let own = match (Code::parse(sent.text("own-rule")), Field::from_pointer(sent.text("own-field"))) {
        (Some(code), Some(field)) if !own.is_empty() => {
            Some(Finding::new(code, field, Severity::Reject, own))
        }
        (None, _) if !own.is_empty() => return Err(Refused::Wrong),
        _ => None,
    };
    reasons.extend(own.clone());
    Ok((reasons, own))
}

fn rejects(finding: &RecordedFinding) -> bool {
    finding.severity == Severity::Reject.as_str()
}

async fn page(
    desk: &Desk,
    who: &Who,
    (open, version): (&OpenCase, i64),
    what: What,
    (findings, sent): (&[RecordedFinding], Option<&Sent>),
    proposed: Option<Result<Proposed, NotDone>>,
) -> Answer {
    let (trouble, troubles, letter) = match proposed {
        None => ("", Vec::new(), None),
        Some(Ok(proposed)) => ("", Vec::new(), letter(&proposed)),
        Some(Err(why)) => {
            let (trouble, troubles) = told(why)?;
            (trouble, troubles, None)
        }
    };
    let (title, submit) = match what {
        What::Accept => ("Accepter le dossier", "Accepter et envoyer la lettre"),
        What::Reject => ("Refuser le dossier", "Refuser et envoyer la lettre"),
        What::Complement => ("Demander un complément", "Envoyer la demande"),
        What::Dismiss => ("Classer sans suite", "Classer sans suite"),
    };
    let chosen = |finding: &RecordedFinding| match sent {
        Some(sent) => sent.all("finding").any(|one| one == name(finding)),
        None => what == What::Reject && rejects(finding),
    };
    let words = |finding: &RecordedFinding| {
        let typed = sent.and_then(|sent| sent.get(&format!("message-{}", name(finding))));
        typed.unwrap_or(finding.message.expose()).to_owned()
    };
    let listed = |finding: &&RecordedFinding| match what {
        What::Accept => finding.severity == Severity::Review.as_str(),
        What::Reject => finding.severity != Severity::Note.as_str(),
        What::Complement | What::Dismiss => false,
    };
    let place_of =
        |pointer: &str| Field::from_pointer(pointer).map(|field| place(field, None)).unwrap_or_default();
    let check = |finding: &RecordedFinding| Check {
        value: name(finding),
        place: place_of(&finding.field),
        rule: rule(&finding.code),
        message: words(finding),
        chosen: chosen(finding),
    };
    let typed = |key: &str| sent.map(|sent| sent.text(key)).unwrap_or_default().to_owned();
    let case = desk.store().case(&open.number).await?.ok_or(Refused::NotFound)?;
    let editable = what == What::Reject;
    Ok(shown(&Page {
        frame: Frame::of(who, Part::Queue, desk.line.settings.shadow),
        number: open.number.to_string(),
        structure: case.row.structure_name.map(|name| name.expose().to_owned()).unwrap_or_default(),
        title,
        action: what.action(),
        submit,
        csrf: who.session.csrf.expose().to_owned(),
        version,
        trouble,
        troubles,
        checks_legend: if editable {
            "Motifs du refus : ce que le demandeur lira"
        } else {
            "À avoir vérifié avant d'accepter"
        },
        checks: findings.iter().filter(listed).map(check).collect(),
        editable,
        rules: Code::ALL
            .iter()
            .map(|code| Choice::new(code.as_str(), checks(*code), &typed("own-rule")))
            .collect(),
        boxes: boxes()
            .iter()
            .map(|field| Choice::new(field.pointer(), place(*field, None), &typed("own-field")))
            .collect(),
        own_message: typed("own-message"),
        text_label: match what {
            What::Accept => None,
            What::Reject => Some("Autre chose à dire au demandeur (facultatif)"),
            What::Complement => Some("Ce qui est demandé"),
            What::Dismiss => Some("Pourquoi ce n'est pas une demande (pour le dossier seulement)"),
        },
        text_needed: matches!(what, What::Complement | What::Dismiss),
        text: typed("text"),
        letter,
        preview: what != What::Dismiss,
        afterwards: if what == What::Dismiss {
            format!("Aucune lettre ne part. La décision peut être annulée pendant {}.", undo_in_words(desk))
        } else {
            format!(
                "La lettre part au bout de {} : jusque-là, la décision peut être annulée.",
                undo_in_words(desk)
            )
        },
    }))
}

/// Boxes that an own reason can be about.
fn boxes() -> Vec<Field> {
    let sections =
        [Field::Document, Field::Structure, Field::Signatory, Field::Administrators, Field::Certificates];
    let others = [Field::Role, Field::Signature, Field::Stamp, Field::TermsAccepted];
    sections.into_iter().chain(Field::TEXTS).chain(others).collect()
}

/// Why it cannot be, for the person.
fn told(why: NotDone) -> Result<(&'static str, Vec<String>), Refused> {
    Ok(match why {
        NotDone::Stands(findings) => (
            "Ceci s'oppose à l'acceptation :",
            findings.iter().map(|one| format!("{} : {}", place(one.field, None), one.message)).collect(),
        ),
        NotDone::Incomplete => (
            "Le formulaire n'est pas complet : corrigez les cases vides ou illisibles, ou refusez.",
            vec![String::new()],
        ),
        NotDone::NoForm => {
            ("Aucun formulaire n'a pu être lu : il n'y a rien à accepter.", vec![String::new()])
        }
        NotDone::SaysNothing => {
            ("Choisissez au moins un motif, et une phrase pour chacun.", vec![String::new()])
        }
        NotDone::NobodyToAnswer => ("Il n'y a pas d'adresse à laquelle répondre.", vec![String::new()]),
        NotDone::NotCorrected(_) => return Err(Refused::Wrong),
        NotDone::NoSuchCase => return Err(Refused::NotFound),
        NotDone::Fault(fault) => return Err(fault.into()),
    })
}

/// A letter as its receiver will read it.
fn letter(proposed: &Proposed) -> Option<Letter> {
    let new = proposed.letters.first()?;
    Some(Letter {
        to: new.to.expose().to_owned(),
        subject: new.subject.expose().to_owned(),
        text: proposed.text.as_ref().map(|text| text.expose().to_owned()).unwrap_or_default(),
        attachments: new.attachments.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}
