//! PDFs put together by hand, so that anything can be wrong with them.

use std::fmt::Write as _;

/// Objects 1… of a file, with a cross-reference table unless a test makes its own.
#[derive(Default)]
pub struct Pdf {
    objects: Vec<Vec<u8>>,
}

impl Pdf {
    /// The number of the next object.
    pub fn next(&self) -> usize {
        self.objects.len() + 1
    }

    pub fn add(&mut self, body: impl AsRef<[u8]>) -> usize {
        self.objects.push(body.as_ref().to_vec());
        self.objects.len()
    }

    /// `dict` without its brackets and its length.
    pub fn stream(&mut self, dict: &str, data: &[u8]) -> usize {
        let head = format!("<</Length {} {dict}>>\nstream\n", data.len());
        self.add([head.as_bytes(), data, b"\nendstream"].concat())
    }

    /// The file, its catalog being object `root`.
    pub fn finish(&self, root: usize) -> Vec<u8> {
        self.finish_with(&format!("/Root {root} 0 R"))
    }

    /// The file; `trailer` without brackets and size.
    pub fn finish_with(&self, trailer: &str) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.next());
        for (number, object) in (1..).zip(&self.objects) {
            writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
            file.extend(format!("{number} 0 obj\n").into_bytes());
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        let start = file.len();
        let end = format!("{table}trailer\n<</Size {} {trailer}>>\nstartxref\n{start}\n%%EOF\n", self.next());
        [file, end.into_bytes()].concat()
    }

    /// A catalog with one page, A4, that draws `content`; `more` are further entries of the page.
    pub fn one_page(mut self, content: &[u8], more: &str) -> Vec<u8> {
        let content = self.stream("", content);
        let media = if more.contains("/MediaBox") { "" } else { "/MediaBox[0 0 595 842]" };
        let page = self.next();
        let pages = page + 1;
        self.add(format!("<</Type/Page/Parent {pages} 0 R{media}/Contents {content} 0 R{more}>>"));
        self.add(format!("<</Type/Pages/Count 1/Kids[{page} 0 R]>>"));
        let root = self.add(format!("<</Type/Catalog/Pages {pages} 0 R>>"));
        self.finish(root)
    }

    /// One page that is a picture over all of it: what a scanner writes. `dict` describes it.
    pub fn one_picture(mut self, dict: &str, data: &[u8]) -> Vec<u8> {
        let picture = self.stream(&format!("/Type/XObject/Subtype/Image {dict}"), data);
        self.one_page(
            b"q 595 0 0 842 0 0 cm /Im Do Q",
            &format!("/Resources<</XObject<</Im {picture} 0 R>>>>"),
        )
    }
}

/// Zlib, as `/FlateDecode` and PNG want it.
pub fn flate(data: &[u8]) -> Vec<u8> {
    let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), data.to_vec());
    stream.compress().unwrap();
    stream.content
}
