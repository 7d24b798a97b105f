//! The tables that the feeds' rows go into.

pub use crate::domain::facts::Feed;

impl Feed {
    /// Where its rows go.
    #[must_use]
    pub fn table(self) -> Table {
        match self {
            Self::Structures | Self::Finess => Table::Structures,
            Self::Contracts => Table::Contracts,
            Self::Cards | Self::Holders => Table::Cards,
            Self::Mandates => Table::Mandates,
        }
    }
}

/// A table of rows: what can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Structures,
    Contracts,
    Cards,
    Mandates,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Text, or nothing.
    Text,
    /// Text, perhaps empty.
    Words,
    Number,
}

impl Table {
    pub const ALL: [Self; 4] = [Self::Structures, Self::Contracts, Self::Cards, Self::Mandates];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Structures => "registry_structures",
            Self::Contracts => "registry_contracts",
            Self::Cards => "registry_cards",
            Self::Mandates => "registry_mandates",
        }
    }

    /// Its columns, besides those that every row has (id, feed, line, hash, came, gone). The first is
    /// the one that is asked for: rows are sorted by it before they are written.
    pub(super) fn columns(self) -> &'static [(&'static str, Holds)] {
        use Holds::{Number, Text, Words};
        match self {
            Self::Structures => &[
                ("finess", Text),
                ("level", Text),
                ("finess_ej", Text),
                ("siret", Text),
                ("rpps_rang", Words),
                ("name", Words),
                ("class", Text),
                ("category", Text),
                ("legal_status", Text),
                ("main_site", Text),
                ("closed", Number),
                ("closed_on", Text),
                ("flagged", Number),
            ],
            Self::Contracts => &[
                ("structure", Words),
                ("number", Words),
                ("signed_on", Text),
                ("valid_from", Text),
                ("valid_until", Text),
                ("status", Words),
                ("representative_last_name", Text),
                ("representative_first_name", Text),
            ],
            Self::Cards => &[
                ("number", Words),
                ("kind", Text),
                ("last_name", Words),
                ("first_name", Words),
                ("holder_id", Text),
                ("structure", Text),
                ("valid_from", Text),
                ("valid_until", Text),
                ("opposed_on", Text),
                ("flagged", Number),
            ],
            Self::Mandates => &[
                ("structure", Words),
                ("last_name", Words),
                ("first_name", Words),
                ("card", Text),
                ("valid_from", Text),
                ("valid_until", Text),
            ],
        }
    }

    /// The feeds that fill it.
    pub(super) fn feeds(self) -> impl Iterator<Item = Feed> {
        Feed::ALL.into_iter().filter(move |feed| feed.table() == self)
    }
}
