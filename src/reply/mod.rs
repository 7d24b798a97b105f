//! Outcome → mail that has left: letters in French, composed, and handed to a relay.

pub mod transport;
