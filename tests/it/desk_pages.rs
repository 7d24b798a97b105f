//! The desk's pages: what they show, what they do.

use crate::desk::{TestDesk, mail_with};
use crate::desk_routes::safe;
use crate::visitor::{Came, Served};
use guichet::domain::staff::Role;

const SWAPPED: &str = "mails/demo/05-review-names-swapped.eml";
const CASE: &str = "/dossiers/F413-2026-000001";

/// A desk with one case that staff have to look at.
async fn with_a_case() -> Served {
    let mut desk = TestDesk::new().await;
    desk.receives_fixture(SWAPPED);
    desk.turn().await;
    Served::new(desk).await
}

#[tokio::test]
async fn a_case_is_corrected_accepted_and_taken_back_through_its_pages() {
    let mut served = with_a_case().await;
    let anna = served.person("anna", Role::Agent).await;
    let queue = anna.get("/dossiers").await;
    assert!(
        queue.text().contains("F413-2026-000001") && queue.text().contains("Ne concorde pas"),
        "{}",
        queue.text()
    );
    safe(CASE, &queue);
    let case = anna.get(CASE).await;
    safe(CASE, &case);
    assert!(
        case.text().contains("value=\"Hippolyte\"") && case.text().contains("À vérifier"),
        "{}",
        case.text()
    );

    let field = |pointer| [("field", pointer), ("value", "Desœuvres")];
    let answer = anna.sends(CASE, &format!("{CASE}/corriger"), &field("/administrators/1/last_name")).await;
    assert_eq!(
        (answer.status, answer.headers["location"].as_str()),
        (303, "/dossiers/F413-2026-000001#case-administrators-1-last_name")
    );
    let answer = anna
        .sends(
            CASE,
            &format!("{CASE}/corriger"),
            &[("field", "/administrators/1/first_name"), ("value", "Hippolyte")],
        )
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(anna.get(CASE).await.text().contains("saisi par anna"));

    let ask = anna.get(&format!("{CASE}/accepter")).await;
    safe(CASE, &ask);
    let preview = anna.sends(CASE, &format!("{CASE}/accepter"), &[("step", "preview")]).await;
    assert!(preview.text().contains("complet et accepté"), "{}", preview.text());
    let answer = anna.sends(CASE, &format!("{CASE}/accepter"), &[("step", "do")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let decided = anna.get(CASE).await;
    assert!(
        decided.text().contains("Dossier accepté par anna. La lettre part dans 60 s."),
        "{}",
        decided.text()
    );
    let answer = anna.sends(CASE, &format!("{CASE}/annuler"), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(anna.get(CASE).await.text().contains("À décider : rien contre"));
    served.desk.hours_pass(1).turn().await;
    assert_eq!(served.desk.relay.taken().len(), 1, "the receipt");
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_rejection_says_what_the_agent_wrote() {
    let mut served = with_a_case().await;
    let anna = served.person("anna", Role::Agent).await;
    let reject = format!("{CASE}/refuser");
    let nothing = anna.sends(CASE, &reject, &[("step", "do")]).await;
    assert!(nothing.text().contains("Choisissez au moins un motif"), "{}", nothing.text());
    let fields = [
        ("finding", "mismatch /administrators/1"),
        ("message-mismatch /administrators/1", "Le nom et le prénom sont inversés."),
        ("own-rule", "missing"),
        ("own-field", "/declaration/stamp"),
        ("own-message", "Le cachet est illisible."),
        ("text", "Bien à vous."),
        ("step", "preview"),
    ];
    let preview = anna.sends(CASE, &reject, &fields).await.text();
    for words in ["Le nom et le prénom sont inversés.", "Le cachet est illisible.", "Bien à vous."] {
        assert!(preview.matches(words).count() >= 2, "typed and in the letter: {words}\n{preview}");
    }
    let mut fields = fields;
    fields[6] = ("step", "do");
    assert_eq!(anna.sends(CASE, &reject, &fields).await.status, 303);
    served.desk.hours_pass(1).turn().await;
    let letter = crate::desk::text_of(&served.desk.relay.taken()[1]);
    assert!(
        letter.contains("2 points sont à corriger") && letter.contains("Le cachet est illisible."),
        "{letter}"
    );
    served.desk.adds_up().await;
}

#[tokio::test]
async fn who_comes_second_is_told_what_the_first_did() {
    let served = with_a_case().await;
    let (anna, bob) = (served.person("anna", Role::Agent).await, served.person("bob", Role::Agent).await);
    let page = bob.get(CASE).await;
    assert!(anna.get(CASE).await.text().contains("bob a aussi ce dossier ouvert"));
    anna.sends(
        CASE,
        &format!("{CASE}/corriger"),
        &[("field", "/structure/name"), ("value", "CH de Vaulnoise")],
    )
    .await;
    let (csrf, version) = (page.hidden("csrf"), page.hidden("version"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", &version),
        ("field", "/structure/name"),
        ("value", "Autre nom"),
    ];
    let told = bob.post(&format!("{CASE}/corriger"), &fields).await.text();
    assert!(
        told.contains("a changé entre-temps")
            && told.contains("Case corrigée, 3.1")
            && told.contains("(anna)"),
        "{told}"
    );
    assert!(told.contains("Autre nom"), "what was typed is not lost");
}

#[tokio::test]
async fn hostile_words_are_words() {
    let mut desk = TestDesk::new().await;
    let subject = "<script>alert(1)</script>";
    let mail = mail_with("a\"b@x.example", "h@x.example", &[("<img src=x>.pdf", b"%PDF-1.4 broken")]);
    let mail = String::from_utf8(mail).unwrap().replace("Subject: F413", &format!("Subject: {subject}"));
    let mail = mail.replace("Bonjour, voici", "<b>\u{202e}Bonjour</b>\u{0}, voici");
    desk.receives(mail.as_bytes());
    desk.turn().await;
    let served = Served::new(desk).await;
    let anna = served.person("anna", Role::Agent).await;
    for address in ["/dossiers?file=tous", CASE, "/dossiers?q=%3Cscript%3E&file=tous"] {
        let page = anna.get(address).await;
        assert_eq!(page.status, 200, "{address}");
        let text = page.text();
        assert!(
            !text.contains("<script>alert") && !text.contains("<img src=x>") && !text.contains("<b>"),
            "{address}: {text}"
        );
        safe(CASE, &page);
    }
    // addresses that make no sense are no fault of ours
    for address in [
        "/dossiers/F413-2026-999999",
        "/dossiers/x",
        "/dossiers/F413-2026-000001/rien",
        "/dossiers?page=-1&du=x&motif=%00",
    ] {
        let status = anna.get(address).await.status;
        assert!(matches!(status, 200 | 404), "{address}: {status}");
    }
}

#[tokio::test]
async fn a_page_is_shown_as_a_picture_whole_framed_and_in_parts() {
    let served = with_a_case().await;
    let lena = served.person("lena", Role::Reader).await;
    let picture = |query: &str| format!("{CASE}/pages/0/2.png{query}");
    let size = |answer: &Came| {
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "image/png"));
        let number = |at: usize| u32::from_be_bytes(answer.body[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    };
    let whole = lena.get(&picture("")).await;
    let framed = lena.get(&picture("?zone=70,120,210,134")).await;
    assert_eq!(size(&whole), size(&framed));
    assert_ne!(whole.body, framed.body);
    let (width, _) = size(&whole);
    assert!((800..1000).contains(&width), "{width}");
    let crop = lena.get(&picture("?crop=70,120,210,134")).await;
    assert!(size(&crop).0 < width / 2);
    for wrong in ["?crop=nan,1,2,3", "?zone=x", "?crop=9999,9999,10000,10000"] {
        assert_eq!(lena.get(&picture(wrong)).await.status, 200, "{wrong}");
    }
    for missing in ["/pages/0/99.png", "/pages/9/1.png", "/pages/0/x.png"] {
        assert_eq!(lena.get(&format!("{CASE}{missing}")).await.status, 404, "{missing}");
    }
}
