//! Every sentence that the rules address to a requester, in one place so that a French reader can
//! go through them in one sitting. Each names the value read and says what to do; none speaks of how
//! the form was read.
//!
//! `place` is the box in the form's own words (`domain::place`).

mod mail;
mod registry;

pub use mail::*;
pub use registry::*;

use super::dates::french_date;
use super::form::Field;
use super::malformed::Why;
use jiff::civil::Date;

#[must_use]
pub fn form_blank() -> String {
    "Le formulaire F413 reçu ne contient aucune réponse : il a peut-être été enregistré avant la saisie. Merci \
     de le compléter, de l'enregistrer puis de nous le renvoyer signé, daté et avec le cachet de la structure."
        .to_owned()
}

/// What is asked for where a box that must be filled is empty; the others get a plain sentence.
const MISSING: [(Field, &str); 11] = [
    (
        Field::Structure,
        "La structure n'est pas identifiée : indiquez au 3.1 son numéro FINESS, son numéro \
             SIRET ou, pour un cabinet de radiologie, au moins un numéro RPPS rang.",
    ),
    (
        Field::Role,
        "Aucune des cases « Responsable légal », « Mandataire », « Titulaire du cabinet » n'est \
             cochée (3.2, « Êtes-vous le ») : cochez celle qui correspond à votre qualité.",
    ),
    (
        Field::Administrators,
        "Aucun administrateur technique n'est déclaré au 4.1 : indiquez au moins une \
             personne, avec son numéro de carte, son nom, son prénom, son téléphone et son adresse électronique.",
    ),
    (
        Field::Certificates,
        "Aucun type de certificat n'est coché au 4.3 : cochez au moins un type et, le cas \
             échéant, remplissez la ligne qui l'accompagne.",
    ),
    (
        Field::ServerSsl,
        "Le certificat SERVEUR usage SSL_SERVEUR est coché au 4.3, mais aucune des deux lignes \
             n'est remplie : indiquez soit le nom de domaine, soit le nom du serveur.",
    ),
    (
        Field::SmimeMailDomain,
        "Le certificat SERVEUR usage SMIME est coché au 4.3, mais le nom de domaine de \
             messagerie n'est pas indiqué : remplissez la ligne, par exemple « @domaine.fr ».",
    ),
    (
        Field::ProMailDomain,
        "Le certificat PRO est coché au 4.3, mais le nom de domaine de messagerie n'est pas \
             indiqué : remplissez la ligne, par exemple « @domaine.fr ».",
    ),
    (
        Field::Date,
        "Le formulaire n'est pas daté : indiquez la date de signature, sous la forme JJ/MM/AAAA, à la \
             fin de la section 4.",
    ),
    (
        Field::Signature,
        "Le formulaire n'est pas signé : la signature du responsable légal, du mandataire ou du \
             titulaire du cabinet est nécessaire à la fin de la section 4.",
    ),
    (Field::Stamp, "Le cachet de la structure manque à la fin de la section 4 : merci de l'apposer."),
    (
        Field::TermsAccepted,
        "La case « Je certifie avoir lu et accepté les conditions générales d'utilisation » \
             n'est pas cochée : cochez-la après en avoir pris connaissance.",
    ),
];

/// A box that must be filled and is empty.
#[must_use]
pub fn missing(field: Field, place: &str) -> String {
    let known = MISSING.iter().find(|(asked, _)| *asked == field);
    known.map_or_else(
        || format!("La case {place}, est vide : merci de la compléter."),
        |(_, sentence)| (*sentence).to_owned(),
    )
}

/// A value that breaks its format.
#[must_use]
pub fn malformed(field: Field, place: &str, value: &str, why: Why) -> String {
    let subject = subject(field);
    let reason = reason(why);
    let action = if matches!(why, Why::SeveralPhones | Why::SeveralDomains) {
        "N'en indiquez qu'un seul"
    } else if matches!(why, Why::SeveralAddresses | Why::SeveralDates) {
        "N'en indiquez qu'une seule"
    } else {
        "Merci de vérifier et de corriger"
    };
    if value.is_empty() {
        return format!("{subject} ({place}) n'est pas valable : {reason}. {action}.");
    }
    format!("{subject} « {value} » ({place}) n'est pas valable : {reason}. {action}.")
}

/// What stands in a box, as the beginning of a sentence (list fields in row 0).
const SUBJECTS: [(Field, &str); 13] = [
    (Field::Finess, "Le numéro FINESS"),
    (Field::Siret, "Le numéro SIRET"),
    (Field::RppsRang(0), "Le numéro RPPS rang"),
    (Field::Card, "Le numéro de carte"),
    (Field::AdministratorCard(0), "Le numéro de carte"),
    (Field::Phone, "Le numéro de téléphone"),
    (Field::AdministratorPhone(0), "Le numéro de téléphone"),
    (Field::Email, "L'adresse électronique"),
    (Field::AdministratorEmail(0), "L'adresse électronique"),
    (Field::SslDomain, "Le nom de domaine"),
    (Field::SslServer, "Le nom de serveur"),
    (Field::SmimeMailDomain, "Le nom de domaine de messagerie"),
    (Field::ProMailDomain, "Le nom de domaine de messagerie"),
];

fn subject(field: Field) -> &'static str {
    let known = SUBJECTS.iter().find(|(box_, _)| *box_ == field.in_row(0));
    known.map_or("La date", |(_, subject)| subject)
}

/// Why a value breaks its format.
fn reason(why: Why) -> String {
    let plain = match why {
        Why::Character(c) => return character(c),
        Why::Length { wanted, got } => {
            let s = if got > 1 { "s" } else { "" };
            return format!("{got} caractère{s} au lieu de {wanted}");
        }
        Why::NoDigits => "un numéro est attendu ici",
        Why::AllZero => "tous les chiffres sont nuls",
        Why::CheckDigit => "la clé de contrôle ne correspond pas, un des chiffres est donc erroné",
        Why::Department => "les deux premiers caractères ne correspondent à aucun département",
        Why::ThirdCharacter => "le troisième caractère d'un numéro FINESS est toujours un zéro",
        Why::TestRange => "les numéros commençant par 99 sont réservés aux essais",
        Why::SirenOnly => {
            "ces 9 chiffres sont un numéro SIREN ; le numéro SIRET en compte 14 (le SIREN suivi de 5 chiffres)"
        }
        Why::Siren => "ses 9 premiers chiffres ne forment pas un numéro SIREN",
        Why::RppsOnly => "ces 11 chiffres sont un numéro RPPS ; le numéro RPPS rang en compte 14",
        Why::Rpps => "ses 11 premiers chiffres ne forment pas un numéro RPPS",
        Why::PhoneTooShort => "il manque des chiffres",
        Why::PhoneTooLong => "il y a trop de chiffres",
        Why::PhoneUnassigned => "aucun numéro de cette forme n'est attribué",
        Why::SeveralPhones => "la case contient plusieurs numéros",
        Why::NoAt => "il manque le signe « @ »",
        Why::SeveralAddresses => "la case contient plusieurs adresses",
        Why::AddressSpace => "une adresse ne contient pas d'espace",
        Why::LocalPart => "ce qui précède le signe « @ » n'est pas admis dans une adresse",
        Why::AddressDomain => "ce qui suit le signe « @ » n'est pas un nom de domaine complet",
        Why::AddressTooLong => "une adresse compte au plus 64 caractères avant le signe « @ » et 254 en tout",
        Why::Wildcard => "un certificat ne porte pas sur « * »",
        Why::IpAddress => "une adresse IP n'est pas un nom de domaine ; indiquez un nom tel que domaine.fr",
        Why::WholeAddress => {
            "c'est une adresse électronique ; indiquez seulement le nom de domaine, ce qui suit le « @ »"
        }
        Why::SeveralDomains => "la ligne contient plusieurs noms",
        Why::NoDot => "un nom complet est attendu, avec un point, tel que domaine.fr",
        Why::DomainCharacter => {
            "un nom de domaine ne contient que des lettres, des chiffres, des tirets et des points"
        }
        Why::DomainLength => {
            "entre deux points, un nom de domaine compte de 1 à 63 caractères, et 253 en tout"
        }
        Why::UnknownSuffix => "sa terminaison n'existe pas sur Internet",
        Why::BareSuffix => "c'est une terminaison partagée ; indiquez le nom complet de votre domaine",
        Why::NotADate => "une date de la forme JJ/MM/AAAA est attendue",
        Why::NoYear => "l'année manque",
        Why::NoSuchDay => "ce jour n'existe pas dans le calendrier",
        Why::SeveralDates => "la case contient plusieurs dates",
    };
    plain.to_owned()
}

fn character(c: char) -> String {
    let taken_for = match c {
        'O' | 'o' | 'Q' | 'D' => Some("un zéro"),
        'I' | 'i' | 'L' | 'l' | '|' => Some("un 1"),
        'B' => Some("un 8"),
        'S' => Some("un 5"),
        'Z' => Some("un 2"),
        _ => None,
    };
    match taken_for {
        Some(digit) => format!("le caractère « {c} » n'y a pas sa place (peut-être {digit} ?)"),
        None => format!("le caractère « {c} » n'y a pas sa place"),
    }
}

#[must_use]
pub fn several_roles() -> String {
    "Plusieurs qualités sont cochées au 3.2 (« Êtes-vous le ») : n'en cochez qu'une seule.".to_owned()
}

#[must_use]
pub fn both_ssl_lines(domain: &str, server: &str) -> String {
    format!(
        "Pour le certificat SERVEUR usage SSL_SERVEUR (4.3), les deux lignes sont remplies (« {domain} » et \
         « {server} ») : ne remplissez que l'une des deux."
    )
}

/// `kind`: the certificate's name on the form.
#[must_use]
pub fn not_requested(kind: &str, value: &str) -> String {
    format!(
        "Au 4.3, la ligne du certificat {kind} est remplie (« {value} ») mais la case n'est pas cochée : nous allons \
         vérifier si vous souhaitez ce certificat."
    )
}

#[must_use]
pub fn wildcard(place: &str, value: &str) -> String {
    format!(
        "Le nom « {value} » ({place}) désigne tous les serveurs d'un domaine : nous allons vérifier si un tel \
         certificat peut être délivré. Sinon, un nom précis vous sera demandé."
    )
}

#[must_use]
pub fn holder_without_rpps_rang() -> String {
    "La case « Titulaire du cabinet » (3.2) est réservée aux cabinets identifiés par un numéro RPPS rang, or aucun \
     n'est indiqué au 3.1 : indiquez-le, ou cochez « Responsable légal » ou « Mandataire »."
        .to_owned()
}

#[must_use]
pub fn rpps_rang_beside_another() -> String {
    "Un numéro RPPS rang est indiqué au 3.1 en plus d'un numéro FINESS ou SIRET, alors qu'il est réservé aux cabinets \
     de radiologie hors sociétés d'exercice : nous allons vérifier pour quelle structure vous faites la demande."
        .to_owned()
}

#[must_use]
pub fn duplicate(place: &str, card: &str, first: u8) -> String {
    format!("Le numéro de carte « {card} » ({place}) figure déjà à la ligne {first} du tableau 4.1.")
}

#[must_use]
pub fn values_disagree(place: &str, value: &str, drawn: &str) -> String {
    format!(
        "La case {place} contient deux valeurs différentes selon la façon dont le document est ouvert : « {value} » \
         et « {drawn} ». Nous allons vérifier laquelle est la bonne."
    )
}

#[must_use]
pub fn tick_disagrees(place: &str) -> String {
    format!(
        "La réponse {place} apparaît cochée ou non selon la façon dont le document est ouvert : nous allons vérifier \
         votre choix."
    )
}

#[must_use]
pub fn signature_broken() -> String {
    "La signature électronique du document n'est pas valable, ou le document a été modifié après avoir été signé : \
     merci de le signer de nouveau une fois toutes les cases remplies."
        .to_owned()
}

/// A digital signature that verifies, of an issuer that is in no trust list.
#[must_use]
pub fn signature_untrusted() -> String {
    "La signature électronique du document est intacte ; l'organisme qui a délivré le certificat du signataire n'a pas \
     été vérifié. Aucune action n'est attendue de votre part."
        .to_owned()
}

/// A value that could not be read for certain.
#[must_use]
pub fn low_confidence(place: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!(
            "Nous lisons « {value} » ({place}) sans en être certains : une personne va vérifier cette réponse."
        ),
        None => {
            format!("La réponse {place} n'a pas pu être lue avec certitude : une personne va la vérifier.")
        }
    }
}

/// Nothing is wrong and yet the form is not complete: a person looks.
#[must_use]
pub fn to_be_checked() -> String {
    "Une personne du service va vérifier votre formulaire.".to_owned()
}

#[must_use]
pub fn date_in_future(date: Date, day: Date) -> String {
    format!(
        "Le formulaire est daté du {}, après le jour de sa réception ({}) : merci d'indiquer la date à laquelle il est \
         signé.",
        french_date(date),
        french_date(day)
    )
}

#[must_use]
pub fn date_too_old(date: Date, days: i32) -> String {
    format!(
        "Le formulaire est daté du {}, il y a plus de {days} jours : nous allons vérifier s'il est toujours d'actualité.",
        french_date(date)
    )
}
