//! Subjects that mail programs give absences, receipts and failures, in the languages of the
//! requesters' and their contacts' programs: fr, en, de, es, it, nl, pt.

/// Phrases nobody else begins a subject with. Lower case, without accents.
const PHRASES: &[&str] = &[
    // absences
    "reponse automatique",
    "reponse auto",
    "absence du bureau",
    "absent du bureau",
    "absente du bureau",
    "message d'absence",
    "notification d'absence",
    "repondeur automatique",
    "automatic reply",
    "automatic response",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "out of office",
    "out of the office",
    "vacation reply",
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "respuesta automatica",
    "fuera de la oficina",
    "fuera de oficina",
    "risposta automatica",
    "fuori sede",
    "fuori ufficio",
    "automatisch antwoord",
    "automatische beantwoording",
    "afwezigheidsbericht",
    "resposta automatica",
    "fora do escritorio",
    // receipts
    "accuse de reception (affiche)",
    "confirmation de lecture",
    "return receipt (displayed)",
    "lesebestatigung",
    "leesbevestiging",
    "conferma di lettura",
    "confirmacion de lectura",
    // failures
    "undelivered mail returned to sender",
    "undeliverable",
    "mail delivery failed",
    "mail delivery failure",
    "mail delivery system",
    "delivery status notification",
    "delivery failure",
    "failure notice",
    "returned mail",
    "notification d'etat de remise",
    "echec de la remise",
    "unzustellbar",
];

/// Single words: only with the colon their program puts after them.
const WORDS: &[&str] = &[
    "lu",
    "non lu",
    "remis",
    "non remis",
    "relaye",
    "read",
    "not read",
    "delivered",
    "relayed",
    "gelesen",
    "nicht gelesen",
    "zugestellt",
    "leido",
    "no leido",
    "entregado",
    "no se puede entregar",
    "letto",
    "non letto",
    "recapitato",
    "non recapitabile",
    "gelezen",
    "niet gelezen",
    "onbestelbaar",
    "lida",
    "nao lida",
    "nao foi possivel entregar",
];

/// The pattern that a subject begins with, where a machine wrote it. `Re:` before it means that a
/// person answered the machine.
pub(super) fn automatic(subject: &str) -> Option<&'static str> {
    let plain: String = subject.chars().flat_map(plain).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.trim_start_matches(['[', '*', '(']).trim_start();
    let rest_after = |pattern: &str| plain.strip_prefix(pattern).map(str::trim_start);
    let phrase = PHRASES.iter().copied().find(|phrase| {
        plain.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    });
    phrase.or_else(|| {
        WORDS.iter().copied().find(|word| rest_after(word).is_some_and(|rest| rest.starts_with(':')))
    })
}

/// Lower case, without the accents of these languages, plain apostrophe.
fn plain(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        '’' => '\'',
        '：' => ':',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_subjects_are_known() {
        for subject in [
            "Réponse automatique : Votre demande F413",
            "Réponse automatique\u{a0}: F413",
            "REPONSE AUTOMATIQUE",
            "Message d’absence",
            "Lu : Votre demande",
            "Non remis : F413",
            "Automatic reply: F413",
            "[Auto-Reply] F413",
            "Out of Office Re: F413",
            "Read: F413",
            "Undeliverable: F413",
            "Delivery Status Notification (Failure)",
            "Gelesen: F413",
            "Abwesenheitsnotiz: F413",
            "Respuesta automática: F413",
            "Leído: F413",
            "Risposta automatica: F413",
            "Automatisch antwoord: F413",
            "Resposta automática: F413",
            "Accusé de réception (affiché) - F413",
        ] {
            assert!(automatic(subject).is_some(), "{subject}");
        }
    }

    #[test]
    fn peoples_subjects_are_not() {
        for subject in [
            "Formulaire F413",
            "Re: Réponse automatique : F413",
            "Tr : Non remis : F413",
            "Lu et approuvé : F413",
            "Lucie Martin : F413",
            "Ready: F413",
            "Absence de réponse à ma demande",
            "Réponse automatiquement refusée ?",
            "Remise de formulaire : F413",
            "",
        ] {
            assert_eq!(automatic(subject), None, "{subject}");
        }
    }
}
