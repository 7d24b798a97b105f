//! guichet: the front desk for form F413.
//!
//! A message walks through the rooms in one straight line:
//!
//! ```text
//! mailbox ──► inbox ──► (sandbox: MIME, PDF, OCR) ──► form ──► facts ──► verdict ──► store ──► outbox ──► reply
//!  intake      store     intake + reading             domain   registry   domain      store     store      reply
//! ```
//!
//! Between two legs of `pipeline` a message rests in a table, so that each leg can stop anywhere
//! and start again. Modules stand here in the order a message passes them.

pub mod clock;
pub mod fault;

pub mod domain;

pub mod intake;
pub mod reading;
pub mod sandbox;

pub mod database;
pub mod registry;
pub mod store;

pub mod audit;

pub mod reply;

pub mod folder;
pub mod report;

pub mod openid;
pub mod pipeline;

pub mod desk;
pub mod watch;

pub mod config;

pub mod cli;
pub mod daemon;
