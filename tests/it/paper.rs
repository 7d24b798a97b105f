//! Paper, read by Tesseract for real: one document of each kind among the fixtures. All of them, and
//! how long they take, are the bench's (`cargo bench --bench paper`).

use crate::desk::{bytes_of, fixture};
use crate::score::Score;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Reads documents of `fixtures/paper`, each beside what is expected of it.
fn reports(names: &[&str]) -> Vec<(Value, Value)> {
    let files: Vec<_> = names.iter().map(|name| fixture(&format!("paper/{name}"))).collect();
    let expected = names.iter().map(|name| {
        let stem = name.rsplit_once('.').unwrap().0;
        serde_json::from_slice(&bytes_of(&format!("paper/{stem}.expected.json"))).unwrap()
    });
    expected.zip(reports_of(&files)).collect()
}

/// Reads documents as a machine with time to spare would.
fn reports_of(files: &[PathBuf]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("guichet.toml");
    // built without optimisation, and beside other tests
    let sample = std::fs::read_to_string("config/guichet.toml").unwrap();
    let patient = sample
        .replace("cpu = \"20 s\"", "cpu = \"200 s\"")
        .replace("wall = \"30 s\"", "wall = \"300 s\"")
        .replace("recognition = \"60 s\"", "recognition = \"300 s\"");
    assert_eq!(patient.matches("\"300 s\"").count(), 2, "the sample still says so");
    std::fs::write(&config, patient).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command.args(["check", "--json", "--as-of", "2026-11-22", "--config"]).arg(&config);
    command.arg("--registry").arg(fixture("registry"));
    command.args(files);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), files.len());
    lines
}

/// Reads one document: at least `right` of a hundred fields (a little less than is measured), nothing at all
/// that is wrong and said to be sure, and no verdict that should not be; the report, for what else is to be said of it.
#[track_caller]
fn read(name: &str, right: usize) -> Value {
    let [(wanted, report)] = <[_; 1]>::try_from(reports(&[name])).unwrap();
    scores(name, right, &wanted, &report);
    report
}

#[track_caller]
fn scores(name: &str, right: usize, wanted: &Value, report: &Value) {
    let mut score = Score::default();
    score.note(name, wanted, report);
    assert_eq!(
        (score.confidently_wrong, score.false_accepts, score.false_rejects, score.lost),
        (0, 0, 0, 0),
        "{:#?}",
        score.misses
    );
    assert!(score.right * 100 >= score.fields * right, "{:#?}", score.misses);
    if let Some(by) = wanted["by"].as_str() {
        let verdict = &report["submissions"][0]["verdict"];
        assert_eq!(verdict != "review", by == "machine", "{verdict}");
    }
}

fn channels(report: &Value) -> Vec<&str> {
    let submissions = report["submissions"].as_array().unwrap();
    submissions.iter().map(|one| one["reading"].as_str().unwrap()).collect()
}

#[test]
fn a_scan_is_read_and_called_one() {
    let report = read("published-200-grey.scan.pdf", 98);
    assert_eq!(channels(&report), ["scan"]);
    assert!(!is_told_by_hand(&report));
}

/// Some programs make shapes of all letters: the page is drawn as fine as a good scan.
#[test]
fn letters_drawn_as_shapes_are_read() {
    read("letters-drawn-as-shapes.scan.pdf", 98);
}

/// Of some scanners each pixel is a point, and the page metres long.
#[test]
fn a_page_metres_long_is_read_as_a_sheet() {
    read("pixels-as-points.scan.pdf", 98);
}

/// "Solution utilisée : Nom de domaine Plus": nobody is told that the box is empty.
#[test]
fn an_answer_that_says_what_a_label_says_is_not_missing() {
    let report = read("solution-called-like-a-label.scan.pdf", 88);
    let findings = report["submissions"][0]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|one| one["code"] != "missing"), "{findings:?}");
}

#[test]
fn pale_print_is_read() {
    read("pale.scan.pdf", 94);
}

#[test]
fn a_negative_is_read() {
    read("negative.scan.pdf", 98);
}

/// Much of a bad fax is read, and what is not is not decided on.
#[test]
fn a_fax_is_read() {
    let report = read("published-fine.fax.pdf", 74);
    assert!(!is_told_by_hand(&report), "badly read, and printed");
}

/// Of grey borders a fax leaves dots, or nothing: an answer is its label's beside which it stands, and a stamp
/// stands under its label.
#[test]
fn a_fax_that_lost_its_borders_is_read_by_its_lines() {
    let report = read("published-dotted-borders.fax.pdf", 94);
    let declared = &report["submissions"][0]["form"]["declaration"];
    assert_eq!(
        (&declared["date"], &declared["signature"], &declared["stamp"]),
        (&"2026-11-13".into(), &"ink".into(), &true.into())
    );
}

/// Worn zeros are no brackets to tick.
#[test]
fn numbers_that_begin_with_worn_zeros_are_whole() {
    let report = read("published-worn-zeros.fax.pdf", 90);
    let signatory = &report["submissions"][0]["form"]["signatory"];
    assert_eq!((&signatory["phone"], &signatory["card"]), (&"+33970378294".into(), &"0017023393".into()));
}

/// Of two addresses in thin print only specks are left: they were not read, and are not missing.
#[test]
fn what_is_worn_to_specks_is_not_taken_for_empty() {
    let report = read("starred-underscores-worn.scan.pdf", 74);
    let findings = report["submissions"][0]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|one| one["code"] != "missing"), "{findings:?}");
}

#[test]
fn circles_to_tick_are_read() {
    assert_eq!(ticks(&read("two-pages-letter.scan.pdf", 95)), ["legal_representative", "org"]);
}

#[test]
fn brackets_to_tick_are_read() {
    let asked = ["legal_representative", "org", "server_ssl", "server_smime", "pro"];
    assert_eq!(ticks(&read("no-numbers-ruled.scan.pdf", 90)), asked);
}

/// The role and the certificates that were ticked.
fn ticks(report: &Value) -> Vec<&str> {
    let form = &report["submissions"][0]["form"];
    let role = form["signatory"]["role"].as_str();
    let asked = |kind: &&str| form["certificates"][kind]["requested"] == true;
    let kinds = ["org", "server_ssl", "server_smime", "pro"].into_iter().filter(asked);
    role.into_iter().chain(kinds).collect()
}

#[test]
fn a_photograph_is_shown_as_its_exif_says() {
    read("exif-orientation-6.photo.jpg", 98);
}

#[test]
fn handwriting_decides_nothing() {
    let report = read("phone-missing.hand.pdf", 0);
    assert_eq!(report["submissions"][0]["verdict"], "review");
    assert!(is_told_by_hand(&report));
    // what is said to have been read at all is in doubt
    for (field, evidence) in report["submissions"][0]["evidence"].as_object().unwrap() {
        assert!(evidence["confidence"].as_f64().unwrap() < 0.9, "{field}");
    }
}

/// Whether staff are told that the answers are handwriting.
fn is_told_by_hand(report: &Value) -> bool {
    let findings = report["submissions"][0]["findings"].as_array().unwrap();
    findings.iter().any(|one| one["field"] == "" && one["message"].as_str().unwrap().contains("à la main"))
}

#[test]
fn a_scan_lying_on_its_side_is_read() {
    read("turned-90.scan.pdf", 82);
}

/// Where digits read upside down are other digits, and look as sure.
#[test]
fn a_scan_upside_down_is_read() {
    read("turned-180.scan.pdf", 82);
}

#[test]
fn one_page_upside_down_among_upright_ones_is_read() {
    let mut pdf = lopdf::Document::load_mem(&bytes_of("paper/published-200-grey.scan.pdf")).unwrap();
    let second = pdf.get_pages()[&2];
    pdf.get_object_mut(second).unwrap().as_dict_mut().unwrap().set("Rotate", 180);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one-page-upside-down.pdf");
    pdf.save(&file).unwrap();
    let wanted = serde_json::from_slice(&bytes_of("paper/published-200-grey.scan.expected.json")).unwrap();
    let [report] = <[Value; 1]>::try_from(reports_of(&[file])).unwrap();
    assert_eq!(channels(&report), ["scan"]);
    scores("one page upside down", 95, &wanted, &report);
}

#[test]
fn pages_in_the_wrong_order_are_read() {
    read("pages-in-the-wrong-order.scan.pdf", 85);
}

#[test]
fn the_pages_of_a_tiff_are_one_form() {
    read("tiff-of-two-pages-g4.scan.tif", 98);
}

#[test]
fn pictures_attached_in_the_wrong_order_are_one_form() {
    let report = read("two-pictures-in-the-wrong-order.scan.eml", 98);
    assert_eq!(report["submissions"][0]["documents"].as_array().unwrap().len(), 2);
}

#[test]
fn a_scanned_page_behind_a_digital_one_completes_the_form() {
    let report = read("first-page-digital-second-scanned.scan.pdf", 92);
    assert_eq!(channels(&report), ["scan"]);
    // what is digital is sure
    assert_eq!(report["submissions"][0]["evidence"]["/structure/finess"]["confidence"], 1.0);
}

/// The words a scanner hid under its picture are another form's, with another FINESS.
#[test]
fn hidden_words_that_say_something_else_count_for_nothing() {
    read("hidden-words-of-another-form.scan.pdf", 95);
}

/// The same words, but seen, and drawn over the picture: nobody can read that.
#[test]
fn words_drawn_over_a_scan_are_not_taken_for_a_digital_form() {
    let report = read("seen-words-of-another-form-over-the-picture.scan.pdf", 0);
    assert_eq!(report["submissions"][0]["verdict"], "review");
}

#[test]
fn an_identity_card_beside_a_form_is_no_question_to_anybody() {
    let report = read("identity-card-beside-a-digital-form.other.eml", 100);
    assert_eq!(report["submissions"].as_array().unwrap().len(), 1);
}
