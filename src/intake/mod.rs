//! Mailbox to bytes kept: what has arrived, what a mail is made of, what kind of mail it is.

pub mod imap;
pub mod mailbox;
pub mod mime;
pub mod secret;
pub mod utf7;

mod classify;
mod containers;
mod sender;
pub(crate) mod tls;
