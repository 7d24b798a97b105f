use super::content::without;
use super::graph::{Copier, Refused};
use super::*;
use lopdf::content::{Content, Operation};
use lopdf::{Document as File, Stream};
use std::collections::BTreeSet;

fn nothing_kept() -> Repair {
    Repair {
        texts: vec![(Field::LastName, "Girard-Łukasz".to_owned())],
        ticks: BTreeSet::from([Tick::Org]),
        numbers: vec![
            (Spot::Text(Field::AdministratorEmail(1)), vec![1, 2]),
            (Spot::Tick(Tick::Terms), vec![3]),
            (Spot::Signature, vec![4]),
        ],
        pages: BTreeSet::new(),
        own: false,
    }
}

#[test]
fn the_blank_edition_takes_answers_and_numbers() {
    let copy = repaired(&nothing_kept(), None, 1 << 20).expect("a copy");
    assert!(!copy.own);
    // where the edition has no such box there is no number
    let file = File::load_mem(&copy.bytes).expect("a PDF");
    let marks =
        file.objects.values().filter_map(|object| object.as_dict().ok()?.get(b"TU").ok()?.as_str().ok());
    let marks: BTreeSet<&[u8]> = marks.filter(|tooltip| tooltip.starts_with(b"Point")).collect();
    assert_eq!(marks, BTreeSet::from([&b"Point 1, 2 du courrier"[..], b"Point 4 du courrier"]));
    assert_eq!(copy, repaired(&nothing_kept(), None, 1 << 20).expect("a copy"), "the same every time");
    assert!(repaired(&nothing_kept(), None, 1000).is_none(), "no larger than it may be");
}

#[test]
fn what_has_no_box_in_the_edition_gives_no_copy() {
    for field in [Field::RppsRang(4), Field::AdministratorCard(5)] {
        let more = Repair { texts: vec![(field, "1".to_owned())], ..nothing_kept() };
        assert!(repaired(&more, None, 1 << 20).is_none(), "{field}");
    }
}

#[test]
fn letters_that_not_every_viewer_draws_give_no_copy() {
    let named = |name: &str| Repair { texts: vec![(Field::LastName, name.to_owned())], ..nothing_kept() };
    assert!(repaired(&named("Ștefănescu"), None, 1 << 20).is_some());
    // drawn, it would have a gap, and be sent back with it
    assert!(repaired(&named("Παπαδοπούλου"), None, 1 << 20).is_none());
}

#[test]
fn bytes_that_are_no_pdf_give_the_blank_edition() {
    let own = Repair { own: true, ..nothing_kept() };
    let copy = repaired(&own, Some(b"%PDF-1.7 nothing"), 1 << 20).expect("a copy");
    assert!(!copy.own);
}

#[test]
fn the_number_goes_into_the_title_and_moves_nothing() {
    let copy = repaired(&nothing_kept(), None, 1 << 20).expect("a copy");
    for number in ["F413-2026-000123", "F413-2026-1234567"] {
        let bytes = copy.numbered(number).expect("a place");
        assert_eq!(bytes.len(), copy.bytes.len());
        let file = File::load_mem(&bytes).expect("a PDF");
        let info = file.trailer.get_deref(b"Info", &file).and_then(Object::as_dict).expect("information");
        let title = info.get(b"Title").and_then(Object::as_str).expect("a title");
        assert_eq!(title, format!("F413-a-corriger-{number}").as_bytes());
    }
    assert!(copy.numbered("x) /JS (").is_none() && copy.numbered(&"1".repeat(40)).is_none());
    assert!(Copy { title_at: 0, ..copy.clone() }.numbered("F413").is_none());
    assert!(Copy { title_at: usize::MAX, ..copy }.numbered("F413").is_none());
}

#[test]
fn only_named_entries_are_copied_and_loops_end() {
    let mut from = File::with_version("1.7");
    let id = from.new_object_id();
    let form = dictionary! {
        "Subtype" => "Form", "BBox" => vec![0.into(); 4], "Ref" => dictionary! { "F" => Object::string_literal("x") },
        "Metadata" => id, "Resources" => dictionary! { "XObject" => dictionary! { "A" => id }, "Properties" => id },
    };
    from.objects.insert(id, Stream::new(form, b"/A Do".to_vec()).into());
    let value = Object::Reference(id);
    let mut copier = Copier::new(&from);
    let copy = copier.object(Kind::XObject, &value).expect("copied").expect("a drawing");
    let stream = copier.to.dereference(&copy).expect("there").1.as_stream().expect("a stream");
    assert!(stream.dict.has(b"BBox") && !stream.dict.has(b"Ref") && !stream.dict.has(b"Metadata"));
    assert!(!stream.dict.get(b"Resources").and_then(Object::as_dict).expect("resources").has(b"Properties"));
    assert_eq!(copier.to.objects.len(), 1);
}

#[test]
fn what_nests_or_unpacks_without_measure_is_refused() {
    let mut from = File::with_version("1.7");
    let mut deep = Object::Array(vec![]);
    for _ in 0..100 {
        deep = Object::Array(vec![deep]);
    }
    let state: Object = dictionary! { "D" => deep }.into();
    let mut spaces = Stream::new(Dictionary::new(), vec![b' '; 17 << 20]);
    spaces.compress().expect("packed");
    let bomb = Object::Reference(from.add_object(spaces));
    let strange = Stream::new(dictionary! { "Filter" => "Crypt" }, Vec::new());
    let strange = Object::Reference(from.add_object(strange));
    let mut copier = Copier::new(&from);
    assert_eq!(copier.object(Kind::GraphicsState, &state), Err(Refused));
    assert_eq!(copier.object(Kind::Data, &bomb), Err(Refused));
    assert_eq!(copier.object(Kind::Data, &strange), Err(Refused));
}

/// A page of 200 by 100 points; places are counted from its top.
fn drawn_without(content: &str, place: Area) -> Vec<String> {
    let file = File::new();
    let upright = [1.0, 0.0, 0.0, -1.0, 0.0, 100.0];
    let left = without(content.as_bytes(), None, &file, upright, &[place]).expect("taken apart");
    let operations: Vec<Operation> = Content::decode(&left).expect("operations").operations;
    operations.into_iter().map(|operation| operation.operator).collect()
}

#[test]
fn what_is_drawn_within_a_place_is_left_out_and_the_frame_around_it_stays() {
    let place = Area::new(10.0, 10.0, 60.0, 40.0);
    let frame = "5 50 100 45 re S ";
    let strokes = "q 1 0 0 1 20 70 cm 0 0 m 30 10 l S Q ";
    assert_eq!(
        drawn_without(&format!("{frame}{strokes}"), place),
        ["re", "S", "q", "cm", "m", "l", "n", "Q"]
    );
    let words = "BT /F 9 Tf 12 70 Td (Lu) Tj 0 -50 Td (Nom) Tj ET";
    assert_eq!(drawn_without(words, place), ["BT", "Tf", "Td", "Td", "Tj", "ET"]);
}
