//! One child, from the job handed over to its end.

use super::child::OUT_OF_MEMORY;
use super::progress::Progress;
use super::wire::{Frame, Order};
use super::{Ended, SandboxSettings};
use futures_util::future::{Either, join, select};
use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::process::ExitStatus;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::time::{Instant, timeout_at};

/// Kept of the child's last words, bytes; only the kind of its death is read from them.
const LAST_WORDS: u64 = 8 << 10;

/// SIGXCPU on Linux: `RLIMIT_CPU` is used up.
const SIGXCPU: i32 = 24;

/// Gives the child its job and notes in `progress` what it says, until its end mark. The child is
/// gone afterwards, whatever happened.
pub(super) async fn run(
    mut child: Child,
    order: &Order,
    bytes: &[u8],
    settings: &SandboxSettings,
    progress: &mut Progress,
) -> Result<(), Ended> {
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Ended::Crashed { signal: None });
    };
    let deadline = Instant::now() + settings.wall;
    let talk = async {
        // A child that dies early breaks the pipe under our hand: its end tells why, not the write.
        let aside = join(tell(stdin, order, bytes), last_words(stderr));
        match select(pin!(hear(stdout, settings.output, progress)), pin!(aside)).await {
            Either::Left((Ok(Heard::ClosedEarly), aside)) => (Ok(Heard::ClosedEarly), aside.await.1),
            Either::Left((heard, _)) => (heard, Vec::new()),
            Either::Right(((_, words), hearing)) => (hearing.await, words),
        }
    };
    let (heard, words) = timeout_at(deadline, talk).await.unwrap_or((Err(Ended::TimedOut), Vec::new()));
    let status = match heard {
        // It is dying of its own cause, which is of interest.
        Ok(Heard::ClosedEarly) => timeout_at(deadline, child.wait()).await.ok().and_then(Result::ok),
        // After its end mark or a breach there is nothing more to wait for.
        Ok(Heard::Everything) | Err(_) => None,
    };
    if status.is_none() {
        // Kills and reaps; the error would say that it is gone already.
        let _ = child.kill().await;
    }
    match heard? {
        Heard::Everything => Ok(()),
        Heard::ClosedEarly => Err(cause(status, &words)),
    }
}

/// Why a child ended without its end mark.
fn cause(status: Option<ExitStatus>, words: &[u8]) -> Ended {
    // What the standard library prints before it aborts on a refused allocation.
    let refused = b"memory allocation of";
    let code = status.and_then(|status| status.code());
    if code == Some(i32::from(OUT_OF_MEMORY)) || words.windows(refused.len()).any(|part| part == refused) {
        return Ended::OutOfMemory;
    }
    match status.and_then(|status| status.signal()) {
        Some(SIGXCPU) => Ended::TimedOut,
        signal => Ended::Crashed { signal },
    }
}

async fn tell(mut stdin: ChildStdin, order: &Order, bytes: &[u8]) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stdin.write_all(&line).await?;
    stdin.write_all(bytes).await?;
    stdin.shutdown().await
}

enum Heard {
    Everything,
    ClosedEarly,
}

/// Reads frames until the end mark, at most `cap` bytes of them.
async fn hear(stdout: impl AsyncRead + Unpin, cap: u64, progress: &mut Progress) -> Result<Heard, Ended> {
    let mut lines = BufReader::with_capacity(64 << 10, stdout.take(cap.saturating_add(1)));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line).await;
        if lines.get_ref().limit() == 0 {
            return Err(Ended::TooMuchOutput);
        }
        if read.is_err() || line.last() != Some(&b'\n') {
            return Ok(Heard::ClosedEarly);
        }
        match serde_json::from_slice(&line) {
            Ok(Frame::End) => return Ok(Heard::Everything),
            Ok(frame) => progress.note(frame),
            Err(_) => return Err(Ended::Crashed { signal: None }),
        }
    }
}

/// The head of what the child wrote on its error output; the rest is drained, not kept.
async fn last_words(mut stderr: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut words = Vec::new();
    let _ = (&mut stderr).take(LAST_WORDS).read_to_end(&mut words).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    words
}
