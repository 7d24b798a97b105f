//! What the registry says about one form: gathered before judging, so that judging is pure.

use super::form::Masked;
use super::identifiers::{CardNumber, Finess, RppsRang, Siret};
use super::policy::CardType;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A registry's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    Found(T),
    /// The registry covers this and has no such row.
    NotFound,
    /// Never loaded, unreadable or stale: leads to review, never to rejection (principle 2).
    NoAnswer(NoAnswer),
}

impl<T> Answer<T> {
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            Self::NotFound | Self::NoAnswer(_) => None,
        }
    }
}

/// Why the registry does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    NeverLoaded,
    /// The feed is older than `registry.max_age`.
    Stale,
    /// A person took the feed out.
    Withdrawn,
    Unreadable,
}

/// Where the registry's rows come from. Each feed is loaded as a whole, with or without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// `structures.csv`
    Structures,
    /// `contracts.csv`
    Contracts,
    /// `cards.csv`
    Cards,
    /// `mandates.csv`
    Mandates,
    /// The public FINESS files: legacy CSV, or JSON since July 2026.
    Finess,
    /// The public file of the holders of CPS and CPF cards ("Annuaire Santé").
    Holders,
}

impl Feed {
    pub const ALL: [Self; 6] =
        [Self::Structures, Self::Contracts, Self::Cards, Self::Mandates, Self::Finess, Self::Holders];
    /// The four that a folder holds.
    pub const OWN: [Self; 4] = [Self::Structures, Self::Contracts, Self::Cards, Self::Mandates];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Structures => "structures",
            Self::Contracts => "contracts",
            Self::Cards => "cards",
            Self::Mandates => "mandates",
            Self::Finess => "finess",
            Self::Holders => "holders",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feed| feed.as_str() == text)
    }

    /// Its file, as people call it.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Structures => "structures.csv",
            Self::Contracts => "contracts.csv",
            Self::Cards => "cards.csv",
            Self::Mandates => "mandates.csv",
            Self::Finess => "FINESS file",
            Self::Holders => "card holders' file",
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// EJ or EG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FinessLevel {
    /// EJ, entité juridique
    Legal,
    /// EG, entité géographique
    Geographical,
}

/// The class of a structure (registry.md); decides the FINESS table and the contract exemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    PublicHospital,
    Dialysis,
    MedicoSocial,
    Laboratory,
    Pharmacy,
    HealthCentre,
    HealthHouse,
    PrivateNonprofit,
    PrivateForprofit,
    Liberal,
    Other,
}

impl Class {
    pub const ALL: [(&'static str, Self); 11] = [
        ("public_hospital", Self::PublicHospital),
        ("dialysis", Self::Dialysis),
        ("medico_social", Self::MedicoSocial),
        ("laboratory", Self::Laboratory),
        ("pharmacy", Self::Pharmacy),
        ("health_centre", Self::HealthCentre),
        ("health_house", Self::HealthHouse),
        ("private_nonprofit", Self::PrivateNonprofit),
        ("private_forprofit", Self::PrivateForprofit),
        ("liberal", Self::Liberal),
        ("other", Self::Other),
    ];

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let wanted = text.trim().to_ascii_lowercase();
        Self::ALL.iter().find(|(name, _)| *name == wanted).map(|(_, class)| *class)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, class)| *class == self).map_or("other", |(name, _)| name)
    }

    /// As staff read it, in mid-sentence.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::PublicHospital => "hôpital public",
            Self::Dialysis => "centre de dialyse",
            Self::MedicoSocial => "médico-social",
            Self::Laboratory => "laboratoire",
            Self::Pharmacy => "pharmacie",
            Self::HealthCentre => "centre de santé",
            Self::HealthHouse => "maison de santé",
            Self::PrivateNonprofit => "privé non lucratif",
            Self::PrivateForprofit => "privé lucratif",
            Self::Liberal => "cabinet libéral",
            Self::Other => "autre type",
        }
    }

    /// The paragraph of the notice that it reads; `None` where the notice does not name it.
    #[must_use]
    pub fn paragraph(self) -> Option<Paragraph> {
        match self {
            Self::PublicHospital | Self::Dialysis | Self::MedicoSocial => Some(Paragraph::Hospitals),
            Self::Laboratory | Self::Pharmacy => Some(Paragraph::Laboratories),
            Self::HealthCentre | Self::HealthHouse | Self::PrivateNonprofit | Self::PrivateForprofit => {
                Some(Paragraph::Centres)
            }
            Self::Liberal | Self::Other => None,
        }
    }
}

/// A paragraph of the notice on FINESS (last page of F413), which is a row of the rulebook's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paragraph {
    /// A: public hospitals, dialysis, medico-social.
    Hospitals,
    /// B: laboratories, pharmacies.
    Laboratories,
    /// C: health centres and houses, private hospitals.
    Centres,
}

impl Paragraph {
    /// Its heading, as the notice prints it.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Hospitals => {
                "Pour les établissements hospitaliers publics / Les centres de dialyse et d'auto-dialyse / Les établissements du \
                 secteur médico-social"
            }
            Self::Laboratories => "Pour les laboratoires de biologie médicale / Les officines de pharmacie",
            Self::Centres => {
                "Pour les centres de santé / Les maisons de santé / Les établissements hospitaliers du secteur privé non \
                 lucratif et les établissements sanitaires à but lucratif"
            }
        }
    }
}

/// A row of `structures.csv`. Identifiers are kept as published (a bad check digit in official
/// data is no reason to lose the row), so they are text here.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    pub feed: Feed,
    /// In its file, from 1, the header being line 1.
    pub line: u64,
    pub finess: Option<String>,
    pub level: Option<FinessLevel>,
    /// An EG's legal entity.
    pub finess_ej: Option<String>,
    pub siret: Option<String>,
    pub rpps_rang: Vec<String>,
    pub name: String,
    /// `None`: unknown (nothing given, nothing derivable).
    pub class: Option<Class>,
    /// Laboratories: the FINESS EG of the main site; `None` on the main site itself.
    pub main_site: Option<String>,
    pub closed: bool,
    /// Where the source says since when.
    pub closed_on: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContractStatus {
    Active,
    Suspended,
    Terminated,
}

/// A row of `contracts.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// In its file, from 1, the header being line 1.
    pub line: u64,
    pub number: String,
    /// A FINESS, SIRET or RPPS rang.
    pub structure: String,
    pub valid_from: Date,
    pub valid_until: Option<Date>,
    pub status: ContractStatus,
    pub representative_last_name: Option<Masked>,
    pub representative_first_name: Option<Masked>,
}

impl Contract {
    /// `active` and `valid_from` ≤ day ≤ `valid_until` (empty = open).
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.status == ContractStatus::Active
            && self.valid_from <= day
            && self.valid_until.is_none_or(|until| day <= until)
    }
}

/// A row of `cards.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub feed: Feed,
    /// In its file, from 1, the header being line 1.
    pub line: u64,
    pub number: String,
    pub kind: Option<CardType>,
    pub last_name: Masked,
    pub first_name: Masked,
    pub structure: Option<String>,
    pub valid_from: Option<Date>,
    pub valid_until: Option<Date>,
    pub opposed_on: Option<Date>,
}

/// A row of `mandates.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mandate {
    /// In its file, from 1, the header being line 1.
    pub line: u64,
    pub structure: String,
    pub last_name: Masked,
    pub first_name: Masked,
    pub card: Option<String>,
    pub valid_from: Date,
    pub valid_until: Option<Date>,
}

/// A structure with its family: what the FINESS table needs.
#[derive(Debug, Clone, PartialEq)]
pub struct StructureFacts {
    pub structure: Structure,
    /// The legal entity of an EG (when on file).
    pub legal_entity: Option<Structure>,
    /// All establishments of the legal entity: of an EJ its EG, of an EG its siblings and itself.
    pub establishments: Vec<Structure>,
}

/// Everything the registry says that bears on one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The snapshot these facts come from; `None` when nothing was ever loaded.
    pub snapshot: Option<i64>,
    /// `None` when the form has no valid FINESS.
    pub by_finess: Option<Answer<StructureFacts>>,
    /// `None` when the form has no valid SIRET. Several structures may share a SIRET.
    pub by_siret: Option<Answer<Vec<StructureFacts>>>,
    /// One per valid RPPS rang.
    pub by_rpps_rang: BTreeMap<RppsRang, Answer<StructureFacts>>,
    /// Every contract of the structures above, of their legal entities and of their
    /// establishments, whatever its state. `NotFound` is never used: none is an empty list.
    pub contracts: Answer<Vec<Contract>>,
    /// Signatory's and administrators' cards; one per valid number on the form.
    pub cards: BTreeMap<CardNumber, Answer<Card>>,
    /// The loaded feeds hold the public types of card only (CPS, CPF): a card that is not found may
    /// be of another type.
    pub only_public_cards: bool,
    /// Mandates of the structures above and of their legal entities, whatever their dates.
    pub mandates: Answer<Vec<Mandate>>,
}

impl Facts {
    /// The class of the structure: of the one with the form's FINESS, else its SIRET, else its first RPPS rang.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        let finess = self.by_finess.iter().filter_map(Answer::found);
        let siret = self.by_siret.iter().filter_map(Answer::found).flatten();
        let rangs = self.by_rpps_rang.values().filter_map(Answer::found);
        finess.chain(siret).chain(rangs).find_map(|found| found.structure.class)
    }

    /// The facts where the registry says nothing of anything, and why.
    #[must_use]
    pub fn silence(wanted: &Wanted, why: &NoAnswer) -> Self {
        fn not<T>(why: &NoAnswer) -> Answer<T> {
            Answer::NoAnswer(why.clone())
        }
        Self {
            snapshot: None,
            by_finess: wanted.finess.as_ref().map(|_| not(why)),
            by_siret: wanted.siret.as_ref().map(|_| not(why)),
            by_rpps_rang: wanted.rpps_rang.iter().map(|rang| (rang.clone(), not(why))).collect(),
            contracts: not(why),
            cards: wanted.cards.iter().map(|card| (card.clone(), not(why))).collect(),
            only_public_cards: false,
            mandates: not(why),
        }
    }
}

/// What to look up for a form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wanted {
    pub finess: Option<Finess>,
    pub siret: Option<Siret>,
    pub rpps_rang: Vec<RppsRang>,
    pub cards: Vec<CardNumber>,
}
