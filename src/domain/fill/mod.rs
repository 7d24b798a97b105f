//! From a sheet to the form: every box parsed, and every finding that needs neither the registry nor
//! the day (rulebook, "The fields").

use super::applied::Applied;
use super::contact::{DomainName, Email, Phone, parse_date};
use super::facts::Wanted;
use super::finding::{Code, Finding};
use super::form::{
    Administrator, Certificates, Entry, F413, Field, Masked, Requested, Role, Signatory, Signature,
};
use super::identifiers::{CardNumber, Finess, RppsRang, Siret};
use super::malformed::Malformed;
use super::messages;
use super::policy::Policy;
use super::sheet::{DigitalSignature, Evidence, Mark, Marked, Reading, Sheet, Source, Tick, Written, Zone};
use super::text::{says_nothing, separator, squeezed};
use jiff::Timestamp;
use std::collections::BTreeSet;

mod required;
mod told;

/// A form as filled in, with what is wrong on its face.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// Names of the documents that make this submission.
    pub documents: Vec<String>,
    pub source: Source,
    /// `None` where nothing could be read.
    pub form: Option<F413>,
    /// Rules applied so far: about the document and about the boxes. Confidence has not been weighed
    /// yet (rulebook, principle 1): `rules::judge` does.
    pub applied: Vec<Applied>,
}

/// Reads the answers of a sheet. Cannot fail, only find.
#[must_use]
pub fn fill(reading: Reading, policy: &Policy) -> Filled {
    let Reading { documents, source, sheet, findings } = reading;
    let mut applied = told::about_the_document(findings, sheet.is_some());
    let Some(sheet) = sheet else {
        return Filled { documents, source, form: None, applied };
    };
    let mut filler = Filler {
        sheet: &sheet,
        policy,
        source,
        sound: Vec::new(),
        wrong: Vec::new(),
        hazy: Vec::new(),
        unlike: Vec::new(),
        trusted: None,
    };
    let form = filler.form();
    if !applied.iter().any(|one| one.rule == Code::FormBlank) {
        let empty = (blank(&sheet) && sheet.unlocated.is_empty())
            .then(|| Finding::reject(Code::FormBlank, Field::Document, messages::form_blank()));
        // of an empty form nothing else is missing
        let more = if empty.is_some() {
            Vec::new()
        } else {
            let mut more = filler.applied(&form);
            more.extend(required::apply(&sheet, &form));
            more
        };
        applied.push(Applied::of(Code::FormBlank, Field::Document, empty));
        applied.extend(more);
    }
    Filled { documents, source, form: Some(form), applied }
}

/// What the registry is asked about a form.
#[must_use]
pub fn wanted(form: &F413) -> Wanted {
    Wanted {
        finess: form.finess.valid().cloned(),
        siret: form.siret.valid().cloned(),
        rpps_rang: form.rpps_rang.iter().filter_map(|line| line.valid().cloned()).collect(),
        cards: std::iter::once(&form.signatory.card)
            .chain(form.administrators.iter().map(|administrator| &administrator.card))
            .filter_map(|card| card.valid().cloned())
            .collect(),
    }
}

/// Whether there is no form, or none of its answers: such a document could be anybody's.
#[must_use]
pub fn names_nobody(reading: &Reading) -> bool {
    reading.sheet.as_ref().is_none_or(blank)
}

/// Whether nothing at all was answered.
fn blank(sheet: &Sheet) -> bool {
    sheet
        .texts
        .values()
        .all(|written| squeezed(written.value()).is_empty() && written.evidence.raw.is_empty())
        && sheet.ticks.values().all(|marked| marked.mark == Mark::Empty && !marked.disagrees)
        && matches!(sheet.signature, Zone::Empty)
        && matches!(sheet.stamp, Zone::Empty)
        && sheet.digital_signatures.is_empty()
}

/// Certificate types that have lines of their own, by their box to tick.
const TYPES: [(Tick, Field); 4] = [
    (Tick::Org, Field::OrgRequested),
    (Tick::ServerSsl, Field::ServerSslRequested),
    (Tick::ServerSmime, Field::ServerSmimeRequested),
    (Tick::Pro, Field::ProRequested),
];
const ROLES: [Role; 3] = [Role::LegalRepresentative, Role::Delegate, Role::PracticeHolder];

/// Goes through the sheet box by box and keeps what it meets, by the field as the *form* numbers it.
struct Filler<'a> {
    sheet: &'a Sheet,
    policy: &'a Policy,
    source: Source,
    /// Keeps to its format.
    sound: Vec<Field>,
    /// Breaks its format.
    wrong: Vec<(Field, Malformed)>,
    /// Something is there that was not read for certain.
    hazy: Vec<Field>,
    /// Value and drawing differ: the field, and both where they are words.
    unlike: Vec<(Field, Option<(String, String)>)>,
    /// Of a sound digital signature: whether its issuer is in the trust list.
    trusted: Option<bool>,
}

impl Filler<'_> {
    fn form(&mut self) -> F413 {
        let profile = self.policy.profile;
        let (signature, signature_evidence) = self.signature();
        let (stamp, stamp_evidence) = match &self.sheet.stamp {
            Zone::Empty => (false, None),
            Zone::Ink { evidence } => (true, Some(evidence.clone())),
            Zone::Unsure { evidence } => {
                self.hazy.push(Field::Stamp);
                (false, Some(evidence.clone()))
            }
        };
        let terms = self.sheet.ticks.get(&Tick::Terms).map(|_| self.tick(Tick::Terms, Field::TermsAccepted));
        F413 {
            structure_name: self.words(Field::StructureName),
            finess: self.parsed(Field::Finess, |raw| Finess::parse(raw, profile)),
            siret: self.parsed(Field::Siret, Siret::parse),
            rpps_rang: self.rpps_rang(),
            signatory: self.signatory(),
            administrators: self.administrators(),
            purpose: self.words(Field::Purpose),
            publisher: self.words(Field::Publisher),
            solution: self.words(Field::Solution),
            certificates: self.certificates(),
            date: self.parsed(Field::Date, parse_date),
            signature,
            signature_evidence,
            stamp,
            stamp_evidence,
            terms_accepted: terms.as_ref().map(|terms| terms.ticked),
            terms_evidence: terms.and_then(|terms| terms.evidence),
        }
    }

    fn rpps_rang(&mut self) -> Vec<Entry<RppsRang>> {
        let sheet = self.sheet;
        let lines = sheet.texts.iter().filter(|(field, written)| {
            matches!(field, Field::RppsRang(_)) && !self.nothing(written, says_nothing)
        });
        let lines: Vec<&Written> = lines.map(|(_, written)| written).collect();
        (0..)
            .zip(lines)
            .map(|(n, written)| self.parse_at(Field::RppsRang(n), written, RppsRang::parse))
            .collect()
    }

    fn signatory(&mut self) -> Signatory {
        let (role, role_evidence) = self.role();
        Signatory {
            role,
            role_evidence,
            last_name: self.words(Field::LastName),
            first_names: self.words(Field::FirstNames),
            phone: self.parsed(Field::Phone, Phone::parse),
            email: self.parsed(Field::Email, Email::parse),
            card: self.parsed(Field::Card, CardNumber::parse),
        }
    }

    /// The role, when exactly one is ticked.
    fn role(&mut self) -> (Option<Role>, Option<Evidence>) {
        let boxes: Vec<(Role, &Marked)> = ROLES
            .into_iter()
            .filter_map(|role| Some((role, self.sheet.ticks.get(&Tick::Role(role))?)))
            .collect();
        if boxes.iter().any(|(_, marked)| marked.disagrees) {
            self.unlike.push((Field::Role, None));
        }
        if boxes.iter().any(|(_, marked)| marked.mark == Mark::Unsure) {
            self.hazy.push(Field::Role);
        }
        let ticked: Vec<_> = boxes.iter().filter(|(_, marked)| marked.mark == Mark::Checked).collect();
        // another box in doubt leaves the role in doubt
        let answered = boxes.iter().filter(|(_, marked)| marked.mark != Mark::Empty || marked.disagrees);
        let evidence = answered
            .min_by(|(_, a), (_, b)| a.evidence.confidence.total_cmp(&b.evidence.confidence))
            .map(|(_, marked)| marked.evidence.clone());
        match ticked.as_slice() {
            [(role, _)] => (Some(*role), evidence),
            _ => (None, evidence),
        }
    }

    /// The rows that have anything in them.
    fn administrators(&mut self) -> Vec<Administrator> {
        let rows: BTreeSet<u8> = self
            .sheet
            .texts
            .iter()
            .filter_map(|(field, written)| {
                let row = row(*field)?;
                (!self.nothing(written, says_nothing)).then_some(row)
            })
            .collect();
        (0..)
            .zip(rows)
            .map(|(n, row)| Administrator {
                line: row.saturating_add(1),
                card: self.cell(Field::AdministratorCard(n), row, CardNumber::parse, says_nothing),
                last_name: self.cell(Field::AdministratorLastName(n), row, accept, only_strokes),
                first_name: self.cell(Field::AdministratorFirstName(n), row, accept, only_strokes),
                phone: self.cell(Field::AdministratorPhone(n), row, Phone::parse, says_nothing),
                email: self.cell(Field::AdministratorEmail(n), row, Email::parse, says_nothing),
            })
            .collect()
    }

    fn certificates(&mut self) -> Certificates {
        let [org, server_ssl, server_smime, pro] = TYPES.map(|(tick, field)| self.tick(tick, field));
        Certificates {
            org,
            server_ssl,
            ssl_domain: self.parsed(Field::SslDomain, DomainName::parse_host),
            ssl_server: self.parsed(Field::SslServer, DomainName::parse_host),
            server_smime,
            smime_mail_domain: self.parsed(Field::SmimeMailDomain, DomainName::parse_mail),
            pro,
            pro_mail_domain: self.parsed(Field::ProMailDomain, DomainName::parse_mail),
        }
    }

    fn tick(&mut self, tick: Tick, field: Field) -> Requested {
        let Some(marked) = self.sheet.ticks.get(&tick) else {
            return Requested::default();
        };
        if marked.disagrees {
            self.unlike.push((field, None));
        }
        let evidence = Some(marked.evidence.clone());
        match marked.mark {
            Mark::Checked => Requested { ticked: true, evidence },
            Mark::Empty => Requested { ticked: false, evidence: evidence.filter(|_| marked.disagrees) },
            Mark::Unsure => {
                self.hazy.push(field);
                Requested { ticked: false, evidence }
            }
        }
    }

    /// A sound digital signature counts alone and beside ink; a broken one leaves what ink there is, and
    /// one that we cannot check is for a person.
    fn signature(&mut self) -> (Signature, Option<Evidence>) {
        let signatures = &self.sheet.digital_signatures;
        let broken = signatures.iter().any(broken);
        let mut sound = signatures.iter().filter(|one| one.sound);
        if let (false, Some(sound)) = (broken, sound.clone().find(|one| one.trusted).or_else(|| sound.next()))
        {
            self.trusted = Some(sound.trusted);
            return (Signature::Digital, Some(signed(sound)));
        }
        let doubtful = signatures.first().filter(|_| !broken);
        if doubtful.is_some() {
            self.hazy.push(Field::Signature);
        }
        match &self.sheet.signature {
            Zone::Empty => (Signature::None, doubtful.map(signed)),
            Zone::Ink { evidence } => (Signature::Ink, Some(evidence.clone())),
            Zone::Unsure { evidence } => {
                self.hazy.push(Field::Signature);
                (Signature::None, Some(evidence.clone()))
            }
        }
    }

    /// Whether a box is to be read as empty. A stroke that was not read for certain may be anything.
    fn nothing(&self, written: &Written, empty: impl Fn(&str) -> bool) -> bool {
        empty(&squeezed(written.value())) && written.evidence.confidence >= self.policy.min_confidence
    }

    fn words(&mut self, field: Field) -> Entry<Masked> {
        let written = self.sheet.texts.get(&field).filter(|written| !self.nothing(written, only_strokes));
        written.map_or(Entry::Blank, |written| self.parse_at(field, written, accept))
    }

    fn parsed<T>(&mut self, field: Field, parse: impl Fn(&str) -> Result<T, Malformed>) -> Entry<T> {
        let written = self.sheet.texts.get(&field).filter(|written| !self.nothing(written, says_nothing));
        written.map_or(Entry::Blank, |written| self.parse_at(field, written, parse))
    }

    /// A cell of 4.1: `field` as the form numbers it, `row` as the paper does.
    fn cell<T>(
        &mut self,
        field: Field,
        row: u8,
        parse: impl Fn(&str) -> Result<T, Malformed>,
        empty: impl Fn(&str) -> bool,
    ) -> Entry<T> {
        let written =
            self.sheet.texts.get(&field.in_row(row)).filter(|written| !self.nothing(written, empty));
        written.map_or(Entry::Blank, |written| self.parse_at(field, written, parse))
    }

    fn parse_at<T>(
        &mut self,
        field: Field,
        written: &Written,
        parse: impl Fn(&str) -> Result<T, Malformed>,
    ) -> Entry<T> {
        let value = written.value();
        if let Some(drawn) = &written.disagrees {
            self.unlike.push((field, Some((squeezed(value), squeezed(drawn)))));
        }
        if squeezed(value).is_empty() {
            // ink that could not be read
            self.hazy.push(field);
            return Entry::Wrong(Masked::default(), written.evidence.clone());
        }
        match parse(value) {
            Ok(value) => {
                self.sound.push(field);
                Entry::Valid(value, written.evidence.clone())
            }
            Err(malformed) => {
                let shown = Masked::new(malformed.normalised.clone());
                self.wrong.push((field, malformed));
                Entry::Wrong(shown, written.evidence.clone())
            }
        }
    }
}

/// A digital signature as evidence: whose, when, and what is the matter with it.
fn signed(signature: &DigitalSignature) -> Evidence {
    let when = signature.time.and_then(|time| Timestamp::from_second(time).ok());
    let when = when.map(|time| time.strftime("%d/%m/%Y %H:%M UTC").to_string());
    let trouble = Some(signature.trouble.clone()).filter(|trouble| !trouble.is_empty());
    let said: Vec<String> = signature.signer.iter().cloned().chain(when).chain(trouble).collect();
    Evidence { raw: said.join(", "), confidence: 1.0, page: signature.page, area: signature.area }
}

/// Its bytes do not verify, or something was changed afterwards.
fn broken(signature: &DigitalSignature) -> bool {
    !signature.sound && !signature.unverifiable
}

/// The row of a cell of 4.1, as the sheet numbers it.
fn row(field: Field) -> Option<u8> {
    if let Field::AdministratorCard(n)
    | Field::AdministratorLastName(n)
    | Field::AdministratorFirstName(n)
    | Field::AdministratorPhone(n)
    | Field::AdministratorEmail(n) = field
    {
        Some(n)
    } else {
        None
    }
}

/// Words are taken as they stand.
#[expect(clippy::unnecessary_wraps, reason = "stands where a parser stands")]
fn accept(raw: &str) -> Result<Masked, Malformed> {
    Ok(Masked::new(squeezed(raw)))
}

/// A box of words that was crossed out.
fn only_strokes(raw: &str) -> bool {
    raw.chars().all(|c| separator(c) || matches!(c, '/' | '_' | '\\' | '|'))
}
