//! What the administration says, in French.

use crate::domain::rules::What;
use crate::store::{Cap, Work};
use jiff::civil::Date;

pub(super) fn cap(cap: &Cap) -> String {
    match cap {
        Cap::Total => "Toutes les réponses".to_owned(),
        Cap::Domain(domain) => format!("Réponses au domaine {}", domain.expose()),
        Cap::Address(address) => format!("Réponses à l'adresse {}", address.expose()),
    }
}

/// What the record says of a cap begins with how many replies there were; a person's own words stand as
/// they are.
pub(super) fn reached(because: &str) -> String {
    match because.split_once(" replies") {
        Some((count, _)) if count.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{count} réponses en 24 heures")
        }
        _ => because.to_owned(),
    }
}

/// Why a mail was put aside, by what the program said of it.
pub(super) fn parked(because: &str) -> &'static str {
    let known = [
        ("given up after", "La lecture a été tentée plusieurs fois sans arriver à son terme."),
        ("over its processor or wall time", "La lecture demande trop de temps."),
        ("over its memory", "La lecture demande trop de mémoire."),
        ("over its output", "Le courriel contient plus que ce qui peut en être tiré."),
        (
            "asked for something that reading",
            "La lecture a tenté une action interdite : courriel à traiter comme suspect.",
        ),
        ("crashed", "Le programme qui lisait le courriel s'est arrêté net."),
    ];
    let found = known.into_iter().find(|(said, _)| because.contains(said));
    found.map_or("Le courriel n'a pas pu être traité.", |(_, french)| french)
}

/// The kinds of event that are looked for, as people call them.
pub(super) const KINDS: [(&str, &str); 28] = [
    ("looked_at", "Consultation"),
    ("case_opened", "Dossier ouvert"),
    ("case_assigned", "Dossier pris ou confié"),
    ("case_corrected", "Case corrigée"),
    ("case_reexamined", "Dossier réexaminé"),
    ("case_decided", "Décision"),
    ("case_undone", "Décision annulée"),
    ("case_noted", "Note"),
    ("staff_decided", "Décision du service consignée"),
    ("reply_due", "Lettre prête"),
    ("reply_held", "Lettre retenue"),
    ("reply_sent", "Lettre envoyée"),
    ("reply_resent", "Lettre renvoyée"),
    ("reply_bounced", "Lettre non remise"),
    ("bounce_settled", "Non-remise traitée"),
    ("message_parked", "Courriel mis de côté"),
    ("message_unparked", "Courriel repris"),
    ("cap_tripped", "Plafond atteint"),
    ("cap_reset", "Plafond levé"),
    ("alert_raised", "Alerte du référentiel"),
    ("alert_acknowledged", "Alerte vue"),
    ("purged", "Données supprimées"),
    ("user_added", "Compte créé"),
    ("user_role_changed", "Rôle changé"),
    ("user_password_changed", "Mot de passe changé"),
    ("user_disabled", "Compte fermé"),
    ("signed_in", "Connexion"),
    ("sign_in_refused", "Connexion refusée"),
];

pub(super) fn broken(what: What) -> &'static str {
    match what {
        What::CardOpposed => "Carte mise en opposition",
        What::ContractEnded => "Contrat terminé",
        What::StructureClosed => "Structure fermée",
    }
}

/// `23/11/2026`, of an ISO day; nothing of nothing.
pub(super) fn day(iso: &str) -> String {
    iso.parse().map_or_else(|_| iso.to_owned(), |day: Date| day.strftime("%d/%m/%Y").to_string())
}

/// Bytes, in their largest unit.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0 => "inconnue".to_owned(),
        1..1024 => format!("{bytes} octets"),
        1024..1_048_576 => format!("{} Kio", bytes / 1024),
        _ => format!("{} Mio", bytes / 1_048_576),
    }
}

pub(super) fn roles(roles: &str) -> String {
    let french = |role: &str| match role {
        "intake" => "relève le courrier".to_owned(),
        "decide" => "lit et décide".to_owned(),
        "answer" => "répond".to_owned(),
        other => other.to_owned(),
    };
    roles.split(", ").map(french).collect::<Vec<_>>().join(", ")
}

pub(super) fn work(work: Work) -> String {
    match work {
        Work::Deciding { message, attempts } => format!("lit le courriel {message} (essai {attempts})"),
        Work::Sending { reply, attempts } => format!("envoie la lettre {reply} (essai {attempts})"),
        Work::Filing { mails } => format!("range {mails} courriels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_cap_was_reached_is_told_in_french() {
        assert_eq!(reached("20 replies to one address in 24 hours"), "20 réponses en 24 heures");
        assert_eq!(reached("restored from a backup"), "restored from a backup");
    }

    #[test]
    fn why_a_mail_was_put_aside_is_told_in_french() {
        let told = |said| parked(said);
        assert!(told("the mail could not be opened: over its memory").contains("mémoire"));
        assert!(
            told("given up after 3 attempts: the program ended while it was at it")
                .contains("plusieurs fois")
        );
        assert!(told("the reader died of it").contains("pas pu être traité"));
    }

    #[test]
    fn a_day_is_told_in_french() {
        assert_eq!([day("2026-11-23"), day("")], ["23/11/2026", ""]);
    }

    #[test]
    fn sizes_are_told_in_their_largest_unit() {
        assert_eq!(
            [size(0), size(900), size(2048), size(3 << 20)],
            ["inconnue", "900 octets", "2 Kio", "3 Mio"]
        );
    }
}
