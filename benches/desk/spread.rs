//! Two years of a service: when mails came, what they were, what became of them. The same each time.

use super::place::Real;
use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Days back.
const DAYS: i64 = 730;
const STAFF: [&str; 8] = ["ada", "blaise", "camille", "denis", "emilie", "fabien", "gaelle", "hugo"];
/// What is found, the most frequent first.
const CODES: [&str; 24] = [
    "missing",
    "malformed",
    "unknown",
    "mismatch",
    "low_confidence",
    "contract_missing",
    "expired",
    "form_incomplete",
    "finess_level",
    "mandate_missing",
    "not_requested",
    "date_too_old",
    "contract_inactive",
    "ambiguous",
    "revoked",
    "form_absent",
    "closed",
    "sender_unverified",
    "duplicate",
    "mandate_expired",
    "form_blank",
    "signature_broken",
    "document_encrypted",
    "date_in_future",
];
const CLASSES: [&str; 11] = [
    "pharmacy",
    "liberal",
    "laboratory",
    "medico_social",
    "health_centre",
    "health_house",
    "private_forprofit",
    "public_hospital",
    "private_nonprofit",
    "dialysis",
    "other",
];

pub struct Spread {
    pub cases: Vec<One>,
}

/// A case.
pub struct One {
    pub number: String,
    /// The real case it is like.
    pub like: (i64, i64),
    pub received_at: Timestamp,
    pub day: String,
    pub decided_at: Timestamp,
    pub state: &'static str,
    pub verdict: &'static str,
    pub source: &'static str,
    pub class: Option<&'static str>,
    /// What is found beside what is found of the real one.
    pub code: Option<&'static str>,
    pub finess: String,
    pub siret: String,
    pub rang: Option<String>,
    pub cards: [String; 3],
    pub structure: String,
    /// First and last name, of the signatory and of two administrators.
    pub people: [(String, String); 3],
    pub domain: String,
    pub assignee: Option<&'static str>,
    /// Who decided it, of those that staff decided.
    pub by: Option<&'static str>,
    pub asked_at: Option<Timestamp>,
    /// It waits for the registry.
    pub sleeps: bool,
    /// The letter of the decision, and when it left.
    pub letter: Option<(&'static str, Timestamp)>,
    /// Whether it arrived is not known.
    pub lost: bool,
}

impl Spread {
    pub fn new(count: usize, real: &[Real]) -> Self {
        let now = Timestamp::now();
        let mut random = Rng::with_seed(413);
        let mut times: Vec<Timestamp> = (0..count).map(|_| received(&mut random, now)).collect();
        times.sort();
        let mut years: BTreeMap<i16, usize> = BTreeMap::new();
        let made = times.into_iter().enumerate().map(|(n, at)| {
            let day = at.to_zoned(TimeZone::get("Europe/Paris").unwrap()).date();
            let running = years.entry(day.year()).or_insert(1000);
            *running += 1;
            let number = format!("F413-{}-{running:06}", day.year());
            one(&mut random, n, (number, day.to_string()), (at, now), real)
        });
        Self { cases: made.collect() }
    }

    /// One out of so many, counted from the newest.
    pub fn some(&self, every: usize, most: usize) -> impl Iterator<Item = &One> {
        self.cases.iter().rev().step_by(every.min(self.cases.len() / most).max(1)).take(most)
    }
}

/// Mostly by day, seldom at the weekend.
fn received(random: &mut Rng, now: Timestamp) -> Timestamp {
    loop {
        let back = SignedDuration::from_secs(random.i64(300..DAYS * 86_400));
        let at = (now - back).to_zoned(TimeZone::get("Europe/Paris").unwrap());
        let busy = (8..19).contains(&at.hour()) && at.weekday().to_monday_zero_offset() < 5;
        if busy || random.u8(0..10) == 0 {
            return at.timestamp();
        }
    }
}

/// A number below `below`, small ones more often.
fn skewed(random: &mut Rng, below: usize) -> usize {
    let share = random.f64();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small"
    )]
    let found = (share * share * below as f64) as usize;
    found
}

/// A made-up name, always the same of a number.
fn name(n: usize, syllables: usize) -> String {
    const ALL: [&str; 20] = [
        "bar", "len", "vau", "mor", "tis", "cau", "del", "fon", "gri", "hau", "ker", "lan", "mar", "nor",
        "pel", "quin", "rou", "sal", "ter", "vil",
    ];
    (0..syllables)
        .map(|place| ALL[(n / 20_usize.pow(u32::try_from(place).unwrap()) + n * place) % 20])
        .collect()
}

fn one(
    random: &mut Rng,
    n: usize,
    (number, day): (String, String),
    (received_at, now): (Timestamp, Timestamp),
    real: &[Real],
) -> One {
    let hours = now.duration_since(received_at).as_hours();
    let source = ["fields", "fields", "fields", "text", "scan", "scan", "none"][random.usize(0..7)];
    // most of what waits is of the last days
    let waits = match hours {
        ..96 => random.u8(0..100) < 75,
        96..720 => random.u16(0..1000) < 80,
        720..2000 => random.u16(0..1000) < 20,
        _ => random.u32(0..4000) == 0,
    };
    let sort = random.u8(0..100);
    let asked = waits && sort < 15 && hours > 48;
    let (state, verdict) = match (waits, sort) {
        (true, 0..80) => ("waiting", "review"),
        (true, _) => ("waiting", "accepted"),
        (false, 0..52) => ("decided", "accepted"),
        (false, 52..96) => ("decided", "rejected"),
        (false, _) => ("decided", "review"),
    };
    let by = (!waits && (random.u8(0..100) < 35 || verdict == "review")).then(|| STAFF[random.usize(0..8)]);
    let took = match by {
        Some(_) => SignedDuration::from_mins(random.i64(20..5000) * random.i64(1..100) / 100),
        None => SignedDuration::from_secs(random.i64(2..90)),
    };
    let decided_at = if waits { received_at } else { (received_at + took).min(now) };
    let told = state == "decided" && verdict != "review";
    let place = skewed(random, 8000);
    let domain = format!("{}.example", name(skewed(random, 3000), 2));
    let like = &real[n % real.len()];
    One {
        like: (like.id, like.message),
        day,
        source,
        class: (sort != 7).then(|| CLASSES[skewed(random, 11)]),
        code: (verdict != "accepted").then(|| CODES[skewed(random, 24)]),
        finess: format!("{:09}", 10_000_000 + place * 7919 % 900_000_000),
        siret: format!("{:014}", 30_000_000_000_000 + place * 104_729),
        rang: (sort < 30).then(|| format!("{:014}", 10_000_000_000_000 + n * 6151)),
        cards: [0, 1, 2].map(|k| format!("{:010}", 1_000_000_000 + (n * 3 + k) * 2657)),
        structure: format!(
            "{} de {}",
            ["Pharmacie", "Centre hospitalier", "Laboratoire", "Clinique", "Maison de santé"][place % 5],
            name(place, 3)
        ),
        people: [0; 3].map(|_| (name(skewed(random, 200), 2), name(7 + skewed(random, 6000), 3))),
        domain,
        assignee: (waits && sort.is_multiple_of(3)).then(|| STAFF[random.usize(0..8)]),
        by,
        asked_at: asked.then(|| received_at + SignedDuration::from_hours(20)),
        sleeps: waits && !asked && sort.is_multiple_of(8),
        letter: told.then(|| (verdict, decided_at + SignedDuration::from_secs(random.i64(60..90)))),
        lost: told && hours < 400 && random.u8(0..100) == 0,
        number,
        received_at,
        decided_at,
        state,
        verdict,
    }
}
