//! `guichet status`: who runs on this database, what each has in hand, and what waits.

use super::cases::moment;
use super::{ConfigFile, say};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{InHand, Ledger, Running, Store, Worker};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    config: ConfigFile,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let store = self.config.store().await?;
        let now = SystemClock.now();
        let running = store.running(&Worker::this(now), now).await?;
        let (in_hand, ledger) = (store.in_hand().await?, store.ledger().await?);
        if self.json {
            say(&object(&store, (&running, &in_hand), &ledger).await?.to_string());
            return Ok(ExitCode::SUCCESS);
        }
        for one in &running {
            let (who, since) = (one.worker.shown(), moment(one.started_at));
            say(&format!("runs     {who}: {}, since {since}", one.roles));
        }
        if running.is_empty() {
            say("runs     no daemon");
        }
        for one in &in_hand {
            say(&format!("in hand  {} {}, leased until {}", one.worker.shown(), one.work, one.until));
        }
        say(&format!(
            "waits    {} messages to be decided, {} replies to be sent, {} mails to be filed",
            ledger.waiting, ledger.replies_due, ledger.to_file
        ));
        say(&format!(
            "people   {} cases, {} replies held, {} refused, {} of unknown end, {} messages put aside",
            ledger.cases_waiting,
            ledger.replies_held,
            ledger.replies_refused,
            ledger.replies_unknown,
            ledger.parked
        ));
        Ok(ExitCode::SUCCESS)
    }
}

async fn object(
    store: &Store,
    (running, in_hand): (&[Running], &[InHand]),
    ledger: &Ledger,
) -> anyhow::Result<serde_json::Value> {
    let running = running.iter().map(|one| {
        json!({ "host": one.worker.host, "worker": one.worker.shown(), "roles": one.roles,
            "since": one.started_at.to_string(), "until": one.until.to_string() })
    });
    let in_hand = in_hand.iter().map(|one| {
        json!({ "worker": one.worker.shown(), "work": one.work.to_string(), "until": one.until.to_string() })
    });
    Ok(json!({
        "state": store.state().await?.as_str(),
        "running": running.collect::<Vec<_>>(),
        "in_hand": in_hand.collect::<Vec<_>>(),
        "to_decide": ledger.waiting,
        "replies_due": ledger.replies_due,
        "replies_unknown": ledger.replies_unknown,
        "to_file": ledger.to_file,
    }))
}
