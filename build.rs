//! Names the code that decides, so that each decision can say which it was: a fingerprint of the rules'
//! sources and one of the reader's, made of the files' names and bytes. A version number alone stays the
//! same between two builds that judge differently.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    for (name, folders) in [
        ("GUICHET_RULES", ["src/domain"].as_slice()),
        ("GUICHET_READER", ["src/intake", "src/reading", "src/sandbox", "config/editions"].as_slice()),
    ] {
        let mut files = Vec::new();
        for folder in folders {
            println!("cargo::rerun-if-changed={folder}");
            collect(Path::new(folder), &mut files);
        }
        files.sort();
        let mut hash = Fnv::new();
        for file in files {
            hash.update(file.to_string_lossy().as_bytes());
            hash.update(&fs::read(&file).unwrap_or_default());
        }
        println!("cargo::rustc-env={name}={}+{:016x}", env!("CARGO_PKG_VERSION"), hash.0);
    }
}

/// Every file below a folder that is not a test.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == "tests" || name.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// FNV-1a, 64 bits: tells builds apart; nobody is kept from making two that collide.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The bytes, with their length in front so that no two lists of files read the same.
    fn update(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_be_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
