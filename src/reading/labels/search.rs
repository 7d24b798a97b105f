//! The search for labels in the lines of a page.

use super::printed::{is_apart, page_numbers, printed};
use super::wording::{PATTERNS, beginning};
use super::{Hit, Key, around, is_box_glyph, is_footnote};
use crate::reading::layout::View;
use crate::reading::layout::fold::{ANY, alike, is_filler, slips};
use crate::reading::page::Origin;

/// The labels of a page, from the top, and which pieces are covered by the form's printed text.
#[must_use]
pub fn find(view: &View<'_>) -> Vec<Hit> {
    let printed = printed(view);
    let mut search = Search { view, printed, taken: vec![false; view.pieces.len()], hits: Vec::new() };
    for line in page_numbers(view) {
        search.claim(Key::Prose, line.pieces.clone());
    }
    for line in 0..view.lines.len() {
        search.line(line);
    }
    for line in 0..view.lines.len() {
        search.prose(line);
    }
    let mut hits = search.hits;
    hits.sort_by(|a, b| a.core.y0.total_cmp(&b.core.y0));
    hits
}

struct Search<'a> {
    view: &'a View<'a>,
    printed: Vec<bool>,
    taken: Vec<bool>,
    hits: Vec<Hit>,
}

impl Search<'_> {
    fn line(&mut self, line: usize) {
        let Some(here) = self.view.lines.get(line) else { return };
        let mut position = 0;
        while position < here.pieces.len() {
            position = self.label(line, position).unwrap_or(position + 1);
        }
    }

    /// Looks for a label that starts at this word; the position in the line after it.
    fn label(&mut self, line: usize, position: usize) -> Option<usize> {
        let here = self.view.lines.get(line)?;
        let first = *here.pieces.get(position)?;
        let flow = self.flow(first, line, position, 24);
        let opening = self.opens(line, position);
        for (key, pattern, count) in self.patterns_at(first, &flow) {
            let core: Vec<usize> = flow.iter().take(count).copied().collect();
            if !opening && !self.stands_alone(&core, pattern) {
                continue;
            }
            if let Some(hit) = self.hit(key, &core, &flow) {
                for index in &hit.pieces {
                    if let Some(taken) = self.taken.get_mut(*index) {
                        *taken = true;
                    }
                }
                let after = here.pieces.iter().rposition(|index| hit.pieces.contains(index));
                self.hits.push(hit);
                return after.map(|at| at + 1);
            }
        }
        None
    }

    /// The patterns that the words from here on spell, longest first, with their number of words.
    fn patterns_at(&self, first: usize, flow: &[usize]) -> Vec<(Key, &'static str, usize)> {
        let usable = self.view.piece(first).is_some_and(|p| p.origin == Origin::Page && !p.key.is_empty());
        if !usable || self.is_taken(first) {
            return Vec::new();
        }
        let letters = flow.iter().filter_map(|index| self.view.piece(*index)).flat_map(|p| p.key.chars());
        let start: String = letters.take(3).collect();
        let patterns: Vec<&(Key, String)> = if start.contains(ANY) {
            let fits = |known: &str| known.chars().zip(start.chars()).all(|(a, b)| b == ANY || a == b);
            PATTERNS.iter().filter(|(known, _)| fits(known)).flat_map(|(_, list)| list).collect()
        } else {
            beginning(&start).collect()
        };
        let spelt = patterns
            .iter()
            .filter_map(|(key, pattern)| Some((*key, pattern.as_str(), self.matches(flow, pattern)?)));
        spelt.collect()
    }

    /// Whether a label could start at the head of this line.
    fn begins_label(&self, line: usize) -> bool {
        let Some(here) = self.view.lines.get(line) else { return false };
        (0..here.pieces.len().min(3)).any(|position| {
            let Some(first) = here.pieces.get(position).copied() else { return false };
            self.opens(line, position)
                && !self.patterns_at(first, &self.flow(first, line, position, 24)).is_empty()
        })
    }

    /// Whether the header of another column starts here, so close to the one before it that both
    /// stand in one line ("… sur la carte Prénom figurant …").
    fn begins_header(&self, index: usize) -> bool {
        let Some(piece) = self.view.piece(index) else { return false };
        let capital = piece.text.chars().next().is_some_and(char::is_uppercase);
        let line = self.view.lines.get(piece.line);
        let position = line.and_then(|line| line.pieces.iter().position(|other| *other == index));
        let Some(position) = position.filter(|at| capital && *at > 0) else { return false };
        let flow = self.flow(index, piece.line, position, 8);
        self.patterns_at(index, &flow).iter().any(|(key, ..)| key.is_personal())
    }

    fn is_taken(&self, index: usize) -> bool {
        self.taken.get(index).copied().unwrap_or(true)
    }

    /// The words from here on, as they are read: along the line, then into the one it wraps into.
    fn flow(&self, first: usize, line: usize, position: usize, limit: usize) -> Vec<usize> {
        let mut out = vec![first];
        let (mut line, mut position) = (line, position + 1);
        while out.len() < limit {
            let Some(here) = self.view.lines.get(line) else { break };
            if let Some(index) = here.pieces.get(position) {
                if self.is_taken(*index) {
                    break;
                }
                out.push(*index);
                position += 1;
            } else {
                let Some(below) = here.below else { break };
                (line, position) = (below, 0);
            }
        }
        out
    }

    /// How many words of the flow spell the pattern.
    fn matches(&self, flow: &[usize], pattern: &str) -> Option<usize> {
        let mut letters = String::with_capacity(pattern.len() + 8);
        let budget = slips(pattern);
        for (count, index) in flow.iter().enumerate() {
            let piece = self.view.piece(*index)?;
            letters.push_str(&piece.key);
            if letters.len() + budget >= pattern.len() && !piece.key.is_empty() && alike(&letters, pattern) {
                return Some(count + 1);
            }
            if letters.len() > pattern.len() + budget {
                return None;
            }
        }
        None
    }

    /// Whether a label may start here: at the line's start, after its number, after a tick box or
    /// after another label.
    fn opens(&self, line: usize, position: usize) -> bool {
        let Some(here) = self.view.lines.get(line) else { return false };
        for index in here.pieces.iter().take(position).rev() {
            if self.is_taken(*index) {
                return true;
            }
            let Some(piece) = self.view.piece(*index) else { return false };
            let number = piece.key.len() <= 3 && piece.key.chars().all(|c| c.is_ascii_digit());
            let bullet = piece.key.is_empty() || matches!(piece.key.as_str(), "x" | "o" | "q");
            if !number && !bullet {
                return false;
            }
        }
        true
    }

    /// In the middle of a line only what is written like a label counts: "… Prénom :", or a long
    /// sentence of the form.
    fn stands_alone(&self, core: &[usize], pattern: &str) -> bool {
        let text = |index: Option<&usize>| {
            index.and_then(|index| self.view.piece(*index)).map_or("", |piece| &piece.text)
        };
        let capital = text(core.first()).chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
        let colon = text(core.last()).ends_with(':')
            || core
                .last()
                .and_then(|last| self.next_in_line(*last))
                .is_some_and(|next| text(Some(&next)).starts_with(':'));
        capital && (colon || pattern.len() >= 20)
    }

    fn next_in_line(&self, index: usize) -> Option<usize> {
        let line = self.view.lines.get(self.view.piece(index)?.line)?;
        let at = line.pieces.iter().position(|other| *other == index)?;
        line.pieces.get(at + 1).copied()
    }

    /// The label with its tail, if what follows lets it be one.
    fn hit(&self, key: Key, core: &[usize], flow: &[usize]) -> Option<Hit> {
        let area = around(self.view, core)?;
        let mut pieces = core.to_vec();
        let tail = flow.get(core.len()..).unwrap_or_default();
        let last = *core.last()?;
        let colon = self.view.piece(last).is_some_and(|piece| piece.text.ends_with(':'));
        if key.is_sentence() {
            self.number(&mut pieces, core);
            self.sentence(&mut pieces, last);
        } else if !colon
            || tail.iter().any(|index| self.view.piece(*index).is_some_and(|p| p.text.starts_with('(')))
        {
            self.tail(&mut pieces, tail);
        }
        let key = if key == Key::Server { self.usage(&pieces)? } else { key };
        let ends = |index: &usize| self.view.piece(*index).is_some_and(|piece| piece.text.ends_with(':'));
        if key.is_short() && !pieces.iter().any(ends) {
            self.continues(&mut pieces)?;
        }
        Some(Hit { key, core: area, area: around(self.view, &pieces)?, pieces })
    }

    /// Help text, footnote marks and the colon after a label.
    fn tail(&self, pieces: &mut Vec<usize>, tail: &[usize]) {
        let mut pending: Vec<usize> = Vec::new();
        let mut depth = 0i32;
        let mut starred = None;
        let mut line = pieces.last().and_then(|last| self.view.piece(*last)).map(|piece| piece.line);
        for index in tail {
            let Some(piece) = self.view.piece(*index) else { return };
            if piece.origin != Origin::Page
                || Some(piece.line) != line
                    && depth == 0
                    && (!piece.text.starts_with(['(', '*']) || is_footnote(&piece.text))
                    && self.begins_label(piece.line)
                || depth == 0 && self.begins_header(*index)
            {
                return;
            }
            line = Some(piece.line);
            let text = piece.text.as_str();
            if is_apart(self.view, *index) {
                continue;
            }
            let closes = i32::try_from(text.matches(')').count()).unwrap_or(0);
            let opens = i32::try_from(text.matches('(').count()).unwrap_or(0);
            if depth > 0 {
                depth += opens - closes;
                pending.push(*index);
                if depth <= 0 {
                    if self.is_help(&pending) {
                        pieces.append(&mut pending);
                    } else {
                        return;
                    }
                }
                continue;
            }
            let mark = piece.key.is_empty() && !is_filler(text) || matches!(text, ":" | "*");
            let footnote = is_footnote(text);
            let printed = self.printed.get(*index).copied().unwrap_or(false);
            if text.starts_with('*') && !piece.key.is_empty() {
                starred = Some(piece.line);
            }
            if mark && !is_box_glyph(text) || footnote || printed || starred == Some(piece.line) {
                pieces.push(*index);
                if opens > closes {
                    depth = opens - closes;
                }
            } else if opens > closes && text.starts_with('(') {
                depth = opens - closes;
                pending.push(*index);
            } else if opens > 0 && opens == closes && text.starts_with('(') && self.is_help(&[*index]) {
                pieces.push(*index);
            } else {
                return;
            }
        }
    }

    /// Whether words end with dots that stand for more.
    fn trails_off(&self, words: &[usize]) -> bool {
        let last = words.last().and_then(|last| self.view.piece(*last));
        last.is_some_and(|piece| piece.text.ends_with('…') || piece.text.ends_with(".."))
    }

    /// A bracket after a label is help when it holds words; "(+33)" begins an answer.
    fn is_help(&self, bracket: &[usize]) -> bool {
        bracket
            .iter()
            .filter_map(|index| self.view.piece(*index))
            .any(|piece| piece.key.chars().filter(|c| c.is_alphabetic()).count() >= 2)
    }

    /// The number or bullet before a heading or a sentence.
    fn number(&self, pieces: &mut Vec<usize>, core: &[usize]) {
        let Some(first) = core.first() else { return };
        let Some(line) = self.view.piece(*first).and_then(|piece| self.view.lines.get(piece.line)) else {
            return;
        };
        for index in line.pieces.iter().take_while(|index| *index != first) {
            let Some(piece) = self.view.piece(*index) else { continue };
            if piece.key.chars().all(|c| c.is_ascii_digit())
                && !is_box_glyph(&piece.text)
                && !self.is_taken(*index)
            {
                pieces.push(*index);
            }
        }
    }

    /// The rest of a printed sentence: its line, and the lines it wraps into while they are printed.
    fn sentence(&self, pieces: &mut Vec<usize>, last: usize) {
        let Some(mut line) = self.view.piece(last).map(|piece| piece.line) else { return };
        let mut after = last;
        let boxed = |index: usize| self.view.piece(index).is_some_and(|piece| is_box_glyph(&piece.text));
        // a box on the line is the sentence's, or the next label's
        while let Some(next) = self.next_in_line(after).filter(|next| !boxed(*next)) {
            pieces.push(next);
            after = next;
        }
        for _ in 0..4 {
            let texts =
                pieces.iter().filter_map(|index| self.view.piece(*index)).map(|piece| piece.text.as_str());
            let bracket = texts
                .flat_map(str::chars)
                .fold(0i32, |depth, c| depth + i32::from(c == '(') - i32::from(c == ')'));
            let Some(below) = self.view.lines.get(line).and_then(|here| here.below) else { return };
            let Some(members) = self.view.lines.get(below).map(|here| &here.pieces) else { return };
            // "(Ex : DMP, ROR…": on paper the bracket behind the dots may not be read
            let open = bracket > 0 && !(self.trails_off(pieces) && self.begins_label(below));
            let goes_on = open
                || self.printed_share(members) >= 0.5
                    && (!self.begins_label(below) || self.in_one_go(last, below));
            if members.iter().any(|index| self.is_taken(*index)) || !goes_on {
                return;
            }
            pieces.extend(members);
            line = below;
        }
    }

    /// Whether a line goes on with the words before it: in small letters and in the same size, as
    /// "… ou / titulaire du cabinet (uniquement …)" in a heading that is set larger than the labels.
    fn in_one_go(&self, before: usize, line: usize) -> bool {
        let first = self.view.lines.get(line).and_then(|line| self.view.piece(*line.pieces.first()?));
        let (Some(before), Some(first)) = (self.view.piece(before), first) else { return false };
        let small = first.text.chars().next().is_some_and(char::is_lowercase);
        let body = self.view.pieces.iter().filter(|piece| piece.size <= 0.92 * before.size).count();
        small && (first.size - before.size).abs() < 0.1 && body * 2 > self.view.pieces.len()
    }

    fn printed_share(&self, members: &[usize]) -> f32 {
        let is_printed = |index: &&usize| self.printed.get(**index).copied().unwrap_or(false);
        #[expect(clippy::cast_precision_loss, reason = "words of a line")]
        let share = members.iter().filter(is_printed).count() as f32 / members.len().max(1) as f32;
        share
    }

    /// Which of the two server certificates a sentence asks for.
    fn usage(&self, pieces: &[usize]) -> Option<Key> {
        let letters: String =
            pieces.iter().filter_map(|index| self.view.piece(*index)).map(|p| p.key.as_str()).collect();
        match (letters.find("ssl"), letters.find("smime")) {
            (Some(ssl), Some(smime)) => Some(if ssl < smime { Key::Ssl } else { Key::Smime }),
            (Some(_), None) => Some(Key::Ssl),
            (None, Some(_)) => Some(Key::Smime),
            (None, None) => None,
        }
    }

    /// A short label inside a sentence goes on in small letters and is none, unless it ends in a
    /// colon soon ("Nom de l'éditeur :").
    fn continues(&self, pieces: &mut Vec<usize>) -> Option<()> {
        let last = *pieces.last()?;
        let mut more = Vec::new();
        let mut after = last;
        while let Some(next) = self.next_in_line(after) {
            let piece = self.view.piece(next)?;
            if self.is_taken(next) || piece.origin != Origin::Page {
                break;
            }
            let small =
                piece.text.chars().next().is_some_and(char::is_lowercase) && !piece.text.contains(['@', '.']);
            if more.is_empty() && !small || is_box_glyph(&piece.text) {
                return Some(());
            }
            more.push(next);
            if piece.text.ends_with(':') {
                pieces.extend(more);
                return Some(());
            }
            if more.len() > 5 {
                return None;
            }
            after = next;
        }
        if more.is_empty() { Some(()) } else { None }
    }

    /// A line that is mostly the form's own running text and that no label has claimed.
    fn prose(&mut self, line: usize) {
        let Some(here) = self.view.lines.get(line) else { return };
        let free: Vec<usize> = here.pieces.iter().copied().filter(|index| !self.is_taken(*index)).collect();
        let words =
            free.iter().filter(|index| self.view.piece(**index).is_some_and(|p| !p.key.is_empty())).count();
        let first = free.first().and_then(|index| self.view.piece(*index));
        let note = first.is_some_and(|piece| {
            let starred = piece.text.starts_with('*') || is_footnote(&piece.text);
            starred && piece.origin == Origin::Page && here.pieces.first() == free.first()
        });
        if words < 4 || !note && self.printed_share(&free) < 0.6 {
            return;
        }
        self.claim(Key::Prose, free);
    }

    /// Words that are all of a label.
    fn claim(&mut self, key: Key, pieces: Vec<usize>) {
        let Some(area) = around(self.view, &pieces) else { return };
        for index in &pieces {
            if let Some(taken) = self.taken.get_mut(*index) {
                *taken = true;
            }
        }
        self.hits.push(Hit { key, pieces, core: area, area });
    }
}
