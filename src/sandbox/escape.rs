//! Ways out of the sandbox, tried for real: `guichet escape` (hidden) locks itself up by the very code
//! that a child runs before it reads a mail, and tries one. `guichet doctor` says what came of each.

use super::child::begin;
use super::nursery::bare;
use super::wire::{Order, Task};
use super::{Job, JobKind, Paper, Sandbox};
use crate::fault::Fault;
use rustix::process::{PidfdFlags, Resource, Rlimit};
use rustix::process::{getppid, pidfd_open, setrlimit, test_kill_process};
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// One way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ReadFile,
    WriteFile,
    ConnectTcp,
    ListenTcp,
    SendUdp,
    UnixSocket,
    StartProcess,
    BecomeProgram,
    StartThread,
    SignalParent,
    HoldParent,
    RaiseLimits,
    Memory,
    Time,
    Output,
}

/// What came of trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// By what, in a few words.
    Refused(&'static str),
    Open,
}

/// What an attempt says that came through.
const OUT: u8 = b'!';
/// For one attempt, starting included.
const PATIENCE: Duration = Duration::from_secs(20);
/// Processor time of one attempt, seconds.
const CPU: u64 = 1;

impl Way {
    pub const ALL: [Self; 15] = [
        Self::ReadFile,
        Self::WriteFile,
        Self::ConnectTcp,
        Self::ListenTcp,
        Self::SendUdp,
        Self::UnixSocket,
        Self::StartProcess,
        Self::BecomeProgram,
        Self::StartThread,
        Self::SignalParent,
        Self::HoldParent,
        Self::RaiseLimits,
        Self::Memory,
        Self::Time,
        Self::Output,
    ];

    /// For the command line, and for who reads it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadFile => "read-a-file",
            Self::WriteFile => "write-a-file",
            Self::ConnectTcp => "connect-by-tcp",
            Self::ListenTcp => "listen-on-tcp",
            Self::SendUdp => "send-by-udp",
            Self::UnixSocket => "use-a-unix-socket",
            Self::StartProcess => "start-a-process",
            Self::BecomeProgram => "become-another-program",
            Self::StartThread => "start-a-thread",
            Self::SignalParent => "signal-the-daemon",
            Self::HoldParent => "get-hold-of-the-daemon",
            Self::RaiseLimits => "raise-its-limits",
            Self::Memory => "take-more-memory",
            Self::Time => "take-more-time",
            Self::Output => "write-without-end",
        }
    }

    /// Goes this way. An error is only a wall where it says so: that nobody listens is none.
    fn go(self) -> io::Result<()> {
        match self {
            Self::ReadFile => std::fs::read("/etc/passwd").map(drop),
            Self::WriteFile => tempfile::tempfile().map(drop),
            Self::ConnectTcp => TcpStream::connect("127.0.0.1:9").map(drop),
            Self::ListenTcp => TcpListener::bind("127.0.0.1:0").map(drop),
            Self::SendUdp => UdpSocket::bind("127.0.0.1:0").map(drop),
            Self::UnixSocket => UnixDatagram::unbound().map(drop),
            Self::StartProcess => Command::new("/bin/true").status().map(drop),
            Self::BecomeProgram => Err(Command::new("/bin/echo").arg(char::from(OUT).to_string()).exec()),
            Self::StartThread => std::thread::Builder::new().spawn(|| ()).map(drop),
            Self::SignalParent => Ok(getppid().map_or(Ok(()), test_kill_process)?),
            Self::HoldParent => match getppid() {
                Some(parent) => Ok(pidfd_open(parent, PidfdFlags::empty()).map(drop)?),
                None => Ok(()),
            },
            Self::RaiseLimits => {
                let more = Rlimit { current: Some(64), maximum: Some(64) };
                Ok(setrlimit(Resource::Nofile, more)?)
            }
            Self::Memory => Ok(Vec::<u8>::new().try_reserve_exact(1 << 40)?),
            Self::Time => loop {
                std::hint::spin_loop();
            },
            Self::Output => loop {
                io::stdout().write_all(&[b'.'; 4096])?;
            },
        }
    }
}

/// Whether this is the kernel's no to the process: of the cage, or of a limit.
fn is_wall(error: &io::Error) -> bool {
    let limits = [libc::EMFILE, libc::EAGAIN, libc::EFBIG, libc::ENOMEM];
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::OutOfMemory)
        || error.raw_os_error().is_some_and(|code| limits.contains(&code))
}

/// `guichet escape WAY` (hidden): takes an order as a child does, and then tries.
#[must_use]
pub fn main(way: &str) -> ExitCode {
    let Some(way) = Way::ALL.into_iter().find(|known| known.name() == way) else { return ExitCode::FAILURE };
    if !matches!(begin(&mut io::stdin().lock()), Ok(Some(_))) {
        return ExitCode::FAILURE;
    }
    match way.go() {
        Err(error) if is_wall(&error) => ExitCode::SUCCESS,
        Ok(()) | Err(_) => {
            let _ = io::stdout().write_all(&[OUT]);
            ExitCode::FAILURE
        }
    }
}

impl Sandbox {
    /// Has a child of its own try each way out.
    pub async fn try_ways_out(&self) -> Result<Vec<(Way, Tried)>, Fault> {
        let mut tried = Vec::with_capacity(Way::ALL.len());
        for way in Way::ALL {
            tried.push((way, self.try_way_out(way).await?));
        }
        Ok(tried)
    }

    async fn try_way_out(&self, way: Way) -> Result<Tried, Fault> {
        const DOING: &str = "trying a way out of the sandbox";
        let later = |error| Fault::later(DOING, error);
        let job = Job { kind: JobKind::Mail, name: "", bytes: b"" };
        let order = Order::new(&self.settings, &self.mime, job, Paper::Leave, (Task::default(), Vec::new()));
        let mut line =
            serde_json::to_vec(&Order { cpu: CPU, ..order }).map_err(|e| Fault::never(DOING, e))?;
        line.push(b'\n');
        let mut child = bare(&self.settings.program, "escape").arg(way.name()).spawn().map_err(later)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::later(DOING, "the child has no pipes"));
        };
        let attempt = async {
            // who ends at once breaks the pipe: its end tells
            let _ = stdin.write_all(&line).await;
            let (mut said, most) = (Vec::new(), self.settings.output);
            stdout.take(most).read_to_end(&mut said).await?;
            if said.len() as u64 >= most {
                child.kill().await?;
                return Ok(Tried::Refused("stopped by its parent"));
            }
            let ended = child.wait().await?;
            Ok(match (ended.signal(), ended.code()) {
                (Some(libc::SIGSYS), _) => Tried::Refused("ended by seccomp"),
                (Some(libc::SIGXCPU | libc::SIGKILL), _) => Tried::Refused("ended by its limit of time"),
                (_, Some(0)) if said.is_empty() => Tried::Refused("refused by Landlock or a limit"),
                _ => Tried::Open,
            })
        };
        match tokio::time::timeout(PATIENCE, attempt).await {
            Ok(tried) => tried.map_err(later),
            Err(_) => Ok(Tried::Open),
        }
    }
}
