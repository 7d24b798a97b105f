//! The pages, one file each.

mod above;
pub(super) mod account;
pub(super) mod act;
pub(super) mod administration;
mod bar;
pub(super) mod boxes;
pub(super) mod case;
mod compare;
pub(super) mod confirm;
mod conflict;
pub(super) mod decide;
pub(super) mod letters;
pub(super) mod openid;
pub(super) mod overview;
pub(super) mod picture;
pub(super) mod preview;
pub(super) mod questions;
pub(super) mod queue;
mod reasons;
pub(super) mod registry;
pub(super) mod sign_in;

use super::app::Desk;
use super::frame::Refused;
use crate::domain::case::CaseNumber;
use crate::store::OpenCase;

/// The case of an address.
async fn open(desk: &Desk, number: &str) -> Result<OpenCase, Refused> {
    let number = CaseNumber::parse(number).ok_or(Refused::NotFound)?;
    desk.line.open_case(&number).await?.ok_or(Refused::NotFound)
}
