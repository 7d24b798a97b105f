//! A copy of an SQLite database while others write to it, and how a copy is known that was put in
//! the place of the original.

use super::{Database, Engine, fault};
use crate::fault::Fault;
use sqlx::{AnyConnection, Connection as _, Executor as _};
use std::fs::File;
use std::path::Path;

const DOING: &str = "making a backup";

/// `user_version` of a copy: nobody runs on it who was not told that it is one. (413 for the form;
/// the originals have 0.)
const COPY: i64 = 413;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum NoBackup {
    #[error("PostgreSQL is backed up by its own tools: pg_dump --format=custom --file=FILE DATABASE")]
    ByTheServer,
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    #[error("writing the backup: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Database {
    /// Copies everything, as it is at one moment, into a new file. Others read and write meanwhile.
    /// The file is there when it is whole and on the disk, or not at all.
    pub async fn backup(&self, to: &Path) -> Result<(), NoBackup> {
        if self.engine == Engine::Postgres {
            return Err(NoBackup::ByTheServer);
        }
        if to.exists() {
            return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
        }
        let mut draft = to.as_os_str().to_owned();
        draft.push(".part");
        let draft = Path::new(&draft);
        if draft.exists() {
            // of a backup that was killed
            std::fs::remove_file(draft)?;
        }
        let mut connection = self.write.acquire().await.map_err(fault(DOING))?;
        sqlx::query("VACUUM INTO $1")
            .bind(draft.to_string_lossy().into_owned())
            .execute(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        drop(connection);
        mark(draft).await?;
        File::open(draft)?.sync_all()?;
        std::fs::rename(draft, to)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// Whether this is a copy that nobody has declared to be in use.
    pub async fn is_copy(&self) -> Result<bool, Fault> {
        const DOING: &str = "asking whether the database is a backup";
        if self.engine == Engine::Postgres {
            return Ok(false);
        }
        let (version,): (i64,) =
            sqlx::query_as("PRAGMA user_version").fetch_one(&self.read).await.map_err(fault(DOING))?;
        Ok(version == COPY)
    }

    /// From now on it is the original.
    pub async fn take_into_use(&self) -> Result<(), Fault> {
        const DOING: &str = "taking a backup into use";
        if self.engine == Engine::Sqlite {
            let mut connection = self.writer(DOING).await?;
            connection.execute("PRAGMA user_version = 0").await.map_err(fault(DOING))?;
        }
        Ok(())
    }
}

/// Checks the copy, and marks it as one.
async fn mark(copy: &Path) -> Result<(), NoBackup> {
    let url = format!("sqlite:{}?mode=rw", copy.display());
    let mut connection = AnyConnection::connect(&url).await.map_err(fault(DOING))?;
    let (check,): (String,) =
        sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut connection).await.map_err(fault(DOING))?;
    if check != "ok" {
        return Err(NoBackup::Damaged(check));
    }
    connection.execute("PRAGMA user_version = 413").await.map_err(fault(DOING))?;
    connection.close().await.map_err(fault(DOING))?;
    Ok(())
}
