//! A copy in the hands of its requester: the boxes beside the numbers, typed into and ticked.

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

/// A number beside a box.
#[derive(Debug, Clone)]
pub struct Number {
    /// "1", or "1, 3".
    pub label: String,
    pub page: ObjectId,
    pub rect: [f32; 4],
}

/// A box that can be filled in.
#[derive(Debug, Clone)]
pub struct Widget {
    pub id: ObjectId,
    /// The field that holds its value.
    pub field: ObjectId,
    pub page: ObjectId,
    pub rect: [f32; 4],
    pub button: bool,
}

#[derive(Debug)]
pub struct Paper {
    pub file: Document,
    pub numbers: Vec<Number>,
    pub widgets: Vec<Widget>,
}

fn rect(dict: &Dictionary) -> [f32; 4] {
    let list = dict.get(b"Rect").unwrap().as_array().unwrap();
    std::array::from_fn(|n| list[n].as_float().unwrap())
}

fn inherited<'d>(file: &'d Document, mut dict: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    loop {
        if let Ok(value) = dict.get_deref(key, file) {
            return Some(value);
        }
        dict = file.get_dictionary(dict.get(b"Parent").ok()?.as_reference().ok()?).unwrap();
    }
}

impl Paper {
    pub fn open(bytes: &[u8]) -> Self {
        let file = Document::load_mem(bytes).unwrap();
        let (mut numbers, mut widgets) = (Vec::new(), Vec::new());
        for page in file.page_iter() {
            let annots = file.get_dictionary(page).unwrap().get(b"Annots");
            for id in annots.and_then(Object::as_array).cloned().unwrap_or_default() {
                let id = id.as_reference().unwrap();
                let dict = file.get_dictionary(id).unwrap();
                let flags = inherited(&file, dict, b"Ff").and_then(|f| f.as_i64().ok()).unwrap_or(0);
                if flags & 1 << 16 != 0 {
                    let tooltip = dict.get(b"TU").unwrap().as_str().unwrap();
                    let label = String::from_utf8_lossy(tooltip).into_owned();
                    let label = label.strip_prefix("Point ").unwrap().strip_suffix(" du courrier").unwrap();
                    numbers.push(Number { label: label.to_owned(), page, rect: rect(dict) });
                    continue;
                }
                let kind = inherited(&file, dict, b"FT").unwrap().as_name().unwrap();
                if kind == b"Sig" {
                    continue;
                }
                let mut field = id;
                while !file.get_dictionary(field).unwrap().has(b"T") {
                    field =
                        file.get_dictionary(field).unwrap().get(b"Parent").unwrap().as_reference().unwrap();
                }
                widgets.push(Widget { id, field, page, rect: rect(dict), button: kind == b"Btn" });
            }
        }
        Self { file, numbers, widgets }
    }

    /// The box that a number stands beside.
    pub fn beside(&self, number: &Number) -> Option<&Widget> {
        let gap = |widget: &&Widget| {
            let (a, b) = (number.rect, widget.rect);
            let x = (b[0] - a[2]).max(a[0] - b[2]).max(0.0);
            let y = (b[1] - a[3]).max(a[1] - b[3]).max(0.0);
            x + y
        };
        let near = self.widgets.iter().filter(|widget| widget.page == number.page && gap(widget) < 6.0);
        near.min_by(|a, b| gap(a).total_cmp(&gap(b)))
    }

    pub fn type_in(&mut self, widget: &Widget, words: &str) {
        let mut bytes = vec![0xfe, 0xff];
        bytes.extend(words.encode_utf16().flat_map(u16::to_be_bytes));
        let value = Object::String(bytes, lopdf::StringFormat::Hexadecimal);
        self.file.get_dictionary_mut(widget.field).unwrap().set("V", value);
        // as viewers do that draw it themselves
        self.file.get_dictionary_mut(widget.id).unwrap().remove(b"AP");
    }

    pub fn tick(&mut self, widget: &Widget) {
        let states = self.file.get_dictionary(widget.id).unwrap().get(b"AP").unwrap().as_dict().unwrap();
        let states = states.get(b"N").unwrap().as_dict().unwrap();
        let on = states.iter().map(|(name, _)| name.clone()).find(|name| name != b"Off").unwrap();
        self.file.get_dictionary_mut(widget.field).unwrap().set("V", Object::Name(on.clone()));
        self.file.get_dictionary_mut(widget.id).unwrap().set("AS", Object::Name(on));
    }

    /// Strokes of a pen in a zone, right under its number.
    pub fn sign(&mut self, number: &Number) {
        let [x0, y0, x1, _] = number.rect;
        let area = [x0, y0 - 40.0, x1, y0 - 6.0];
        let points: Vec<Object> = (0..6_u8)
            .flat_map(|n| [if n % 2 == 0 { x0 + 1.0 } else { x1 - 1.0 }, y0 - 8.0 - f32::from(n) * 6.0])
            .map(Object::from)
            .collect();
        let ink = self.file.add_object(dictionary! {
            "Type" => "Annot", "Subtype" => "Ink", "F" => 4,
            "Rect" => area.map(Object::from).to_vec(),
            "InkList" => vec![Object::Array(points)],
        });
        let page = self.file.get_dictionary_mut(number.page).unwrap();
        page.get_mut(b"Annots").unwrap().as_array_mut().unwrap().push(ink.into());
    }

    pub fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.file.save_to(&mut bytes).unwrap();
        bytes
    }
}
