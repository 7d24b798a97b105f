//! A password or a token that the configuration names: given there, in a file, or printed by a program.

use crate::domain::form::Masked;
use crate::fault::Fault;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// How long a program may take to print it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a password or a token comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// The secret itself; better a file.
    Value(Masked),
    /// A file holding nothing else; white space around it is removed.
    File(PathBuf),
    /// A program and its arguments; it prints the secret and nothing else.
    Command(Vec<String>),
}

impl Secret {
    /// The secret. `name`: which it is, for the fault.
    ///
    /// # Errors
    /// `Never` where a file or a program is not there; `Later` where the program fails.
    pub async fn reveal(&self, name: &'static str) -> Result<String, Fault> {
        match self {
            Self::Value(value) => Ok(value.expose().to_owned()),
            Self::File(path) => tokio::fs::read_to_string(path)
                .await
                .map(|text| text.trim().to_owned())
                .map_err(|source| Fault::never(format!("reading {name} from {}", path.display()), source)),
            Self::Command(words) => {
                let doing =
                    || format!("asking {} for {name}", words.first().map_or("nothing", String::as_str));
                let [program, arguments @ ..] = words.as_slice() else {
                    return Err(Fault::never(doing(), "no program is named"));
                };
                let run = tokio::process::Command::new(program)
                    .args(arguments)
                    .stdin(std::process::Stdio::null())
                    .kill_on_drop(true)
                    .output();
                let output = tokio::time::timeout(PATIENCE, run)
                    .await
                    .map_err(|_| Fault::later(doing(), "it did not end in time"))?
                    .map_err(|source| Fault::never(doing(), source))?;
                if !output.status.success() {
                    return Err(Fault::later(doing(), format!("it ended with {}", output.status)));
                }
                String::from_utf8(output.stdout)
                    .map(|text| text.trim().to_owned())
                    .map_err(|_| Fault::never(doing(), "it printed something that is not text"))
            }
        }
    }
}
