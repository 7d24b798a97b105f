//! The loops of the daemon: each looks at its table, does what is due, rests, and waits longer after
//! each fault.

use super::{Hint, Hints};
use crate::clock::{Clock, paris_day};
use crate::fault::{Fault, Retry};
use crate::intake::mailbox::Mailbox;
use crate::pipeline::{Line, Step};
use crate::reply::transport::Transport;
use crate::store::{Lane, Worker};
use crate::watch::{self as watching_room, Legs, Reason, Watched, Watcher};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The longest a leg sleeps without looking at its table.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// How often what has ended is removed.
const TIDY_AGAIN: Duration = Duration::from_mins(10);
/// After a fault a leg waits this long, doubling …
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// … up to this.
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// How the legs are watched.
pub(super) struct Watch {
    pub(super) legs: Legs,
    pub(super) clock: Arc<dyn Clock>,
}

impl Watch {
    /// Of one worker of a leg.
    pub(super) fn pace(&self, leg: &'static str, worker: &str) -> Pace {
        let (legs, clock) = (self.legs.clone(), self.clock.clone());
        Pace { wait: FIRST_BACKOFF, leg, worker: worker.to_owned(), legs, clock }
    }
}

/// Waits longer after each fault, and spread so that legs do not come back together; what goes wrong
/// for long is told.
pub(super) struct Pace {
    wait: Duration,
    leg: &'static str,
    worker: String,
    legs: Legs,
    clock: Arc<dyn Clock>,
}

impl Pace {
    fn fine(&mut self) {
        self.wait = FIRST_BACKOFF;
        self.legs.fine(&self.worker);
    }

    /// Says what went wrong and waits, unless told to stop.
    async fn after(&mut self, fault: &Fault, stop: &mut watch::Receiver<bool>) {
        self.legs.fails(self.leg, &self.worker, fault, self.clock.now());
        match fault.retry {
            Retry::Later => tracing::warn!(%fault, "trying again in {:?}", self.wait),
            Retry::Never => tracing::error!(%fault, "a person has to look; trying again in {:?}", self.wait),
        }
        let wait = self.wait.mul_f64(1.0 - 0.3 * fastrand::f64());
        self.wait = (self.wait * 2).min(LONGEST_BACKOFF);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

pub(super) async fn intake(
    line: Arc<Line>,
    mut mailbox: Box<dyn Mailbox>,
    decide: Hint,
    mut pace: Pace,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let round = async {
            let new = line.take_in(mailbox.as_mut(), &|| decide.give()).await?;
            pace.fine();
            if new == 0 {
                mailbox.wait(Duration::from_mins(25)).await?;
            }
            Ok(())
        };
        let end = tokio::select! {
            end = round => end,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match end {
            Ok(()) => {}
            Err(fault) => pace.after(&fault, &mut stop).await,
        }
    }
}

pub(super) async fn filing(
    line: Arc<Line>,
    worker: String,
    mut mailbox: Box<dyn Mailbox>,
    mut hint: watch::Receiver<u64>,
    mut pace: Pace,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        hint.mark_unchanged();
        let end = tokio::select! {
            end = line.file_away(&worker, mailbox.as_mut()) => end,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match end {
            Ok(0) => {
                pace.fine();
                rest(&mut hint, &mut stop, None, line.clock.now()).await;
                // what is decided within a moment is filed with one command
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(300)) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
            Ok(_) => pace.fine(),
            Err(fault) => pace.after(&fault, &mut stop).await,
        }
    }
}

pub(super) async fn deciding(
    line: Arc<Line>,
    of: Lane,
    worker: String,
    hints: Hints,
    mut pace: Pace,
    mut stop: watch::Receiver<bool>,
) {
    let mut hint = hints.of(of).0.subscribe();
    while !*stop.borrow() {
        hint.mark_unchanged();
        match line.decide_next(&worker, of).await {
            Ok(Step::Decided) => {
                pace.fine();
                hints.answer.give();
                hints.file.give();
            }
            Ok(Step::LeftToPaper) => {
                pace.fine();
                hints.paper.give();
            }
            Ok(Step::NothingWaits) => {
                pace.fine();
                let next = line.store.next_message_at(of).await.ok().flatten();
                rest(&mut hint, &mut stop, next, line.clock.now()).await;
            }
            Err(fault) => pace.after(&fault, &mut stop).await,
        }
    }
}

/// Nobody tells when an import is done: it is another program.
pub(super) async fn waking(line: Arc<Line>, hints: Hints, mut pace: Pace, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match line.wake_next().await {
            Ok(true) => {
                pace.fine();
                hints.answer.give();
                hints.file.give();
            }
            Ok(false) => {
                pace.fine();
                tokio::select! {
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
            Err(fault) => pace.after(&fault, &mut stop).await,
        }
    }
}

pub(super) async fn answering(
    line: Arc<Line>,
    worker: String,
    transport: Arc<dyn Transport>,
    mut hint: watch::Receiver<u64>,
    mut pace: Pace,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        hint.mark_unchanged();
        match line.answer_next(&worker, transport.as_ref(), fastrand::f64()).await {
            Ok(true) => pace.fine(),
            Ok(false) => {
                match line.store.recover_sending(line.clock.now()).await {
                    Ok(_) => pace.fine(),
                    Err(fault) => pace.after(&fault, &mut stop).await,
                }
                let next = line.store.next_reply_at().await.ok().flatten();
                rest(&mut hint, &mut stop, next, line.clock.now()).await;
            }
            Err(fault) => pace.after(&fault, &mut stop).await,
        }
    }
}

/// Says that this daemon runs, for as long as it does.
pub(super) async fn staying(line: Arc<Line>, worker: Worker, roles: String, mut stop: watch::Receiver<bool>) {
    let lease = line.settings.lease;
    let every = Duration::try_from(lease / 4).unwrap_or(LOOK_AGAIN);
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(fault) = line.store.stays(&worker, &roles, line.clock.now(), lease).await {
            tracing::warn!(%fault, "others may take this daemon for gone");
        }
    }
}

/// Removes sessions that have ended and sign-ins that count no more, which whoever guesses passwords
/// piles up. Nothing hangs on it: both are asked for by their time.
pub(super) async fn tidying(
    line: Arc<Line>,
    spans: (SignedDuration, SignedDuration),
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        match line.store.forget_old_sign_ins(line.clock.now(), spans).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "sessions and sign-ins that count no more were removed"),
            Err(fault) => tracing::warn!(%fault, "old sessions and sign-ins stay for now"),
        }
        tokio::select! {
            () = tokio::time::sleep(TIDY_AGAIN) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

/// Looks for what other programs and machines left in the tables, and wakes the legs that it is for.
pub(super) async fn looking(line: Arc<Line>, hints: Hints, every: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match line.store.left_to_do(line.clock.now()).await {
            Ok(due) => {
                let legs = [
                    (due.quick, &hints.quick),
                    (due.paper, &hints.paper),
                    (due.replies, &hints.answer),
                    (due.filing, &hints.file),
                ];
                legs.into_iter().filter(|(is_due, _)| *is_due).for_each(|(_, hint)| hint.give());
            }
            // the legs find out by themselves, and say so
            Err(fault) => tracing::debug!(%fault, "nothing is known of what others left to do"),
        }
    }
}

/// Looks at everything else, and answers whoever asks how it is.
pub(super) async fn watching(
    line: Arc<Line>,
    worker: Worker,
    mut watcher: Watcher,
    (tell, listener): (watch::Sender<Vec<Reason>>, Option<TcpListener>),
    mut stop: watch::Receiver<bool>,
) {
    let told = tell.subscribe();
    let looking = async {
        loop {
            let now = line.clock.now();
            let reasons = watcher
                .look(Watched {
                    store: &line.store,
                    registry: &line.registry,
                    worker: &worker,
                    registry_max_age: line.settings.registry_max_age,
                    today: paris_day(now),
                    now,
                })
                .await;
            tell.send_replace(reasons);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let answering = async {
        match listener {
            Some(listener) => watching_room::serve(listener, told).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = looking => {}
        () = answering => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// Rests until a hint, until something is due, or a while.
async fn rest(
    hint: &mut watch::Receiver<u64>,
    stop: &mut watch::Receiver<bool>,
    due: Option<Timestamp>,
    now: Timestamp,
) {
    let until_due =
        due.map_or(LOOK_AGAIN, |due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
    // what is due but in somebody's hands would make this loop spin
    let wait = until_due.clamp(Duration::from_millis(200), LOOK_AGAIN);
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        _ = hint.changed() => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}
