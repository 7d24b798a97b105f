//! Digital signatures, on documents signed by another program (pyHanko).

use crate::reading::page::{DigitalSignature, WidgetKind};
use crate::reading::pdf::{Limits, open};
use std::path::Path;

const RSA: &[u8] = include_bytes!("../../../fixtures/signatures/sound-rsa.pdf");
const AGAIN: &[u8] = include_bytes!("../../../fixtures/signatures/sound-then-signed-again.pdf");

fn signatures(bytes: &[u8]) -> Vec<DigitalSignature> {
    open(bytes, &Limits::default()).signatures
}

/// Sound, unverifiable.
fn states(bytes: &[u8]) -> Vec<(bool, bool)> {
    signatures(bytes).iter().map(|one| (one.sound, one.unverifiable)).collect()
}

#[test]
fn a_signature_that_verifies_is_sound_and_names_its_signer() {
    let found = signatures(RSA);
    let [one] = found.as_slice() else { panic!("one signature, not {}", found.len()) };
    assert!(one.sound, "{}", one.trouble);
    assert_eq!((one.trouble.as_str(), one.page.page), ("", 1));
    assert_eq!(one.signer.as_deref(), Some("Hélène Exemple-Signataire"));
    assert_eq!((one.area.x0, one.area.y0.round(), one.area.x1), (60.0, 662.0, 250.0));
    let document = open(RSA, &Limits::default());
    let signed = |kind: &WidgetKind| *kind == WidgetKind::Signature { signed: true };
    assert!(document.pages.iter().flat_map(|page| &page.widgets).any(|widget| signed(&widget.kind)));
}

#[test]
fn elliptic_curves_and_pades_are_sound_too() {
    assert_eq!(states(include_bytes!("../../../fixtures/signatures/sound-ecdsa.pdf")), [(true, false)]);
}

#[test]
fn a_second_signature_leaves_the_first_sound() {
    assert_eq!(states(AGAIN), [(true, false), (true, false)]);
}

#[test]
fn line_ends_after_the_document_change_nothing() {
    assert_eq!(states(&[RSA, b"\r\n\r\n"].concat()), [(true, false)]);
}

#[test]
fn a_changed_byte_breaks_it() {
    let broken = include_bytes!("../../../fixtures/signatures/broken-byte-changed.pdf");
    let found = signatures(broken);
    assert_eq!(states(broken), [(false, false)]);
    assert_eq!(found[0].trouble, "le document a été modifié depuis la signature");
}

#[test]
fn a_value_changed_afterwards_breaks_it() {
    let broken = include_bytes!("../../../fixtures/signatures/broken-value-changed-after-signing.pdf");
    assert_eq!(states(broken), [(false, false)]);
    assert_eq!(signatures(broken)[0].trouble, "le document a été modifié après la signature");
}

#[test]
fn what_we_cannot_check_is_not_called_broken() {
    let found = signatures(include_bytes!("../../../fixtures/signatures/unverifiable-p521.pdf"));
    assert_eq!((found[0].sound, found[0].unverifiable), (false, true));
    assert_eq!(found[0].signer.as_deref(), Some("Courbe Inconnue"));
}

#[test]
fn a_range_that_leaves_out_more_than_the_signature_is_no_cover() {
    let range = |bytes: &[u8]| bytes.windows(11).position(|part| part == b"/ByteRange ").expect("a range");
    let mut bytes = RSA.to_vec();
    // the second part starts one byte later: the closing bracket and one byte more are not covered
    let at = range(&bytes);
    let text = String::from_utf8_lossy(&bytes[at..at + 60]).into_owned();
    let numbers: Vec<usize> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    let second = format!(" {} ", numbers[2]);
    let later = format!(" {} ", numbers[2] + 1);
    assert_eq!(second.len(), later.len());
    let place = at + text.find(&second).expect("the second part");
    bytes[place..place + later.len()].copy_from_slice(later.as_bytes());
    assert_eq!(states(&bytes), [(false, false)]);
}

#[test]
fn every_bit_of_what_was_signed_counts() {
    let mut chance = fastrand::Rng::with_seed(413);
    let contents = RSA.windows(10).position(|part| part == b"/Contents ").expect("a signature");
    let mut looked_at = 0;
    for _ in 0..60 {
        let mut bytes = RSA.to_vec();
        let at = chance.usize(100..contents);
        bytes[at] ^= 1 << chance.u8(0..7);
        for one in signatures(&bytes) {
            looked_at += 1;
            assert!(!one.sound, "byte {at}");
        }
    }
    assert!(looked_at > 20, "only {looked_at} of 60 could still be opened");
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/signatures");
    std::fs::read(folder.join(name)).expect("a fixture")
}

const SOUND: &str = "";
const CHANGED: &str = "le document a été modifié après la signature";
const AMENDED: &str = "le document a été complété après la signature, comme le certificateur le permettait";
const RANGE: &str = "la signature ne couvre pas le document";

/// What is said of the signatures of a fixture; all but `SOUND` with whether it is called broken.
fn said(name: &str) -> Vec<(String, bool)> {
    let of = |one: DigitalSignature| {
        assert_eq!(one.sound, one.trouble.is_empty(), "{name}");
        (one.trouble, !one.sound && !one.unverifiable)
    };
    signatures(&fixture(&format!("{name}.pdf"))).into_iter().map(of).collect()
}

fn are(wanted: &[(&str, &[(&str, bool)])]) {
    for (name, outcomes) in wanted {
        let outcomes: Vec<(String, bool)> =
            outcomes.iter().map(|(why, broken)| ((*why).to_owned(), *broken)).collect();
        assert_eq!(said(name), outcomes, "{name}");
    }
}

#[test]
fn keys_and_digests_of_today_are_sound_and_weak_ones_are_for_a_person() {
    are(&[
        ("once-pades", &[(SOUND, false)]),
        ("once-p384", &[(SOUND, false)]),
        ("once-pss", &[(SOUND, false)]),
        ("once-ed25519", &[(SOUND, false)]),
        // the library knows salts as long as the digest only
        ("once-pss-long-salt", &[("algorithme de signature non pris en charge", false)]),
        ("weak-sha1", &[("la signature repose sur une empreinte trop faible (SHA-1)", false)]),
        ("weak-rsa-1024", &[("la clé du signataire est trop courte", false)]),
    ]);
}

#[test]
fn each_signature_is_held_against_its_own_revision() {
    are(&[
        ("twice", &[(SOUND, false), (SOUND, false)]),
        ("twice-and-filled-between", &[(CHANGED, true), (SOUND, false)]),
        ("twice-and-filled-afterwards", &[(CHANGED, true), (CHANGED, true)]),
        ("annotated-afterwards", &[(CHANGED, true)]),
        ("redrawn-afterwards", &[(CHANGED, true)]),
        ("bytes-behind-the-end", &[(CHANGED, true)]),
    ]);
}

#[test]
fn a_certification_says_what_may_come_afterwards() {
    are(&[
        ("certified", &[(SOUND, false)]),
        ("certified-for-nothing-filled", &[(CHANGED, true)]),
        ("certified-for-nothing-annotated", &[(CHANGED, true)]),
        ("certified-for-nothing-redrawn", &[(CHANGED, true)]),
        ("certified-for-filling-filled", &[(AMENDED, false)]),
        ("certified-for-filling-annotated", &[(CHANGED, true)]),
        ("certified-for-filling-redrawn", &[(CHANGED, true)]),
        ("certified-for-filling-signed", &[(SOUND, false), (SOUND, false)]),
        ("certified-for-notes-filled", &[(AMENDED, false)]),
        ("certified-for-notes-annotated", &[(AMENDED, false)]),
        ("certified-for-notes-redrawn", &[(CHANGED, true)]),
        ("certified-and-locked-other-filled", &[(AMENDED, false)]),
        ("certified-and-locked-filled", &[(CHANGED, true)]),
    ]);
}

#[test]
fn who_certifies_an_empty_form_has_not_signed_what_others_fill_in() {
    are(&[
        ("certified-blank-then-filled", &[]),
        ("certified-blank-then-annotated", &[]),
        // but who signs it has
        ("signed-blank-then-filled", &[(CHANGED, true)]),
        ("certified-blank-then-filled-and-signed", &[(SOUND, false)]),
    ]);
    let found = signatures(&fixture("certified-blank-then-filled-and-signed.pdf"));
    assert_eq!(found[0].signer.as_deref(), Some("Marc Exemple-Durand"));
}

#[test]
fn the_time_is_the_stamps_else_what_the_signer_says() {
    let time = |name: &str| signatures(&fixture(name))[0].time.expect("a time");
    // 2026-11-20 09:31:05 UTC
    assert_eq!(time("stamped.pdf"), 1_795_167_065);
    // when the fixtures were made
    assert!(time("once-pades.pdf") > 1_795_167_065 && time("once-p384.pdf") > 1_795_167_065);
    // of the document, nobody's signature
    are(&[("once-then-document-stamped", &[(SOUND, false)]), ("document-stamped-only", &[])]);
}

#[test]
fn a_stamp_over_another_signature_says_nothing() {
    let mut bytes = fixture("stamped.pdf");
    // the time within the token: 20261120093105
    let time = b"3230323631313230303933313035";
    let at = bytes.windows(time.len()).position(|part| part == time).expect("the stamp's time");
    bytes[at + 1] = b'3';
    let found = signatures(&bytes);
    // the token is not signed itself; its time is no longer believed
    assert!(found[0].sound && found[0].time != Some(1_795_167_065));
}

#[test]
fn a_range_that_is_not_the_whole_document_covers_nothing() {
    are(&[
        ("range-from-the-second-byte", &[(RANGE, true)]),
        ("range-with-a-gap", &[(RANGE, true)]),
        ("range-overlaps", &[(RANGE, true)]),
        ("range-beyond-the-end", &[(RANGE, true)]),
        ("range-of-nothing", &[(RANGE, true)]),
        ("range-stops-early", &[("le document a été modifié depuis la signature", true)]),
        // somebody else's range and bytes, in a signature of one's own
        ("contents-elsewhere", &[(RANGE, true)]),
    ]);
}

#[test]
fn a_signer_is_trusted_whose_certificate_leads_to_an_authority_that_is() {
    let trusted = |name: &str, authorities: &[&str]| {
        let mut limits = Limits::default();
        for one in authorities {
            limits.trust.add_pem(&fixture(&format!("trust/{one}.pem"))).expect("a certificate");
        }
        let found = open(&fixture(&format!("{name}.pdf")), &limits).signatures;
        assert!(found[0].sound, "{name}");
        found[0].trusted
    };
    for (name, authorities, wanted) in [
        ("once-pades", &[][..], false),
        ("once-pades", &["root"], true),
        ("once-pades", &["other"], false),
        ("once-pades", &["other", "root"], true),
        ("stamped", &["root"], true),
        ("once-ed25519", &["root"], true),
        ("issuer-unknown", &["root"], false),
        ("issuer-unknown", &["other"], true),
        ("certificate-expired", &["root"], false),
        ("certificate-for-servers", &["root"], false),
        ("certificate-of-her-own", &["root"], false),
        ("certificate-of-her-own", &["her-own"], true),
    ] {
        assert_eq!(trusted(name, authorities), wanted, "{name} {authorities:?}");
    }
}
