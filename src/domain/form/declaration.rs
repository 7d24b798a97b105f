//! The complete form, which alone can be accepted, and what makes a form complete.

use super::{Administrator, Certificates, Entry, F413, Role, Signature};
use crate::domain::identifiers::{CardNumber, Finess, RppsRang, Siret};
use jiff::civil::Date;

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
