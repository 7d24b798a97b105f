//! Which pages of a message are paper, and what becomes of them.

use super::decode;
use super::engine::{Engine, Silence};
use super::mapping::Mapping;
use super::print::is_written;
use super::{Picture, pages as read_pages};
use crate::reading::forms::other::{has_backdrop, is_garbled, is_wordless};
use crate::reading::page::{Area, Document, Ink, InkKind, Origin, Page, Trouble, Word};
use hayro_syntax::Pdf;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pages of paper that are read of one message; a form has 2 to 5. Further ones go to a person.
const MOST_PAGES: usize = 12;

/// Pages read with the same calls of the engine: each call has its price, each page its memory.
const TOGETHER: usize = 2;

/// The reader of one message's paper.
pub struct Paper<'e> {
    engine: &'e mut dyn Engine,
    left: usize,
    silent: bool,
}

impl<'e> Paper<'e> {
    pub fn new(engine: &'e mut dyn Engine) -> Self {
        Self { engine, left: MOST_PAGES, silent: false }
    }

    /// Reads the pages of a PDF that are pictures, or whose words are no words; those that cannot be
    /// read stay without words, so that they go to a person.
    pub fn pages(&mut self, document: &mut Document, bytes: &[u8]) {
        let unreadable = |page: &Page| is_wordless(page) || is_garbled(page);
        let may_be_paper = |page: &Page| unreadable(page) || has_backdrop(page);
        if !document.pages.iter().any(may_be_paper) {
            return;
        }
        let pdf = guarded(|| Pdf::new(bytes.to_vec())).and_then(Result::ok);
        let mut too_large = 0;
        let mut drawn: Vec<(usize, Picture)> = Vec::new();
        for index in 0..document.pages.len() {
            let Some(page) = document.pages.get_mut(index).filter(|page| may_be_paper(page)) else {
                continue;
            };
            let at = usize::try_from(page.number.page).unwrap_or(0).checked_sub(1);
            let picture = pdf.as_ref().and_then(|pdf| Some((pdf.pages().get(at?)?, pdf)));
            if !unreadable(page) && !picture.is_none_or(|(picture, pdf)| is_written(picture, pdf)) {
                continue;
            }
            distrust(page);
            let Some((picture, pdf)) = picture.filter(|_| self.left > drawn.len() && self.begins()) else {
                continue;
            };
            let picture = match decode::page(picture, pdf) {
                Ok(picture) => picture,
                Err(decode::Refused::TooLarge) => {
                    too_large += 1;
                    continue;
                }
                Err(decode::Refused::Damaged) => continue,
            };
            // the page may be shown turned
            let grey = picture.turned(u8::try_from(page.turned / 90).unwrap_or(0));
            drawn.push((index, Picture { grey, size: Some((page.width, page.height)) }));
            if drawn.len() == TOGETHER {
                self.read_into(document, std::mem::take(&mut drawn));
            }
        }
        self.read_into(document, drawn);
        if too_large == document.pages.len() {
            document.pages.clear();
            document.trouble = Some(Trouble::TooLarge);
        }
    }

    fn read_into(&mut self, document: &mut Document, drawn: Vec<(usize, Picture)>) {
        let (numbers, pictures): (Vec<usize>, Vec<Picture>) = drawn.into_iter().unzip();
        for (index, read) in numbers.into_iter().zip(self.read(pictures)) {
            if let (Some(page), Some(read)) = (document.pages.get_mut(index), read) {
                *page = over(page, read);
            }
        }
    }

    /// The pages of a file that is a picture; `None` where they go to a person.
    pub fn pictures(&mut self, bytes: &[u8]) -> Option<Document> {
        if self.silent || self.left == 0 {
            return None;
        }
        let pictures = match guarded(|| decode::pictures(bytes, self.left))? {
            Ok(pictures) => pictures,
            Err(decode::Refused::TooLarge) => {
                return Some(Document { trouble: Some(Trouble::TooLarge), ..Document::default() });
            }
            Err(decode::Refused::Damaged) => return None,
        };
        if !pictures.more && pictures.read.iter().all(decode::is_tiny) {
            // a logo, an icon: looked at, and nothing is written on it
            let to_displayed = Some(Mapping::SAME.0);
            let page = Page { number: 1.into(), width: 10.0, height: 10.0, to_displayed, ..Page::default() };
            return Some(Document { page_count: 1, pages: vec![page], ..Document::default() });
        }
        let mut pages = Vec::new();
        let mut all = pictures.read.into_iter().map(|grey| Picture { grey, size: None }).peekable();
        while all.peek().is_some() {
            let some = all.by_ref().take(TOGETHER).collect();
            for (number, page) in (pages.len() + 1..).zip(self.read(some)) {
                pages.push(Page { number: u32::try_from(number).unwrap_or(u32::MAX).into(), ..page? });
            }
        }
        if pictures.more {
            pages.push(unread_page(pages.len()));
        }
        Some(Document { page_count: pages.len(), pages, ..Document::default() })
    }

    /// Whether paper is read at all; asked before a page is drawn, which takes long.
    fn begins(&mut self) -> bool {
        self.silent = self.silent || self.engine.begin().is_err();
        !self.silent
    }

    /// Reads pictures of pages together; those that cannot be read are `None`.
    fn read(&mut self, pictures: Vec<Picture>) -> Vec<Option<Page>> {
        let mut wanted = Vec::new();
        let mut fits = Vec::new();
        for picture in pictures {
            let fit = !decode::is_tiny(&picture.grey) && wanted.len() < self.left && self.begins();
            fits.push(fit);
            if fit {
                wanted.push(picture);
            }
        }
        self.left -= wanted.len();
        let engine = &mut *self.engine;
        let mut read = match guarded(|| read_pages(wanted, engine)) {
            Some(Ok(pages)) => pages.into_iter(),
            Some(Err(Silence::Missing | Silence::Failed)) => {
                self.silent = true;
                Vec::new().into_iter()
            }
            None => Vec::new().into_iter(),
        };
        fits.into_iter().map(|fit| if fit { read.next() } else { None }).collect()
    }
}

/// A page that is there but was not read: a picture over all of it.
fn unread_page(before: usize) -> Page {
    let (width, height) = (595.3, 841.9);
    let area = Area { x0: 0.0, y0: 0.0, x1: width, y1: height };
    let ink = vec![Ink { area, kind: InkKind::Picture { blank: false }, origin: Origin::Page }];
    Page {
        number: u32::try_from(before + 1).unwrap_or(u32::MAX).into(),
        width,
        height,
        ink,
        ..Page::default()
    }
}

/// The words over or under a page's picture are a scanner's guess, or somebody's: they may say
/// something else than the picture does. They are what nobody sees. So are words whose letters the
/// file does not tell: what is drawn there is a picture to us.
fn distrust(page: &mut Page) {
    if is_garbled(page) {
        let area = Area { x0: 0.0, y0: 0.0, x1: page.width, y1: page.height };
        page.ink.push(Ink { area, kind: InkKind::Picture { blank: false }, origin: Origin::Page });
    }
    for word in page.words.iter_mut().filter(|word| word.origin == Origin::Page) {
        word.invisible = true;
    }
}

/// The page as read, with what the file itself has over the picture: form fields, comments.
fn over(page: &Page, read: Page) -> Page {
    let back = read.to_displayed.and_then(|way| Mapping(way).back()).unwrap_or(Mapping::SAME);
    let mut out = Page { number: page.number, turned: page.turned, user_space: page.user_space, ..read };
    let own = |origin: Origin| origin != Origin::Page;
    let words = page.words.iter().filter(|word| own(word.origin));
    out.words.extend(words.map(|word| Word { area: back.area(&word.area), ..word.clone() }));
    let ink = page.ink.iter().filter(|ink| own(ink.origin)).cloned();
    out.ink.extend(ink.map(|mut ink| {
        ink.area = back.area(&ink.area);
        ink
    }));
    out.widgets.extend(page.widgets.iter().cloned().map(|mut widget| {
        widget.area = back.area(&widget.area);
        widget
    }));
    out
}

impl Mapping {
    /// The smallest area around an area seen through the mapping.
    #[must_use]
    pub fn area(&self, area: &Area) -> Area {
        let corners = [(area.x0, area.y0), (area.x1, area.y0), (area.x1, area.y1), (area.x0, area.y1)];
        let seen = corners.map(|(x, y)| self.apply(x, y));
        let points = seen.map(|(x, y)| Area { x0: x, y0: y, x1: x, y1: y });
        points.into_iter().reduce(|a, b| a.around(&b)).unwrap_or(*area)
    }
}

fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
