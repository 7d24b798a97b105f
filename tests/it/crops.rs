//! Pictures of the places of answers: what is asked for is what is shown, however a page is turned,
//! cropped or scaled.

use crate::desk::fixture;
use guichet::domain::sheet::{Area, PageNumber};
use guichet::intake::mime::MimeSettings;
use guichet::reading::shown::{Colours, Unshown};
use guichet::sandbox::{Job, JobKind, NoPicture, Sandbox, SandboxSettings};
use image::ImageEncoder as _;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_guichet");

fn sandbox() -> Sandbox {
    let settings =
        SandboxSettings { program: PathBuf::from(PROGRAM), spares: 1, ..SandboxSettings::default() };
    Sandbox::new(settings, MimeSettings::default()).unwrap()
}

fn document<'a>(name: &'a str, bytes: &'a [u8]) -> Job<'a> {
    Job { kind: JobKind::Document, name, bytes }
}

/// Where the markers' pages show a red mark, points from the top left corner.
const MARK: Area = Area { x0: 100.0, y0: 50.0, x1: 160.0, y1: 70.0 };

/// A page as displayed 400 wide and 300 high, with a red mark, made with further page entries.
/// `at` is the mark's rectangle in the page's own coordinates.
fn marked(media: [i64; 4], at: [i64; 4], entries: Dictionary) -> Vec<u8> {
    let mut file = Document::with_version("1.7");
    let [x0, y0, x1, y1] = at;
    let drawing = format!("1 0 0 rg {x0} {y0} {} {} re f", x1 - x0, y1 - y0);
    let content = file.add_object(Stream::new(Dictionary::new(), drawing.into_bytes()));
    let pages = file.new_object_id();
    let mut page = dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content,
        "MediaBox" => media.map(Object::from).to_vec(),
    };
    page.extend(&entries);
    let page = file.add_object(page);
    let all = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    file.objects.insert(pages, Object::Dictionary(all));
    let catalog = file.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    file.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

/// Share of red pixels.
fn red(picture: &Colours) -> f64 {
    let reds = picture.pixels.chunks(3).filter(|p| p[0] > 180 && p[1] < 80 && p[2] < 80).count();
    f64::from(u32::try_from(reds).unwrap()) / f64::from(u32::try_from(picture.pixels.len() / 3).unwrap())
}

/// The mark fills what is asked for, and nothing of it lies elsewhere.
async fn shows_the_mark(what: &str, name: &str, bytes: &[u8], mark: Area) {
    let sandbox = sandbox();
    let picture = sandbox.picture(document(name, bytes), 1.into(), Some(mark), 144).await.unwrap();
    assert!(red(&picture.colours) > 0.95, "{what}: {}", red(&picture.colours));
    let near = |n: f32| (picture.area.x0 - n).abs();
    assert!(near(mark.x0) < 0.5, "{what}: {:?}", picture.area);
    let whole = sandbox.picture(document(name, bytes), 1.into(), None, 144).await.unwrap();
    let share = f64::from(mark.width() * mark.height() / (whole.area.width() * whole.area.height()));
    assert!((red(&whole.colours) - share).abs() < share * 0.1, "{what}: {} {share}", red(&whole.colours));
}

#[tokio::test]
async fn what_is_asked_for_is_shown_however_the_page_is_turned_cropped_or_scaled() {
    let turned = |degrees: i64| dictionary! { "Rotate" => degrees };
    let cases = [
        ("upright", marked([0, 0, 400, 300], [100, 230, 160, 250], dictionary! {})),
        ("turned by 90", marked([0, 0, 300, 400], [50, 100, 70, 160], turned(90))),
        ("turned by 180", marked([0, 0, 400, 300], [240, 50, 300, 70], turned(180))),
        ("turned by 270", marked([0, 0, 300, 400], [230, 240, 250, 300], turned(270))),
        (
            "cropped",
            marked(
                [0, 0, 700, 800],
                [300, 630, 360, 650],
                dictionary! {
                    "CropBox" => vec![200.into(), 400.into(), 600.into(), 700.into()],
                },
            ),
        ),
    ];
    for (what, pdf) in cases {
        shows_the_mark(what, "f413.pdf", &pdf, MARK).await;
    }
    // places are counted in the page's own unit, as reading counts them
    let large = marked([0, 0, 200, 150], [50, 115, 80, 125], dictionary! { "UserUnit" => 2 });
    let mark = Area { x0: 50.0, y0: 25.0, x1: 80.0, y1: 35.0 };
    shows_the_mark("in a unit of its own", "f413.pdf", &large, mark).await;
}

/// A photograph says how it was held (EXIF orientation 6: to be turned clockwise by 90 degrees).
#[tokio::test]
async fn a_photograph_is_shown_the_way_it_was_held() {
    // held, it is 600 wide and 842 high, a pixel about a point; the mark is at the left of it
    let stored = image::RgbImage::from_fn(842, 600, |x, y| {
        let (held_x, held_y) = (599 - y, x);
        let inside = (100..160).contains(&held_x) && (50..70).contains(&held_y);
        if inside { image::Rgb([255, 0, 0]) } else { image::Rgb([255, 255, 255]) }
    });
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 100);
    // a TIFF directory with one entry: 0x0112, orientation, is 6
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(&stored, 842, 600, image::ExtendedColorType::Rgb8).unwrap();
    let mark = Area { x0: 101.0, y0: 51.0, x1: 159.0, y1: 69.0 };
    let picture = sandbox().picture(document("photo.jpg", &jpeg), 1.into(), Some(mark), 150).await.unwrap();
    assert!(red(&picture.colours) > 0.95, "{}", red(&picture.colours));
    let whole = sandbox().picture(document("photo.jpg", &jpeg), 1.into(), None, 150).await.unwrap();
    assert_eq!((whole.colours.width, whole.colours.height), (600, 842));
}

#[tokio::test]
async fn a_page_that_is_not_there_is_said_so() {
    let pdf = marked([0, 0, 400, 300], [0, 0, 1, 1], dictionary! {});
    for (page, name, bytes, why) in [
        (PageNumber { document: 0, page: 2 }, "f413.pdf", pdf.as_slice(), Unshown::NoSuchPage),
        (PageNumber { document: 1, page: 1 }, "f413.pdf", pdf.as_slice(), Unshown::NoSuchPage),
        (PageNumber { document: 0, page: 0 }, "f413.pdf", pdf.as_slice(), Unshown::NoSuchPage),
        (1.into(), "f413.pdf", b"%PDF-1.7", Unshown::Damaged),
        (1.into(), "f413.docx", b"PK\x03\x04", Unshown::NoSuchPage),
    ] {
        match sandbox().picture(document(name, bytes), page, None, 100).await {
            Err(NoPicture::Unshown(said)) => assert_eq!(said, why, "{name} {page:?}"),
            other => panic!("{name} {page:?}: {other:?}"),
        }
    }
}

fn check(files: &[&Path], arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("check").arg("--json").args(arguments).args(files);
    command.output().unwrap()
}

fn index_of(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap()
}

/// The darkest and the lightest of the pixels that show an answer's box.
fn range_in_its_box(folder: &Path, crop: &Value) -> (u8, u8) {
    let picture = image::open(folder.join(crop["file"].as_str().unwrap())).unwrap().into_luma8();
    assert_eq!(crop["size"], serde_json::json!([picture.width(), picture.height()]));
    let edge = |list: &str, n: usize| crop[list][n].as_f64().unwrap();
    let (across, down) = (
        f64::from(picture.width()) / (edge("shown", 2) - edge("shown", 0)),
        f64::from(picture.height()) / (edge("shown", 3) - edge("shown", 1)),
    );
    let values = picture.enumerate_pixels().filter_map(|(x, y, value)| {
        let at = (edge("shown", 0) + f64::from(x) / across, edge("shown", 1) + f64::from(y) / down);
        let inside = (edge("box", 0)..=edge("box", 2)).contains(&at.0)
            && (edge("box", 1)..=edge("box", 3)).contains(&at.1);
        inside.then_some(value.0[0])
    });
    values.fold((255, 0), |(least, most), value| (least.min(value), most.max(value)))
}

/// Words on the page, fields with and without a drawing, comments; pages turned, cropped, scaled.
#[test]
fn every_answer_of_a_form_is_seen_in_its_crop() {
    let forms = [
        "ticks-x.drawn.pdf",
        "crop-box-and-user-unit.drawn.pdf",
        "edition-landscape.drawn.pdf",
        "published-filled-nothing-drawn.fields.pdf",
        "date-in-words.annotations.pdf",
        "pages-of-different-rotation.drawn.pdf",
        "published-rotated-90-sideways.drawn.pdf",
        "rotated-270-upright.fields.pdf",
        "need-appearances-nothing-drawn.fields.pdf",
    ];
    for form in forms {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let output = check(&[&fixture("forms").join(form)], &["--crops", path]);
        assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let index = index_of(folder.path());
        let evidence = report["submissions"][0]["evidence"].as_object().unwrap();
        let crops = index["submissions"][0].as_object().unwrap();
        assert!(evidence.len() > 10 && evidence.keys().eq(crops.keys()), "{form}");
        for (pointer, crop) in crops {
            assert_eq!(crop["box"], evidence[pointer]["box"]);
            assert_eq!(crop["file"], format!("1{}.png", pointer.replace('/', "-")));
            let (least, most) = range_in_its_box(folder.path(), crop);
            if evidence[pointer]["raw"] != "" {
                assert!(most - least > 60, "{form} {pointer}: nothing is seen ({least} to {most})");
            }
        }
    }
}

#[test]
fn several_files_have_a_folder_each_and_the_same_name_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let crops = folder.path().join("crops");
    let arguments = ["--crops", crops.to_str().unwrap()];
    let forms = ["cairo.drawn.pdf", "cover-letter.other.pdf"].map(|name| fixture("forms").join(name));
    assert!(check(&[&forms[0], &forms[1]], &arguments).status.success());
    assert!(crops.join("cairo.drawn.pdf").join("1-structure-siret.png").exists());
    let none = index_of(&crops.join("cover-letter.other.pdf"));
    assert!(none["submissions"].as_array().unwrap().iter().all(|one| one.as_object().unwrap().is_empty()));
    let same = check(&[&forms[0], &forms[0]], &arguments);
    assert_eq!(same.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&same.stderr).contains("two files are called cairo.drawn.pdf"));
}

/// Crops that are over the cap on output: the report is there, and what is missing is said.
#[test]
fn what_cannot_be_shown_is_said_and_the_rest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("guichet.toml");
    let root = folder.path().display();
    let text = format!(
        "[mailbox]\nkind = \"folder\"\npath = \"{root}/mailbox\"\n[transport]\nkind = \"folder\"\npath = \"{root}/replies\"\n\
         [store]\nurl = \"sqlite:{root}/guichet.db\"\n[identity]\nfrom = \"a@guichet.example\"\n[sandbox]\noutput = \"300 KiB\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let crops = folder.path().join("crops");
    let arguments = ["--crops", crops.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let output = check(&[&fixture("forms/cairo.drawn.pdf")], &arguments);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no crops of page") && said.contains("over its output"), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        report["submissions"][0]["evidence"]["/structure/siret"]["page"].as_u64().map(|n| n > 0),
        Some(true)
    );
    index_of(&crops);
}
