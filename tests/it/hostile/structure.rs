//! PDFs whose structure loops, nests, lies or grows.

use super::Said::{Damaged, GivenUp, NoForm, Paper, TooLarge};
use super::pdf::{Pdf, flate};
use super::{come_to, pdf};
use std::fmt::Write as _;

const PAGE: &str = "<</Type/Page/MediaBox[0 0 595 842]>>";
const DOT: &str = "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8";
const FORM: &str = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]";

/// A page tree whose root is object 1, from bodies of its nodes.
fn tree(nodes: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut file = Pdf::default();
    for node in nodes {
        file.add(node);
    }
    let root = file.add("<</Type/Catalog/Pages 1 0 R>>");
    file.finish(root)
}

fn node(count: u32, kids: &str) -> String {
    format!("<</Type/Pages/Count {count}/Kids[{kids}]>>")
}

#[tokio::test]
async fn page_trees() {
    let chain = (2..=20_001).map(|next| node(1, &format!("{next} 0 R"))).chain([PAGE.to_owned()]);
    let doubling =
        (2..=41).map(|next| node(2_000_000, &format!("{next} 0 R {next} 0 R"))).chain([PAGE.to_owned()]);
    let kids: String = (2..=10_001).map(|kid| format!("{kid} 0 R ")).collect();
    let many = std::iter::once(node(10_000, &kids)).chain(std::iter::repeat_n(PAGE.to_owned(), 10_000));
    come_to(vec![
        pdf("its own kid", tree([node(1, "1 0 R")]), Damaged),
        pdf(
            "kids that point at their parent",
            tree([node(9, "2 0 R 2 0 R"), node(9, "1 0 R 1 0 R")]),
            Damaged,
        ),
        pdf("the catalog as its tree", tree([]), Damaged),
        pdf("20,000 deep", tree(chain), NoForm),
        pdf("40 levels that name the next twice", tree(doubling), NoForm),
        pdf("10,000 pages", tree(many), TooLarge),
        pdf(
            "parents in a circle",
            tree([
                "<</Type/Pages/Count 1/Kids[2 0 R]/Parent 3 0 R>>".to_owned(),
                "<</Type/Page/Parent 1 0 R>>".to_owned(),
                "<</Type/Pages/Parent 1 0 R>>".to_owned(),
            ]),
            NoForm,
        ),
    ])
    .await;
}

#[tokio::test]
async fn fields() {
    let own_kid = "<</FT/Tx/T(a)/Kids[1 0 R 1 0 R]/Parent 1 0 R/Subtype/Widget/Rect[0 0 9 9]>>";
    let mut file = Pdf::default();
    file.add(own_kid);
    file.add("<</Type/Page/Parent 3 0 R/MediaBox[0 0 595 842]/Annots[1 0 R 1 0 R]>>");
    file.add(node(1, "2 0 R"));
    let root = file.add("<</Type/Catalog/Pages 3 0 R/AcroForm<</Fields[1 0 R]>>>>");
    come_to(vec![pdf("a field that is its own kid", file.finish(root), NoForm)]).await;
}

fn one_page() -> (Pdf, usize) {
    let mut file = Pdf::default();
    file.add(PAGE);
    file.add(node(1, "1 0 R"));
    let root = file.add("<</Type/Catalog/Pages 2 0 R>>");
    (file, root)
}

fn find(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).rposition(|part| part == what).unwrap()
}

#[tokio::test]
async fn cross_reference_tables() {
    let (file, root) = one_page();
    let trailer = |more: &str| file.finish_with(&format!("/Root {root} 0 R{more}"));
    let itself = find(&trailer(""), b"xref\n0");
    // the second names the first, whose /Prev is then made to name the second
    let mut circle = trailer("/Prev 0000000000");
    let (first, second) = (find(&circle, b"xref\n0"), circle.len());
    let place = find(&circle, b"/Prev ") + 6;
    circle[place..place + 10].copy_from_slice(format!("{second:010}").as_bytes());
    let tail =
        format!("xref\n0 0\ntrailer\n<</Size 5/Root {root} 0 R/Prev {first}>>\nstartxref\n{second}\n%%EOF\n");
    circle.extend(tail.into_bytes());
    let huge = |from: &str, to: &str| {
        // the file is Latin, its marker line is not UTF-8
        let at = find(&trailer(""), from.as_bytes());
        let whole = trailer("");
        [&whole[..at], to.as_bytes(), &whole[at + from.len()..]].concat()
    };
    come_to(vec![
        pdf("/Prev is itself", trailer(&format!("/Prev {itself}")), NoForm),
        pdf("two that name each other", circle, NoForm),
        pdf("/Prev beyond the end", trailer("/Prev 99999999999999999999"), NoForm),
        pdf("/Prev before the beginning", trailer("/Prev -5"), NoForm),
        pdf("four thousand million entries", huge("xref\n0 4", "xref\n0 4294967295"), NoForm),
        pdf("four thousand million objects", huge("/Size 4", "/Size 4294967295"), NoForm),
    ])
    .await;
}

/// A file with a cross-reference stream; `SELF` in `more` is its place.
fn with_stream(widths: &str, more: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut rows = vec![0u8, 0, 0, 0xFF];
    for (number, body) in (1..).zip(["<</Type/Catalog/Pages 2 0 R>>", &node(1, "3 0 R"), PAGE]) {
        let [high, low] = u16::try_from(file.len()).unwrap().to_be_bytes();
        rows.extend([1, high, low, 0]);
        file.extend(format!("{number} 0 obj\n{body}\nendobj\n").into_bytes());
    }
    let start = file.len();
    let more = more.replace("SELF", &start.to_string());
    let dict = format!("<</Type/XRef/Size 5/Root 1 0 R/W[{widths}]{more}/Length {}>>", rows.len());
    file.extend(format!("4 0 obj\n{dict}\nstream\n").into_bytes());
    file.extend(rows);
    file.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").into_bytes());
    file
}

/// All objects in an object stream, which is said to stand in itself.
fn stream_in_itself() -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let body = "4 0 1 16 <</Type/ObjStm>> <</Type/Catalog/Pages 1 0 R>>";
    let dict = format!("<</Type/ObjStm/N 2/First 9/Extends 4 0 R/Length {}>>", body.len());
    file.extend(format!("4 0 obj\n{dict}\nstream\n{body}\nendstream\nendobj\n").into_bytes());
    let start = u8::try_from(file.len()).unwrap();
    let row = |number: u8| [2, 0, 4, number];
    let rows = [[0, 0, 0, 0xFF], row(1), row(0), row(0), row(0), [1, 0, start, 0]].concat();
    let dict = format!("<</Type/XRef/Size 6/Root 1 0 R/W[1 2 1]/Length {}>>", rows.len());
    file.extend(format!("5 0 obj\n{dict}\nstream\n").into_bytes());
    file.extend(rows);
    file.extend(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").into_bytes());
    file
}

#[tokio::test]
async fn cross_reference_streams() {
    come_to(vec![
        pdf("as they should be", with_stream("1 2 1", ""), NoForm),
        pdf("/Prev is itself", with_stream("1 2 1", "/Prev SELF"), NoForm),
        pdf("columns of 4 GiB", with_stream("1 4294967295 2147483647", ""), NoForm),
        pdf("columns of less than nothing", with_stream("1 -2 1", ""), NoForm),
        pdf("columns of nothing, without end", with_stream("0 0 0", "/Index[0 4294967295]"), NoForm),
        pdf("an index without end", with_stream("1 2 1", "/Index[0 4294967295]"), NoForm),
        pdf("an object stream in itself", stream_in_itself(), Damaged),
    ])
    .await;
}

#[tokio::test]
async fn nesting() {
    let nested = |open: &str, close: &str| {
        let mut file = Pdf::default();
        file.add(format!("<</A {}{}>>", open.repeat(100_000), close.repeat(100_000)));
        file.one_page(b"", "/X 1 0 R")
    };
    let content = |words: &str, times: usize| Pdf::default().one_page(words.repeat(times).as_bytes(), "");
    come_to(vec![
        pdf("100,000 lists", nested("[", "]"), NoForm),
        pdf("100,000 dictionaries", nested("<</A ", ">>"), NoForm),
        pdf("100,000 lists that are not closed", nested("[", ""), NoForm),
        pdf("100,000 lists in what is drawn", content("[", 100_000), NoForm),
        pdf("100,000 dictionaries in what is drawn", content("/A <</B ", 100_000), NoForm),
        pdf("a million states saved", content("q ", 1_000_000), NoForm),
        pdf(
            "10 MB of dictionaries and nothing else",
            [b"%PDF-1.7\n1 0 obj ".to_vec(), b"<<".repeat(5 << 20)].concat(),
            Damaged,
        ),
        pdf(
            "objects that only begin",
            [b"%PDF-1.7\n".to_vec(), b"1 0 obj\n".repeat(100_000)].concat(),
            Damaged,
        ),
        pdf(
            "streams that only begin",
            [b"%PDF-1.7\n".to_vec(), b"1 0 obj <</Length 9999999999>> stream\n".repeat(20_000)].concat(),
            Damaged,
        ),
        pdf("nothing behind the first line", b"%PDF-1.7\n".to_vec(), Damaged),
        pdf("a megabyte of zeros", [b"%PDF-1.7\n".to_vec(), vec![0; 1 << 20]].concat(), Damaged),
        pdf("33 MiB", [b"%PDF-1.7\n".to_vec(), vec![b' '; 33 << 20]].concat(), TooLarge),
    ])
    .await;
}

/// A page that draws with object 1, under the name `/A`.
fn draws(kind: &str, content: &str, dict: &str, inside: &str) -> Vec<u8> {
    let mut file = Pdf::default();
    file.stream(dict, inside.as_bytes());
    file.one_page(content.as_bytes(), &format!("/Resources<<{kind}>>"))
}

#[tokio::test]
async fn drawings_that_draw_themselves() {
    let own = |kind: &str| format!("/Resources<<{kind}>>");
    let named = "/XObject<</A 1 0 R>>";
    let pattern = "/Pattern<</A 1 0 R>>";
    let mask = "/ExtGState<</A<</SMask<</S/Luminosity/G 1 0 R>>>>>>";
    let tiling = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 5 5]";
    let painted = "/Pattern cs /A scn 0 0 595 842 re f";

    let mut doubling = Pdf::default();
    for next in 2..=31 {
        doubling.stream(&format!("{FORM}/Resources<</XObject<</A {next} 0 R>>>>"), b"/A Do /A Do");
    }
    doubling.stream(FORM, b"0 0 100 100 re f");
    let mut letter = Pdf::default();
    letter.add(
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 65/Widths[1]\
         /Encoding<</Differences[65/A]>>/CharProcs<</A 2 0 R>>/Resources<</Font<</F 1 0 R>>>>>>",
    );
    letter.stream("", b"BT /F 1 Tf (AAAA) Tj ET");
    come_to(vec![
        pdf(
            "a form",
            draws(named, "/A Do", &format!("{FORM}{}", own(named)), "/A Do /A Do 0 0 100 100 re f"),
            Paper,
        ),
        pdf(
            "two to the thirty forms",
            doubling.one_page(b"/A Do", "/Resources<</XObject<</A 1 0 R>>>>"),
            Paper,
        ),
        pdf(
            "a pattern",
            draws(
                pattern,
                painted,
                &format!("{tiling}/XStep 5/YStep 5{}", own(pattern)),
                "/Pattern cs /A scn 0 0 5 5 re f",
            ),
            Paper,
        ),
        pdf(
            "a pattern in tiny steps",
            draws(pattern, painted, &format!("{tiling}/XStep 0.00001/YStep 0.00001"), "0 0 5 5 re f"),
            NoForm,
        ),
        pdf(
            "a mask",
            draws(
                mask,
                "/A gs 0 0 595 842 re f",
                &format!("{FORM}/Group<</S/Transparency/CS/DeviceGray>>{}", own(mask)),
                "/A gs 0 0 100 100 re f",
            ),
            Paper,
        ),
        pdf(
            "a picture's mask",
            draws(named, "q 595 0 0 842 0 0 cm /A Do Q", &format!("{DOT}/SMask 1 0 R"), "\0"),
            Paper,
        ),
        pdf(
            "a letter",
            letter.one_page(b"BT /F 10 Tf 100 100 Td (A) Tj ET", "/Resources<</Font<</F 1 0 R>>>>"),
            NoForm,
        ),
    ])
    .await;
}

#[tokio::test]
async fn page_sizes() {
    let letters = |media: &str| {
        let mut file = Pdf::default();
        file.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
        let more = format!("/Resources<</Font<</F 1 0 R>>>>/MediaBox{media}");
        file.one_page(b"BT /F 12 Tf 50 700 Td (Attestation de la direction, faite le 3 mai) Tj ET", &more)
    };
    let picture = |media: &str| {
        let more = format!("/Resources<</XObject<</A 1 0 R>>>>/MediaBox{media}");
        let mut file = Pdf::default();
        file.stream(DOT, b"\0");
        file.one_page(b"q 1000000 0 0 1000000 0 0 cm /A Do Q", &more)
    };
    let without_end = "[0 0 99999999999999999999999999999999999999999999999 1]";
    come_to(vec![
        pdf("no numbers", letters("[nan inf -inf 0]"), Damaged),
        pdf("nowhere", letters("[-1e9 -1e9 -1e9 -1e9]"), Damaged),
        pdf("without end", letters("[0 0 1e38 1e38]"), Damaged),
        pdf("350 m of letters", letters("[0 0 1000000 1000000]"), NoForm),
        pdf("350 m of a picture", picture("[0 0 1000000 1000000]"), TooLarge),
        pdf("three metres of a picture", picture("[0 0 7800 7800]"), Paper),
        pdf("nothing", letters("[0 0 0 0]"), NoForm),
        pdf("upside down", letters("[595 842 0 0]"), NoForm),
        pdf("words", letters("[/a /b (c) null]"), NoForm),
        pdf("two numbers", letters("[0 0]"), NoForm),
        pdf("a thread", picture("[0 0 0.0001 10000]"), Paper),
        pdf("a number without end", picture(without_end), Paper),
    ])
    .await;
}

#[tokio::test]
async fn turned_pages() {
    let turned = |by: &str| {
        let mut file = Pdf::default();
        file.stream(DOT, b"\0");
        let more = format!("/Resources<</XObject<</A 1 0 R>>>>/Rotate {by}");
        pdf(by, file.one_page(b"q 595 0 0 842 0 0 cm /A Do Q", &more), Paper)
    };
    let by = ["-90", "-1", "45", "99999999999999999999", "/x", "-2147483648"];
    come_to(by.map(turned).into()).await;
}

#[tokio::test]
async fn bombs() {
    let bomb = crate::desk::bytes_of("hostile/drawing-that-unpacks-to-400-mib.pdf");
    let mut text = String::new();
    for n in 0..20_000 {
        writeln!(text, "q 3 0 0 3 {} {} cm /A Do Q", n % 595, n / 595).unwrap();
    }
    let grey = "/ColorSpace/DeviceGray/BitsPerComponent";
    let one_picture = |dict: &str, data: &[u8]| Pdf::default().one_picture(dict, data);
    come_to(vec![
        pdf("755 bytes of drawing that unpack to 400 MiB", bomb, GivenUp),
        pdf(
            "30,000 × 30,000 pixels, of which none is there",
            one_picture(
                &format!("/Width 30000/Height 30000 {grey} 8/Filter/FlateDecode"),
                &flate(b"nothing"),
            ),
            TooLarge,
        ),
        pdf(
            "30,000 × 30,000 pixels",
            one_picture(
                &format!("/Width 30000/Height 30000 {grey} 1/Filter/FlateDecode"),
                &flate(&vec![0; 3750 * 30_000]),
            ),
            TooLarge,
        ),
        pdf(
            "sizes of less than nothing",
            one_picture(&format!("/Width -5/Height 4294967295 {grey} 8"), b"x"),
            NoForm,
        ),
        pdf("20,000 pictures of one point", draws("/XObject<</A 1 0 R>>", &text, DOT, "\0"), Paper),
    ])
    .await;
}
