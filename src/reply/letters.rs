//! The letters: French templates, compiled in and overridable from a folder, filled with what was
//! judged. One letter answers all forms of one message, with the template of the worst.

use super::attachment::Attachment;
use super::mail::recipient;
use super::settings::{LetterSettings, ServiceSettings};
use super::view::{ByHand, NAMES, Occasion, SubjectView, View};
use super::words::{spaced, tame, wrapped};
use crate::domain::case::{CaseNumber, Template, VerdictKind};
use crate::domain::mail::{Correspondent, MailHead, MailKind};
use crate::fault::Fault;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Characters of a subject line.
const SUBJECT: usize = 160;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../config/letters/", $name)))),*]
    };
}

/// The templates as they are compiled in: name and source.
const BUILT_IN: [(&str, &str); 24] = built_in![
    "_layout.html",
    "_forms.html",
    "_forms.txt",
    "_platform.html",
    "_platform.txt",
    "_end.html",
    "_end.txt",
    "accepted.subject.txt",
    "accepted.txt",
    "accepted.html",
    "received.subject.txt",
    "received.txt",
    "received.html",
    "rejected.subject.txt",
    "rejected.txt",
    "rejected.html",
    "complement.subject.txt",
    "complement.txt",
    "complement.html",
    "answer.subject.txt",
    "answer.txt",
    "answer.html",
    "_remark.txt",
    "_remark.html",
];

/// A letter, written but not yet put into an envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    pub template: Template,
    pub to: Correspondent,
    pub subject: String,
    /// Plain text, lines of at most 78 columns ended by `\n`.
    pub text: String,
    pub html: String,
    /// Repaired copies of forms that are sent back.
    pub attachments: Vec<Attachment>,
    /// The message answered, and its thread (ids without brackets, oldest first).
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
}

impl std::fmt::Debug for Letter {
    /// Masked: what a letter says is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({}, {} characters)", self.template.as_str(), self.text.chars().count())
    }
}

/// What would be answered, before anything is written: `check` prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Planned {
    pub template: Template,
    pub to: Correspondent,
    pub subject: String,
}

impl std::fmt::Debug for Planned {
    /// Masked: a subject may quote the requester.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Planned({})", self.template.as_str())
    }
}

/// The templates, tried and ready.
#[derive(Debug)]
pub struct Letters {
    templates: Environment<'static>,
    service: ServiceSettings,
}

/// The letter that answers a message: of several forms the worst; a message without forms is a
/// question and gets a receipt.
#[must_use]
pub fn template_of(kinds: &[VerdictKind]) -> Template {
    kinds.iter().max().map_or(Template::Received, |worst| worst.template())
}

impl Letters {
    /// Reads the templates and tries every one of them.
    ///
    /// # Errors
    /// A fault that names the file, and the line where there is one: a template that cannot be
    /// read, a syntax error, a variable that does not exist, a file that overrides nothing; or a
    /// setting of the service that cannot stand in a letter.
    pub fn new(settings: &LetterSettings) -> Result<Self, Fault> {
        settings.service.check()?;
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()
                .map_err(|error| broken("the templates' syntax", error))?,
        );
        for (name, source) in BUILT_IN {
            templates.add_template(name, source).map_err(|error| broken(name, error))?;
        }
        if let Some(folder) = &settings.directory {
            override_from(&mut templates, folder)?;
        }
        let letters = Self { templates, service: settings.service.clone() };
        letters.try_all()?;
        Ok(letters)
    }

    /// Who would be answered with what; `None` where no answer may leave without a person
    /// (automatic mail, a sender that is not verified, no safe address).
    ///
    /// # Errors
    /// A fault where a subject's template cannot be filled.
    pub fn plan(
        &self,
        head: &MailHead,
        kinds: &[VerdictKind],
        numbers: &[CaseNumber],
    ) -> Result<Option<Planned>, Fault> {
        let Some(to) = address(head).filter(|_| head.may_be_answered()) else {
            return Ok(None);
        };
        let template = template_of(kinds);
        let subject = self.subject(template, &SubjectView::new(numbers, kinds.len(), head))?;
        Ok(Some(Planned { template, to, subject }))
    }

    /// Writes the letter that answers a message. `None` for automatic mail and where there is no
    /// address that can be written to. Whether it leaves without a person is not decided here (`plan`,
    /// `decision.automatic`): staff also see the letter that would have gone.
    ///
    /// # Errors
    /// A fault where a template cannot be filled.
    pub fn compose(&self, occasion: &Occasion<'_>) -> Result<Option<Letter>, Fault> {
        let head = occasion.head;
        let Some(to) = address(head).filter(|_| head.kind != MailKind::Automatic) else {
            return Ok(None);
        };
        let kinds: Vec<_> = occasion.judged.iter().map(|one| one.verdict.kind()).collect();
        let template = match occasion.by_hand {
            ByHand { asks: true, .. } => Template::Complement,
            ByHand { by_person: true, .. } if kinds.is_empty() => Template::Answer,
            ByHand { .. } => template_of(&kinds),
        };
        let view = View::new(occasion, &self.service);
        Ok(Some(Letter {
            template,
            to,
            subject: self.subject(template, &view.line)?,
            text: self.text(template, &view)?,
            html: self.html(template, &view)?,
            attachments: occasion.copies.iter().flatten().cloned().collect(),
            in_reply_to: head.message_id.clone(),
            references: head.references.clone(),
        }))
    }

    fn subject(&self, template: Template, line: &SubjectView) -> Result<String, Fault> {
        Ok(tame(&self.fill(&format!("{}.subject.txt", template.as_str()), line)?, SUBJECT))
    }

    fn text(&self, template: Template, view: &View<'_>) -> Result<String, Fault> {
        Ok(wrapped(&spaced(&self.fill(&format!("{}.txt", template.as_str()), view)?)))
    }

    fn html(&self, template: Template, view: &View<'_>) -> Result<String, Fault> {
        Ok(spaced(&self.fill(&format!("{}.html", template.as_str()), view)?))
    }

    fn fill<V: Serialize>(&self, name: &str, view: &V) -> Result<String, Fault> {
        let template = self.templates.get_template(name).map_err(|error| broken(name, error))?;
        template.render(Serde(view)).map_err(|error| broken(name, error))
    }

    /// Names are checked in every branch; then each letter is written about made-up cases.
    fn try_all(&self) -> Result<(), Fault> {
        for (name, template) in self.templates.templates() {
            let unknown = template.undeclared_variables(false).into_iter().filter(|used| {
                !NAMES.contains(&used.as_str()) && !self.templates.globals().any(|(known, _)| known == used)
            });
            if let Some(first) = unknown.min() {
                let known = NAMES.join(", ");
                return Err(broken(name, format!("no variable \"{first}\" here; there are: {known}")));
            }
        }
        for view in View::samples(&self.service) {
            for template in Template::ALL {
                self.subject(template, &view.line)?;
                self.text(template, &view)?;
                self.html(template, &view)?;
            }
        }
        Ok(())
    }
}

/// Where an answer can go: an address that the wire takes.
fn address(head: &MailHead) -> Option<Correspondent> {
    head.reply_to.clone().filter(|to| recipient(to.address.expose()).is_some())
}

fn override_from(templates: &mut Environment<'static>, folder: &Path) -> Result<(), Fault> {
    let shown = folder.display();
    let fault = |error| Fault::never(format!("reading the letters in {shown}"), error);
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name.ends_with('~') || name.starts_with("README") {
            continue;
        }
        if !BUILT_IN.iter().any(|(known, _)| *known == name) {
            let known = BUILT_IN.map(|(known, _)| known).join(", ");
            return Err(broken(&name, format!("no letter of this name; there are: {known}")));
        }
        let source = fs::read_to_string(&path).map_err(fault)?;
        templates.add_template_owned(name.clone(), source).map_err(|error| broken(&name, error))?;
    }
    Ok(())
}

fn broken(name: &str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::never(format!("preparing the letter {name}"), why)
}
