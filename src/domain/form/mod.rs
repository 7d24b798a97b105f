//! The form F413: its boxes (`Field`), the form as filled in (`F413`) and the complete one
//! (`Declaration`), which alone can be accepted.

mod declaration;
mod field;

pub use declaration::{Declaration, StructureId};
pub use field::Field;

use super::contact::{DomainName, Email, Phone};
use super::identifiers::{CardNumber, Finess, RppsRang, Siret};
use super::sheet::Evidence;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

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

impl F413 {
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
}
