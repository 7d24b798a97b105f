//! Mails that ask something, answered without the mouse.

use super::{Browser, served};
use guichet::domain::staff::Role;
use jiff::SignedDuration;

#[tokio::test]
async fn a_question_is_read_answered_taken_back_and_answered_again_without_the_mouse() {
    let mut served = served(&["06-question"]).await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("anna", Role::Agent).await).await;
    tab.goes("/dossiers").await;
    tab.presses_through("5").await;
    tab.sees("Question sur le formulaire F413").await;
    tab.presses("j").await;
    tab.presses_through("Enter").await;
    tab.sees("Faut-il indiquer le FINESS géographique").await;
    tab.sees("Accusé de réception").await;

    tab.presses("r").await;
    tab.types("Le FINESS <juridique> suffit.\n\nBien à vous & bonne journée.").await;
    tab.presses("Tab").await;
    tab.presses_through("Enter").await;
    tab.sees("La lettre, telle qu'elle partira").await;
    tab.sees("maelys.acana@ehpad-trois-noyers.fr").await;
    let letter = tab.of(".letter pre", "innerText").await;
    let letter = super::spaces(letter.as_str().unwrap());
    for said in
        ["Le FINESS <juridique> suffit.", "Vous nous avez écrit le", "écrit par une personne du service"]
    {
        assert!(letter.contains(said), "{said}: {letter}");
    }
    tab.presses_through("w").await;
    tab.sees("Répondu par anna. La lettre part dans 60 s.").await;
    tab.presses_through("z").await;
    tab.sees("Question rouverte").await;
    served.desk.clock.advance(SignedDuration::from_mins(5));
    served.desk.turn().await;
    let receipts = served.desk.relay.taken().len();

    tab.finds("document.querySelector('#reponse').focus()").await;
    tab.types("Le FINESS juridique.").await;
    tab.opens("button[value=preview]").await;
    tab.presses_through("w").await;
    served.desk.clock.advance(SignedDuration::from_mins(2));
    served.desk.turn().await;
    assert_eq!(served.desk.relay.taken().len(), receipts + 1, "the second answer alone");
    tab.goes("/questions").await;
    tab.sees("Aucune question n'attend de réponse.").await;
    tab.opens(".tabs li:last-child a").await;
    tab.sees("anna, le").await;
    assert_eq!(tab.troubles(), Vec::<String>::new());
    served.desk.adds_up().await;
}

#[tokio::test]
async fn a_question_answered_by_telephone_is_closed_with_a_word_and_its_text_is_only_text() {
    let mut desk = crate::desk::TestDesk::new().await;
    let mail = "Return-Path: <a@x.example>\r\nFrom: a@x.example\r\nTo: certificats@guichet.example\r\nSubject: =?utf-8?q?=3Cb=3EComment=3F?=\r\n\
                Message-ID: <q@x.example>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n\
                Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bonjour <script>alert(1)</script><img src=x onerror=alert(2)> \
                &lt;i&gt;comment&lt;/i&gt; faire ?</p>\r\n";
    desk.receives(mail.as_bytes());
    desk.turn().await;
    let served = crate::visitor::Served::new(desk).await;
    let browser = Browser::open();
    let tab = browser.person(&served, &served.person("anna", Role::Agent).await).await;
    tab.goes("/questions").await;
    tab.opens("a[data-row]").await;
    tab.sees("<b>Comment?").await;
    tab.sees("comment").await;
    assert_eq!(tab.finds("document.querySelectorAll('main img, main script, main i').length").await, 0);
    tab.fills("#mot", "Rappelé : tout est <dit>.").await;
    tab.opens("form[action$=fermer] button").await;
    tab.sees("Traité par anna").await;
    tab.sees("Rappelé : tout est <dit>.").await;
    let lena = browser.person(&served, &served.person("lena", Role::Reader).await).await;
    lena.goes(&tab.url().await).await;
    assert_eq!(
        lena.finds("document.querySelectorAll('main form').length").await,
        0,
        "who reads does nothing"
    );
    assert_eq!((tab.troubles(), lena.troubles()), (Vec::new(), Vec::new()));
    served.desk.adds_up().await;
}
