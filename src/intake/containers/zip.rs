//! Zip archives: stored and deflated entries, without a disk, counted and measured while unpacking
//! (declared sizes are a stranger's).

use super::{Entry, Trouble};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// What systems add to an archive by themselves.
const LITTER: [&str; 4] = ["__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// The files of an archive, and why there may be more of them. `entries` and `unpacked` are what is
/// left of the mail's caps.
pub fn open(bytes: &[u8], entries: &mut usize, unpacked: &mut u64) -> (Vec<Entry>, Option<Trouble>) {
    let mut files = Vec::new();
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => return (files, Some(trouble(&error))),
    };
    let mut first = None;
    for index in 0..archive.len() {
        match entry(&mut archive, index, entries, unpacked) {
            Ok(entry) => files.extend(entry),
            Err(Trouble::TooLarge) => return (files, Some(Trouble::TooLarge)),
            // One bad file does not hide the good ones.
            Err(trouble) => first = first.or(Some(trouble)),
        }
    }
    (files, first)
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// One file; `None` for a folder or litter.
fn entry(
    archive: &mut Archive<'_>,
    index: usize,
    entries: &mut usize,
    unpacked: &mut u64,
) -> Result<Option<Entry>, Trouble> {
    *entries = entries.checked_sub(1).ok_or(Trouble::TooLarge)?;
    let file = archive.by_index(index).map_err(|error| trouble(&error))?;
    let name = match file.name() {
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(file.name_raw()).into_owned(),
    };
    if file.is_dir() || LITTER.iter().any(|litter| name.starts_with(litter) || name.ends_with(litter)) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // One byte over the cap shows that there is more.
    file.take(unpacked.saturating_add(1)).read_to_end(&mut bytes).map_err(|_| Trouble::Damaged)?;
    *unpacked = unpacked.checked_sub(bytes.len() as u64).ok_or(Trouble::TooLarge)?;
    Ok(Some(Entry { name, bytes }))
}

fn trouble(error: &ZipError) -> Trouble {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Trouble::Encrypted
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => Trouble::Unsupported,
        _ => Trouble::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn names(bytes: &[u8], mut entries: usize, mut unpacked: u64) -> (Vec<String>, Option<Trouble>) {
        let (files, trouble) = open(bytes, &mut entries, &mut unpacked);
        (files.into_iter().map(|entry| entry.name).collect(), trouble)
    }

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn files_are_unpacked_without_the_systems_litter() {
        let bytes =
            archive(&[("F413.pdf", b"%PDF-1.7"), ("__MACOSX/._F413.pdf", b"x"), ("a/.DS_Store", b"x")]);
        assert_eq!(names(&bytes, 10, 100), (named(&["F413.pdf"]), None));
    }

    #[test]
    fn caps_hold() {
        let bytes = archive(&[("a", &[0; 60]), ("b", &[0; 60])]);
        assert_eq!(names(&bytes, 10, 120), (named(&["a", "b"]), None));
        assert_eq!(names(&bytes, 10, 119), (named(&["a"]), Some(Trouble::TooLarge)));
        assert_eq!(names(&bytes, 1, 120), (named(&["a"]), Some(Trouble::TooLarge)));
    }

    #[test]
    fn a_cut_archive_is_damaged() {
        let bytes = archive(&[("F413.pdf", b"%PDF-1.7")]);
        assert_eq!(names(&bytes[..bytes.len() - 10], 10, 100), (vec![], Some(Trouble::Damaged)));
    }

    #[test]
    fn an_encrypted_file_is_told_apart_and_hides_no_other() {
        let mut bytes = archive(&[("secret.pdf", b"%PDF-1.7"), ("F413.pdf", b"%PDF-1.7")]);
        // Bit 0 of the general purpose flag, in both headers (APPNOTE 4.4.4).
        let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[6] |= 1;
        bytes[central + 8] |= 1;
        assert_eq!(names(&bytes, 10, 100), (named(&["F413.pdf"]), Some(Trouble::Encrypted)));
    }
}
