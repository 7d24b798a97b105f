//! Names of people and structures, and how close two of them are.
//!
//! Compared without case, accents, hyphens, particles and titles (rulebook, "The registry").

use super::text::folded;
use std::collections::BTreeSet;

/// How alike two names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Nothing in common.
    Far,
    /// A slip of the pen, a married or compound name, first and last inverted, initials: a person
    /// can tell.
    Close,
    Same,
}

/// A person's name as two boxes give it.
#[derive(Clone, Copy)]
pub struct PersonName<'a> {
    pub last: &'a str,
    pub first: &'a str,
}

/// Dropped from people's names: titles, particles, and the words around a married name.
const PARTICLES: [&str; 27] = [
    "dr",
    "docteur",
    "pr",
    "professeur",
    "mr",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "de",
    "du",
    "des",
    "d",
    "la",
    "le",
    "les",
    "l",
    "van",
    "von",
    "der",
    "den",
    "el",
    "al",
    "nee",
    "ne",
    "epouse",
    "ep",
];

/// How alike two people's names are.
#[must_use]
pub fn person_likeness(one: PersonName, other: PersonName) -> Likeness {
    let (last, first) = (words(one.last), words(one.first));
    let (other_last, other_first) = (words(other.last), words(other.first));
    let run_together = folded(one.last).replace(' ', "") == folded(other.last).replace(' ', "");
    if (run_together || same_last(&last, &other_last)) && same_first(one.first, other.first) {
        return Likeness::Same;
    }
    let shared = |a: &[String], b: &[String]| a.iter().any(|word| b.iter().any(|other| slip(word, other)));
    let close = shared(&last, &other_last)
        || shared(&first, &other_first)
        || shared(&last, &other_first)
        || shared(&first, &other_last)
        || slip(&last.concat(), &other_last.concat());
    if close { Likeness::Close } else { Likeness::Far }
}

/// The words of a name that count; all of them where only particles are there.
fn words(name: &str) -> Vec<String> {
    let folded = folded(name);
    let all = || folded.split(' ').filter(|word| !word.is_empty());
    let counting: Vec<String> = all().filter(|word| !PARTICLES.contains(word)).map(str::to_owned).collect();
    if counting.is_empty() { all().map(str::to_owned).collect() } else { counting }
}

/// The same words in any order, or the same letters: "Le Goff", "LEGOFF", "Dupont-Martin", "Martin Dupont".
fn same_last(one: &[String], other: &[String]) -> bool {
    let set = |words: &[String]| words.iter().cloned().collect::<BTreeSet<_>>();
    !one.is_empty() && !other.is_empty() && (set(one) == set(other) || one.concat() == other.concat())
}

/// The same first names, or the same first of them: the form asks for "Prénom(s)", a card may hold one.
/// A hyphen makes one name of two: "Jean" is not "Jean-Pierre".
fn same_first(one: &str, other: &str) -> bool {
    let names = |text: &str| -> Vec<String> {
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/'))
            .map(|name| folded(name).replace(' ', ""))
            .filter(|name| !name.is_empty())
            .collect()
    };
    let (one, other) = (names(one), names(other));
    let first = matches!((one.first(), other.first()), (Some(a), Some(b)) if a == b);
    first || (!one.is_empty() && one.concat() == other.concat())
}

/// The same word but for a slip: one letter in a short word, two in a long one; a swap counts once.
fn slip(one: &str, other: &str) -> bool {
    let shorter = one.chars().count().min(other.chars().count());
    let allowed = match shorter {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    };
    let initial = |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    one == other
        || (shorter == 1 && (initial(one, other) || initial(other, one)))
        || strsim::osa_distance(one, other) <= allowed
}

/// Legal forms, articles and punctuation words: say nothing of which structure it is.
const FORMS: [&str; 46] = [
    "sa",
    "sas",
    "sasu",
    "sarl",
    "eurl",
    "selarl",
    "selarlu",
    "selas",
    "selasu",
    "selafa",
    "selca",
    "scp",
    "sci",
    "scm",
    "scs",
    "snc",
    "sel",
    "sisa",
    "gie",
    "gcs",
    "gcsms",
    "gip",
    "association",
    "asso",
    "ass",
    "fondation",
    "societe",
    "ste",
    "etablissement",
    "de",
    "du",
    "des",
    "d",
    "la",
    "le",
    "les",
    "l",
    "et",
    "en",
    "sur",
    "sous",
    "a",
    "au",
    "aux",
    "pour",
    "par",
];

/// Abbreviations, written out.
const ABBREVIATIONS: [(&str, &str); 22] = [
    ("ch", "centre hospitalier"),
    ("chu", "centre hospitalier universitaire"),
    ("chr", "centre hospitalier regional"),
    ("chru", "centre hospitalier regional universitaire"),
    ("chs", "centre hospitalier specialise"),
    ("chi", "centre hospitalier intercommunal"),
    ("hopital", "hospitalier"),
    ("hop", "hospitalier"),
    ("ehpad", "hebergement personnes agees dependantes"),
    ("mapad", "hebergement personnes agees dependantes"),
    ("msp", "maison sante pluriprofessionnelle"),
    ("mds", "maison sante"),
    ("cds", "centre sante"),
    ("lbm", "laboratoire biologie medicale"),
    ("labo", "laboratoire"),
    ("phie", "pharmacie"),
    ("pharm", "pharmacie"),
    ("ph", "pharmacie"),
    ("cli", "clinique"),
    ("cab", "cabinet"),
    ("st", "saint"),
    ("sainte", "saint"),
];

/// What kind of structure it is: does not tell one from another.
const KINDS: [&str; 33] = [
    "centre",
    "hospitalier",
    "universitaire",
    "regional",
    "specialise",
    "intercommunal",
    "hebergement",
    "personnes",
    "agees",
    "dependantes",
    "maison",
    "sante",
    "pluriprofessionnelle",
    "medicale",
    "medical",
    "laboratoire",
    "biologie",
    "analyses",
    "medicales",
    "pharmacie",
    "clinique",
    "cabinet",
    "radiologie",
    "imagerie",
    "groupe",
    "residence",
    "foyer",
    "site",
    "principal",
    "retraite",
    "saint",
    "pole",
    "polyclinique",
];

/// Whether two names may be the same structure's: alike without case, accents, legal forms and
/// abbreviations, in any order; one may hold the other.
#[must_use]
pub fn structure_close(one: &str, other: &str) -> bool {
    let (one_words, other_words) = (structure_words(one), structure_words(other));
    if one_words.is_empty() || other_words.is_empty() {
        return folded(one) == folded(other);
    }
    if within(&one_words, &other_words)
        || within(&other_words, &one_words)
        || acronym(one, &other_words)
        || acronym(other, &one_words)
    {
        return true;
    }
    let proper = |words: &[String]| -> Vec<String> {
        words.iter().filter(|word| !KINDS.contains(&word.as_str())).cloned().collect()
    };
    let (one_proper, other_proper) = (proper(&one_words), proper(&other_words));
    if one_proper.is_empty() || other_proper.is_empty() {
        return slip(&one_words.concat(), &other_words.concat());
    }
    // Sørensen–Dice on the words that tell structures apart: at least half of them are shared
    let common = one_proper.iter().filter(|word| other_proper.iter().any(|other| slip(word, other))).count();
    common * 4 >= one_proper.len() + other_proper.len() || slip(&one_proper.concat(), &other_proper.concat())
}

fn within(small: &[String], large: &[String]) -> bool {
    small.iter().all(|word| large.iter().any(|other| slip(word, other)))
}

/// "CHSE" for "Centre hospitalier Saint-Évroult".
fn acronym(short: &str, words: &[String]) -> bool {
    let initials: String = words.iter().filter_map(|word| word.chars().next()).collect();
    initials.chars().count() >= 3 && folded(short).replace(' ', "") == initials
}

fn structure_words(name: &str) -> Vec<String> {
    let folded = folded(name);
    let written_out = folded.split(' ').flat_map(|word| {
        let long = ABBREVIATIONS.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| *long);
        // "Ste" is "Sainte" or "Société": left out as both
        long.split(' ')
    });
    written_out.filter(|word| !word.is_empty() && !FORMS.contains(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: (&str, &str), other: (&str, &str)) -> Likeness {
        let name = |(last, first)| PersonName { last, first };
        assert_eq!(
            person_likeness(name(one), name(other)),
            person_likeness(name(other), name(one)),
            "it works both ways: {one:?} {other:?}"
        );
        person_likeness(name(one), name(other))
    }

    #[test]
    fn one_person_written_in_two_ways() {
        for (one, other) in [
            (("REGNIER", "Étienne"), ("Regnier", "etienne")),
            (("Le Goff", "Henri"), ("LEGOFF", "Henri")),
            (("Dupont-Martin", "Anne"), ("MARTIN DUPONT", "Anne")),
            (("de Sousa", "Agnès"), ("SOUSA", "Agnes")),
            (("Mendès", "Jean-Pierre"), ("MENDES", "Jean Pierre")),
            (("Martin", "Paul"), ("MARTIN", "Paul Henri Marie")),
            (("Dr Weiss", "Émile"), ("Weiss", "Émile")),
            (("L'Hermitte", "Luc"), ("LHERMITTE", "Luc")),
            (("D’Angelo", "Luc"), ("D'ANGELO", "Luc")),
        ] {
            assert_eq!(likeness(one, other), Likeness::Same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_name_near_another_is_for_a_person_to_tell() {
        for (one, other) in [
            (("BERNIRE", "Émile"), ("Bernier", "Émile")),
            (("Martin", "Sophie"), ("Leroy", "Sophie")),
            (("Dupont-Martin", "Anne"), ("Dupont", "Anne")),
            (("Martin née Dupont", "Anne"), ("Dupont", "Anne")),
            (("Henri", "Breton"), ("Breton", "Henri")),
            (("Breton", "H."), ("Breton", "Henri")),
            (("Breton", "Jean"), ("Breton", "Jean-Pierre")),
            (("Breton", "Paul"), ("Breton", "Henri")),
        ] {
            assert_eq!(likeness(one, other), Likeness::Close, "{one:?} {other:?}");
        }
    }

    #[test]
    fn two_people_share_nothing() {
        for (one, other) in [
            (("ZWINGELSTEIN", "Oksana"), ("Dupuis", "Thérèse")),
            (("de la Tour", "Luc"), ("de la Rue", "Marc")),
            (("Ng", "An"), ("Li", "Bo")),
        ] {
            assert_eq!(likeness(one, other), Likeness::Far, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_structure_keeps_its_name_through_forms_and_abbreviations() {
        for (one, other) in [
            ("CH de Saint-Évroult", "CENTRE HOSPITALIER ST EVROULT"),
            ("Centre hospitalier de Saint-Évroult", "Centre hospitalier de Saint-Évroult - site principal"),
            ("SELARL Pharmacie de Plouézec", "Pharmacie de Plouezec"),
            ("Pharmacie du Marché (SELARL)", "SELARL DU MARCHE"),
            ("LBM BioVal Beaulieu", "Laboratoire BioVal Beaulieu"),
            (
                "EHPAD Les Tilleuls",
                "Etablissement d'hébergement pour personnes âgées dépendantes Les Tilleuls",
            ),
            ("MSP de Port-Marin", "Maison de santé de Port-Marin"),
            ("Clinique Sainte Anne", "Clinique Ste-Anne"),
            ("Montclair Clinique", "Clinique Montclair"),
            ("Clinique Montclar", "Clinique Montclair"),
            ("CHSE", "Centre hospitalier de Saint-Évroult"),
        ] {
            assert!(structure_close(one, other) && structure_close(other, one), "{one} / {other}");
        }
    }

    #[test]
    fn another_structure_of_the_same_kind_is_far() {
        for (one, other) in [
            ("SARL Tout Autre Chose", "Maison de santé de Beaulieu-Bourg"),
            ("Centre hospitalier de Beaulieu", "Centre hospitalier de Montclair"),
            ("Pharmacie du Marché", "Pharmacie de la Gare"),
        ] {
            assert!(!structure_close(one, other) && !structure_close(other, one), "{one} / {other}");
        }
    }
}
