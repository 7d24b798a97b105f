//! What the second network, which knows no French, makes of French letters.

use unicode_normalization::UnicodeNormalization;

/// Whether the second network, which was not taught French, may see this French text as that one: it
/// takes letters with accents and ligatures for something like them ("H6pital", "Ceur" for "Cœur") and
/// an "l" or an "I" for a bar. What it does know must be the same.
#[must_use]
pub fn seen_as(french: &str, english: &str) -> bool {
    let (french, english): (Vec<char>, Vec<char>) = (french.chars().collect(), english.chars().collect());
    // how far of the English one the French letters so far may reach
    let mut ends = std::collections::BTreeSet::from([0usize]);
    for (at, letter) in french.iter().enumerate() {
        let elided = french.get(at + 1).is_some_and(|next| is_apostrophe(*next));
        // behind a small letter a bar is an "l", behind a large one an "I"
        let left = at.checked_sub(1).and_then(|at| french.get(at));
        let bar = *letter == 'l' && left.is_some_and(|left| left.is_lowercase())
            || *letter == 'I' && left.is_some_and(|left| left.is_uppercase());
        ends = ends
            .iter()
            .flat_map(|end| {
                let same = |seen: &char| {
                    seen == letter
                        || is_apostrophe(*letter) && is_apostrophe(*seen)
                        || elided && *letter == 'l' && is_like_an_l(*seen)
                        || bar && matches!(seen, '!' | '|')
                };
                let one = english.get(*end).is_some_and(same).then_some(end + 1);
                let strange = letter.is_alphabetic() && !letter.is_ascii();
                let like = [1, 2].map(|count| {
                    let seen = english.get(*end..end + count).filter(|_| strange)?;
                    looks_like(seen, *letter).then_some(end + count)
                });
                [one, like[0], like[1]].into_iter().flatten().collect::<Vec<_>>()
            })
            .collect();
    }
    ends.contains(&english.len())
}

/// Whether what the second network saw may be this letter with its accent: one letter or digit of its
/// shape, with the accent as a sign of its own at most; two letters for a ligature.
fn looks_like(seen: &[char], letter: char) -> bool {
    let base = |c: char| c.to_lowercase().next().and_then(|c| c.nfd().next()).unwrap_or(c);
    let like = match base(letter) {
        'a' => "a4@d",
        'c' => "c¢g(",
        'e' => "e68c&€f",
        'i' => "il1tfj!",
        'n' => "nfi",
        'o' => "o06d59qe8",
        'u' => "uid0",
        'y' => "y",
        'œ' | 'æ' => "oace€",
        _ => return false,
    };
    let shaped = |c: &char| like.contains(base(*c));
    match seen {
        [one] => shaped(one),
        [a, b] if matches!(base(letter), 'œ' | 'æ') => shaped(a) && shaped(b),
        [a, b] => shaped(a) && !b.is_alphanumeric() || !a.is_alphanumeric() && shaped(b),
        _ => false,
    }
}

/// What a network may take an elided "l" for.
#[must_use]
pub fn is_like_an_l(c: char) -> bool {
    matches!(c, 'I' | '|' | 'i' | '1' | '!')
}

/// The signs people and networks take for one.
#[must_use]
pub fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '´' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_network_knows_no_french() {
        for (french, english) in [
            ("Hôpital", "H6pital"),
            ("Cœurdel'établissement", "Ceurde|'etablissement"),
            ("Cœlia", "Coelia"),
            ("L’Œil", "L'€il"),
            ("DELCRÈS", "DELCRES"),
            ("Loïc", "Lo'ic"),
            ("Côme", "Céme"),
            ("logiciel", "logicie!"),
            ("ROSSI", "ROSS!"),
        ] {
            assert!(seen_as(french, english), "{french} {english}");
        }
        // an "ò" that the first network took for an "è"
        assert!(!seen_as("Delcrès", "Delcrdés"));
        for (french, english) in [
            ("Noël", "Noe"),
            ("Passerelie", "Passerelle"),
            ("Modulo", "Modu!c"),
            ("Il", "!l"),
            ("Élan", "Elann"),
            ("", "a"),
        ] {
            assert!(!seen_as(french, english), "{french} {english}");
        }
    }
}
