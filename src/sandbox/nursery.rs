//! Children started ahead: a thread keeps a few waiting for their job, so that the start of a
//! process is not on anybody's way.

use crate::fault::Fault;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc};

/// The children in waiting. Dropping it ends them.
#[derive(Debug)]
pub(super) struct Nursery {
    waiting: Mutex<mpsc::UnboundedReceiver<Result<Child, Fault>>>,
    /// One word in here starts one child.
    wanted: mpsc::UnboundedSender<()>,
    /// How many entries can be stale when the program could not be started for a while.
    depth: usize,
}

impl Nursery {
    pub fn new(program: PathBuf, spares: usize) -> Result<Self, Fault> {
        let runtime = Handle::try_current()
            .map_err(|error| Fault::never("starting the sandbox outside the runtime", error))?;
        let (full, waiting) = mpsc::unbounded_channel();
        let (wanted, mut orders) = mpsc::unbounded_channel();
        // A thread of its own and not a task: the kernel ends a child together with the *thread*
        // that started it (PR_SET_PDEATHSIG in prctl(2)), and the runtime's threads come and go.
        std::thread::Builder::new()
            .name("sandbox-nursery".to_owned())
            .spawn(move || {
                while orders.blocking_recv().is_some() {
                    let child = {
                        let _inside = runtime.enter();
                        start(&program)
                    };
                    if full.send(child).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| Fault::later("starting the sandbox's thread", error))?;
        let nursery = Self { waiting: Mutex::new(waiting), wanted, depth: spares + 1 };
        for _ in 0..spares {
            nursery.want();
        }
        Ok(nursery)
    }

    /// Has one more started. That the thread is gone shows when nobody comes.
    fn want(&self) {
        let _ = self.wanted.send(());
    }

    /// A child that waits for its job.
    pub async fn take(&self) -> Result<Child, Fault> {
        let mut waiting = self.waiting.lock().await;
        let mut failed = None;
        for _ in 0..=self.depth {
            self.want(); // in the place of the one taken
            match waiting.recv().await {
                // Who died while waiting says nothing about the job.
                Some(Ok(mut child)) => match child.try_wait() {
                    Ok(None) => return Ok(child),
                    Ok(Some(status)) => {
                        failed = Some(Fault::later("keeping a child ready", status.to_string()));
                    }
                    Err(error) => failed = Some(Fault::later("keeping a child ready", error)),
                },
                Some(Err(fault)) => failed = Some(fault),
                None => break,
            }
        }
        Err(failed.unwrap_or_else(|| Fault::later("taking a child", "the sandbox's thread has ended")))
    }
}

/// Starts a child that waits for a message.
fn start(program: &Path) -> Result<Child, Fault> {
    bare(program, "open")
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Fault::later("starting a sandbox child", error))
}

/// A child with nothing of ours but two pipes: no environment (secrets), no directory, no open files.
pub(super) fn bare(program: &Path, order: &str) -> Command {
    let mut command = Command::new(program);
    command
        .arg(order)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}
