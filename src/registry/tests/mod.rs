//! The registry on real databases, from real files.

mod desk;
mod facts;
mod imports;
mod public;
mod withdraw;
