//! Which problems can be mended in the form, code by code, and beside which boxes each is numbered.

use super::Spot;
use crate::domain::finding::{Code, Finding};
use crate::domain::form::{Field, Role};
use crate::domain::sheet::Tick;

/// What a problem means for the copy of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mending {
    /// Boxes are filled in anew: they are emptied, and numbered as the letter numbers the problem.
    Boxes,
    /// The letter tells it under its number; no box of the form mends it.
    NoBox,
    /// No copy is made.
    NoCopy,
}

/// The rulebook's codes, each with the reason.
pub(super) fn mending(code: Code) -> Mending {
    match code {
        // no form, or no answer on it: there is nothing to give back, all is asked again
        Code::FormAbsent | Code::FormBlank => Mending::NoCopy,
        // could not be read (wholly): what the copy would lack was perhaps on the form
        Code::DocumentEncrypted
        | Code::DocumentDamaged
        | Code::DocumentTooLarge
        | Code::DocumentUnsupported
        | Code::DocumentLink => Mending::NoCopy,
        // the form's personal data would go to an address that may be somebody else's
        Code::SenderUnverified => Mending::NoCopy,
        // the missing pages are in the blank edition, with what the others said
        Code::FormIncomplete => Mending::NoBox,
        // the blank edition, with what was read for certain
        Code::FormEditionUnknown => Mending::NoBox,
        // about another document of the mail
        Code::AlreadyReceived => Mending::NoBox,
        // settled with the ANS, not on the form: a contract, a mandate; or by us
        Code::ContractMissing
        | Code::ContractInactive
        | Code::MandateMissing
        | Code::MandateExpired
        | Code::RegistryUnavailable => Mending::NoBox,
        // told, without consequence
        Code::Duplicate | Code::FinessAdvice | Code::SignatureUntrusted => Mending::NoBox,
        // what stands in the box, or does not, is wrong
        Code::Missing
        | Code::Malformed
        | Code::Ambiguous
        | Code::NotRequested
        | Code::NotApplicable
        | Code::DateInFuture
        | Code::DateTooOld
        | Code::Unknown
        | Code::Closed
        | Code::Mismatch
        | Code::NotYetValid
        | Code::Expired
        | Code::Revoked
        | Code::FinessLevel
        | Code::SignatureBroken => Mending::Boxes,
        // what stands there is not known: emptied; numbered only where it also rejects
        Code::ValuesDisagree | Code::LowConfidence => Mending::Boxes,
    }
}

/// The boxes that a problem is about. Lists are counted as the form counts them.
pub(super) fn spots(finding: &Finding) -> Vec<Spot> {
    let texts = |fields: &[Field]| fields.iter().copied().map(Spot::Text).collect::<Vec<_>>();
    let roles = [Role::LegalRepresentative, Role::Delegate, Role::PracticeHolder].map(Tick::Role);
    let types = [Tick::Org, Tick::ServerSsl, Tick::ServerSmime, Tick::Pro];
    match finding.field {
        Field::Document | Field::RppsRangs => Vec::new(),
        // one of them is to be filled in; or they belong to two structures
        Field::Structure => texts(&[Field::Finess, Field::Siret]),
        // name and card belong to two people: nobody knows which of them is wrong
        Field::Signatory => texts(&[Field::LastName, Field::FirstNames, Field::Card]),
        Field::Administrator(n) => texts(&[
            Field::AdministratorCard(n),
            Field::AdministratorLastName(n),
            Field::AdministratorFirstName(n),
        ]),
        // nobody is declared: the first row is where to begin
        Field::Administrators => texts(&[Field::AdministratorCard(0)]),
        Field::Role => roles.map(Spot::Tick).to_vec(),
        Field::Certificates => types.map(Spot::Tick).to_vec(),
        // one of the two lines is to be filled in
        Field::ServerSsl => texts(&[Field::SslDomain, Field::SslServer]),
        Field::ServerSmime => texts(&[Field::SmimeMailDomain]),
        Field::Pro => texts(&[Field::ProMailDomain]),
        Field::Org | Field::OrgRequested => vec![Spot::Tick(Tick::Org)],
        Field::ServerSslRequested => vec![Spot::Tick(Tick::ServerSsl)],
        Field::ServerSmimeRequested => vec![Spot::Tick(Tick::ServerSmime)],
        Field::ProRequested => vec![Spot::Tick(Tick::Pro)],
        Field::TermsAccepted => vec![Spot::Tick(Tick::Terms)],
        Field::Signature => vec![Spot::Signature],
        Field::Stamp => vec![Spot::Stamp],
        text @ (Field::StructureName
        | Field::Finess
        | Field::Siret
        | Field::RppsRang(_)
        | Field::LastName
        | Field::FirstNames
        | Field::Phone
        | Field::Email
        | Field::Card
        | Field::AdministratorCard(_)
        | Field::AdministratorLastName(_)
        | Field::AdministratorFirstName(_)
        | Field::AdministratorPhone(_)
        | Field::AdministratorEmail(_)
        | Field::Purpose
        | Field::Publisher
        | Field::Solution
        | Field::SslDomain
        | Field::SslServer
        | Field::SmimeMailDomain
        | Field::ProMailDomain
        | Field::Date) => vec![Spot::Text(text)],
    }
}
