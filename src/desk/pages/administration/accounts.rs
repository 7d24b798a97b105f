//! The accounts of the staff: who may come in and as what. A supervisor gives another role, shuts and opens;
//! nobody does so to themselves, so that whoever does it is still there afterwards.

use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Choice, Frame, Notice, Part, Refused, go, shown};
use crate::desk::who::Who;
use crate::desk::words::day;
use crate::domain::staff::{Right, Role, UserName};
use crate::store::{Account, AccountChange, Changed};
use askama::Template;
use axum::extract::{Path, Query, State};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "administration/accounts.html")]
struct Page {
    frame: Frame,
    csrf: String,
    may: bool,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    shown: String,
    role: &'static str,
    roles: Vec<Choice>,
    comes_by: &'static str,
    made: String,
    shut: Option<String>,
    own: bool,
}

/// `GET /administration/comptes`, with `fait`: what has just been done.
pub(in crate::desk) async fn accounts(
    who: Who,
    State(desk): State<Arc<Desk>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Answer {
    who.has(Right::SeeAdministration)?;
    let accounts = desk.store().accounts().await?;
    let mut frame = Frame::of(&who, Part::Administration, desk.line.settings.shadow);
    frame.notice = asked.get("fait").and_then(|done| said(done));
    Ok(shown(&Page {
        csrf: who.session.csrf.expose().to_owned(),
        may: who.may(Right::ManageUsers),
        rows: accounts.iter().map(|account| row(account, who.name())).collect(),
        frame,
    }))
}

fn row(account: &Account, own: &str) -> Row {
    let now = account.role.as_str();
    Row {
        name: account.name.to_string(),
        shown: account.shown.clone(),
        role: account.role.french(),
        roles: Role::ALL.map(|role| Choice::new(role.as_str(), role.french(), now)).into(),
        comes_by: match (account.password.is_some(), account.identity.is_some()) {
            (true, false) => "mot de passe",
            (true, true) => "mot de passe ou fournisseur d'identité",
            (false, _) => "fournisseur d'identité",
        },
        made: day(account.created_at),
        shut: account.disabled_at.map(day),
        own: account.name.as_str() == own,
    }
}

/// What has just been done.
fn said(done: &str) -> Option<Notice> {
    let (tone, says) = match done {
        "role" => ("good", "Le rôle est changé. La personne doit se reconnecter."),
        "ferme" => ("good", "Le compte est fermé. Si la personne était connectée, elle ne l'est plus."),
        "ouvert" => ("good", "Le compte est ouvert de nouveau."),
        "deja" => ("info", "Le compte était déjà ainsi ; rien n'a été changé."),
        _ => return None,
    };
    Some(Notice { tone, says: says.to_owned(), undo: None })
}

type To = (State<Arc<Desk>>, Path<String>);

/// `POST /administration/comptes/{name}/role`, with `role`
pub(in crate::desk) async fn role(to: To, posted: Posted) -> Answer {
    let role = Role::parse(posted.sent.text("role"));
    changes(to, posted, role.map(AccountChange::Role), "role").await
}

/// `POST /administration/comptes/{name}/fermer`
pub(in crate::desk) async fn shut(to: To, posted: Posted) -> Answer {
    changes(to, posted, Some(AccountChange::Disable), "ferme").await
}

/// `POST /administration/comptes/{name}/ouvrir`
pub(in crate::desk) async fn open(to: To, posted: Posted) -> Answer {
    changes(to, posted, Some(AccountChange::Enable), "ouvert").await
}

/// Whoever changes an account is not its person.
async fn changes(
    (State(desk), Path(name)): To,
    posted: Posted,
    change: Option<AccountChange>,
    done: &str,
) -> Answer {
    posted.who.has(Right::ManageUsers)?;
    let name = UserName::parse(&name).ok_or(Refused::NotFound)?;
    let change = change.ok_or(Refused::Wrong)?;
    if name == posted.who.session.user {
        return Err(Refused::Forbidden);
    }
    let done = match desk.store().change_account(&name, change, posted.who.name(), desk.now()).await? {
        Changed::Done => done,
        Changed::AlreadySo => "deja",
        Changed::NoSuchUser => return Err(Refused::NotFound),
        Changed::IdentityTaken => return Err(Refused::Wrong),
    };
    Ok(go(&format!("/administration/comptes?fait={done}")))
}
