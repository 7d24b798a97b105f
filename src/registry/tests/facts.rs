//! Facts: structures with their families, contracts, cards, mandates.

use super::desk::{CARDS, Desk, MAX_AGE, at, cards, finess, names, numbers};
use crate::domain::facts::{Answer, Class, FinessLevel, NoAnswer, Wanted};
use crate::domain::identifiers::{RppsRang, Siret};
use crate::registry::Feed;
use jiff::civil::date;

#[tokio::test]
async fn an_establishment_comes_with_its_legal_entity_its_siblings_and_their_contracts() {
    let desk = Desk::loaded().await;
    let facts = desk.facts(&finess("2A0139093")).await;
    let Some(Answer::Found(found)) = &facts.by_finess else { panic!("{facts:?}") };
    assert_eq!(found.structure.level, Some(FinessLevel::Geographical));
    assert_eq!(found.structure.class, Some(Class::PublicHospital), "derived from category 355");
    assert_eq!(found.legal_entity.as_ref().unwrap().finess.as_deref(), Some("310908306"));
    assert_eq!(names(found), ["Centre hospitalier, site principal", "Pharmacie à usage intérieur"]);
    assert_eq!(
        (found.establishments[1].class, found.establishments[1].closed),
        (Some(Class::Pharmacy), true)
    );
    // the sibling's old contract is under its SIRET
    assert_eq!(numbers(&facts), ["C-1", "C-2"]);
    let contracts = facts.contracts.found().unwrap();
    assert!(contracts[0].in_force(date(2026, 11, 23)) && !contracts[1].in_force(date(2024, 1, 1)));
    assert_eq!(contracts[0].representative_last_name.as_ref().unwrap().expose(), "Breton");
    let mandates = facts.mandates.found().unwrap();
    assert_eq!(
        mandates.iter().map(|mandate| mandate.last_name.expose()).collect::<Vec<_>>(),
        ["Arnaud", "Mendès"]
    );
    assert_eq!(mandates[1].valid_from, jiff::civil::Date::MIN);
}

#[tokio::test]
async fn a_legal_entity_comes_with_its_establishments_and_no_entity_above() {
    let desk = Desk::loaded().await;
    let facts = desk.facts(&finess("310908306")).await;
    let Some(Answer::Found(found)) = &facts.by_finess else { panic!("{facts:?}") };
    assert_eq!((found.structure.level, &found.legal_entity), (Some(FinessLevel::Legal), &None));
    assert_eq!(names(found).len(), 2);
    assert_eq!(facts.snapshot, desk.registry.current().await.unwrap().map(|snapshot| snapshot.id));
    // mandates of the entity itself only: those of its establishments are theirs
    assert_eq!(facts.mandates.found().unwrap().len(), 1);
}

#[tokio::test]
async fn structures_are_found_by_siret_and_by_each_of_their_rpps_rang() {
    let desk = Desk::loaded().await;
    let wanted = Wanted {
        siret: Some(Siret::parse("36786843700032").unwrap()),
        rpps_rang: vec![RppsRang::parse("99700014121013").unwrap()],
        ..Wanted::default()
    };
    let facts = desk.facts(&wanted).await;
    let Some(Answer::Found(by_siret)) = &facts.by_siret else { panic!("{facts:?}") };
    assert_eq!((by_siret.len(), by_siret[0].structure.name.as_str()), (1, "Logiciels SAS"));
    assert_eq!(numbers(&facts), ["C-3"]);
    let by_rang = facts.by_rpps_rang[&wanted.rpps_rang[0]].found().unwrap();
    assert_eq!(by_rang.structure.rpps_rang, ["99700014121005", "99700014121013"]);
    assert_eq!(by_rang.structure.class, Some(Class::Liberal));
    assert_eq!(facts.by_finess, None);
}

#[tokio::test]
async fn a_laboratory_whose_legal_entity_is_not_on_file_stands_by_itself() {
    let desk = Desk::loaded().await;
    let facts = desk.facts(&finess("440186484")).await;
    let found = facts.by_finess.as_ref().and_then(Answer::found).unwrap();
    assert_eq!(found.structure.main_site.as_deref(), Some("590350625"));
    assert_eq!((&found.legal_entity, names(found)), (&None, vec!["Laboratoire, site 2"]));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_was_never_loaded_has_no_answer() {
    let desk = Desk::new().await;
    let wanted = Wanted { cards: cards(["2900351819"]).cards, ..finess("350227658") };
    let never = desk.facts(&wanted).await;
    assert_eq!(never.by_finess, Some(Answer::NoAnswer(NoAnswer::NeverLoaded)));
    assert_eq!((never.contracts, never.snapshot), (Answer::NoAnswer(NoAnswer::NeverLoaded), None));
    assert_eq!(never.cards[&wanted.cards[0]], Answer::NoAnswer(NoAnswer::NeverLoaded));

    desk.imports(0).await.unwrap();
    let loaded = desk.facts(&wanted).await;
    assert_eq!(loaded.by_finess, Some(Answer::NotFound));
    assert_eq!(loaded.contracts, Answer::Found(vec![]));

    let late = desk.registry.facts(&wanted, at(0) + MAX_AGE, MAX_AGE).await.unwrap();
    assert_eq!(late.by_finess, Some(Answer::NotFound), "not older than its limit");
    let stale = desk.registry.facts(&wanted, at(1) + MAX_AGE, MAX_AGE).await.unwrap();
    assert_eq!(stale.by_finess, Some(Answer::NoAnswer(NoAnswer::Stale)));
    assert_eq!((stale.mandates, stale.snapshot), (Answer::NoAnswer(NoAnswer::Stale), loaded.snapshot));
}

#[tokio::test]
async fn a_card_keeps_its_leading_zero_and_its_opposition() {
    let desk = Desk::loaded().await;
    let wanted = cards(["0400319487", "2900351819", "0000000001"]);
    let facts = desk.facts(&wanted).await;
    let card = |n: usize| facts.cards[&wanted.cards[n]].clone();
    assert_eq!(card(0).found().unwrap().opposed_on, Some(date(2026, 11, 22)));
    assert_eq!(card(1).found().unwrap().valid_until, Some(date(2028, 9, 7)));
    assert_eq!(card(2), Answer::NotFound);
}

#[tokio::test]
async fn a_card_number_on_file_twice_counts_as_opposed() {
    let desk = Desk::new().await;
    desk.writes(Feed::Cards, &format!("{CARDS}0400319487;CPE;Delaunay;Manon;;;2025-12-03;2029-04-13;\n"));
    desk.imports(0).await.unwrap();
    let facts = desk.facts(&cards(["0400319487"])).await;
    assert!(facts.cards.values().next().unwrap().found().unwrap().opposed_on.is_some());
}

#[tokio::test]
async fn structures_are_found_by_beginnings_of_the_words_of_their_name() {
    let desk = Desk::loaded().await;
    let found = async |words: &str| -> Vec<String> {
        let found = desk.registry.structures_named(words, 2).await.unwrap().unwrap();
        found.into_iter().map(|one| one.name).collect()
    };
    assert_eq!(found("HÔPITAL évr").await, [""; 0], "hospitalier is another word");
    assert_eq!(found("hospitalier ÉVROULT").await, ["Centre hospitalier de Saint-Évroult"]);
    assert_eq!(found("centre hosp").await.len(), 2);
    assert_eq!(found("saint evroult").await, ["Centre hospitalier de Saint-Évroult"]);
    for nothing in ["evroult pharmacie", "%", "", "_", "vroult"] {
        assert_eq!(found(nothing).await, [""; 0], "{nothing}");
    }
    // a closed one, with the class that its category gives
    let closed = desk.registry.structures_named("usage", 9).await.unwrap().unwrap();
    assert_eq!((closed.len(), closed[0].closed, closed[0].class), (1, true, Some(Class::Pharmacy)));
}
