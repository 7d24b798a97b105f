//! Pictures of pages, for people: drawn by a child like everything that is made of strangers'
//! bytes. Bare pixels come back, so that no file of a child's making reaches anybody.

use super::run::{End, run};
use super::wire::{Frame, Order, Wanted};
use super::{Ended, Job, Sandbox};
use crate::domain::sheet::{Area, PageNumber};
use crate::fault::Fault;
use crate::reading::shown::{Colours, Unshown};

/// A page or a part of it, as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub colours: Colours,
    /// What it shows, in points from the page's top left corner.
    pub area: Area,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    #[error(transparent)]
    Unshown(#[from] Unshown),
    #[error("the page could not be drawn within the limits: {0}")]
    Ended(#[from] Ended),
    /// Ours: no child could be started.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Sandbox {
    /// A page of one of a job's documents, or a part of it (points from its top left corner), as
    /// fine as `dpi` unless the page is too large for it.
    pub async fn picture(
        &self,
        job: Job<'_>,
        page: PageNumber,
        area: Option<Area>,
        dpi: u16,
    ) -> Result<Picture, NoPicture> {
        let pictures = self.pictures(job, page, &[area], dpi).await?;
        pictures.into_iter().next().ok_or(NoPicture::Ended(Ended::Crashed { signal: None }))
    }

    /// Several parts of one page, which is drawn once; as many pictures, in this order.
    pub async fn pictures(
        &self,
        job: Job<'_>,
        page: PageNumber,
        areas: &[Option<Area>],
        dpi: u16,
    ) -> Result<Vec<Picture>, NoPicture> {
        let wanted = Wanted { document: page.document, page: page.page, dpi, areas: areas.to_vec() };
        let order = Order::showing(&self.settings, &self.mime, job, wanted);
        let child = self.nursery.take().await?;
        let (mut pictures, mut unshown) = (Vec::new(), None);
        let end = run(child, &order, job.bytes, &self.settings, &mut |frame, bytes| match frame {
            Frame::Picture { width, height, area } => {
                pictures.push(Picture { colours: Colours { width, height, pixels: bytes }, area });
            }
            Frame::Unshown { why } => unshown = Some(why),
            Frame::Caged(_)
            | Frame::Opened(_)
            | Frame::All { .. }
            | Frame::One { .. }
            | Frame::Recognise { .. }
            | Frame::Paper
            | Frame::Document { .. }
            | Frame::Copy { .. }
            | Frame::End => {}
        })
        .await?;
        match (unshown, end) {
            (Some(why), _) => Err(why.into()),
            (None, End::Through) if pictures.len() == areas.len() => Ok(pictures),
            (None, End::Through | End::Paper) => Err(Ended::Crashed { signal: None }.into()),
        }
    }
}
