//! `[signatures]`: whose digital signatures are trusted.

use super::ConfigError;
use crate::reading::Trust;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Digital signatures on PDFs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignatureSettings {
    /// Certificates of the authorities that are trusted: PEM files, or folders of `.pem` and `.crt`
    /// files. Without any, each sound signature is noted as one of an unchecked issuer.
    pub trust: Vec<PathBuf>,
}

/// Bytes of certificates at most; they are told to each child.
const MOST_TRUSTED: usize = 512 << 10;

impl SignatureSettings {
    /// Reads the certificates.
    ///
    /// # Errors
    /// A file or folder that is not there, or a file that holds no certificate.
    pub fn load(&self) -> Result<Trust, ConfigError> {
        let mut trust = Trust::default();
        let mut add = |path: &Path| {
            let refused =
                |why: String| ConfigError::Refused(format!("signatures.trust: {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
            trust.add_pem(&pem).map_err(|error| refused(error.to_string()))
        };
        for path in &self.trust {
            if !path.is_dir() {
                add(path)?;
                continue;
            }
            let ours =
                |path: &PathBuf| path.extension().is_some_and(|ending| ending == "pem" || ending == "crt");
            for entry in std::fs::read_dir(path)? {
                let path = entry?.path();
                if ours(&path) {
                    add(&path)?;
                }
            }
        }
        if trust.size() > MOST_TRUSTED {
            let most = MOST_TRUSTED >> 10;
            return Err(ConfigError::Refused(format!(
                "signatures.trust holds more than {most} KiB of certificates"
            )));
        }
        Ok(trust)
    }
}
