//! Mailbox to bytes kept: what has arrived, what a mail is made of, what kind of mail it is.

pub mod mailbox;
pub mod mime;

mod classify;
mod containers;
mod sender;
