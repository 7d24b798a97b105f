//! Every rule of the rulebook is written down where it was applied, passed as well as failed.

use super::bench::{ADMINISTRATOR, Bench, EG, EJ, SIGNATORY, TODAY, contract};
use crate::domain::applied::{Applied, Outcome};
use crate::domain::case::CaseNumber;
use crate::domain::facts::{ContractStatus, Feed, Mandate};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Field, Masked, Role};
use crate::domain::mail::{MailHead, MailKind, SenderCheck};
use crate::domain::rules::mail;
use crate::domain::sheet::{Area, Mark, Source, Tick, Written, Zone};
use jiff::ToSpan;
use std::collections::BTreeMap;

/// A form of which every part that a rule looks at is there, and right.
fn full() -> Bench {
    let mut bench = Bench::new();
    for (field, raw) in [
        (Field::SslDomain, "ch-evroult.fr"),
        (Field::SmimeMailDomain, "ch-evroult.fr"),
        (Field::ProMailDomain, "ch-evroult.fr"),
    ] {
        bench.writes(field, raw);
    }
    for tick in [Tick::ServerSsl, Tick::ServerSmime, Tick::Pro] {
        bench.marks(tick, Mark::Checked);
    }
    bench.marks(Tick::Terms, Mark::Checked).signs_digitally(true).role(Role::Delegate);
    bench.sheet().digital_signatures[0].trusted = true;
    bench.mandates.push(Mandate {
        line: 7,
        structure: EJ.to_owned(),
        last_name: Masked::new("Breton"),
        first_name: Masked::new("Henri"),
        card: Some(SIGNATORY.to_owned()),
        valid_from: TODAY - 30.days(),
        valid_until: None,
    });
    bench
}

/// Makes a rule fail that reading answers for.
fn read_as(code: Code) -> impl Fn(&mut Bench) {
    move |bench| bench.reading.findings = vec![Finding::reject(code, Field::Document, "Illisible.")]
}

fn head(sender: SenderCheck) -> MailHead {
    let who = crate::domain::mail::Correspondent { name: None, address: Masked::new("a@b.example") };
    MailHead {
        kind: MailKind::Submission,
        automatic_because: None,
        from: Some(who.clone()),
        reply_to: Some(who),
        subject: None,
        message_id: None,
        references: vec![],
        sender,
        spam: false,
        text: Masked::default(),
        notice: None,
    }
}

/// What makes each rule fail, on the full form.
fn failing(code: Code) -> Box<dyn Fn(&mut Bench)> {
    match code {
        Code::FormAbsent
        | Code::FormIncomplete
        | Code::FormEditionUnknown
        | Code::DocumentEncrypted
        | Code::DocumentDamaged
        | Code::DocumentTooLarge
        | Code::DocumentUnsupported
        | Code::DocumentLink => Box::new(read_as(code)),
        Code::FormBlank => Box::new(|bench| *bench.sheet() = crate::domain::sheet::Sheet::default()),
        Code::AlreadyReceived => Box::new(|bench| {
            bench.extra = vec![mail::repeated(&CaseNumber::new(2026, 1))];
        }),
        Code::SenderUnverified => Box::new(|bench| {
            bench.extra = mail::sender(&head(SenderCheck::Failed)).finding().into_iter().collect();
        }),
        Code::Missing => Box::new(|bench| {
            bench.leaves_out(Field::Solution);
        }),
        Code::Malformed => Box::new(|bench| {
            bench.writes(Field::Phone, "01 23");
        }),
        Code::Ambiguous => Box::new(|bench| {
            bench.writes(Field::SslServer, "www.ch-evroult.fr");
        }),
        Code::NotRequested => Box::new(|bench| {
            bench.marks(Tick::Pro, Mark::Empty);
        }),
        Code::NotApplicable => Box::new(|bench| {
            bench.writes(Field::SslDomain, "*.ch-evroult.fr");
        }),
        Code::Duplicate => Box::new(|bench| {
            for (field, raw) in [
                (Field::AdministratorCard(1), ADMINISTRATOR),
                (Field::AdministratorLastName(1), "DELAUNAY"),
                (Field::AdministratorFirstName(1), "Manon"),
                (Field::AdministratorPhone(1), "07 61 57 97 54"),
                (Field::AdministratorEmail(1), "manon.delaunay@ch-evroult.fr"),
            ] {
                bench.writes(field, raw);
            }
        }),
        Code::ValuesDisagree => Box::new(|bench| {
            let unlike = Written::disagreeing(EJ, "310908300", 1.into(), Area::default());
            bench.sheet().texts.insert(Field::Finess, unlike);
        }),
        Code::DateInFuture => Box::new(|bench| {
            bench.writes(Field::Date, &(TODAY + 1.day()).to_string());
        }),
        Code::DateTooOld => Box::new(|bench| {
            bench.writes(Field::Date, &(TODAY - 300.days()).to_string());
        }),
        Code::SignatureBroken => Box::new(|bench| {
            bench.signs_digitally(false);
        }),
        Code::SignatureUntrusted => Box::new(|bench| bench.sheet().digital_signatures[0].trusted = false),
        Code::LowConfidence => Box::new(|bench| {
            bench.writes_hazily(Field::Email, "", 0.2);
        }),
        Code::Unknown => Box::new(|bench| bench.cards.truncate(1)),
        Code::Closed => Box::new(|bench| bench.structure(EJ).closed = true),
        Code::Mismatch => Box::new(|bench| bench.card(ADMINISTRATOR).last_name = Masked::new("Zwingel")),
        Code::NotYetValid => Box::new(|bench| bench.card(SIGNATORY).valid_from = Some(TODAY + 1.day())),
        Code::Expired => Box::new(|bench| bench.card(SIGNATORY).valid_until = Some(TODAY - 1.day())),
        Code::Revoked => Box::new(|bench| bench.card(SIGNATORY).opposed_on = Some(TODAY)),
        Code::ContractMissing => Box::new(|bench| bench.contracts.clear()),
        Code::ContractInactive => Box::new(|bench| bench.contracts[0].status = ContractStatus::Suspended),
        Code::FinessLevel => Box::new(|bench| {
            bench.writes(Field::Finess, EG);
        }),
        Code::FinessAdvice => Box::new(|bench| {
            bench.contracts = vec![contract(EG)];
            bench.writes(Field::Finess, EG).writes(Field::Purpose, "Accès au DMP, Ségur du numérique");
        }),
        Code::MandateMissing => Box::new(|bench| bench.mandates.clear()),
        Code::MandateExpired => Box::new(|bench| bench.mandates[0].valid_until = Some(TODAY - 1.day())),
        Code::RegistryUnavailable => Box::new(|bench| bench.silent = true),
    }
}

fn passed(applied: &[Applied], code: Code) -> bool {
    applied.iter().any(|one| one.rule == code && matches!(one.outcome, Outcome::Passed { .. }))
}

#[test]
fn every_rule_is_written_down_passed_and_failed() {
    let good = full();
    good.accepts();
    let mut applied = good.judged().applied;
    applied.extend([mail::sender(&head(SenderCheck::Verified)), mail::came_before(None)]);
    let mut table = BTreeMap::new();
    for code in Code::ALL {
        let mut bench = full();
        failing(code)(&mut bench);
        let judged = bench.judged();
        let failed = judged.applied.iter().any(|one| one.rule == code && one.severity().is_some());
        table.insert(code, (passed(&applied, code), failed));
        // what is found is what failed, in the same order, and nothing else
        let of_rules: Vec<_> = judged.applied.iter().filter_map(Applied::finding).collect();
        assert_eq!(judged.findings, of_rules, "{code}");
        assert!(judged.findings.iter().any(|finding| finding.code == code), "{code}");
    }
    let wrong: Vec<_> = table.iter().filter(|(_, both)| **both != (true, true)).collect();
    assert!(wrong.is_empty(), "(passed, failed): {wrong:?}");
}

#[test]
fn a_rule_says_on_which_boxes_and_rows_it_rests() {
    let judged = full().judged();
    let one = |code, field| {
        let mut its = judged.applied.iter().filter(|one| one.rule == code && one.field == field);
        its.next().unwrap_or_else(|| panic!("{code} {field}"))
    };
    assert_eq!(one(Code::Malformed, Field::Finess).boxes, [Field::Finess]);
    let card = one(Code::Expired, Field::Card);
    assert_eq!((card.rows[0].feed, card.rows[0].line), (Feed::Cards, 2));
    assert!(card.rows[0].says.expose().contains("Henri Breton"));
    let mandate = one(Code::MandateMissing, Field::Signatory);
    assert_eq!((mandate.rows[0].feed, mandate.rows[0].line), (Feed::Mandates, 7));
    assert!(mandate.boxes.contains(&Field::Role) && mandate.boxes.contains(&Field::Card));
    let contract = one(Code::ContractMissing, Field::Structure);
    let feeds: Vec<_> = contract.rows.iter().map(|row| row.feed).collect();
    assert_eq!(feeds, [Feed::Structures, Feed::Contracts]);
}

#[test]
fn what_is_left_to_a_person_for_want_of_certainty_says_what_the_rule_asks() {
    let mut bench = Bench::new();
    bench.reading.source = Source::Scan;
    bench.writes_hazily(Field::Finess, "310908307", 0.95);
    let judged = bench.judged();
    let eased = judged.applied.iter().find(|one| one.rule == Code::Malformed && one.severity().is_some());
    let Some(Applied { outcome: Outcome::Failed { severity, ruled, .. }, .. }) = eased else { panic!() };
    assert_eq!((*severity, *ruled), (Severity::Review, Severity::Reject));
}

#[test]
fn a_rule_that_could_not_be_applied_says_why() {
    let mut bench = Bench::new();
    bench.structures.clear();
    let judged = bench.judged();
    let left = judged.applied.iter().find(|one| one.rule == Code::ContractMissing);
    assert!(matches!(left.map(|one| &one.outcome), Some(Outcome::NotApplied { .. })));
    let mut unseen = Bench::new();
    unseen.sheet().signature = Zone::Empty;
    unseen.sheet().absent.insert(Field::Signature);
    let judged = unseen.judged();
    let left = judged.applied.iter().find(|one| one.rule == Code::Missing && one.field == Field::Signature);
    assert!(matches!(left.map(|one| &one.outcome), Some(Outcome::NotApplied { .. })));
}
