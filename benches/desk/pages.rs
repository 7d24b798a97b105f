//! Every page there is, as somebody asks for it.

use super::place::Real;
use super::spread::{One, Spread};

pub struct Page {
    pub name: String,
    /// Asked for in turn.
    pub paths: Vec<String>,
    /// Only the first time of each counts: then it is kept.
    pub first_only: bool,
    /// Asked for by an auditor, else by a supervisor.
    pub audited: bool,
}

pub fn pages(real: &[Real], spread: &Spread) -> Vec<Page> {
    let mut all = Vec::new();
    let mut page = |name: &str, paths: Vec<String>| {
        all.push(Page { name: name.to_owned(), paths, first_only: false, audited: false });
    };
    page("sign-in", vec!["/connexion".to_owned()]);
    for (name, query) in queue(spread) {
        page(&format!("queue: {name}"), vec![format!("/dossiers?{query}")]);
    }
    for (name, words) in searches(spread) {
        let paths = words.iter().map(|words| format!("/dossiers?file=tous&q={}", coded(words))).collect();
        page(&format!("search: {name}"), paths);
    }
    let of = |source: &str| -> Vec<&Real> { real.iter().filter(|one| one.source == source).collect() };
    let case = |one: &Real| format!("/dossiers/{}", one.number);
    page("case: digital form", of("fields").into_iter().map(case).collect());
    page("case: scan", of("scan").into_iter().map(case).collect());
    page("case: any", spread.some(4001, 40).map(|one| format!("/dossiers/{}", one.number)).collect());
    let listed = |one: &One| format!("/dossiers/{}?liste=file%3Dtous%26motif%3Dmissing", one.number);
    page("case: in its list", spread.some(4001, 40).map(listed).collect());
    page("questions", vec!["/questions".to_owned()]);
    page("registry: structures by name", vec!["/referentiel?q=centre+hospitalier".to_owned()]);
    for action in ["accepter", "refuser", "complement", "classer"] {
        let paths = of("fields").into_iter().map(|one| format!("{}/{action}", case(one))).collect();
        page(&format!("decide: {action}"), paths);
    }
    for which in ["a-voir", "retenues", "en-cours", "envoyees", "toutes"] {
        page(&format!("letters: {which}"), vec![format!("/lettres?etat={which}")]);
    }
    page("letters: one", (1..11).map(|n| format!("/lettres/{n}")).collect());
    for days in ["7", "30", "90", "365"] {
        page(&format!("overview: {days} days"), vec![format!("/vue-d-ensemble?jours={days}")]);
    }
    for table in ["issues", "delais", "motifs", "automatique", "file", "referentiel"] {
        page(&format!("overview: {table}.csv"), vec![format!("/vue-d-ensemble/{table}.csv?jours=365")]);
    }
    page("administration", vec!["/administration".to_owned()]);
    for part in ["comptes", "referentiel", "observation", "observation.csv"] {
        page(&format!("administration: {part}"), vec![format!("/administration/{part}")]);
    }
    for source in ["fields", "scan"] {
        let paths = of(source).into_iter().map(|one| format!("{}/pages/0/1.png", case(one))).collect();
        let name = format!("first picture: {source}");
        all.push(Page { name, paths, first_only: true, audited: false });
    }
    for (name, queries) in record(spread) {
        let paths = queries.iter().map(|query| format!("/administration/journal?{query}")).collect();
        all.push(Page { name: format!("record: {name}"), paths, first_only: false, audited: true });
    }
    all
}

/// What auditors look for among the events.
fn record(spread: &Spread) -> Vec<(&'static str, Vec<String>)> {
    let (from, to) = days(spread);
    let one = |query: &str| vec![query.to_owned()];
    vec![
        ("nothing asked", one("")),
        ("newest", one("avant=100000000")),
        ("of a case", spread.some(4001, 20).map(|one| format!("dossier={}", one.number)).collect()),
        ("of a person", one("par=blaise")),
        ("of nobody", one("par=zzyzx")),
        ("frequent kind", one("quoi=reply_sent")),
        ("rare kind", one("quoi=case_decided")),
        ("kind of none", one("quoi=hold_set")),
        (
            "of a person, of a kind, some days",
            vec![format!("par=blaise&quoi=case_decided&du={from}&au={to}")],
        ),
    ]
}

/// Some days long ago: from, to.
fn days(spread: &Spread) -> (String, String) {
    let day =
        |back: usize| spread.cases[spread.cases.len() - 1 - back.min(spread.cases.len() - 1)].day.clone();
    (day(60_000), day(55_000))
}

fn queue(spread: &Spread) -> Vec<(&'static str, String)> {
    let (from, to) = days(spread);
    vec![
        ("to do", "file=a-traiter".to_owned()),
        ("requester", "file=demandeur".to_owned()),
        ("registry", "file=referentiel".to_owned()),
        ("decided", "file=decides".to_owned()),
        ("all", "file=tous".to_owned()),
        ("all, page 30", "file=tous&page=30".to_owned()),
        ("all, page 1500", "file=tous&page=1500".to_owned()),
        ("to do, page 20", "file=a-traiter&page=20".to_owned()),
        ("to do, reason", "file=a-traiter&motif=missing".to_owned()),
        ("to do, mine, of scans", "file=a-traiter&suivi=moi&lecture=scan".to_owned()),
        ("to do, nobody's", "file=a-traiter&suivi=personne".to_owned()),
        ("to do, class", "file=a-traiter&classe=pharmacy".to_owned()),
        ("all, frequent reason", "file=tous&motif=missing".to_owned()),
        ("all, rare reason", "file=tous&motif=date_in_future".to_owned()),
        ("all, reason of none", "file=tous&motif=document_link".to_owned()),
        (
            "all, rare reason, class, of scans",
            "file=tous&motif=date_in_future&classe=dialysis&lecture=scan".to_owned(),
        ),
        ("all, class", "file=tous&classe=other".to_owned()),
        ("all, unreadable", "file=tous&lecture=none".to_owned()),
        ("all, mine", "file=tous&suivi=moi".to_owned()),
        ("all, days", format!("file=tous&du={from}&au={to}")),
        ("decided, days, reason", format!("file=decides&du={from}&au={to}&motif=signature_broken")),
    ]
}

fn searches(spread: &Spread) -> Vec<(&'static str, Vec<String>)> {
    let of = |told: &dyn Fn(&One) -> String| spread.some(4801, 20).map(told).collect::<Vec<_>>();
    let frequent = |told: &dyn Fn(&One) -> String| {
        let mut counts = std::collections::BTreeMap::new();
        for one in &spread.cases {
            *counts.entry(told(one)).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(words, _)| words)
            .into_iter()
            .collect::<Vec<_>>()
    };
    let spaced = |number: &str| -> String {
        number
            .chars()
            .enumerate()
            .flat_map(|(n, c)| [(n % 3 == 0).then_some(' '), Some(c)])
            .flatten()
            .collect()
    };
    vec![
        ("number", of(&|one| one.number.clone())),
        ("FINESS", of(&|one| one.finess.clone())),
        ("FINESS with spaces", of(&|one| spaced(&one.finess))),
        ("SIRET", of(&|one| one.siret.clone())),
        ("RPPS", of(&|one| one.rang.clone().unwrap_or_else(|| one.siret.clone()))),
        ("card of an administrator", of(&|one| one.cards[2].clone())),
        ("name", of(&|one| one.people[0].1.clone())),
        ("first and last name, administrator", of(&|one| format!("{} {}", one.people[2].0, one.people[2].1))),
        ("e-mail", of(&|one| format!("{}.{}@{}", one.people[1].0, one.people[1].1, one.domain))),
        ("domain", of(&|one| one.domain.clone())),
        ("structure", of(&|one| one.structure.clone())),
        ("most frequent name", frequent(&|one| one.people[0].1.clone())),
        ("most frequent domain", frequent(&|one| one.domain.clone())),
        ("words of every case", vec!["formulaire f413".to_owned()]),
        ("frequent and rare word", of(&|one| format!("formulaire {}", one.people[1].1))),
        ("two frequent words", vec!["centre barbar".to_owned(), "pharmacie exam".to_owned()]),
        ("three letters", vec!["bar".to_owned(), "vil".to_owned()]),
        ("nothing found", vec!["zzyzx".to_owned(), "zzyzx formulaire".to_owned()]),
    ]
}

fn coded(words: &str) -> String {
    form_urlencoded::byte_serialize(words.as_bytes()).collect()
}
