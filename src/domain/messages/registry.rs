//! The sentences of the registry rules: structures, contracts, the FINESS table, cards, mandates.

use super::super::facts::Paragraph;
use super::super::form::{Field, Role};
use super::{french_date, subject};
use jiff::civil::Date;

#[must_use]
pub fn registry_unavailable() -> String {
    "Nous n'avons pas pu vérifier vos informations dans nos référentiels pour le moment : votre demande est \
     conservée et une personne va l'examiner. Vous n'avez rien à faire."
        .to_owned()
}

#[must_use]
pub fn structure_unknown(field: Field, number: &str) -> String {
    format!(
        "{} « {number} » (3.1) ne correspond à aucune structure connue de nos référentiels : vérifiez ce numéro et corrigez-le, ou \
         contactez-nous si la structure vient d'être créée.",
        subject(field)
    )
}

#[must_use]
pub fn structure_closed(field: Field, number: &str, name: &str, since: Option<Date>) -> String {
    let since = since.map(|date| format!(" depuis le {}", french_date(date))).unwrap_or_default();
    format!(
        "{} « {number} » (3.1) est celui d'une structure fermée{since} ({name}) : indiquez le numéro de la structure en activité pour \
         laquelle vous faites la demande.",
        subject(field)
    )
}

#[must_use]
pub fn identifiers_mismatch(finess: &str, finess_name: &str, siret: &str, siret_name: &str) -> String {
    format!(
        "Les deux numéros du 3.1 ne désignent pas la même structure : le FINESS « {finess} » correspond à « {finess_name} », \
         le SIRET « {siret} » à « {siret_name} ». Corrigez l'un des deux, ou n'indiquez que le numéro FINESS."
    )
}

#[must_use]
pub fn identifiers_siblings(finess: &str, finess_name: &str, siret: &str, siret_name: &str) -> String {
    format!(
        "Le FINESS « {finess} » ({finess_name}) et le SIRET « {siret} » ({siret_name}) désignent deux établissements du \
         même organisme : nous allons vérifier pour lequel vous faites la demande."
    )
}

#[must_use]
pub fn structure_name_mismatch(written: &str, known: &str) -> String {
    format!(
        "La dénomination « {written} » (3.1) ne ressemble pas à celle que nous connaissons pour ce numéro, \
         « {known} » : nous allons vérifier qu'il s'agit bien de la même structure."
    )
}

#[must_use]
pub fn card_unknown(place: &str, number: &str) -> String {
    format!(
        "La carte n° « {number} » ({place}) n'est pas connue de nos référentiels : vérifiez le numéro inscrit sur la \
         carte et corrigez-le."
    )
}

#[must_use]
pub fn card_to_be_checked(place: &str, number: &str) -> String {
    format!("La carte n° « {number} » ({place}) n'a pas pu être retrouvée : une personne va la vérifier.")
}

#[must_use]
pub fn card_not_yet_valid(place: &str, number: &str, from: Date) -> String {
    format!(
        "La carte n° « {number} » ({place}) ne sera valable qu'à partir du {} : renvoyez le formulaire à partir de cette \
         date, ou indiquez une carte active.",
        french_date(from)
    )
}

#[must_use]
pub fn card_waited_for(place: &str, number: &str, from: Date) -> String {
    format!(
        "La carte n° « {number} » ({place}) ne sera valable qu'à partir du {} : votre demande est conservée et sera \
         réexaminée à cette date. Vous n'avez rien à faire.",
        french_date(from)
    )
}

#[must_use]
pub fn card_expired(place: &str, number: &str, until: Date) -> String {
    format!(
        "La carte n° « {number} » ({place}) a expiré le {} : indiquez le numéro d'une carte active.",
        french_date(until)
    )
}

#[must_use]
pub fn card_revoked(place: &str, number: &str, on: Date) -> String {
    format!(
        "La carte n° « {number} » ({place}) est en opposition depuis le {} : indiquez le numéro d'une carte active.",
        french_date(on)
    )
}

/// The card belongs to somebody who shares no name with the person. The holder is not named: the
/// requester need not be entitled to know.
#[must_use]
pub fn card_of_another(place: &str, number: &str, person: &str) -> String {
    format!(
        "La carte n° « {number} » ({place}) n'est pas au nom de « {person} » : indiquez le nom et le prénom tels qu'ils \
         figurent sur la carte, ou corrigez le numéro."
    )
}

#[must_use]
pub fn card_of_a_near_name(place: &str, number: &str, person: &str) -> String {
    format!(
        "Le nom « {person} » diffère de celui du porteur de la carte n° « {number} » ({place}) : nous allons vérifier \
         qu'il s'agit de la même personne."
    )
}

#[must_use]
pub fn contract_missing(structure: &str, sign_with: Option<&str>) -> String {
    let with = sign_with.map(|number| format!(" {number}")).unwrap_or_default();
    format!(
        "Aucun contrat d'adhésion aux services de l'ANS relatifs aux moyens d'identification électronique n'est \
         enregistré pour « {structure} » : signez d'abord ce contrat{with}, puis renvoyez le formulaire."
    )
}

/// The same for a class that the notice names: the contract and the form take the same number.
#[must_use]
pub fn contract_missing_advised(structure: &str, sign_with: &str, paragraph: Paragraph) -> String {
    format!(
        "Aucun contrat d'adhésion aux services de l'ANS relatifs aux moyens d'identification électronique n'est \
         enregistré pour « {structure} » : signez d'abord ce contrat avec {sign_with}, puis renvoyez le formulaire avec ce \
         même numéro ({}).",
        cited(paragraph)
    )
}

/// Why the latest contract is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inactive {
    Terminated,
    Suspended,
    EndedOn(Date),
    BeginsOn(Date),
}

#[must_use]
pub fn contract_inactive(structure: &str, number: &str, why: Inactive) -> String {
    let (state, action) = match why {
        Inactive::Terminated => {
            ("est résilié".to_owned(), "signez un nouveau contrat d'adhésion, puis renvoyez le formulaire")
        }
        Inactive::Suspended => {
            ("est suspendu".to_owned(), "contactez-nous pour le rétablir, puis renvoyez le formulaire")
        }
        Inactive::EndedOn(date) => {
            (format!("a pris fin le {}", french_date(date)), "renouvelez-le, puis renvoyez le formulaire")
        }
        Inactive::BeginsOn(date) => (
            format!("ne prend effet que le {}", french_date(date)),
            "renvoyez le formulaire à partir de cette date",
        ),
    };
    format!("Le contrat d'adhésion « {number} » de la structure « {structure} » {state} : {action}.")
}

/// Where the notice says it.
fn cited(paragraph: Paragraph) -> String {
    format!("notice relative au FINESS, paragraphe « {} »", paragraph.heading())
}

/// The same of what may stand in no paragraph of its own: the notice opens with the rule for all.
fn cited_or_general(paragraph: Option<Paragraph>) -> String {
    paragraph.map_or_else(
        || {
            "notice relative au FINESS, premier paragraphe : « la règle qui s'applique en général est d'utiliser le FINESS \
             juridique »"
                .to_owned()
        },
        cited,
    )
}

/// The number is not the one to order with; `right` names the one that is.
#[must_use]
pub fn finess_level(number: &str, because: &str, right: &str, paragraph: Paragraph) -> String {
    format!(
        "Le numéro FINESS « {number} » (3.1) n'est pas celui avec lequel commander : {because}. Indiquez {right} ({}).",
        cited(paragraph)
    )
}

#[must_use]
pub fn finess_to_be_checked(number: &str, because: &str, paragraph: Option<Paragraph>) -> String {
    format!(
        "Le numéro FINESS « {number} » (3.1) {because} : nous allons vérifier avec quel numéro commander ({}).",
        cited_or_general(paragraph)
    )
}

#[must_use]
pub fn siret_to_be_checked(siret: &str, right: &str, paragraph: Option<Paragraph>) -> String {
    format!(
        "La structure n'est identifiée que par le SIRET « {siret} » (3.1) alors qu'elle possède un numéro FINESS : nous \
         allons vérifier s'il faut commander avec {right} ({}).",
        cited_or_general(paragraph)
    )
}

#[must_use]
pub fn finess_advice(number: &str, legal: Option<&str>) -> String {
    let legal = legal.map(|legal| format!(" {legal}")).unwrap_or_default();
    format!(
        "Votre demande est recevable avec le numéro FINESS géographique « {number} ». Pour les services socles du Ségur, il est \
         conseillé de passer au numéro FINESS juridique{legal} au moment du renouvellement du certificat ({}).",
        cited(Paragraph::Hospitals)
    )
}

#[must_use]
pub fn mandate_missing(person: &str, structure: &str) -> String {
    format!(
        "La case « Mandataire » est cochée (3.2), mais aucun mandat n'est enregistré pour « {person} » et la structure « {structure} » : \
         faites enregistrer ce mandat auprès de l'ANS, ou faites signer le formulaire par le responsable légal."
    )
}

#[must_use]
pub fn mandate_not_yet_valid(person: &str, structure: &str, from: Date) -> String {
    format!(
        "Le mandat de « {person} » pour la structure « {structure} » ne prend effet que le {} : renvoyez le formulaire à partir de cette \
         date, ou faites-le signer par le responsable légal.",
        french_date(from)
    )
}

#[must_use]
pub fn mandate_expired(person: &str, structure: &str, until: Date) -> String {
    format!(
        "Le mandat de « {person} » pour la structure « {structure} » a pris fin le {} : faites-le renouveler, ou faites signer le formulaire \
         par le responsable légal.",
        french_date(until)
    )
}

#[must_use]
pub fn not_the_representative(person: &str, role: Role) -> String {
    let role = match role {
        Role::LegalRepresentative => "responsable légal",
        Role::Delegate => "mandataire",
        Role::PracticeHolder => "titulaire du cabinet",
    };
    format!(
        "« {person} » signe comme {role} (3.2), mais le contrat d'adhésion désigne une autre personne : nous allons \
         vérifier si le représentant légal a changé."
    )
}
