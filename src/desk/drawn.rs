//! Pages as pictures, drawn in the sandbox once and kept for a while: who looks at a case asks for the
//! same page again and again, whole and in parts.

use crate::domain::sheet::{Area, PageNumber};
use crate::pipeline::{Line, NoPicture, Picture};
use crate::store::{MailId, OpenCase};
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Pages kept: some 3 MB each.
const KEPT: usize = 12;
/// How fine they are.
const DPI: u16 = 110;

/// Which page, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Mail(MailId, PageNumber),
    /// A file by its SHA-256.
    File([u8; 32], u32),
}

type Page = Arc<OnceCell<Option<Arc<Picture>>>>;

/// The pages drawn last.
#[derive(Debug, Default)]
pub(super) struct Drawn(Mutex<VecDeque<(Which, Page)>>);

impl Drawn {
    /// A page of a case's mail; `None` where the mail is not kept. Who asks while it is being drawn waits
    /// for the same picture.
    pub(super) async fn page(
        &self,
        line: &Line,
        open: &OpenCase,
        page: PageNumber,
    ) -> Result<Option<Arc<Picture>>, NoPicture> {
        let place = self.place(Which::Mail(open.message, page));
        let drawn = place.get_or_try_init(|| async {
            Ok::<_, NoPicture>(line.page(open, page, DPI).await?.map(Arc::new))
        });
        drawn.await.cloned()
    }

    /// A page of something that is attached to a letter of ours, from 1.
    pub(super) async fn file(
        &self,
        line: &Line,
        (name, bytes): (&str, &[u8]),
        page: u32,
    ) -> Result<Option<Arc<Picture>>, NoPicture> {
        let place = self.place(Which::File(Sha256::digest(bytes).into(), page));
        let drawn = place.get_or_try_init(|| async {
            Ok::<_, NoPicture>(Some(Arc::new(line.page_of(name, bytes, page, DPI).await?)))
        });
        drawn.await.cloned()
    }

    fn place(&self, which: Which) -> Page {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| *known == which).and_then(|at| kept.remove(at));
        let one = found.unwrap_or_else(|| (which, Page::default()));
        let page = one.1.clone();
        kept.push_back(one);
        if kept.len() > KEPT {
            kept.pop_front();
        }
        page
    }
}

/// A part of a picture, in points from the page's top left corner.
pub(super) fn part(picture: &Picture, wanted: Area) -> Picture {
    let colours = &picture.colours;
    let Some(shown) = wanted.overlap(&picture.area) else { return picture.clone() };
    let [x0, y0, x1, y1] = pixels(picture, shown);
    let mut cut = Vec::with_capacity((x1 - x0) * (y1 - y0) * 3);
    for y in y0..y1 {
        let row = (y * colours.width + x0) * 3..(y * colours.width + x1) * 3;
        cut.extend_from_slice(colours.pixels.get(row).unwrap_or_default());
    }
    let mut part = picture.clone();
    part.colours.width = x1 - x0;
    part.colours.height = y1 - y0;
    part.colours.pixels = cut;
    part.area = shown;
    part
}

/// The picture with a frame around an area.
pub(super) fn framed(picture: &Picture, area: Area) -> Picture {
    const BLUE: [u8; 3] = [0x0a, 0x76, 0xf6];
    const THICK: usize = 3;
    let mut framed = picture.clone();
    let wide = Area::new(area.x0 - 4.0, area.y0 - 4.0, area.x1 + 4.0, area.y1 + 4.0);
    let Some(shown) = wide.overlap(&picture.area) else { return framed };
    let [x0, y0, x1, y1] = pixels(picture, shown);
    let width = framed.colours.width;
    for y in y0..y1 {
        for x in x0..x1 {
            let edge = x < x0 + THICK || x + THICK >= x1 || y < y0 + THICK || y + THICK >= y1;
            let at = (y * width + x) * 3;
            if let Some(pixel) = framed.colours.pixels.get_mut(at..at + 3).filter(|_| edge) {
                pixel.copy_from_slice(&BLUE);
            }
        }
    }
    framed
}

/// An area in pixels: left, top, right and bottom, at least one pixel each way.
fn pixels(picture: &Picture, area: Area) -> [usize; 4] {
    let (width, height) = (picture.colours.width.max(1), picture.colours.height.max(1));
    let share = |point: f32, from: f32, to: f32, side: usize| {
        let share = ((point - from) / (to - from).max(1.0)).clamp(0.0, 1.0);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sides of pictures"
        )]
        let place = (share * side as f32).round() as usize;
        place
    };
    let whole = picture.area;
    let x0 = share(area.x0, whole.x0, whole.x1, width).min(width - 1);
    let y0 = share(area.y0, whole.y0, whole.y1, height).min(height - 1);
    let x1 = share(area.x1, whole.x0, whole.x1, width).clamp(x0 + 1, width);
    let y1 = share(area.y1, whole.y0, whole.y1, height).clamp(y0 + 1, height);
    [x0, y0, x1, y1]
}
