//! How fast the desk is when it is full: `cargo bench --bench desk [-- CASES]` fills a database with 200,000
//! cases of two years, a few thousand of which wait, serves the real desk, asks for every page again and
//! again as a browser does, and prints the median, the 95th of a hundred and the slowest. Fails where the
//! 95th takes over 50 ms, or the first picture of a case over 300 ms. `tests/postgres cargo bench --bench desk`
//! does it on PostgreSQL, without it is SQLite.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program run by hand"
)]

#[path = "desk/browser.rs"]
mod browser;
#[path = "desk/fill.rs"]
mod fill;
#[path = "beside/mail.rs"]
mod mail;
#[path = "desk/pages.rs"]
mod pages;
#[path = "desk/place.rs"]
mod place;
#[path = "desk/spread.rs"]
mod spread;

use browser::Browser;
use guichet::domain::staff::Role;
use pages::{Page, pages};
use place::Place;
use spread::Spread;
use std::time::{Duration, Instant};

/// What a page may take, and the first picture of a case.
const PAGE: Duration = Duration::from_millis(50);
const PICTURE: Duration = Duration::from_millis(300);
/// How often a page is asked for, after once to warm up.
const TIMES: usize = 40;

fn main() {
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let cases: usize = asked.unwrap_or(200_000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let place = runtime.block_on(Place::new());
    let begun = Instant::now();
    let real = runtime.block_on(place.decides_real_mails());
    println!("{} real mails decided in {:.0} s", real.len(), begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let spread = Spread::new(cases, &real);
    runtime.block_on(fill::fill(place.store(), &spread));
    println!("{cases} cases filled in on {} in {:.0} s", place.engine(), begun.elapsed().as_secs_f64());
    let sessions = [("ada", Role::Supervisor), ("chloe", Role::Auditor)]
        .map(|(name, role)| runtime.block_on(place.signs_in(name, role)));
    let (daemon, address) = place.serves();
    let [mut supervisor, mut auditor] = sessions.map(|session| Browser::new(address, session));

    let mut slow = Vec::new();
    println!("\n| page | median | 95th of 100 | slowest |\n|---|---|---|---|");
    for page in pages(&real, &spread) {
        let browser = if page.audited { &mut auditor } else { &mut supervisor };
        let times = match &page {
            Page { first_only: true, .. } => page.paths.iter().map(|path| browser.asks(path)).collect(),
            Page { paths, .. } => {
                browser.asks(&paths[0]);
                paths.iter().cycle().take(TIMES).map(|path| browser.asks(path)).collect()
            }
        };
        // a page of another version is not there
        let Some(mut times): Option<Vec<Duration>> = times else {
            println!("| {} | – | – | – |", page.name);
            continue;
        };
        let in_order = times.clone();
        times.sort();
        let most = if page.first_only { PICTURE } else { PAGE };
        let high = times[(times.len() * 19).div_ceil(20) - 1];
        println!(
            "| {} | {} | {} | {} |",
            page.name,
            told(times[times.len() / 2]),
            told(high),
            told(times[times.len() - 1])
        );
        if high > most {
            // whether always, or only when it is asked for the first time
            println!("in the order asked: {}", in_order.into_iter().map(told).collect::<Vec<_>>().join(", "));
            slow.push(page.name);
        }
    }
    println!("\nthe daemon's memory at its highest: {} MiB", daemon.memory());
    drop(daemon);
    assert!(slow.is_empty(), "over the limit: {}", slow.join(", "));
}

fn told(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
