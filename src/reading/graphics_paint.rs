//! What paints and pictures look like on paper: dark, pale, white, or nothing at all.

use hayro_interpret::{Image, ImageData, Paint};

/// Whether a picture is all white or all transparent. What cannot be decoded is not seen either,
/// but it is the reader's lack: not blank.
pub(super) fn blank(image: &Image<'_, '_>) -> bool {
    let mut blank = false;
    // the decoder may hand out a smaller version where that is cheaper
    let hint = Some((512, 512));
    match image {
        // 255 is painted, 0 is not
        Image::Stencil(stencil) => stencil.with_stencil(
            |mask, paint| blank = Tint::of(paint, 1.0).white || mask.data.iter().all(|&m| m < 8),
            hint,
        ),
        Image::Raster(raster) => raster.with_rgba(
            |image, alpha| {
                let clear = alpha.is_some_and(|a| !a.data.is_empty() && a.data.iter().all(|&v| v < 8));
                let samples = match &image {
                    ImageData::Rgb(rgb) => &rgb.data,
                    ImageData::Luma(luma) => &luma.data,
                };
                blank = clear || samples.iter().all(|&v| v >= 240);
            },
            hint,
        ),
    }
    blank
}

/// What a paint looks like on white paper.
pub(super) struct Tint {
    /// Transparent: nothing is seen.
    pub nothing: bool,
    pub white: bool,
    pub light: bool,
    pub opaque: bool,
}

impl Tint {
    pub fn of(paint: &Paint<'_>, opacity: f32) -> Self {
        match paint {
            Paint::Color(color) => {
                let [r, g, b, a] = color.to_rgba().components();
                let a = a * opacity;
                let on_paper = |c: f32| 1.0 - a * (1.0 - c);
                let luma = 0.3 * on_paper(r) + 0.59 * on_paper(g) + 0.11 * on_paper(b);
                Self { nothing: a < 0.02, white: luma > 0.97, light: luma > 0.75, opaque: a > 0.95 }
            }
            // gradients and hatchings are decoration
            Paint::Pattern(_) => Self { nothing: opacity < 0.02, white: false, light: true, opaque: false },
        }
    }
}
