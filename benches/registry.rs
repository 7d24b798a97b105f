//! How fast the registry is, at the scale of France: `cargo bench --bench registry` makes 2.5 million
//! cards, 300,000 structures and 100,000 contracts, imports them, imports them again with a day's
//! changes, and asks for facts. `-- --cards N` for another size; with `GUICHET_TEST_POSTGRES` (see
//! tests/postgres) on PostgreSQL, else on SQLite.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program run by hand"
)]

use guichet::database::Database;
use guichet::domain::facts::{Answer, Wanted};
use guichet::domain::identifiers::{CardNumber, Finess};
use guichet::domain::policy::Profile;
use guichet::registry::{Imported, Options, Registry};
use jiff::{SignedDuration, Timestamp};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The limits that the registry has to keep.
const SECONDS: f64 = 60.0;
const MEBIBYTES: u64 = 300;
const FACTS: Duration = Duration::from_millis(2);

#[tokio::main]
async fn main() {
    let mut words = std::env::args().skip_while(|word| word != "--cards").skip(1);
    let cards: u64 = words.next().map_or(2_500_000, |word| word.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let size = Size { cards, structures: cards * 3 / 25, contracts: cards / 25 };
    generate(folder.path(), size, 0);
    let url = match std::env::var("GUICHET_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => format!("{server}postgres"),
        _ => format!("sqlite:{}", folder.path().join("guichet.db").display()),
    };
    let registry = Registry::new(Database::open(&url).await.unwrap());
    println!("{} on {}", size.told(), if url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" });
    let before = peak();
    let first = imports(&registry, folder.path(), "first import").await;
    generate(folder.path(), size, 1);
    let second = imports(&registry, folder.path(), "a day later").await;
    let third = imports(&registry, folder.path(), "once more the same").await;
    println!("memory at its highest: {} MiB ({before} MiB before)", peak());
    let facts = facts(&registry, size).await;
    println!("facts for one form: median {:?}, p99 {:?} (1,000 forms)", facts[500], facts[990]);
    let slow = [first, second, third].into_iter().any(|seconds| seconds > SECONDS);
    assert!(!slow && peak() <= MEBIBYTES && facts[500] <= FACTS, "over the limits");
}

async fn imports(registry: &Registry, folder: &Path, what: &str) -> f64 {
    let begun = Instant::now();
    let now = Timestamp::now();
    let imported = registry.import_dir(folder, &Options::default(), now, |_| {}).await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what}: {seconds:.1} s");
    tell(&imported);
    seconds
}

fn tell(imported: &Imported) {
    for feed in &imported.feeds {
        let changes = feed.changes.map_or_else(String::new, |c| {
            format!(
                "; {} added, {} removed, {} changed, {} closed, {} opposed, {} ended",
                c.added, c.removed, c.changed, c.closed, c.opposed, c.ended
            )
        });
        println!("  {:15} {} rows, {} flagged{changes}", feed.feed.file(), feed.rows, feed.flagged);
    }
}

/// Forms of hospitals all over the country: a FINESS and two cards each. Sorted.
async fn facts(registry: &Registry, size: Size) -> Vec<Duration> {
    let now = Timestamp::now();
    let mut times = Vec::new();
    for n in 0..1_000_u64 {
        let there = |n: u64| if gone(n, 1) { n - 1 } else { n };
        let structure = there(n * 7_919 % size.structures);
        let wanted = Wanted {
            finess: Some(Finess::parse(&finess(structure), Profile::Production).unwrap()),
            cards: [n * 104_729 % size.cards, n * 1_299_709 % size.cards]
                .map(|n| CardNumber::parse(&card(there(n))).unwrap())
                .to_vec(),
            ..Wanted::default()
        };
        let begun = Instant::now();
        let facts = registry.facts(&wanted, now, SignedDuration::from_hours(1)).await.unwrap();
        times.push(begun.elapsed());
        assert!(matches!(facts.by_finess, Some(Answer::Found(_))), "{facts:?}");
        assert!(facts.cards.values().all(|card| card.found().is_some()));
    }
    times.sort();
    times
}

#[derive(Clone, Copy)]
struct Size {
    cards: u64,
    structures: u64,
    contracts: u64,
}

impl Size {
    fn told(self) -> String {
        format!("{} cards, {} structures, {} contracts", self.cards, self.structures, self.contracts)
    }
}

/// Numbers in no order, as in the files of the real world: an odd factor walks through all of them.
fn scattered(n: u64, of: u64) -> u64 {
    (n.wrapping_mul(2_654_435_761)) % of
}

fn card(n: u64) -> String {
    format!("{:010}", 1_000_000_000 + scattered(n, 8_999_999_989))
}

/// A FINESS number with its key: one legal entity, then four establishments, and so on.
fn finess(n: u64) -> String {
    let body = format!("{:02}0{:05}", 1 + n / 100_000 * 3 % 19, n % 100_000);
    let sum: u32 = body
        .chars()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = digit.to_digit(10).unwrap();
            let weighed = if place % 2 == 0 { digit * 2 } else { digit };
            if weighed > 9 { weighed - 9 } else { weighed }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// Whether a row is gone on that day.
fn gone(n: u64, day: u64) -> bool {
    day > 0 && n % 5_000 == 4_999
}

/// The four files of a day: on another day, one row in a thousand says something else, one in five
/// thousand is gone, and as many are new.
fn generate(folder: &Path, size: Size, day: u64) {
    let file = |name: &str| BufWriter::with_capacity(1 << 20, File::create(folder.join(name)).unwrap());
    let changed = |n: u64| day > 0 && n.is_multiple_of(1_000);
    let mut out = file("structures.csv");
    writeln!(out, "finess;finess_type;finess_ej;siret;rpps_rang;name;class;category;main_site;status")
        .unwrap();
    for n in (0..size.structures).filter(|n| !gone(*n, day)) {
        let (level, of, category) = match n % 5 {
            0 => ("EJ", String::new(), ""),
            _ => ("EG", finess(n / 5 * 5), ["355", "500", "620", "365", "124"][(n % 25 / 5) as usize]),
        };
        let status = if changed(n) { "closed" } else { "open" };
        writeln!(out, "{};{level};{of};;;Établissement de santé n° {n};;{category};;{status}", finess(n))
            .unwrap();
    }
    out.flush().unwrap();
    let mut out = file("contracts.csv");
    writeln!(out, "number;structure;signed_on;valid_from;valid_until;status;representative_last_name;representative_first_name").unwrap();
    for n in (0..size.contracts).filter(|n| !gone(*n, day)) {
        let status = if changed(n) { "terminated" } else { "active" };
        writeln!(
            out,
            "CA-2024-{n:06};{};2024-01-04;2024-01-04;;{status};Breton;Henri",
            finess(n * 3 % size.structures)
        )
        .unwrap();
    }
    out.flush().unwrap();
    let mut out = file("cards.csv");
    writeln!(out, "number;type;last_name;first_name;holder_id;structure;valid_from;valid_until;opposed_on")
        .unwrap();
    let new = if day > 0 { size.cards / 5_000 } else { 0 };
    for n in (0..size.cards + new).filter(|n| !gone(*n, day) || *n >= size.cards) {
        let opposed = if changed(n) { "2026-11-20" } else { "" };
        let kind = ["CPS", "CPE", "CPF", "CDE"][(n % 4) as usize];
        writeln!(
            out,
            "{};{kind};Nom-de-famille {};Prénom;1{n:010};{};2024-05-01;2028-09-{:02};{opposed}",
            card(n),
            n % 90_000,
            finess(n % size.structures),
            1 + n % 28
        )
        .unwrap();
    }
    out.flush().unwrap();
    std::fs::write(
        folder.join("mandates.csv"),
        "structure;last_name;first_name;card;valid_from;valid_until\n",
    )
    .unwrap();
}

/// `VmHWM`, MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
