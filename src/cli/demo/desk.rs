//! The desk of the demonstration: open on this machine while somebody looks.

use crate::cli::say;
use crate::daemon::Daemon;
use crate::desk::sign_in::DEMO;
use crate::desk::{Asked, Desk, DeskSettings};
use crate::domain::staff::{Role, UserName};
use crate::store::NewAccount;
use anyhow::Context as _;
use std::io::IsTerminal as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Where it is, unless something else is there.
const PORT: u16 = 8413;
/// So long it stays open with nobody looking, where nobody is at a terminal to end it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Serves the desk until Ctrl-C; without a terminal (or as asked), until nobody has looked for so long.
pub(super) async fn open(daemon: &Daemon, unseen: Option<Duration>) -> anyhow::Result<()> {
    let unseen = unseen.or_else(|| (!std::io::stdout().is_terminal()).then_some(PATIENCE));
    if unseen == Some(Duration::ZERO) {
        return Ok(());
    }
    let name = UserName::parse(DEMO).context("the name of the demonstration's account")?;
    let shown = "Démonstration".to_owned();
    let account = NewAccount { name, shown, role: Role::Supervisor, password: None, identity: None };
    daemon.line.store.add_account(&account, DEMO, daemon.line.clock.now()).await?;
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("opening the desk")?,
    };
    let address = listener.local_addr()?;
    let desk = Desk::new(daemon.line.clone(), DeskSettings::default())?.as_demo();
    let asked = desk.asked();
    let (stop, stopped) = watch::channel(false);
    say("");
    say(&format!("  the desk  http://{address}/  (open to this machine only; whoever comes is in)"));
    match unseen {
        None => say("            until Ctrl-C"),
        Some(unseen) => say(&format!("            until nobody has looked for {} s", unseen.as_secs())),
    }
    let served = Arc::new(desk).serve(listener, stopped);
    let ends = async {
        tokio::select! {
            end = tokio::signal::ctrl_c() => end.context("listening for SIGINT")?,
            () = left_alone(asked, unseen) => {}
        }
        stop.send_replace(true);
        Ok(())
    };
    let ((), ended) = tokio::join!(served, ends);
    ended
}

async fn left_alone(mut asked: Asked, unseen: Option<Duration>) {
    let Some(unseen) = unseen else { return std::future::pending().await };
    while tokio::time::timeout(unseen, asked.changed()).await.is_ok_and(|asked| asked.is_ok()) {}
}
