//! `GET /health` for whoever monitors the daemon: 200, or 503 with the reasons. Says nothing else.

use super::Reason;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Whoever has not asked by then is let go.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a request that are read.
const LONGEST: usize = 4096;

/// Answers one after the other, for as long as it is let.
pub async fn serve(listener: TcpListener, reasons: watch::Receiver<Vec<Reason>>) {
    loop {
        let Ok((caller, _)) = listener.accept().await else {
            // out of descriptors: the next may fare better
            tokio::time::sleep(PATIENCE).await;
            continue;
        };
        let now = reasons.borrow().clone();
        if !matches!(tokio::time::timeout(PATIENCE, answer(caller, &now)).await, Ok(Ok(()))) {
            tracing::debug!("somebody asked for the health and did not wait for it");
        }
    }
}

async fn answer(mut caller: TcpStream, reasons: &[Reason]) -> std::io::Result<()> {
    let mut asked = Vec::new();
    while asked.len() < LONGEST && !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut some = [0; 512];
        match caller.read(&mut some).await? {
            0 => break,
            count => asked.extend_from_slice(some.get(..count).unwrap_or_default()),
        }
    }
    let (status, body) = if !asked.starts_with(b"GET /health ") {
        ("404 Not Found", json!({ "status": "there is only GET /health" }))
    } else if reasons.is_empty() {
        ("200 OK", json!({ "status": "ok", "reasons": [] }))
    } else {
        let told: Vec<_> = reasons.iter().map(|one| json!({ "what": one.what, "how": one.how })).collect();
        ("503 Service Unavailable", json!({ "status": "a person has to look", "reasons": told }))
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    caller.write_all(head.as_bytes()).await?;
    caller.write_all(body.as_bytes()).await?;
    caller.shutdown().await
}
