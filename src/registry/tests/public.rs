//! The public files, in the shapes they are published in.

use super::desk::{Desk, at, cards, finess, names};
use crate::domain::facts::{Answer, Class, NoAnswer, Wanted};
use crate::domain::identifiers::Siret;
use crate::registry::{Feed, Imported, NotImported, Options, Refusal, Source, Wrong};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::SignedDuration;
use jiff::civil::date;
use std::io::Write as _;

const HOLDERS: &str = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|\
    Code type de carte|Libellé type de carte|Numéro carte|Identifiant national contenu dans la carte|Date début validité|\
    Date fin validité|Date opposition|Date de mise à jour|\n\
    8|10003456781|810003456781|LEFÈVRE|Zoé|CPS|Carte de Professionnel de Santé|2100000017|810003456781|20250102|20280101||20260901|\n\
    8|10003456799|810003456799|D'ÉTÉ \"dit\" NOËL|Ludovic|1|Carte de Professionnel de Santé en Formation|2100000025|x|02/01/2025|01/01/2028|2026-11-20|2026-09-01|\n";

const ESTABLISHMENTS: &str = "finess;etalab;94;2026-11-10\n\
    structureet;310908314;310908306;CH EVROULT SITE NORD;CENTRE HOSPITALIER DE SAINT-ÉVROULT SITE NORD;;;;;;;;063;31;;;;;355;Centre Hospitalier;1102;x;34248611500013;8610Z;03;x;1;x;1979-02-13;1979-02-13;2004-02-27;\n\
    structureet;750999997;310908306;PHARMACIE \"DU PORT;;;;;;;;;063;31;;;;;620;Officine;3201;x;;4773Z;;;;;2001-01-01;;;\n";

const ENTITIES: &str = "finess;etalab;94;2026-11-10\n\
    structureej;310908306;CH EVROULT;CENTRE HOSPITALIER DE SAINT-ÉVROULT;;1;RTE;DE PARIS;;;063;31;HAUTE GARONNE;31000 EVROULT;0561000000;13;Etablissement Public Communal d'Hospitalisation;;;342486115;8610Z;1979-02-13;\n";

/// Names in another case than the schema's, numbers for text, a code in a part of its own.
const JSON: &str = r#"{"dateExtraction":"2026-11-20","pmej":[
  {"informationsGeneralesPMEJ":{"numFinessPm":"310908306","denominationPm":"Centre hospitalier de Saint-Évroult","siren":342486115,"statutJuridique":{"code":"13","libelle":"Etablissement public"},"dateFermeture":null},
   "etatObjet":"A",
   "EGE":[
     {"InformationsGeneralesEGE":{"numFinessEGE":"310908314","nomEgeLong":"Site nord","nomEgeCourt":"SN","SIRET":"34248611500013","dateFermeture":null},"categorieEntiteGeographiqueExercice":{"code":"355"},"etatObjet":"A"},
     {"informationsGeneralesEGE":{"numFinessEge":310908322,"nomEgeCourt":"Ancien site","dateFermeture":"2026-11-01T00:00:00"},"categorieentiteGeographiqueExercice":"355","etatObjet":"I"}]},
  {"informationsGeneralesPMEJ":{"numFinessPm":"330175878","denominationPm":"Clinique","statutJuridique":"73"},"etatObjet":"A","ege":[
     {"informationsGeneralesEGE":{"numFinessEge":"330175886","nomEgeLong":"Clinique du Port"},"categorieentiteGeographiqueExercice":365,"etatObjet":"A"}]}],
  "meta":{"nombre":[1,2.5,true,"x"]}}"#;

fn zipped(text: &str) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

impl Desk {
    fn file(&self, feed: Feed, name: &str, bytes: impl AsRef<[u8]>) -> Source {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Source { feed, path }
    }

    async fn loads(&self, sources: &[Source], minutes: i64) -> Result<Imported, NotImported> {
        self.registry.import(sources, &Options::default(), at(minutes), |_| {}).await
    }

    async fn refuses(&self, source: Source) -> Refusal {
        match self.loads(&[source], 5).await.unwrap_err() {
            NotImported::Refused { mut refusals, .. } => refusals.remove(0),
            NotImported::Fault(fault) => panic!("{fault}"),
        }
    }
}

#[tokio::test]
async fn the_card_holders_file_is_read_in_either_encoding() {
    for bytes in [HOLDERS.as_bytes().to_vec(), latin1(HOLDERS)] {
        let desk = Desk::new().await;
        let imported =
            desk.loads(&[desk.file(Feed::Holders, "porteurs-cps-cpf.txt", bytes)], 0).await.unwrap();
        assert_eq!((imported.feeds[0].rows, imported.feeds[0].flagged, imported.bad_rows.len()), (2, 0, 0));
        let wanted = cards(["2100000017", "2100000025", "2100000033"]);
        let facts = desk.facts(&wanted).await;
        let card = |n: usize| facts.cards[&wanted.cards[n]].found().unwrap();
        assert_eq!((card(0).last_name.expose(), card(0).first_name.expose()), ("LEFÈVRE", "Zoé"));
        assert_eq!((card(0).valid_from, card(0).opposed_on), (Some(date(2025, 1, 2)), None));
        assert_eq!(card(1).last_name.expose(), "D'ÉTÉ \"dit\" NOËL");
        assert_eq!(
            (card(1).valid_until, card(1).opposed_on),
            (Some(date(2028, 1, 1)), Some(date(2026, 11, 20)))
        );
        assert_eq!(card(1).kind.map(crate::domain::policy::CardType::as_str), Some("CPF"));
        assert_eq!(facts.cards[&wanted.cards[2]], Answer::NotFound);
        assert!(facts.only_public_cards, "a card of another type is not unknown for that");
        assert_eq!(facts.contracts, Answer::NoAnswer(NoAnswer::NeverLoaded), "no other feed answers for it");
    }
}

#[tokio::test]
async fn public_cards_stand_beside_our_own() {
    let desk = Desk::loaded().await;
    let before = desk.registry.current().await.unwrap().unwrap();
    desk.loads(&[desk.file(Feed::Holders, "porteurs.txt", HOLDERS)], 30).await.unwrap();
    let wanted = cards(["2100000017", "2900351819"]);
    let facts = desk.facts(&wanted).await;
    assert!(wanted.cards.iter().all(|card| facts.cards[card].found().is_some()) && !facts.only_public_cards);
    let now = desk.registry.current().await.unwrap().unwrap();
    assert_eq!(now.feed(Feed::Cards), before.feed(Feed::Cards), "with the time it was loaded");
    assert_eq!(now.feed(Feed::Holders).unwrap().loaded_at, at(30));
    // each feed has its own age
    let late = at(10) + super::desk::MAX_AGE;
    let stale = desk.registry.facts(&wanted, late, super::desk::MAX_AGE).await.unwrap();
    assert_eq!(stale.cards[&wanted.cards[0]], Answer::NoAnswer(NoAnswer::Stale));
    desk.imports(20).await.unwrap();
    let fresh = desk.registry.facts(&wanted, late, super::desk::MAX_AGE).await.unwrap();
    assert!(fresh.cards[&wanted.cards[0]].found().is_some());
    let too_late = late + SignedDuration::from_mins(25);
    assert_eq!(now.unanswered(too_late, super::desk::MAX_AGE).len(), 4);
}

#[tokio::test]
async fn the_legacy_files_of_finess_are_read_together() {
    for encode in [|text: &str| text.as_bytes().to_vec(), latin1] {
        let desk = Desk::new().await;
        let sources = [
            desk.file(Feed::Finess, "etalab-cs1100502-stock.csv", encode(ESTABLISHMENTS)),
            desk.file(Feed::Finess, "etalab-cs1100501-stock.csv", encode(ENTITIES)),
        ];
        let imported = desk.loads(&sources, 0).await.unwrap();
        assert_eq!((imported.feeds[0].rows, imported.bad_rows), (3, vec![]));
        let facts = desk.facts(&finess("310908306")).await;
        let found = facts.by_finess.as_ref().and_then(Answer::found).unwrap();
        assert_eq!(found.structure.name, "CENTRE HOSPITALIER DE SAINT-ÉVROULT");
        assert_eq!(names(found), ["CENTRE HOSPITALIER DE SAINT-ÉVROULT SITE NORD", "PHARMACIE \"DU PORT"]);
        let classes: Vec<_> = found.establishments.iter().map(|site| site.class).collect();
        // 355 with the legal entity's status 13
        assert_eq!(classes, [Some(Class::PublicHospital), Some(Class::Pharmacy)]);
    }
}

#[tokio::test]
async fn the_json_of_finess_is_read_whatever_the_case_of_its_names() {
    let desk = Desk::new().await;
    for (minutes, name, bytes) in
        [(0, "finess.json.gz", zipped(JSON)), (1, "finess.json", JSON.as_bytes().to_vec())]
    {
        let imported = desk.loads(&[desk.file(Feed::Finess, name, bytes)], minutes).await.unwrap();
        assert_eq!((imported.feeds[0].rows, &imported.bad_rows), (5, &vec![]));
    }
    let facts = desk.facts(&finess("310908306")).await;
    let found = facts.by_finess.as_ref().and_then(Answer::found).unwrap();
    assert_eq!(names(found), ["Site nord", "Ancien site"]);
    let [north, old] = found.establishments.as_slice() else { panic!("{found:?}") };
    assert_eq!((north.class, north.siret.as_deref()), (Some(Class::PublicHospital), Some("34248611500013")));
    assert_eq!((old.closed, old.closed_on), (true, Some(date(2026, 11, 1))));
    let wanted = Wanted { siret: Some(Siret::parse("34248611500013").unwrap()), ..Wanted::default() };
    assert_eq!(desk.facts(&wanted).await.by_siret.unwrap().found().unwrap().len(), 1);
    let private = desk.facts(&finess("330175878")).await;
    let private = private.by_finess.as_ref().and_then(Answer::found).unwrap();
    assert_eq!(private.establishments[0].class, Some(Class::PrivateForprofit), "365 with status 73");
}

#[tokio::test]
async fn our_own_structures_are_completed_from_the_public_ones() {
    let desk = Desk::loaded().await;
    let closing = JSON.replacen("\"dateFermeture\":null", "\"dateFermeture\":\"2026-11-20\"", 1);
    desk.loads(&[desk.file(Feed::Finess, "finess.json.gz", zipped(&closing))], 1).await.unwrap();
    let facts = desk.facts(&finess("310908306")).await;
    let found = facts.by_finess.as_ref().and_then(Answer::found).unwrap();
    assert_eq!(found.structure.class, Some(Class::PublicHospital), "ours");
    assert_eq!((found.structure.closed, found.structure.closed_on), (true, Some(date(2026, 11, 20))));
    assert_eq!(names(found).len(), 4, "two of ours, two of theirs");
}

#[tokio::test]
async fn files_that_are_cut_off_or_of_another_kind_are_refused() {
    let desk = Desk::loaded().await;
    let current = desk.registry.current().await.unwrap();
    let cut = |text: &str| text.as_bytes()[..text.len() - 40].to_vec();
    let gz = zipped(JSON);
    let wrong = async |feed, bytes: Vec<u8>| match desk.refuses(desk.file(feed, "file", bytes)).await {
        Refusal::File { wrong, .. } => wrong,
        other => panic!("{other}"),
    };
    for (feed, bytes) in [
        (Feed::Holders, cut(HOLDERS)),
        (Feed::Finess, gz[..gz.len() - 9].to_vec()),
        (Feed::Finess, cut(JSON)),
        (Feed::Cards, cut(super::desk::CARDS)),
    ] {
        let told = wrong(feed, bytes).await;
        assert!(matches!(told, Wrong::Truncated(_)), "{feed}: {told}");
    }
    for (feed, text) in [
        (Feed::Holders, super::desk::CARDS),
        (Feed::Finess, super::desk::STRUCTURES),
        (Feed::Finess, "{\"structures\": []}"),
    ] {
        let told = wrong(feed, text.as_bytes().to_vec()).await;
        assert!(matches!(told, Wrong::Unknown(_)), "{feed}: {told}");
    }
    let told = wrong(Feed::Holders, HOLDERS.replace("Date fin validité", "Fin").into_bytes()).await;
    assert_eq!(told, Wrong::Columns(vec!["Date fin validité"]));
    assert_eq!(desk.registry.current().await.unwrap(), current);
}

#[tokio::test]
async fn dates_in_another_shape_are_refused_loudly() {
    let desk = Desk::new().await;
    let source = desk.file(Feed::Holders, "porteurs.txt", HOLDERS.replace("20250102", "02-01-2025"));
    let NotImported::Refused { refusals, bad_rows } = desk.loads(&[source], 0).await.unwrap_err() else {
        panic!("refused")
    };
    assert_eq!(refusals[0].to_string(), "porteurs.txt: 1 of 2 lines cannot be read");
    assert_eq!(
        bad_rows[0].to_string(),
        "porteurs.txt, line 2: Date début validité \"02-01-2025\" is no date (AAAAMMJJ, AAAA-MM-JJ or JJ/MM/AAAA)"
    );
    let entity = JSON.replace("\"etatObjet\":\"I\"", "\"etatObjet\":\"?\"");
    let refused = desk.refuses(desk.file(Feed::Finess, "finess.json", entity)).await;
    assert_eq!(refused.to_string(), "finess.json: 1 of 5 lines cannot be read");
}
