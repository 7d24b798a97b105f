//! Lines of text read by the engine: once for all, and what is not the form's own print again in
//! other ways. Each pass is one call of the engine for all pages, since a call has its price.

use super::accents;
use super::cedillas;
use super::engine::{Engine, Manner, Silence, Token, prepared, read};
use super::kinds;
use super::level;
use super::picture::{Grey, float, whole};
use super::segments::Segment;
use super::shapes;
use super::variants;
use super::weigh::{self, Readings};
use crate::domain::sheet::Area;
use crate::reading::labels::is_running_text;

/// White around a line's letters, points.
pub const AROUND: f32 = 1.6;
/// How high a line is made for a reading.
#[derive(Debug, Clone, Copy)]
enum Height {
    Large,
    Small,
}

impl Height {
    /// Of a line's tall letters, and of the white around the line, pixels; `scale`: pixels a point of the page's
    /// picture. The networks see a line 36 pixels high with its margins, and the engine's time goes by the picture:
    /// fine letters are made little higher than that. Coarse ones are, so that their edges are smooth when it parts
    /// them.
    fn pixels(self, scale: f32) -> (f32, usize) {
        match self {
            Self::Large if scale >= FINE => (18.0, 8),
            Self::Small if scale >= FINE => (16.5, 8),
            Self::Large => (30.0, 10),
            Self::Small => (24.0, 10),
        }
    }
}

/// From some 260 dpi on a picture is fine, pixels a point.
const FINE: f32 = 3.6;

/// Lines wider than this may be running text, of which the head tells (points).
const LONG: f32 = 280.0;
/// How much of such a line is its head, points: some six words.
const HEAD: f32 = 160.0;
/// Long lines are made so much narrower at first: the engine takes its time by their width, and reads
/// print all the same.
const CONDENSED: f32 = 0.75;
/// The next line of a paragraph begins so close below and beside, in heights of letters and points.
const NEXT: (f32, f32) = (2.6, 4.0);

/// A word of a line with its place in points.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub text: String,
    pub area: Area,
    pub confidence: f32,
    /// The engine's own confidence, 0 to 100.
    pub own: f32,
}

/// A line of text and what was read of it.
#[derive(Debug, Clone)]
pub struct Line {
    pub segment: Segment,
    pub words: Vec<Read>,
    pub seen: Seen,
}

/// How far a line was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Only its first words: of running text inside a paragraph they are enough.
    Head,
    /// All of it, once.
    Once,
    /// All of it, by both networks; the surer reading is kept.
    Twice,
    /// Several times, and the readings weighed.
    Weighed,
}

/// A page's picture without its rules, and its lines.
#[derive(Clone, Copy)]
pub struct Strips<'p> {
    pub bare: &'p Grey,
    /// Pixels a point.
    pub scale: f32,
    /// Too coarse for accents to be told apart.
    pub coarse: bool,
}

/// A line's picture as it is read, and where it was cut.
struct Cut {
    picture: Grey,
    /// Points.
    x0: f32,
    y0: f32,
    /// Pixels a point of the picture that is read, across and down.
    fineness: (f32, f32),
    /// White around it in that picture, pixels.
    margin: usize,
}

impl Strips<'_> {
    fn cut(&self, segment: &Segment, height: Height, condensed: f32) -> Cut {
        let (area, scale) = (segment.area, self.scale);
        let (x0, y0) = ((area.x0 - AROUND).max(0.0), (area.y0 - AROUND).max(0.0));
        let piece = self.bare.cut(
            whole(x0 * scale),
            whole(y0 * scale),
            whole((area.x1 + AROUND) * scale) + 1,
            whole((area.y1 + AROUND) * scale) + 1,
        );
        let (wanted, margin) = height.pixels(scale);
        let (picture, factor) = prepared(&piece, segment.tall.max(4.0) * scale, (wanted, margin), condensed);
        Cut {
            picture,
            margin,
            x0: float(whole(x0 * scale)) / scale,
            y0: float(whole(y0 * scale)) / scale,
            fineness: (factor.0 * scale, factor.1 * scale),
        }
    }

    /// The first words of a long line, up to a gap between words.
    fn head(&self, segment: &Segment) -> Option<Segment> {
        let area = segment.area;
        let column = |x: f32| whole(x * self.scale);
        let inked = |x: usize| {
            (column(area.y0)..column(area.y1)).any(|y| self.bare.at(x, y) < super::straighten::INK)
        };
        // a gap between words, not between letters
        let least = 0.24 * segment.tall * self.scale;
        let (mut white, mut end) = (0usize, None);
        for x in column(area.x0 + HEAD)..column(area.x1.min(area.x0 + HEAD + 50.0)) {
            if inked(x) {
                if float(white) >= least {
                    end = Some(x - white / 2);
                    break;
                }
                white = 0;
            } else {
                white += 1;
            }
        }
        // what is cut is cut with some white around
        let x1 = float(end?) / self.scale - AROUND;
        Some(Segment { area: Area { x1, ..area }, ..segment.clone() })
    }
}

/// Whether a line is inside a paragraph: long, with another one right below.
fn goes_on(segment: &Segment, all: &[Segment]) -> bool {
    let here = segment.area;
    here.width() > LONG
        && all.iter().any(|other| {
            let down = other.area.y0 - here.y0;
            other.area.width() > 0.25 * LONG
                && (other.area.x0 - here.x0).abs() < NEXT.1
                && (0.8 * segment.tall..NEXT.0 * segment.tall).contains(&down)
        })
}

/// The first reading of the lines of several pages, a list for each page.
///
/// # Errors
/// Where there is no engine, or it fails.
pub fn first(engine: &mut dyn Engine, pages: &[(Strips<'_>, &[Segment])]) -> Result<Vec<Vec<Line>>, Silence> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut out: Vec<Vec<Line>> = Vec::new();
    for (strips, segments) in pages {
        let mut lines = Vec::with_capacity(segments.len());
        for segment in *segments {
            let head = goes_on(segment, segments).then(|| strips.head(segment)).flatten();
            let condensed = if segment.area.width() > LONG { CONDENSED } else { 1.0 };
            cuts.push(strips.cut(head.as_ref().unwrap_or(segment), Height::Large, condensed));
            let seen = if head.is_some() { Seen::Head } else { Seen::Once };
            lines.push(Line { segment: segment.clone(), words: Vec::new(), seen });
        }
        out.push(lines);
    }
    let tokens = read_all(engine, Manner::PLAIN, &cuts)?;
    for ((line, tokens), cut) in out.iter_mut().flatten().zip(tokens).zip(&cuts) {
        line.words = words(tokens, cut);
    }
    Ok(out)
}

/// Whether a line that is no answer is to be read again: only its head was read, and it is no running
/// text, or the engine itself doubts what it read.
#[must_use]
pub fn is_to_be_read_again(line: &Line) -> bool {
    let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
    match line.seen {
        Seen::Head => !is_running_text(&words),
        Seen::Once => line.words.iter().any(is_doubted) && !is_running_text(&words),
        Seen::Twice | Seen::Weighed => false,
    }
}

/// What the engine itself (0 to 100) takes for a guess.
const DOUBTED: f32 = 60.0;

fn is_doubted(word: &Read) -> bool {
    word.own < DOUBTED && word.text.chars().filter(|c| c.is_alphabetic()).count() > 1
}

/// How sure the engine is of a line on the whole: the mean over its letters.
fn own_confidence(words: &[Read]) -> f32 {
    let letters: usize = words.iter().map(|word| word.text.chars().count()).sum();
    let sum: f32 = words.iter().map(|word| word.own * float(word.text.chars().count())).sum();
    sum / float(letters.max(1))
}

fn read_all(engine: &mut dyn Engine, manner: Manner, cuts: &[Cut]) -> Result<Vec<Vec<Token>>, Silence> {
    let pictures: Vec<&Grey> = cuts.iter().map(|cut| &cut.picture).collect();
    read(engine, manner, &pictures)
}

/// A line's words in points; a hyphen holds together what stands on both its sides.
fn words(line: Vec<Token>, cut: &Cut) -> Vec<Read> {
    let mut out: Vec<Read> = Vec::new();
    for read in line.into_iter().map(|token| placed(token, cut)) {
        match out.last_mut() {
            Some(last) if weigh::hyphened(&last.text, &read.text) => {
                last.text.push_str(&read.text);
                last.area = last.area.around(&read.area);
                last.own = last.own.min(read.own);
            }
            _ => out.push(read),
        }
    }
    out
}

fn placed(token: Token, cut: &Cut) -> Read {
    let margin = float(cut.margin);
    let x = |v: f32| cut.x0 + (v - margin).max(0.0) / cut.fineness.0;
    let y = |v: f32| cut.y0 + (v - margin).max(0.0) / cut.fineness.1;
    Read {
        area: Area { x0: x(token.x0), y0: y(token.y0), x1: x(token.x1), y1: y(token.y1) },
        text: token.text,
        confidence: 0.5,
        own: token.confidence,
    }
}

/// Reads answers again, whichever pages they are on, and weighs what was read of them. Labels of which
/// only the head was read are read wholly, and doubtful ones by the second network.
///
/// # Errors
/// Where there is no engine, or it fails.
pub fn again<'p>(
    engine: &mut dyn Engine,
    answers: &mut [(Strips<'p>, Line)],
    labels: &mut [(Strips<'p>, Line)],
) -> Result<(), Silence> {
    let cut = |(strips, line): &(Strips<'p>, Line), condensed: f32| {
        strips.cut(&line.segment, Height::Large, condensed)
    };
    let in_part = |line: &Line| line.seen == Seen::Head;
    // the other network is given no alphabet: what it sees beside letters tells that there is more
    let is_name = |line: &Line| !in_part(line) && kinds::is_name(&line.words);
    let mut names = some(engine, Manner::NAME, answers, |line| is_name(line).then_some(Height::Small))?;
    // what was read in part is now read as the others were at first
    let parts = answers.iter().chain(labels.iter()).filter(|(_, line)| in_part(line));
    let parts = parts.map(|line| cut(line, CONDENSED)).collect();
    let small = |line: &Line| (!is_name(line)).then_some(Height::Small);
    let (mut french, entire) = some_and(engine, Manner::PLAIN, answers, small, parts)?;
    let parts = answers.iter_mut().chain(labels.iter_mut()).filter(|(_, line)| in_part(line));
    for ((_, line), (tokens, cut)) in parts.zip(entire) {
        line.words = words(tokens, &cut);
        line.seen = Seen::Once;
    }
    let is_doubtful = |line: &Line| line.words.iter().any(is_doubted);
    let doubted = labels.iter().filter(|(_, line)| is_doubtful(line));
    let doubted = doubted.map(|line| cut(line, 1.0)).collect();
    let (mut english, second) = some_and(engine, Manner::SECOND, answers, |_| Some(Height::Large), doubted)?;
    let doubted = labels.iter_mut().filter(|(_, line)| is_doubtful(line));
    for ((_, line), (tokens, cut)) in doubted.zip(second) {
        let other = words(tokens, &cut);
        if own_confidence(&other) > own_confidence(&line.words) {
            line.words = other;
        }
        line.seen = Seen::Twice;
    }
    let mut digits = some(engine, Manner::DIGITS, answers, |line| {
        if kinds::is_tiny(line) {
            Some(Height::Large)
        } else {
            kinds::is_number(&line.words).then_some(Height::Small)
        }
    })?;
    let mut address = some(engine, Manner::ADDRESS, answers, |line| {
        kinds::is_address(&line.words).then_some(Height::Small)
    })?;
    let of = |tokens: Option<Vec<Token>>| tokens.map(|tokens| weigh::text_of(&tokens)).unwrap_or_default();
    let french =
        french.iter_mut().zip(&mut names).map(|(french, name)| french.take().or_else(|| name.take()));
    for (((((strips, line), english), french), digits), address) in
        answers.iter_mut().zip(&mut english).zip(french).zip(&mut digits).zip(&mut address)
    {
        let mut readings = Readings {
            english: of(english.take()),
            french: of(french),
            digits: digits.take().map(|digits| of(Some(digits))),
            address: address.take().map(|address| of(Some(address))),
        };
        let dash = level::level(&mut line.words, &mut readings);
        weigh::line(line, &readings, |line| variants::shown_words(*strips, line, &readings));
        let dashes = shapes::set_dashes(*strips, line, dash);
        if !dashes
            || line.segment.on_dots
            || accents::are_doubtful(*strips, line)
            || cedillas::are_lost(*strips, line)
            || shapes::are_others(*strips, line)
            || shapes::are_too_few(*strips, line)
        {
            weigh::doubt(line);
        }
        line.seen = Seen::Weighed;
    }
    Ok(())
}

/// Some lines read in one more manner, at the height that `wanted` says; in the lines' order.
fn some(
    engine: &mut dyn Engine,
    manner: Manner,
    lines: &[(Strips<'_>, Line)],
    wanted: impl Fn(&Line) -> Option<Height>,
) -> Result<Vec<Option<Vec<Token>>>, Silence> {
    Ok(some_and(engine, manner, lines, wanted, Vec::new())?.0)
}

/// The same, and `more` in the same call, each with where it was cut.
fn some_and(
    engine: &mut dyn Engine,
    manner: Manner,
    lines: &[(Strips<'_>, Line)],
    wanted: impl Fn(&Line) -> Option<Height>,
    more: Vec<Cut>,
) -> Result<(Vec<Option<Vec<Token>>>, Vec<(Vec<Token>, Cut)>), Silence> {
    let heights: Vec<Option<Height>> = lines.iter().map(|(_, line)| wanted(line)).collect();
    let cut = |((strips, line), height): (&(Strips<'_>, Line), &Option<Height>)| {
        height.map(|height| strips.cut(&line.segment, height, 1.0))
    };
    let mut cuts: Vec<Cut> = lines.iter().zip(&heights).filter_map(cut).collect();
    let count = cuts.len();
    cuts.extend(more);
    let mut tokens = read_all(engine, manner, &cuts)?.into_iter();
    let of_lines = heights.into_iter().map(|height| height.and_then(|_| tokens.next())).collect();
    Ok((of_lines, tokens.zip(cuts.into_iter().skip(count)).collect()))
}
