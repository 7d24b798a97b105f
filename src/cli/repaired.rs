//! `guichet check --repaired PATH`: the copies that would go back with a rejection.

use crate::domain::case::Judged;
use crate::domain::policy::Policy;
use crate::domain::repair::Repair;
use crate::domain::sheet::Reading;
use crate::sandbox::{Job, Sandbox};
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the copy of a file's form goes: `path` itself where there is one file and `path` is no folder;
/// else a file in it, named after the examined one.
pub(super) fn targets(path: &Path, files: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if let [_] = files
        && !path.is_dir()
        && !path.as_os_str().to_string_lossy().ends_with('/')
    {
        return Ok(vec![path.to_owned()]);
    }
    std::fs::create_dir_all(path).with_context(|| format!("making {}", path.display()))?;
    let mut taken = BTreeSet::new();
    files
        .iter()
        .map(|file| {
            let stem = file.file_stem().with_context(|| format!("{} is not a file", file.display()))?;
            let name = format!("{}-a-corriger.pdf", stem.to_string_lossy());
            anyhow::ensure!(
                taken.insert(name.clone()),
                "two files would make {name}: give each a run and a --repaired folder of its own"
            );
            Ok(path.join(name))
        })
        .collect()
}

/// Writes the copies of a file's forms: the first to `target`, the n-th with `-n` in its name. Returns
/// what a person should know: of which rejected form there is none.
pub(super) async fn write(
    target: &Path,
    sandbox: &Sandbox,
    job: Job<'_>,
    (judged, readings): (&[Judged], &[Reading]),
    policy: &Policy,
) -> anyhow::Result<Vec<String>> {
    let plans: Vec<Option<Repair>> =
        judged.iter().zip(readings).map(|(one, reading)| Repair::of(one, reading, policy)).collect();
    let copies = sandbox.repaired(job, &plans).await?;
    let mut troubles = Vec::new();
    let mut written = 0;
    for (position, (copy, plan)) in (1..).zip(copies.into_iter().zip(&plans)) {
        let Some(copy) = copy else {
            if plan.is_some() {
                troubles.push(format!("form {position} cannot be given back: no copy holds all its answers"));
            }
            continue;
        };
        written += 1;
        let path = if written == 1 {
            target.to_owned()
        } else {
            let stem = target.file_stem().unwrap_or_default().to_string_lossy();
            target.with_file_name(format!("{stem}-{position}.pdf"))
        };
        let bytes = copy.numbered("F413").unwrap_or(copy.bytes);
        tokio::fs::write(&path, bytes).await.with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(troubles)
}
