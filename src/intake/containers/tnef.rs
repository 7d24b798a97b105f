//! `winmail.dat`: what Exchange wraps mail in for other Exchanges (MS-OXTNEF). Only the attached
//! files are taken out; checksums are not checked, as nobody writes them reliably.

use super::{Entry, Trouble};

/// `TNEF_SIGNATURE`
const SIGNATURE: u32 = 0x223e_9f78;
/// MS-OXTNEF §2.1.3.3: attribute ids.
const ATTACH_REND_DATA: u32 = 0x0006_9002;
const ATTACH_DATA: u32 = 0x0006_800f;
const ATTACH_TITLE: u32 = 0x0001_8010;

/// The files attached. A message without any gives none.
pub fn open(bytes: &[u8]) -> Result<Vec<Entry>, Trouble> {
    let mut rest = bytes;
    if u32_of(&mut rest) != Some(SIGNATURE) || take(&mut rest, 2).is_none() {
        return Err(Trouble::Damaged);
    }
    let mut files: Vec<Entry> = Vec::new();
    while !rest.is_empty() {
        let (id, data) = attribute(&mut rest).ok_or(Trouble::Damaged)?;
        match (id, files.last_mut()) {
            (ATTACH_REND_DATA, _) => files.push(Entry { name: String::new(), bytes: Vec::new() }),
            (ATTACH_TITLE, Some(file)) => file.name = title(data),
            (ATTACH_DATA, Some(file)) => file.bytes = data.to_vec(),
            _ => {}
        }
    }
    files.retain(|file| !file.bytes.is_empty());
    Ok(files)
}

/// Level, id, length, data, checksum (MS-OXTNEF §2.1.3.2).
fn attribute<'a>(rest: &mut &'a [u8]) -> Option<(u32, &'a [u8])> {
    take(rest, 1)?;
    let id = u32_of(rest)?;
    let length = u32_of(rest)?;
    let data = take(rest, usize::try_from(length).ok()?)?;
    take(rest, 2)?;
    Some((id, data))
}

/// Ends with a zero; in the sender's code page, of which Latin-1 is the common part.
fn title(data: &[u8]) -> String {
    let text = data.split(|&byte| byte == 0).next().unwrap_or_default();
    match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => text.iter().map(|&byte| char::from(byte)).collect(),
    }
}

fn u32_of(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        [&[level][..], &id.to_le_bytes(), &length.to_le_bytes(), data, &[0, 0]].concat()
    }

    fn winmail(attributes: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE.to_le_bytes().as_slice(), &[1, 0], &attributes.concat()].concat()
    }

    #[test]
    fn attached_files_are_taken_out() {
        let bytes = winmail(&[
            attribute(1, 0x0008_9006, &[0, 0, 1, 0]),
            attribute(2, ATTACH_REND_DATA, &[0; 14]),
            attribute(2, ATTACH_TITLE, b"F413 sign\xe9.pdf\0"),
            attribute(2, ATTACH_DATA, b"%PDF-1.7"),
            attribute(2, ATTACH_REND_DATA, &[0; 14]),
            attribute(2, ATTACH_TITLE, b"vide\0"),
        ]);
        let files = open(&bytes).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].name.as_str(), files[0].bytes.as_slice()), ("F413 signé.pdf", &b"%PDF-1.7"[..]));
    }

    #[test]
    fn a_cut_one_is_damaged() {
        let bytes = winmail(&[attribute(2, ATTACH_REND_DATA, &[0; 14])]);
        assert!(open(&bytes).is_ok_and(|files| files.is_empty()));
        for length in 7..bytes.len() {
            assert_eq!(open(&bytes[..length]).err(), Some(Trouble::Damaged), "{length}");
        }
    }
}
