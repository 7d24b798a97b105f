//! Form fields as programs write them.

use super::page::{ButtonState, Page, Widget, WidgetKind};
use super::pdf::{Limits, open};
use super::pdf_samples::{Sample, widget};
use lopdf::{Dictionary, Object, Stream, StringFormat, dictionary};

fn page(sample: Sample) -> Page {
    let document = open(&sample.bytes(), &Limits::default());
    assert_eq!(document.trouble, None);
    document.pages.into_iter().next().expect("one page")
}

/// Names and values of the text fields.
fn texts(page: &Page) -> Vec<(&str, &str)> {
    page.widgets
        .iter()
        .filter_map(|widget| match &widget.kind {
            WidgetKind::Text { value } => Some((widget.name.as_str(), value.as_str())),
            WidgetKind::Button { .. } | WidgetKind::Signature { .. } | WidgetKind::Other => None,
        })
        .collect()
}

fn with(mut dict: Dictionary, key: &str, value: impl Into<Object>) -> Dictionary {
    dict.set(key, value);
    dict
}

fn bytes(value: &[u8]) -> Object {
    Object::String(value.to_vec(), StringFormat::Hexadecimal)
}

#[test]
fn type_and_value_are_inherited_and_names_are_joined() {
    let mut sample = Sample::new("");
    let (group, field) = (sample.doc.new_object_id(), sample.doc.new_object_id());
    let place = |x: i64| {
        dictionary! { "Type" => "Annot", "Subtype" => "Widget", "Parent" => field,
        "Rect" => [x, 10, x + 50, 30].map(Object::from).to_vec() }
    };
    let (one, two) = (sample.add(place(10)), sample.add(place(100)));
    let of_group = dictionary! { "T" => Object::string_literal("structure"), "FT" => "Tx",
    "Kids" => vec![field.into()] };
    let of_field = dictionary! { "T" => Object::string_literal("finess"), "Parent" => group,
    "V" => Object::string_literal("350378055"), "Kids" => vec![one.into(), two.into()],
    "TU" => Object::string_literal("Num\u{e9}ro") };
    sample.doc.objects.insert(group, of_group.into());
    sample.doc.objects.insert(field, of_field.into());
    let page = page(sample.field_tree(group).listed(one).listed(two));
    assert_eq!(texts(&page), [("structure.finess", "350378055"); 2]);
    assert_eq!(page.widgets[0].tooltip.as_deref(), Some("Numéro"));
    let area = page.widgets[1].area;
    assert_eq!((area.x0, area.y0, area.x1, area.y1), (100.0, 770.0, 150.0, 790.0));
}

#[test]
fn values_are_strings_of_any_encoding_names_streams_or_lists() {
    let mut sample = Sample::new("");
    let stream = sample.add(Stream::new(Dictionary::new(), b"une\nligne".to_vec()));
    let field = |name: &str, value: Object| with(widget(name, "Tx", [10, 10, 90, 30]), "V", value);
    let sample = sample
        .field(field("utf16", bytes(b"\xFE\xFF\x00\xC9\x20\x2F\x00t")))
        .field(field("utf16le", bytes(b"\xFF\xFE\xC9\x00t\x00")))
        .field(field("utf8", bytes("\u{feff}Éric".as_bytes())))
        .field(field("utf8 bare", bytes("Éric".as_bytes())))
        .field(field("doc", bytes(b"\xC9ric \x80 \x9C\xA0")))
        .field(field("name", Object::Name(b"Oui".to_vec())))
        .field(field("stream", stream.into()))
        .field(field("list", vec![bytes(b"a"), bytes(b"b")].into()))
        .field(widget("empty", "Tx", [10, 10, 90, 30]));
    let expected = [
        ("utf16", "É\u{202f}t"),
        ("utf16le", "Ét"),
        ("utf8", "Éric"),
        ("utf8 bare", "Éric"),
        ("doc", "Éric • œ€"),
        ("name", "Oui"),
        ("stream", "une\nligne"),
        ("list", "a\nb"),
        ("empty", ""),
    ];
    assert_eq!(texts(&page(sample)), expected);
}

#[test]
fn a_choice_says_what_it_shows() {
    let pair = |export: &str, shown: &str| {
        Object::from(vec![Object::string_literal(export), Object::string_literal(shown)])
    };
    let choice =
        with(widget("role", "Ch", [10, 10, 90, 30]), "Opt", vec![pair("1", "Mandataire"), pair("2", "x")]);
    let sample = Sample::new("").field(with(choice, "V", Object::string_literal("1")));
    assert_eq!(texts(&page(sample)), [("role", "Mandataire")]);
}

#[test]
fn widgets_on_the_page_count_where_the_form_forgot_them() {
    let field = with(widget("Nom", "Tx", [10, 10, 90, 30]), "V", Object::string_literal("Durand"));
    assert_eq!(texts(&page(Sample::new("").annotation(field.clone()))), [("Nom", "Durand")]);
    let sample = Sample::new("").form("NeedAppearances", true).annotation(field);
    assert_eq!(texts(&page(sample)), [("Nom", "Durand")]);
}

#[test]
fn a_widget_without_a_parent_entry_inherits_through_the_kids() {
    let mut sample = Sample::new("");
    let kid = dictionary! { "Type" => "Annot", "Subtype" => "Widget",
    "Rect" => [10, 10, 50, 30].map(Object::from).to_vec() };
    let kid = sample.add(kid);
    let field = sample.add(dictionary! { "T" => Object::string_literal("Nom"), "FT" => "Tx",
    "V" => Object::string_literal("Durand"), "Kids" => vec![kid.into()] });
    assert_eq!(texts(&page(sample.field_tree(field).listed(kid))), [("Nom", "Durand")]);
}

#[test]
fn loops_in_the_tree_end() {
    let mut sample = Sample::new("");
    let (a, b) = (sample.doc.new_object_id(), sample.doc.new_object_id());
    let node = |name: &str, other| {
        let dict = with(widget(name, "Tx", [10, 10, 90, 30]), "Parent", other);
        with(dict, "Kids", vec![Object::from(other), Object::from(a), Object::from(b)])
    };
    sample.doc.objects.insert(a, node("a", b).into());
    sample.doc.objects.insert(b, node("b", a).into());
    let page = page(sample.field_tree(a).listed(a).listed(b));
    assert_eq!(texts(&page), [("b.a", ""), ("a.b", "")]);
}

#[test]
fn value_and_drawing_are_given_as_they_are() {
    let mut sample = Sample::new("");
    let stale = sample.appearance("/Tx BMC BT /F 10 Tf 2 5 Td (130772445) Tj ET EMC", 100, 20);
    // wrapped, and longer than the box
    let long =
        sample.appearance("BT /F 10 Tf 2 25 Td (Centre hospitalier) Tj 0 -40 Td (du Val) Tj ET", 40, 40);
    let empty = sample.appearance("/Tx BMC EMC", 100, 20);
    let field = |name: &str, value: &str, appearance: lopdf::ObjectId| {
        let dict = with(widget(name, "Tx", [10, 100, 110, 120]), "V", Object::string_literal(value));
        with(dict, "AP", dictionary! { "N" => appearance })
    };
    let hidden = with(field("h", "1", stale), "F", 2);
    let bare = with(widget("bare", "Tx", [10, 10, 90, 30]), "V", Object::string_literal("1"));
    let sample = sample
        .field(field("finess", "350378055", stale))
        .field(field("long", "Centre hospitalier du Val", long))
        .field(field("empty", "Durand", empty))
        .field(hidden)
        .field(bare);
    let page = page(sample);
    let drawn: Vec<Option<&str>> = page.widgets.iter().map(|widget| widget.drawn.as_deref()).collect();
    let expected = [Some("130772445"), Some("Centre hospitalier du Val"), Some(""), None, None];
    assert_eq!(drawn, expected);
    assert!(page.widgets[3].hidden);
}

#[test]
fn appearances_the_form_calls_stale_are_not_trusted() {
    let mut sample = Sample::new("");
    let old = sample.appearance("BT /F 10 Tf 2 5 Td (old) Tj ET", 100, 20);
    let field = with(widget("a", "Tx", [10, 10, 110, 30]), "AP", dictionary! { "N" => old });
    let sample = sample.form("NeedAppearances", true).field(field);
    assert_eq!(page(sample).widgets[0].drawn, None);
}

#[test]
fn widgets_stand_where_they_are_displayed() {
    let sample = Sample::new("").page("Rotate", 90).field(widget("a", "Tx", [50, 100, 250, 120]));
    let area = page(sample).widgets[0].area;
    assert_eq!((area.x0, area.y0, area.x1, area.y1), (100.0, 50.0, 120.0, 250.0));
}

fn state(widget: &Widget) -> (ButtonState, ButtonState, &str) {
    match &widget.kind {
        WidgetKind::Button { value, shown, export, .. } => (*value, *shown, export),
        WidgetKind::Text { .. } | WidgetKind::Signature { .. } | WidgetKind::Other => {
            panic!("not a button: {widget:?}")
        }
    }
}

/// A check box with the given on-state.
fn tick(sample: &mut Sample, on: &[u8], value: &[u8], shown: &[u8]) -> Dictionary {
    let look = sample.appearance("0 0 m 10 10 l S", 10, 10);
    let mut states = dictionary! { "Off" => look };
    states.set(on.to_vec(), look);
    let dict = with(widget("case", "Btn", [10, 10, 20, 20]), "AP", dictionary! { "N" => states });
    let dict = with(dict, "V", Object::Name(value.to_vec()));
    with(dict, "AS", Object::Name(shown.to_vec()))
}

#[test]
fn a_box_is_on_by_any_name_but_off() {
    use ButtonState::{Off, On, Unknown};
    let mut sample = Sample::new("");
    let cases: [(&[u8], &[u8], &[u8]); 6] = [
        (b"Yes", b"Yes", b"Yes"),
        (b"Coch\xE9", b"Coch\xE9", b"Coch\xE9"),
        (b"Coch\xE9", "Coché".as_bytes(), b"Off"),
        (b"1", b"Off", b"Off"),
        (b"Oui", b"Off", b"Oui"),
        (b"Oui", b"Yes", b"Non"),
    ];
    let dicts: Vec<Dictionary> = cases.iter().map(|(on, v, shown)| tick(&mut sample, on, v, shown)).collect();
    let page = page(dicts.into_iter().fold(sample, Sample::field));
    let states: Vec<_> = page.widgets.iter().map(state).collect();
    let expected = [
        (On, On, "Yes"),
        (On, On, "Coché"),
        (On, Off, "Coché"),
        (Off, Off, "1"),
        (Off, On, "Oui"),
        (Unknown, Unknown, "Oui"),
    ];
    assert_eq!(states, expected);
}

#[test]
fn radio_buttons_share_a_value_and_may_export_another() {
    use ButtonState::{Off, On};
    let mut sample = Sample::new("");
    let group = sample.doc.new_object_id();
    let kids: Vec<_> = [(b"0", &b"Off"[..]), (b"1", b"1"), (b"2", b"Off")]
        .into_iter()
        .map(|(on, shown)| {
            let mut dict = tick(&mut sample, on, b"", shown);
            for own in [&b"T"[..], b"FT", b"V"] {
                dict.remove(own);
            }
            sample.add(with(dict, "Parent", group))
        })
        .collect();
    let names = ["Responsable légal", "Mandataire", "Titulaire"];
    let options: Vec<Object> = names.iter().map(|name| Object::string_literal(*name)).collect();
    let field = dictionary! { "T" => Object::string_literal("role"), "FT" => "Btn", "Ff" => 1 << 15,
    "V" => Object::Name(b"1".to_vec()), "Opt" => options,
    "Kids" => kids.iter().copied().map(Object::from).collect::<Vec<_>>() };
    sample.doc.objects.insert(group, field.into());
    let sample = kids.into_iter().fold(sample.field_tree(group), Sample::listed);
    let page = page(sample);
    let states: Vec<_> = page.widgets.iter().map(state).collect();
    assert_eq!(states, [(Off, Off, names[0]), (On, On, names[1]), (Off, Off, names[2])]);
}

#[test]
fn push_buttons_are_no_answers_and_empty_signature_fields_are_unsigned() {
    let push = with(widget("Envoyer", "Btn", [10, 10, 90, 30]), "Ff", 1 << 16);
    let page = page(Sample::new("").field(push).field(widget("Signature", "Sig", [10, 50, 90, 80])));
    let kinds: Vec<_> = page.widgets.iter().map(|widget| widget.kind.clone()).collect();
    assert_eq!(kinds, [WidgetKind::Other, WidgetKind::Signature { signed: false }]);
}
