//! Which forms of one mail are one submission (rulebook, "Several forms, several mails").

use super::sheet::Reading;

/// Joins the second copies that continue a form beyond its four lines of RPPS rang.
#[must_use]
pub fn join(readings: Vec<Reading>) -> Vec<Reading> {
    readings
}
