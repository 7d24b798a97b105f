//! What is printed on the form: the labels with their usual rewordings, and the running text by
//! which printed words are told from answers. Letters are `squeeze`d; `#` stands for "N°", "No",
//! "Num." or "Numéro".

use super::{Key, Part};
use crate::domain::form::Role;
use crate::reading::layout::fold::{ANY, slips, squeeze};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

/// The form's printed text, for the comparison with what stands on a page.
const PRINTED: &str = include_str!("../../../config/editions/f413.txt");

const LABELS: &[(Key, &[&str])] = &[
    (
        Key::Title,
        &[
            "formulairededeclarationdesadministrateurstechniques",
            "declarationdesadministrateurstechniquesautorises",
        ],
    ),
    (Key::Part(Part::Before), &["objetduformulaire", "prerequisalademande", "prerequis"]),
    (Key::Part(Part::Structure), &["identificationdelastructure", "structurebeneficiaire"]),
    (
        Key::Part(Part::Signatory),
        &[
            "identificationdurepresentantlegal",
            "identificationdusignataire",
            "identificationdudemandeur",
            "identificationduresponsable",
        ],
    ),
    (Key::Part(Part::Specific), &["informationsspecifiques"]),
    (
        Key::Part(Part::Administrators),
        &["declarationdesadministrateurstechniques", "administrateurstechniques", "listedesadministrateurs"],
    ),
    (
        Key::Part(Part::Usage),
        &["usagedescertificats", "usagedescertificatsetsolutionutilisee", "usageetsolution"],
    ),
    (Key::Part(Part::Certificates), &["typedecertificats", "typesdecertificats", "certificatssouhaites"]),
    (Key::Part(Part::After), &["prochainesetapes", "noticeexplicative"]),
    (
        Key::StructureName,
        &[
            "denominationdelastructure",
            "denominationsociale",
            "denomination",
            "nomdelastructure",
            "raisonsociale",
            "nomdeletablissement",
        ],
    ),
    (Key::Finess, &["finess", "#finess"]),
    (Key::Siret, &["ou#siret", "#siret", "siret", "ousiret", "#desiret"]),
    (Key::Rpps, &["rppsrang", "#rppsrang", "rangrpps", "ourppsrang", "#derppsrang"]),
    (
        Key::RoleAsked,
        &["etesvousle", "etesvous", "vousetesle", "vousetes", "qualitedusignataire", "envotrequalitede"],
    ),
    (
        Key::Role(Role::LegalRepresentative),
        &[
            "responsablelegal",
            "representantlegal",
            "responsablelegaldelastructure",
            "representantlegaldelastructure",
        ],
    ),
    (Key::Role(Role::Delegate), &["mandataire", "mandatairedesigne"]),
    (Key::Role(Role::PracticeHolder), &["titulaireducabinet", "titulairedecabinet"]),
    (Key::LastName, &["nom", "nomdusignataire", "nomdefamille", "nomdusage", "nomdenaissance"]),
    (
        Key::FirstNames,
        &["prenoms", "prenom", "prenomsusuels", "prenomusuel", "prenomsdusignataire", "prenomdusignataire"],
    ),
    (
        Key::Phone,
        &["telephone", "tel", "#detelephone", "telephoneprofessionnel", "#detel", "telprofessionnel"],
    ),
    (
        Key::Email,
        &[
            "emailprofessionnel",
            "email",
            "courriel",
            "courrielprofessionnel",
            "adresseemail",
            "adresseemailprofessionnelle",
            "adressemail",
            "adressemailprofessionnelle",
            "mail",
            "mailprofessionnel",
            "mel",
            "melprofessionnel",
            "adresseelectronique",
            "adresseelectroniqueprofessionnelle",
            "adressecourriel",
            "messagerieprofessionnelle",
        ],
    ),
    (Key::Card, &["#decarte", "#delacarte", "#decartecps", "#decartecpx", "#carte", "carte#"]),
    (Key::LastNameOnCard, &["nomfigurantsurlacarte", "nominscritsurlacarte", "nomsurlacarte", "nomcarte"]),
    (
        Key::FirstNameOnCard,
        &[
            "prenomfigurantsurlacarte",
            "prenomsfigurantsurlacarte",
            "prenominscritsurlacarte",
            "prenomsinscritsurlacarte",
            "prenomsurlacarte",
            "prenomssurlacarte",
        ],
    ),
    (
        Key::Purpose,
        &[
            "precisionssurlusagedescertificatsetsurvotreprojet",
            "precisionssurlusagedescertificatsetvotreprojet",
            "precisionssurlusagedescertificats",
            "precisionssurlusage",
            "precisezlusagedescertificats",
            "usagedescertificatsetprojet",
        ],
    ),
    (
        Key::Publisher,
        &[
            "editeurdelasolution",
            "editeurdelasolutionutilisee",
            "editeur",
            "nomdelediteur",
            "editeurdulogiciel",
        ],
    ),
    (
        Key::Solution,
        &[
            "solutionutilisee",
            "solutionsutilisees",
            "nomdelasolution",
            "solution",
            "logicielutilise",
            "solutionlogicielle",
        ],
    ),
    (
        Key::Org,
        &["certificatorg", "certificatlogicielorg", "certificatsorg", "certificatlogicieldepersonnemorale"],
    ),
    (
        Key::Server,
        &[
            "certificatlogicielserveur",
            "certificatserveur",
            "certificatslogicielsserveur",
            "certificatdeserveur",
        ],
    ),
    (Key::Pro, &["certificatlogicielpro", "certificatpro", "certificatslogicielspro"]),
    (
        Key::SslDomain,
        &[
            "certificatpourlenomdedomainesuivant",
            "pourlenomdedomainesuivant",
            "nomdedomainesuivant",
            "nomdedomaine",
            "nomdedomainesouhaite",
        ],
    ),
    (
        Key::SslServer,
        &[
            "oucertificatrestreintauserveursuivant",
            "certificatrestreintauserveursuivant",
            "restreintauserveursuivant",
            "nomdeserveurspecifique",
            "nomdeserveur",
            "nomduserveur",
            "ounomdeserveur",
            "ounomduserveur",
        ],
    ),
    (
        Key::MailDomain,
        &[
            "certificatpourlenomdedomainedemessageriesuivant",
            "pourlenomdedomainedemessageriesuivant",
            "nomdedomainedemessageriesuivant",
            "nomdedomainedemessagerie",
            "domainedemessagerie",
            "domainedemessageriesuivant",
        ],
    ),
    (
        Key::Terms,
        &[
            "jecertifieavoirluetaccepte",
            "jecertifieavoirlu",
            "jaccepteles",
            "jailuetaccepte",
            "jereconnaisavoirlu",
            "jedeclareavoirlu",
        ],
    ),
    (
        Key::Prose,
        &[
            "jecertifieexactes",
            "jecertifielexactitude",
            "remplirlunedeslignes",
            "remplirlaligne",
            "cochezlestypes",
            "cochezletype",
            "sivoussouhaitezdeclarer",
            "ceformulaireestaenvoyer",
            "ceformulaireestaretourner",
            "formulairearetourner",
            "formulaireaenvoyer",
            "pourtoutesquestions",
            "pourtoutequestion",
            "veuillezindiquer",
            "f413page",
            "voirnotice",
            "agencedunumeriqueensante",
            "lensembledeschampsdoitetrecomplete",
        ],
    ),
    (Key::Date, &["date", "datedesignature", "datedelademande", "dateetlieu", "datele", "faitle"]),
    (
        Key::Stamp,
        &[
            "cachetdelastructure",
            "cachetdeletablissement",
            "cachetettampondelastructure",
            "cachet",
            "tampondelastructure",
            "tampon",
        ],
    ),
    (
        Key::Signature,
        &[
            "signaturedurepresentantlegaloudumandataireoutitulaireducabinet",
            "signaturedurepresentantlegaloudumandataire",
            "signaturedurepresentantlegal",
            "signaturedusignataire",
            "signaturedudemandeur",
            "signaturemanuscrite",
            "signature",
        ],
    ),
];

/// All patterns that begin with the same three letters, longest first.
pub type Patterns = HashMap<String, Vec<(Key, String)>>;

pub static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut by_start = Patterns::new();
    for (key, wordings) in LABELS {
        for wording in *wordings {
            let numbers: &[&str] = if wording.contains('#') { &["n", "no", "num", "numero"] } else { &[""] };
            for number in numbers {
                let pattern = wording.replace('#', number);
                let start: String = pattern.chars().take(3).collect();
                by_start.entry(start).or_default().push((*key, pattern));
            }
        }
    }
    for list in by_start.values_mut() {
        sort(list);
    }
    by_start
});

/// Longest first, and always in the same order.
fn sort(list: &mut [(Key, String)]) {
    list.sort_by(|(_, a), (_, b)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
}

/// The patterns long enough to bear a slip, by their first three letters of which one is not known.
static SLIPPED: LazyLock<Patterns> = LazyLock::new(|| {
    let mut by_start = Patterns::new();
    for (start, list) in PATTERNS.iter() {
        let long = list.iter().filter(|(_, pattern)| slips(pattern) > 0);
        for (key, pattern) in long {
            for start in but_one(start) {
                by_start.entry(start).or_default().push((*key, pattern.clone()));
            }
        }
    }
    for list in by_start.values_mut() {
        sort(list);
    }
    by_start
});

/// Three letters, with each of them in turn unknown.
fn but_one(start: &str) -> impl Iterator<Item = String> {
    (0..3).map(move |at| start.chars().enumerate().map(|(n, c)| if n == at { ANY } else { c }).collect())
}

/// The patterns that text beginning with these three letters may spell: longest first, those with a
/// slip in these letters last.
pub fn beginning(start: &str) -> impl Iterator<Item = &'static (Key, String)> {
    let slipped = but_one(start).filter_map(|start| SLIPPED.get(&start)).flatten();
    let other = move |(_, pattern): &&(Key, String)| !pattern.starts_with(start);
    PATTERNS.get(start).into_iter().flatten().chain(slipped.filter(other))
}

static TRIPLES: LazyLock<HashSet<u64>> = LazyLock::new(|| {
    let mut triples = HashSet::new();
    for text in PRINTED.split(['\n', '\t']) {
        let words: Vec<String> = text.split_whitespace().map(squeeze).filter(|key| !key.is_empty()).collect();
        triples.extend(words.windows(3).filter_map(|three| hash(three.iter().map(String::as_str))));
    }
    triples
});

/// Whether three words stand beside each other in the form's printed text.
#[must_use]
pub fn is_printed(three: [&str; 3]) -> bool {
    hash(three.into_iter()).is_some_and(|hash| TRIPLES.contains(&hash))
}

/// `None` where the words have too few letters to tell anything.
fn hash<'a>(words: impl Iterator<Item = &'a str>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut letters = 0;
    for word in words {
        word.hash(&mut hasher);
        letters += word.len();
    }
    (letters >= 6).then(|| hasher.finish())
}
