//! What the form, the registry and a decision *are*: pure, without wires, SQL or the time.
//!
//! Absent here on purpose: IO, async, clocks, SQL, sockets, logging.

pub mod agreement;
pub mod applied;
pub mod attempts;
pub mod case;
pub mod contact;
pub mod correction;
pub mod dates;
pub mod durations;
pub mod facts;
pub mod fill;
pub mod finding;
pub mod form;
pub mod four_eyes;
pub mod identifiers;
pub mod mail;
pub mod malformed;
mod masked;
pub mod messages;
pub mod on_paper;
pub mod people;
pub mod place;
pub mod policy;
pub mod repair;
pub mod reread;
pub mod resubmission;
pub mod rules;
pub mod sheet;
pub mod staff;
pub mod submissions;
pub mod text;
pub mod turn;
pub mod units;
