//! The accounts of the staff: who may come in and as what. A supervisor makes them, gives another role or a
//! new password, shuts and opens; nobody does so to themselves, so that whoever does it is still there
//! afterwards. A password is invented here and shown once.

use crate::desk::app::Desk;
use crate::desk::forms::Posted;
use crate::desk::frame::{Answer, Choice, Frame, Notice, Part, Refused, go, shown};
use crate::desk::password::Password;
use crate::desk::who::Who;
use crate::desk::words::{comes_by, day};
use crate::domain::staff::{PasswordHash, Right, Role, UserName};
use crate::fault::Fault;
use crate::store::{Account, AccountChange, Added, Changed, NewAccount};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters of a person's name.
const LONGEST: usize = 100;

#[derive(Template)]
#[template(path = "administration/accounts.html")]
struct Page {
    frame: Frame,
    csrf: String,
    may: bool,
    roles: Vec<Choice>,
    rows: Vec<Row>,
}

/// A new password, on no page but this one.
#[derive(Template)]
#[template(path = "administration/password.html")]
struct Shown {
    frame: Frame,
    name: String,
    password: String,
    made: bool,
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
        roles: Role::ALL.map(|role| Choice::new(role.as_str(), role.french(), Role::Agent.as_str())).into(),
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
        comes_by: comes_by(account),
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
        "cree" => ("good", "Le compte est créé. La personne entre par le fournisseur d'identité."),
        "pris" => {
            ("bad", "Ce nom est déjà celui d'un compte ; rien n'a été créé. Un nom reste à sa personne.")
        }
        "nom" => (
            "bad",
            "Ce n'est pas un identifiant : de 2 à 64 lettres sans accent, chiffres, points, tirets, « _ » ou « @ ».",
        ),
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
    let supervisor = &posted.who.session.user;
    let done = match desk.store().change_account_by(&name, change, supervisor, desk.now()).await? {
        Changed::Done => done,
        Changed::AlreadySo => "deja",
        Changed::NoSuchUser => return Err(Refused::NotFound),
        Changed::NotTheirs => return Err(Refused::Forbidden),
        Changed::IdentityTaken => return Err(Refused::Wrong),
    };
    Ok(back(done))
}

fn back(done: &str) -> Response {
    go(&format!("/administration/comptes?fait={done}"))
}

/// `POST /administration/comptes`, with `name`, `shown`, `role`, and `by`: a password, or the provider alone.
pub(in crate::desk) async fn add(State(desk): State<Arc<Desk>>, posted: Posted) -> Answer {
    posted.who.has(Right::ManageUsers)?;
    let role = Role::parse(posted.sent.text("role")).ok_or(Refused::Wrong)?;
    let Some(name) = UserName::parse(posted.sent.text("name")) else { return Ok(back("nom")) };
    let shown = posted.sent.text("shown").trim();
    if shown.is_empty() || shown.chars().count() > LONGEST {
        return Err(Refused::Wrong);
    }
    let invented = match posted.sent.text("by") {
        "password" => Some(invented(&desk).await?),
        "provider" => None,
        _ => return Err(Refused::Wrong),
    };
    let (text, password) = invented.unzip();
    let new = NewAccount { name: name.clone(), shown: shown.to_owned(), role, password, identity: None };
    match desk.store().add_account_by(&new, &posted.who.session.user, desk.now()).await? {
        None => Err(Refused::Forbidden),
        Some(Added::NameTaken | Added::IdentityTaken) => Ok(back("pris")),
        Some(Added::Done) => {
            Ok(text.map_or_else(|| back("cree"), |text| once(&desk, &posted, &name, text, true)))
        }
    }
}

/// `POST /administration/comptes/{name}/mot-de-passe`
pub(in crate::desk) async fn password((State(desk), Path(name)): To, posted: Posted) -> Answer {
    posted.who.has(Right::ManageUsers)?;
    let name = UserName::parse(&name).ok_or(Refused::NotFound)?;
    let (text, password) = invented(&desk).await?;
    let (change, supervisor) = (AccountChange::Password(Some(password)), &posted.who.session.user);
    match desk.store().change_account_by(&name, change, supervisor, desk.now()).await? {
        Changed::Done => Ok(once(&desk, &posted, &name, text, false)),
        Changed::NoSuchUser => Err(Refused::NotFound),
        Changed::NotTheirs => Err(Refused::Forbidden),
        Changed::AlreadySo | Changed::IdentityTaken => Err(Refused::Wrong),
    }
}

/// A password that nobody chose, and its hash.
async fn invented(desk: &Desk) -> Result<(String, PasswordHash), Fault> {
    let (text, password) = Password::invented()?;
    let hash = desk.door.passwords().hash(&password).await?;
    Ok((text, hash))
}

fn once(desk: &Desk, posted: &Posted, name: &UserName, password: String, made: bool) -> Response {
    let frame = Frame::of(&posted.who, Part::Administration, desk.line.settings.shadow);
    shown(&Shown { frame, name: name.to_string(), password, made })
}
