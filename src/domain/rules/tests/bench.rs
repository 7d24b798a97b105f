//! A complete form and a registry that agrees with it; each test changes one thing.

use crate::domain::applied::Applied;
use crate::domain::case::{Judged, VerdictKind};
use crate::domain::facts::{
    Answer, Card, Class, Contract, ContractStatus, Facts, FinessLevel, Mandate, Structure, StructureFacts,
};
use crate::domain::fill::{fill, wanted};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Field, Masked, Role};
use crate::domain::policy::{CardType, Policy};
use crate::domain::rules::judge_with;
use crate::domain::sheet::{
    Area, DigitalSignature, Evidence, Mark, Marked, Reading, Sheet, Source, Tick, Written, Zone,
};
use jiff::civil::{Date, date};

pub(super) const TODAY: Date = date(2026, 11, 22);
/// A legal entity, its two establishments, and numbers of nobody's.
pub(super) const EJ: &str = "310908306";
pub(super) const EG: &str = "2A0139093";
pub(super) const EG2: &str = "670511633";
pub(super) const EJ_SIRET: &str = "34248611500013";
pub(super) const EG_SIRET: &str = "36786843700032";
pub(super) const SIGNATORY: &str = "2900351819";
pub(super) const ADMINISTRATOR: &str = "2400319487";

pub(super) fn evidence(raw: &str, confidence: f64) -> Evidence {
    Evidence { raw: raw.to_owned(), confidence, page: 1.into(), area: Area::new(0.0, 0.0, 10.0, 10.0) }
}

/// A form on the counter, the registry behind it, the policy and the day.
pub(super) struct Bench {
    pub(super) reading: Reading,
    pub(super) structures: Vec<Structure>,
    pub(super) contracts: Vec<Contract>,
    pub(super) cards: Vec<Card>,
    pub(super) mandates: Vec<Mandate>,
    pub(super) policy: Policy,
    pub(super) day: Date,
    pub(super) extra: Vec<Finding>,
    /// A feed that does not answer.
    pub(super) silent: bool,
}

impl Bench {
    /// A public hospital under its legal number, with a contract: accepted as it stands.
    pub(super) fn new() -> Self {
        let mut bench = Self {
            reading: Reading {
                documents: vec!["F413.pdf".to_owned()],
                source: Source::Fields,
                sheet: Some(Sheet::default()),
                findings: Vec::new(),
            },
            structures: vec![
                structure(
                    EJ,
                    FinessLevel::Legal,
                    "Centre hospitalier de Saint-Évroult",
                    Class::PublicHospital,
                ),
                structure(EG, FinessLevel::Geographical, "Hôpital Nord", Class::PublicHospital),
                structure(EG2, FinessLevel::Geographical, "Hôpital Sud", Class::PublicHospital),
            ],
            contracts: vec![contract(EJ)],
            cards: vec![card(SIGNATORY, "Breton", "Henri"), card(ADMINISTRATOR, "Delaunay", "Manon")],
            mandates: Vec::new(),
            policy: Policy::default(),
            day: TODAY,
            extra: Vec::new(),
            silent: false,
        };
        for (field, raw) in [
            (Field::StructureName, "Centre hospitalier de Saint-Évroult"),
            (Field::Finess, EJ),
            (Field::LastName, "BRETON"),
            (Field::FirstNames, "Henri"),
            (Field::Phone, "02 40 81 94 82"),
            (Field::Email, "henri.breton@ch-evroult.fr"),
            (Field::Card, SIGNATORY),
            (Field::AdministratorCard(0), ADMINISTRATOR),
            (Field::AdministratorLastName(0), "DELAUNAY"),
            (Field::AdministratorFirstName(0), "Manon"),
            (Field::AdministratorPhone(0), "07 61 57 97 54"),
            (Field::AdministratorEmail(0), "manon.delaunay@ch-evroult.fr"),
            (Field::Purpose, "Échanges entre serveurs."),
            (Field::Publisher, "SantéLog"),
            (Field::Solution, "SL-Connect"),
            (Field::Date, "04/11/2026"),
        ] {
            bench.writes(field, raw);
        }
        for tick in [
            Tick::Role(Role::LegalRepresentative),
            Tick::Role(Role::Delegate),
            Tick::Role(Role::PracticeHolder),
            Tick::Org,
            Tick::ServerSsl,
            Tick::ServerSmime,
            Tick::Pro,
        ] {
            bench.marks(tick, Mark::Empty);
        }
        bench.marks(Tick::Role(Role::LegalRepresentative), Mark::Checked);
        bench.marks(Tick::Org, Mark::Checked);
        bench.sheet().signature = Zone::Ink { evidence: evidence("", 1.0) };
        bench.sheet().stamp = Zone::Ink { evidence: evidence("", 1.0) };
        bench
    }

    pub(super) fn sheet(&mut self) -> &mut Sheet {
        self.reading.sheet.as_mut().expect("the bench has a sheet")
    }

    pub(super) fn writes(&mut self, field: Field, raw: &str) -> &mut Self {
        self.writes_hazily(field, raw, 1.0)
    }

    pub(super) fn writes_hazily(&mut self, field: Field, raw: &str, confidence: f64) -> &mut Self {
        let written = Written { evidence: evidence(raw, confidence), disagrees: None };
        self.sheet().texts.insert(field, written);
        self
    }

    pub(super) fn leaves_out(&mut self, field: Field) -> &mut Self {
        self.sheet().texts.remove(&field);
        self
    }

    pub(super) fn marks(&mut self, tick: Tick, mark: Mark) -> &mut Self {
        let marked = Marked { mark, evidence: evidence("X", 1.0), disagrees: false };
        self.sheet().ticks.insert(tick, marked);
        self
    }

    pub(super) fn role(&mut self, role: Role) -> &mut Self {
        self.marks(Tick::Role(Role::LegalRepresentative), Mark::Empty);
        self.marks(Tick::Role(role), Mark::Checked)
    }

    pub(super) fn signs_digitally(&mut self, sound: bool) -> &mut Self {
        let trouble = if sound { String::new() } else { "modified".to_owned() };
        self.sheet().digital_signatures.push(DigitalSignature {
            sound,
            unverifiable: false,
            trouble,
            signer: None,
            time: None,
            trusted: false,
            page: 3.into(),
            area: Area::default(),
        });
        self
    }

    /// The structure with this FINESS is of this class.
    pub(super) fn class(&mut self, class: Option<Class>) -> &mut Self {
        self.structures.iter_mut().for_each(|one| one.class = class);
        self
    }

    pub(super) fn structure(&mut self, finess: &str) -> &mut Structure {
        self.structures
            .iter_mut()
            .find(|one| one.finess.as_deref() == Some(finess))
            .expect("a structure of the bench")
    }

    pub(super) fn card(&mut self, number: &str) -> &mut Card {
        self.cards.iter_mut().find(|one| one.number == number).expect("a card of the bench")
    }

    fn family(&self, structure: &Structure) -> StructureFacts {
        let legal = structure.finess_ej.clone().or_else(|| structure.finess.clone());
        let of_legal = |one: &&Structure| one.finess_ej.is_some() && one.finess_ej == legal;
        StructureFacts {
            structure: structure.clone(),
            legal_entity: self
                .structures
                .iter()
                .find(|one| one.finess.is_some() && one.finess == structure.finess_ej)
                .cloned(),
            establishments: self.structures.iter().filter(of_legal).cloned().collect(),
        }
    }

    fn answer<T>(&self, found: Option<T>) -> Answer<T> {
        use crate::domain::facts::NoAnswer;
        match found {
            _ if self.silent => Answer::NoAnswer(NoAnswer::Stale),
            Some(found) => Answer::Found(found),
            None => Answer::NotFound,
        }
    }

    /// What the registry answers about the form.
    fn facts(&self, form: &crate::domain::form::F413) -> Facts {
        let asked = wanted(form);
        let find = |matches: &dyn Fn(&Structure) -> bool| -> Vec<StructureFacts> {
            self.structures.iter().filter(|one| matches(one)).map(|one| self.family(one)).collect()
        };
        let one = |matches: &dyn Fn(&Structure) -> bool| self.answer(find(matches).into_iter().next());
        Facts {
            snapshot: Some(1),
            by_finess: asked
                .finess
                .as_ref()
                .map(|finess| one(&|structure| structure.finess.as_deref() == Some(finess.as_str()))),
            by_siret: asked.siret.as_ref().map(|siret| {
                let found = find(&|structure| structure.siret.as_deref() == Some(siret.as_str()));
                self.answer((!found.is_empty()).then_some(found))
            }),
            by_rpps_rang: asked
                .rpps_rang
                .iter()
                .map(|rang| {
                    let holds =
                        |structure: &Structure| structure.rpps_rang.iter().any(|one| one == rang.as_str());
                    (rang.clone(), one(&holds))
                })
                .collect(),
            contracts: self.answer(Some(self.contracts.clone())),
            cards: asked
                .cards
                .iter()
                .map(|card| {
                    let found = self.cards.iter().find(|one| one.number == card.as_str());
                    (card.clone(), self.answer(found.cloned()))
                })
                .collect(),
            only_public_cards: false,
            mandates: self.answer(Some(self.mandates.clone())),
        }
    }

    pub(super) fn judged(&self) -> Judged {
        let filled = fill(self.reading.clone(), &self.policy);
        let facts = self.facts(filled.form.as_ref().unwrap_or(&crate::domain::form::F413::default()));
        let extra = self.extra.iter().cloned().map(Applied::from).collect();
        judge_with(filled, &facts, &self.policy, self.day, extra)
    }

    /// Code, pointer and severity of every finding.
    pub(super) fn found(&self) -> Vec<(Code, String, Severity)> {
        let judged = self.judged();
        judged.findings.iter().map(|one| (one.code, one.field.pointer(), one.severity)).collect()
    }

    pub(super) fn verdict(&self) -> VerdictKind {
        self.judged().verdict.kind()
    }

    /// Exactly these findings, and the verdict that follows from them.
    #[track_caller]
    pub(super) fn finds(&self, wanted: &[(Code, Field, Severity)]) {
        let wanted: Vec<_> = wanted.iter().map(|(code, field, how)| (*code, field.pointer(), *how)).collect();
        assert_eq!(self.found(), wanted);
        let verdict = match wanted.iter().map(|(_, _, severity)| *severity).max() {
            Some(Severity::Reject) => VerdictKind::Rejected,
            Some(Severity::Review) => VerdictKind::Review,
            Some(Severity::Note) | None => VerdictKind::Accepted,
        };
        assert_eq!(self.verdict(), verdict);
    }

    #[track_caller]
    pub(super) fn rejects(&self, code: Code, field: Field) -> String {
        self.finds(&[(code, field, Severity::Reject)]);
        self.judged().findings.remove(0).message
    }

    #[track_caller]
    pub(super) fn reviews(&self, code: Code, field: Field) -> String {
        self.finds(&[(code, field, Severity::Review)]);
        self.judged().findings.remove(0).message
    }

    #[track_caller]
    pub(super) fn accepts(&self) {
        self.finds(&[]);
    }
}

pub(super) fn structure(finess: &str, level: FinessLevel, name: &str, class: Class) -> Structure {
    let site = level == FinessLevel::Geographical;
    Structure {
        feed: crate::domain::facts::Feed::Structures,
        line: 2,
        finess: Some(finess.to_owned()),
        level: Some(level),
        finess_ej: site.then(|| EJ.to_owned()),
        siret: None,
        rpps_rang: Vec::new(),
        name: name.to_owned(),
        class: Some(class),
        main_site: None,
        closed: false,
        closed_on: None,
    }
}

pub(super) fn contract(number: &str) -> Contract {
    Contract {
        line: 2,
        number: format!("CA-{number}"),
        structure: number.to_owned(),
        valid_from: date(2024, 1, 1),
        valid_until: None,
        status: ContractStatus::Active,
        representative_last_name: Some(Masked::new("Breton")),
        representative_first_name: Some(Masked::new("Henri")),
    }
}

pub(super) fn card(number: &str, last: &str, first: &str) -> Card {
    Card {
        feed: crate::domain::facts::Feed::Cards,
        line: 2,
        number: number.to_owned(),
        kind: Some(CardType::Cpe),
        last_name: Masked::new(last),
        first_name: Masked::new(first),
        structure: None,
        valid_from: Some(date(2025, 1, 1)),
        valid_until: Some(date(2028, 12, 31)),
        opposed_on: None,
    }
}
