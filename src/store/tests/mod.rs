//! The store on real databases.

mod accounts;
mod asked;
mod bounces;
mod broken;
mod caps;
mod counted;
mod daemons;
mod decisions;
pub(crate) mod desk;
mod drafts;
mod events;
mod intake;
mod outbox;
mod own;
mod pending;
mod proposals;
mod questions;
mod queue;
mod retention;
mod several;
mod staffed;
mod turns;
mod verdicts;
mod waits;
