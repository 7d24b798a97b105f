//! Folders of the file system in the place of mail servers: for the demo, for a trial beside the
//! real service, for tests.

pub mod maildir;
pub mod outgoing;

mod mailfile;
mod uidlist;

pub use outgoing::OutgoingFolder;
