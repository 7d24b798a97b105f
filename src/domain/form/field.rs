//! The boxes of the form and their names, which are JSON pointers.

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

    /// In which line of its list it stands, from 0; `None`: it is in none, or the whole line.
    #[must_use]
    pub fn row(self) -> Option<u8> {
        match self {
            Self::RppsRang(n)
            | Self::AdministratorCard(n)
            | Self::AdministratorLastName(n)
            | Self::AdministratorFirstName(n)
            | Self::AdministratorPhone(n)
            | Self::AdministratorEmail(n) => Some(n),
            _ => None,
        }
    }

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
