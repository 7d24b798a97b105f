//! The desk: where staff see what the machine may not decide, correct what was read, and answer.
//!
//! Pages are made on the server and work without a script; nothing of a requester's is executed in the
//! browser: documents are shown as pictures drawn in the sandbox, text as text. Whoever asks for a page
//! has a session and a role ([`crate::domain::staff`]); whoever changes something also brings the secret
//! of their session and the version of the case they saw.

mod app;
mod assets;
mod charts;
mod drawn;
mod forms;
mod frame;
mod late;
mod pages;
pub mod password;
mod provider;
mod settings;
pub mod sign_in;
mod trail;
mod who;
mod words;

pub use app::{Asked, Desk};
pub use settings::DeskSettings;
