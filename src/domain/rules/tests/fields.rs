//! The rules of the fields: what is missing, malformed, ambiguous, not asked for.

use super::bench::{ADMINISTRATOR, Bench, EJ};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Field, Role, Signature};
use crate::domain::sheet::{Mark, Sheet, Tick, Zone};

#[test]
fn the_bench_is_accepted_as_it_stands() {
    Bench::new().accepts();
}

#[test]
fn every_box_must_be_filled() {
    for field in [
        Field::StructureName,
        Field::LastName,
        Field::FirstNames,
        Field::Phone,
        Field::Email,
        Field::Card,
        Field::AdministratorCard(0),
        Field::AdministratorLastName(0),
        Field::AdministratorFirstName(0),
        Field::AdministratorPhone(0),
        Field::AdministratorEmail(0),
        Field::Purpose,
        Field::Publisher,
        Field::Solution,
        Field::Date,
    ] {
        let mut bench = Bench::new();
        bench.leaves_out(field).rejects(Code::Missing, field);
        bench.writes(field, " — ").rejects(Code::Missing, field);
        // not on the pages that were sent, or not found on them: never missing
        let mut absent = Bench::new();
        absent.leaves_out(field).sheet().absent.insert(field);
        absent.reading.findings.push(Finding::reject(Code::FormIncomplete, Field::Document, "Page absente."));
        absent.rejects(Code::FormIncomplete, Field::Document);
    }
    let mut bench = Bench::new();
    bench.leaves_out(Field::Finess).rejects(Code::Missing, Field::Structure);
    bench.writes(Field::Siret, "néant").rejects(Code::Missing, Field::Structure);
    let mut zones = Bench::new();
    zones.sheet().signature = Zone::Empty;
    zones.sheet().stamp = Zone::Empty;
    zones.finds(&[
        (Code::Missing, Field::Signature, Severity::Reject),
        (Code::Missing, Field::Stamp, Severity::Reject),
    ]);
}

#[test]
fn a_column_on_a_page_that_was_not_sent_is_not_missing_in_any_row() {
    let mut bench = Bench::new();
    bench.writes(Field::AdministratorCard(1), ADMINISTRATOR);
    bench
        .writes(Field::AdministratorLastName(1), "Delaunay")
        .writes(Field::AdministratorFirstName(1), "Manon");
    bench.writes(Field::AdministratorPhone(1), "0761579754");
    bench.leaves_out(Field::AdministratorEmail(0));
    bench.sheet().unlocated.insert(Field::AdministratorEmail(0));
    bench.finds(&[
        (Code::LowConfidence, Field::Document, Severity::Review),
        (Code::Duplicate, Field::AdministratorCard(1), Severity::Note),
    ]);
}

#[test]
fn the_role_is_one_of_three() {
    let mut bench = Bench::new();
    bench.marks(Tick::Role(Role::LegalRepresentative), Mark::Empty).rejects(Code::Missing, Field::Role);
    bench.marks(Tick::Role(Role::LegalRepresentative), Mark::Checked);
    bench.marks(Tick::Role(Role::Delegate), Mark::Checked).rejects(Code::Ambiguous, Field::Role);
    let mut holder = Bench::new();
    holder.role(Role::PracticeHolder).rejects(Code::NotApplicable, Field::Role);
}

#[test]
fn an_administrators_row_with_anything_in_it_needs_all_five_cells() {
    let mut bench = Bench::new();
    bench.writes(Field::AdministratorLastName(2), "Rousseau");
    bench.finds(&[
        (Code::Missing, Field::AdministratorCard(1), Severity::Reject),
        (Code::Missing, Field::AdministratorFirstName(1), Severity::Reject),
        (Code::Missing, Field::AdministratorPhone(1), Severity::Reject),
        (Code::Missing, Field::AdministratorEmail(1), Severity::Reject),
    ]);
    let judged = bench.judged();
    assert!(judged.findings[0].message.contains("ligne 3"), "{}", judged.findings[0].message);
    assert_eq!(judged.form.expect("a form").administrators[1].line, 3);
    // a row that was crossed out is no row
    let mut crossed = Bench::new();
    for field in [Field::AdministratorCard(1), Field::AdministratorLastName(1), Field::AdministratorEmail(1)]
    {
        crossed.writes(field, "/");
    }
    crossed.accepts();
    let mut none = Bench::new();
    none.sheet().texts.retain(|field, _| !field.pointer().starts_with("/administrators"));
    none.rejects(Code::Missing, Field::Administrators);
}

#[test]
fn a_wrong_value_stands_in_the_report_as_people_expect_it() {
    let mut bench = Bench::new();
    bench.writes(Field::Finess, "FINESS : 31 O908 306").rejects(Code::Malformed, Field::Finess);
    bench.writes(Field::Email, " direction(at)tilleuls ").writes(Field::Phone, "01 23 45");
    bench.writes(Field::Date, " bientôt  peut-être");
    let form = bench.judged().form.expect("a form");
    let shown = |entry: &dyn std::fmt::Debug| format!("{entry:?}");
    assert!(!shown(&form).contains("31O908306"), "masked");
    assert_eq!(wrong(&form.finess), "31O908306");
    assert_eq!(wrong(&form.signatory.email), "direction(at)tilleuls");
    assert_eq!(wrong(&form.signatory.phone), "012345");
    assert_eq!(wrong(&form.date), "bientôt peut-être");
}

fn wrong<T: std::fmt::Debug>(entry: &crate::domain::form::Entry<T>) -> &str {
    use crate::domain::form::Entry;
    match entry {
        Entry::Wrong(words, _) => words.expose(),
        Entry::Blank | Entry::Valid(..) => panic!("not wrong: {entry:?}"),
    }
}

#[test]
fn certificate_types_and_their_lines() {
    let with = |tick: Tick, lines: &[(Field, &str)]| {
        let mut bench = Bench::new();
        bench.marks(tick, Mark::Checked);
        for (field, raw) in lines {
            bench.writes(*field, raw);
        }
        bench
    };
    with(Tick::ServerSsl, &[(Field::SslDomain, "ch-evroult.fr")]).accepts();
    with(Tick::ServerSsl, &[(Field::SslServer, "srv.ch-evroult.fr")]).accepts();
    with(Tick::ServerSsl, &[]).rejects(Code::Missing, Field::ServerSsl);
    with(Tick::ServerSsl, &[(Field::SslDomain, "ch-evroult.fr"), (Field::SslServer, "srv.ch-evroult.fr")])
        .rejects(Code::Ambiguous, Field::ServerSsl);
    with(Tick::ServerSsl, &[(Field::SslDomain, "192.168.1.4")]).rejects(Code::Malformed, Field::SslDomain);
    with(Tick::ServerSsl, &[(Field::SslDomain, "*.ch-evroult.fr")])
        .reviews(Code::NotApplicable, Field::SslDomain);
    with(Tick::ServerSmime, &[(Field::SmimeMailDomain, "@ch-evroult.fr")]).accepts();
    with(Tick::ServerSmime, &[]).rejects(Code::Missing, Field::SmimeMailDomain);
    with(Tick::Pro, &[]).rejects(Code::Missing, Field::ProMailDomain);
    with(Tick::Pro, &[(Field::ProMailDomain, "a@ch-evroult.fr")])
        .rejects(Code::Malformed, Field::ProMailDomain);
    // filled, not ticked
    with(Tick::Org, &[(Field::SslServer, "srv.ch-evroult.fr")]).reviews(Code::NotRequested, Field::ServerSsl);
    with(Tick::Org, &[(Field::SmimeMailDomain, "ch-evroult.fr")])
        .reviews(Code::NotRequested, Field::ServerSmime);
    with(Tick::Org, &[(Field::ProMailDomain, "ch-evroult.fr")]).reviews(Code::NotRequested, Field::Pro);
    let mut none = Bench::new();
    none.marks(Tick::Org, Mark::Empty).rejects(Code::Missing, Field::Certificates);
}

#[test]
fn the_terms_are_accepted_where_the_edition_has_a_box() {
    let mut bench = Bench::new();
    assert_eq!(bench.judged().form.expect("a form").terms_accepted, None);
    bench.marks(Tick::Terms, Mark::Empty).rejects(Code::Missing, Field::TermsAccepted);
    bench.marks(Tick::Terms, Mark::Checked).accepts();
    assert_eq!(bench.judged().form.expect("a form").terms_accepted, Some(true));
}

#[test]
fn a_digital_signature_counts_when_it_is_sound() {
    let state = |bench: &Bench| bench.judged().form.expect("a form").signature;
    let shown = |bench: &Bench| bench.judged().form.expect("a form").signature_evidence.expect("one").raw;
    let mut beside_ink = Bench::new();
    // its issuer is not in the trust list: that is noted, and nothing follows from it
    let untrusted = (Code::SignatureUntrusted, Field::Signature, Severity::Note);
    beside_ink.signs_digitally(true).finds(&[untrusted]);
    assert_eq!(state(&beside_ink), Signature::Digital);
    beside_ink.sheet().digital_signatures[0].signer = Some("Claire Exemple".to_owned());
    beside_ink.sheet().digital_signatures[0].time = Some(1_795_167_065);
    assert_eq!(shown(&beside_ink), "Claire Exemple, 20/11/2026 09:31 UTC");
    let mut alone = Bench::new();
    alone.sheet().signature = Zone::Empty;
    alone.signs_digitally(true).finds(&[untrusted]);
    alone.signs_digitally(true).sheet().digital_signatures[1].trusted = true;
    alone.accepts();
    let mut broken = Bench::new();
    broken.signs_digitally(false).rejects(Code::SignatureBroken, Field::Signature);
    assert_eq!(state(&broken), Signature::Ink);
    broken.sheet().signature = Zone::Empty;
    broken.rejects(Code::SignatureBroken, Field::Signature);
    assert_eq!(state(&broken), Signature::None);
    let mut unverifiable = Bench::new();
    unverifiable.sheet().signature = Zone::Empty;
    unverifiable.signs_digitally(false).sheet().digital_signatures[0].unverifiable = true;
    unverifiable.reviews(Code::LowConfidence, Field::Signature);
    assert_eq!(shown(&unverifiable), "modified");
}

#[test]
fn a_form_without_answers_is_blank_and_nothing_else() {
    let mut bench = Bench::new();
    *bench.sheet() = Sheet::default();
    bench.marks(Tick::Org, Mark::Empty);
    bench.rejects(Code::FormBlank, Field::Document);
    bench.reading.findings = vec![Finding::reject(Code::FormBlank, Field::Document, "Vide.")];
    bench.rejects(Code::FormBlank, Field::Document);
}

#[test]
fn the_same_card_on_two_rows_is_noted() {
    let mut bench = Bench::new();
    for (field, raw) in [
        (Field::AdministratorCard(1), "24 00 31 94 87"),
        (Field::AdministratorLastName(1), "Delaunay"),
        (Field::AdministratorFirstName(1), "Manon"),
        (Field::AdministratorPhone(1), "0761579754"),
        (Field::AdministratorEmail(1), "manon.delaunay@ch-evroult.fr"),
    ] {
        bench.writes(field, raw);
    }
    bench.finds(&[(Code::Duplicate, Field::AdministratorCard(1), Severity::Note)]);
    assert!(bench.judged().findings[0].message.contains("ligne 1"));
}

#[test]
fn labels_and_separators_typed_by_people_do_not_matter() {
    let mut bench = Bench::new();
    for typed in ["FINESS : 310 908 306", "N° 31\u{202F}0908\u{A0}306", "310.908-306"] {
        bench.writes(Field::Finess, typed).accepts();
        let form = bench.judged().form.expect("a form");
        assert_eq!(form.finess.valid().map(crate::domain::identifiers::Finess::as_str), Some(EJ));
    }
}
