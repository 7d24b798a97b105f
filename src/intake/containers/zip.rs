//! Zip archives: stored and deflated entries, without a disk, counted and measured while unpacking
//! (declared sizes are a stranger's).

use super::{Entry, Trouble};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// What systems add to an archive by themselves.
const LITTER: [&str; 4] = ["__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// The files of an archive. `entries` and `unpacked` are what is left of the mail's caps.
pub fn open(bytes: &[u8], entries: &mut usize, unpacked: &mut u64) -> Result<Vec<Entry>, Trouble> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| trouble(&error))?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        *entries = entries.checked_sub(1).ok_or(Trouble::TooLarge)?;
        let file = archive.by_index(index).map_err(|error| trouble(&error))?;
        let name = file.name().map_err(|error| trouble(&error))?.into_owned();
        if file.is_dir() || LITTER.iter().any(|litter| name.starts_with(litter) || name.ends_with(litter)) {
            continue;
        }
        let mut content = Vec::new();
        // One byte over the cap shows that there is more.
        file.take(unpacked.saturating_add(1)).read_to_end(&mut content).map_err(|_| Trouble::Damaged)?;
        *unpacked = unpacked.checked_sub(content.len() as u64).ok_or(Trouble::TooLarge)?;
        files.push(Entry { name, bytes: content });
    }
    Ok(files)
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

    fn names(bytes: &[u8], mut entries: usize, mut unpacked: u64) -> Result<Vec<String>, Trouble> {
        Ok(open(bytes, &mut entries, &mut unpacked)?.into_iter().map(|entry| entry.name).collect())
    }

    #[test]
    fn files_are_unpacked_without_the_systems_litter() {
        let bytes =
            archive(&[("F413.pdf", b"%PDF-1.7"), ("__MACOSX/._F413.pdf", b"x"), ("a/.DS_Store", b"x")]);
        assert_eq!(names(&bytes, 10, 100), Ok(vec!["F413.pdf".to_owned()]));
    }

    #[test]
    fn caps_hold() {
        let bytes = archive(&[("a", &[0; 60]), ("b", &[0; 60])]);
        assert_eq!(names(&bytes, 10, 120).map(|names| names.len()), Ok(2));
        assert_eq!(names(&bytes, 10, 119), Err(Trouble::TooLarge));
        assert_eq!(names(&bytes, 1, 120), Err(Trouble::TooLarge));
    }

    #[test]
    fn a_cut_archive_is_damaged() {
        let bytes = archive(&[("F413.pdf", b"%PDF-1.7")]);
        assert_eq!(names(&bytes[..bytes.len() - 10], 10, 100), Err(Trouble::Damaged));
    }

    #[test]
    fn an_encrypted_archive_is_told_apart() {
        let mut bytes = archive(&[("F413.pdf", b"%PDF-1.7")]);
        // Bit 0 of the general purpose flag, in both headers (APPNOTE 4.4.4).
        let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[6] |= 1;
        bytes[central + 8] |= 1;
        assert_eq!(names(&bytes, 10, 100), Err(Trouble::Encrypted));
    }
}
