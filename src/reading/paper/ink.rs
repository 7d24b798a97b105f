//! Connected ink: every spot of dark pixels that hang together, with its place and size.

use super::picture::{Grey, float};
use crate::domain::sheet::Area;

/// Runs of dark pixels that are looked at; a page of text has some hundred thousand.
const MOST_RUNS: usize = 2_000_000;

/// A spot of ink, in pixels; the far edges are exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    pub x0: usize,
    pub y0: usize,
    pub x1: usize,
    pub y1: usize,
    /// Dark pixels in it.
    pub size: usize,
}

impl Blob {
    #[must_use]
    pub fn width(&self) -> usize {
        self.x1 - self.x0
    }

    #[must_use]
    pub fn height(&self) -> usize {
        self.y1 - self.y0
    }

    /// In points.
    #[must_use]
    pub fn area(&self, scale: f32) -> Area {
        Area {
            x0: float(self.x0) / scale,
            y0: float(self.y0) / scale,
            x1: float(self.x1) / scale,
            y1: float(self.y1) / scale,
        }
    }

    fn join(&mut self, other: &Self) {
        self.x0 = self.x0.min(other.x0);
        self.y0 = self.y0.min(other.y0);
        self.x1 = self.x1.max(other.x1);
        self.y1 = self.y1.max(other.y1);
        self.size += other.size;
    }
}

/// The spots of pixels darker than `dark`, corners touching.
#[must_use]
pub fn blobs(picture: &Grey, dark: u8) -> Vec<Blob> {
    let mut spots: Vec<Blob> = Vec::new();
    // each spot's way to the one it was joined with
    let mut parents: Vec<usize> = Vec::new();
    let mut above: Vec<(usize, usize, usize)> = Vec::new();
    let mut here: Vec<(usize, usize, usize)> = Vec::new();
    let mut runs = 0usize;
    for y in 0..picture.height {
        here.clear();
        let mut start = None;
        let row = picture.row(y);
        for (x, inked) in row.iter().map(|v| *v < dark).chain([false]).enumerate() {
            match (start, inked) {
                (None, true) => start = Some(x),
                (Some(from), false) => {
                    here.push((from, x, usize::MAX));
                    start = None;
                }
                (None, false) | (Some(_), true) => {}
            }
        }
        runs += here.len();
        if runs > MOST_RUNS {
            break;
        }
        let mut first = 0usize;
        for (from, to, spot) in &mut here {
            while above.get(first).is_some_and(|(_, end, _)| *end < *from) {
                first += 1;
            }
            let mut at = first;
            while let Some((begin, _, other)) = above.get(at).filter(|(begin, ..)| begin <= to) {
                debug_assert!(begin <= to);
                let root = root(&mut parents, *other);
                if *spot == usize::MAX {
                    *spot = root;
                } else if *spot != root {
                    unite(&mut parents, &mut spots, *spot, root);
                }
                at += 1;
            }
            let mark = Blob { x0: *from, y0: y, x1: *to, y1: y + 1, size: *to - *from };
            if *spot == usize::MAX {
                *spot = spots.len();
                spots.push(mark);
                parents.push(*spot);
            } else if let Some(known) = spots.get_mut(*spot) {
                known.join(&mark);
            }
        }
        // joined later in this row: the runs before point to the joined spot
        for (.., spot) in &mut here {
            *spot = root(&mut parents, *spot);
        }
        std::mem::swap(&mut above, &mut here);
    }
    let roots = (0..spots.len()).filter(|index| parents.get(*index) == Some(index));
    roots.filter_map(|index| spots.get(index).copied()).collect()
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at).copied().filter(|parent| *parent != at) {
        let grand = parents.get(parent).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(at) {
            *slot = grand;
        }
        at = grand;
    }
    at
}

fn unite(parents: &mut [usize], spots: &mut [Blob], into: usize, from: usize) {
    let Some(moved) = spots.get(from).copied() else { return };
    if let Some(slot) = parents.get_mut(from) {
        *slot = into;
    }
    if let Some(known) = spots.get_mut(into) {
        known.join(&moved);
    }
}

/// The share of pixels darker than `dark` in a part.
#[must_use]
pub fn share(picture: &Grey, x0: usize, y0: usize, x1: usize, y1: usize, dark: u8) -> f32 {
    let (x1, y1) = (x1.min(picture.width), y1.min(picture.height));
    if x0 >= x1 || y0 >= y1 {
        return 0.0;
    }
    let count: usize = (y0..y1)
        .map(|y| picture.row(y).get(x0..x1).unwrap_or_default().iter().filter(|v| **v < dark).count())
        .sum();
    float(count) / float((x1 - x0) * (y1 - y0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_together_is_one_spot() {
        let drawing = ["#..#...#", "#..#..#.", "####.#..", "........", "......##"];
        let picture = Grey::from_fn(8, 5, |x, y| if drawing[y].as_bytes()[x] == b'#' { 0 } else { 255 });
        let mut found = blobs(&picture, 128);
        found.sort_by_key(|blob| blob.x0);
        assert_eq!(
            found,
            [
                Blob { x0: 0, y0: 0, x1: 4, y1: 3, size: 8 },
                Blob { x0: 5, y0: 0, x1: 8, y1: 3, size: 3 },
                Blob { x0: 6, y0: 4, x1: 8, y1: 5, size: 2 },
            ]
        );
        assert!((share(&picture, 0, 0, 4, 3, 128) - 8.0 / 12.0).abs() < 1e-6);
    }
}
