//! What stands around a case: the list it was opened from, and the cases beside it there.

use super::queue::filter;
use crate::desk::app::Desk;
use crate::desk::frame::Refused;
use crate::desk::who::Who;
use crate::domain::case::CaseNumber;

/// The way back to the list, and to the cases beside this one in it.
pub(super) struct Beside {
    pub(super) back: String,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

/// `None`: they came from no list.
pub(super) async fn beside(desk: &Desk, who: &Who, number: &CaseNumber) -> Result<Option<Beside>, Refused> {
    let (Some(asked), Some(back)) = (who.trail.asked(), who.trail.back(number)) else { return Ok(None) };
    let found = desk.store().neighbours(&filter(asked, who), number).await?;
    let url = |number: Option<CaseNumber>| number.map(|number| who.trail.case(&number));
    Ok(Some(Beside { back, previous: url(found.previous), next: url(found.next) }))
}
