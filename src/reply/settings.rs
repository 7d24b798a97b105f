//! What the letters are told by the configuration: the service that signs them, where overriding
//! templates lie, and under which identity a mail leaves.

use crate::fault::Fault;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The letters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LetterSettings {
    /// A folder of templates that replace the built-in ones of the same name (config/letters holds
    /// the built-in ones). Every file is tried at start.
    pub directory: Option<PathBuf>,
    pub service: ServiceSettings,
}

/// The service that signs the letters. What is left empty is left out of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSettings {
    pub name: String,
    /// Where requesters write to.
    pub email: String,
    /// Line by line.
    pub postal_address: Vec<String>,
    pub phone: String,
    /// In French: "du lundi au vendredi, de 9 h à 17 h".
    pub opening_hours: String,
    /// In French, after "vous répondra sous": "deux jours ouvrés".
    pub answer_within: String,
    /// Where administrators fetch their certificates (form, section 5).
    pub platform_url: String,
    /// Where the blank form can be had.
    pub form_url: String,
    /// The notice on personal data.
    pub data_protection_url: String,
}

impl Default for ServiceSettings {
    /// What the form itself says of the service.
    fn default() -> Self {
        Self {
            name: "Agence du Numérique en Santé".into(),
            email: "monserviclient.certificats@esante.gouv.fr".into(),
            postal_address: Vec::new(),
            phone: String::new(),
            opening_hours: String::new(),
            answer_within: "quelques jours ouvrés".into(),
            platform_url: "https://pfc.eservices.esante.gouv.fr/".into(),
            form_url: String::new(),
            data_protection_url: String::new(),
        }
    }
}

impl ServiceSettings {
    /// Links must be links: they are the only ones a letter carries.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let links = [
            ("platform_url", &self.platform_url, true),
            ("form_url", &self.form_url, false),
            ("data_protection_url", &self.data_protection_url, false),
        ];
        for (key, link, needed) in links {
            let absent = link.is_empty() && !needed;
            let sound = link.strip_prefix("https://").is_some_and(|rest| {
                rest.contains('.') && rest.chars().all(|c| c.is_ascii_graphic() && !"\"<>'".contains(c))
            });
            if !(absent || sound) {
                return Err(refused(format!("letters.service.{key} is not an https:// address: \"{link}\"")));
            }
        }
        for (key, text) in [("name", &self.name), ("answer_within", &self.answer_within)] {
            if text.trim().is_empty() {
                return Err(refused(format!("letters.service.{key} is empty")));
            }
        }
        Ok(())
    }
}

/// Under which identity a reply leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailIdentity {
    /// Address in `From`.
    pub from: String,
    /// Name in `From`.
    #[serde(default)]
    pub from_name: String,
    /// Address in `Reply-To`, where it differs from `from`: the mailbox that guichet reads.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Right side of our Message-IDs; without it, the domain of `from`.
    #[serde(default)]
    pub message_id_domain: Option<String>,
    /// Envelope sender. Without it the null sender `<>`, so that nothing answers us (RFC 3834
    /// §3.3); set it where the relay refuses `<>`.
    #[serde(default)]
    pub return_path: Option<String>,
}

pub(super) fn refused(why: String) -> Fault {
    Fault::never("reading the settings of the replies", why)
}
