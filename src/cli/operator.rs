//! Who sits at the terminal: every look and every act of a person is on record under a name.

use crate::clock::{Clock as _, SystemClock};
use crate::domain::case::CaseNumber;
use crate::domain::staff::reason;
use crate::store::{Look, Store};
use clap::Args;
use serde_json::Value;

#[derive(Debug, Clone, Args)]
pub(super) struct Operator {
    /// Who you are: goes into the record, with the account [default: the account]
    #[arg(long = "as", visible_alias = "by", env = "GUICHET_AS", value_name = "NAME")]
    name: Option<String>,
}

impl Operator {
    /// The name given, else the account's.
    pub(super) fn name(&self) -> String {
        let given = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        given.map_or_else(account, str::to_owned)
    }

    /// Puts a look on record, before anything is shown.
    pub(super) async fn looks(
        &self,
        store: &Store,
        with: &str,
        cases: &[CaseNumber],
        more: Value,
    ) -> anyhow::Result<()> {
        let (by, account) = (self.name(), account());
        let look = Look { by: &by, account: &account, with, cases, more };
        Ok(store.looked_at(&look, SystemClock.now()).await?)
    }
}

/// Why somebody does something: the desk, too, does not take nothing for it.
pub(super) fn because(text: &str) -> Result<String, String> {
    reason(text).map(str::to_owned).ok_or_else(|| "some words, 1000 characters at most".to_owned())
}

/// The account this runs under: asked of the system, not of the environment.
pub(super) fn account() -> String {
    let uid = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    named(&accounts, uid).unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of an account in passwd(5).
fn named(accounts: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn an_account_is_found_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:100:Alice,,,:/home/alice:/bin/sh\n";
        assert_eq!(named(accounts, 1000).as_deref(), Some("alice"));
        assert_eq!(named(accounts, 100), None);
    }
}
