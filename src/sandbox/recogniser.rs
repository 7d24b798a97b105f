//! The recognition engine at work: a process of its own for each call, with caps, fed with pictures
//! that are written here from bare pixels. A child asks, the parent runs the engine: so the child
//! needs no file and no process, and the engine sees no stranger's file format.

use super::cage::Cage;
use super::limits;
use super::nursery::bare;
use super::wire::{Frame, MOST_WORDS};
use crate::reading::paper::engine::{Manner, ONE_THREAD, PROGRAM, Silence, tiff};
use crate::reading::paper::picture::Grey;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

/// Pixels of one call at most: a page of lines has some millions.
pub(super) const MOST_PIXELS: usize = 48 << 20;
/// Processor time of one call, seconds.
const CPU: u64 = 30;
/// Address space of one call, bytes.
const MEMORY: u64 = 768 << 20;
/// Where programs are installed.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Exit code when the engine cannot be started, or not within its limits.
const NOT_STARTED: u8 = 127;

/// What one message may still have recognised.
pub(super) struct Allowance {
    pub calls: u32,
    pub pixels: usize,
    /// Wall time.
    pub time: Duration,
}

impl Allowance {
    pub fn new(time: Duration) -> Self {
        Self { calls: 200, pixels: 600 << 20, time }
    }

    /// Takes one call's share; `false` when it is used up.
    pub fn take(&mut self, pixels: usize) -> bool {
        let left = (self.calls.checked_sub(1), self.pixels.checked_sub(pixels));
        let (Some(calls), Some(rest)) = left else { return false };
        (self.calls, self.pixels) = (calls, rest);
        !self.time.is_zero()
    }
}

/// Has lines read; `pixels` are those of all lines, one after the other. `program` is our own.
pub(super) async fn recognise(
    program: &Path,
    manner: Manner,
    lines: &[(usize, usize)],
    pixels: &[u8],
    allowance: &mut Allowance,
) -> Result<Vec<u8>, Silence> {
    if Frame::pixels(lines) != pixels.len() || !allowance.take(pixels.len()) {
        return Err(Silence::Failed);
    }
    let mut rest = pixels;
    let mut pictures = Vec::with_capacity(lines.len());
    for (width, height) in lines {
        let (picture, after) = rest.split_at_checked(width * height).ok_or(Silence::Failed)?;
        pictures.push(Grey { width: *width, height: *height, pixels: picture.to_vec() });
        rest = after;
    }
    let began = Instant::now();
    let called = call(program, manner, tiff(&pictures.iter().collect::<Vec<_>>()));
    let out = timeout(allowance.time, called).await.unwrap_or(Err(Silence::Failed));
    allowance.time = allowance.time.saturating_sub(began.elapsed());
    if let Err(silence) = out {
        tracing::warn!(
            ?silence,
            "paper goes to a person: install Tesseract with French and English \
             (apt install tesseract-ocr tesseract-ocr-fra)"
        );
    }
    out
}

async fn call(program: &Path, manner: Manner, input: Vec<u8>) -> Result<Vec<u8>, Silence> {
    let mut engine = bare(program, "recognise")
        .args(manner.arguments())
        .env(ONE_THREAD.0, ONE_THREAD.1)
        .spawn()
        .map_err(|_| Silence::Failed)?;
    let (Some(mut stdin), Some(stdout)) = (engine.stdin.take(), engine.stdout.take()) else {
        return Err(Silence::Failed);
    };
    let tell = async move {
        // it may end early; its answer tells
        let _ = stdin.write_all(&input).await;
        let _ = stdin.shutdown().await;
    };
    let mut words = Vec::new();
    let mut most = stdout.take(MOST_WORDS as u64);
    let ((), heard) = tokio::join!(tell, most.read_to_end(&mut words));
    let ended = engine.wait().await.map_err(|_| Silence::Failed)?;
    match ended.code() {
        Some(0) if heard.is_ok() => Ok(words),
        // the engine itself says 1 where its data is missing
        Some(1) => Err(Silence::Missing),
        Some(code) if code == i32::from(NOT_STARTED) => Err(Silence::Missing),
        Some(_) | None => Err(Silence::Failed),
    }
}

/// `guichet recognise` (hidden): takes the engine's limits on, locks itself up with nothing but the
/// engine's libraries and data, and becomes the engine.
#[must_use]
pub fn main(arguments: &[String]) -> ExitCode {
    let mut places = PATH.split(':').map(|folder| Path::new(folder).join(PROGRAM));
    if let Some(program) = places.find(|place| place.is_file()) {
        let cage = Cage::of_engine(&program);
        if limits::set_engine(CPU, MEMORY).is_ok() {
            cage.close();
            // returns only where it failed
            let _ = std::process::Command::new(program).args(arguments).exec();
        }
    }
    ExitCode::from(NOT_STARTED)
}
