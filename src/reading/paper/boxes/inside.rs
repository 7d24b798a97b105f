//! What is in a box: its inner spots of ink, without the frame and without dirt.

use super::Content;
use crate::domain::sheet::Area;
use crate::reading::paper::ink::{Blob, blobs, share};
use crate::reading::paper::picture::{Grey, float, whole};
use crate::reading::paper::straighten::INK;

/// How far a frame reaches into its box, of the box's side.
const RIM: f32 = 0.15;
/// Share of a box's middle that is dark where there is a mark.
const MIDDLE: f32 = 0.02;
/// Darker than this is pale ink.
const PALE: u8 = 205;

/// What is in the part of a picture that lies within a box's frame. `(x0, y0)`: where it was cut out, pixels.
pub fn content(inner: &Grey, (x0, y0): (usize, usize), scale: f32) -> Content {
    let (width, height) = (float(inner.width), float(inner.height));
    let place = |blob: &Blob| {
        let area = blob.area(scale);
        let (dx, dy) = (float(x0) / scale, float(y0) / scale);
        Area { x0: area.x0 + dx, x1: area.x1 + dx, y0: area.y0 + dy, y1: area.y1 + dy }
    };
    let around = |dark: u8| {
        let found = blobs(inner, dark).into_iter().filter(|blob| {
            // remains of the frame lie along it and are thin
            let edge = blob.x0 == 0 || blob.y0 == 0 || blob.x1 == inner.width || blob.y1 == inner.height;
            let thin = float(blob.width().min(blob.height())) < 0.7 * scale;
            let speck = float(blob.width().max(blob.height())) < 1.1 * scale;
            !(speck || edge && thin)
        });
        let found: Vec<_> = found.collect();
        let size: usize = found.iter().map(|blob| blob.size).sum();
        (found.iter().map(place).reduce(|a, b| a.around(&b)), float(size) / (width * height))
    };
    let (dark, inked) = around(INK);
    // a thick frame that slants reaches into the box, and never into its middle
    let rim = whole(RIM * width.min(height)).max(1);
    let (right, low) = (inner.width.saturating_sub(rim), inner.height.saturating_sub(rim));
    let in_the_middle = |dark: u8| share(inner, rim, rim, right, low, dark) >= MIDDLE;
    if let Some(mark) = dark.filter(|_| in_the_middle(INK)) {
        let spans = mark.width().max(mark.height()) * scale;
        let enough = spans >= 0.5 * width.min(height) && inked >= 0.05;
        return if enough { Content::Mark(mark) } else { Content::Something(mark) };
    }
    match around(PALE) {
        (Some(mark), inked) if inked >= 0.05 && in_the_middle(PALE) => Content::Something(mark),
        _ => Content::Nothing,
    }
}
