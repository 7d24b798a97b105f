//! Which forms of one mail are one submission (rulebook, "Several forms, several mails").
//!
//! A form has four lines for RPPS rang; its footnote (1) asks for a second copy beyond that. A copy
//! that only brings further numbers continues the form it copies. Any other form stands for itself.

use super::finding::{Code, Finding};
use super::form::Field;
use super::identifiers::{CardNumber, RppsRang};
use super::messages;
use super::sheet::{Mark, Reading, Sheet, Written, Zone};
use super::text::folded;

/// Joins second copies to the form they continue; the others stay as they are, in their order.
#[must_use]
pub fn join(readings: Vec<Reading>) -> Vec<Reading> {
    let mut joined: Vec<Reading> = Vec::new();
    for reading in readings {
        let first = joined.iter_mut().find_map(|first| {
            let copy_continues = continues(first, &reading);
            (copy_continues || continues(&reading, first)).then_some((first, copy_continues))
        });
        match first {
            Some((first, true)) => append(first, reading),
            // the copy came before the form it continues
            Some((copy, false)) => {
                let copy = std::mem::replace(copy, reading.clone());
                if let Some(first) = joined.iter_mut().find(|one| **one == reading) {
                    append(first, copy);
                }
            }
            None => joined.push(reading),
        }
    }
    joined
}

/// Whether a form could be one of several copies: it lists RPPS rang and names the signatory's card.
#[must_use]
pub fn may_be_a_copy(reading: &Reading) -> bool {
    reading.sheet.as_ref().is_some_and(|sheet| card(sheet).is_some() && lines(sheet).next().is_some())
}

/// Joins forms of a mail to those of earlier mails of its thread that they continue (or that continue
/// them). With each: which of the earlier ones it was joined with. A signature covers what was there
/// when it was written: of copies that came in two mails each bears its own, or a person looks.
#[must_use]
pub fn join_earlier(earlier: &[Reading], fresh: Vec<Reading>) -> Vec<(Reading, Option<usize>)> {
    let one = |reading: Reading| {
        let other = earlier.iter().position(|other| continues(other, &reading) || continues(&reading, other));
        let Some((at, before)) = other.and_then(|at| Some((at, earlier.get(at)?))) else {
            return (reading, None);
        };
        let both_signed = signed(before) && signed(&reading);
        let mut joined = join(vec![before.clone(), reading.clone()]).into_iter();
        match (joined.next(), joined.next()) {
            (Some(mut whole), None) => {
                if !both_signed {
                    let message = messages::copy_not_signed();
                    whole.findings.push(Finding::review(Code::LowConfidence, Field::Signature, message));
                }
                (whole, Some(at))
            }
            (Some(_) | None, _) => (reading, None),
        }
    };
    join(fresh).into_iter().map(one).collect()
}

fn signed(reading: &Reading) -> bool {
    let signed = |sheet: &Sheet| sheet.signature != Zone::Empty || !sheet.digital_signatures.is_empty();
    reading.sheet.as_ref().is_some_and(signed)
}

/// Whether `copy` only brings further RPPS rang of the same signatory: its other boxes are empty or
/// say the same. Date, signature and stamp are its own.
fn continues(form: &Reading, copy: &Reading) -> bool {
    let (Some(form), Some(copy)) = (&form.sheet, &copy.sheet) else { return false };
    let (Some(card), Some(same)) = (card(form), card(copy)) else { return false };
    let known: Vec<String> = lines(form).map(number).collect();
    card == same
        && !known.is_empty()
        && lines(copy).any(|line| !known.contains(&number(line)))
        && copy.texts.iter().all(|(field, written)| {
            matches!(field, Field::RppsRang(_) | Field::Date)
                || form.texts.get(field).is_some_and(|first| alike(first, written))
        })
        && copy.ticks.iter().all(|(tick, marked)| {
            marked.mark == Mark::Empty || form.ticks.get(tick).is_some_and(|first| first.mark == marked.mark)
        })
}

/// Adds the copy's further numbers, and its documents, to the form.
fn append(form: &mut Reading, copy: Reading) {
    for name in copy.documents {
        if !form.documents.contains(&name) {
            form.documents.push(name);
        }
    }
    form.source = form.source.max(copy.source);
    for finding in copy.findings {
        if !form.findings.contains(&finding) {
            form.findings.push(finding);
        }
    }
    let (Some(sheet), Some(copy)) = (&mut form.sheet, copy.sheet) else { return };
    let last =
        sheet.texts.keys().filter_map(|field| if let Field::RppsRang(n) = field { Some(*n) } else { None });
    let mut next = last.max().map_or(0, |row| row.saturating_add(1));
    let known: Vec<String> = lines(sheet).map(number).collect();
    let further = copy.texts.into_iter().filter(|(field, _)| matches!(field, Field::RppsRang(_)));
    for (_, written) in further.filter(|(_, written)| !known.contains(&number(written))) {
        sheet.texts.insert(Field::RppsRang(next), written);
        next = next.saturating_add(1);
    }
    // signed, stamped on either: one submission; a broken signature on either counts
    sheet.digital_signatures.extend(copy.digital_signatures);
    for (zone, other) in [(&mut sheet.signature, copy.signature), (&mut sheet.stamp, copy.stamp)] {
        if *zone == Zone::Empty {
            *zone = other;
        }
    }
}

fn card(sheet: &Sheet) -> Option<CardNumber> {
    CardNumber::parse(sheet.texts.get(&Field::Card)?.value()).ok()
}

fn lines(sheet: &Sheet) -> impl Iterator<Item = &Written> {
    sheet.texts.iter().filter(|(field, _)| matches!(field, Field::RppsRang(_))).map(|(_, written)| written)
}

/// A line's number, as far as it is one.
fn number(line: &Written) -> String {
    RppsRang::parse(line.value()).map_or_else(|wrong| wrong.normalised, |rang| rang.as_str().to_owned())
}

/// The same answer but for case, accents, spaces and punctuation.
fn alike(one: &Written, other: &Written) -> bool {
    folded(one.value()).replace(' ', "") == folded(other.value()).replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::super::sheet::{Area, Evidence, Source};
    use super::*;

    fn form(name: &str, boxes: &[(Field, &str)]) -> Reading {
        let written = |raw: &str| Written {
            evidence: Evidence {
                raw: raw.to_owned(),
                confidence: 1.0,
                page: 1.into(),
                area: Area::default(),
            },
            disagrees: None,
        };
        Reading {
            documents: vec![name.to_owned()],
            source: Source::Fields,
            sheet: Some(Sheet {
                texts: boxes.iter().map(|(field, raw)| (*field, written(raw))).collect(),
                ..Sheet::default()
            }),
            findings: Vec::new(),
        }
    }

    const CARD: (Field, &str) = (Field::Card, "2400982965");
    const NAME: (Field, &str) = (Field::LastName, "Girard");
    const FIRST: (Field, &str) = (Field::RppsRang(0), "99700014121005");
    const SECOND: (Field, &str) = (Field::RppsRang(1), "99700014121013");
    const FURTHER: (Field, &str) = (Field::RppsRang(0), "99700014121 02 1");

    #[test]
    fn a_second_copy_continues_the_lines_of_the_first() {
        let first = form("un.pdf", &[CARD, NAME, FIRST, SECOND, (Field::Date, "01/11/2026")]);
        let copy = form("deux.pdf", &[(Field::Card, "24 00 98 29 65"), FURTHER, (Field::Date, "02/11/2026")]);
        for mail in [vec![first.clone(), copy.clone()], vec![copy, first]] {
            let joined = join(mail);
            let [only] = joined.as_slice() else { panic!("{} submissions", joined.len()) };
            assert_eq!(only.documents, ["un.pdf", "deux.pdf"]);
            let sheet = only.sheet.as_ref().expect("a sheet");
            assert_eq!(sheet.texts[&Field::RppsRang(2)].value(), "99700014121 02 1");
            assert_eq!(sheet.texts[&Field::Date].value(), "01/11/2026");
            assert_eq!(lines(sheet).count(), 3);
        }
    }

    #[test]
    fn a_copy_that_comes_by_a_later_mail_continues_the_form_of_the_first() {
        let ink = |mut reading: Reading| {
            let evidence =
                Evidence { raw: String::new(), confidence: 1.0, page: 1.into(), area: Area::default() };
            reading.sheet.as_mut().expect("a sheet").signature = Zone::Ink { evidence };
            reading
        };
        let first = ink(form("un.pdf", &[CARD, NAME, FIRST]));
        let other = form("autre.pdf", &[(Field::Card, "2400931002"), FIRST]);
        let earlier = [other, first];
        for (copy, doubts) in
            [(form("deux.pdf", &[CARD, SECOND]), 1), (ink(form("deux.pdf", &[CARD, SECOND])), 0)]
        {
            let joined = join_earlier(&earlier, vec![copy, form("tiers.pdf", &[FURTHER])]);
            let [(whole, Some(1)), (alone, None)] = joined.as_slice() else { panic!("{}", joined.len()) };
            assert_eq!(whole.documents, ["un.pdf", "deux.pdf"]);
            assert_eq!(lines(whole.sheet.as_ref().expect("a sheet")).count(), 2);
            assert_eq!(whole.findings.len(), doubts, "each mail is signed, or a person looks");
            assert_eq!(alone.documents, ["tiers.pdf"]);
        }
        assert!(may_be_a_copy(&form("deux.pdf", &[CARD, SECOND])));
        assert!(!may_be_a_copy(&form("deux.pdf", &[SECOND])) && !may_be_a_copy(&form("deux.pdf", &[CARD])));
    }

    #[test]
    fn two_copies_and_two_forms_of_one_file() {
        let another = (Field::RppsRang(3), "99700014121039");
        let mail = vec![
            form("tout.pdf", &[CARD, NAME, FIRST]),
            form("tout.pdf", &[CARD, SECOND]),
            form("tout.pdf", &[CARD, NAME, another]),
        ];
        let joined = join(mail);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].documents, ["tout.pdf"]);
        assert_eq!(lines(joined[0].sheet.as_ref().expect("a sheet")).count(), 3);
    }

    #[test]
    fn forms_that_say_something_else_stand_for_themselves() {
        let first = form("un.pdf", &[CARD, NAME, FIRST]);
        for (why, other) in [
            ("another card", form("deux.pdf", &[(Field::Card, "2400931002"), FURTHER])),
            ("no card", form("deux.pdf", &[FURTHER])),
            ("another name", form("deux.pdf", &[CARD, (Field::LastName, "Lambert"), FURTHER])),
            ("no further number", form("deux.pdf", &[CARD, NAME, FIRST])),
            (
                "an answer that the first has not",
                form("deux.pdf", &[CARD, FURTHER, (Field::Finess, "310908306")]),
            ),
        ] {
            assert_eq!(join(vec![first.clone(), other]).len(), 2, "{why}");
        }
        let hospital = form("hôpital.pdf", &[CARD, NAME]);
        assert_eq!(
            join(vec![hospital, form("deux.pdf", &[CARD, FURTHER])]).len(),
            2,
            "no RPPS rang to continue"
        );
        let unread = Reading { sheet: None, ..form("photo.jpg", &[]) };
        assert_eq!(join(vec![first, unread]).len(), 2);
    }
}
