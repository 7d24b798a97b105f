//! Cards: known, active on the day, and held by the person named beside them.

use super::super::applied::{Applied, Consulted};
use super::super::facts::{Answer, Card};
use super::super::finding::{Code, Finding};
use super::super::form::{Entry, Field, Masked};
use super::super::identifiers::CardNumber;
use super::super::messages;
use super::super::people::{Likeness, PersonName, person_likeness};
use super::super::place::place;
use super::super::policy::{CardType, NotYetValid};
use super::Case;

/// A card with the person whom the form says it belongs to, and where the two stand.
struct Held<'a> {
    card: &'a Entry<CardNumber>,
    last: &'a Entry<Masked>,
    first: &'a Entry<Masked>,
    card_box: Field,
    person: Field,
}

const HOLDER: &str = "la carte est au nom de la personne indiquée";

pub(super) fn apply(case: Case) -> Vec<Applied> {
    let who = &case.form.signatory;
    let signatory = Held {
        card: &who.card,
        last: &who.last_name,
        first: &who.first_names,
        card_box: Field::Card,
        person: Field::Signatory,
    };
    let rows = (0..).zip(&case.form.administrators).map(|(n, row)| Held {
        card: &row.card,
        last: &row.last_name,
        first: &row.first_name,
        card_box: Field::AdministratorCard(n),
        person: Field::Administrator(n),
    });
    std::iter::once(signatory).chain(rows).flat_map(|held| check(case, &held)).collect()
}

fn check(case: Case, held: &Held) -> Vec<Applied> {
    let Some(number) = held.card.valid() else { return Vec::new() };
    let at = held.card_box;
    match case.facts.cards.get(number) {
        Some(Answer::Found(card)) => {
            let state = [(Code::Revoked, at), (Code::Expired, at), (Code::NotYetValid, at)];
            let mut applied = vec![Applied::passed(Code::Unknown, at)];
            applied.extend(Applied::in_turn(&state, active(case, held, number, card)));
            applied.extend(holder(case, held, number, card));
            applied.into_iter().map(|one| one.on(vec![Consulted::from(card)])).collect()
        }
        Some(Answer::NotFound) => vec![unknown(case, at, number).into()],
        Some(Answer::NoAnswer(_)) | None => Vec::new(),
    }
}

/// Principle 2: only where the feeds cover every type of card does "not there" mean "unknown".
fn unknown(case: Case, field: Field, number: &CardNumber) -> Finding {
    let at = place(field, Some(case.form));
    let covered = CardType::ALL.iter().all(|kind| case.policy.card_types.contains(kind))
        && !case.facts.only_public_cards;
    if covered {
        Finding::reject(Code::Unknown, field, messages::card_unknown(&at, number.as_str()))
    } else {
        Finding::review(Code::Unknown, field, messages::card_to_be_checked(&at, number.as_str()))
    }
}

/// A card is active on a day between its dates, both included, without an opposition until then.
fn active(case: Case, held: &Held, number: &CardNumber, card: &Card) -> Option<Finding> {
    let (day, field) = (case.day, held.card_box);
    let at = place(field, Some(case.form));
    let number = number.as_str();
    let (code, message) = if let Some(on) = card.opposed_on.filter(|on| *on <= day) {
        (Code::Revoked, messages::card_revoked(&at, number, on))
    } else if let Some(until) = card.valid_until.filter(|until| *until < day) {
        (Code::Expired, messages::card_expired(&at, number, until))
    } else if let Some(from) = card.valid_from.filter(|from| *from > day) {
        if case.policy.not_yet_valid == NotYetValid::Wait {
            let message = messages::card_waited_for(&at, number, from);
            return Some(Finding::review(Code::NotYetValid, field, message));
        }
        (Code::NotYetValid, messages::card_not_yet_valid(&at, number, from))
    } else {
        return None;
    };
    Some(Finding::reject(code, field, message))
}

/// `mismatch`: the card is somebody else's. `None` where no name is written.
fn holder(case: Case, held: &Held, number: &CardNumber, card: &Card) -> Option<Applied> {
    let (last, first) = (held.last.valid()?.expose(), held.first.valid()?.expose());
    let written = PersonName { last, first };
    let known = PersonName { last: card.last_name.expose(), first: card.first_name.expose() };
    let at = place(held.card_box, Some(case.form));
    let person = format!("{first} {last}");
    let found = match person_likeness(written, known) {
        Likeness::Same => None,
        Likeness::Close => {
            let message = messages::card_of_a_near_name(&at, number.as_str(), &person);
            Some(Finding::review(Code::Mismatch, held.person, message))
        }
        Likeness::Far => {
            let message = messages::card_of_another(&at, number.as_str(), &person);
            Some(Finding::reject(Code::Mismatch, held.person, message))
        }
    };
    Some(Applied::of(Code::Mismatch, held.person, found).because(HOLDER))
}
