//! `guichet check --crops DIR`: a picture of the place of each answer, with what stands around it.

use crate::domain::case::Judged;
use crate::domain::mail::DocumentHead;
use crate::domain::sheet::{Area, PageNumber};
use crate::report::Input;
use crate::sandbox::{Job, Picture, Sandbox};
use anyhow::Context as _;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The name and version of the index.
const SCHEMA: &str = "guichet.crops/1";
/// How fine the pictures are.
const DPI: u16 = 150;
/// Shown beside an answer, and above and below it, points: its label stands there.
const BESIDE: f32 = 110.0;
const ABOVE: f32 = 24.0;

/// What is in a folder of crops: `index.json`.
#[derive(Debug, Serialize)]
struct Index<'a> {
    schema: &'static str,
    input: &'a Input,
    /// As in the report; each answer by its JSON pointer.
    submissions: Vec<BTreeMap<String, Crop>>,
}

#[derive(Debug, Serialize)]
struct Crop {
    /// In this folder.
    file: String,
    document: String,
    page: u32,
    /// The answer's place, as in the report's evidence: points from the page's top left corner.
    #[serde(rename = "box")]
    area: [f64; 4],
    /// What the picture shows, in the same points.
    shown: [f64; 4],
    /// Width and height, pixels.
    size: [usize; 2],
}

/// An answer whose place is to be shown.
struct Wanted {
    /// From 0.
    submission: usize,
    pointer: String,
    area: Area,
}

impl Wanted {
    fn file(&self) -> String {
        format!("{}{}.png", self.submission + 1, self.pointer.replace('/', "-"))
    }
}

/// The folder of each file: `folder` itself where there is one file, else one in it by its name.
pub(super) fn folders(folder: &Path, files: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if let [_] = files {
        return Ok(vec![folder.to_owned()]);
    }
    let mut taken = BTreeSet::new();
    files
        .iter()
        .map(|file| {
            let name = file.file_name().with_context(|| format!("{} is not a file", file.display()))?;
            anyhow::ensure!(
                taken.insert(name),
                "two files are called {}: give each a run and a --crops folder of its own",
                name.display()
            );
            Ok(folder.join(name))
        })
        .collect()
}

/// Writes the pictures of every answer, and the index. Returns what could not be shown: the rest is
/// written.
pub(super) async fn write(
    folder: &Path,
    sandbox: &Sandbox,
    job: Job<'_>,
    input: &Input,
    documents: &[DocumentHead],
    judged: &[Judged],
) -> anyhow::Result<Vec<String>> {
    tokio::fs::create_dir_all(folder).await.with_context(|| format!("making {}", folder.display()))?;
    let mut index =
        Index { schema: SCHEMA, input, submissions: judged.iter().map(|_| BTreeMap::new()).collect() };
    let mut troubles = Vec::new();
    for (page, wanted) in by_page(judged) {
        let document = documents.get(page.document).map_or("", |document| document.name.as_str());
        let areas: Vec<_> = wanted.iter().map(|one| Some(with_surroundings(one.area))).collect();
        let pictures = match sandbox.pictures(job, page, &areas, DPI).await {
            Ok(pictures) => pictures,
            Err(why) => {
                troubles.push(format!("no crops of page {} of {document}: {why}", page.page));
                continue;
            }
        };
        for (one, picture) in wanted.iter().zip(pictures) {
            save(&folder.join(one.file()), &picture).await?;
            let crop = Crop {
                file: one.file(),
                document: document.to_owned(),
                page: page.page,
                area: tenths(one.area),
                shown: tenths(picture.area),
                size: [picture.colours.width, picture.colours.height],
            };
            if let Some(submission) = index.submissions.get_mut(one.submission) {
                submission.insert(one.pointer.clone(), crop);
            }
        }
    }
    let path = folder.join("index.json");
    let text = serde_json::to_string_pretty(&index)? + "\n";
    tokio::fs::write(&path, text).await.with_context(|| format!("writing {}", path.display()))?;
    Ok(troubles)
}

/// The answers of all submissions by the page they stand on.
fn by_page(judged: &[Judged]) -> BTreeMap<PageNumber, Vec<Wanted>> {
    let mut pages: BTreeMap<PageNumber, Vec<Wanted>> = BTreeMap::new();
    for (submission, one) in judged.iter().enumerate() {
        for (field, evidence) in one.form.iter().flat_map(|form| form.evidence()) {
            let page = PageNumber { page: evidence.page.page.max(1), ..evidence.page };
            let wanted = Wanted { submission, pointer: field.pointer(), area: evidence.area };
            pages.entry(page).or_default().push(wanted);
        }
    }
    pages
}

fn with_surroundings(area: Area) -> Area {
    Area::new(area.x0 - BESIDE, area.y0 - ABOVE, area.x1 + BESIDE, area.y1 + ABOVE)
}

async fn save(path: &Path, picture: &Picture) -> anyhow::Result<()> {
    let png = picture.colours.png()?;
    tokio::fs::write(path, png).await.with_context(|| format!("writing {}", path.display()))
}

fn tenths(area: Area) -> [f64; 4] {
    [area.x0, area.y0, area.x1, area.y1].map(|points| (f64::from(points) * 10.0).round() / 10.0)
}
