//! `guichet replies undelivered`: letters that did not reach their requester, or may not have.

use super::cases::moment;
use super::operator::{Operator, because};
use super::table::Form;
use super::{ConfigFile, complain, say};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{NotArrived, ReplyId, Settled};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
Letters that the relay refused, those of which a notice came later (RFC 3464) that names their
Message-ID and says that delivery was given up, and those of which nobody knows: the line was cut after
their last byte. A letter leaves the list when it is sent again (`replies resend`), or when a person
says it is settled.")]
pub(super) struct Undelivered {
    #[command(flatten)]
    config: ConfigFile,
    /// Take this reply off the list: its requester was reached in another way
    #[arg(long, value_name = "ID", requires = "because")]
    settled: Option<i64>,
    /// How
    #[arg(long, value_name = "TEXT", value_parser = because)]
    because: Option<String>,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    operator: Operator,
}

const HEADER: [&str; 6] = ["id", "since", "template", "to", "cases", "why"];

impl Undelivered {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        if let Some(id) = self.settled {
            let (because, by) = (self.because.unwrap_or_default(), self.operator.name());
            return Ok(match store.settle_bounce(ReplyId(id), &because, &by, SystemClock.now()).await? {
                Settled::Done => {
                    say(&format!("reply {id} is off the list"));
                    ExitCode::SUCCESS
                }
                Settled::NotListed => {
                    complain(&format!("reply {id} is not on the list"));
                    ExitCode::from(3)
                }
            });
        }
        let all = store.undelivered().await?;
        let cases: Vec<_> = all.iter().flat_map(|one| one.cases.iter().cloned()).collect();
        let ids: Vec<_> = all.iter().map(|one| one.reply.0).collect();
        self.operator.looks(&store, "replies undelivered", &cases, json!({ "replies": ids })).await?;
        let rows: Vec<_> = all
            .iter()
            .map(|one| {
                let cases: Vec<_> = one.cases.iter().map(ToString::to_string).collect();
                let why = match &one.why {
                    NotArrived::CameBack(status) => {
                        format!("came back: {}", status.as_deref().unwrap_or("no status"))
                    }
                    NotArrived::Refused => "refused".to_owned(),
                    NotArrived::Unknown => "unknown".to_owned(),
                };
                vec![
                    one.reply.to_string(),
                    moment(one.since),
                    one.template.as_str().to_owned(),
                    one.to.expose().to_owned(),
                    cases.join(" "),
                    why,
                ]
            })
            .collect();
        self.form.print(
            &HEADER,
            &rows,
            &[5, 17, 9, 32, 34, 24],
            "every letter arrived, as far as is known",
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
