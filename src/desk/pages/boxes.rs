//! The form on a case's page: every box in the form's order, with what was read, how, and what was found.

use super::registry::number;
use crate::desk::forms::Sent;
use crate::desk::frame::Choice;
use crate::desk::trail::Trail;
use crate::desk::words::moment;
use crate::domain::correction::{Kind, YES, kind};
use crate::domain::finding::{Code, Severity};
use crate::domain::form::Field;
use crate::domain::place::place;
use crate::domain::policy::Profile;
use crate::domain::reread::{CheckDigit, check_digit, proposed};
use crate::domain::sheet::Written;
use crate::report::{Channel, Explained, Outcomes, ReadBox};
use crate::store::{Corrected, Draft, RecordedFinding};
use serde_json::Value;
use std::collections::BTreeMap;

/// A section of the form.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) fields: Vec<Shown>,
}

/// A box.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) pointer: String,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) said: String,
    pub(super) raw: String,
    /// How it was read, or by whom it was said.
    pub(super) how: String,
    pub(super) tone: &'static str,
    pub(super) doubtful: bool,
    /// Something was found of it, or of the line it stands in.
    pub(super) to_check: bool,
    /// What this person typed for it and did not save, and when.
    pub(super) typed: Option<(String, String)>,
    /// It stands in no line of the form: where staff can add one.
    pub(super) added: bool,
    /// Of a tick, a role or ink; empty of words.
    pub(super) options: Vec<Choice>,
    /// `0/1` of a picture's address, and `x0,y0,x1,y1`; empty where it stands on no page.
    pub(super) page: String,
    pub(super) zone: String,
    pub(super) look: Option<String>,
    pub(super) crop: Option<Crop>,
    /// Where two channels differ: the field's value, and what is drawn for it.
    pub(super) two: Option<(String, String)>,
    /// Where the registry is asked for what stands here.
    pub(super) ask: Option<String>,
    /// What its check digit says; empty where there is none.
    pub(super) check_digit: &'static str,
    /// What it would be if letters were the digits they look like: proposed, never taken over silently.
    pub(super) proposed: Option<String>,
    /// What the registry says.
    pub(super) registry: Vec<String>,
}

/// The picture of a box with what stands around it.
pub(super) struct Crop {
    pub(super) src: String,
    /// CSS pixels kept free for it, so that nothing moves under the mouse when it comes.
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What boxes are made of.
pub(super) struct Ground<'a> {
    pub(super) number: &'a str,
    pub(super) trail: &'a Trail,
    /// The submission of guichet.report/1.
    pub(super) report: &'a Value,
    pub(super) explained: Option<&'a Explained>,
    pub(super) findings: &'a [RecordedFinding],
    pub(super) corrections: &'a [Corrected],
    /// What this person wrote about the case and did not send.
    pub(super) drafts: &'a BTreeMap<String, Draft>,
    /// Names of the mail's documents, in order.
    pub(super) documents: &'a [String],
    /// Which numbers are valid.
    pub(super) profile: Profile,
    /// Whether rows can be added.
    pub(super) open: bool,
}

/// Where a box is on the page.
pub(in crate::desk) fn anchor(pointer: &str) -> String {
    format!("case{}", pointer.replace('/', "-"))
}

/// As what is kept that was typed for a box and not saved.
pub(in crate::desk) fn correction(field: Field) -> String {
    format!("{CORRECTION}{}", field.pointer())
}

const CORRECTION: &str = "corriger";

/// Of which box something is kept.
pub(super) fn corrected(what: &str) -> Option<Field> {
    what.strip_prefix(CORRECTION).and_then(Field::from_pointer)
}

impl Ground<'_> {
    /// Every box in the order of the form; nothing where no form was read.
    pub(super) fn groups(&self) -> Vec<Group> {
        let Some(form) = self.report.get("form").filter(|form| !form.is_null()) else { return Vec::new() };
        let count = |pointer: &str| form.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        let more = usize::from(self.open);
        let rows = |count: usize| (0..).take((count + more).max(1).min(count + 1));
        let mut structure = vec![Field::StructureName, Field::Finess, Field::Siret];
        structure.extend(rows(count("/structure/rpps_rang")).map(Field::RppsRang));
        let administrators = rows(count("/administrators")).flat_map(|n| {
            [
                Field::AdministratorCard(n),
                Field::AdministratorLastName(n),
                Field::AdministratorFirstName(n),
                Field::AdministratorPhone(n),
                Field::AdministratorEmail(n),
            ]
        });
        let signatory =
            [Field::Role, Field::LastName, Field::FirstNames, Field::Phone, Field::Email, Field::Card];
        let certificates = [
            Field::OrgRequested,
            Field::ServerSslRequested,
            Field::SslDomain,
            Field::SslServer,
            Field::ServerSmimeRequested,
            Field::SmimeMailDomain,
            Field::ProRequested,
            Field::ProMailDomain,
        ];
        let mut declaration = vec![Field::Date, Field::Signature, Field::Stamp];
        if form.pointer("/declaration/terms_accepted").is_some_and(|terms| !terms.is_null()) {
            declaration.push(Field::TermsAccepted);
        }
        let groups: [(&'static str, Vec<Field>); 6] = [
            ("3.1 Structure", structure),
            ("3.2 Signataire", signatory.into()),
            ("4.1 Administrateurs techniques", administrators.collect()),
            ("4.2 Usage", vec![Field::Purpose, Field::Publisher, Field::Solution]),
            ("4.3 Certificats", certificates.into()),
            ("Déclaration", declaration),
        ];
        groups
            .into_iter()
            .map(|(name, fields)| Group {
                name,
                fields: fields.into_iter().map(|field| self.shown(field, form)).collect(),
            })
            .collect()
    }

    fn shown(&self, field: Field, form: &Value) -> Shown {
        let pointer = field.pointer();
        let value = answer(field, form);
        let read = self.explained.and_then(|explained| explained.boxes.get(&pointer));
        let of_box = |one: &&RecordedFinding| one.field == pointer;
        let worst = self.findings.iter().filter(of_box).map(|one| one.severity.as_str());
        let doubtful = self
            .findings
            .iter()
            .filter(of_box)
            .any(|one| one.code == "low_confidence" || one.code == "values_disagree");
        let to_check = self
            .findings
            .iter()
            .any(|one| one.severity != Severity::Note.as_str() && under(&pointer, &one.field));
        let by_staff = read.is_some_and(|read| read.channel == Channel::Staff);
        let tone = match worst
            .max_by_key(|severity| ["note", "review", "reject"].iter().position(|one| one == severity))
        {
            Some("reject") => "bad",
            Some("review") => "warn",
            _ if by_staff => "staff",
            _ => "",
        };
        let spot = read.and_then(|read| self.spot(read));
        let raw = read.map(|read| read.seen.raw.trim()).filter(|raw| *raw != value && !by_staff);
        let typed = self.drafts.get(&correction(field)).map(|draft| {
            let sent = Sent::parse(draft.fields.expose());
            (sent.text("value").to_owned(), moment(draft.at))
        });
        let now = options(field, &value);
        let shown = now.iter().find(|option| option.chosen).map(|option| option.label.clone());
        let options = typed.as_ref().map_or(now, |(typed, _)| options(field, typed));
        Shown {
            id: anchor(&pointer),
            label: place(field, None),
            said: shown.unwrap_or_else(|| value.clone()),
            raw: raw.unwrap_or_default().to_owned(),
            how: read.map(|read| self.how(read, field)).unwrap_or_default(),
            tone,
            doubtful,
            to_check,
            typed,
            added: field.row().is_some_and(|n| n > 0 && usize::from(n) >= lines(field, form)),
            options,
            page: spot.as_ref().map(|(page, _)| page.clone()).unwrap_or_default(),
            zone: spot.as_ref().map(|(_, zone)| zone.clone()).unwrap_or_default(),
            look: spot.as_ref().map(|(page, zone)| {
                let page = page.replace('/', "-");
                self.trail.on(&format!("/dossiers/{}?page={page}&zone={zone}#document", self.number))
            }),
            crop: spot.zip(read).map(|((page, _), read)| self.crop(&page, read)),
            two: self
                .findings
                .iter()
                .find(|one| of_box(one) && one.code == Code::ValuesDisagree.as_str())
                .and_then(|_| Written::both(&read?.seen.raw))
                .map(|(value, drawn)| (value.trim().to_owned(), drawn.trim().to_owned())),
            ask: number(&value).filter(|_| in_the_registry(field)).map(|number| {
                self.trail.on(&format!("/dossiers/{}?referentiel={number}#t-referentiel", self.number))
            }),
            check_digit: match check_digit(field, &value, self.profile) {
                Some(CheckDigit::Right) => "clé de contrôle juste",
                Some(CheckDigit::Wrong) => "clé de contrôle fausse",
                None => "",
            },
            proposed: proposed(field, &value, self.profile),
            registry: self.registry(field),
            value,
            pointer,
        }
    }

    /// How it was read: the channel, and how sure where that is not certain.
    fn how(&self, read: &ReadBox, field: Field) -> String {
        let channel = match read.channel {
            Channel::Fields => "champ PDF",
            Channel::Text => "texte PDF",
            Channel::Scan => "image",
            Channel::Signature => "signature électronique",
            Channel::Staff => {
                let said = self
                    .corrections
                    .iter()
                    .rev()
                    .find(|one| one.correction.field.in_row(0) == field.in_row(0));
                return said.map_or_else(
                    || "saisi par le service".to_owned(),
                    |one| format!("saisi par {}", one.by),
                );
            }
        };
        let confidence = read.seen.confidence;
        if confidence >= 1.0 {
            channel.to_owned()
        } else {
            format!("{channel}, sûr à {:.0} %", (confidence * 100.0).floor())
        }
    }

    /// Where it stands: `0/1` (document, page) and `x0,y0,x1,y1`.
    fn spot(&self, read: &ReadBox) -> Option<(String, String)> {
        let [x0, y0, x1, y1] = read.seen.area;
        let name = read.document.as_ref()?;
        let document = self.documents.iter().position(|known| known == name)?;
        (x1 > x0 && y1 > y0)
            .then(|| (format!("{document}/{}", read.seen.page), format!("{x0:.1},{y0:.1},{x1:.1},{y1:.1}")))
    }

    /// A box with its label, at the size of print; what is tall, smaller.
    fn crop(&self, page: &str, read: &ReadBox) -> Crop {
        const PIXELS_PER_POINT: f64 = 96.0 / 72.0;
        const TALLEST: f64 = 120.0;
        let [x0, y0, x1, y1] = read.seen.area;
        let [x0, y0, x1, y1] = [(x0 - 90.0).max(0.0), (y0 - 16.0).max(0.0), x1 + 90.0, y1 + 8.0];
        let (width, height) = (x1 - x0, y1 - y0);
        let scale = PIXELS_PER_POINT.min(TALLEST / height);
        Crop {
            src: format!("/dossiers/{}/pages/{page}.png?crop={x0:.1},{y0:.1},{x1:.1},{y1:.1}", self.number),
            width: width * scale,
            height: height * scale,
        }
    }

    /// The rows of the registry that a rule on this box found, each once.
    fn registry(&self, field: Field) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        let rules = self.explained.into_iter().flat_map(|explained| &explained.rules);
        for rule in rules.filter(|rule| {
            rule.field == field && matches!(rule.result, Outcomes::Passed { .. } | Outcomes::Failed { .. })
        }) {
            for row in &rule.rows {
                let says = format!("Référentiel : {}", row.says);
                if !told.contains(&says) {
                    told.push(says);
                }
            }
        }
        told
    }
}

/// Lines of the form in the list that this box stands in.
fn lines(field: Field, form: &Value) -> usize {
    let list = if matches!(field, Field::RppsRang(_)) { "/structure/rpps_rang" } else { "/administrators" };
    form.pointer(list).and_then(Value::as_array).map_or(0, Vec::len)
}

/// Boxes that hold a number by which the registry is asked.
fn in_the_registry(field: Field) -> bool {
    matches!(
        field,
        Field::Finess | Field::Siret | Field::RppsRang(_) | Field::Card | Field::AdministratorCard(_)
    )
}

/// What the form says in a box, as a page's form sends it back.
fn answer(field: Field, form: &Value) -> String {
    match form.pointer(&field.pointer()) {
        Some(Value::String(text)) if field == Field::Signature => {
            if text == "none" {
                String::new()
            } else {
                YES.to_owned()
            }
        }
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => YES.to_owned(),
        Some(Value::Bool(false) | Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_))
        | None => String::new(),
    }
}

fn options(field: Field, value: &str) -> Vec<Choice> {
    let choices =
        |all: &[(&str, &str)]| all.iter().map(|(one, label)| Choice::new(*one, *label, value)).collect();
    match kind(field) {
        Some(Kind::Tick) => choices(&[("", "non coché"), (YES, "coché")]),
        Some(Kind::Ink) => choices(&[("", "absent"), (YES, "présent")]),
        Some(Kind::Role) => choices(&[
            ("", "aucun, ou plusieurs"),
            ("legal_representative", "Responsable légal"),
            ("delegate", "Mandataire"),
            ("practice_holder", "Titulaire du cabinet"),
        ]),
        Some(Kind::Words) | None => Vec::new(),
    }
}

/// A finding's weight, and its tone.
pub(super) fn weight(severity: &str) -> (&'static str, &'static str) {
    match severity {
        one if one == Severity::Reject.as_str() => ("Motif de refus", "bad"),
        one if one == Severity::Review.as_str() => ("À vérifier", "warn"),
        _ => ("Remarque", ""),
    }
}

/// Whether a box is this one, or stands in this line of the form.
pub(super) fn under(pointer: &str, of: &str) -> bool {
    pointer.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
