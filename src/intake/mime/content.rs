//! What a run of bytes is, by its content: senders' types and names are wrong too often
//! (`application/octet-stream`, no name, `.pdf` on a picture) to decide anything.

/// How far into a file `%PDF-` may stand (ISO 32000-1, implementation note 13).
const PDF_HEAD: usize = 1024;

/// A zip's table of contents stands at its end; its names fit in here.
const ZIP_TAIL: usize = 64 << 10;

/// Kinds of content, as far as they are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Pdf,
    Jpeg,
    Png,
    Gif,
    Tiff,
    Webp,
    Heic,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    /// Another `OpenDocument`: spreadsheet, drawing.
    OpenDocument,
    /// OLE compound file: `.doc`, `.xls`, `.msg`.
    Ole,
    Rtf,
    Zip,
    /// An archive that is not opened: rar, 7z, gzip.
    Archive,
    /// `winmail.dat`
    Tnef,
    /// CMS (RFC 5652): opaque or enveloped S/MIME, or a detached signature.
    Cms,
    /// PGP, armoured.
    Pgp,
    /// A mail by itself (`.eml`).
    Mail,
    Other,
}

impl Content {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let at =
            |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        if at(0, b"%PDF-") {
            Self::Pdf
        } else if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
            zipped(bytes)
        } else if at(0, b"\xff\xd8\xff") {
            Self::Jpeg
        } else if at(0, b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
            Self::Gif
        } else if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0") || at(0, b"MM\0+") {
            Self::Tiff
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Self::Webp
        } else if at(4, b"ftyp") && HEIF_BRANDS.iter().any(|brand| at(8, brand)) {
            Self::Heic
        } else if at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            Self::Ole
        } else if at(0, b"{\\rtf") {
            Self::Rtf
        } else if at(0, b"Rar!\x1a\x07") || at(0, b"7z\xbc\xaf\x27\x1c") || at(0, b"\x1f\x8b") {
            Self::Archive
        } else if at(0, b"\x78\x9f\x3e\x22") {
            Self::Tnef
        } else if at(0, b"\x30") && contains(head(bytes, 32), PKCS7) {
            Self::Cms
        } else if at(0, b"-----BEGIN PGP ") {
            Self::Pgp
        } else if contains(head(bytes, PDF_HEAD), b"%PDF-") {
            // Last: a container may hold one from its first bytes on.
            Self::Pdf
        } else {
            Self::Other
        }
    }

    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
            Self::Heic => "image/heic",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::OpenDocument => "application/vnd.oasis.opendocument",
            Self::Ole => "application/x-ole-storage",
            Self::Rtf => "application/rtf",
            Self::Zip => "application/zip",
            Self::Tnef => "application/vnd.ms-tnef",
            Self::Cms => "application/pkcs7-mime",
            Self::Pgp => "application/pgp-encrypted",
            Self::Mail => "message/rfc822",
            Self::Archive | Self::Other => "application/octet-stream",
        }
    }

    /// For a file that came without a name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Tiff => "tif",
            Self::Webp => "webp",
            Self::Heic => "heic",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Pptx => "pptx",
            Self::Odt => "odt",
            Self::Ole => "doc",
            Self::Rtf => "rtf",
            Self::Zip => "zip",
            Self::Tnef => "dat",
            Self::Cms => "p7m",
            Self::Pgp => "asc",
            Self::Mail => "eml",
            Self::OpenDocument | Self::Archive | Self::Other => "bin",
        }
    }

    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Gif | Self::Tiff | Self::Webp | Self::Heic)
    }
}

/// Brands of the HEIF family (ISO/IEC 23008-12, annex B), `AVIF` with them.
const HEIF_BRANDS: [&[u8]; 8] = [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"];

/// The object identifier 1.2.840.113549.1.7 (PKCS #7), as DER starts it.
const PKCS7: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";

/// An archive, or an office document, which is one too.
fn zipped(bytes: &[u8]) -> Content {
    // OpenDocument 1.3 part 2, §3.3: the first entry is `mimetype`, stored.
    if let Some(rest) =
        bytes.get(30..).and_then(|rest| rest.strip_prefix(b"mimetypeapplication/vnd.oasis.opendocument."))
    {
        return if rest.starts_with(b"text") { Content::Odt } else { Content::OpenDocument };
    }
    let tail = bytes.get(bytes.len().saturating_sub(ZIP_TAIL)..).unwrap_or(bytes);
    if !contains(tail, b"[Content_Types].xml") {
        return Content::Zip;
    }
    if contains(tail, b"word/document") {
        Content::Docx
    } else if contains(tail, b"xl/workbook") {
        Content::Xlsx
    } else if contains(tail, b"ppt/presentation") {
        Content::Pptx
    } else {
        Content::Zip
    }
}

pub(super) fn head(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_by_the_bytes() {
        for (bytes, content) in [
            (b"%PDF-1.7".as_slice(), Content::Pdf),
            (b"HTTP header left by a proxy\r\n\r\n%PDF-1.4", Content::Pdf),
            (b"\xff\xd8\xff\xe0", Content::Jpeg),
            (b"\0\0\0\x18ftypheic", Content::Heic),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content::Ole),
            (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", Content::Cms),
            (b"\x78\x9f\x3e\x22 a winmail.dat around %PDF-1.7", Content::Tnef),
            (b"%PD", Content::Other),
            (b"", Content::Other),
        ] {
            assert_eq!(Content::of(bytes), content, "{bytes:?}");
        }
    }

    #[test]
    fn a_pdf_that_starts_late_is_none() {
        let mut bytes = vec![b' '; PDF_HEAD];
        bytes.extend(b"%PDF-1.7");
        assert_eq!(Content::of(&bytes), Content::Other);
    }

    #[test]
    fn office_documents_are_not_archives() {
        let odt = [b"PK\x03\x04".as_slice(), &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.textPK"]
            .concat();
        assert_eq!(Content::of(&odt), Content::Odt);
        let docx = b"PK\x03\x04....PK\x01\x02[Content_Types].xmlPK\x01\x02word/document.xml";
        assert_eq!(Content::of(docx), Content::Docx);
        assert_eq!(Content::of(b"PK\x03\x04....form.pdf"), Content::Zip);
    }
}
