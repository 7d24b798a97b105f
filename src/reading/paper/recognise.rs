//! Lines of text read by the engine: once for all, and what is not the form's own print again in
//! other ways. What independent readings agree on is sure; where they differ, what most say is
//! kept and said to be unsure.

use super::engine::{Engine, MARGIN, Manner, Silence, Token, prepared, read};
use super::picture::{Grey, float, whole};
use super::segments::Segment;
use crate::domain::sheet::Area;
use crate::reading::layout::fold::squeeze;

/// White around a line's letters, points.
const AROUND: f32 = 1.6;
/// Height of a line's tall letters for the readings, pixels.
const HEIGHTS: [f32; 2] = [30.0, 24.0];

/// What all readings agree on.
const AGREED: f64 = 0.97;
/// The same where a reading that knows digits only agrees too.
const AGREED_DIGITS: f64 = 0.985;
/// Agreed but for an accent, which the second network often leaves out.
const AGREED_BUT_ACCENTS: f64 = 0.93;
/// Two of three.
const MOST_SAY: f64 = 0.7;
/// Each says something else.
const NONE_AGREES: f64 = 0.4;

/// A word of a line with its place in points.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub text: String,
    pub area: Area,
    pub confidence: f32,
    /// The engine's own confidence, 0 to 100.
    pub own: f32,
}

/// A line and where its picture was cut.
struct Cut {
    picture: Grey,
    /// Points.
    x0: f32,
    y0: f32,
    /// Pixels a point of the picture that is read.
    fineness: f32,
}

fn cut(bare: &Grey, scale: f32, segment: &Segment, height: f32) -> Cut {
    let area = segment.area;
    let (x0, y0) = ((area.x0 - AROUND).max(0.0), (area.y0 - AROUND).max(0.0));
    let piece = bare.cut(
        whole(x0 * scale),
        whole(y0 * scale),
        whole((area.x1 + AROUND) * scale) + 1,
        whole((area.y1 + AROUND) * scale) + 1,
    );
    let (picture, factor) = prepared(&piece, segment.tall.max(4.0) * scale, height);
    Cut {
        picture,
        x0: float(whole(x0 * scale)) / scale,
        y0: float(whole(y0 * scale)) / scale,
        fineness: factor * scale,
    }
}

/// The first reading of all lines.
///
/// # Errors
/// Where there is no engine, or it fails.
pub fn first(
    engine: &mut dyn Engine,
    bare: &Grey,
    scale: f32,
    segments: &[Segment],
) -> Result<Vec<Vec<Read>>, Silence> {
    let cuts: Vec<Cut> = segments.iter().map(|segment| cut(bare, scale, segment, HEIGHTS[0])).collect();
    let pictures: Vec<Grey> = cuts.iter().map(|cut| cut.picture.clone()).collect();
    let tokens = read(engine, Manner::PLAIN, &pictures)?;
    let placed = |(line, cut): (Vec<Token>, &Cut)| {
        let mut out: Vec<Read> = Vec::new();
        for read in line.into_iter().map(|token| placed(token, cut)) {
            match out.last_mut() {
                Some(last) if hyphened(&last.text, &read.text) => {
                    last.text.push_str(&read.text);
                    last.area = last.area.around(&read.area);
                    last.own = last.own.min(read.own);
                }
                _ => out.push(read),
            }
        }
        out
    };
    Ok(tokens.into_iter().zip(&cuts).map(placed).collect())
}

fn placed(token: Token, cut: &Cut) -> Read {
    let margin = float(MARGIN);
    let x = |v: f32| cut.x0 + (v - margin).max(0.0) / cut.fineness;
    let y = |v: f32| cut.y0 + (v - margin).max(0.0) / cut.fineness;
    Read {
        area: Area { x0: x(token.x0), y0: y(token.y0), x1: x(token.x1), y1: y(token.y1) },
        text: token.text,
        confidence: 0.5,
        own: token.confidence,
    }
}

/// Reads some lines again and weighs what was read of them.
///
/// # Errors
/// Where there is no engine, or it fails.
pub fn again(
    engine: &mut dyn Engine,
    bare: &Grey,
    scale: f32,
    lines: &mut [(Segment, Vec<Read>)],
) -> Result<(), Silence> {
    let pictures = |height: f32| -> Vec<Grey> {
        lines.iter().map(|(segment, _)| cut(bare, scale, segment, height).picture).collect()
    };
    let (large, small) = (pictures(HEIGHTS[0]), pictures(HEIGHTS[1]));
    let english = read(engine, Manner::SECOND, &large)?;
    let addresses: Vec<usize> =
        lines.iter().enumerate().filter(|(_, (_, line))| is_address(line)).map(|(index, _)| index).collect();
    let of_addresses: Vec<Grey> = addresses.iter().filter_map(|index| small.get(*index).cloned()).collect();
    let plain_addresses = read(engine, Manner::SECOND, &of_addresses)?;
    let french = read(engine, Manner::PLAIN, &small)?;
    let numbers: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, (_, line))| is_number(&joined(line)))
        .map(|(index, _)| index)
        .collect();
    let of_numbers: Vec<Grey> = numbers.iter().filter_map(|index| small.get(*index).cloned()).collect();
    let digits = read(engine, Manner::DIGITS, &of_numbers)?;
    let single: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, (segment, _))| is_tiny(segment))
        .map(|(index, _)| index)
        .collect();
    let of_single: Vec<Grey> = single.iter().filter_map(|index| large.get(*index).cloned()).collect();
    let single_digits = read(engine, Manner::DIGITS, &of_single)?;
    for (_, line) in lines.iter_mut().filter(|(_, line)| line.iter().any(|word| !is_trace(&word.text))) {
        let last = line.iter().rposition(|word| !is_trace(&word.text)).map_or(0, |last| last + 1);
        line.truncate(last);
        let first = line.iter().position(|word| !is_trace(&word.text)).unwrap_or(0);
        line.drain(..first);
    }
    for (index, (_, line)) in lines.iter_mut().enumerate() {
        let other = |lines: &[Vec<Token>], index: usize| {
            lines.get(index).map(|line| text_of(line)).unwrap_or_default()
        };
        let digits = numbers.iter().position(|known| *known == index).map(|at| other(&digits, at));
        if let Some(at) = addresses.iter().position(|known| *known == index) {
            weigh_address(
                line,
                &other(&english, index),
                &other(&plain_addresses, at),
                &other(&french, index),
            );
            continue;
        }
        if let Some(at) = single.iter().position(|known| *known == index) {
            number_of_a_line(
                line,
                &other(&single_digits, at),
                &other(&english, index),
                &other(&french, index),
            );
            continue;
        }
        weigh(line, &other(&english, index), &other(&french, index), digits.as_deref());
    }
    Ok(())
}

/// A line's words; a hyphen holds together what stands on both its sides, whatever the gap.
fn text_of(line: &[Token]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let bare = |token: &&Token| !is_trace(&token.text);
    let from = line.iter().take_while(|token| !bare(token)).count();
    let to = line.len() - line.iter().rev().take_while(|token| !bare(token)).count();
    for token in line.get(from..to).unwrap_or_default() {
        match out.last_mut() {
            Some(last) if hyphened(last, &token.text) => last.push_str(&token.text),
            _ => out.push(token.text.clone()),
        }
    }
    out
}

/// What is left of a rule or of dirt at a line's end: no letter, no digit, narrow signs only.
fn is_trace(text: &str) -> bool {
    text.chars().all(|c| ":;!|.,'‘’`´°·•_\"“”~-–—=".contains(c))
}

fn hyphened(left: &str, right: &str) -> bool {
    let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    left.strip_suffix('-').is_some_and(|rest| inner(rest.chars().next_back())) && inner(right.chars().next())
        || right.strip_prefix('-').is_some_and(|rest| inner(rest.chars().next()))
            && inner(left.chars().next_back())
}

fn joined(line: &[Read]) -> String {
    line.iter().map(|word| word.text.as_str()).collect()
}

/// Mostly digits, with what parts them: no word.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 3 && letters * 3 <= digits
}

/// One or two letters by themselves.
fn is_tiny(segment: &Segment) -> bool {
    segment.letters <= 2 && segment.area.width() < 1.7 * segment.tall.max(6.0)
}

/// A line's printed number ("1.") among what can be one letter: the networks take a lone digit for
/// anything, unless they are told that it is a digit.
fn number_of_a_line(line: &mut Vec<Read>, digits: &[String], english: &[String], french: &[String]) {
    let digits = digits.concat();
    let mut letters = digits.chars();
    let number = letters.next().is_some_and(|c| c.is_ascii_digit() && c != '0')
        && matches!(letters.as_str(), "." | ")" | "");
    let own: String = line.iter().map(|word| word.text.as_str()).collect();
    let said = [own.as_str(), &english.concat(), &french.concat()]
        .into_iter()
        .filter(|text| text.ends_with(['.', ',', ')', ':']))
        .count();
    let sure = own == english.concat() && own == french.concat();
    if number
        && (said >= 1 || digits.ends_with(['.', ')']))
        && !(sure && own.chars().all(char::is_alphabetic))
    {
        let text = if letters.as_str().is_empty() { format!("{digits}.") } else { digits };
        replaced(line, &[text]);
    }
    for word in line {
        set(word, if sure { AGREED } else { MOST_SAY });
    }
}

/// An e-mail address or a domain name: the French network puts accents where there are none.
fn is_address(line: &[Read]) -> bool {
    let text = joined(line);
    text.contains('@')
        || line.len() <= 2 && text.contains('.') && text.chars().filter(char::is_ascii_lowercase).count() >= 6
}

/// An address: as the English network reads it twice, sure where the French one does too.
fn weigh_address(line: &mut Vec<Read>, english: &[String], again: &[String], french: &[String]) {
    let own = joined(line);
    let (a, b, c) = (english.concat(), again.concat(), french.concat());
    let confidence = if a == b && (a == own || a == c) {
        if a == own && a == c { AGREED } else { AGREED_BUT_ACCENTS }
    } else if a == b {
        MOST_SAY
    } else {
        NONE_AGREES
    };
    if a == b || a == c {
        replaced(line, english);
    }
    let proper = |c: char| c.is_ascii_alphanumeric() || "@.-_+%&'/:".contains(c);
    let odd = !joined(line).chars().all(proper);
    for word in line {
        set(word, if odd { NONE_AGREES } else { confidence });
    }
}

/// Sets the confidence of a line's words; where they differ but the others agree, takes theirs.
fn weigh(line: &mut Vec<Read>, english: &[String], french: &[String], digits: Option<&[String]>) {
    let own: Vec<String> = line.iter().map(|word| word.text.clone()).collect();
    let glue = |words: &[String]| words.concat();
    let (a, b, c) = (glue(&own), glue(english), glue(french));
    let bare = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let confidence = if a == b && a == c {
        match digits.map(glue) {
            Some(d) if bare(&d) == bare(&a) => AGREED_DIGITS,
            Some(_) => MOST_SAY,
            None => AGREED,
        }
    } else if a == c && squeeze(&a) == squeeze(&b) && plain(&a) == plain(&b) {
        AGREED_BUT_ACCENTS
    } else if b == c && !b.is_empty() {
        replaced(line, french);
        MOST_SAY
    } else if a == b || a == c {
        MOST_SAY
    } else {
        NONE_AGREES
    };
    if a == b && a == c && own != english && english == french {
        // the others part the words otherwise
        replaced(line, french);
    }
    if confidence < AGREED_BUT_ACCENTS && own.len() == english.len() && own.len() == french.len() {
        // word by word: what they agree on stays sure
        for ((word, b), c) in line.iter_mut().zip(english).zip(french) {
            let sure = if word.text == *b && word.text == *c { AGREED } else { confidence };
            set(word, sure);
        }
        return;
    }
    for word in line {
        set(word, confidence);
    }
}

fn set(word: &mut Read, confidence: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let confidence = confidence as f32;
    word.confidence = confidence;
}

/// Another reading of the line in its place: its words share out the line's width by their letters.
fn replaced(line: &mut Vec<Read>, words: &[String]) {
    let Some(area) = line.iter().map(|word| word.area).reduce(|a, b| a.around(&b)) else { return };
    if line.len() == words.len() {
        for (word, text) in line.iter_mut().zip(words) {
            word.text.clone_from(text);
        }
        return;
    }
    let all: usize = words.iter().map(|word| word.chars().count() + 1).sum();
    let unit = area.width() / float(all.max(1));
    let mut x = area.x0;
    *line = words
        .iter()
        .map(|text| {
            let width = unit * float(text.chars().count());
            let word = Read {
                text: text.clone(),
                area: Area { x0: x, x1: x + width, ..area },
                confidence: 0.5,
                own: 50.0,
            };
            x += width + unit;
            word
        })
        .collect();
}

/// Without accents, case and everything else kept.
fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    text.nfd().filter(|c| !is_combining_mark(*c)).collect()
}
