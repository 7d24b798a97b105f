//! The form F413: its boxes (`Field`), the form as filled in (`F413`) and the complete one
//! (`Declaration`), which alone can be accepted.

use super::contact::{DomainName, Email, Phone};
use super::identifiers::{CardNumber, Finess, RppsRang, Siret};
use super::sheet::Evidence;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A place on the form that an answer, an evidence or a finding belongs to. Its text form is the
/// JSON pointer into the `form` of guichet.report/1. Numbers count from 0: the row on the paper in
/// a `Sheet`, the position in the list in an `F413`, its evidence and its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The document as a whole (pointer `""`).
    Document,
    /// §3.1, the structure as a whole (one of FINESS, SIRET, RPPS rang).
    Structure,
    StructureName,
    Finess,
    Siret,
    /// §3.1, the four lines as a whole.
    RppsRangs,
    RppsRang(u8),
    /// §3.2, the signatory as a person.
    Signatory,
    Role,
    LastName,
    FirstNames,
    Phone,
    Email,
    Card,
    /// §4.1, the list as a whole.
    Administrators,
    /// §4.1, one row as a person.
    Administrator(u8),
    AdministratorCard(u8),
    AdministratorLastName(u8),
    AdministratorFirstName(u8),
    AdministratorPhone(u8),
    AdministratorEmail(u8),
    Purpose,
    Publisher,
    Solution,
    /// §4.3, the types as a whole.
    Certificates,
    Org,
    OrgRequested,
    ServerSsl,
    ServerSslRequested,
    SslDomain,
    SslServer,
    ServerSmime,
    ServerSmimeRequested,
    SmimeMailDomain,
    Pro,
    ProRequested,
    ProMailDomain,
    Date,
    Signature,
    Stamp,
    TermsAccepted,
}

impl Field {
    /// Every text box of the form once, with list fields in row 0.
    pub const TEXTS: [Self; 22] = [
        Self::StructureName,
        Self::Finess,
        Self::Siret,
        Self::RppsRang(0),
        Self::LastName,
        Self::FirstNames,
        Self::Phone,
        Self::Email,
        Self::Card,
        Self::AdministratorCard(0),
        Self::AdministratorLastName(0),
        Self::AdministratorFirstName(0),
        Self::AdministratorPhone(0),
        Self::AdministratorEmail(0),
        Self::Purpose,
        Self::Publisher,
        Self::Solution,
        Self::SslDomain,
        Self::SslServer,
        Self::SmimeMailDomain,
        Self::ProMailDomain,
        Self::Date,
    ];

    /// The JSON pointer (RFC 6901).
    #[must_use]
    pub fn pointer(self) -> String {
        match self {
            Self::RppsRang(n) => format!("/structure/rpps_rang/{n}"),
            Self::Administrator(n) => format!("/administrators/{n}"),
            Self::AdministratorCard(n) => format!("/administrators/{n}/card"),
            Self::AdministratorLastName(n) => format!("/administrators/{n}/last_name"),
            Self::AdministratorFirstName(n) => format!("/administrators/{n}/first_name"),
            Self::AdministratorPhone(n) => format!("/administrators/{n}/phone"),
            Self::AdministratorEmail(n) => format!("/administrators/{n}/email"),
            fixed => fixed.fixed_pointer().to_owned(),
        }
    }

    fn fixed_pointer(self) -> &'static str {
        match self {
            Self::Document => "",
            Self::Structure => "/structure",
            Self::StructureName => "/structure/name",
            Self::Finess => "/structure/finess",
            Self::Siret => "/structure/siret",
            Self::RppsRangs | Self::RppsRang(_) => "/structure/rpps_rang",
            Self::Signatory => "/signatory",
            Self::Role => "/signatory/role",
            Self::LastName => "/signatory/last_name",
            Self::FirstNames => "/signatory/first_names",
            Self::Phone => "/signatory/phone",
            Self::Email => "/signatory/email",
            Self::Card => "/signatory/card",
            Self::Administrators
            | Self::Administrator(_)
            | Self::AdministratorCard(_)
            | Self::AdministratorLastName(_)
            | Self::AdministratorFirstName(_)
            | Self::AdministratorPhone(_)
            | Self::AdministratorEmail(_) => "/administrators",
            Self::Purpose => "/usage/purpose",
            Self::Publisher => "/usage/publisher",
            Self::Solution => "/usage/solution",
            Self::Certificates => "/certificates",
            Self::Org => "/certificates/org",
            Self::OrgRequested => "/certificates/org/requested",
            Self::ServerSsl => "/certificates/server_ssl",
            Self::ServerSslRequested => "/certificates/server_ssl/requested",
            Self::SslDomain => "/certificates/server_ssl/domain",
            Self::SslServer => "/certificates/server_ssl/server",
            Self::ServerSmime => "/certificates/server_smime",
            Self::ServerSmimeRequested => "/certificates/server_smime/requested",
            Self::SmimeMailDomain => "/certificates/server_smime/mail_domain",
            Self::Pro => "/certificates/pro",
            Self::ProRequested => "/certificates/pro/requested",
            Self::ProMailDomain => "/certificates/pro/mail_domain",
            Self::Date => "/declaration/date",
            Self::Signature => "/declaration/signature",
            Self::Stamp => "/declaration/stamp",
            Self::TermsAccepted => "/declaration/terms_accepted",
        }
    }

    /// The field a pointer names.
    #[must_use]
    pub fn from_pointer(pointer: &str) -> Option<Self> {
        let row = |rest: &str| rest.parse::<u8>().ok();
        if let Some(rest) = pointer.strip_prefix("/structure/rpps_rang/") {
            return row(rest).map(Self::RppsRang);
        }
        if let Some(rest) = pointer.strip_prefix("/administrators/") {
            let (number, cell) = rest.split_once('/').unwrap_or((rest, ""));
            let n = row(number)?;
            return match cell {
                "" => Some(Self::Administrator(n)),
                "card" => Some(Self::AdministratorCard(n)),
                "last_name" => Some(Self::AdministratorLastName(n)),
                "first_name" => Some(Self::AdministratorFirstName(n)),
                "phone" => Some(Self::AdministratorPhone(n)),
                "email" => Some(Self::AdministratorEmail(n)),
                _ => None,
            };
        }
        Self::FIXED.iter().copied().find(|field| field.fixed_pointer() == pointer)
    }

    const FIXED: [Self; 34] = [
        Self::Document,
        Self::Structure,
        Self::StructureName,
        Self::Finess,
        Self::Siret,
        Self::RppsRangs,
        Self::Signatory,
        Self::Role,
        Self::LastName,
        Self::FirstNames,
        Self::Phone,
        Self::Email,
        Self::Card,
        Self::Administrators,
        Self::Purpose,
        Self::Publisher,
        Self::Solution,
        Self::Certificates,
        Self::Org,
        Self::OrgRequested,
        Self::ServerSsl,
        Self::ServerSslRequested,
        Self::SslDomain,
        Self::SslServer,
        Self::ServerSmime,
        Self::ServerSmimeRequested,
        Self::SmimeMailDomain,
        Self::Pro,
        Self::ProRequested,
        Self::ProMailDomain,
        Self::Date,
        Self::Signature,
        Self::Stamp,
        Self::TermsAccepted,
    ];

    /// The same box in row `n` (list fields); other fields are returned as they are.
    #[must_use]
    pub fn in_row(self, n: u8) -> Self {
        match self {
            Self::RppsRang(_) => Self::RppsRang(n),
            Self::Administrator(_) => Self::Administrator(n),
            Self::AdministratorCard(_) => Self::AdministratorCard(n),
            Self::AdministratorLastName(_) => Self::AdministratorLastName(n),
            Self::AdministratorFirstName(_) => Self::AdministratorFirstName(n),
            Self::AdministratorPhone(_) => Self::AdministratorPhone(n),
            Self::AdministratorEmail(_) => Self::AdministratorEmail(n),
            other => other,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pointer())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.pointer())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let pointer = String::deserialize(from)?;
        Self::from_pointer(&pointer).ok_or_else(|| serde::de::Error::custom("no such field on the form"))
    }
}

/// "Êtes-vous le" (§3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Responsable légal
    LegalRepresentative,
    /// Mandataire
    Delegate,
    /// Titulaire du cabinet
    PracticeHolder,
}

impl Role {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LegalRepresentative => "legal_representative",
            Self::Delegate => "delegate",
            Self::PracticeHolder => "practice_holder",
        }
    }
}

/// One box of the form.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Entry<T> {
    #[default]
    Blank,
    /// Something is there that breaks the format. The text is what the report shows: digits and
    /// letters only for identifiers, the trimmed words elsewhere.
    Wrong(Masked, Evidence),
    Valid(T, Evidence),
}

impl<T> Entry<T> {
    pub fn valid(&self) -> Option<&T> {
        match self {
            Self::Valid(value, _) => Some(value),
            Self::Blank | Self::Wrong(..) => None,
        }
    }

    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Blank => None,
            Self::Wrong(_, evidence) | Self::Valid(_, evidence) => Some(evidence),
        }
    }

    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }
}

/// Words written by a person: cannot be printed by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The words, for the report, the letters and the database; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{} characters›", self.0.chars().count())
    }
}

/// The form as it was filled in. List entries are the rows that have anything in them, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct F413 {
    pub structure_name: Entry<Masked>,
    pub finess: Entry<Finess>,
    pub siret: Entry<Siret>,
    pub rpps_rang: Vec<Entry<RppsRang>>,
    pub signatory: Signatory,
    pub administrators: Vec<Administrator>,
    pub purpose: Entry<Masked>,
    pub publisher: Entry<Masked>,
    pub solution: Entry<Masked>,
    pub certificates: Certificates,
    pub date: Entry<Date>,
    pub signature: Signature,
    pub signature_evidence: Option<Evidence>,
    pub stamp: bool,
    pub stamp_evidence: Option<Evidence>,
    /// `None` where the edition has no such box.
    pub terms_accepted: Option<bool>,
    pub terms_evidence: Option<Evidence>,
}

/// §3.2
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signatory {
    /// `None` when no role, or more than one, is ticked.
    pub role: Option<Role>,
    pub role_evidence: Option<Evidence>,
    pub last_name: Entry<Masked>,
    pub first_names: Entry<Masked>,
    pub phone: Entry<Phone>,
    pub email: Entry<Email>,
    pub card: Entry<CardNumber>,
}

/// One row of §4.1
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Administrator {
    /// The row on the paper, from 1: what a letter calls "ligne 2".
    pub line: u8,
    pub card: Entry<CardNumber>,
    pub last_name: Entry<Masked>,
    pub first_name: Entry<Masked>,
    pub phone: Entry<Phone>,
    pub email: Entry<Email>,
}

/// §4.3
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Certificates {
    pub org: Requested,
    pub server_ssl: Requested,
    pub ssl_domain: Entry<DomainName>,
    pub ssl_server: Entry<DomainName>,
    pub server_smime: Requested,
    pub smime_mail_domain: Entry<DomainName>,
    pub pro: Requested,
    pub pro_mail_domain: Entry<DomainName>,
}

/// One box to tick of §4.3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Requested {
    pub ticked: bool,
    pub evidence: Option<Evidence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    #[default]
    None,
    Ink,
    /// A PDF signature whose bytes verify.
    Digital,
}

impl Signature {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ink => "ink",
            Self::Digital => "digital",
        }
    }
}

/// A complete form: every required box holds a valid value. Only `F413::complete` makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    structure: StructureId,
    role: Role,
    signatory_card: CardNumber,
    administrator_cards: Vec<CardNumber>,
    date: Date,
    _proof: (),
}

/// How the form names its structure, in the order of preference of the registry rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StructureId {
    Finess(Finess),
    Siret(Siret),
    RppsRang(Vec<RppsRang>),
}

impl Declaration {
    #[must_use]
    pub fn structure(&self) -> &StructureId {
        &self.structure
    }

    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    #[must_use]
    pub fn signatory_card(&self) -> &CardNumber {
        &self.signatory_card
    }

    #[must_use]
    pub fn administrator_cards(&self) -> &[CardNumber] {
        &self.administrator_cards
    }

    #[must_use]
    pub fn date(&self) -> Date {
        self.date
    }
}

impl F413 {
    /// The complete form, when every required box holds a valid value ("L'ensemble des champs doit
    /// être complété", §3 and §4; signed, dated and stamped, end of §4).
    #[must_use]
    pub fn complete(&self) -> Option<Declaration> {
        let structure = self.structure_id()?;
        let words = [
            &self.structure_name,
            &self.signatory.last_name,
            &self.signatory.first_names,
            &self.purpose,
            &self.publisher,
            &self.solution,
        ];
        let complete = words.iter().all(|entry| entry.valid().is_some())
            && self.signatory.phone.valid().is_some()
            && self.signatory.email.valid().is_some()
            && self.certificates.complete()
            && self.signature != Signature::None
            && self.stamp
            && self.terms_accepted != Some(false);
        let administrator_cards =
            self.administrators.iter().map(Administrator::complete).collect::<Option<Vec<_>>>()?;
        (complete && !administrator_cards.is_empty()).then_some(())?;
        Some(Declaration {
            structure,
            role: self.signatory.role?,
            signatory_card: self.signatory.card.valid()?.clone(),
            administrator_cards,
            date: *self.date.valid()?,
            _proof: (),
        })
    }

    /// Every answer's evidence, by field (list fields by their position in the list).
    #[must_use]
    pub fn evidence(&self) -> Vec<(Field, &Evidence)> {
        let who = &self.signatory;
        let asked = &self.certificates;
        let mut found = vec![
            (Field::StructureName, self.structure_name.evidence()),
            (Field::Finess, self.finess.evidence()),
            (Field::Siret, self.siret.evidence()),
            (Field::Role, who.role_evidence.as_ref()),
            (Field::LastName, who.last_name.evidence()),
            (Field::FirstNames, who.first_names.evidence()),
            (Field::Phone, who.phone.evidence()),
            (Field::Email, who.email.evidence()),
            (Field::Card, who.card.evidence()),
            (Field::Purpose, self.purpose.evidence()),
            (Field::Publisher, self.publisher.evidence()),
            (Field::Solution, self.solution.evidence()),
            (Field::OrgRequested, asked.org.evidence.as_ref()),
            (Field::ServerSslRequested, asked.server_ssl.evidence.as_ref()),
            (Field::SslDomain, asked.ssl_domain.evidence()),
            (Field::SslServer, asked.ssl_server.evidence()),
            (Field::ServerSmimeRequested, asked.server_smime.evidence.as_ref()),
            (Field::SmimeMailDomain, asked.smime_mail_domain.evidence()),
            (Field::ProRequested, asked.pro.evidence.as_ref()),
            (Field::ProMailDomain, asked.pro_mail_domain.evidence()),
            (Field::Date, self.date.evidence()),
            (Field::Signature, self.signature_evidence.as_ref()),
            (Field::Stamp, self.stamp_evidence.as_ref()),
            (Field::TermsAccepted, self.terms_evidence.as_ref()),
        ];
        for (n, line) in (0..).zip(&self.rpps_rang) {
            found.push((Field::RppsRang(n), line.evidence()));
        }
        for (n, row) in (0..).zip(&self.administrators) {
            found.extend([
                (Field::AdministratorCard(n), row.card.evidence()),
                (Field::AdministratorLastName(n), row.last_name.evidence()),
                (Field::AdministratorFirstName(n), row.first_name.evidence()),
                (Field::AdministratorPhone(n), row.phone.evidence()),
                (Field::AdministratorEmail(n), row.email.evidence()),
            ]);
        }
        found.into_iter().filter_map(|(field, evidence)| evidence.map(|evidence| (field, evidence))).collect()
    }

    /// The structure's identifier, when everything written in the three identifier boxes is valid.
    fn structure_id(&self) -> Option<StructureId> {
        let wrong = matches!(self.finess, Entry::Wrong(..))
            || matches!(self.siret, Entry::Wrong(..))
            || self.rpps_rang.iter().any(|line| line.valid().is_none());
        if wrong {
            return None;
        }
        if let Some(finess) = self.finess.valid() {
            return Some(StructureId::Finess(finess.clone()));
        }
        if let Some(siret) = self.siret.valid() {
            return Some(StructureId::Siret(siret.clone()));
        }
        let lines: Vec<_> = self.rpps_rang.iter().filter_map(Entry::valid).cloned().collect();
        (!lines.is_empty()).then_some(StructureId::RppsRang(lines))
    }
}

impl Administrator {
    fn complete(&self) -> Option<CardNumber> {
        let valid = self.last_name.valid().is_some()
            && self.first_name.valid().is_some()
            && self.phone.valid().is_some()
            && self.email.valid().is_some();
        valid.then(|| self.card.valid().cloned()).flatten()
    }
}

impl Certificates {
    /// At least one type ticked, and each ticked type's line filled as §4.3 asks.
    fn complete(&self) -> bool {
        let any = self.org.ticked || self.server_ssl.ticked || self.server_smime.ticked || self.pro.ticked;
        let ssl = !self.server_ssl.ticked
            || (self.ssl_domain.valid().is_some() != self.ssl_server.valid().is_some());
        let smime = !self.server_smime.ticked || self.smime_mail_domain.valid().is_some();
        let pro = !self.pro.ticked || self.pro_mail_domain.valid().is_some();
        any && ssl && smime && pro
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pointer_names_its_field_again() {
        let rows = [
            Field::RppsRang(3),
            Field::Administrator(2),
            Field::AdministratorCard(0),
            Field::AdministratorLastName(1),
            Field::AdministratorFirstName(9),
            Field::AdministratorPhone(4),
            Field::AdministratorEmail(11),
        ];
        for field in Field::FIXED.into_iter().chain(rows) {
            assert_eq!(Field::from_pointer(&field.pointer()), Some(field));
        }
        assert_eq!(Field::from_pointer("/structure/color"), None);
        assert_eq!(Field::from_pointer("/administrators/300/card"), None);
    }
}
