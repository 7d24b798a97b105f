//! Replies kept as files instead of being sent: one `.eml` each, named by its Message-ID.

use crate::domain::mail::Delivery;
use crate::fault::Fault;
use crate::reply::{Outgoing, Transport};
use async_trait::async_trait;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A folder that takes every mail.
#[derive(Debug, Clone)]
pub struct OutgoingFolder {
    folder: PathBuf,
}

impl OutgoingFolder {
    /// Opens the folder; makes it when it is missing.
    ///
    /// # Errors
    /// A fault where it cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Fault> {
        let folder = folder.into();
        let doing = format!("opening the folder for replies {}", folder.display());
        fs::create_dir_all(&folder).map_err(|error| Fault::never(doing, error))?;
        Ok(Self { folder })
    }

    /// Where the mail with this Message-ID lies, or would lie.
    #[must_use]
    pub fn path(&self, message_id: &str) -> PathBuf {
        self.folder.join(file_name(message_id))
    }
}

/// The id, with everything that a file name cannot hold on every system written as `%XX`, so that
/// two ids never share a file.
fn file_name(message_id: &str) -> String {
    let mut name = String::new();
    for (n, byte) in message_id.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"@-_".contains(&byte) || (byte == b'.' && n > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            // writing to a String cannot fail
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name + ".eml"
}

/// Writes the whole file under another name, to the disk, and only then gives it its name: a file
/// that is there is complete. One that was there already stays as it is.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<&'static str> {
    if path.try_exists()? {
        return Ok("was there already");
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut unfinished = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)?;
    unfinished.write_all(bytes)?;
    unfinished.as_file().sync_all()?;
    match unfinished.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok("was there already"),
        Err(error) => return Err(error.error),
    }
    File::open(folder)?.sync_all()?;
    Ok("written")
}

#[async_trait]
impl Transport for OutgoingFolder {
    async fn deliver(&self, mail: &Outgoing) -> (Delivery, String) {
        let (path, bytes) = (self.path(&mail.message_id), mail.bytes.clone());
        match tokio::task::spawn_blocking(move || keep(&path, &bytes)).await {
            Ok(Ok(said)) => (Delivery::Sent, said.to_owned()),
            Ok(Err(error)) => (Delivery::NotYet, format!("the folder for replies: {error}")),
            Err(_) => (Delivery::NotYet, "the folder for replies: writing was interrupted".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(bytes: &[u8]) -> Outgoing {
        Outgoing {
            from_envelope: None,
            to: "zoe@x.example".into(),
            message_id: "guichet.00ff.0@esante.example".into(),
            bytes: bytes.to_vec(),
        }
    }

    #[tokio::test]
    async fn a_reply_is_one_file_named_by_its_id() {
        let root = tempfile::tempdir().unwrap();
        let folder = OutgoingFolder::open(root.path().join("replies")).unwrap();
        assert_eq!(folder.deliver(&mail(b"Subject: a\r\n\r\n")).await.0, Delivery::Sent);
        let path = root.path().join("replies/guichet.00ff.0@esante.example.eml");
        assert_eq!(fs::read(path).unwrap(), b"Subject: a\r\n\r\n");
    }

    #[tokio::test]
    async fn the_same_reply_is_not_written_twice() {
        let root = tempfile::tempdir().unwrap();
        let folder = OutgoingFolder::open(root.path()).unwrap();
        assert_eq!(folder.deliver(&mail(b"first")).await, (Delivery::Sent, "written".into()));
        assert_eq!(folder.deliver(&mail(b"second")).await, (Delivery::Sent, "was there already".into()));
        let files: Vec<_> = fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "nothing unfinished is left");
        assert_eq!(fs::read(&files[0]).unwrap(), b"first");
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_tried_again_later() {
        let root = tempfile::tempdir().unwrap();
        let folder = OutgoingFolder::open(root.path().join("replies")).unwrap();
        fs::remove_dir(root.path().join("replies")).unwrap();
        assert_eq!(folder.deliver(&mail(b"a")).await.0, Delivery::NotYet);
    }

    #[test]
    fn an_id_cannot_leave_the_folder() {
        assert_eq!(file_name("../../etc/passwd"), "%2E./../etc/passwd".replace('/', "%2F") + ".eml");
        assert_eq!(file_name("a%2Fb"), "a%252Fb.eml");
    }
}
