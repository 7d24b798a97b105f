//! Words made of glyphs that no sample program would place so.

use super::page::Origin;
use super::text::{Glyph, joined, words};

fn glyph(text: &str, x: f32, width: f32) -> Glyph {
    Glyph {
        text: text.to_owned(),
        start: (x, 100.0),
        end: (x + width, 100.0),
        size: 10.0,
        order: 1,
        origin: Origin::Page,
        unseen: false,
        white: false,
        clipped: false,
        doubted: false,
    }
}

fn sure(glyphs: &[Glyph]) -> Vec<(String, bool)> {
    words(glyphs, &[]).into_iter().map(|word| (word.text, word.confidence > 0.9)).collect()
}

fn clipped(text: &str, x: f32, width: f32) -> Glyph {
    Glyph { clipped: true, ..glyph(text, x, width) }
}

#[test]
fn what_its_clip_cuts_is_read_whole_and_in_doubt() {
    let cut = [glyph("a@brenne.", 10.0, 45.0), glyph("f", 55.0, 3.0), clipped("r", 58.0, 3.0)];
    assert_eq!(sure(&cut), [("a@brenne.fr".to_owned(), false)]);
    let words = [glyph("Ain", 10.0, 15.0), clipped(" ", 25.0, 3.0), clipped("Sud", 28.0, 15.0)];
    assert_eq!(sure(&words), [("Ain".to_owned(), true), ("Sud".to_owned(), false)]);
    // nothing of it is seen
    let mut elsewhere = clipped("caché", 10.0, 20.0);
    (elsewhere.start.1, elsewhere.end.1) = (300.0, 300.0);
    assert_eq!(sure(&[glyph("Ain", 10.0, 15.0), elsewhere]), [("Ain".to_owned(), true)]);
}

#[test]
fn a_line_drawn_part_by_part_under_two_clips_is_seen() {
    let parts = [
        glyph("350", 10.0, 15.0),
        clipped("378", 25.0, 15.0),
        clipped("350", 10.0, 15.0),
        glyph("378", 25.0, 15.0),
    ];
    assert_eq!(sure(&parts), [("350378".to_owned(), true)]);
}

fn texts(glyphs: &[Glyph]) -> Vec<String> {
    words(glyphs, &[]).into_iter().map(|word| word.text).collect()
}

#[test]
fn accents_drawn_over_their_letters_are_composed() {
    let after = [glyph("E", 10.0, 6.0), glyph("\u{301}", 13.0, 0.0), glyph("r", 16.0, 4.0)];
    assert_eq!(texts(&after), ["Ér"]);
    let before = [glyph("\u{301}", 10.0, 0.0), glyph("E", 10.0, 6.0)];
    assert_eq!(texts(&before), ["É"]);
}

#[test]
fn ligatures_and_hyphens_have_one_spelling() {
    let glyphs = [glyph("o", 10.0, 5.0), glyph("\u{FB03}", 15.0, 8.0), glyph("\u{2011}", 23.0, 4.0)];
    assert_eq!(texts(&glyphs), ["offi-"]);
    let by_name = [glyph("ffi", 10.0, 8.0), glyph("ce", 18.0, 10.0)];
    assert_eq!(texts(&by_name), ["ffice"]);
}

#[test]
fn pieces_of_a_word_drawn_out_of_order_come_together() {
    let pieces = [glyph("055", 40.0, 15.0), glyph("350", 10.0, 15.0), glyph("378", 25.0, 15.0)];
    assert_eq!(texts(&pieces), ["350378055"]);
}

#[test]
fn digits_in_cells_far_apart_stay_apart() {
    let cells: Vec<Glyph> = (0_u8..6).map(|n| glyph("3", 10.0 + 20.0 * f32::from(n), 5.6)).collect();
    assert_eq!(texts(&cells), ["3"; 6]);
    assert_eq!(joined(cells.iter()), "3 3 3 3 3 3");
}

#[test]
fn a_drawing_is_joined_line_by_line_whatever_its_order() {
    let mut below = glyph("Val", 10.0, 15.0);
    below.start.1 = 112.0;
    below.end.1 = 112.0;
    let glyphs = [below, glyph("du", 30.0, 10.0), glyph("Centre", 0.0, 28.0)];
    assert_eq!(joined(glyphs.iter()), "Centre du Val");
}

#[test]
fn a_box_to_tick_is_a_word_of_its_own() {
    let typed_upon = [glyph("☐", 10.0, 9.0), glyph("x", 12.0, 5.0)];
    assert_eq!(texts(&typed_upon), ["☐", "x"]);
    let tight = [glyph("☐", 10.0, 9.0), glyph("O", 19.0, 7.0), glyph("R", 26.0, 7.0), glyph("G", 33.0, 7.0)];
    assert_eq!(texts(&tight), ["☐", "ORG"]);
}
