//! The files of a Maildir: a mail, its flags, and where it lies.

use crate::intake::mailbox::FilingMode;
use crate::intake::utf7;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How much of a mail's header is read.
const HEAD_BYTES: u64 = 256 * 1024;

/// When `new/` and `cur/` were last changed.
pub(super) type Changed = (SystemTime, SystemTime);

/// A mail as it lies in `new/` or `cur/`.
#[derive(Debug)]
pub(super) struct MailFile {
    unique: Vec<u8>,
    /// Maildir flags, one letter each.
    flags: Vec<u8>,
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// When the delivery ended.
    pub delivered: SystemTime,
}

pub(super) fn changed(maildir: &Path) -> io::Result<Changed> {
    let time = |name| fs::metadata(maildir.join(name))?.modified();
    Ok((time("new")?, time("cur")?))
}

pub(super) fn make_folders(maildir: &Path) -> io::Result<()> {
    ["new", "cur", "tmp"].iter().try_for_each(|name| fs::create_dir_all(maildir.join(name)))
}

/// The mails of `new/` and `cur/` by unique name, as it stands in the list of UIDs.
pub(super) fn files(maildir: &Path) -> io::Result<BTreeMap<String, MailFile>> {
    let mut found = BTreeMap::new();
    // `new/` first: a mail that another program moves to `cur/` meanwhile is then met at least once
    for folder in ["new", "cur"] {
        for entry in fs::read_dir(maildir.join(folder))? {
            let entry = entry?;
            // what begins with a dot is no mail; what has gone meanwhile is none any more
            let about = match entry.metadata() {
                Ok(about) if about.is_file() && !entry.file_name().as_bytes().starts_with(b".") => about,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let name = entry.file_name();
            let (unique, info) = name
                .as_bytes()
                .iter()
                .position(|byte| *byte == b':')
                .and_then(|at| name.as_bytes().split_at_checked(at))
                .unwrap_or((name.as_bytes(), b""));
            let file = MailFile {
                unique: unique.to_vec(),
                flags: info.strip_prefix(b":2,").unwrap_or_default().to_vec(),
                path: entry.path(),
                size: about.len(),
                delivered: about.modified()?,
            };
            found.insert(unique.escape_ascii().to_string(), file);
        }
    }
    Ok(found)
}

impl MailFile {
    /// Files the mail. Each end is one rename: it is here or there, never both or none.
    pub(super) fn put(&self, maildir: &Path, filing: FilingMode, folder: &str) -> io::Result<()> {
        let (target, flag) = match filing {
            FilingMode::Nothing => return Ok(()),
            FilingMode::Keyword => (maildir.to_owned(), None),
            FilingMode::Flagged => (maildir.to_owned(), Some(b'F')),
            FilingMode::Move => (subfolder(maildir, folder)?, None),
        };
        // flags are sorted by letter
        let flags: BTreeSet<u8> = self.flags.iter().copied().chain(flag).collect();
        let named = |unique: &[u8]| {
            let name: Vec<u8> = [unique, b":2,"].concat().into_iter().chain(flags.iter().copied()).collect();
            target.join("cur").join(OsStr::from_bytes(&name))
        };
        let mut to = named(&self.unique);
        let mut copy = 0_u32;
        // a rename would replace a mail of the same name
        while to != self.path && to.exists() {
            copy += 1;
            to = named(&[&self.unique, format!(",{copy}").as_bytes()].concat());
        }
        // not synced: a power cut may undo it, the cursor knows that the mail was taken in
        fs::rename(&self.path, &to)
    }
}

/// A Maildir++ folder: `.Trait&AOk-s`, levels separated by dots, as Dovecot and Courier have them.
fn subfolder(maildir: &Path, name: &str) -> io::Result<PathBuf> {
    let levels: Vec<_> = name.split('/').map(|level| utf7::encode(level).replace('.', "&AC4-")).collect();
    let folder = maildir.join(format!(".{}", levels.join(".")));
    make_folders(&folder)?;
    File::options().create(true).append(true).open(folder.join("maildirfolder"))?;
    Ok(folder)
}

/// Another program may have changed a mail's flags, and with them its file name, since the listing.
pub(super) fn read_again(
    maildir: &Path,
    file: &MailFile,
    read: fn(&Path) -> io::Result<Vec<u8>>,
    error: io::Error,
) -> io::Result<Vec<u8>> {
    if error.kind() != io::ErrorKind::NotFound {
        return Err(error);
    }
    let renamed = files(maildir)?.into_values().find(|other| other.unique == file.unique);
    read(&renamed.ok_or(error)?.path)
}

/// The header with the blank line that ends it.
pub(super) fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    for blank in [b"\r\n\r\n".as_slice(), b"\n\n"] {
        if let Some(at) = head.windows(blank.len()).position(|bytes| bytes == blank) {
            head.truncate(at + blank.len());
        }
    }
    Ok(head)
}
