//! Prints the page model of PDFs as text: what the layout of an edition works from.
//!
//! `cargo run --example pages -- FILE…`

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use guichet::reading::page::Area;
use guichet::reading::pdf::{Limits, open};

fn at(a: &Area) -> String {
    format!("{:6.1} {:6.1} {:6.1} {:6.1}", a.x0, a.y0, a.x1, a.y1)
}

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let started = std::time::Instant::now();
        let doc = open(&bytes, &Limits::default());
        let took = started.elapsed();
        println!("{path}: {} pages, trouble {:?}, {took:?}", doc.page_count, doc.trouble);
        for s in &doc.signatures {
            println!(
                "signature p{} {} sound {} {} {:?}",
                s.page.page,
                at(&s.area),
                s.sound,
                s.trouble,
                s.signer
            );
        }
        for p in &doc.pages {
            println!("page {} {}x{}", p.number.page, p.width, p.height);
            for w in &p.words {
                let unseen = if w.invisible { " invisible" } else { "" };
                println!("  word {} {:4.1} {:?}{unseen} {}", at(&w.area), w.size, w.origin, w.text);
            }
            for r in &p.rules {
                let way = if r.horizontal { "-" } else { "|" };
                println!("  rule {} {way} {:?}", at(&r.area), r.origin);
            }
            for i in &p.ink {
                println!("  ink  {} {:?} {:?}", at(&i.area), i.kind, i.origin);
            }
            for (n, w) in p.widgets.iter().enumerate() {
                let hidden = if w.hidden { " hidden" } else { "" };
                println!(
                    "  widget {n} {} {:?} {:?}{hidden} drawn {:?} tooltip {:?}",
                    at(&w.area),
                    w.name,
                    w.kind,
                    w.drawn,
                    w.tooltip
                );
            }
        }
    }
    Ok(())
}
