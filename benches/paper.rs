//! How well and how fast paper is read, through the real sandbox and Tesseract:
//! `cargo bench --bench paper` prints a table over `fixtures/paper`.
//!
//! `-- --documents DIR --expected FILE --registry DIR [--as-of DATE]` reads another set (`FILE`: one
//! expectation a line, with `file` and `class`); `--misses` prints what was read wrongly,
//! `--calibration` how often values of each confidence are wrong; `--only TEXT` reads the documents
//! whose name has TEXT. Fails where a form was accepted or rejected that should not have been.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program run by hand"
)]

#[path = "../tests/it/score.rs"]
mod score;

use score::{SURE, Score};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is read, and what must come of it.
struct Paper {
    file: PathBuf,
    class: String,
    wanted: Value,
}

#[derive(Default)]
struct Figures {
    score: Score,
    pages: usize,
    /// Processor seconds of everything that was started.
    cpu: f64,
    /// Highest resident memory, KiB.
    child: u64,
    engine: u64,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| words.iter().any(|word| word == flag);
    let value = |flag: &str| {
        let at = words.iter().position(|word| word == flag)?;
        words.get(at + 1).cloned()
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let registry = value("--registry").map_or_else(|| fixtures.join("registry"), PathBuf::from);
    let day = value("--as-of").unwrap_or_else(|| "2026-11-22".to_owned());
    let mut papers = match (value("--documents"), value("--expected")) {
        (Some(documents), Some(expected)) => listed(Path::new(&documents), Path::new(&expected)),
        _ => beside(&fixtures.join("paper")),
    };
    if let Some(text) = value("--only") {
        papers.retain(|paper| paper.file.to_string_lossy().contains(&text));
    }
    let mut classes: BTreeMap<String, Vec<Paper>> = BTreeMap::new();
    for paper in papers {
        classes.entry(paper.class.clone()).or_default().push(paper);
    }
    println!(
        "| class | documents | fields right | confidently wrong | decided | false accepts | false rejects | \
         CPU a page | memory: child, engine |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut all = Figures::default();
    for (class, papers) in &classes {
        let figures = measure(papers, &registry, &day);
        row(class, &figures);
        add(&mut all.score, figures.score);
        all.pages += figures.pages;
        all.cpu += figures.cpu;
        all.child = all.child.max(figures.child);
        all.engine = all.engine.max(figures.engine);
    }
    row("all", &all);
    if has("--misses") {
        println!("\n{}", all.score.misses.join("\n"));
    }
    if has("--calibration") {
        calibration(&all.score);
    }
    if all.score.false_accepts + all.score.false_rejects > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn add(all: &mut Score, other: Score) {
    all.documents += other.documents;
    all.fields += other.fields;
    all.right += other.right;
    all.confidently_wrong += other.confidently_wrong;
    all.decided += other.decided;
    all.false_accepts += other.false_accepts;
    all.false_rejects += other.false_rejects;
    all.lost += other.lost;
    all.misses.extend(other.misses);
    all.values.extend(other.values);
}

fn row(class: &str, figures: &Figures) {
    let score = &figures.score;
    println!(
        "| {class} | {} | {:.1} % of {} | {} | {:.0} % | {} | {} | {:.2} s | {} MiB, {} MiB |",
        score.documents,
        100.0 * ratio(score.right, score.fields),
        score.fields,
        score.confidently_wrong,
        100.0 * ratio(score.decided, score.documents),
        score.false_accepts,
        score.false_rejects,
        figures.cpu / ratio(figures.pages.max(1), 1),
        figures.child / 1024,
        figures.engine / 1024,
    );
}

fn ratio(part: usize, whole: usize) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    count(part) / count(whole.max(1))
}

/// The share of wrong values among those of one confidence.
fn calibration(score: &Score) {
    println!("\n| confidence from | to | values | wrong | of 1,000 |\n|---|---|---|---|---|");
    let edges = [0.0, 0.5, 0.7, 0.8, SURE, 0.95, 0.97, 0.98, 0.985, 0.99, 1.01];
    for pair in edges.windows(2) {
        let [from, to] = pair else { continue };
        bucket(score, *from, *to);
    }
    bucket(score, SURE, 1.01);
}

fn bucket(score: &Score, from: f64, to: f64) {
    let values = score.values.iter().filter(|(confidence, _)| (from..to).contains(confidence));
    let (count, wrong) =
        values.fold((0, 0), |(count, wrong), (_, right)| (count + 1, wrong + usize::from(!right)));
    println!("| {from:.3} | {:.3} | {count} | {wrong} | {:.1} |", to.min(1.0), 1000.0 * ratio(wrong, count));
}

/// A folder's files with their expectation beside them; the class is the name's second ending.
fn beside(folder: &Path) -> Vec<Paper> {
    let mut out: Vec<Paper> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|ending| ending != "json"))
        .map(|file| {
            let wanted = std::fs::read(file.with_extension("expected.json")).unwrap();
            let class =
                Path::new(file.file_stem().unwrap()).extension().unwrap().to_string_lossy().into_owned();
            Paper { class, wanted: serde_json::from_slice(&wanted).unwrap(), file }
        })
        .collect();
    out.sort_by(|one, other| one.file.cmp(&other.file));
    out
}

/// A folder's files by a list of expectations; those of paper only.
fn listed(folder: &Path, list: &Path) -> Vec<Paper> {
    let text = std::fs::read_to_string(list).unwrap();
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let paper = all.map(|wanted| Paper {
        file: folder.join(wanted["file"].as_str().unwrap()),
        class: wanted["class"].as_str().unwrap().to_owned(),
        wanted,
    });
    paper.filter(|paper| !matches!(paper.class.as_str(), "fields" | "text") && paper.file.exists()).collect()
}

/// Reads a class of documents, as many at a time as there are processors.
fn measure(papers: &[Paper], registry: &Path, day: &str) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("guichet.toml");
    // on a busy machine time passes without work being done
    let sample = include_str!("../config/guichet.toml");
    std::fs::write(
        &config,
        sample
            .replace("wall = \"30 s\"", "wall = \"10 min\"")
            .replace("\"60 s\"              # reading", "\"20 min\" # reading"),
    )
    .unwrap();
    let mut figures = Figures::default();
    let reports = folder.path().join("reports");
    let before = children_cpu();
    let mut check = Command::new(env!("CARGO_BIN_EXE_guichet"))
        .args(["check", "--json", "--as-of", day, "--config"])
        .arg(&config)
        .arg("--registry")
        .arg(registry)
        .args(papers.iter().map(|paper| &paper.file))
        .stdout(std::fs::File::create(&reports).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let done = AtomicBool::new(false);
    let root = check.id();
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peaks = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let (child, engine) = peak_memory(root);
                peaks = (peaks.0.max(child), peaks.1.max(engine));
                std::thread::sleep(Duration::from_millis(25));
            }
            peaks
        });
        check.wait().unwrap();
        done.store(true, Ordering::Relaxed);
        (figures.child, figures.engine) = watch.join().unwrap();
    });
    figures.cpu = children_cpu() - before;
    let reports: HashMap<String, Value> = std::fs::read_to_string(&reports)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|report| (report["input"]["name"].as_str().unwrap().to_owned(), report))
        .collect();
    for paper in papers {
        let name = paper.file.file_name().unwrap().to_string_lossy();
        let report = reports.get(&*paper.file.to_string_lossy()).unwrap_or(&Value::Null);
        figures.score.note(&name, &paper.wanted, report);
        figures.pages += pages(&paper.file);
    }
    figures
}

/// Pages of a document, as far as it tells simply; a mail's or a picture's are counted as two and one.
fn pages(file: &Path) -> usize {
    let ending = file.extension().unwrap_or_default();
    let bytes = std::fs::read(file).unwrap();
    let count = lopdf::Document::load_mem(&bytes).map(|pdf| pdf.get_pages().len());
    count.unwrap_or(if ending == "eml" || ending == "tif" { 2 } else { 1 })
}

/// Processor seconds of the processes that were started and have ended (proc(5): `cutime`, `cstime`, in
/// hundredths on Linux).
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit(") ").next().unwrap();
    let ticks: u32 = after.split(' ').skip(13).take(2).filter_map(|word| word.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// `VmHWM` of the largest child that reads and the largest engine below a process, KiB.
fn peak_memory(root: u32) -> (u64, u64) {
    let mut known: HashMap<u32, (u32, String, u64)> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(status) = std::fs::read_to_string(entry.path().join("status")) else { continue };
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next().map(str::to_owned)
        };
        let number = |name: &str| field(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let parent = u32::try_from(number("PPid")).unwrap_or(0);
        known.insert(pid, (parent, field("Name").unwrap_or_default(), number("VmHWM")));
    }
    let below = |pid: u32| {
        let parent = |pid: &u32| known.get(pid).map(|(parent, ..)| *parent);
        std::iter::successors(parent(&pid), parent).take(8).any(|above| above == root)
    };
    let of = |engine: bool| {
        let mine = known.iter().filter(|(pid, (_, name, _))| (name == "tesseract") == engine && below(**pid));
        mine.map(|(_, (.., peak))| *peak).max().unwrap_or(0)
    };
    (of(false), of(true))
}
