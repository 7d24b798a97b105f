//! Which daemons run on this database, in what roles, and what each has in hand. A daemon that says
//! nothing for the length of its lease counts as gone.

use super::{Store, Worker, instant, millis, word};
use crate::database::fault;
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;
use std::fmt;

/// A daemon that said that it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub worker: Worker,
    /// `intake, decide, answer`, or some of them.
    pub roles: String,
    pub started_at: Timestamp,
    /// So long its word counts.
    pub until: Timestamp,
}

/// What somebody works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A message is being decided, for the `attempts`th time.
    Deciding { message: i64, attempts: u32 },
    /// A reply is being sent, for the `attempts`th time.
    Sending { reply: i64, attempts: u32 },
    /// So many mails are being filed on the server.
    Filing { mails: u32 },
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deciding { message, attempts } => {
                write!(f, "decides message {message} (attempt {attempts})")
            }
            Self::Sending { reply, attempts } => write!(f, "sends reply {reply} (attempt {attempts})"),
            Self::Filing { mails } => write!(f, "files {mails} mails"),
        }
    }
}

/// Where something is to be done that nobody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftToDo {
    /// Messages to be decided, in each lane.
    pub quick: bool,
    pub paper: bool,
    /// Letters to be sent.
    pub replies: bool,
    /// Mails to be filed on the server.
    pub filing: bool,
}

/// Work in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    pub worker: Worker,
    pub work: Work,
    /// When another may take it.
    pub until: Timestamp,
}

/// Whether a database is the one that daemons may work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreState {
    InUse,
    /// Another database is being moved here, and has not arrived.
    Arriving,
    /// It was moved elsewhere.
    Moved,
}

impl StoreState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::Arriving => "arriving",
            Self::Moved => "moved",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::InUse, Self::Arriving, Self::Moved].into_iter().find(|state| state.as_str() == text)
    }

    /// Why no daemon works on it, and what to do.
    fn refuses(self) -> Option<&'static str> {
        match self {
            Self::InUse => None,
            Self::Arriving => {
                Some("a move into this database has not come to its end: run `guichet store move` again")
            }
            Self::Moved => Some(
                "this database was moved: put the new one's URL under store.url. To come back to this one, \
                 stop the daemons of the other and say `guichet restored`",
            ),
        }
    }
}

impl Store {
    /// Takes a daemon into the list, before it touches anything. Refused where the database is not the
    /// one in use.
    pub async fn comes(
        &self,
        worker: &Worker,
        roles: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<(), Fault> {
        const DOING: &str = "telling that this daemon runs";
        let mut transaction = self.database.begin(DOING).await?;
        let (state,): (String,) = sqlx::query_as("SELECT state FROM store_state WHERE one = 1")
            .fetch_one(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        if let Some(to_do) = word(StoreState::parse(&state), "store_state.state")?.refuses() {
            return Err(Fault::never("opening the database", to_do));
        }
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT name, until FROM daemons")
            .fetch_all(&mut *transaction)
            .await
            .map_err(fault(DOING))?;
        for (name, until) in rows {
            let dead = Worker::parse(&name).is_none_or(|other| worker.knows_dead(&other));
            if dead || until < millis(now) {
                sqlx::query("DELETE FROM daemons WHERE name = $1")
                    .bind(name)
                    .execute(&mut *transaction)
                    .await
                    .map_err(fault(DOING))?;
            }
        }
        runs(&mut transaction, DOING, (worker, roles), now, lease).await?;
        transaction.commit().await.map_err(fault(DOING))
    }

    /// Says that a daemon still runs.
    pub async fn stays(
        &self,
        worker: &Worker,
        roles: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<(), Fault> {
        const DOING: &str = "telling that this daemon still runs";
        let mut connection = self.database.writer(DOING).await?;
        runs(&mut connection, DOING, (worker, roles), now, lease).await
    }

    /// Takes a daemon that ends out of the list.
    pub async fn goes(&self, worker: &Worker) -> Result<(), Fault> {
        const DOING: &str = "telling that this daemon ends";
        let mut connection = self.database.writer(DOING).await?;
        sqlx::query("DELETE FROM daemons WHERE name = $1")
            .bind(worker.to_string())
            .execute(&mut *connection)
            .await
            .map_err(fault(DOING))?;
        Ok(())
    }

    /// The daemons that run, as far as `this` program can know: their word still counts, and none of them
    /// is a process of this machine that is gone.
    pub async fn running(&self, this: &Worker, now: Timestamp) -> Result<Vec<Running>, Fault> {
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT name, roles, started_at, until FROM daemons WHERE until >= $1 ORDER BY started_at, name",
        )
        .bind(millis(now))
        .fetch_all(self.database.read())
        .await
        .map_err(fault("looking for the daemons that run"))?;
        let mut running = Vec::new();
        for (name, roles, started_at, until) in rows {
            let worker = word(Worker::parse(&name), "daemons.name")?;
            if !this.knows_dead(&worker) {
                let (started_at, until) = (instant(started_at)?, instant(until)?);
                running.push(Running { worker, roles, started_at, until });
            }
        }
        Ok(running)
    }

    /// What is in somebody's hands, the oldest lease first.
    pub async fn in_hand(&self) -> Result<Vec<InHand>, Fault> {
        const DOING: &str = "looking for work in hand";
        let rows: Vec<(String, i64, i64, i64, String)> = sqlx::query_as(
            "SELECT 'message' AS work, id, attempts, due_at, worker FROM messages \
             WHERE state = 'claimed' AND worker IS NOT NULL \
             UNION ALL SELECT 'reply', id, attempts, due_at, worker FROM replies \
             WHERE state = 'sending' AND worker IS NOT NULL \
             UNION ALL SELECT 'filing', MIN(id), COUNT(*), MIN(filing_due_at), filing_worker FROM sightings \
             WHERE filed_at IS NULL AND filing_worker IS NOT NULL GROUP BY filing_worker ORDER BY 4, 1, 2",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(fault(DOING))?;
        let in_hand = |(work, id, count, until, worker): (String, i64, i64, i64, String)| {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let work = match work.as_str() {
                "message" => Work::Deciding { message: id, attempts: count },
                "reply" => Work::Sending { reply: id, attempts: count },
                _ => Work::Filing { mails: count },
            };
            Ok(InHand { worker: word(Worker::parse(&worker), "worker")?, work, until: instant(until)? })
        };
        rows.into_iter().map(in_hand).collect()
    }

    /// Whether something is due, one cheap question for all.
    pub async fn left_to_do(&self, now: Timestamp) -> Result<LeftToDo, Fault> {
        let (quick, paper, replies, filing): (i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE lane = 'quick' \
             AND state IN ('kept', 'claimed') AND due_at <= $1 LIMIT 1) AS quick), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE lane = 'paper' \
             AND state IN ('kept', 'claimed') AND due_at <= $1 LIMIT 1) AS paper), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM replies WHERE state IN ('due', 'sending') \
             AND due_at <= $1 LIMIT 1) AS replies), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM sightings JOIN messages ON messages.id = message_id \
             WHERE filed_at IS NULL AND filing_due_at <= $1 AND outcome IS NOT NULL LIMIT 1) AS filing)",
        )
        .bind(millis(now))
        .fetch_one(self.database.read())
        .await
        .map_err(fault("looking for what is due"))?;
        Ok(LeftToDo { quick: quick > 0, paper: paper > 0, replies: replies > 0, filing: filing > 0 })
    }

    /// Whether this database is the one in use.
    pub async fn state(&self) -> Result<StoreState, Fault> {
        let (state,): (String,) = sqlx::query_as("SELECT state FROM store_state WHERE one = 1")
            .fetch_one(self.database.read())
            .await
            .map_err(fault("asking whether the database is in use"))?;
        word(StoreState::parse(&state), "store_state.state")
    }
}

/// Writes that a daemon runs. Its row may be gone: another may have taken it for dead.
async fn runs(
    connection: &mut AnyConnection,
    doing: &'static str,
    (worker, roles): (&Worker, &str),
    now: Timestamp,
    lease: SignedDuration,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO daemons (name, roles, started_at, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO UPDATE SET until = excluded.until",
    )
    .bind(worker.to_string())
    .bind(roles)
    .bind(millis(now))
    .bind(millis(now.saturating_add(lease).unwrap_or(Timestamp::MAX)))
    .execute(connection)
    .await
    .map_err(fault(doing))?;
    Ok(())
}
