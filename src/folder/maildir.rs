//! A Maildir as mailbox: mails arrive in `new/` (or were already seen, in `cur/`), handled ones go
//! to Maildir++ folders beside them.
//!
//! A mail keeps its *unique name*, its file name up to the `:` before the flags, whatever other
//! programs do with it (<https://cr.yp.to/proto/maildir.html>).

use super::mailfile::{Changed, MailFile, changed, files, make_folders, read_again, read_head};
use super::uidlist::{Locked, UidList};
use crate::domain::mail::{Cursor, Outcome};
use crate::domain::units::Span;
use crate::fault::Fault;
use crate::intake::mailbox::{
    Arrival, Arrivals, Body, Fetched, Filing, FilingEnd, FilingMode, Folders, Mailbox,
};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks at the times of `new/` and `cur/`.
const GLANCE: Duration = Duration::from_millis(200);

/// A Maildir that mails are delivered to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaildirSettings {
    /// The folder that holds `new/`, `cur/` and `tmp/`.
    pub path: PathBuf,
    /// What is done with a mail that was taken in: `move`; `keyword` puts it into `cur/`, `flagged`
    /// too, with the flag `F`; `nothing`.
    #[serde(default)]
    pub filing: FilingMode,
    /// The folders for `move`, created when missing; `/` separates levels.
    #[serde(default)]
    pub folders: Folders,
    /// The longest time between two looks at the folder.
    #[serde(default = "poll_every")]
    pub poll_every: Span,
}

const fn poll_every() -> Span {
    Span::seconds(10)
}

/// One Maildir.
#[derive(Debug)]
pub struct MaildirMailbox {
    settings: MaildirSettings,
    /// Unique names by UID, as of the last list.
    names: BTreeMap<u32, String>,
    /// When `new/` and `cur/` were last changed, as of the last list.
    changed: Option<Changed>,
}

impl MaildirMailbox {
    #[must_use]
    pub fn new(settings: MaildirSettings) -> Self {
        Self { settings, names: BTreeMap::new(), changed: None }
    }

    /// Runs file work off the async threads.
    async fn work<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&MaildirSettings) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let settings = self.settings.clone();
        let result = tokio::task::spawn_blocking(move || work(&settings)).await;
        let doing = || format!("{doing} in {}", self.settings.path.display());
        result.map_err(|source| Fault::later(doing(), source))?.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied => {
                Fault::never(doing(), source)
            }
            _ => Fault::later(doing(), source),
        })
    }

    async fn fetch_each(
        &self,
        uids: &[u32],
        read: fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<Vec<Fetched>, Fault> {
        let uids: BTreeSet<u32> = uids.iter().copied().collect();
        let named: Vec<_> = uids.into_iter().map(|uid| (uid, self.names.get(&uid).cloned())).collect();
        self.work("reading mails", move |settings| {
            let files = files(&settings.path)?;
            let body = |name: Option<String>| {
                let Some(file) = name.and_then(|name| files.get(&name)) else { return Body::Gone };
                match read(&file.path).or_else(|error| read_again(&settings.path, file, read, error)) {
                    Ok(bytes) => Body::Whole(bytes),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Body::Gone,
                    Err(error) => Body::Withheld(error.to_string()),
                }
            };
            Ok(named.into_iter().map(|(uid, name)| Fetched { uid, body: body(name) }).collect())
        })
        .await
    }
}

#[async_trait::async_trait]
impl Mailbox for MaildirMailbox {
    async fn arrivals(&mut self, after: Option<Cursor>) -> Result<Arrivals, Fault> {
        let (changed, list, files) = self.work("listing mails", |settings| list(&settings.path)).await?;
        let above =
            after.filter(|cursor| cursor.uidvalidity == list.uidvalidity).map_or(0, |cursor| cursor.uid);
        let mut mails: Vec<_> = files
            .into_iter()
            .filter_map(|(name, file)| {
                let uid = *list.uids.get(&name)?;
                Some(Arrival { uid, size: file.size, received_at: Timestamp::try_from(file.delivered).ok() })
            })
            .filter(|mail| mail.uid > above)
            .collect();
        mails.sort_by_key(|mail| mail.uid);
        self.names = list.uids.into_iter().map(|(name, uid)| (uid, name)).collect();
        self.changed = Some(changed);
        Ok(Arrivals { uidvalidity: list.uidvalidity, mails })
    }

    async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, Fault> {
        self.fetch_each(uids, |path| fs::read(path)).await
    }

    async fn fetch_head(&mut self, uid: u32) -> Result<Body, Fault> {
        let mut fetched = self.fetch_each(&[uid], read_head).await?;
        Ok(fetched.pop().map_or(Body::Gone, |one| one.body))
    }

    async fn file(
        &mut self,
        uidvalidity: u32,
        batches: &[(Outcome, Vec<u32>)],
    ) -> Result<Vec<Filing>, Fault> {
        let batches = batches.to_vec();
        self.work("filing mails", move |settings| {
            make_folders(&settings.path)?;
            let locked = Locked::new(&settings.path)?;
            let mut list = locked.load()?;
            if list.uidvalidity != uidvalidity {
                return Err(io::Error::other("the list of UIDs was begun anew"));
            }
            // from the file, not from our last list: another mailbox of ours may have listed since
            let names: BTreeMap<u32, String> =
                list.uids.iter().map(|(name, uid)| (*uid, name.clone())).collect();
            let files = files(&settings.path)?;
            let mut filings = Vec::new();
            for (outcome, uids) in batches {
                for uid in uids {
                    let folder = settings.folders.of(outcome);
                    let name = names.get(&uid);
                    let put = match name.and_then(|name| files.get(name)) {
                        Some(file) => file.put(&settings.path, settings.filing, folder),
                        None => Err(io::ErrorKind::NotFound.into()),
                    };
                    let gone = put.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
                    // another mail may come under the same name: that is a new one
                    if let Some(name) =
                        name.filter(|_| gone || settings.filing == FilingMode::Move && put.is_ok())
                    {
                        list.uids.remove(name);
                    }
                    let end = match put {
                        Err(error) if !gone => FilingEnd::Undone(error.to_string()),
                        Ok(()) | Err(_) => FilingEnd::Done,
                    };
                    filings.push(Filing { uid, end });
                }
            }
            // failing here is no harm: filing them again finds them gone
            locked.store(&list)?;
            Ok(filings)
        })
        .await
    }

    async fn wait(&mut self, at_most: Duration) -> Result<(), Fault> {
        let until = tokio::time::Instant::now() + at_most.min(self.settings.poll_every.0);
        while tokio::time::Instant::now() < until {
            let now = self.work("looking at the mails", |settings| changed(&settings.path)).await?;
            if self.changed != Some(now) {
                return Ok(());
            }
            tokio::time::sleep_until(until.min(tokio::time::Instant::now() + GLANCE)).await;
        }
        Ok(())
    }
}

fn list(maildir: &Path) -> io::Result<(Changed, UidList, BTreeMap<String, MailFile>)> {
    if !maildir.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no such folder"));
    }
    make_folders(maildir)?;
    let locked = Locked::new(maildir)?;
    // first the time, then the names: what comes in between is looked at once more
    let changed = changed(maildir)?;
    let files = files(maildir)?;
    let mut list = locked.load()?;
    let mut by_age: Vec<_> = files.iter().map(|(name, file)| (file.delivered, name.as_str())).collect();
    by_age.sort_unstable();
    let names: Vec<_> = by_age.into_iter().map(|(_, name)| name).collect();
    if list.settle(&names)? {
        locked.store(&list)?;
    }
    Ok((changed, list, files))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::fs::File;
    use std::os::unix::ffi::OsStrExt;
    use std::time::SystemTime;

    fn maildir() -> (tempfile::TempDir, MaildirSettings) {
        let folder = tempfile::tempdir().unwrap();
        let settings = MaildirSettings {
            path: folder.path().to_owned(),
            filing: FilingMode::Move,
            folders: Folders::default(),
            poll_every: Span::seconds(60),
        };
        make_folders(folder.path()).unwrap();
        (folder, settings)
    }

    fn deliver(folder: &Path, name: &str, text: &str, delivered: u64) {
        fs::write(folder.join(name), text).unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(delivered);
        File::options().write(true).open(folder.join(name)).unwrap().set_modified(at).unwrap();
    }

    fn uids(arrivals: &Arrivals) -> Vec<u32> {
        arrivals.mails.iter().map(|mail| mail.uid).collect()
    }

    #[tokio::test]
    async fn mails_are_listed_oldest_first_seen_or_not_and_keep_their_uid() {
        let (folder, settings) = maildir();
        deliver(folder.path(), "new/younger.eml", "b", 2_000);
        deliver(folder.path(), "cur/older:2,S", "aa", 1_000);
        deliver(folder.path(), "new/.hidden", "x", 1);
        let mut mailbox = MaildirMailbox::new(settings.clone());
        let list = mailbox.arrivals(None).await.unwrap();
        assert_eq!((uids(&list), list.mails[0].size), (vec![1, 2], 2));
        assert_eq!(list.mails[1].received_at, Some(Timestamp::from_second(2_000).unwrap()));

        // another program looks at one; an old mail comes in late; the daemon is restarted
        fs::rename(folder.path().join("new/younger.eml"), folder.path().join("cur/younger.eml:2,FS"))
            .unwrap();
        deliver(folder.path(), "new/late", "c", 500);
        let mut mailbox = MaildirMailbox::new(settings);
        let cursor = Cursor { uidvalidity: list.uidvalidity, uid: 2 };
        assert_eq!(uids(&mailbox.arrivals(Some(cursor)).await.unwrap()), [3]);
        let foreign = Cursor { uidvalidity: list.uidvalidity ^ 1, uid: 2 };
        assert_eq!(uids(&mailbox.arrivals(Some(foreign)).await.unwrap()), [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_mail_is_read_wherever_another_program_has_put_it_or_is_gone() {
        let (folder, settings) = maildir();
        deliver(folder.path(), "new/a", "A", 1);
        deliver(folder.path(), "new/b", "B", 2);
        let mut mailbox = MaildirMailbox::new(settings);
        mailbox.arrivals(None).await.unwrap();
        fs::rename(folder.path().join("new/a"), folder.path().join("cur/a:2,RS")).unwrap();
        fs::remove_file(folder.path().join("new/b")).unwrap();
        let fetched = mailbox.fetch(&[2, 1, 77]).await.unwrap();
        let bodies: Vec<_> = fetched.into_iter().map(|one| (one.uid, one.body)).collect();
        assert_eq!(bodies, [(1, Body::Whole(b"A".to_vec())), (2, Body::Gone), (77, Body::Gone)]);
    }

    #[tokio::test]
    async fn of_a_large_mail_only_the_header_is_read() {
        let (folder, settings) = maildir();
        deliver(folder.path(), "new/crlf", "Subject: a\r\n\r\nbody\r\n\r\nmore", 1);
        deliver(folder.path(), "new/lf", "Subject: b\n\nbody\r\n\r\nmore", 2);
        deliver(folder.path(), "new/endless", &"x".repeat(300 * 1024), 3);
        let mut mailbox = MaildirMailbox::new(settings);
        mailbox.arrivals(None).await.unwrap();
        assert_eq!(mailbox.fetch_head(1).await.unwrap(), Body::Whole(b"Subject: a\r\n\r\n".to_vec()));
        assert_eq!(mailbox.fetch_head(2).await.unwrap(), Body::Whole(b"Subject: b\n\n".to_vec()));
        assert!(
            matches!(mailbox.fetch_head(3).await.unwrap(), Body::Whole(head) if head.len() == 256 * 1024)
        );
    }

    async fn file(mailbox: &mut MaildirMailbox, outcome: Outcome, uids: &[u32]) -> Vec<FilingEnd> {
        let uidvalidity = mailbox.arrivals(None).await.unwrap().uidvalidity;
        let filings = mailbox.file(uidvalidity, &[(outcome, uids.to_vec())]).await.unwrap();
        filings.into_iter().map(|filing| filing.end).collect()
    }

    #[tokio::test]
    async fn handled_mails_go_to_folders_that_mail_programs_know() {
        let (folder, settings) = maildir();
        deliver(folder.path(), "new/a", "A", 1);
        deliver(folder.path(), "cur/b:2,FS", "B", 2);
        let mut mailbox = MaildirMailbox::new(settings);
        assert_eq!(file(&mut mailbox, Outcome::Handled, &[1]).await, [FilingEnd::Done]);
        assert_eq!(file(&mut mailbox, Outcome::ToDo, &[2, 99]).await, [FilingEnd::Done, FilingEnd::Done]);
        assert_eq!(fs::read(folder.path().join(".Trait&AOk-s/cur/a:2,")).unwrap(), b"A");
        assert_eq!(fs::read(folder.path().join(".&AMA- traiter/cur/b:2,FS")).unwrap(), b"B");
        assert!(folder.path().join(".&AMA- traiter/maildirfolder").is_file());
        assert_eq!(uids(&mailbox.arrivals(None).await.unwrap()), [0_u32; 0]);
    }

    #[tokio::test]
    async fn one_mailbox_files_what_another_has_listed() {
        let (folder, settings) = maildir();
        let (mut lists, mut files) = (MaildirMailbox::new(settings.clone()), MaildirMailbox::new(settings));
        for uid in 1..=2 {
            deliver(folder.path(), &format!("new/{uid}"), "A", 1);
            let list = lists.arrivals(None).await.unwrap();
            let filings = files.file(list.uidvalidity, &[(Outcome::Handled, vec![uid])]).await.unwrap();
            assert_eq!(filings, [Filing { uid, end: FilingEnd::Done }]);
            assert!(folder.path().join(format!(".Trait&AOk-s/cur/{uid}:2,")).exists());
        }
        assert!(files.file(0, &[(Outcome::Handled, vec![1])]).await.is_err());
    }

    #[tokio::test]
    async fn a_mail_of_the_same_name_is_not_replaced() {
        let (folder, settings) = maildir();
        let mut mailbox = MaildirMailbox::new(settings);
        for (uid, text) in [(1, "one"), (2, "two"), (3, "three")] {
            deliver(folder.path(), "new/a", text, 1);
            assert_eq!(uids(&mailbox.arrivals(None).await.unwrap()), [uid]);
            assert_eq!(file(&mut mailbox, Outcome::Question, &[uid]).await, [FilingEnd::Done]);
        }
        let filed = folder.path().join(".Questions/cur");
        let read = |name: &str| fs::read_to_string(filed.join(name)).unwrap();
        assert_eq!([read("a:2,"), read("a,1:2,"), read("a,2:2,")], ["one", "two", "three"]);
    }

    #[tokio::test]
    async fn mails_can_be_flagged_or_left_instead() {
        let (folder, settings) = maildir();
        deliver(folder.path(), "cur/a:2,S", "A", 1);
        deliver(folder.path(), "new/b", "B", 2);
        let with = |filing| MaildirMailbox::new(MaildirSettings { filing, ..settings.clone() });
        file(&mut with(FilingMode::Nothing), Outcome::Handled, &[1, 2]).await;
        assert!(folder.path().join("new/b").exists() && folder.path().join("cur/a:2,S").exists());
        file(&mut with(FilingMode::Keyword), Outcome::Handled, &[2]).await;
        assert!(folder.path().join("cur/b:2,").exists());
        file(&mut with(FilingMode::Flagged), Outcome::Handled, &[1, 2]).await;
        assert!(folder.path().join("cur/a:2,FS").exists() && folder.path().join("cur/b:2,F").exists());
        assert_eq!(uids(&with(FilingMode::Move).arrivals(None).await.unwrap()), [1, 2]);
    }

    #[tokio::test]
    async fn waiting_ends_with_a_delivery_or_with_the_interval() {
        let (folder, settings) = maildir();
        let mut mailbox =
            MaildirMailbox::new(MaildirSettings { poll_every: Span::millis(30), ..settings.clone() });
        mailbox.arrivals(None).await.unwrap();
        mailbox.wait(Duration::from_hours(1)).await.unwrap();

        let mut patient = MaildirMailbox::new(MaildirSettings { poll_every: Span::hours(1), ..settings });
        patient.arrivals(None).await.unwrap();
        let wait = patient.wait(Duration::from_hours(1));
        let delivery = async {
            deliver(folder.path(), "new/a", "A", 1);
            // not left to the clock: it may not have ticked since the listing
            File::open(folder.path().join("new")).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        };
        let (waited, ()) = tokio::join!(wait, delivery);
        waited.unwrap();
        assert_eq!(uids(&patient.arrivals(None).await.unwrap()), [1]);
    }

    #[tokio::test]
    async fn a_path_that_is_no_folder_is_for_a_person() {
        let (folder, settings) = maildir();
        let path = folder.path().join("misspelt");
        let fault =
            MaildirMailbox::new(MaildirSettings { path, ..settings }).arrivals(None).await.unwrap_err();
        assert_eq!(fault.retry, crate::fault::Retry::Never);
    }

    #[test]
    fn odd_names_become_lines_of_the_list() {
        let (folder, _) = maildir();
        fs::write(folder.path().join("new").join(OsStr::from_bytes(b"a b\n\xff")), "A").unwrap();
        assert_eq!(files(folder.path()).unwrap().into_keys().collect::<Vec<_>>(), ["a b\\n\\xff"]);
    }
}
