//! Two lanes: scans on all processors, and nobody who is answered within a moment behind them. The
//! engine stands still in these tests until a gate is opened.

use crate::desk::{TestDesk, mail_with};
use guichet::pipeline::Step;
use guichet::store::Lane;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;

const DIGITAL: &[u8] = include_bytes!("../../fixtures/forms/ticks-x.drawn.pdf");

/// The program, with an engine that waits at a gate and then has read nothing.
struct Engine {
    folder: TempDir,
}

impl Engine {
    fn new() -> Self {
        let engine = Self { folder: tempfile::tempdir().unwrap() };
        let here = engine.folder.path().display();
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = recognise ]; then echo $$ >> {here}/called; read -r _ < {here}/gate; exit 1; fi\n\
             exec {} \"$@\"\n",
            env!("CARGO_BIN_EXE_guichet")
        );
        std::fs::write(engine.program(), script).unwrap();
        std::fs::set_permissions(engine.program(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let made = std::process::Command::new("mkfifo").arg(engine.folder.path().join("gate")).status();
        assert!(made.unwrap().success());
        engine
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("guichet")
    }

    /// Calls that have begun.
    fn calls(&self) -> usize {
        std::fs::read_to_string(self.folder.path().join("called")).map_or(0, |text| text.lines().count())
    }

    /// From now on a call ends at once, while the returned file is kept.
    fn opens_the_gate(&self) -> std::fs::File {
        let gate = std::fs::File::options().read(true).write(true).open(self.folder.path().join("gate"));
        let mut gate = gate.unwrap();
        gate.write_all(&[b'\n'; 1000]).unwrap();
        gate
    }
}

/// A sheet with lines of ink, as a picture; each number another one.
fn scan(number: u32) -> Vec<u8> {
    let mut sheet = image::GrayImage::from_pixel(620, 877, image::Luma([255]));
    for (line, letter) in (0..16).flat_map(|line| (0..36).map(move |letter| (line, letter))) {
        let (left, top) = (60 + letter * 14, 80 + line * 44);
        for (x, y) in (0..3).flat_map(|x| (0..12).map(move |y| (x, y))) {
            sheet.put_pixel(left + x, top + y, image::Luma([0]));
            sheet.put_pixel(left + y * 2 / 3, top + x + 4 * (letter % 3), image::Luma([0]));
        }
    }
    sheet.put_pixel(300 + number, 30, image::Luma([0]));
    let mut png = std::io::Cursor::new(Vec::new());
    sheet.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

fn mail(name: &str, document: &str, bytes: &[u8]) -> Vec<u8> {
    mail_with(&format!("{name}@chu.example"), &format!("{name}@chu.example"), &[(document, bytes)])
}

impl TestDesk {
    fn receives_scans(&mut self, count: u32) {
        for n in 0..count {
            self.receives(&mail(&format!("scan{n}"), "f413.png", &scan(n)));
        }
    }

    fn receives_digital_forms(&mut self, count: u32) {
        for n in 0..count {
            // what stands after the end of a PDF is no part of it: other bytes, the same form
            let pdf = [DIGITAL, format!("\n% copy {n}\n").as_bytes()].concat();
            self.receives(&mail(&format!("digital{n}"), "f413.pdf", &pdf));
        }
    }

    async fn waiting(&self, lane: Lane) -> i64 {
        let sql = "SELECT COUNT(*) FROM messages WHERE lane = $1 AND state = 'kept' AND attempts = 0";
        self.counts(sql, lane.as_str()).await
    }

    async fn decided(&self) -> usize {
        self.cases().await.len()
    }

    /// Looks again and again, until it is so.
    async fn until(&self, what: &str, so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !so().await {
            assert!(begun.elapsed() < Duration::from_mins(2), "never: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_are_read_on_all_processors_and_digital_mails_behind_them_are_not_delayed() {
    let engine = Engine::new();
    let mut desk = TestDesk::with_program("", &engine.program()).await;
    let scans = processors() + 3;
    desk.receives_scans(u32::try_from(scans).unwrap());
    desk.receives_digital_forms(4);
    let (stop, told) = watch::channel(false);
    let daemon = async { desk.daemon.run(told).await.unwrap() };
    let watched = async {
        desk.until("the digital mails are decided", async || desk.decided().await == 4).await;
        desk.until("as many scans are read as there are processors", async || engine.calls() == processors())
            .await;
        desk.until("the other scans wait in their lane", async || desk.waiting(Lane::Paper).await == 3).await;
        assert_eq!((engine.calls(), desk.decided().await), (processors(), 4), "and nothing moves");
        let _gate = engine.opens_the_gate();
        desk.until("the scans are decided", async || desk.decided().await == 4 + scans).await;
        stop.send_replace(true);
    };
    tokio::join!(daemon, watched);
    desk.adds_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_scans_as_configured_are_in_hand_and_a_stop_leaves_the_others_waiting() {
    let engine = Engine::new();
    let mut desk = TestDesk::with_program("[daemon]\npaper_deciders = 1\n", &engine.program()).await;
    desk.receives_scans(4);
    let (stop, told) = watch::channel(false);
    let daemon = async { desk.daemon.run(told).await.unwrap() };
    let watched = async {
        desk.until("one scan is read", async || engine.calls() == 1).await;
        desk.until("the others wait", async || desk.waiting(Lane::Paper).await == 3).await;
        stop.send_replace(true);
        engine.opens_the_gate()
    };
    let ((), gate) = tokio::join!(daemon, watched);
    assert_eq!(
        (desk.decided().await, desk.waiting(Lane::Paper).await),
        (1, 3),
        "what was in hand is finished"
    );
    desk.turn().await;
    drop(gate);
    assert_eq!(desk.decided().await, 4);
    desk.adds_up().await;
}

#[tokio::test]
async fn paper_is_left_to_its_lane_without_an_attempt_and_read_there() {
    let engine = Engine::new();
    let mut desk = TestDesk::with_program("", &engine.program()).await;
    desk.receives_scans(1);
    desk.takes_in().await;
    let line = desk.daemon.line.clone();
    assert_eq!(line.decide_next("d", Lane::Paper).await.unwrap(), Step::NothingWaits);
    assert_eq!(line.decide_next("d", Lane::Quick).await.unwrap(), Step::LeftToPaper);
    assert_eq!(line.decide_next("d", Lane::Quick).await.unwrap(), Step::NothingWaits);
    assert_eq!((desk.waiting(Lane::Paper).await, engine.calls()), (1, 0), "no engine was asked");
    let _gate = engine.opens_the_gate();
    assert_eq!(line.decide_next("p", Lane::Paper).await.unwrap(), Step::Decided);
    let cases = desk.cases().await;
    assert_eq!(desk.findings(&cases[0]).await, ["low_confidence "]);
}

/// A form and a picture of another page of it in one mail: they belong together.
#[tokio::test]
async fn a_mail_with_both_is_read_as_one_in_the_paper_lane() {
    let engine = Engine::new();
    let mut desk = TestDesk::with_program("", &engine.program()).await;
    let documents: [(&str, &[u8]); 2] = [("f413.pdf", DIGITAL), ("annexe.png", &scan(0))];
    desk.receives(&mail_with("both@chu.example", "both@chu.example", &documents));
    desk.takes_in().await;
    let line = desk.daemon.line.clone();
    assert_eq!(line.decide_next("d", Lane::Quick).await.unwrap(), Step::LeftToPaper);
    assert_eq!(desk.decided().await, 0, "nothing is decided on half of it");
    let _gate = engine.opens_the_gate();
    assert_eq!(line.decide_next("p", Lane::Paper).await.unwrap(), Step::Decided);
    assert!(desk.decided().await > 0);
    desk.adds_up().await;
}

#[tokio::test]
async fn without_the_engine_the_daemon_runs_on_and_paper_goes_to_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let program = without_tesseract(folder.path());
    let mut desk = TestDesk::with_program("", &program).await;
    desk.receives_scans(2);
    desk.receives_digital_forms(1);
    desk.turn().await;
    let mut found = Vec::new();
    for case in desk.cases().await {
        found.push((case.verdict.as_str(), desk.findings(&case).await));
    }
    let review = ("review", vec!["low_confidence ".to_owned()]);
    assert_eq!(found.iter().filter(|one| **one == review).count(), 2, "{found:?}");
    assert_eq!(found.len(), 3);
    desk.adds_up().await;
}

/// The program where no folder of programs is searched: it finds no engine.
fn without_tesseract(folder: &Path) -> PathBuf {
    let program = folder.join("guichet");
    let script = format!("#!/bin/sh\nPATH=/nowhere exec {} \"$@\"\n", env!("CARGO_BIN_EXE_guichet"));
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}
