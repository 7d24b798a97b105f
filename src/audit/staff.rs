//! What staff said that they decided: the rows against the events.

use super::message::Look;
use super::rows::{self, CaseRow, StaffRow};
use super::story::Told;
use crate::fault::Fault;
use serde_json::Value;

/// A staff verdict: verdict, who, when, the codes in the order of the alphabet.
type Said = (String, String, i64, Vec<String>);

const VERDICTS: &str =
    "SELECT id, verdict, decided_by, recorded_at FROM staff_verdicts WHERE case_id = $1 ORDER BY id";
const CODES: &str = "SELECT code FROM staff_verdict_codes WHERE staff_verdict = $1";

/// What an event says.
fn told(event: &Told) -> Said {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let codes = event.says("codes").and_then(Value::as_array).into_iter().flatten();
    let mut codes: Vec<_> = codes.map(text).collect();
    codes.sort_unstable();
    let verdict = event.says("staff_verdict").map(text).unwrap_or_default();
    (verdict, event.by.clone(), event.at, codes)
}

impl Look<'_> {
    /// Each event has its row and each row its event. Those that agree are put aside first, so that
    /// of several the one that was touched is named.
    pub(super) async fn staff(&mut self, case: &CaseRow, events: &[Told]) -> Result<(), Fault> {
        let found: Vec<StaffRow> = rows::of(self.at, VERDICTS, case.id).await?;
        let mut said = Vec::with_capacity(found.len());
        for row in found {
            let mut codes = rows::texts(self.at, CODES, row.id).await?;
            codes.sort_unstable();
            said.push((row.verdict, row.decided_by, row.recorded_at, codes));
        }
        let mut left = Vec::new();
        for event in events {
            let told = told(event);
            match said.iter().position(|row| *row == told) {
                Some(place) => {
                    said.remove(place);
                }
                None => left.push(event),
            }
        }
        let mut left = left.into_iter();
        for _ in 0..said.len() {
            match left.next() {
                Some(event) => self.found.add(
                    event.event,
                    format!("what staff decided of case {} is not what this event says", case.number),
                ),
                None => self.found.add(
                    None,
                    format!("no event tells of a row that says what staff decided of case {}", case.number),
                ),
            }
        }
        for event in left {
            self.found.add(
                event.event,
                format!("what staff decided of case {} by this event is not there", case.number),
            );
        }
        Ok(())
    }
}
