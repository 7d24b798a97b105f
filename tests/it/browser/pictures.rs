//! The pictures of the desk that the README shows, drawn anew by
//! `cargo nextest run --run-ignored only pictures_of_the_desk`.

use super::{Browser, Tab, WIDE};
use crate::desk::{TestDesk, fixture};
use crate::visitor::Served;
use guichet::domain::staff::Role;
use serde_json::json;

/// The page as it stands in the window, as a PNG under `fixtures/desk`.
async fn drawn(tab: &Tab, name: &str) {
    use base64::Engine as _;
    // every picture of the page is there
    tab.finds("Promise.all([...document.images].map(one => (one.loading = 'eager', one.decode())))").await;
    let shot = tab.asks("Page.captureScreenshot", json!({ "format": "png" })).await;
    let png = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
    std::fs::write(fixture(&format!("desk/{name}.png")), png).unwrap();
}

#[tokio::test]
#[ignore = "writes into fixtures/desk"]
async fn pictures_of_the_desk() {
    std::fs::create_dir_all(fixture("desk")).unwrap();
    let mut desk = TestDesk::new().await;
    let mut mails: Vec<_> =
        std::fs::read_dir(fixture("mails/demo")).unwrap().map(|file| file.unwrap()).collect();
    mails.sort_by_key(std::fs::DirEntry::file_name);
    mails.retain(|mail| mail.path().extension().is_some_and(|end| end == "eml"));
    for some in mails.chunks(4) {
        for mail in some {
            desk.receives(&std::fs::read(mail.path()).unwrap());
        }
        desk.turn().await;
        desk.hours_pass(1);
    }
    let case = desk.cases().await.into_iter().find(|case| case.state == guichet::store::CaseState::Waiting);
    let case = format!("/dossiers/{}", case.unwrap().number);
    let served = Served::new(desk).await;
    let tab = Browser::open().person(&served, &served.person("sara", Role::Supervisor).await).await;
    tab.goes("/dossiers?file=tous").await;
    drawn(&tab, "queue").await;
    tab.goes(&case).await;
    drawn(&tab, "case").await;
    tab.is_wide(400).await;
    drawn(&tab, "case-narrow").await;
    tab.is_wide(WIDE).await;
    tab.goes(&format!("{case}/refuser")).await;
    tab.clicks("input[name=finding]").await;
    tab.opens("button[value=preview]").await;
    tab.finds("document.querySelector('.letter').scrollIntoView()").await;
    drawn(&tab, "rejection").await;
    tab.goes("/vue-d-ensemble").await;
    drawn(&tab, "overview").await;
    tab.goes("/administration").await;
    drawn(&tab, "administration").await;
}
