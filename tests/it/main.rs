//! The one integration binary: guichet from outside, against real and against misbehaving peers.

mod architecture;
mod imap_peer;
mod imap_trouble;
