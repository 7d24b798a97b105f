//! One child, from the job handed over to its end.

use super::child::OUT_OF_MEMORY;
use super::recogniser::{self, Allowance, recognise};
use super::wire::{Frame, Order, Recognised};
use super::{Ended, SandboxSettings};
use crate::reading::paper::engine::Silence;
use futures_util::future::{Either, join, select};
use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::process::ExitStatus;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// Kept of the child's last words, bytes; only the kind of its death is read from them.
const LAST_WORDS: u64 = 8 << 10;

/// SIGXCPU on Linux: `RLIMIT_CPU` is used up.
const SIGXCPU: i32 = 24;

/// SIGSYS on Linux: a system call that the cage refuses.
const SIGSYS: i32 = 31;

/// How a child ended that did what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It came to its end mark.
    Through,
    /// It found paper, which it was not to read.
    Paper,
}

/// Who is told what a child says: each frame, with the bytes that follow it.
pub(super) type Listener<'a> = &'a mut (dyn FnMut(Frame, Vec<u8>) + Send);

/// Gives the child its job and passes on what it says, until its end mark. The child is gone
/// afterwards, whatever happened.
pub(super) async fn run(
    mut child: Child,
    order: &Order,
    bytes: &[u8],
    settings: &SandboxSettings,
    listener: Listener<'_>,
) -> Result<End, Ended> {
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Ended::Crashed { signal: None });
    };
    let mut clock = Clock { deadline: Instant::now() + settings.wall };
    let stdin = Mutex::new(stdin);
    let talk = async {
        // A child that dies early breaks the pipe under our hand: its end tells why, not the write.
        let aside = join(tell(&stdin, order, bytes), last_words(stderr));
        match select(pin!(hear(stdout, &stdin, settings, listener, &mut clock)), pin!(aside)).await {
            Either::Left((Ok(Heard::ClosedEarly), aside)) => {
                let soon = Instant::now() + settings.wall;
                (
                    Ok(Heard::ClosedEarly),
                    timeout_at(soon, aside).await.map_or_else(|_| Vec::new(), |(_, words)| words),
                )
            }
            Either::Left((heard, _)) => (heard, Vec::new()),
            Either::Right(((_, words), hearing)) => (hearing.await, words),
        }
    };
    let (heard, words) = talk.await;
    let deadline = clock.deadline;
    let status = match heard {
        // It is dying of its own cause, which is of interest.
        Ok(Heard::ClosedEarly) => timeout_at(deadline, child.wait()).await.ok().and_then(Result::ok),
        // After its end mark or a breach there is nothing more to wait for.
        Ok(Heard::Everything | Heard::Paper) | Err(_) => None,
    };
    if status.is_none() {
        // Kills and reaps; the error would say that it is gone already.
        let _ = child.kill().await;
    }
    match heard? {
        Heard::Everything => Ok(End::Through),
        Heard::Paper => Ok(End::Paper),
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
        Some(SIGSYS) => Ended::Escaping,
        signal => Ended::Crashed { signal },
    }
}

async fn tell(stdin: &Mutex<ChildStdin>, order: &Order, bytes: &[u8]) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    let mut stdin = stdin.lock().await;
    stdin.write_all(&line).await?;
    stdin.write_all(bytes).await?;
    stdin.flush().await
}

enum Heard {
    Everything,
    Paper,
    ClosedEarly,
}

/// Until when the child may go on; it stands still while the engine works for it.
struct Clock {
    deadline: Instant,
}

/// Reads frames until the end mark, at most `settings.output` bytes of them, and has the pictures
/// of lines read that the child asks about.
async fn hear(
    stdout: impl AsyncRead + Unpin,
    stdin: &Mutex<ChildStdin>,
    settings: &SandboxSettings,
    listener: Listener<'_>,
    clock: &mut Clock,
) -> Result<Heard, Ended> {
    let mut lines = BufReader::with_capacity(64 << 10, stdout.take(settings.output.saturating_add(1)));
    let mut line = Vec::new();
    let mut allowance = Allowance::new(settings.recognition);
    let mut caged = settings.require.is_empty();
    loop {
        line.clear();
        let read = timeout_at(clock.deadline, lines.read_until(b'\n', &mut line));
        let read = read.await.map_err(|_| Ended::TimedOut)?;
        if lines.get_ref().limit() == 0 {
            return Err(Ended::TooMuchOutput);
        }
        if read.is_err() || line.last() != Some(&b'\n') {
            return Ok(Heard::ClosedEarly);
        }
        match serde_json::from_slice(&line) {
            Ok(Frame::Caged(in_force)) => {
                caged = in_force.has_all(&settings.require);
                listener(Frame::Caged(in_force), Vec::new());
            }
            Ok(_) if !caged => return Err(Ended::Uncaged),
            Ok(Frame::End) => return Ok(Heard::Everything),
            Ok(Frame::Paper) => return Ok(Heard::Paper),
            Ok(Frame::Recognise { manner, lines: sizes }) => {
                let size = Frame::pixels(&sizes);
                if size > recogniser::MOST_PIXELS {
                    return Err(Ended::TooMuchOutput);
                }
                // pictures have their own allowance
                let left = lines.get_ref().limit();
                lines.get_mut().set_limit(left.saturating_add(size as u64));
                let mut pixels = vec![0; size];
                match timeout_at(clock.deadline, lines.read_exact(&mut pixels)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(_)) => return Ok(Heard::ClosedEarly),
                    Err(_) => return Err(Ended::TimedOut),
                }
                let began = Instant::now();
                let found = recognise(&settings.program, manner, &sizes, &pixels, &mut allowance).await;
                clock.deadline += began.elapsed();
                if timeout_at(clock.deadline, answer(stdin, found)).await.is_err() {
                    return Err(Ended::TimedOut);
                }
            }
            Ok(frame) => {
                let size = frame.handed_out();
                // what is handed out counts as output; what is too much is not waited for
                let buffered = lines.buffer().len() as u64;
                if size as u64 > lines.get_ref().limit().saturating_add(buffered) {
                    return Err(Ended::TooMuchOutput);
                }
                let mut bytes = vec![0; size];
                match timeout_at(clock.deadline, lines.read_exact(&mut bytes)).await {
                    Ok(Ok(_)) => listener(frame, bytes),
                    Ok(Err(_)) => return Ok(Heard::ClosedEarly),
                    Err(_) => return Err(Ended::TimedOut),
                }
            }
            Err(_) => return Err(Ended::Crashed { signal: None }),
        }
    }
}

/// Hands the engine's words to the child. A child that is gone shows when it is heard next.
async fn answer(stdin: &Mutex<ChildStdin>, found: Result<Vec<u8>, Silence>) {
    let (silence, words) = found.map_or_else(|silence| (Some(silence), Vec::new()), |words| (None, words));
    let Ok(mut line) = serde_json::to_vec(&Recognised { silence, size: words.len() }) else { return };
    line.push(b'\n');
    line.extend(words);
    let mut stdin = stdin.lock().await;
    let _ = stdin.write_all(&line).await;
    let _ = stdin.flush().await;
}

/// The head of what the child wrote on its error output; the rest is drained, not kept.
async fn last_words(mut stderr: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut words = Vec::new();
    let _ = (&mut stderr).take(LAST_WORDS).read_to_end(&mut words).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    words
}
