//! Folders of the file system in the place of mail servers: for the demo, for a trial beside the
//! real service, for tests.

pub mod maildir;

mod mailfile;
mod uidlist;
