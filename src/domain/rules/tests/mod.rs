//! The rules, seen from the front: a form, what the registry knows, a day; findings and verdict.

mod bench;
mod cases;
mod contracts;
mod explained;
mod fields;
mod people;
mod principles;
mod structures;
