//! What a page draws, read back.

use super::page::{AnnotationKind, InkKind, Origin, Page, Trouble, Word};
use super::pdf::{Limits, open};
use super::pdf_samples::Sample;
use lopdf::{Object, Stream, dictionary};

fn page(sample: Sample) -> Page {
    let document = open(&sample.bytes(), &Limits::default());
    assert_eq!((document.trouble, document.page_count), (None, 1));
    document.pages.into_iter().next().expect("one page")
}

fn drawn(content: &str) -> Page {
    page(Sample::new(content))
}

fn texts(page: &Page) -> Vec<&str> {
    page.words.iter().map(|word| word.text.as_str()).collect()
}

fn near(word: &Word, x: f32, baseline: f32) -> bool {
    (word.area.x0 - x).abs() < 0.6 && word.area.y0 < baseline && word.area.y1 > baseline
}

#[test]
fn words_end_at_spaces_and_at_gaps_but_not_at_kerning() {
    let page = drawn("BT /F 10 Tf 50 700 Td [(Jean) -30 (ne) -200 (D) 40 (urand et) -900 (cie)] TJ ET");
    assert_eq!(texts(&page), ["Jeanne", "Durand", "et", "cie"]);
    assert!(near(&page.words[0], 50.0, 100.0), "{:?}", page.words[0].area);
}

#[test]
fn a_no_break_space_is_a_space() {
    assert_eq!(texts(&drawn("BT /F 10 Tf 50 700 Td (350\u{a0}378) Tj ET")), ["350", "378"]);
}

#[test]
fn evenly_spaced_letters_are_one_word_and_real_spaces_still_cut() {
    let page = drawn("BT /F 10 Tf 4 Tc 50 700 Td (350378055) Tj 0 -20 Td (Jean Durand) Tj ET");
    assert_eq!(texts(&page), ["350378055", "Jean", "Durand"]);
}

#[test]
fn glyphs_placed_one_by_one_make_words() {
    // 8.34: the width of a capital N is 7.22, of the other letters 5.56
    let page = drawn(
        "BT /F 10 Tf 1 0 0 1 50 700 Tm (N) Tj 1 0 0 1 57.2 700 Tm (o) Tj 1 0 0 1 62.8 700 Tm (e) Tj 1 0 0 1 72 700 Tm (l) Tj ET",
    );
    assert_eq!(texts(&page), ["Noe", "l"]);
}

#[test]
fn outlined_and_doubly_struck_text_is_read_once() {
    let page = drawn("BT /F 10 Tf 2 Tr 50 700 Td (Cachet) Tj 0 Tr 0.3 0 Td (Cachet) Tj ET");
    assert_eq!(texts(&page), ["Cachet"]);
}

#[test]
fn places_are_those_of_the_page_as_displayed() {
    let text = "BT /F 10 Tf 0 1 -1 0 100 50 Tm (Signature) Tj ET";
    let sample =
        Sample::new(text).page("Rotate", 90).page("CropBox", [0, 30, 600, 800].map(Object::from).to_vec());
    let page = page(sample);
    assert_eq!((page.width, page.height, page.turned), (770.0, 600.0, 0));
    // turned clockwise, the page's left edge is up and its bottom edge left
    assert!(near(&page.words[0], 20.0, 100.0), "{:?}", page.words[0].area);
}

#[test]
fn a_page_whose_text_lies_on_its_side_is_turned_upright() {
    let line = "BT /F 10 Tf 0 1 -1 0 X 50 Tm (une ligne de texte assez longue) Tj ET\n";
    let content: String = (1..5).map(|n| line.replace('X', &format!("{}", n * 20))).collect();
    let page = drawn(&content);
    assert_eq!((page.width, page.height, page.turned), (800.0, 600.0, 90));
    assert!(near(&page.words[0], 50.0, 20.0), "{:?}", page.words[0].area);
}

#[test]
fn text_nobody_sees_is_marked() {
    let page = drawn(
        "BT /F 10 Tf 50 700 Td 3 Tr (mode) Tj 0 Tr 0 -20 Td 1 g (blanc) Tj 0 g ET \
         BT /F 10 Tf 50 600 Td (dessous) Tj ET 1 g 40 590 100 30 re f \
         0 g 40 490 100 30 re f 1 g BT /F 10 Tf 50 500 Td (clair) Tj ET \
         0 g BT /F 10 Tf 50 400 Td (vu) Tj ET",
    );
    let seen: Vec<(&str, bool)> = page.words.iter().map(|w| (w.text.as_str(), !w.invisible)).collect();
    let expected = [("mode", false), ("blanc", false), ("dessous", false), ("clair", true), ("vu", true)];
    assert_eq!(seen, expected);
}

#[test]
fn what_is_outside_the_page_or_its_clip_is_not_there() {
    let page = drawn(
        "BT /F 10 Tf 700 700 Td (dehors) Tj ET q 0 0 40 40 re W n BT /F 10 Tf 50 700 Td (coupe) Tj ET \
         0 300 m 100 300 l S Q BT /F 10 Tf 50 600 Td (dedans) Tj ET",
    );
    assert_eq!(texts(&page), ["dedans"]);
    assert_eq!(page.rules, []);
}

#[test]
fn ticks_of_symbol_fonts_are_read_as_ticks_and_letters_as_letters() {
    let mut sample = Sample::new(
        "BT /Z 10 Tf 50 700 Td (4) Tj 20 0 Td (8) Tj /W 10 Tf 20 0 Td (t) Tj /F 10 Tf 20 0 Td (x\u{fc}) Tj ET",
    );
    // as Word writes Wingdings: the tick is U+F0FC, in the private use area
    let map = b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <74> <f0fc> endbfchar endcmap";
    let map = sample.add(Stream::new(lopdf::Dictionary::new(), map.to_vec()));
    let wingdings = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
    "ToUnicode" => map };
    if let Ok(fonts) = sample.doc.get_dictionary_mut(sample.fonts) {
        fonts.set("W", wingdings);
    }
    assert_eq!(texts(&page(sample)), ["✔", "✘", "✓", "xü"]);
}

#[test]
fn lines_thin_bars_and_frames_are_rules_and_small_frames_are_boxes() {
    let page = drawn(
        "50 700 m 300 700 l S  50 650 250 0.8 re f  50 500 250 40 re S  50 400 10 10 re S \
         50 300 12 12 re 51 301 10 10 re f*",
    );
    let lying = page.rules.iter().filter(|rule| rule.horizontal).count();
    assert_eq!((lying, page.rules.len() - lying), (4, 2));
    let boxes: Vec<_> = page.ink.iter().map(|ink| ink.kind).collect();
    assert_eq!(boxes, [InkKind::Box, InkKind::Box]);
    let first = page.rules[0].area;
    assert!((first.y0 - 99.5).abs() < 0.1 && (first.x1 - 300.5).abs() < 0.6, "{first:?}");
}

#[test]
fn slanted_and_curved_strokes_are_ink_and_pale_fills_are_light() {
    let page = drawn(
        "50 400 m 60 410 l S  50 300 m 60 320 70 320 80 300 c S \
         0.9 0.95 1 rg 50 200 100 40 re f  0 g 50 100 8 8 re f  1 G 50 50 m 90 90 l S",
    );
    let kinds: Vec<_> = page.ink.iter().map(|ink| ink.kind).collect();
    let fill = |light| InkKind::Fill { light };
    assert_eq!(kinds, [InkKind::Stroke, InkKind::Stroke, fill(true), fill(false)]);
}

#[test]
fn a_picture_of_nothing_is_blank() {
    let picture =
        |pixel: &str| format!("q 80 0 0 40 50 X cm BI /W 2 /H 1 /BPC 8 /CS /G ID {pixel}{pixel} EI Q\n");
    let content = picture("\u{ff}").replace('X', "700") + &picture("\u{10}").replace('X', "500");
    let kinds: Vec<_> = drawn(&content).ink.iter().map(|ink| ink.kind).collect();
    assert_eq!(kinds, [InkKind::Picture { blank: true }, InkKind::Picture { blank: false }]);
}

#[test]
fn a_scan_hides_the_text_beneath_it_and_a_pasted_signature_does_not() {
    let content = |size: &str| {
        format!(
            "BT /F 10 Tf 50 700 Td (Signature) Tj ET q {size} cm BI /W 1 /H 1 /BPC 8 /CS /G ID \u{10} EI Q"
        )
    };
    assert!(drawn(&content("600 0 0 800 0 0")).words[0].invisible);
    assert!(!drawn(&content("120 0 0 60 40 680")).words[0].invisible);
}

#[test]
fn annotations_are_told_from_the_page_and_from_each_other() {
    let mut sample = Sample::new("BT /F 10 Tf 50 700 Td (FINESS) Tj ET");
    let typed = sample.appearance("BT /F 10 Tf 2 5 Td (350378055) Tj ET", 100, 20);
    let stamp = sample.appearance("0.5 0 0 rg 0 0 m 50 10 l 20 40 l f", 50, 50);
    let hidden = sample.appearance("BT /F 10 Tf 2 5 Td (cache) Tj ET", 100, 20);
    let note = |kind: &str, rect: [i64; 4], flags: i64| {
        dictionary! { "Type" => "Annot", "Subtype" => kind, "F" => flags,
        "Rect" => rect.map(Object::from).to_vec() }
    };
    let shown = |mut dict: lopdf::Dictionary, appearance: lopdf::ObjectId| {
        dict.set("AP", dictionary! { "N" => appearance });
        dict
    };
    let mut bare = note("FreeText", [50, 500, 150, 540], 4);
    bare.set("Contents", Object::string_literal("Jean Durand"));
    bare.set("DA", Object::string_literal("/Helv 9 Tf 0 g"));
    let mut drawing = note("Ink", [50, 300, 150, 340], 4);
    drawing.set("InkList", vec![Object::from([50, 300, 100, 340, 150, 300].map(Object::from).to_vec())]);
    let sample = sample
        .annotation(shown(note("FreeText", [100, 690, 200, 710], 4), typed))
        .annotation(bare)
        .annotation(drawing)
        .annotation(shown(note("Stamp", [300, 300, 400, 400], 4), stamp))
        .annotation(shown(note("FreeText", [100, 100, 200, 120], 2), hidden));
    let page = page(sample);
    let by = |kind| Origin::Annotation(kind);
    let words: Vec<(&str, Origin)> = page.words.iter().map(|w| (w.text.as_str(), w.origin)).collect();
    let free = by(AnnotationKind::FreeText);
    assert_eq!(words, [("FINESS", Origin::Page), ("350378055", free), ("Jean", free), ("Durand", free)]);
    assert!(near(&page.words[1], 102.0, 105.0), "{:?}", page.words[1].area);
    let ink: Vec<_> = page.ink.iter().map(|ink| (ink.kind, ink.origin)).collect();
    let dark = InkKind::Fill { light: false };
    assert_eq!(ink, [(InkKind::Stroke, by(AnnotationKind::Ink)), (dark, by(AnnotationKind::Stamp))]);
    assert!((page.ink[1].area.x1 - 400.0).abs() < 0.01);
}

#[test]
fn a_typed_text_that_is_not_drawn_whole_is_in_doubt() {
    let read = |drawn: &str, says: &str| {
        let mut sample = Sample::new("");
        let drawn = sample.appearance(drawn, 60, 20);
        let note = dictionary! { "Type" => "Annot", "Subtype" => "FreeText", "F" => 4,
        "Rect" => [100, 690, 160, 710].map(Object::from).to_vec(),
        "Contents" => Object::string_literal(says), "AP" => dictionary! { "N" => drawn } };
        let words = page(sample.annotation(note)).words;
        words.into_iter().map(|word| (word.text, word.confidence > 0.9)).collect::<Vec<_>>()
    };
    let one = |text: &str, sure: bool| vec![(text.to_owned(), sure)];
    let (whole, cut) = ("BT /F 10 Tf 2 5 Td (a@brenne.f) Tj ET", "BT /F 16 Tf 2 5 Td (a@bre.fr) Tj ET");
    assert_eq!(read(whole, "a@brenne.f"), one("a@brenne.f", true));
    assert_eq!(read(whole, ""), one("a@brenne.f", true));
    // the drawing says less, something else, or nothing; or its box cuts it
    assert_eq!(read(whole, "a@brenne.fr"), one("a@brenne.fr", false));
    assert_eq!(read(whole, "b@brenne.fr"), one("a@brenne.f", false));
    assert_eq!(read("", "a@brenne.fr"), one("a@brenne.fr", false));
    assert_eq!(read(cut, "a@bre.fr"), one("a@bre.fr", false));
}

#[test]
fn bytes_that_are_no_pdf_are_damaged() {
    for bytes in [
        &b""[..],
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 1 0 R>> endobj trailer <</Root 1 0 R>>",
    ] {
        let document = open(bytes, &Limits::default());
        assert_eq!((document.trouble, document.pages.len()), (Some(Trouble::Damaged), 0));
    }
}

#[test]
fn limits_hold_and_say_so() {
    let bytes = Sample::new("").bytes();
    let small = Limits { max_bytes: 100, ..Limits::default() };
    assert_eq!(open(&bytes, &small).trouble, Some(Trouble::TooLarge));
    let document = open(&bytes, &Limits { max_pages: 0, ..Limits::default() });
    assert_eq!((document.page_count, document.pages.len()), (1, 0));
    assert_eq!(document.trouble, Some(Trouble::TooLarge));
}

#[test]
fn a_form_only_its_own_program_can_draw_is_unsupported() {
    let mut sample = Sample::new("BT /F 10 Tf 50 700 Td (Please wait...) Tj ET");
    let xfa = sample.add(Stream::new(lopdf::Dictionary::new(), b"<xdp/>".to_vec()));
    let bytes = sample.form("XFA", xfa).bytes();
    assert_eq!(open(&bytes, &Limits::default()).trouble, Some(Trouble::Unsupported("XFA")));
}

#[test]
fn a_form_that_carries_xfa_besides_its_fields_is_read() {
    let mut sample = Sample::new("");
    let xfa = sample.add(Stream::new(lopdf::Dictionary::new(), b"<xdp/>".to_vec()));
    let sample = sample.form("XFA", xfa).field(super::pdf_samples::widget("Nom", "Tx", [10, 10, 90, 30]));
    assert_eq!(page(sample).widgets.len(), 1);
}

#[test]
fn forms_that_draw_each_other_without_end_are_given_up() {
    let mut sample = Sample::new("/A Do BT /F 10 Tf 50 700 Td (fin) Tj ET");
    // each of 40 forms draws the next one ten times
    let ids: Vec<_> = (0..40).map(|_| sample.doc.new_object_id()).collect();
    for (n, id) in ids.iter().enumerate() {
        let next = ids.get(n + 1).copied().unwrap_or(ids[0]);
        let dict = dictionary! { "Type" => "XObject", "Subtype" => "Form",
        "BBox" => [0, 0, 600, 800].map(Object::from).to_vec(),
        "Resources" => dictionary! { "XObject" => dictionary! { "A" => next } } };
        sample.doc.objects.insert(*id, Stream::new(dict, b"/A Do ".repeat(10)).into());
    }
    let resources = dictionary! { "XObject" => dictionary! { "A" => ids[0] }, "Font" => sample.fonts };
    let document = open(&sample.page("Resources", resources).bytes(), &Limits::default());
    assert_eq!((document.trouble, document.pages.len()), (None, 1));
}

#[test]
fn damaged_bytes_never_escape_as_a_panic() {
    let mut sample = Sample::new("BT /F 10 Tf 50 700 Td (FINESS) Tj ET 50 400 10 10 re S");
    let appearance = sample.appearance("BT /F 10 Tf 2 5 Td (1) Tj ET", 100, 20);
    let mut field = super::pdf_samples::widget("FINESS", "Tx", [10, 10, 90, 30]);
    field.set("AP", dictionary! { "N" => appearance });
    let bytes = sample.field(field).bytes();
    let mut chance = fastrand::Rng::with_seed(413);
    for _ in 0..300 {
        let mut bytes = bytes.clone();
        for _ in 0..chance.usize(1..12) {
            let at = chance.usize(..bytes.len());
            bytes[at] = chance.u8(..);
        }
        bytes.truncate(chance.usize(bytes.len() / 2..=bytes.len()));
        let document = open(&bytes, &Limits::default());
        assert_eq!(document.pages.is_empty(), document.trouble.is_some());
    }
}
