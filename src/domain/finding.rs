//! A finding: something on the form, or about it, that the requester or a colleague has to know.
//! Findings are values and are collected, all of them (rulebook, "From findings to a verdict").

use super::form::Field;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The stable codes of the rulebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    // the document
    FormAbsent,
    FormBlank,
    FormIncomplete,
    FormEditionUnknown,
    DocumentEncrypted,
    DocumentDamaged,
    DocumentTooLarge,
    DocumentUnsupported,
    DocumentLink,
    AlreadyReceived,
    SenderUnverified,
    // the fields
    Missing,
    Malformed,
    Ambiguous,
    NotRequested,
    NotApplicable,
    Duplicate,
    ValuesDisagree,
    DateInFuture,
    DateTooOld,
    SignatureBroken,
    SignatureUntrusted,
    LowConfidence,
    // the registry
    Unknown,
    Closed,
    Mismatch,
    NotYetValid,
    Expired,
    Revoked,
    ContractMissing,
    ContractInactive,
    FinessLevel,
    FinessAdvice,
    MandateMissing,
    MandateExpired,
    RegistryUnavailable,
}

impl Code {
    /// Every code, in the rulebook's order.
    pub const ALL: [Self; 36] = [
        Self::FormAbsent,
        Self::FormBlank,
        Self::FormIncomplete,
        Self::FormEditionUnknown,
        Self::DocumentEncrypted,
        Self::DocumentDamaged,
        Self::DocumentTooLarge,
        Self::DocumentUnsupported,
        Self::DocumentLink,
        Self::AlreadyReceived,
        Self::SenderUnverified,
        Self::Missing,
        Self::Malformed,
        Self::Ambiguous,
        Self::NotRequested,
        Self::NotApplicable,
        Self::Duplicate,
        Self::ValuesDisagree,
        Self::DateInFuture,
        Self::DateTooOld,
        Self::SignatureBroken,
        Self::SignatureUntrusted,
        Self::LowConfidence,
        Self::Unknown,
        Self::Closed,
        Self::Mismatch,
        Self::NotYetValid,
        Self::Expired,
        Self::Revoked,
        Self::ContractMissing,
        Self::ContractInactive,
        Self::FinessLevel,
        Self::FinessAdvice,
        Self::MandateMissing,
        Self::MandateExpired,
        Self::RegistryUnavailable,
    ];

    /// The code that a word of the rulebook names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text.trim())
    }

    /// The code as it stands in the rulebook, the report and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FormAbsent => "form_absent",
            Self::FormBlank => "form_blank",
            Self::FormIncomplete => "form_incomplete",
            Self::FormEditionUnknown => "form_edition_unknown",
            Self::DocumentEncrypted => "document_encrypted",
            Self::DocumentDamaged => "document_damaged",
            Self::DocumentTooLarge => "document_too_large",
            Self::DocumentUnsupported => "document_unsupported",
            Self::DocumentLink => "document_link",
            Self::AlreadyReceived => "already_received",
            Self::SenderUnverified => "sender_unverified",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Ambiguous => "ambiguous",
            Self::NotRequested => "not_requested",
            Self::NotApplicable => "not_applicable",
            Self::Duplicate => "duplicate",
            Self::ValuesDisagree => "values_disagree",
            Self::DateInFuture => "date_in_future",
            Self::DateTooOld => "date_too_old",
            Self::SignatureBroken => "signature_broken",
            Self::SignatureUntrusted => "signature_untrusted",
            Self::LowConfidence => "low_confidence",
            Self::Unknown => "unknown",
            Self::Closed => "closed",
            Self::Mismatch => "mismatch",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::ContractMissing => "contract_missing",
            Self::ContractInactive => "contract_inactive",
            Self::FinessLevel => "finess_level",
            Self::FinessAdvice => "finess_advice",
            Self::MandateMissing => "mandate_missing",
            Self::MandateExpired => "mandate_expired",
            Self::RegistryUnavailable => "registry_unavailable",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a finding does to the verdict. Ordered: the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Told, without consequence.
    Note,
    /// A person decides.
    Review,
    /// The form is sent back.
    Reject,
}

impl Severity {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Review => "review",
            Self::Reject => "reject",
        }
    }
}

/// One thing found: which rule, on which box, how grave, and the sentence for the requester.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub code: Code,
    pub field: Field,
    pub severity: Severity,
    /// French, for the requester: names the value read and says what to do. Personal data.
    pub message: String,
}

impl Finding {
    pub fn new(code: Code, field: Field, severity: Severity, message: impl Into<String>) -> Self {
        Self { code, field, severity, message: message.into() }
    }

    pub fn reject(code: Code, field: Field, message: impl Into<String>) -> Self {
        Self::new(code, field, Severity::Reject, message)
    }

    pub fn review(code: Code, field: Field, message: impl Into<String>) -> Self {
        Self::new(code, field, Severity::Review, message)
    }

    pub fn note(code: Code, field: Field, message: impl Into<String>) -> Self {
        Self::new(code, field, Severity::Note, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_read_as_it_is_written() {
        assert_eq!(Code::RegistryUnavailable as usize + 1, Code::ALL.len());
        assert!(Code::ALL.is_sorted());
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
        }
        assert_eq!(Code::parse("misssing"), None);
    }
}
