//! The letters as the requester gets them: snapshots of every kind, and what must never be in one.

use super::words::COLUMNS;
use super::{ByHand, Letter, LetterSettings, Letters, Occasion, ServiceSettings};
use crate::domain::case::{CaseNumber, Findings, Judged, Template, Verdict, VerdictKind};
use crate::domain::contact::{DomainName, Email, Phone};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::{Administrator, Entry, F413, Field, Masked, Role, Signatory, Signature};
use crate::domain::identifiers::{CardNumber, Finess};
use crate::domain::mail::{Correspondent, DocumentHead, MailHead, MailKind, SenderCheck};
use crate::domain::policy::Profile;
use crate::domain::sheet::{Area, Evidence, Source};
use jiff::Timestamp;
use jiff::civil::date;
use std::fs;

fn valid<T>(value: T) -> Entry<T> {
    let evidence = Evidence { raw: String::new(), confidence: 1.0, page: 1.into(), area: Area::default() };
    Entry::Valid(value, evidence)
}

fn wrong<T>(text: &str) -> Entry<T> {
    let evidence = Evidence { raw: text.into(), confidence: 1.0, page: 1.into(), area: Area::default() };
    Entry::Wrong(Masked::new(text), evidence)
}

fn word(text: &str) -> Entry<Masked> {
    valid(Masked::new(text))
}

fn administrator(line: u8, first: &str, last: &str, card: &str) -> Administrator {
    Administrator {
        line,
        card: valid(CardNumber::parse(card).unwrap()),
        last_name: word(last),
        first_name: word(first),
        phone: valid(Phone::parse("01 45 67 89 01").unwrap()),
        email: valid(Email::parse("admin@ch-exemple.fr").unwrap()),
    }
}

fn form() -> F413 {
    let mut form = F413 {
        structure_name: word("Centre hospitalier d'Exemple-sur-Loire"),
        finess: valid(Finess::parse("750999997", Profile::Test).unwrap()),
        signatory: Signatory {
            role: Some(Role::LegalRepresentative),
            last_name: word("Durand"),
            first_names: word("Zoé Anne"),
            phone: valid(Phone::parse("01 45 67 89 01").unwrap()),
            email: valid(Email::parse("direction@ch-exemple.fr").unwrap()),
            card: valid(CardNumber::parse("2800000011").unwrap()),
            ..Signatory::default()
        },
        administrators: vec![
            administrator(1, "Jeanne", "Martin", "2800001234"),
            administrator(3, "Ali", "Ben Salah", "2800005678"),
        ],
        purpose: word("DMP"),
        publisher: word("Éditeur"),
        solution: word("Solution"),
        date: valid(date(2026, 11, 20)),
        signature: Signature::Ink,
        stamp: true,
        ..F413::default()
    };
    form.certificates.org.ticked = true;
    form.certificates.pro.ticked = true;
    form.certificates.pro_mail_domain = valid(DomainName::parse_mail("@ch-exemple.fr").unwrap());
    form
}

fn judged(name: &str, form: Option<F413>, findings: Vec<Finding>) -> Judged {
    let of =
        |severity| Findings::new(findings.iter().filter(|one| one.severity == severity).cloned().collect());
    let verdict = match (of(Severity::Reject), of(Severity::Review)) {
        (Some(reject), _) => Verdict::Rejected(reject),
        (None, Some(review)) => Verdict::Review(review),
        (None, None) => Verdict::Accepted(Box::new(form.as_ref().and_then(F413::complete).unwrap())),
    };
    let applied = findings.iter().cloned().map(Into::into).collect();
    Judged {
        documents: vec![name.into()],
        source: Source::Text,
        form,
        applied,
        findings,
        verdict,
        day: jiff::civil::Date::default(),
        snapshot: None,
        class: None,
    }
}

fn accepted() -> Judged {
    let advice = "Le contrat est au FINESS géographique 750999997 ; au renouvellement, nous vous \
                  conseillons de passer au FINESS juridique 750999989.";
    judged("F413_signé.pdf", Some(form()), vec![Finding::note(Code::FinessAdvice, Field::Finess, advice)])
}

fn rejected() -> Judged {
    let mut form = form();
    form.finess = wrong("750999998");
    form.stamp = false;
    let findings = vec![
        Finding::reject(
            Code::Malformed,
            Field::Finess,
            "Le numéro « 750999998 » n'est pas un FINESS valide (clé de contrôle) ; vérifiez chacun de ses neuf caractères.",
        ),
        Finding::reject(
            Code::Expired,
            Field::AdministratorCard(1),
            "La carte n° « 2800005678 » (4.1, ligne 3, « N° de carte ») a expiré le 3 mars 2026 : indiquez le numéro d'une carte active.",
        ),
        Finding::review(
            Code::DateTooOld,
            Field::Date,
            "Le formulaire est daté du 1er janvier 2026, il y a plus de 180 jours.",
        ),
        Finding::review(Code::RegistryUnavailable, Field::Document, "Registre indisponible."),
        Finding::reject(Code::Missing, Field::Stamp, "Le cachet de la structure manque ; apposez-le."),
        Finding::note(
            Code::AlreadyReceived,
            Field::Document,
            "Ce fichier nous était déjà parvenu : dossier F413-2026-000007.",
        ),
    ];
    judged("f413.pdf", Some(form), findings)
}

fn in_review() -> Judged {
    let doubt = Finding::review(Code::Mismatch, Field::StructureName, "Le nom diffère de celui du registre.");
    judged("second.pdf", Some(form()), vec![doubt])
}

fn unreadable() -> Judged {
    let message = "Le fichier « lettre.docx » n'est pas un PDF ; envoyez le formulaire au format PDF.";
    judged("lettre.docx", None, vec![Finding::reject(Code::DocumentUnsupported, Field::Document, message)])
}

fn head(kind: MailKind) -> MailHead {
    let zoe =
        Correspondent { name: Some(Masked::new("Zoé Durand")), address: Masked::new("zoe@ch-exemple.fr") };
    MailHead {
        kind,
        automatic_because: None,
        from: Some(zoe.clone()),
        reply_to: Some(zoe),
        subject: Some(Masked::new("RE: Demande de certificats")),
        message_id: Some("abc@ch-exemple.fr".into()),
        references: Vec::new(),
        sender: SenderCheck::Verified,
        spam: false,
        text: Masked::default(),
        notice: None,
    }
}

fn settings() -> LetterSettings {
    LetterSettings {
        directory: None,
        service: ServiceSettings {
            name: "Service des certificats logiciels".into(),
            email: "certificats@esante.example".into(),
            postal_address: vec!["1 rue de l'Exemple".into(), "75000 Paris".into()],
            phone: "01 23 45 67 89".into(),
            opening_hours: "du lundi au vendredi, de 9 h à 17 h".into(),
            answer_within: "deux jours ouvrés".into(),
            form_url: "https://esante.example/f413".into(),
            data_protection_url: "https://esante.example/donnees-personnelles".into(),
            ..ServiceSettings::default()
        },
    }
}

fn received_at() -> Timestamp {
    "2026-11-22T13:05:00Z".parse().unwrap()
}

fn written_to(head: &MailHead, judged: &[Judged]) -> Letter {
    let numbers: Vec<_> = (123..).take(judged.len()).map(|n| CaseNumber::new(2026, n)).collect();
    let documents: Vec<_> = judged
        .iter()
        .flat_map(|one| &one.documents)
        .map(|name| DocumentHead {
            name: name.clone(),
            media_type: "application/pdf".into(),
            size: 312_345,
            sha256: String::new(),
        })
        .collect();
    let occasion = Occasion {
        numbers: &numbers,
        judged,
        head,
        received_at: received_at(),
        documents: &documents,
        copies: &[],
        by_hand: ByHand::default(),
    };
    Letters::new(&settings()).unwrap().compose(&occasion).unwrap().unwrap()
}

fn written(judged: &[Judged]) -> Letter {
    let kind = if judged.is_empty() { MailKind::Question } else { MailKind::Submission };
    written_to(&head(kind), judged)
}

/// The text as a snapshot, no-break spaces shown as `·` so that a reviewer sees them.
fn page(letter: &Letter) -> String {
    format!("{}\n\n{}", letter.subject, letter.text.replace('\u{a0}', "·"))
}

#[test]
fn an_accepted_form() {
    insta::assert_snapshot!(page(&written(&[accepted()])));
}

#[test]
fn a_form_to_correct() {
    insta::assert_snapshot!(page(&written(&[rejected()])));
}

#[test]
fn a_form_that_a_person_looks_at() {
    insta::assert_snapshot!(page(&written(&[in_review()])));
}

#[test]
fn a_question() {
    insta::assert_snapshot!(page(&written(&[])));
}

#[test]
fn several_forms_are_answered_by_one_letter_each_with_its_result() {
    insta::assert_snapshot!(page(&written(&[accepted(), in_review(), rejected(), unreadable()])));
}

#[test]
fn several_forms_of_which_none_is_to_correct() {
    insta::assert_snapshot!(page(&written(&[accepted(), in_review()])));
}

#[test]
fn the_html_part_of_a_form_to_correct() {
    insta::assert_snapshot!(written(&[rejected()]).html);
}

/// Every letter there can be, from the forms above.
fn all_letters() -> Vec<Letter> {
    let mails: [&[Judged]; 6] = [
        &[accepted()],
        &[rejected()],
        &[in_review()],
        &[],
        &[accepted(), in_review(), rejected(), unreadable()],
        &[accepted(), accepted()],
    ];
    mails.map(written).into()
}

#[test]
fn text_lines_are_at_most_78_columns_wide() {
    for letter in all_letters() {
        let wide = letter.text.lines().find(|line| line.chars().count() > COLUMNS);
        assert_eq!(wide, None);
    }
}

#[test]
fn both_parts_say_the_same_words() {
    for letter in all_letters() {
        let bare = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
        let unescaped = letter.html.replace("&#x27;", "'").replace("&#x2f;", "/");
        let outside_tags = unescaped.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
        let html = bare(&outside_tags.collect::<String>()).to_lowercase();
        for line in letter.text.lines() {
            let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || ". -".contains(c));
            assert!(html.contains(&bare(line).to_lowercase()), "missing in HTML: {line}");
        }
    }
}

#[test]
fn only_the_last_four_digits_of_a_card_leave_the_house() {
    let letter = written(&[accepted()]);
    for part in [&letter.text, &letter.html] {
        assert!(part.contains("1234") && !part.contains("2800001234") && !part.contains("2800000011"));
    }
}

#[test]
fn what_is_ours_to_look_at_is_not_told_to_the_requester() {
    let letter = written(&[rejected()]);
    assert!(!letter.text.contains("Registre indisponible"));
    assert!(!written(&[in_review()]).text.contains("diffère"));
}

#[test]
fn a_letter_loads_nothing_and_links_only_where_the_configuration_says() {
    for letter in all_letters() {
        for remote in ["<img", "<link", "<script", "url(", "@import", "src="] {
            assert!(!letter.html.contains(remote), "{remote}");
        }
        let service = settings().service;
        let links = letter.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for link in links {
            let link = link.replace("&#x2f;", "/");
            let known = [&service.platform_url, &service.form_url, &service.data_protection_url];
            let mail = format!("mailto:{}", service.email);
            assert!(known.contains(&&link) || link == mail, "{link}");
        }
    }
}

#[test]
fn a_form_cannot_write_html_headers_or_links_into_a_letter() {
    let mut form = form();
    form.structure_name =
        word("<a href=\"https://evil.example\">CH</a>\r\n\r\nVIREMENT\u{202e} {{ service }}");
    let mut head = head(MailKind::Submission);
    head.subject = Some(Masked::new("Bonjour\r\nBcc: x@y.example\r\n\r\n<b>corps</b>"));
    let letter = written_to(&head, &[judged("<img src=x>.pdf", Some(form), Vec::new())]);
    assert_eq!(
        letter.subject,
        "[F413-2026-000123] Formulaire accepté – Re: Bonjour Bcc: x@y.example <b>corps</b>"
    );
    assert!(letter.html.contains("&lt;a href=") && !letter.html.contains("<a href=\"https://evil"));
    assert!(letter.html.contains("&lt;img src=x&gt;.pdf"));
    for part in [&letter.text, &letter.html] {
        assert!(!part.contains("https://evil") && !part.contains('\u{202e}') && !part.contains("\nVIREMENT"));
        assert!(part.contains("{{ service }}"));
    }
}

#[test]
fn check_plans_the_letter_that_the_daemon_writes() {
    let letters = Letters::new(&settings()).unwrap();
    let head = head(MailKind::Submission);
    let planned = letters.plan(&head, &[VerdictKind::Review, VerdictKind::Accepted], &[]).unwrap().unwrap();
    assert_eq!(planned.template, Template::Received);
    assert_eq!(planned.subject, "[F413] Formulaires bien reçus – Re: Demande de certificats");
    assert_eq!(planned.to.address.expose(), "zoe@ch-exemple.fr");
}

#[test]
fn nobody_is_answered_who_must_not_be() {
    let letters = Letters::new(&settings()).unwrap();
    let answer = |head: &MailHead| letters.plan(head, &[VerdictKind::Accepted], &[]).unwrap().is_some();
    let good = head(MailKind::Submission);
    assert!(answer(&good));
    assert!(!answer(&head(MailKind::Automatic)));
    assert!(!answer(&MailHead { sender: SenderCheck::Failed, ..good.clone() }));
    assert!(!answer(&MailHead { reply_to: None, ..good.clone() }));
    let smtputf8 = Correspondent { name: None, address: Masked::new("zoé@ch-exemple.fr") };
    assert!(!answer(&MailHead { reply_to: Some(smtputf8), ..good }));
}

/// The fault of letters that are overridden by one file.
fn overridden(name: &str, source: &str) -> Result<Letters, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), source).unwrap();
    let settings = LetterSettings { directory: Some(folder.path().to_owned()), ..settings() };
    Letters::new(&settings).map_err(|fault| fault.to_string())
}

#[test]
fn a_letter_is_overridden_from_the_folder() {
    let letters = overridden("accepted.subject.txt", "Accepté : {{ tag }}").unwrap();
    let head = head(MailKind::Submission);
    let planned =
        letters.plan(&head, &[VerdictKind::Accepted], &[CaseNumber::new(2026, 1)]).unwrap().unwrap();
    assert_eq!(planned.subject, "Accepté : F413-2026-000001");
}

#[test]
fn a_broken_letter_is_told_at_start_with_its_name() {
    let typo = overridden("rejected.txt", "Bonjour {{ servcie.name }}").unwrap_err();
    assert!(typo.contains("rejected.txt") && typo.contains("\"servcie\""), "{typo}");
    let hidden = overridden("received.txt", "{% if false %}{{ nobody }}{% endif %}").unwrap_err();
    assert!(hidden.contains("\"nobody\""), "{hidden}");
    let inner =
        overridden("_forms.html", "{% for form in forms %}{{ form.colour }}{% endfor %}").unwrap_err();
    assert!(inner.contains("_forms.html"), "{inner}");
    let syntax = overridden("accepted.html", "\n{% if several %}").unwrap_err();
    assert!(syntax.contains("accepted.html:2"), "{syntax}");
    let name = overridden("aceepted.txt", "Bonjour").unwrap_err();
    assert!(name.contains("aceepted.txt") && name.contains("accepted.txt"), "{name}");
}

#[test]
fn a_service_setting_that_is_no_link_is_refused_at_start() {
    for link in ["http://x.example", "javascript:alert(1)", "https://x.example/\" onclick=\"", ""] {
        let mut settings = settings();
        settings.service.platform_url = link.into();
        assert!(Letters::new(&settings).is_err(), "{link}");
    }
}

#[test]
fn the_readme_of_the_letters_names_every_variable() {
    let readme = include_str!("../../config/letters/README.md");
    for name in super::view::NAMES.iter().filter(|name| **name != "self") {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
}
