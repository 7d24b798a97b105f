//! The desk: where staff look at cases and decide them.

pub mod password;
pub mod sign_in;
