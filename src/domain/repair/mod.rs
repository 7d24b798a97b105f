//! What a form that is sent back carries again: the answers that were right, in their boxes; which
//! boxes are emptied, and the numbers beside them, which are those of the letter's list. Only what was
//! read on the form goes in, never what the registry knows: whoever writes learns nothing from it.

mod codes;

use super::case::{Judged, VerdictKind};
use super::finding::{Finding, Severity};
use super::form::Field;
use super::on_paper::Rows;
use super::policy::Policy;
use super::sheet::{Mark, PageNumber, Reading, Sheet, Source, Tick};
use codes::Mending;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Longest text of all answers together, bytes: no form says so much, and they go through a pipe.
const MOST_WORDS: usize = 16 << 10;

/// A place on the form that a number can stand beside. Rows are those on the paper, as in a `Sheet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    Text(Field),
    Tick(Tick),
    Signature,
    Stamp,
}

/// How the copy of one form is to be filled in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The answers that stay, as they were typed, by the row on the paper. All other boxes are empty.
    /// Personal data.
    pub texts: Vec<(Field, String)>,
    /// The boxes that stay ticked.
    pub ticks: BTreeSet<Tick>,
    /// The boxes that are asked again, each with the numbers of its problems in the letter.
    pub numbers: Vec<(Spot, Vec<u16>)>,
    /// The pages that were read, to tell the forms of one mail apart.
    pub pages: BTreeSet<PageNumber>,
    /// Whether the document itself may be given back: it was read wholly, and not on paper.
    pub own: bool,
}

impl fmt::Debug for Repair {
    /// Masked: answers are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repair({} answers, {} spots)", self.texts.len(), self.numbers.len())
    }
}

/// The problems that sent a form back, in the order in which the letter numbers them from 1.
pub fn problems(judged: &Judged) -> impl Iterator<Item = &Finding> {
    judged.findings.iter().filter(|found| found.severity == Severity::Reject)
}

impl Repair {
    /// The copy of a form that was judged from this reading; `None` where none is made: it was not
    /// sent back, or nothing of it can be kept.
    #[must_use]
    pub fn of(judged: &Judged, reading: &Reading, policy: &Policy) -> Option<Self> {
        if judged.verdict.kind() != VerdictKind::Rejected {
            return None;
        }
        let (sheet, form) = (reading.sheet.as_ref()?, judged.form.as_ref()?);
        let grave = |one: &&Finding| one.severity != Severity::Note;
        if judged.findings.iter().filter(grave).any(|one| codes::mending(one.code) == Mending::NoCopy) {
            return None;
        }
        let rows = Rows { sheet, form };
        let about = |one: &Finding| -> Vec<Spot> {
            let spots = if codes::mending(one.code) == Mending::Boxes { codes::spots(one) } else { vec![] };
            spots.into_iter().filter_map(|spot| on_paper(rows, spot)).collect()
        };
        let mut numbers: BTreeMap<Spot, Vec<u16>> = BTreeMap::new();
        for (number, problem) in (1..).zip(problems(judged)) {
            for spot in about(problem) {
                let here = numbers.entry(spot).or_default();
                if !here.contains(&number) {
                    here.push(number);
                }
            }
        }
        let doubt = |one: &&Finding| {
            use super::finding::Code;
            matches!(one.code, Code::LowConfidence | Code::ValuesDisagree)
        };
        let doubted: BTreeSet<Spot> = judged.findings.iter().filter(doubt).flat_map(about).collect();
        let free = |spot: Spot| !numbers.contains_key(&spot) && !doubted.contains(&spot);
        let sure = |confidence: f64| confidence >= policy.min_confidence;
        let texts: Vec<(Field, String)> = sheet
            .texts
            .iter()
            .filter(|(field, written)| {
                free(Spot::Text(**field)) && written.disagrees.is_none() && sure(written.evidence.confidence)
            })
            .map(|(field, written)| (*field, written.value().trim().to_owned()))
            .filter(|(_, words)| !words.is_empty())
            .collect();
        let ticks = sheet.ticks.iter().filter(|(tick, marked)| {
            let certain = marked.mark == Mark::Checked && !marked.disagrees;
            free(Spot::Tick(**tick)) && certain && sure(marked.evidence.confidence)
        });
        let ticks = ticks.map(|(tick, _)| *tick).collect();
        let words: usize = texts.iter().map(|(_, words)| words.len()).sum();
        if texts.is_empty() || words > MOST_WORDS {
            return None;
        }
        let whole = sheet.absent.is_empty() && sheet.unlocated.is_empty() && reading.documents.len() == 1;
        Some(Self {
            texts,
            ticks,
            numbers: numbers.into_iter().collect(),
            pages: pages(sheet),
            own: whole && matches!(reading.source, Source::Fields | Source::Text),
        })
    }
}

/// `None` where the form has no such row.
fn on_paper(rows: Rows<'_>, spot: Spot) -> Option<Spot> {
    match spot {
        Spot::Text(field) => rows.on_paper(field).map(Spot::Text),
        Spot::Tick(_) | Spot::Signature | Spot::Stamp => Some(spot),
    }
}

/// The pages that answers were read on.
fn pages(sheet: &Sheet) -> BTreeSet<PageNumber> {
    let texts = sheet.texts.values().map(|written| written.evidence.page);
    texts.chain(sheet.ticks.values().map(|marked| marked.evidence.page)).collect()
}

#[cfg(test)]
mod tests;
