//! The form's printed labels on a page: which stands where. Matching bears other case, accents,
//! apostrophes, line wraps, word breaks, numbering, footnote marks and small slips. Which box of
//! the form a label belongs to is decided afterwards, in the order of the whole form (`order`).

pub mod order;
mod printed;
mod search;
pub mod wording;

pub use printed::is_running_text;
pub use search::find;

use crate::domain::form::Role;
use crate::reading::layout::View;
use crate::reading::page::Area;

/// A part of the form, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// §1 and §2: explanations.
    Before,
    /// §3.1
    Structure,
    /// §3.2
    Signatory,
    /// §4, before 4.1
    Specific,
    /// §4.1
    Administrators,
    /// §4.2
    Usage,
    /// §4.3
    Certificates,
    /// Date, signature and stamp.
    Declaration,
    /// §5 and the notice.
    After,
}

/// What a label says by itself, without its place on the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Title,
    Part(Part),
    StructureName,
    Finess,
    Siret,
    Rpps,
    RoleAsked,
    Role(Role),
    LastName,
    FirstNames,
    Phone,
    Email,
    Card,
    LastNameOnCard,
    FirstNameOnCard,
    Purpose,
    Publisher,
    Solution,
    Org,
    /// "Certificat logiciel SERVEUR", not yet told apart by its usage.
    Server,
    Ssl,
    Smime,
    Pro,
    SslDomain,
    SslServer,
    MailDomain,
    Terms,
    Date,
    Stamp,
    Signature,
    /// Running text that is printed on the form and asks nothing.
    Prose,
}

impl Key {
    /// Labels of a line or two words that also occur inside sentences: what follows is looked at.
    fn is_short(self) -> bool {
        match self {
            Self::StructureName
            | Self::Finess
            | Self::Siret
            | Self::Rpps
            | Self::RoleAsked
            | Self::LastName
            | Self::FirstNames
            | Self::Phone
            | Self::Email
            | Self::Card
            | Self::LastNameOnCard
            | Self::FirstNameOnCard
            | Self::Purpose
            | Self::Publisher
            | Self::Solution
            | Self::SslDomain
            | Self::SslServer
            | Self::MailDomain
            | Self::Date
            | Self::Stamp
            | Self::Signature => true,
            Self::Title
            | Self::Part(_)
            | Self::Role(_)
            | Self::Org
            | Self::Server
            | Self::Ssl
            | Self::Smime
            | Self::Pro
            | Self::Terms
            | Self::Prose => false,
        }
    }

    /// Labels of a person: in §3.2, and the headers of §4.1.
    fn is_personal(self) -> bool {
        matches!(
            self,
            Self::LastName
                | Self::FirstNames
                | Self::Phone
                | Self::Email
                | Self::Card
                | Self::LastNameOnCard
                | Self::FirstNameOnCard
        )
    }

    /// Whether the whole line and what it wraps into is printed text.
    fn is_sentence(self) -> bool {
        matches!(
            self,
            Self::Title
                | Self::Part(_)
                | Self::Org
                | Self::Server
                | Self::Ssl
                | Self::Smime
                | Self::Pro
                | Self::Terms
                | Self::Prose
        )
    }
}

/// A label found on a page.
#[derive(Debug, Clone)]
pub struct Hit {
    pub key: Key,
    /// Indices into `View::pieces`: the label, its help text, footnote marks and colon.
    pub pieces: Vec<usize>,
    /// Around the label's own words.
    pub core: Area,
    /// Around all of `pieces`.
    pub area: Area,
}

/// A mark like "(1)".
pub(super) fn is_footnote(text: &str) -> bool {
    let digit = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    digit.is_some_and(|digit| digit.len() == 1 && digit.chars().all(|c| c.is_ascii_digit()))
}

/// Signs that are a tick box, empty or ticked, also two upon each other or in brackets: "☐", "☐■",
/// "[✓]", "[".
#[must_use]
pub fn is_box_glyph(text: &str) -> bool {
    let bare = text.trim_matches(['[', ']']);
    if bare.len() < text.len() {
        return matches!(bare, "" | "x" | "X" | "v" | "V") || bare.chars().all(is_box_sign);
    }
    !text.is_empty() && text.chars().all(is_box_sign)
}

/// Boxes, ticked boxes and ticks of symbol fonts.
fn is_box_sign(c: char) -> bool {
    const SIGNS: &str = "☐☑☒□■▢❏❑❐❒✓✔✗✘✕✖▪◻◼⬜⬛○●◯◉⊠⮽🗹🗵🗷◘◙";
    SIGNS.contains(c)
}

/// The area around some pieces.
#[must_use]
pub fn around(view: &View<'_>, pieces: &[usize]) -> Option<Area> {
    pieces.iter().filter_map(|index| view.piece(*index)).map(|piece| piece.area).reduce(|a, b| a.around(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::layout::testing::{page, write};

    #[test]
    fn a_bracket_that_was_not_read_does_not_take_in_the_next_label() {
        let mut page = page();
        write(
            &mut page,
            60.0,
            322.0,
            "Certificat ORG (Personne morale) usage AUTH_CLI, SIGN, CONF (Ex : DMP...",
        );
        write(&mut page, 60.0, 337.0, "Certificat logiciel SERVEUR usage SSL_SERVEUR (Ex : MSSanté...)");
        let keys: Vec<Key> = find(&View::new(&page, 0)).iter().map(|hit| hit.key).collect();
        assert_eq!(keys, [Key::Org, Key::Ssl]);
    }
}
