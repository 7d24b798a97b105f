//! Who looked at personal data: an event for every look, by case number, never the data itself.

use super::event::{Event, Kind};
use super::{MailId, Store};
use crate::database::fault;
use crate::domain::case::CaseNumber;
use crate::fault::Fault;
use jiff::Timestamp;
use serde_json::{Value, json};

const DOING: &str = "noting who looked";

/// A look at what requesters wrote. To be noted before anything is shown: what cannot be noted is
/// not shown.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Who, as they say.
    pub by: &'a str,
    /// The account on the machine, or of the desk.
    pub account: &'a str,
    /// With what: the command (`cases show`), the page. What was searched for is personal data and
    /// does not belong here.
    pub with: &'a str,
    /// Whose; of a look at other things, none.
    pub cases: &'a [CaseNumber],
    /// What else there is to say, without personal data.
    pub more: Value,
}

impl Store {
    /// Notes a look.
    pub async fn looked_at(&self, look: &Look<'_>, now: Timestamp) -> Result<(), Fault> {
        let mut write = self.write(DOING, now).await?;
        let mut event = Event::new(Kind::LookedAt).by(look.by);
        if let [only] = look.cases {
            let found: Option<(i64, i64)> =
                sqlx::query_as("SELECT id, message_id FROM cases WHERE number = $1")
                    .bind(only.to_string())
                    .fetch_optional(write.connection())
                    .await
                    .map_err(fault(DOING))?;
            if let Some((case, message)) = found {
                event = event.case(case).message(MailId(message));
            }
        }
        let mut detail = json!({ "with": look.with, "cases": ranges(look.cases), "account": look.account });
        if let (Some(detail), Some(more)) = (detail.as_object_mut(), look.more.as_object()) {
            detail.extend(more.clone());
        }
        write.tell(event.saying(detail)).await?;
        write.commit().await
    }
}

/// The numbers in order, runs of them as `first..last`: a list of a whole year is one entry.
fn ranges(cases: &[CaseNumber]) -> Vec<String> {
    let mut sorted = cases.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(CaseNumber, CaseNumber)> = Vec::new();
    for number in sorted {
        match runs.last_mut() {
            Some((_, last)) if last.next() == number => *last = number,
            Some(_) | None => runs.push((number.clone(), number)),
        }
    }
    let shown = |(first, last): &(CaseNumber, CaseNumber)| {
        if first == last { first.to_string() } else { format!("{first}..{last}") }
    };
    runs.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_one_entry() {
        let number = |year, n| CaseNumber::new(year, n);
        let cases = [
            number(2026, 7),
            number(2026, 3),
            number(2026, 2),
            number(2026, 4),
            number(2025, 5),
            number(2026, 4),
        ];
        assert_eq!(
            ranges(&cases),
            ["F413-2025-000005", "F413-2026-000002..F413-2026-000004", "F413-2026-000007"]
        );
        assert_eq!(ranges(&[]), [""; 0]);
    }
}
