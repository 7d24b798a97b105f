//! A feed taken out: what hangs on it has no answer, neither yes nor no.

use super::desk::{Desk, at, cards, finess};
use crate::domain::facts::{Answer, NoAnswer};
use crate::fault::Fault;
use crate::registry::{Feed, NotWithdrawn, Source, Withdrawal};

fn withdrawal(feed: Feed) -> Withdrawal<'static> {
    Withdrawal { feed, by: "Camille", for_good: false, keep: 2 }
}

impl Desk {
    async fn withdraws(&self, what: Withdrawal<'_>) -> Result<i64, NotWithdrawn> {
        self.registry.withdraw(what, at(30), async |_| Ok(())).await
    }

    async fn adds_the_public_cards(&self) {
        let path = self.files.path().join("holders.txt");
        let lines = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|\
            Code type de carte|Libellé type de carte|Numéro carte|Identifiant national contenu dans la carte|\
            Date début validité|Date fin validité|Date opposition|Date de mise à jour|\n\
            8|10003456781|810003456781|LEFÈVRE|Zoé|CPS|Carte|2100000017|810003456781|20250102|20280101||20260901|\n";
        std::fs::write(&path, lines).unwrap();
        let source = [Source { feed: Feed::Holders, path }];
        self.registry.import(&source, &crate::registry::Options::default(), at(5), |_| {}).await.unwrap();
    }
}

#[tokio::test]
async fn what_hangs_on_a_withdrawn_feed_has_no_answer_until_it_is_loaded_again() {
    let desk = Desk::loaded().await;
    let known = cards(["2900351819"]);
    let unknown = cards(["9999999999"]);
    let answer = async |wanted: &crate::domain::facts::Wanted| {
        desk.facts(wanted).await.cards.into_values().next().unwrap()
    };
    assert!(matches!(answer(&known).await, Answer::Found(_)));
    assert_eq!(answer(&unknown).await, Answer::NotFound);
    let snapshot = desk.withdraws(withdrawal(Feed::Cards)).await.unwrap();
    for wanted in [&known, &unknown] {
        assert_eq!(answer(wanted).await, Answer::NoAnswer(NoAnswer::Withdrawn));
    }
    // the others go on
    let facts = desk.facts(&finess("310908306")).await;
    assert!(matches!(facts.by_finess, Some(Answer::Found(_))) && facts.contracts.found().is_some());
    assert_eq!(facts.snapshot, Some(snapshot));
    let current = desk.registry.current().await.unwrap().unwrap();
    assert_eq!(current.feeds.len(), 3);
    assert_eq!((current.withdrawn[0].feed, current.withdrawn[0].by.as_str()), (Feed::Cards, "Camille"));
    assert_eq!(
        current.unanswered(at(60), super::desk::MAX_AGE),
        ["cards.csv was withdrawn by Camille"],
        "people are told"
    );
    assert!(matches!(
        desk.withdraws(withdrawal(Feed::Cards)).await,
        Err(NotWithdrawn::NotLoaded(Feed::Cards))
    ));
    // the snapshot before still answers for what was decided with it
    let before = desk.registry.facts_of(snapshot - 1, &known, at(1), super::desk::MAX_AGE).await.unwrap();
    assert!(before.cards.values().all(|card| card.found().is_some()));

    // an import of something else does not bring it back
    desk.adds_the_public_cards().await;
    assert_eq!(answer(&known).await, Answer::NoAnswer(NoAnswer::Withdrawn));
    desk.imports(40).await.unwrap();
    assert!(matches!(answer(&known).await, Answer::Found(_)));
    assert_eq!(answer(&unknown).await, Answer::NotFound);
    assert_eq!(desk.registry.current().await.unwrap().unwrap().withdrawn, []);
}

#[tokio::test]
async fn every_feed_can_be_withdrawn_and_its_table_falls_silent() {
    for feed in Feed::OWN {
        let desk = Desk::loaded().await;
        desk.withdraws(withdrawal(feed)).await.unwrap();
        let mut wanted = finess("310908306");
        wanted.cards = cards(["2900351819"]).cards;
        let facts = desk.facts(&wanted).await;
        let silent = [
            matches!(facts.by_finess, Some(Answer::NoAnswer(NoAnswer::Withdrawn))),
            facts.contracts == Answer::NoAnswer(NoAnswer::Withdrawn),
            facts.cards.values().all(|card| *card == Answer::NoAnswer(NoAnswer::Withdrawn)),
            facts.mandates == Answer::NoAnswer(NoAnswer::Withdrawn),
        ];
        assert_eq!(silent, Feed::OWN.map(|one| one == feed), "{feed}");
        assert_eq!(desk.count(&format!("{} WHERE gone IS NULL", feed.table().name())).await, 0);
    }
}

/// A public file beside our own: withdrawn, it may have known what our own does not; for good, our own
/// is all there is.
#[tokio::test]
async fn a_public_feed_can_be_taken_out_for_good_and_our_own_cannot() {
    let desk = Desk::loaded().await;
    desk.adds_the_public_cards().await;
    let wanted = cards(["2900351819", "2100000017"]);
    let found = async || {
        let facts = desk.facts(&wanted).await;
        wanted.cards.iter().map(|card| facts.cards[card].found().is_some()).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [true, true]);
    let for_good = |feed| Withdrawal { for_good: true, ..withdrawal(feed) };
    for feed in [Feed::Cards, Feed::Contracts] {
        assert!(
            matches!(desk.withdraws(for_good(feed)).await, Err(NotWithdrawn::Needed(one)) if one == feed)
        );
    }
    assert!(matches!(desk.withdraws(for_good(Feed::Finess)).await, Err(NotWithdrawn::NotLoaded(_))));
    desk.withdraws(withdrawal(Feed::Holders)).await.unwrap();
    assert_eq!(found().await, [false, false]);
    desk.withdraws(for_good(Feed::Holders)).await.unwrap();
    assert_eq!(found().await, [true, false]);
    assert_eq!(desk.facts(&wanted).await.cards[&wanted.cards[1]], Answer::NotFound);
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_withdrawn() {
    let desk = Desk::loaded().await;
    let before = desk.registry.current().await.unwrap();
    let refuses = async |_| Err(Fault::later("noting", "the disk is full"));
    let done = desk.registry.withdraw(withdrawal(Feed::Cards), at(30), refuses).await;
    assert!(matches!(done, Err(NotWithdrawn::Fault(_))));
    assert_eq!(desk.registry.current().await.unwrap(), before);
    assert_eq!(desk.count("registry_cards WHERE gone IS NULL").await, 2);
    assert!(desk.facts(&cards(["2900351819"])).await.cards.values().all(|card| card.found().is_some()));
    // broken at each of its own writes
    for (table, write) in [("registry_cards", "UPDATE"), ("registry_feeds", "INSERT")] {
        desk.breaks(table, write).await;
        assert!(matches!(desk.withdraws(withdrawal(Feed::Cards)).await, Err(NotWithdrawn::Fault(_))));
        desk.mends(table).await;
        assert_eq!(desk.registry.current().await.unwrap(), before, "{write} on {table}");
    }
    // what the last one left is cleared away by the next
    desk.withdraws(withdrawal(Feed::Cards)).await.unwrap();
    desk.imports(40).await.unwrap();
    assert!(desk.facts(&cards(["2900351819"])).await.cards.values().all(|card| card.found().is_some()));
}
