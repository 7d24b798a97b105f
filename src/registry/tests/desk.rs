//! What the registry's tests start from: an empty registry and a folder with good files.

use crate::database::testing::Place;
use crate::database::{Database, Engine};
use crate::domain::facts::{Facts, StructureFacts, Wanted};
use crate::domain::identifiers::{CardNumber, Finess};
use crate::domain::policy::Profile;
use crate::registry::{Feed, Imported, NotImported, Options, Refusal, Registry};
use jiff::{SignedDuration, Timestamp};

pub(super) const MAX_AGE: SignedDuration = SignedDuration::from_hours(36);

pub(super) const STRUCTURES: &str = "\u{feff}finess;finess_type;finess_ej;siret;rpps_rang;name;class;category;main_site;status\r\n\
    310908306;EJ;;36613186000004;;Centre hospitalier de Saint-Évroult;public_hospital;;;open\r\n\
    2A0139093;EG;310908306;76030824700062;;Centre hospitalier, site principal;;355;;open\r\n\
    670034230;EG;310908306;66712768200041;;Pharmacie à usage intérieur;;620;;closed\r\n\
    440186484;EG;330175878;71737895400084;;Laboratoire, site 2;laboratory;611;590350625;open\r\n\
    ;;;;99700014121005 99700014121013;Cabinet de radiologie;liberal;;;open\r\n\
    ;;;36786843700032;;Logiciels SAS;other;;;open\r\n";
pub(super) const CONTRACTS: &str = "number;structure;signed_on;valid_from;valid_until;status;representative_last_name;representative_first_name\n\
    C-1;310908306;2026-01-04;2026-01-04;;active;Breton;Henri\n\
    C-2;66712768200041;2020-01-04;2020-01-04;2025-01-01;terminated;;\n\
    C-3;36786843700032;;;2026-11-23;suspended;;\n";
pub(super) const CARDS: &str = "number;type;last_name;first_name;holder_id;structure;valid_from;valid_until;opposed_on\n\
    2900351819;CDE;Breton;Henri;;310908306;2026-05-01;2028-09-07;\n\
    0400319487;CPE;Delaunay;Manon;;;2025-12-03;2029-04-13;2026-11-22\n";
pub(super) const MANDATES: &str = "structure;last_name;first_name;card;valid_from;valid_until\n\
    310908306;Arnaud;Marthe;2800822542;2026-01-26;\n\
    2A0139093;Mendès;Odette;;;2026-11-12\n";

pub(super) fn at(minutes: i64) -> Timestamp {
    let first: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    first + SignedDuration::from_mins(minutes)
}

pub(super) struct Desk {
    pub(super) registry: Registry,
    pub(super) files: tempfile::TempDir,
    _place: Place,
}

impl Desk {
    /// An empty registry beside a folder with good files.
    pub(super) async fn new() -> Self {
        let place = Place::new().await;
        let registry = Registry::new(Database::open(&place.url).await.unwrap());
        let desk = Self { registry, files: tempfile::tempdir().unwrap(), _place: place };
        for (feed, text) in Feed::OWN.into_iter().zip([STRUCTURES, CONTRACTS, CARDS, MANDATES]) {
            desk.writes(feed, text);
        }
        desk
    }

    pub(super) async fn loaded() -> Self {
        let desk = Self::new().await;
        desk.imports(0).await.unwrap();
        desk
    }

    pub(super) fn writes(&self, feed: Feed, text: &str) {
        std::fs::write(self.files.path().join(feed.file()), text).unwrap();
    }

    pub(super) async fn imports(&self, minutes: i64) -> Result<Imported, NotImported> {
        self.imports_with(minutes, &Options::default()).await
    }

    pub(super) async fn imports_with(
        &self,
        minutes: i64,
        options: &Options,
    ) -> Result<Imported, NotImported> {
        self.registry.import_dir(self.files.path(), options, at(minutes), |_| {}).await
    }

    /// Rows, by what stands behind FROM.
    pub(super) async fn count(&self, of: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {of}");
        let row = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(self.registry.database.read());
        row.await.unwrap()
    }

    /// Makes every such write to a table fail, from outside.
    pub(super) async fn breaks(&self, table: &str, write: &str) {
        let sql = match self.registry.database.engine() {
            Engine::Postgres => format!(
                "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'disk full'; END; $$; \
                 CREATE TRIGGER broken BEFORE {write} ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"
            ),
            Engine::Sqlite => {
                format!(
                    "CREATE TRIGGER broken BEFORE {write} ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            }
        };
        self.tampers(sql).await;
    }

    pub(super) async fn mends(&self, table: &str) {
        let on = match self.registry.database.engine() {
            Engine::Postgres => format!(" ON {table}"),
            Engine::Sqlite => String::new(),
        };
        self.tampers(format!("DROP TRIGGER broken{on}")).await;
    }

    async fn tampers(&self, sql: String) {
        let mut connection = self.registry.database.writer("tampering").await.unwrap();
        sqlx::Executor::execute(&mut *connection, sqlx::AssertSqlSafe(sql)).await.unwrap();
    }

    pub(super) async fn facts(&self, wanted: &Wanted) -> Facts {
        self.registry.facts(wanted, at(60), MAX_AGE).await.unwrap()
    }

    pub(super) async fn refusals(&self, minutes: i64) -> Vec<Refusal> {
        match self.imports(minutes).await.unwrap_err() {
            NotImported::Refused { refusals, .. } => refusals,
            NotImported::Fault(fault) => panic!("{fault}"),
        }
    }
}

pub(super) fn finess(text: &str) -> Wanted {
    Wanted { finess: Some(Finess::parse(text, Profile::Production).unwrap()), ..Wanted::default() }
}

pub(super) fn cards<const N: usize>(numbers: [&str; N]) -> Wanted {
    Wanted { cards: numbers.map(|number| CardNumber::parse(number).unwrap()).to_vec(), ..Wanted::default() }
}

pub(super) fn names(facts: &StructureFacts) -> Vec<&str> {
    facts.establishments.iter().map(|site| site.name.as_str()).collect()
}

pub(super) fn numbers(facts: &Facts) -> Vec<&str> {
    facts.contracts.found().unwrap().iter().map(|contract| contract.number.as_str()).collect()
}
