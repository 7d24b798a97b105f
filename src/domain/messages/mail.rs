//! Sentences about the mail as a whole.

/// The same bytes were decided before. `case`: the number of the first case.
#[must_use]
pub fn already_received(case: &str) -> String {
    format!(
        "Ce formulaire nous est déjà parvenu à l'identique : il est suivi sous la référence {case} et n'est pas \
         examiné une seconde fois. Pour le modifier, envoyez-nous un formulaire corrigé."
    )
}

/// The same file stands twice in one mail.
#[must_use]
pub fn attached_twice(name: &str) -> String {
    format!("Le fichier « {name} » est joint plusieurs fois à l'identique : il est examiné une seule fois.")
}

/// The sender could not be verified.
#[must_use]
pub fn sender_unverified() -> String {
    "L'origine du message n'a pas pu être vérifiée : une personne de notre équipe l'examine avant toute réponse."
        .to_owned()
}

/// The mail was over the size cap and was not downloaded. Sizes in bytes.
#[must_use]
pub fn mail_too_large(size: u64, cap: u64) -> String {
    let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
    format!(
        "Votre message pèse {} Mo ; nous ne pouvons pas ouvrir les messages de plus de {} Mo. Merci de nous renvoyer \
         uniquement le formulaire F413, enregistré en PDF.",
        megabytes(size),
        cap >> 20
    )
}

/// Copies of one form came in two mails, and one of them bears no signature.
#[must_use]
pub fn copy_not_signed() -> String {
    "Les exemplaires de ce formulaire nous sont parvenus par plusieurs courriels et l'un d'eux n'est pas signé : une \
     personne de notre équipe l'examine."
        .to_owned()
}
