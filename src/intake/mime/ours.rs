//! A mail that we wrote ourselves, as whoever gets it reads it.

use mail_parser::{Address, MessageParser, MimeHeaders as _};

/// A letter of ours, taken apart. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// `Name <address>`, as mail programs show it.
    pub from: String,
    pub to: String,
    pub subject: String,
    /// What is read where no HTML is shown.
    pub text: String,
    /// What is read everywhere else.
    pub html: Option<String>,
    /// What is attached, in order.
    pub files: Vec<LetterFile>,
}

/// Something attached to it.
#[derive(Clone, PartialEq, Eq)]
pub struct LetterFile {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Letter {
    /// Masked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({} files)", self.files.len())
    }
}

impl std::fmt::Debug for LetterFile {
    /// Masked: a file's name may hold a person's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LetterFile({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

/// Takes a mail of ours apart; `None`: it is none.
#[must_use]
pub fn open_ours(mail: &[u8]) -> Option<Letter> {
    let read = MessageParser::new().parse(mail)?;
    let text = read.body_text(0).map(|text| text.replace("\r\n", "\n").trim_end().to_owned());
    let file = |part: &mail_parser::MessagePart<'_>| LetterFile {
        name: part.attachment_name().unwrap_or("document").to_owned(),
        media_type: part.content_type().map_or_else(
            || "application/octet-stream".to_owned(),
            |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")),
        ),
        bytes: part.contents().to_vec(),
    };
    Some(Letter {
        from: shown(read.from()),
        to: shown(read.to()),
        subject: read.subject().unwrap_or_default().to_owned(),
        text: text.unwrap_or_default(),
        // without one, the parser makes one of the text
        html: read.html_bodies().find(|part| part.is_text_html()).and(read.body_html(0)).map(Into::into),
        files: read.attachments().map(file).collect(),
    })
}

fn shown(address: Option<&Address<'_>>) -> String {
    let one = |one: &mail_parser::Addr<'_>| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (None, address) => address.unwrap_or_default().to_owned(),
        (Some(name), None) => name.to_owned(),
    };
    address.map(|all| all.iter().map(one).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_ours_is_read_as_its_receiver_reads_it() {
        let mail = "From: =?utf-8?q?Guichet_des_certificats?= <a@b.example>\r\nTo: zoe@x.example\r\n\
                    Subject: =?utf-8?q?Re=C3=A7u?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"m\"\r\n\r\n\
                    --m\r\nContent-Type: multipart/alternative; boundary=\"a\"\r\n\r\n--a\r\n\
                    Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour\r\n--a\r\n\
                    Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bonjour</p>\r\n--a--\r\n--m\r\n\
                    Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"F413.pdf\"\r\n\
                    Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--m--\r\n";
        let letter = open_ours(mail.as_bytes()).unwrap();
        assert_eq!(letter.from, "Guichet des certificats <a@b.example>");
        assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("zoe@x.example", "Reçu"));
        assert_eq!(letter.text, "Bonjour");
        assert_eq!(letter.html.as_deref().map(str::trim_end), Some("<p>Bonjour</p>"));
        let file = &letter.files[0];
        assert_eq!((file.name.as_str(), file.media_type.as_str()), ("F413.pdf", "application/pdf"));
        assert_eq!(file.bytes, b"%PDF");
        assert!(!format!("{letter:?}{file:?}").contains("zoe"));
        assert_eq!(open_ours(b"Subject: x\r\n\r\nnur Text\r\n").unwrap().html, None);
    }
}
