//! Values of form fields that the file does not draw. Viewers draw them themselves (ISO 32000-2
//! §12.7.4.3, `/NeedAppearances`); here they are typed onto a page of our own, which is laid over
//! the picture of theirs.

use super::page::{Area, ButtonState, Page, WidgetKind};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, Stream, StringFormat, dictionary};

/// Font sizes, points.
const SIZES: std::ops::RangeInclusive<f32> = 4.0..=11.0;
/// Mean width of a letter of Helvetica, font sizes.
const LETTER: f32 = 0.5;
/// From line to line, font sizes.
const LEADING: f32 = 1.15;
/// Fields of a page that are typed.
const MOST: usize = 500;
/// Letters of a field that are typed.
const MOST_LETTERS: usize = 2_000;

/// A value and where it belongs.
pub(super) struct Value {
    pub area: Area,
    text: String,
}

/// What the page's fields hold and their appearances do not draw.
pub(super) fn undrawn(page: &Page) -> Vec<Value> {
    let widgets = page.widgets.iter().filter(|widget| !widget.hidden && widget.drawn.is_none());
    let values = widgets.filter_map(|widget| {
        let text = match &widget.kind {
            WidgetKind::Text { value } => value.trim().to_owned(),
            WidgetKind::Button { value: ButtonState::On, .. } => "X".to_owned(),
            WidgetKind::Button { .. } | WidgetKind::Signature { .. } | WidgetKind::Other => return None,
        };
        (!text.is_empty()).then_some(Value { area: widget.area, text })
    });
    values.take(MOST).collect()
}

/// A page of the same size that holds nothing but the values.
pub(super) fn typed(values: &[Value], width: f32, height: f32) -> Option<Vec<u8>> {
    let operations: Vec<_> = values.iter().flat_map(|value| value.typed(height)).collect();
    let content = Content { operations }.encode().ok()?;
    let mut file = Document::with_version("1.7");
    let content = file.add_object(Stream::new(Dictionary::new(), content));
    let font = file.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let pages = file.new_object_id();
    let page = file.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), width.into(), height.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F" => font } },
        "Contents" => content,
    });
    let all = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    file.objects.insert(pages, Object::Dictionary(all));
    let catalog = file.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    file.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).ok()?;
    Some(bytes)
}

impl Value {
    /// The lines of the value, from the top of its box, as large as they fit.
    fn typed(&self, height: f32) -> Vec<Operation> {
        let (lines, size) = self.fitted();
        let leading = size * LEADING;
        // one line stands in the middle of its box, several begin at its top
        let first = if lines.len() == 1 { self.area.middle().1 + size * 0.35 } else { self.area.y0 + size };
        let mut out = vec![
            Operation::new("BT", vec![]),
            Operation::new("Tf", vec![Object::Name(b"F".to_vec()), size.into()]),
            Operation::new("TL", vec![leading.into()]),
            Operation::new("Td", vec![(self.area.x0 + 2.0).into(), (height - first).into()]),
        ];
        for line in lines {
            out.push(Operation::new("Tj", vec![Object::String(win_ansi(&line), StringFormat::Hexadecimal)]));
            out.push(Operation::new("T*", vec![]));
        }
        out.push(Operation::new("ET", vec![]));
        out
    }

    fn fitted(&self) -> (Vec<String>, f32) {
        let (width, height) = ((self.area.width() - 4.0).max(4.0), self.area.height());
        let mut size = (height * 0.7).clamp(*SIZES.start(), *SIZES.end());
        loop {
            let lines = wrapped(&self.text, width / (size * LETTER));
            #[expect(clippy::cast_precision_loss, reason = "lines of a field")]
            let needed = lines.len() as f32 * size * LEADING;
            if needed <= height.max(size * LEADING) || size <= *SIZES.start() {
                return (lines, size);
            }
            size = (size - 0.5).max(*SIZES.start());
        }
    }
}

/// Lines of at most so many letters, parted between words where there are any.
fn wrapped(text: &str, letters: f32) -> Vec<String> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "letters of a line")]
    let most = letters.max(1.0) as usize;
    let text: String = text.chars().take(MOST_LETTERS).collect();
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut now = String::new();
        for word in line.split_whitespace() {
            if !now.is_empty() && now.chars().count() + 1 + word.chars().count() > most {
                lines.push(std::mem::take(&mut now));
            }
            if !now.is_empty() {
                now.push(' ');
            }
            now.push_str(word);
        }
        lines.push(now);
    }
    lines
}

/// The bytes of `WinAnsiEncoding` (ISO 32000-2 annex D.2); what it has no letter for is a `?`.
fn win_ansi(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        '…' => 0x85,
        'Œ' => 0x8c,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '–' => 0x96,
        '—' => 0x97,
        'œ' => 0x9c,
        'Ÿ' => 0x9f,
        '\u{80}'..='\u{9f}' => b'?',
        letter => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_wrapped_and_made_smaller_until_it_fits() {
        let value = |text: &str, width, height| Value {
            area: Area::new(0.0, 0.0, width, height),
            text: text.to_owned(),
        };
        assert_eq!(value("750999997", 200.0, 16.0).fitted().0, ["750999997"]);
        let (lines, size) = value(&"mot ".repeat(60), 200.0, 60.0).fitted();
        assert!(lines.len() > 2 && size < 11.0, "{size} {lines:?}");
        assert_eq!(value("un\ndeux", 200.0, 60.0).fitted().0, ["un", "deux"]);
    }

    #[test]
    fn letters_of_french_have_their_bytes() {
        assert_eq!(win_ansi("É’œ→"), [0xc9, 0x92, 0x9c, b'?']);
    }
}
