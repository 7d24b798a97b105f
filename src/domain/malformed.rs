//! What breaks a format: the value as the report shows it, and the precise reason for the letter.

/// A value that breaks its format.
#[derive(Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What the report shows: digits and letters only, upper case, for identifiers and phones; the
    /// trimmed words with single spaces elsewhere. Personal data.
    pub normalised: String,
    pub why: Why,
}

impl Malformed {
    pub fn new(normalised: impl Into<String>, why: Why) -> Self {
        Self { normalised: normalised.into(), why }
    }
}

impl std::fmt::Debug for Malformed {
    /// Masked: what was written is personal data and must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Malformed({:?})", self.why)
    }
}

/// Why a value breaks its format (rulebook, "Formats").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    // identifiers
    /// Words where a number is expected.
    NoDigits,
    /// A character that cannot stand there; the letter O for a zero most often. Never corrected.
    Character(char),
    /// Characters wanted and found.
    Length {
        wanted: usize,
        got: usize,
    },
    AllZero,
    /// The check digit (Luhn, or La Poste's sum) says that a digit is wrong.
    CheckDigit,
    /// FINESS: the first two characters are no department.
    Department,
    /// FINESS: the third character is not `0`.
    ThirdCharacter,
    /// FINESS `99…` outside the test profile.
    TestRange,
    /// SIRET: nine digits, the SIREN alone.
    SirenOnly,
    /// SIRET: its first nine digits are no SIREN.
    Siren,
    /// RPPS rang: eleven digits, the RPPS alone.
    RppsOnly,
    /// RPPS rang: its first eleven digits are no RPPS.
    Rpps,
    // phone
    /// Too few digits for any number.
    PhoneTooShort,
    PhoneTooLong,
    /// No number of this form is in service anywhere.
    PhoneUnassigned,
    SeveralPhones,
    // e-mail
    NoAt,
    SeveralAddresses,
    /// White space inside the address.
    AddressSpace,
    /// The part before the `@`.
    LocalPart,
    /// The part after the `@`.
    AddressDomain,
    /// RFC 5321 §4.5.3.1: 64 octets before the `@`, 254 in all.
    AddressTooLong,
    // domain name
    /// `*.domaine.fr`: needs a person, is not an error of form.
    Wildcard,
    IpAddress,
    /// An e-mail address where a domain name is wanted.
    WholeAddress,
    SeveralDomains,
    /// No dot: a machine's short name.
    NoDot,
    /// White space or a character that no host name has (RFC 1123 §2.1).
    DomainCharacter,
    /// A label over 63 or a name over 253 octets, or an empty label.
    DomainLength,
    /// Its ending is not in the public suffix list.
    UnknownSuffix,
    /// A public suffix by itself, such as `asso.fr`.
    BareSuffix,
    // date
    NotADate,
    /// Day and month without a year.
    NoYear,
    /// The 31st of a month of 30 days, a thirteenth month.
    NoSuchDay,
    SeveralDates,
}
