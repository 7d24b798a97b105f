//! The store on real databases.

mod desk;
mod intake;
