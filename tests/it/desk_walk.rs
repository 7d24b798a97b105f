//! The desk as somebody walks it who follows every link: nothing is offered that is not there, or that
//! their role may not do.

use crate::desk_routes::{CASE, row_of, with_everything};
use crate::visitor::Visitor;
use guichet::domain::staff::Role;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Addresses in a page: those it links to, and those its forms send to.
fn offered(page: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
        let of = |name: &str| {
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(value.replace("&#38;", "&").replace("&amp;", "&"))
        };
        let method = if tag.contains("method=\"post\"") { "POST" } else { "GET" };
        found.extend(["href", "src"].iter().filter_map(|name| of(name)).map(|url| ("GET", url)));
        found.extend(of("action").map(|url| (method, url)));
    }
    found
}

/// What one person is led to, from the beginning on.
pub struct Walked {
    /// Addresses of pages, in the order they were come to.
    pub pages: Vec<String>,
    /// On which page, and where its form sends.
    forms: BTreeMap<String, String>,
}

/// Follows every link. Lists can be asked for in many ways: of each, the first few.
pub async fn walk(person: &Visitor) -> Walked {
    const OF_EACH: usize = 3;
    let mut walked = Walked { pages: Vec::new(), forms: BTreeMap::new() };
    let (mut seen, mut of_path) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut next = VecDeque::from(["/", "/dossiers?file=tous"].map(str::to_owned));
    while let Some(address) = next.pop_front() {
        let address = address.split('#').next().unwrap().to_owned();
        let path = address.split('?').next().unwrap().to_owned();
        // a letter in its frame is no page of the desk
        if path.ends_with("/lettre.html") {
            continue;
        }
        let ours = address.starts_with('/') && !address.starts_with("/assets/");
        if !ours || !seen.insert(address.clone()) {
            continue;
        }
        let times = of_path.entry(path.clone()).or_default();
        *times += 1;
        if *times > OF_EACH {
            continue;
        }
        let answer = person.get(&address).await;
        assert!(matches!(answer.status, 200 | 303), "{address}: {}", answer.status);
        next.extend(answer.headers.get("location").cloned());
        if !answer.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            continue;
        }
        for (method, url) in offered(&answer.text()) {
            let url = if url.starts_with('?') { format!("{path}{url}") } else { url };
            if method == "GET" {
                next.push_back(url);
            } else {
                walked.forms.insert(url, address.clone());
            }
        }
        walked.pages.push(address);
    }
    walked
}

#[tokio::test]
async fn nothing_is_offered_that_is_not_there_or_not_allowed() {
    let served = with_everything().await;
    for role in Role::ALL {
        let person = served.person(&format!("walker-{}", role.as_str()), role).await;
        let walked = walk(&person).await;
        for (sends, page) in &walked.forms {
            let roles = row_of("POST", sends).unwrap_or_else(|| panic!("{page}: {sends}"));
            assert!(roles.contains(&role), "{role:?} {page} offers {sends}");
        }
        assert!(walked.pages.len() > 10, "{role:?}: {:?}", walked.pages);
    }
}

/// Whether an address is of a page of one case or of one letter: no picture, no file, nothing in a frame.
fn of_a_case(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap();
    let file = [".png", ".eml", "/lettre.html"].iter().any(|end| path.ends_with(end))
        || path.contains("/pieces/") && !path.contains("/pages/");
    !file && ["/dossiers/", "/lettres/"].iter().any(|part| path.starts_with(part))
}

#[tokio::test]
async fn the_list_one_came_from_goes_along_to_every_page_of_a_case_and_its_letters() {
    const LIST: &str = "liste=file%3Dtous";
    let served = with_everything().await;
    let anna = served.person("anna", Role::Agent).await;
    let case = format!("/dossiers/{CASE}");
    let rejects = [
        ("finding", "mismatch /administrators/1"),
        ("message-mismatch /administrators/1", "Le nom et le prénom sont inversés."),
        ("step", "preview"),
    ];
    let refused = anna.sends(&case, &format!("{case}/refuser"), &rejects).await;
    assert!(refused.text().contains("telle qu'elle partira"), "{}", refused.text());
    let (mut seen, mut next) = (BTreeSet::new(), VecDeque::from([format!("{case}?{LIST}")]));
    while let Some(address) = next.pop_front() {
        let address = address.split('#').next().unwrap().to_owned();
        // each box leads to its place on the page and to the registry: they are one page each
        let again = ["zone=", "referentiel=", "comparer="].iter().any(|ask| address.contains(ask));
        if again || !seen.insert(address.clone()) {
            continue;
        }
        let answer = anna.get(&address).await;
        assert!(matches!(answer.status, 200 | 303), "{address}: {}", answer.status);
        let text = answer.text();
        for (method, url) in offered(&text).into_iter().filter(|(_, url)| of_a_case(url)) {
            // what is asked with a form has the list in a field of its own
            if method == "GET" && text.contains(&format!("action=\"{url}\" method=\"get\"")) {
                continue;
            }
            assert!(url.contains(LIST), "{address} leads to {url}");
            if method == "GET" {
                next.push_back(url);
            }
        }
    }
    // the draft that was kept, a letter that has left, and a page of what will be attached
    for part in [&format!("{case}/refuser?"), "/lettres/1?", "/refuser/pieces/0/pages/1?", "/pages/2?"] {
        assert!(seen.iter().any(|address| address.contains(part)), "{part} is not among {seen:?}");
    }
}
