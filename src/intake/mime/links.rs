//! Links to file shares. They are never followed: such a mail is asked to send the file instead
//! (rulebook, `document_link`).

/// Hosts that pass files on, each with its subdomains. Personal and public services used in France.
const SHARES: &[&str] = &[
    "1drv.ms",
    "onedrive.live.com",
    "onedrive.com",
    "sharepoint.com",
    "wetransfer.com",
    "we.tl",
    "drive.google.com",
    "docs.google.com",
    "dropbox.com",
    "db.tt",
    "swisstransfer.com",
    "grosfichiers.com",
    "fromsmash.com",
    "kdrive.infomaniak.com",
    "francetransfert.numerique.gouv.fr",
    "francetransfert.culture.gouv.fr",
    "filesender.renater.fr",
    "resana.numerique.gouv.fr",
    "bluefiles.com",
    "mybluefiles.com",
    "lockself.com",
    "lock-transfer.com",
    "oodrive-share.com",
    "oodrive.com",
    "sendgb.com",
    "transfernow.net",
    "transferxl.com",
    "filemail.com",
    "mega.nz",
    "mega.io",
    "box.com",
    "pcloud.link",
    "pcloud.com",
    "icloud.com",
    "mediafire.com",
    "1fichier.com",
    "dl.free.fr",
    "transfert.free.fr",
];

/// The first host of a file share that the text links to *with a path*: a bare home page in a
/// signature is no file.
pub(super) fn share(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    lower.split("://").skip(1).find_map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "\"'<>)]".contains(c)).unwrap_or(rest.len());
        let (authority, path) = rest.get(..end)?.split_once('/')?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let found = SHARES.iter().find(|share| {
            host.strip_suffix(**share).is_some_and(|left| left.is_empty() || left.ends_with('.'))
        })?;
        (path.trim_matches('/').len() > 2).then_some(*found)
    })
}

/// A body without what it quotes: a share quoted from an older mail is not this mail's file.
pub(super) fn own_words(text: &str) -> String {
    let own = text
        .lines()
        .map(str::trim_start)
        .take_while(|line| !QUOTES.iter().any(|mark| line.starts_with(mark)));
    own.filter(|line| !line.starts_with('>')).collect::<Vec<_>>().join("\n")
}

/// How mail programs that do not mark each line begin what they quote.
const QUOTES: [&str; 6] =
    ["-----Message d", "-----Original", "----- Message", "________________", "De : ", "From: "];

/// The same of an HTML body: up to the first quotation.
pub(super) fn own_html(html: &str) -> &str {
    let lower = html.to_ascii_lowercase();
    let cut = ["<blockquote", "id=\"divrplyfwdmsg\"", "class=\"gmail_quote", "id=\"appendonsend\""]
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min()
        .unwrap_or(html.len());
    // ASCII lower-casing keeps every offset.
    html.get(..cut).unwrap_or(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_shares_are_seen() {
        for text in [
            "Bonjour, le formulaire : https://we.tl/t-AbCdEf12",
            "<a href=\"https://chu-exemple.sharepoint.com/:b:/s/x/Eabc\">F413.pdf</a>",
            "https://1drv.ms/b/s!Ag",
            "HTTPS://WWW.SWISSTRANSFER.COM/d/0a1b2c",
            "https://user@drive.google.com:443/file/d/1/view",
        ] {
            assert!(share(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_links_are_not() {
        for text in [
            "https://www.dropbox.com/",
            "https://www.dropbox.com",
            "https://notdropbox.com/s/abc",
            "https://esante.gouv.fr/produits-services/certificats",
            "voir we.tl/t-abc sans protocole",
        ] {
            assert_eq!(share(text), None, "{text}");
        }
    }

    #[test]
    fn quoted_links_are_not_this_mails() {
        assert_eq!(share(&own_words("Merci !\n> https://we.tl/t-AbCdEf12\n")), None);
        assert_eq!(share(&own_words("Merci !\n\nDe : A\nEnvoyé : hier\nhttps://we.tl/t-AbCdEf12\n")), None);
        assert_eq!(share(own_html("<p>Merci</p><BLOCKQUOTE>https://we.tl/t-AbCdEf12</BLOCKQUOTE>")), None);
    }
}
