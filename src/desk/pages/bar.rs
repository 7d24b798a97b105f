//! What stands around a case: the list it was opened from, and the cases beside it there.

use super::queue::filter;
use crate::desk::app::Desk;
use crate::desk::frame::Refused;
use crate::desk::trail::Trail;
use crate::desk::who::Who;
use crate::desk::words::{moment, verdict};
use crate::domain::case::{CaseNumber, Template, VerdictKind};
use crate::store::{ByStaff, CaseDetail, CaseState, OpenCase};

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

/// A case that is decided: by whom, when, and the letter that tells it.
pub(super) struct Over {
    pub(super) says: String,
    pub(super) letter: Option<String>,
}

/// `None`: it is not decided.
pub(super) fn over(open: &OpenCase, detail: &CaseDetail, trail: &Trail) -> Option<Over> {
    if open.state != CaseState::Decided {
        return None;
    }
    let says = if let Some(decided) = &open.decided {
        let what = match decided.decision {
            ByStaff::Accepted => "Accepté",
            ByStaff::Rejected => "Refusé",
            ByStaff::Dismissed => "Classé sans suite",
            ByStaff::Complement => "Complément demandé",
        };
        format!("{what} par {} le {}.", decided.by, moment(decided.at))
    } else {
        let what = match open.verdict {
            VerdictKind::Accepted => "Accepté",
            VerdictKind::Rejected => "Refusé",
            VerdictKind::Review => verdict(open.verdict.as_str()),
        };
        format!("{what} sans intervention le {}.", moment(detail.row.decided_at))
    };
    let told = |template: Template| matches!(template, Template::Accepted | Template::Rejected);
    let mut letters = detail.replies.iter().filter(|reply| told(reply.template) && !reply.withdrawn);
    Some(Over { says, letter: letters.next_back().map(|reply| trail.on(&format!("/lettres/{}", reply.id))) })
}
