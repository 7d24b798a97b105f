//! The second, independent reading of a page's text, by another crate with other bugs. It never
//! answers a box: it is asked whether it sees the same, where an answer is drawn text.
//!
//! It costs about as much as the first reading, so a page is read when it is first asked for.

use super::page::{Area, Origin, Page, Word};
use super::text::{self, Glyph};
use hayro_interpret::kurbo::{Affine, Point};
use pdf_extract::{Document, MediaBox, OutputDev, OutputError, Transform, output_doc_page};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Glyphs kept of a page.
const MOST_GLYPHS: usize = 60_000;

/// A document opened for second readings.
pub struct Second {
    doc: Document,
    pages: BTreeMap<u32, SecondPage>,
}

/// The words of a page as the second reading has them; none where it could not read the page.
#[derive(Debug, Clone, Default)]
pub struct SecondPage {
    words: Vec<Word>,
}

impl Second {
    /// `None` where this reader cannot open the file: it has nothing to say then.
    #[must_use]
    pub fn open(bytes: &[u8]) -> Option<Self> {
        let doc = catch_unwind(AssertUnwindSafe(|| {
            let mut doc = Document::load_mem(bytes).ok()?;
            if doc.is_encrypted() {
                doc.decrypt("").ok()?;
            }
            Some(doc)
        }));
        doc.ok().flatten().map(|doc| Self { doc, pages: BTreeMap::new() })
    }

    /// The second reading of a page (of its content; not of annotations).
    pub fn page(&mut self, page: &Page) -> &SecondPage {
        let doc = &self.doc;
        self.pages.entry(page.number.page).or_insert_with(|| {
            let mut glyphs =
                Glyphs { to_page: Affine::new(page.user_space.map(f64::from)), found: Vec::new() };
            // the crate panics on much that is merely unusual: what came until then is no reading
            let end = catch_unwind(AssertUnwindSafe(|| output_doc_page(doc, &mut glyphs, page.number.page)));
            match end {
                Ok(Ok(())) => SecondPage { words: text::words(&glyphs.found, &[]) },
                Ok(Err(_)) | Err(_) => SecondPage::default(),
            }
        })
    }
}

/// What the second reading has in an area, where it differs from the page's own words; `None` where
/// both agree, or where the second has nothing to compare: fewer or more letters are a matter of
/// what a reader can read, other letters are a matter of what stands there.
#[must_use]
pub fn disagrees(page: &Page, second: &SecondPage, area: Area) -> Option<String> {
    let first = within(&page.words, &area);
    let other = within(&second.words, &area);
    let (a, b) = (letters(&first), letters(&other));
    let unreadable = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
    let comparable = a.chars().count() == b.chars().count() && !unreadable(&b);
    (comparable && a != b).then(|| {
        let words: Vec<&str> = other.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    })
}

/// The words of the page's content whose middle lies in the area, in reading order.
fn within<'w>(words: &'w [Word], area: &Area) -> Vec<&'w Word> {
    let mut inside: Vec<&Word> =
        words.iter().filter(|word| word.origin == Origin::Page && area.holds(word.area.middle())).collect();
    inside.sort_by(|a, b| {
        let line = |word: &Word| (word.area.y1 / (0.6 * word.size).max(1.0)).round();
        line(a).total_cmp(&line(b)).then(a.area.x0.total_cmp(&b.area.x0))
    });
    inside
}

fn letters(words: &[&Word]) -> String {
    words.iter().flat_map(|word| word.text.chars()).filter(|c| !c.is_whitespace()).collect()
}

/// Collects what the crate puts out, in the places of the page model.
struct Glyphs {
    to_page: Affine,
    found: Vec<Glyph>,
}

impl OutputDev for Glyphs {
    fn begin_page(
        &mut self,
        _: u32,
        _: &MediaBox,
        _: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        trm: &Transform,
        width: f64,
        _spacing: f64,
        font_size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        if self.found.len() >= MOST_GLYPHS || text.is_empty() {
            return Ok(());
        }
        let at = self.to_page * Affine::new([trm.m11, trm.m12, trm.m21, trm.m22, trm.m31, trm.m32]);
        let (start, end) = (at * Point::ZERO, at * Point::new(width * font_size, 0.0));
        let up = at * Point::new(0.0, font_size) - start;
        #[expect(clippy::cast_possible_truncation, reason = "points on a page")]
        let (point, size) = (|p: Point| (p.x as f32, p.y as f32), up.hypot() as f32);
        if start.is_finite() && end.is_finite() && size.is_finite() && size > 0.5 {
            self.found.push(Glyph {
                text: text.to_owned(),
                start: point(start),
                end: point(end),
                size,
                order: 0,
                origin: Origin::Page,
                unseen: false,
                white: false,
                clipped: false,
                doubted: false,
            });
        }
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
