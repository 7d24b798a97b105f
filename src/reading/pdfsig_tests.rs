//! Digital signatures, on documents signed by another program (pyHanko).

use super::page::{DigitalSignature, WidgetKind};
use super::pdf::{Limits, open};

const RSA: &[u8] = include_bytes!("../../fixtures/signatures/sound-rsa.pdf");
const AGAIN: &[u8] = include_bytes!("../../fixtures/signatures/sound-then-signed-again.pdf");

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
    assert_eq!((one.trouble.as_str(), one.page), ("", 1));
    assert_eq!(one.signer.as_deref(), Some("Hélène Exemple-Signataire"));
    assert_eq!((one.area.x0, one.area.y0.round(), one.area.x1), (60.0, 662.0, 250.0));
    let document = open(RSA, &Limits::default());
    let signed = |kind: &WidgetKind| *kind == WidgetKind::Signature { signed: true };
    assert!(document.pages.iter().flat_map(|page| &page.widgets).any(|widget| signed(&widget.kind)));
}

#[test]
fn elliptic_curves_and_pades_are_sound_too() {
    assert_eq!(states(include_bytes!("../../fixtures/signatures/sound-ecdsa.pdf")), [(true, false)]);
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
    let broken = include_bytes!("../../fixtures/signatures/broken-byte-changed.pdf");
    let found = signatures(broken);
    assert_eq!(states(broken), [(false, false)]);
    assert_eq!(found[0].trouble, "le document a été modifié depuis la signature");
}

#[test]
fn a_value_changed_afterwards_breaks_it() {
    let broken = include_bytes!("../../fixtures/signatures/broken-value-changed-after-signing.pdf");
    assert_eq!(states(broken), [(false, false)]);
    assert_eq!(signatures(broken)[0].trouble, "le document a été modifié après la signature");
}

#[test]
fn what_we_cannot_check_is_not_called_broken() {
    let found = signatures(include_bytes!("../../fixtures/signatures/unverifiable-p521.pdf"));
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
