//! Where somebody came from: the list, as it was filtered, goes along in the address of every page of a case
//! (`liste`, itself an address's query), so that the next case is the list's and the way back leads to it.

use crate::domain::case::CaseNumber;
use axum::http::Uri;
use std::collections::BTreeMap;

/// What a list's address can say.
const KEYS: [&str; 9] = ["file", "motif", "classe", "lecture", "suivi", "du", "au", "q", "page"];

/// A list's address: names of filters and what they say.
pub(super) type Asked = BTreeMap<String, String>;

/// The list that somebody came from; nothing, where they came from none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trail(Option<Asked>);

impl Trail {
    /// Of an address.
    pub(super) fn of(uri: &Uri) -> Self {
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let mut lists = pairs.filter(|(name, _)| name == "liste");
        Self(lists.next().map(|(_, list)| {
            let all = form_urlencoded::parse(list.as_bytes()).into_owned();
            all.filter(|(name, value)| KEYS.contains(&name.as_str()) && !value.is_empty()).collect()
        }))
    }

    /// Of a list itself.
    pub(super) fn from(asked: &Asked) -> Self {
        let known = asked.iter().filter(|(name, value)| KEYS.contains(&name.as_str()) && !value.is_empty());
        Self(Some(known.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    pub(super) fn asked(&self) -> Option<&Asked> {
        self.0.as_ref()
    }

    /// An address of a case with the list in it: before its fragment, behind what else it asks.
    pub(super) fn on(&self, address: &str) -> String {
        let Some(asked) = &self.0 else { return address.to_owned() };
        let (address, fragment) =
            address.split_once('#').map_or((address, String::new()), |(to, at)| (to, format!("#{at}")));
        let join = if address.contains('?') { '&' } else { '?' };
        let list: String = form_urlencoded::byte_serialize(query(asked).as_bytes()).collect();
        format!("{address}{join}liste={list}{fragment}")
    }

    /// The case in its list.
    pub(super) fn case(&self, number: &CaseNumber) -> String {
        self.on(&format!("/dossiers/{number}"))
    }

    /// Back to the list, where the case stands in it.
    pub(super) fn back(&self, number: &CaseNumber) -> Option<String> {
        let asked = self.0.as_ref()?;
        Some(format!("/dossiers?{}#d-{number}", query(asked)))
    }
}

/// As it stands behind the `?`.
pub(super) fn query(asked: &Asked) -> String {
    let pairs = asked.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_goes_along_and_leads_back() {
        let asked = [("file", "tous"), ("q", "maïs & <blé>"), ("page", "2"), ("autre", "x"), ("du", "")];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let trail = Trail::from(&asked.into());
        let number = CaseNumber::new(2026, 7);
        let address = trail.on("/dossiers/F413-2026-000007/corriger?page=0-1#case-x");
        assert!(address.starts_with("/dossiers/F413-2026-000007/corriger?page=0-1&liste="), "{address}");
        assert!(address.ends_with("#case-x"), "{address}");
        let uri: Uri = address.split('#').next().unwrap_or_default().parse().expect("an address");
        assert_eq!(Trail::of(&uri), trail);
        let back = "/dossiers?file=tous&page=2&q=ma%C3%AFs+%26+%3Cbl%C3%A9%3E#d-F413-2026-000007";
        assert_eq!(trail.back(&number).as_deref(), Some(back));
    }

    #[test]
    fn who_came_from_nowhere_goes_on_without_a_list() {
        let trail = Trail::of(&Uri::from_static("/dossiers/F413-2026-000007?page=0-1"));
        assert_eq!((trail.on("/x#y"), trail.back(&CaseNumber::new(2026, 7))), ("/x#y".to_owned(), None));
        assert_eq!(Trail::of(&Uri::from_static("/x?liste=page%3D1%26nul%3D2")).on("/x"), "/x?liste=page%3D1");
    }
}
