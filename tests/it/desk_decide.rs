//! Deciding at the desk, by its pages: proposing and confirming, the letter as it will leave, and what was
//! written and not sent.

use crate::desk::{TestDesk, bytes_of, mail_with, text_of};
use crate::visitor::{Came, Served};
use guichet::domain::staff::Role;
use guichet::intake::mime::open_ours;
use jiff::SignedDuration;

const SWAPPED: &str = "mails/demo/05-review-names-swapped.eml";
const CASE: &str = "/dossiers/F413-2026-000001";

/// A desk with one case that staff have to look at, and these further lines of configuration.
async fn with_a_case(lines: &str) -> Served {
    let mut desk = TestDesk::with(lines).await;
    desk.receives_fixture(SWAPPED);
    desk.turn().await;
    Served::new(desk).await
}

const ACCEPTS: [(&str, &str); 2] = [("finding", "mismatch /administrators/1"), ("step", "do")];

#[tokio::test]
async fn a_proposal_is_read_confirmed_or_sent_back_by_another_person() {
    let mut served = with_a_case("[desk]\nfour_eyes = [\"mismatch\"]\n").await;
    let anna = served.person("anna", Role::Agent).await;
    let (sara, tom) =
        (served.person("sara", Role::Supervisor).await, served.person("tom", Role::Supervisor).await);
    let (accept, confirm) = (format!("{CASE}/accepter"), format!("{CASE}/confirmer"));
    let ask = anna.get(&accept).await.text();
    assert!(ask.contains("Proposer l&#39;acceptation") && ask.contains("rien ne part avant"), "{ask}");
    assert_eq!(sara.sends(CASE, &accept, &ACCEPTS).await.status, 303);
    let case = sara.get(CASE).await.text();
    assert!(case.contains("Décision proposée par sara") && case.contains("Revoir ma proposition"), "{case}");
    // neither who proposed it nor an agent
    let mine = sara.get(&confirm).await.text();
    assert!(!mine.contains("value=\"do\"") && mine.contains("Reprendre ma proposition"), "{mine}");
    let own = sara.sends(&confirm, &confirm, &[("step", "do")]).await;
    assert!(own.text().contains("une autre personne doit confirmer"), "{}", own.text());
    assert_eq!(anna.sends(CASE, &confirm, &[("step", "do")]).await.status, 403);
    assert_eq!(anna.sends(CASE, &confirm, &[("step", "back"), ("text", "x")]).await.status, 403);

    let queue = tom.get("/dossiers?file=a-confirmer").await.text();
    assert!(queue.contains("F413-2026-000001") && queue.contains("Décisions à confirmer"), "{queue}");
    assert!(tom.get("/dossiers").await.text().contains("La file est vide"));
    let read = tom.get(&confirm).await.text();
    assert!(read.contains("complet et accepté") && read.contains("value=\"do\""), "{read}");
    // without a word nobody knows why
    assert_eq!(tom.sends(&confirm, &confirm, &[("step", "back"), ("text", " ")]).await.status, 400);
    assert_eq!(
        tom.sends(&confirm, &confirm, &[("step", "back"), ("text", "Vois <b>4.2</b>.")]).await.status,
        303
    );
    let case = sara.get(CASE).await.text();
    assert!(case.contains("Vois &#60;b&#62;4.2") && case.contains("Proposition de sara renvoyée"), "{case}");

    assert_eq!(anna.sends(CASE, &accept, &ACCEPTS).await.status, 303);
    assert_eq!(tom.sends(&confirm, &confirm, &[("step", "do")]).await.status, 303);
    let case = tom.get(CASE).await.text();
    assert!(case.contains("Dossier accepté par anna, confirmé par tom"), "{case}");
    served.desk.hours_pass(1).turn().await;
    let letters = served.desk.relay.taken();
    assert!(letters.len() == 2 && text_of(&letters[1]).contains("complet et accepté"));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn what_was_read_from_paper_is_accepted_by_two_and_a_digital_form_by_one() {
    // built without optimisation, and beside other tests
    let patient = "[sandbox]\ncpu = \"200 s\"\nwall = \"300 s\"\nrecognition = \"300 s\"\n";
    let mut desk = TestDesk::with(&format!("[desk]\nfour_eyes = [\"paper\"]\n{patient}")).await;
    let scan = bytes_of("paper/published-200-grey.scan.pdf");
    desk.receives(&mail_with("a@x.example", "1@x.example", &[("f413.pdf", &scan)]));
    desk.turn().await;
    desk.receives_fixture(SWAPPED);
    desk.turn().await;
    let mut served = Served::new(desk).await;
    let (anna, sara) =
        (served.person("anna", Role::Agent).await, served.person("sara", Role::Supervisor).await);
    let (digital, accept) = ("/dossiers/F413-2026-000002", format!("{CASE}/accepter"));
    assert_eq!(anna.sends(digital, &format!("{digital}/accepter"), &ACCEPTS).await.status, 303);
    assert!(anna.get(digital).await.text().contains("Dossier accepté par anna"));

    let ask = anna.get(&accept).await.text();
    assert!(ask.contains("Proposer l&#39;acceptation") && ask.contains("formulaire lu sur papier"), "{ask}");
    let mut fields = vec![("step", "do")];
    let points = ask.split("name=\"finding\" value=\"").skip(1);
    fields.extend(points.map(|rest| ("finding", rest.split('"').next().unwrap())));
    assert!(fields.contains(&("finding", "low_confidence /usage/purpose")), "{fields:?}");
    assert_eq!(anna.sends(CASE, &accept, &fields).await.status, 303);
    let case = anna.get(CASE).await.text();
    assert!(case.contains("Décision proposée par anna"), "{case}");
    served.desk.clock.advance(SignedDuration::from_mins(5));
    served.desk.turn().await;
    let told = served.desk.relay.taken().len();
    let confirm = format!("{CASE}/confirmer");
    assert_eq!(sara.sends(&confirm, &confirm, &[("step", "do")]).await.status, 303);
    assert!(sara.get(CASE).await.text().contains("Dossier accepté par anna, confirmé par sara"));
    served.desk.hours_pass(1).turn().await;
    let letters = served.desk.relay.taken();
    assert_eq!(letters.len(), told + 1, "nothing left before she confirmed it");
    assert!(text_of(&letters[told]).contains("complet et accepté"));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_proposal_falls_when_a_colleague_corrects_a_box() {
    let served = with_a_case("[desk]\nfour_eyes = [\"acceptance\"]\n").await;
    let (anna, sara) =
        (served.person("anna", Role::Agent).await, served.person("sara", Role::Supervisor).await);
    let confirm = format!("{CASE}/confirmer");
    assert_eq!(anna.sends(CASE, &format!("{CASE}/accepter"), &ACCEPTS).await.status, 303);
    let page = sara.get(&confirm).await;
    let correct = format!("{CASE}/corriger");
    let fields = [("field", "/structure/name"), ("value", "CH de Vaulnoise")];
    assert_eq!(anna.sends(CASE, &correct, &fields).await.status, 303);
    let (csrf, version) = (page.hidden("csrf"), page.hidden("version"));
    let late = sara.post(&confirm, &[("csrf", &csrf), ("version", &version), ("step", "do")]).await.text();
    assert!(late.contains("a changé entre-temps") && late.contains("caduque"), "{late}");
    assert_eq!(sara.get(&confirm).await.status, 303, "there is nothing to confirm any more");
    served.desk.adds_up().await;
}

/// A case that has waited for half a year: the form's date is too old today, and was not on the day it came.
#[tokio::test]
async fn what_is_left_to_a_person_only_today_is_ticked_like_the_rest() {
    let served = with_a_case("").await;
    served.desk.clock.advance(SignedDuration::from_hours(24 * 200));
    served.desk.imports_the_registry().await;
    let anna = served.person("anna", Role::Agent).await;
    let (accept, too_old) = (format!("{CASE}/accepter"), "date_too_old /declaration/date");
    let offered = format!("name=\"finding\" value=\"{too_old}\"");
    assert!(!anna.get(CASE).await.text().contains("date_too_old"), "it is not recorded");
    assert!(anna.get(&accept).await.text().contains(&offered));
    let text = anna.sends(&accept, &accept, &ACCEPTS).await.text();
    assert!(text.contains("Ceci s&#39;oppose à l&#39;acceptation"), "{text}");
    assert!(text.contains(&offered), "{text}");
    let ticked = [ACCEPTS[0], ("finding", too_old)];
    let preview = anna.sends(&accept, &accept, &[ticked[0], ticked[1], ("step", "preview")]).await.text();
    assert!(preview.contains("complet et accepté"), "{preview}");
    assert_eq!(preview.matches(&format!("{offered} checked")).count(), 1, "{preview}");
    assert_eq!(anna.sends(&accept, &accept, &[ticked[0], ticked[1], ("step", "do")]).await.status, 303);
    assert!(anna.get(CASE).await.text().contains("Dossier accepté par anna"));
    served.desk.adds_up().await;
}

const SENTENCE: &str = "Le nom et le prénom sont inversés.";

fn rejects(step: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("finding", "mismatch /administrators/1"),
        ("message-mismatch /administrators/1", SENTENCE),
        ("text", "À bientôt, <b>Zoé</b>."),
        ("step", step),
    ]
}

/// Where the letter in its frame is served.
fn framed(page: &Came) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("<iframe class=\"letter-html\" src=\"").expect("a frame");
    let (address, rest) = rest.split_once('"').unwrap();
    assert!(rest.trim_start().starts_with("sandbox=\"\""), "{rest}");
    address.to_owned()
}

#[tokio::test]
async fn the_letter_is_shown_as_it_will_leave_with_what_is_attached() {
    let mut served = with_a_case("").await;
    let (anna, bob) = (served.person("anna", Role::Agent).await, served.person("bob", Role::Agent).await);
    let reject = format!("{CASE}/refuser");
    let preview = anna.sends(CASE, &reject, &rejects("preview")).await;
    let policy = &preview.headers["content-security-policy"];
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(preview.text().contains("<dt>De</dt>") && preview.text().contains("certificats@guichet.example"));
    let address = framed(&preview);
    let letter = anna.get(&address).await;
    assert_eq!((letter.status, letter.headers["content-type"].as_str()), (200, "text/html; charset=utf-8"));
    let policy = &letter.headers["content-security-policy"];
    for part in ["default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("allow-") && letter.headers["x-frame-options"] == "SAMEORIGIN");
    assert!(letter.text().contains(SENTENCE) && letter.text().contains("&lt;b&gt;Zoé"), "{}", letter.text());
    // what anna wrote is shown to nobody else, nor a letter of another draft in its place
    assert_eq!(bob.get(&address).await.status, 400);
    let (without, _) = address.split_once("?m=").unwrap();
    assert_eq!(anna.get(without).await.status, 400);

    assert_eq!(anna.sends(CASE, &reject, &rejects("do")).await.status, 303);
    served.desk.hours_pass(1).turn().await;
    let left = open_ours(&served.desk.relay.taken()[1].bytes).unwrap();
    assert_eq!(left.html.as_deref(), Some(letter.text().as_str()), "as it was shown");
    // an hour later she has signed in anew
    let anna = served.person("anna", Role::Agent).await;
    let sent = anna.get("/lettres/2").await;
    assert_eq!(anna.get(&framed(&sent)).await.text(), letter.text(), "and as it is read afterwards");
}

#[tokio::test]
async fn what_is_attached_is_read_page_by_page_and_had_as_a_file() {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture("mails/demo/03-rejected-four-problems.eml");
    desk.turn().await;
    let served = Served::new(desk).await;
    let lena = served.person("lena", Role::Reader).await;
    let letter = lena.get("/lettres/1").await.text();
    assert!(letter.contains("href=\"/lettres/1/pieces/0/pages/1\""), "{letter}");
    let file = lena.get("/lettres/1/pieces/0").await;
    assert!(file.body.starts_with(b"%PDF") && file.headers["content-type"] == "application/octet-stream");
    let disposition = &file.headers["content-disposition"];
    assert!(
        disposition.starts_with("attachment; filename=\"") && disposition.ends_with(".pdf\""),
        "{disposition}"
    );
    let page = lena.get("/lettres/1/pieces/0/pages/1").await.text();
    assert!(page.contains("/lettres/1/pieces/0/pages/1.png") && page.contains("pages/2\""), "{page}");
    let picture = lena.get("/lettres/1/pieces/0/pages/1.png").await;
    assert!(picture.headers["content-type"] == "image/png" && picture.body.starts_with(b"\x89PNG"));
    for missing in ["/lettres/1/pieces/9", "/lettres/1/pieces/0/pages/99", "/lettres/1/pieces/0/pages/0.png"]
    {
        assert_eq!(lena.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn what_was_written_is_found_again_after_the_session_has_ended() {
    let served = with_a_case("").await;
    let (anna, bob) = (served.person("anna", Role::Agent).await, served.person("bob", Role::Agent).await);
    let (reject, note) = (format!("{CASE}/refuser"), format!("{CASE}/note"));
    let page = anna.get(CASE).await;
    let (csrf, version) = (page.hidden("csrf"), page.hidden("version"));
    served.desk.clock.advance(SignedDuration::from_mins(31));
    let mut fields = vec![("csrf", csrf.as_str()), ("version", &version)];
    fields.extend(rejects("do"));
    let late = anna.post(&reject, &fields).await;
    assert_eq!(late.status, 401);
    assert!(late.text().contains("gardé pour vous seul"), "{}", late.text());
    assert!(
        late.text().contains("/connexion?next=%2Fdossiers%2FF413-2026-000001%2Frefuser"),
        "{}",
        late.text()
    );
    let kept = anna.post(&note, &[("csrf", &csrf), ("text", "Rappeler <demain>.")]).await;
    assert!(kept.status == 401 && !kept.text().contains("Rappeler"));
    // a secret that nobody had keeps nothing
    let forged = anna.post(&note, &[("csrf", &"A".repeat(43)), ("text", "Autre.")]).await;
    assert!(forged.text().contains("n&#39;a pas été enregistré"), "{}", forged.text());

    let again = served.person("anna", Role::Agent).await;
    let bob_again = served.person("bob", Role::Agent).await;
    let found = again.get(&reject).await.text();
    assert!(found.contains(SENTENCE) && found.contains("Voici ce que vous aviez écrit"), "{found}");
    assert!(again.get(CASE).await.text().contains("Rappeler &#60;demain&#62;."));
    for address in [CASE, &reject] {
        let others = bob_again.get(address).await.text();
        assert!(!others.contains(SENTENCE) && !others.contains("Rappeler"), "{others}");
    }
    // from a page of the session before, which is still open: once more kept, never done
    let old = again.post(&reject, &fields).await;
    assert!(old.status == 403 && old.text().contains("Reprendre ce que j&#39;avais écrit"), "{}", old.text());
    let others = bob.post(&reject, &fields).await;
    assert_eq!(others.status, 401, "bob's own session has ended too");
    let foreign = bob_again.post(&reject, &fields).await;
    assert!(foreign.status == 403 && !foreign.text().contains("Reprendre"), "{}", foreign.text());
    assert!(!bob_again.get(&reject).await.text().contains(SENTENCE));

    // sent, it is gone
    assert_eq!(again.sends(CASE, &note, &[("text", "Rappeler <demain>.")]).await.status, 303);
    assert_eq!(again.sends(CASE, &reject, &rejects("do")).await.status, 303);
    assert!(!again.get(CASE).await.text().contains("sans l'envoyer"));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_correction_typed_as_the_session_ended_is_found_again_in_its_box() {
    let served = with_a_case("").await;
    let anna = served.person("anna", Role::Agent).await;
    let correct = format!("{CASE}/corriger");
    let page = anna.get(CASE).await;
    let (csrf, version) = (page.hidden("csrf"), page.hidden("version"));
    served.desk.clock.advance(SignedDuration::from_mins(31));
    let typed = [("field", "/structure/name"), ("value", "CH <de> Vaulnoise")];
    let late: Vec<_> = [("csrf", csrf.as_str()), ("version", &version)].into_iter().chain(typed).collect();
    let answer = anna.post(&correct, &late).await;
    assert!(answer.status == 401 && answer.text().contains("gardé pour vous seul"), "{}", answer.text());
    assert!(answer.text().contains("F413-2026-000001%23case-structure-name"), "{}", answer.text());

    let (again, bob) = (served.person("anna", Role::Agent).await, served.person("bob", Role::Agent).await);
    let kept = "value=\"CH &#60;de&#62; Vaulnoise\"";
    let found = again.get(CASE).await.text();
    assert!(found.contains(kept) && found.contains("Vous aviez saisi ceci"), "{found}");
    assert!(found.contains(">une correction (3.1, ") && found.contains("#case-structure-name\""), "{found}");
    assert!(!bob.get(CASE).await.text().contains(kept));
    let forgets: Vec<_> = typed.into_iter().chain([("step", "forget")]).collect();
    assert_eq!(again.sends(CASE, &correct, &forgets).await.status, 303);
    let forgotten = again.get(CASE).await.text();
    assert!(!forgotten.contains(kept) && !forgotten.contains("sans l'envoyer"), "{forgotten}");
    assert_eq!(again.get(CASE).await.hidden("version"), version, "nothing was corrected");

    // from a page of the session before, which is still open; then saved
    assert_eq!(again.post(&correct, &late).await.status, 403);
    assert!(again.get(CASE).await.text().contains("Vous aviez saisi ceci"));
    assert_eq!(again.sends(CASE, &correct, &typed).await.status, 303);
    let saved = again.get(CASE).await.text();
    assert!(saved.contains(kept) && !saved.contains("Vous aviez saisi ceci"), "{saved}");
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_reason_of_ones_own_that_lacks_its_rule_is_said_and_not_lost() {
    let served = with_a_case("").await;
    let anna = served.person("anna", Role::Agent).await;
    let fields = [("own-message", "Le cachet est illisible."), ("step", "do")];
    let page = anna.sends(CASE, &format!("{CASE}/refuser"), &fields).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Dites de quelle règle"), "{}", page.text());
    assert!(page.text().matches("Le cachet est illisible.").count() >= 2);
}
