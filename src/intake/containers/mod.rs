//! Files that hold files: archives, `winmail.dat`, signed mail. Each is opened with caps, by
//! content, and never onto a disk.

pub mod cms;
pub mod tnef;
pub mod zip;

pub use cms::Cms;

/// A file in a container.
pub struct Entry {
    /// As written in the container; cleaned by who keeps it.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Why a container could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Encrypted,
    Damaged,
    Unsupported,
    /// Over the caps on number or size of what is unpacked.
    TooLarge,
}
