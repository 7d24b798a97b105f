//! The store on real databases.

mod asked;
mod broken;
mod decisions;
mod desk;
mod events;
mod intake;
mod outbox;
