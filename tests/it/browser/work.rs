//! A case worked on: boxes corrected, letters read before they leave, decisions taken back, two people at
//! the same case.

use super::{Browser, Tab, served};
use crate::visitor::Served;
use guichet::domain::case::CaseNumber;
use guichet::domain::form::Field;
use guichet::domain::staff::Role;
use guichet::folder::outgoing::OutgoingFolder;
use jiff::SignedDuration;

const SWAPPED: &str = "05-review-names-swapped";
const CASE: &str = "/dossiers/F413-2026-000001";

/// A case whose second administrator has their names in the wrong boxes, and anna before it.
async fn at_the_case() -> (Served, Browser, Tab) {
    let served = served(&[SWAPPED]).await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("anna", Role::Agent).await).await;
    tab.goes(CASE).await;
    (served, browser, tab)
}

fn field(pointer: &str, part: &str) -> String {
    format!("#case-{} {part}", pointer.replace('/', "-"))
}

/// The two names, each in its box.
async fn puts_the_names_right(tab: &Tab) {
    for (pointer, name) in [("last_name", "Desœuvres"), ("first_name", "Hippolyte")] {
        let pointer = format!("administrators/1/{pointer}");
        tab.fills(&field(&pointer, "input[name=value]"), name).await;
        tab.opens(&field(&pointer, "button")).await;
    }
}

/// What leaves now goes into the folder; the texts of what lies there.
async fn letters_in_the_folder(served: &Served) -> Vec<String> {
    let path = served.desk.folder.path().join("replies");
    let folder = OutgoingFolder::open(&path).unwrap();
    while served.desk.daemon.line.answer_next("test", &folder, 0.0).await.unwrap() {}
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let text = |bytes: Vec<u8>| {
        let parsed = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        parsed.body_text(0).unwrap().into_owned()
    };
    files.into_iter().map(|file| text(std::fs::read(file).unwrap())).collect()
}

#[tokio::test]
async fn a_corrected_box_changes_the_verdict_and_the_letter_leaves_a_minute_after_the_acceptance() {
    let (served, _browser, tab) = at_the_case().await;
    tab.sees("À examiner").await;
    puts_the_names_right(&tab).await;
    tab.sees("À décider : rien contre").await;
    tab.sees("saisi par anna").await;
    assert!(tab.url().await.ends_with("#case-administrators-1-first_name"), "{}", tab.url().await);

    tab.opens("a[data-key=a]").await;
    tab.opens("button[value=preview]").await;
    tab.sees("La lettre, telle qu'elle partira").await;
    tab.sees("come.maiffret@ch-vaulnoise.fr").await;
    let preview =
        super::spaces(&tab.finds("document.querySelector('.letter pre').innerText").await.to_string());
    assert!(preview.contains("complet et accepté"), "{preview}");
    tab.opens("button[value=do]").await;
    tab.sees("Dossier accepté par anna. La lettre part dans 60 s.").await;

    served.desk.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(letters_in_the_folder(&served).await.len(), 0, "it can still be taken back");
    served.desk.clock.advance(SignedDuration::from_secs(2));
    let letters = letters_in_the_folder(&served).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("accepté"), "{letters:?}");
    tab.goes(CASE).await;
    tab.sees("Accepté").await;
    tab.sees("Lettre envoyée").await;
    assert_eq!(tab.finds("document.querySelectorAll('form.correct, a[data-key=a]').length").await, 0);
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_rejection_says_what_the_agent_wrote_and_is_read_before_it_leaves() {
    let (served, _browser, tab) = at_the_case().await;
    tab.opens("a[data-key=r]").await;
    tab.opens("button[value=do]").await;
    tab.sees("Choisissez au moins un motif").await;
    tab.clicks("#c-1").await;
    let sentence = "Ligne 2 : « Desœuvres » est le nom, Hippolyte le prénom ; l'inverse est écrit.";
    tab.fills("[name^=message-]", sentence).await;
    tab.fills("#texte", "Nous restons joignables & à l'écoute <3.").await;
    tab.opens("button[value=preview]").await;
    let preview = tab.of(".letter pre", "innerText").await;
    assert!(super::spaces(preview.as_str().unwrap()).contains("l'inverse est écrit."), "{preview}");
    // what was chosen and typed is still there
    assert_eq!(tab.of("#c-1", "checked").await, true);
    assert_eq!(tab.of("[name^=message-]", "value").await, sentence);
    tab.opens("button[value=do]").await;
    tab.sees("Dossier refusé par anna.").await;

    served.desk.clock.advance(SignedDuration::from_secs(61));
    let letters = letters_in_the_folder(&served).await;
    assert_eq!(letters.len(), 1);
    let words = letters[0].split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["est le nom, Hippolyte le prénom", "Nous restons joignables & à l'écoute <3."] {
        assert!(words.contains(said), "{words}");
    }
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn who_comes_second_sees_what_the_first_did_and_overwrites_nothing() {
    let (served, browser, anna) = at_the_case().await;
    let bob = browser.person(&served, &served.person("bob", Role::Agent).await).await;
    bob.goes(CASE).await;
    bob.sees("anna a aussi ce dossier ouvert.").await;
    let name = field("structure/name", "input[name=value]");
    anna.fills(&name, "CH de Vaulnoise").await;
    anna.opens(&field("structure/name", "button")).await;

    bob.fills(&name, "Hôpital de Vaulnoise").await;
    bob.opens(&field("structure/name", "button")).await;
    bob.sees("Le dossier F413-2026-000001 a changé entre-temps").await;
    bob.sees("Case corrigée, 3.1").await;
    bob.sees("(anna)").await;
    bob.sees("« Hôpital de Vaulnoise »").await;
    // the difference: what stood there, what anna wrote, and what stands there now
    let row = "[...document.querySelector('.changed tbody tr').cells].map(cell => cell.innerText)";
    let row = bob.finds(row).await;
    assert_eq!(row[2], "CH de Vaulnoise", "{row}");
    assert!(row[1].as_str().unwrap().contains("Vaulnoise") && row[1] != row[2], "{row}");
    assert_eq!(row[3], "anna", "{row}");
    bob.sees("(maintenant : CH de Vaulnoise)").await;
    bob.opens("a[data-key=b]").await;
    assert_eq!(bob.of(&name, "value").await, "CH de Vaulnoise");

    // nor does a decision that was made on what is no longer so
    bob.opens("a[data-key=x]").await;
    anna.opens("form[action$=prendre] button").await;
    bob.fills("#texte", "Ce n'est pas une demande.").await;
    bob.opens("button[value=do]").await;
    bob.sees("a changé entre-temps").await;
    bob.sees("Dossier pris par anna").await;
    bob.sees("« Ce n'est pas une demande. »").await;
    // it still makes sense: taken up on the case as it now is, read again, and only then done
    bob.presses_through("w").await;
    assert_eq!(bob.of("#texte", "value").await, "Ce n'est pas une demande.");
    assert_eq!(served.desk.cases().await[0].state, guichet::store::CaseState::Waiting);
    assert_eq!((anna.troubles(), bob.troubles()), (Vec::new(), Vec::new()));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn what_was_typed_is_put_over_a_colleagues_correction_only_by_saying_so() {
    let (served, browser, anna) = at_the_case().await;
    let bob = browser.person(&served, &served.person("bob", Role::Agent).await).await;
    bob.goes(CASE).await;
    let (name, button) = (field("structure/name", "input[name=value]"), field("structure/name", "button"));
    anna.fills(&name, "CH de Vaulnoise").await;
    anna.opens(&button).await;
    bob.fills(&name, "Hôpital <de> Vaulnoise").await;
    bob.opens(&button).await;
    bob.presses_through("w").await;
    assert_eq!(bob.of(&name, "value").await, "Hôpital <de> Vaulnoise");
    bob.sees("saisi par bob").await;
    assert_eq!((anna.troubles(), bob.troubles()), (Vec::new(), Vec::new()));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn what_stands_in_other_boxes_is_there_again_when_one_was_corrected() {
    let (served, _browser, anna) = at_the_case().await;
    let name = |part: &str| field("structure/name", part);
    let card = |part: &str| field("administrators/0/card", part);
    anna.fills(&card("input[name=value]"), "0041103743").await;
    anna.fills(&name("input[name=value]"), "CH de Vaulnoise").await;
    anna.opens(&name("button")).await;
    assert_eq!(anna.of(&name("input[name=value]"), "value").await, "CH de Vaulnoise");
    assert_eq!(anna.of(&card("input[name=value]"), "value").await, "0041103743");
    anna.sees("Vous aviez saisi ceci").await;
    // only the one was corrected
    let number = CaseNumber::parse("F413-2026-000001").unwrap();
    let open = served.desk.daemon.line.open_case(&number).await.unwrap().unwrap();
    let corrected: Vec<Field> = open.corrections.iter().map(|one| one.correction.field).collect();
    assert_eq!(corrected, [Field::StructureName]);
    anna.opens(&card("button")).await;
    assert_eq!(anna.of(&card("input[name=value]"), "value").await, "0041103743");
    anna.sees_not("Vous aviez saisi ceci").await;
    assert_eq!(anna.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_number_with_letters_for_digits_is_only_proposed_and_taken_over_by_one_press() {
    let (served, _browser, tab) = at_the_case().await;
    let (value, button) =
        (field("structure/finess", "input[name=value]"), field("structure/finess", "button"));
    tab.sees("clé de contrôle juste").await;
    for (typed, says) in [("2B0721848", "clé de contrôle fausse"), ("2BO72I849", "Lecture possible")] {
        tab.fills(&value, typed).await;
        tab.opens(&button).await;
        tab.sees(says).await;
        assert_eq!(tab.of(&value, "value").await, typed, "never corrected by itself");
    }
    tab.opens(&field("structure/finess", ".proposed button")).await;
    assert_eq!(tab.of(&value, "value").await, "2B0721849");
    tab.sees_not("Lecture possible").await;
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn nothing_moves_when_the_pictures_come() {
    let (_served, _browser, tab) = at_the_case().await;
    let value = field("structure/finess", "input[name=value]");
    tab.fills(&value, "2B0721848").await;
    tab.opens(&field("structure/finess", "button")).await;
    let pictures = "Promise.all([...document.images].map(one => (one.loading = 'eager', one.decode())))
        .then(all => all.length)";
    let count = tab.finds(pictures).await;
    assert!(count.as_u64().is_some_and(|count| count > 15), "{count}: the page and a crop of each box");
    // https://wicg.github.io/layout-instability/: what moved though nobody had pressed anything
    let moved = "new Promise(tell => requestAnimationFrame(() => setTimeout(() => {
        const observer = new PerformanceObserver(() => {});
        observer.observe({ type: 'layout-shift', buffered: true });
        tell(observer.takeRecords().map(shift => shift.sources.map(one => one.node && one.node.outerHTML)));
    })))";
    assert_eq!(tab.finds(moved).await, serde_json::json!([]));
}

#[tokio::test]
async fn a_case_is_handed_to_a_colleague_with_a_word_and_taken_over_visibly() {
    let (served, browser, anna) = at_the_case().await;
    served.person("lena", Role::Reader).await;
    let bob = browser.person(&served, &served.person("bob", Role::Agent).await).await;
    anna.goes(CASE).await;
    // a key opens it; who only reads is not among those it can be handed to
    anna.presses("h").await;
    let names = anna.finds("[...document.querySelectorAll('#confier-a option')].map(one => one.value)").await;
    assert_eq!(names, serde_json::json!(["bob"]));
    anna.fills("#confier-mot", "Le mandat manque, vois avec <eux>.").await;
    anna.opens(".hand-over button").await;
    anna.sees("Suivi par bob.").await;
    anna.sees("Dossier confié à bob").await;
    bob.goes("/dossiers?suivi=moi").await;
    bob.opens("a[data-row]").await;
    bob.sees("Le mandat manque, vois avec <eux>.").await;
    anna.sees("Reprendre à bob").await;
    anna.presses_through("t").await;
    anna.sees("Dossier pris par anna, qui était suivi par bob").await;
    assert_eq!((anna.troubles(), bob.troubles()), (Vec::new(), Vec::new()));
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_decision_is_taken_back_and_its_letter_never_leaves() {
    let (mut served, _browser, tab) = at_the_case().await;
    puts_the_names_right(&tab).await;
    tab.opens("a[data-key=a]").await;
    tab.opens("button[value=do]").await;
    tab.sees("Annuler la décision").await;
    tab.opens(".notice button").await;
    tab.sees("À décider : rien contre").await;
    tab.sees("Décision annulée").await;
    served.desk.clock.advance(SignedDuration::from_mins(5));
    served.desk.turn().await;
    assert_eq!(served.desk.relay.taken().len(), 1, "the receipt, when it came");

    // too late: the letter has left while the page was open
    tab.opens("a[data-key=a]").await;
    tab.opens("button[value=do]").await;
    served.desk.clock.advance(SignedDuration::from_mins(5));
    served.desk.turn().await;
    assert_eq!(served.desk.relay.taken().len(), 2);
    tab.opens(".notice button").await;
    tab.sees("la décision ne peut plus être annulée ici").await;
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_case_is_taken_noted_on_and_given_back() {
    let (served, browser, tab) = at_the_case().await;
    tab.opens("form[action$=prendre] button").await;
    tab.sees("Suivi par anna.").await;
    let note = "Appelé à 10 h <b>: rappelle</b> demain ;\n« nom inversé ».";
    tab.fills("#note", note).await;
    tab.opens("form[action$=note] button").await;
    assert_eq!(tab.url().await, format!("{CASE}#t-notes"));
    let shown = tab.of(".note", "innerText").await;
    assert!(shown.as_str().unwrap().starts_with(note), "{shown}");

    let bob = browser.person(&served, &served.person("bob", Role::Agent).await).await;
    bob.goes("/dossiers?suivi=personne").await;
    bob.sees("Aucun dossier ne correspond.").await;
    tab.goes("/dossiers?suivi=moi").await;
    tab.sees("F413-2026-000001").await;
    tab.opens("a[data-row]").await;
    tab.opens("form[action*=rendre] button").await;
    tab.sees("Personne ne suit ce dossier.").await;
    bob.goes("/dossiers?suivi=personne").await;
    bob.sees("F413-2026-000001").await;
    assert_eq!((tab.troubles(), bob.troubles()), (Vec::new(), Vec::new()));
    served.desk.adds_up().await;
}
