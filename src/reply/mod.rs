//! Outcome → mail that has left: letters in French, composed, and handed to a relay.

mod attachment;
pub mod letters;
pub mod mail;
pub mod settings;
pub mod smtp;
pub mod transport;
mod view;
mod words;

#[cfg(test)]
mod tests;

pub use attachment::Attachment;
pub use letters::{Letter, Letters, Planned, template_of};
pub use mail::Composed;
pub use settings::{LetterSettings, MailIdentity, ServiceSettings};
pub use smtp::{Smtp, SmtpSettings};
pub use transport::{Outgoing, Transport, next_attempt};
pub use view::{ByHand, Occasion};
