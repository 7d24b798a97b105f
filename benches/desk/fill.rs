//! The database filled in one commit: what each case is, as plain rows, and everything that hangs on it by one
//! statement a table, copied from the real case that it is like.

use super::spread::{One, Spread};
use guichet::database::Engine;
use guichet::store::Store;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Executor as _};

/// Columns of the table that is filled from.
const COLUMNS: [(&str, &str); 29] = [
    ("id", "BIGINT PRIMARY KEY"),
    ("number", "TEXT"),
    ("like_case", "BIGINT"),
    ("like_message", "BIGINT"),
    ("received_at", "BIGINT"),
    ("day", "TEXT"),
    ("decided_at", "BIGINT"),
    ("state", "TEXT"),
    ("verdict", "TEXT"),
    ("source", "TEXT"),
    ("class", "TEXT"),
    ("code", "TEXT"),
    ("finess", "TEXT"),
    ("siret", "TEXT"),
    ("rang", "TEXT"),
    ("card0", "TEXT"),
    ("card1", "TEXT"),
    ("card2", "TEXT"),
    ("structure", "TEXT"),
    ("search", "TEXT"),
    ("sender", "TEXT"),
    ("domain", "TEXT"),
    ("assignee", "TEXT"),
    ("decided_by", "TEXT"),
    ("asked_at", "BIGINT"),
    ("sleeps", "BIGINT"),
    ("letter", "TEXT"),
    ("sent_at", "BIGINT"),
    ("lost", "BIGINT"),
];

/// Rows written at once.
const ROWS: usize = 400;
/// The first id; those before are of the real ones.
const FIRST: usize = 1000;

/// One statement a table, in the order in which they point at each other.
const FILLS: [&str; 30] = [
    "INSERT INTO messages (id, sha256, size, whole, received_at, kept_at, state, due_at, attempts, outcome, ended_at, \
     head, sender, rfc_id) SELECT b.id, 'bench' || CAST(b.id AS TEXT), m.size, 1, b.received_at, b.received_at, 'done', \
     b.received_at, 1, CASE b.state WHEN 'waiting' THEN 'to_do' ELSE 'handled' END, b.received_at + 2000, m.head, \
     b.sender, 'bench' || CAST(b.id AS TEXT) FROM bench AS b JOIN messages AS m ON m.id = b.like_message",
    "INSERT INTO sightings (id, message_id, mailbox, uidvalidity, uid, received_at, seen_at, filed_at, filed_as) \
     SELECT id, id, 'bench', 1, id, received_at, received_at, received_at, 'handled' FROM bench",
    "INSERT INTO documents (message_id, position, name, media_type, size, sha256) SELECT b.id, d.position, d.name, \
     d.media_type, d.size, d.sha256 || CAST(b.id AS TEXT) FROM bench AS b JOIN documents AS d ON d.message_id = b.like_message",
    "INSERT INTO cases (id, number, message_id, position, received_at, day, decided_at, state, verdict, source, \
     structure_name, finess, siret, search, report, rules_version, reader_version, registry_snapshot, signatory_card, \
     assignee, asked_at) SELECT b.id, b.number, b.id, 0, b.received_at, b.day, b.decided_at, b.state, b.verdict, \
     b.source, b.structure, b.finess, b.siret, b.search, c.report, c.rules_version, c.reader_version, \
     c.registry_snapshot, b.card0, b.assignee, b.asked_at FROM bench AS b JOIN cases AS c ON c.id = b.like_case",
    "INSERT INTO cases_without_words (case_id) SELECT id FROM bench",
    "INSERT INTO case_words (case_id, word) SELECT id, '=class ' || class FROM bench WHERE class IS NOT NULL",
    "INSERT INTO case_documents (case_id, position, name) SELECT b.id, d.position, d.name FROM bench AS b \
     JOIN case_documents AS d ON d.case_id = b.like_case",
    "INSERT INTO case_rpps_rang (case_id, rpps_rang) SELECT id, rang FROM bench WHERE rang IS NOT NULL",
    "INSERT INTO case_cards (case_id, card) SELECT id, card0 FROM bench UNION ALL SELECT id, card1 FROM bench \
     UNION ALL SELECT id, card2 FROM bench",
    "INSERT INTO findings (case_id, position, code, field, severity, message) SELECT b.id, f.position, f.code, f.field, \
     f.severity, f.message FROM bench AS b JOIN findings AS f ON f.case_id = b.like_case WHERE b.verdict <> 'accepted'",
    "INSERT INTO findings (case_id, position, code, field, severity, message) SELECT id, 100, code, '/structure/finess', \
     CASE verdict WHEN 'rejected' THEN 'reject' ELSE 'review' END, 'Une phrase pour le demandeur.' FROM bench \
     WHERE code IS NOT NULL",
    // what explains a case is long, and only ever looked up by its case: one in twenty has one
    "INSERT INTO explanations (case_id, explanation) SELECT b.id, e.explanation FROM bench AS b \
     JOIN explanations AS e ON e.case_id = b.like_case WHERE b.id % 20 = 0",
    "INSERT INTO case_grounds (case_id, ground) SELECT b.id, g.ground FROM bench AS b \
     JOIN case_grounds AS g ON g.case_id = b.like_case WHERE b.state = 'waiting'",
    "INSERT INTO case_waits (case_id, because, asked, deadline, shown) SELECT id, 'registry_unavailable', \
     (SELECT id FROM registry_snapshots WHERE state = 'current'), received_at + 8640000000, 0 FROM bench WHERE sleeps = 1",
    "INSERT INTO case_decisions (case_id, decision, decided_by, decided_at, before, letters, undo_until) SELECT id, \
     CASE verdict WHEN 'review' THEN 'dismissed' ELSE verdict END, decided_by, decided_at, 'review', 1, \
     decided_at + 60000 FROM bench WHERE decided_by IS NOT NULL",
    "INSERT INTO replies (id, message_id, position, template, recipient, address_key, domain_key, subject, rfc_id, state, \
     created_at, due_at, attempts, answer, ended_at) SELECT id * 2, id, 0, 'received', sender, sender, domain, \
     'Votre demande F413', 'bench-r' || CAST(id AS TEXT), 'sent', received_at + 2000, received_at + 2000, 1, '250 ok', \
     received_at + 62000 FROM bench WHERE state = 'waiting' OR decided_by IS NOT NULL",
    "INSERT INTO replies (id, message_id, position, template, recipient, address_key, domain_key, subject, rfc_id, state, \
     created_at, due_at, attempts, answer, ended_at) SELECT id * 2 + 1, id, 1, letter, sender, sender, domain, \
     'Votre demande F413', 'bench-d' || CAST(id AS TEXT), CASE lost WHEN 1 THEN 'unknown' ELSE 'sent' END, decided_at, \
     decided_at, 1, '250 ok', sent_at FROM bench WHERE letter IS NOT NULL",
    "INSERT INTO reply_attempts (reply_id, attempt, worker, started_at, ended_at, delivery) SELECT id, 1, 'bench', \
     due_at, ended_at, state FROM replies WHERE id >= 2000",
    "INSERT INTO reply_mails (reply_id, mail) SELECT b.id * 2 + 1, r.mail FROM bench AS b \
     JOIN reply_mails AS r ON r.reply_id = (SELECT MIN(reply_id) FROM reply_mails) WHERE b.letter IS NOT NULL AND b.id % 50 = 0",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT id * 12, received_at, \
     'message_kept', id, NULL, NULL, 'guichet', '{\"sha256\":\"bench\",\"size\":1}', 'bench' FROM bench",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT b.id * 12 + 1, \
     b.received_at + 2000, 'case_opened', b.id, b.id, NULL, 'guichet', e.detail, 'bench' FROM bench AS b \
     JOIN events AS e ON e.case_id = b.like_case AND e.kind = 'case_opened'",
    "INSERT INTO event_texts (event_id, salt, text) SELECT b.id * 12 + 1, t.salt, t.text FROM bench AS b \
     JOIN events AS e ON e.case_id = b.like_case AND e.kind = 'case_opened' JOIN event_texts AS t ON t.event_id = e.id",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT message_id * 12 + 2 \
     + position * 4, created_at, 'reply_due', message_id, NULL, id, 'guichet', '{\"template\":\"received\"}', 'bench' \
     FROM replies WHERE id >= 2000",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT message_id * 12 + 3 \
     + position * 4, ended_at, 'reply_' || state, message_id, NULL, id, 'guichet', '{\"answer\":\"250\"}', 'bench' \
     FROM replies WHERE id >= 2000",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT id * 12 + 4, \
     received_at + 60000, 'case_assigned', id, id, NULL, COALESCE(decided_by, assignee), '{\"to\":\"ada\"}', 'bench' \
     FROM bench WHERE decided_by IS NOT NULL OR assignee IS NOT NULL",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT id * 12 + 5, \
     decided_at, 'case_decided', id, id, NULL, decided_by, '{\"decision\":\"rejected\",\"findings\":[\"reject ' || \
     COALESCE(code, 'missing') || ' /structure/finess\"]}', 'bench' FROM bench WHERE decided_by IS NOT NULL",
    "INSERT INTO events (id, at, kind, message_id, case_id, reply_id, actor, detail, hash) SELECT id * 12 + 8, \
     received_at + 50000, 'looked_at', id, id, NULL, decided_by, '{\"with\":\"desk: case\"}', 'bench' FROM bench \
     WHERE decided_by IS NOT NULL",
    "INSERT INTO uncounted_cases (case_id) SELECT id FROM bench",
    "UPDATE event_head SET last_id = (SELECT MAX(id) FROM events)",
    "INSERT INTO case_years (year, last) SELECT CAST(substr(day, 1, 4) AS BIGINT), 500000 FROM bench WHERE true \
     GROUP BY substr(day, 1, 4) ON CONFLICT (year) DO UPDATE SET last = 500000",
];

pub async fn fill(store: &Store, spread: &Spread) {
    let engine = store.database().engine();
    let mut transaction = store.database().begin("filling").await.unwrap();
    let columns: Vec<_> = COLUMNS.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    let create = format!("CREATE TABLE bench ({})", columns.join(", "));
    transaction.execute(AssertSqlSafe(create)).await.unwrap();
    for (rows, first) in spread.cases.chunks(ROWS).zip((FIRST..).step_by(ROWS)) {
        let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
        let values = engine.values(rows.len(), names.len());
        let sql = format!("INSERT INTO bench ({}) VALUES {values}", names.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (n, one) in rows.iter().enumerate() {
            query = bound(query, first + n, one);
        }
        query.execute(&mut *transaction).await.unwrap();
    }
    if engine == Engine::Postgres {
        transaction.execute("ANALYZE bench").await.unwrap();
    }
    for sql in FILLS {
        transaction.execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    transaction.execute("DROP TABLE bench").await.unwrap();
    if engine == Engine::Postgres {
        for table in ["messages", "sightings", "cases", "replies"] {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"
            );
            transaction.execute(AssertSqlSafe(sql)).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
    let begun = std::time::Instant::now();
    let written = store.write_missing_words(Timestamp::now()).await.unwrap();
    println!("the words of {written} cases written in {:.0} s", begun.elapsed().as_secs_f64());
    store.count_the_uncounted(Timestamp::now()).await.unwrap();
    // as both are after a while
    let mut connection = store.database().writer("settling").await.unwrap();
    let settle = match engine {
        Engine::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        Engine::Postgres => "VACUUM ANALYZE",
    };
    connection.execute(settle).await.unwrap();
}

fn bound<'q>(
    query: guichet::database::AnyQuery<'q>,
    id: usize,
    one: &One,
) -> guichet::database::AnyQuery<'q> {
    let millis = Timestamp::as_millisecond;
    let [(first, last), (first1, last1), (first2, last2)] = &one.people;
    let sender = format!("{first}.{last}@{}", one.domain);
    let search = format!(
        "f413.pdf | {sender} | {first} {last} | formulaire f413 | {} | {first} {last} | {sender} | {first1} {last1} | \
         {first1}.{last1}@{} | {first2} {last2} | {first2}.{last2}@{} | editeur | logiciel | \
         {} {} {} {}",
        one.structure.to_lowercase().replace('é', "e"),
        one.domain,
        one.domain,
        one.finess,
        one.siret,
        one.rang.as_deref().unwrap_or_default(),
        one.cards.join(" ")
    );
    query
        .bind(i64::try_from(id).unwrap())
        .bind(one.number.clone())
        .bind(one.like.0)
        .bind(one.like.1)
        .bind(millis(one.received_at))
        .bind(one.day.clone())
        .bind(millis(one.decided_at))
        .bind(one.state)
        .bind(one.verdict)
        .bind(one.source)
        .bind(one.class)
        .bind(one.code)
        .bind(one.finess.clone())
        .bind(one.siret.clone())
        .bind(one.rang.clone())
        .bind(one.cards[0].clone())
        .bind(one.cards[1].clone())
        .bind(one.cards[2].clone())
        .bind(one.structure.clone())
        .bind(search)
        .bind(sender)
        .bind(one.domain.clone())
        .bind(one.assignee)
        .bind(one.by)
        .bind(one.asked_at.map(millis))
        .bind(i64::from(one.sleeps))
        .bind(one.letter.map(|(letter, _)| letter))
        .bind(one.letter.map(|(_, at)| millis(at)))
        .bind(i64::from(one.lost))
}
