//! Deciding: accept, send back, ask for more, put aside. What will leave is shown as it will leave.

use super::preview::{Letter, mark};
use super::queue::rule;
use super::reasons::{Trouble, boxes, chosen, name, named, preselected, rejects};
use super::{above::undo_in_words, conflict, open};
use crate::desk::app::Desk;
use crate::desk::forms::{Posted, Sent};
use crate::desk::frame::{Answer, Choice, Frame, Notice, Part, Refused, framing, go};
use crate::desk::who::Who;
use crate::desk::words::{moment, second_person};
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Field;
use crate::domain::four_eyes::{Deciding, SecondPerson};
use crate::domain::place::place;
use crate::domain::sheet::Source;
use crate::domain::staff::Right;
use crate::pipeline::{Act, NotDone, Proposed};
use crate::report::checks;
use crate::store::{CaseState, NewReply, OpenCase, RecordedFinding, Staffed};
use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;
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

    /// The page's title, and what its button says, where one person suffices or not.
    fn named(self, alone: bool) -> (&'static str, &'static str) {
        let (title, done, asked) = match self {
            Self::Accept => {
                ("Accepter le dossier", "Accepter et envoyer la lettre", "Proposer l'acceptation")
            }
            Self::Reject => ("Refuser le dossier", "Refuser et envoyer la lettre", "Proposer le refus"),
            Self::Complement => ("Demander un complément", "Envoyer la demande", "Proposer la demande"),
            Self::Dismiss => ("Classer sans suite", "Classer sans suite", "Proposer le classement"),
        };
        (title, if alone { done } else { asked })
    }

    /// As far as it matters for whether a second person is needed.
    fn deciding(self, (open, source): (&OpenCase, &str), findings: &[RecordedFinding]) -> Deciding {
        match self {
            Self::Accept => {
                let left = findings.iter().filter(|one| one.severity == Severity::Review.as_str());
                Deciding::Acceptance {
                    paper: source == Source::Scan.as_str(),
                    corrected: !open.corrections.is_empty(),
                    over: left.filter_map(|one| Code::parse(&one.code)).collect(),
                }
            }
            Self::Reject => Deciding::Rejection,
            Self::Complement => Deciding::Complement,
            Self::Dismiss => Deciding::Dismissal,
        }
    }
}

#[derive(Template)]
#[template(path = "decide.html")]
struct Page {
    frame: Frame,
    /// What was written before is shown.
    draft: bool,
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

type To = (State<Arc<Desk>>, Path<(String, String)>);

/// `GET /dossiers/{number}/{accepter|refuser|complement|classer}`, with what the person wrote and did not
/// send.
pub(in crate::desk) async fn ask(who: Who, (State(desk), Path((number, action))): To) -> Answer {
    let what = What::of(&action).ok_or(Refused::NotFound)?;
    who.has(Right::Decide)?;
    let open = open(&desk, &number).await?;
    if open.state != CaseState::Waiting {
        return conflict::told(&desk, &who, (&open.number, open.version), Staffed::NotOpen, None).await;
    }
    let findings = findings(&desk, &open, what).await?;
    let draft = desk.store().draft((who.name(), &open, what.action()), desk.now()).await?;
    let sent = draft.as_ref().map(|draft| Sent::parse(draft.fields.expose()));
    let proposed = proposed(&desk, &open, first(what, &findings, sent.as_ref())).await?;
    let seen = (&findings[..], sent.as_ref(), draft.map(|draft| draft.at));
    page(&desk, &who, (&open, open.version), what, seen, proposed).await
}

/// The act that a page begins with: of a draft, or what is preselected: what a rule rejects is a reason.
fn first(what: What, findings: &[RecordedFinding], sent: Option<&Sent>) -> Option<Result<Act, Trouble>> {
    match (what, sent) {
        (_, Some(sent)) => Some(act(what, findings, sent)),
        (What::Accept | What::Complement | What::Dismiss, None) => None,
        (What::Reject, None) => {
            let reasons = preselected(findings);
            (!reasons.is_empty()).then_some(Ok(Act::Reject { reasons, remark: None }))
        }
    }
}

/// What an act would come to, or why it cannot be.
async fn proposed(
    desk: &Desk,
    open: &OpenCase,
    act: Option<Result<Act, Trouble>>,
) -> Result<Option<Result<Proposed, Trouble>>, Refused> {
    Ok(match act {
        None => None,
        Some(Err(trouble)) => Some(Err(trouble)),
        Some(Ok(act)) => Some(match desk.line.propose(&open.number, &act).await {
            Ok(proposed) => Ok(proposed),
            Err(why) => Err(told(why)?),
        }),
    })
}

/// The letter of a decision that is not sent yet, as its page shows it, and which draft it is of.
pub(super) async fn unsent(
    desk: &Desk,
    who: &Who,
    open: &OpenCase,
    action: &str,
) -> Result<(Option<NewReply>, String), Refused> {
    let what = What::of(action).ok_or(Refused::NotFound)?;
    let findings = findings(desk, open, what).await?;
    let draft = desk.store().draft((who.name(), open, what.action()), desk.now()).await?;
    let sent = draft.as_ref().map(|draft| Sent::parse(draft.fields.expose()));
    let proposed = proposed(desk, open, first(what, &findings, sent.as_ref())).await?;
    let letter = proposed.and_then(Result::ok).and_then(|proposed| proposed.letters.into_iter().next());
    Ok((letter, draft.map(|draft| mark(draft.fields.expose())).unwrap_or_default()))
}

/// `POST` there: `step=preview` shows the letter, `step=do` decides, `step=forget` forgets what was written.
pub(in crate::desk) async fn decide((State(desk), Path((number, action))): To, posted: Posted) -> Answer {
    let what = What::of(&action).ok_or(Refused::NotFound)?;
    let (who, sent) = (&posted.who, &posted.sent);
    who.has(Right::Decide)?;
    let seen = sent.version()?;
    let open = open(&desk, &number).await?;
    let place = (who.name(), &open, what.action());
    if sent.text("step") == "forget" {
        desk.store().drop_draft(place).await?;
        return Ok(go(&who.trail.on(&format!("/dossiers/{}/{}", open.number, what.action()))));
    }
    // kept until it is sent: a session ends, a machine stops
    desk.store().keep_draft(place, &sent.kept(), desk.now()).await?;
    let findings = findings(&desk, &open, what).await?;
    let act = act(what, &findings, sent);
    let seen_so = (&findings[..], Some(sent), None);
    if let ("do", Ok(act)) = (sent.text("step"), &act) {
        let undo = desk.settings.undo.signed();
        match desk.line.act((&open.number, seen), act, who.name(), undo).await {
            Ok(Staffed::Done | Staffed::Proposed) => {
                desk.store().drop_draft(place).await?;
                return Ok(go(&who.trail.on(&format!("/dossiers/{}#avis", open.number))));
            }
            Ok(end) => {
                let wanted = Some((what.action(), sent));
                return conflict::told(&desk, who, (&open.number, seen), end, wanted).await;
            }
            Err(why) => {
                let trouble = Some(Err(told(why)?));
                return page(&desk, who, (&open, seen), what, seen_so, trouble).await;
            }
        }
    }
    let proposed = proposed(&desk, &open, Some(act)).await?;
    page(&desk, who, (&open, seen), what, seen_so, proposed).await
}

/// The findings a decision is about: those recorded, and before an acceptance also what is left to a person
/// only by the registry of now or on today's date.
async fn findings(desk: &Desk, open: &OpenCase, what: What) -> Result<Vec<RecordedFinding>, Refused> {
    let case = desk.store().case(&open.number).await?.ok_or(Refused::NotFound)?;
    let mut findings = case.findings;
    if what == What::Accept {
        for one in desk.line.to_overrule(open).await?.iter().map(RecordedFinding::from) {
            let known = |known: &RecordedFinding| known.severity == one.severity && name(known) == name(&one);
            if !findings.iter().any(known) {
                findings.push(one);
            }
        }
    }
    Ok(findings)
}

fn act(what: What, findings: &[RecordedFinding], sent: &Sent) -> Result<Act, Trouble> {
    let text = sent.text("text").trim().to_owned();
    Ok(match what {
        What::Accept => Act::Accept { overruled: sent.all("finding").filter_map(named).collect() },
        What::Reject => {
            let remark = Some(text).filter(|text| !text.is_empty());
            Act::Reject { reasons: chosen(findings, sent)?, remark }
        }
        What::Complement => Act::Complement { ask: text },
        What::Dismiss => Act::Dismiss { because: text },
    })
}

async fn page(
    desk: &Desk,
    who: &Who,
    (open, version): (&OpenCase, i64),
    what: What,
    (findings, sent, since): (&[RecordedFinding], Option<&Sent>, Option<Timestamp>),
    proposed: Option<Result<Proposed, Trouble>>,
) -> Answer {
    let case = desk.store().case(&open.number).await?.ok_or(Refused::NotFound)?;
    let second = match &proposed {
        Some(Ok(proposed)) => proposed.second.clone(),
        Some(Err(_)) | None => {
            desk.line.settings.four_eyes.on(&what.deciding((open, &case.row.source), findings))
        }
    };
    let (trouble, troubles, letter) = match proposed {
        None => ("", Vec::new(), None),
        Some(Ok(proposed)) => {
            let mark = sent.map(|sent| mark(sent.kept().expose())).unwrap_or_default();
            let base = format!("/dossiers/{}/{}", open.number, what.action());
            let letter = |mail: &[u8]| Letter::of(mail, (&base, &mark), &who.trail);
            ("", Vec::new(), proposed.letters.first().and_then(|one| letter(&one.mail)))
        }
        Some(Err((trouble, troubles))) => (trouble, troubles, None),
    };
    let (title, submit) = what.named(second.is_empty());
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
    let editable = what == What::Reject;
    let mut frame = Frame::of(who, Part::Queue, desk.line.settings.shadow);
    frame.notice = since.map(|since| {
        let says = format!("Voici ce que vous aviez écrit le {} et pas envoyé.", moment(since));
        Notice { tone: "info", says, undo: None }
    });
    Ok(framing(&Page {
        draft: since.is_some(),
        frame,
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
            .into_iter()
            .map(|(field, place)| Choice::new(field.pointer(), place, &typed("own-field")))
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
        afterwards: afterwards(desk, what, &second),
    }))
}

/// What happens when it is sent.
fn afterwards(desk: &Desk, what: What, second: &[SecondPerson]) -> String {
    let undo = undo_in_words(desk);
    if !second.is_empty() {
        let why: Vec<_> = second.iter().map(|reason| second_person(reason.as_str())).collect();
        let why = why.join(" ; ");
        return format!("Une autre personne doit confirmer cette décision ({why}) : rien ne part avant.");
    }
    match what {
        What::Dismiss => {
            format!("Aucune lettre ne part. La décision peut être annulée pendant {undo}.")
        }
        What::Accept | What::Reject | What::Complement => {
            format!("La lettre part au bout de {undo} : jusque-là, la décision peut être annulée.")
        }
    }
}

/// Why it cannot be, for the person.
pub(super) fn told(why: NotDone) -> Result<Trouble, Refused> {
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
