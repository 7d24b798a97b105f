//! Gathers a mail's documents: looks at the bytes, opens containers, counts against the caps.

use super::content::Content;
use super::{Attached, MimeSettings, names, pictures, unread, walk};
use crate::domain::finding::{Code, Finding, Severity};
use crate::domain::form::Field;
use crate::domain::sheet::Reading;
use crate::intake::containers::{Cms, Entry, Trouble, cms, tnef, zip};

/// Names listed of documents left out; a mail can hold thousands.
const MOST_NAMED: usize = 50;

pub(super) struct Collector<'a> {
    settings: &'a MimeSettings,
    documents: Vec<Attached>,
    left_out: Vec<String>,
    left_out_count: usize,
    unread: Vec<Reading>,
    /// The text of the first signed mail looked through.
    signed_text: Option<String>,
    /// What is left of `max_entries` and `max_unpacked`.
    entries: usize,
    unpacked: u64,
}

impl<'a> Collector<'a> {
    pub fn new(settings: &'a MimeSettings) -> Self {
        Self {
            settings,
            documents: Vec::new(),
            left_out: Vec::new(),
            left_out_count: 0,
            unread: Vec::new(),
            signed_text: None,
            entries: settings.max_entries,
            unpacked: settings.max_unpacked.0,
        }
    }

    /// Takes a file. `attached`: it was sent as a file and not as part of the text, so it counts
    /// even where nothing is known of it. `depth`: containers around it.
    pub fn take(&mut self, name: Option<&str>, bytes: Vec<u8>, attached: bool, depth: usize) {
        let content = match Content::of(&bytes) {
            // Meant to be one: its reading says what is wrong with it.
            Content::Other if ends_with(name, ".pdf") => Content::Pdf,
            Content::Other | Content::Pdf if ends_with(name, ".eml") => Content::Mail,
            content => content,
        };
        match content {
            Content::Zip | Content::Tnef | Content::Cms | Content::Mail
                if depth >= self.settings.max_depth =>
            {
                self.too_deep(name, content);
            }
            Content::Zip => {
                let (entries, trouble) = zip::open(&bytes, &mut self.entries, &mut self.unpacked);
                if entries.is_empty() && trouble.is_none() {
                    self.push(name, content, bytes);
                }
                self.take_all(entries, depth);
                if let Some(trouble) = trouble {
                    self.trouble(name, content, trouble);
                }
            }
            Content::Tnef => match tnef::open(&bytes) {
                Ok(entries) => self.take_all(entries, depth),
                Err(trouble) => self.trouble(name, content, trouble),
            },
            Content::Cms => match cms::open(&bytes) {
                Ok(Cms::Signed(inner)) => self.take_signed(name, inner, depth),
                Ok(Cms::Detached) => {}
                Err(trouble) => self.trouble(name, content, trouble),
            },
            Content::Mail => {
                walk::nested(&bytes, self, depth + 1);
            }
            Content::Archive => self.not_opened(name, content, "ce format d'archive n'est pas accepté"),
            Content::Pgp if bytes.starts_with(b"-----BEGIN PGP MESSAGE") => {
                self.trouble(name, content, Trouble::Encrypted);
            }
            Content::Pgp => {} // a signature, a key
            Content::Jpeg | Content::Png | Content::Gif | Content::Tiff | Content::Webp | Content::Heic => {
                if !pictures::is_too_small(content, &bytes) {
                    self.push(name, content, bytes);
                }
            }
            Content::Other if !attached => {}
            Content::Pdf
            | Content::Docx
            | Content::Xlsx
            | Content::Pptx
            | Content::Odt
            | Content::OpenDocument
            | Content::Ole
            | Content::Rtf
            | Content::Other => self.push(name, content, bytes),
        }
    }

    fn take_all(&mut self, entries: Vec<Entry>, depth: usize) {
        for Entry { name, bytes } in entries {
            self.take(Some(&name), bytes, true, depth + 1);
        }
    }

    /// What a signature is around: a MIME entity (RFC 8551 §3.5), or a file by itself (`x.pdf.p7m`).
    fn take_signed(&mut self, name: Option<&str>, inner: Vec<u8>, depth: usize) {
        if Content::of(&inner) == Content::Other {
            let text = walk::nested(&inner, self, depth + 1);
            self.signed_text.get_or_insert(text.unwrap_or_default());
        } else {
            self.take(name.map(|name| name.trim_end_matches(".p7m")), inner, true, depth + 1);
        }
    }

    fn push(&mut self, name: Option<&str>, content: Content, bytes: Vec<u8>) {
        let number = self.documents.len() + self.left_out_count + 1;
        let name = names::unlike(names::clean(name, content, number), |name| {
            self.documents.iter().any(|document| document.name == name)
        });
        if self.documents.len() < self.settings.max_documents {
            self.documents.push(Attached { name, content, bytes });
        } else {
            self.left_out_count += 1;
            if self.left_out.len() < MOST_NAMED {
                self.left_out.push(name);
            }
        }
    }

    fn trouble(&mut self, name: Option<&str>, content: Content, trouble: Trouble) {
        let (code, why) = match trouble {
            Trouble::Encrypted => (Code::DocumentEncrypted, "est protégé par un mot de passe ou chiffré"),
            Trouble::Damaged => (Code::DocumentUnsupported, "n'a pas pu être ouvert"),
            Trouble::Unsupported => (Code::DocumentUnsupported, "est dans un format qui n'est pas accepté"),
            Trouble::TooLarge => (Code::DocumentTooLarge, "est trop volumineux une fois décompressé"),
        };
        self.say(name, content, code, why);
    }

    /// A container inside too many others.
    pub fn too_deep(&mut self, name: Option<&str>, content: Content) {
        self.not_opened(name, content, "il contient trop de niveaux d'archives");
    }

    fn not_opened(&mut self, name: Option<&str>, content: Content, why: &str) {
        self.say(name, content, Code::DocumentUnsupported, &format!("n'a pas été ouvert : {why}"));
    }

    fn say(&mut self, name: Option<&str>, content: Content, code: Code, why: &str) {
        let name = names::clean(name, content, self.documents.len() + 1);
        let message = format!(
            "Le fichier « {name} » {why}. Joignez le formulaire à votre message au format PDF, sans archive ni \
             chiffrement."
        );
        // Many alike say nothing new; a mail can hold thousands.
        if self.unread.len() < self.settings.max_documents {
            self.unread.push(unread(Some(name), Finding::reject(code, Field::Document, message)));
        }
    }

    /// Whether anything was found that may have been meant as the form.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.unread.is_empty()
    }

    pub fn add_unread(&mut self, reading: Reading) {
        self.unread.push(reading);
    }

    /// The text inside an opaque signature, once.
    pub fn signed_text(&mut self) -> String {
        self.signed_text.take().unwrap_or_default()
    }

    pub fn settings(&self) -> &'a MimeSettings {
        self.settings
    }

    pub fn finish(mut self) -> (Vec<Attached>, Vec<Reading>) {
        if self.left_out_count > 0 {
            let unnamed = self.left_out_count - self.left_out.len();
            let more = if unnamed > 0 { format!(" et {unnamed} autres") } else { String::new() };
            let message = format!(
                "Ce message contient plus de {} documents. Ceux-ci n'ont pas été lus : {}{more}. \
                 Un agent les examine ; envoyez plutôt un message par formulaire.",
                self.settings.max_documents,
                self.left_out.join(", "),
            );
            let finding = Finding::new(Code::DocumentTooLarge, Field::Document, Severity::Review, message);
            let mut reading = unread(None, finding);
            reading.documents = self.left_out;
            self.unread.push(reading);
        }
        (self.documents, self.unread)
    }
}

fn ends_with(name: Option<&str>, ending: &str) -> bool {
    name.is_some_and(|name| name.to_ascii_lowercase().trim_end().ends_with(ending))
}
