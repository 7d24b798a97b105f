//! Lasting UIDs for the mails of a Maildir, which by itself only knows file names.
//!
//! The list is a file beside `new/` and `cur/`: a first line with UIDVALIDITY and the next UID,
//! then a line for each mail. It is written as a whole, under a lock, and is on the disk before
//! anybody hears of a UID in it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "guichet-uidlist";
const HEAD: &str = "guichet-uidlist 1";

/// The UIDs of the mails that are there, by unique name (see [`super::maildir`]).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UidList {
    pub uidvalidity: u32,
    next: u32,
    pub uids: BTreeMap<String, u32>,
}

/// Held while the list is read, changed and written: two daemons may share a Maildir.
#[derive(Debug)]
pub(super) struct Locked {
    folder: PathBuf,
    _lock: File,
}

impl Locked {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(format!("{NAME}.lock")))?;
        lock.lock()?;
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// The list; an empty one of a new UIDVALIDITY when there is none, or it cannot be read: the
    /// mails are then listed anew, and known again by their bytes.
    pub(super) fn load(&self) -> io::Result<UidList> {
        match fs::read_to_string(self.folder.join(NAME)) {
            Ok(text) => Ok(UidList::parse(&text).unwrap_or_else(UidList::fresh)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(UidList::fresh()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(UidList::fresh()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn store(&self, list: &UidList) -> io::Result<()> {
        let new = self.folder.join(format!("{NAME}.new"));
        let mut file = File::create(&new)?;
        file.write_all(list.written().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, self.folder.join(NAME))?;
        File::open(&self.folder)?.sync_all()
    }
}

impl UidList {
    fn fresh() -> Self {
        Self { uidvalidity: fastrand::u32(1..), next: 1, uids: BTreeMap::new() }
    }

    /// Makes the list one of exactly these mails, given oldest first; the new ones get the next
    /// UIDs. `true` when that changed it.
    pub(super) fn settle(&mut self, names: &[&str]) -> io::Result<bool> {
        let mut settled = BTreeMap::new();
        let mut added = false;
        for name in names {
            let uid = if let Some(uid) = self.uids.get(*name) {
                *uid
            } else {
                let uid = self.next;
                self.next = uid.checked_add(1).ok_or_else(|| io::Error::other("no UIDs are left"))?;
                added = true;
                uid
            };
            settled.insert((*name).to_owned(), uid);
        }
        let changed = added || settled.len() != self.uids.len();
        self.uids = settled;
        Ok(changed)
    }

    fn written(&self) -> String {
        let mut text = format!("{HEAD} {} {}\n", self.uidvalidity, self.next);
        for (name, uid) in &self.uids {
            text.extend([uid.to_string().as_str(), " ", name, "\n"]);
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        // a list that was cut off does not end its last line
        let mut lines = text.strip_suffix('\n')?.lines();
        let (uidvalidity, next) = lines.next()?.strip_prefix(HEAD)?.trim_start().split_once(' ')?;
        let (uidvalidity, next) = (uidvalidity.parse().ok()?, next.parse().ok()?);
        let mut uids = BTreeMap::new();
        for line in lines {
            let (uid, name) = line.split_once(' ')?;
            let uid = uid.parse().ok().filter(|uid| *uid < next)?;
            uids.insert(name.to_owned(), uid);
        }
        Some(Self { uidvalidity, next, uids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_given_once_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let locked = Locked::new(folder.path()).unwrap();
        let mut list = locked.load().unwrap();
        assert!(list.settle(&["b", "a"]).unwrap());
        assert_eq!(list.uids, BTreeMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]));
        locked.store(&list).unwrap();

        let mut again = locked.load().unwrap();
        assert_eq!(again, list);
        assert!(!again.settle(&["a", "b"]).unwrap());
        // a mail that went and came back is a new arrival
        assert!(again.settle(&["a"]).unwrap());
        assert!(again.settle(&["a", "b"]).unwrap());
        assert_eq!(again.uids.get("b"), Some(&3));
    }

    #[test]
    fn a_damaged_list_is_begun_anew_under_another_uidvalidity() {
        let folder = tempfile::tempdir().unwrap();
        let locked = Locked::new(folder.path()).unwrap();
        let mut list = locked.load().unwrap();
        list.settle(&["a"]).unwrap();
        for damaged in [
            "",
            "something else\n",
            "guichet-uidlist 1 7 2\n1 a",
            "guichet-uidlist 1 7 2\n5 a\n",
            "guichet-uidlist 1 7 2\nx a\n",
        ] {
            fs::write(folder.path().join(NAME), damaged).unwrap();
            let fresh = locked.load().unwrap();
            assert!(fresh.uids.is_empty() && fresh.uidvalidity != 7, "{damaged}");
        }
        fs::write(folder.path().join(NAME), [0xff, 0xfe]).unwrap();
        assert!(locked.load().unwrap().uids.is_empty());
    }
}
