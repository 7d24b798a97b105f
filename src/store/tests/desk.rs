//! What the store's tests start from: a store, mails, decisions.

use crate::database::testing::Place;
use crate::domain::case::{CaseNumber, Judged, Template, Verdict};
use crate::domain::finding::{Code, Finding};
use crate::domain::form::{Administrator, Entry, F413, Field, Masked};
use crate::domain::identifiers::{CardNumber, Finess};
use crate::domain::mail::{DocumentHead, MailHead, MailKind, SenderCheck};
use crate::domain::policy::Profile;
use crate::domain::sheet::{Area, Evidence, Source};
use crate::store::{
    Arrived, Basis, CaseState, Claimed, Decision, Ending, Kept, Lane, MailId, NewCase, NewMail, NewReply,
    Recorded, Store,
};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AssertSqlSafe, Executor};

pub const INBOX: &str = "INBOX";
pub const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// A moment, minutes after the tests' first one.
pub fn at(minutes: i64) -> Timestamp {
    let first: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    first + SignedDuration::from_mins(minutes)
}

/// A store of its own for one test.
pub struct Desk {
    pub store: Store,
    pub url: String,
    _place: Place,
}

impl Desk {
    pub async fn new() -> Self {
        let place = Place::new().await;
        let store = Store::open(&place.url).await.unwrap();
        Self { store, url: place.url.clone(), _place: place }
    }

    pub fn on_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Runs SQL behind the store's back: triggers that break a write, a tampering hand.
    pub async fn behind_its_back(&self, sql: &str) -> Result<(), sqlx::Error> {
        let mut connection = self.store.database().writer("tampering").await.unwrap();
        connection.execute(AssertSqlSafe(sql.to_owned())).await.map(|_| ())
    }

    /// Takes away what protects the events, as somebody would who tampers with them.
    pub async fn takes_the_triggers_away(&self) {
        for (trigger, table) in NO_TRIGGERS {
            let sql = if self.on_postgres() {
                format!("DROP TRIGGER IF EXISTS {trigger} ON {table}")
            } else {
                format!("DROP TRIGGER {trigger}")
            };
            self.behind_its_back(&sql).await.unwrap();
        }
    }

    /// Every event and row is as it was written, and the counts are what a count finds.
    pub async fn adds_up(&self) {
        let verified = crate::audit::verify(self.store.database(), &[]).await.unwrap();
        assert_eq!(verified.troubles, []);
        let ever = [(date(2000, 1, 1), date(2100, 1, 1))];
        let counted = self.store.counted(&ever).await.unwrap();
        self.counts_anew().await;
        assert_eq!(self.store.counted(&ever).await.unwrap(), counted);
    }

    pub async fn keeps(&self, uid: u32, raw: &str) -> MailId {
        let kept = self.store.keep(INBOX, 1, &[mail(uid, raw)], at(0)).await.unwrap();
        match kept.as_slice() {
            [Kept::New(id) | Kept::Copy(id)] => *id,
            other => panic!("not kept: {other:?}"),
        }
    }

    pub async fn claims(&self) -> Claimed {
        self.store.claim("ada", Lane::Quick, at(1), LEASE).await.unwrap().expect("something to claim")
    }

    /// Keeps a mail and records a rejected case with one reply for it.
    pub async fn decides(&self, uid: u32, raw: &str) -> Vec<CaseNumber> {
        self.keeps(uid, raw).await;
        let claimed = self.claims().await;
        match self.records(&claimed, &decision(vec![case("a.pdf")])).await {
            Recorded::Done { cases, .. } => cases,
            other => panic!("not recorded: {other:?}"),
        }
    }

    pub async fn records(&self, claimed: &Claimed, decision: &Decision) -> Recorded {
        self.store
            .record(claimed, decision, |numbers| Ok(vec![reply(claimed, numbers)]), at(2))
            .await
            .unwrap()
    }
}

pub fn mail(uid: u32, raw: &str) -> NewMail {
    let received_at = at(i64::from(uid)) - SignedDuration::from_hours(10);
    NewMail { uid, received_at: Some(received_at), arrived: Arrived::Whole(raw.as_bytes().to_vec()) }
}

pub fn head(from: &str) -> MailHead {
    let person = crate::domain::mail::Correspondent { name: None, address: Masked::new(from) };
    MailHead {
        kind: MailKind::Submission,
        automatic_because: None,
        from: Some(person.clone()),
        reply_to: Some(person),
        subject: Some(Masked::new("Formulaire F413")),
        message_id: Some("first@hopital.example".into()),
        references: vec![],
        sender: SenderCheck::Verified,
        spam: false,
        text: Masked::new("Bonjour"),
        notice: None,
    }
}

/// What protects the events, and on which table.
const NO_TRIGGERS: [(&str, &str); 3] = [
    ("events_are_never_changed", "events"),
    ("events_are_never_deleted", "events"),
    ("the_event_head_is_never_deleted", "event_head"),
];

/// A form that could not be read, in a document of this name.
pub fn case(document: &str) -> NewCase {
    let finding = Finding::reject(Code::FormBlank, Field::Document, "Le formulaire\0 est vide.");
    let judged = Judged {
        documents: vec![document.to_owned()],
        source: Source::Fields,
        form: None,
        applied: vec![finding.clone().into()],
        findings: vec![finding.clone()],
        verdict: Verdict::Rejected(crate::domain::case::Findings::new(vec![finding]).unwrap()),
        day: date(2026, 11, 23),
        snapshot: Some(4),
        class: None,
    };
    NewCase {
        judged,
        report: serde_json::json!({ "verdict": "rejected" }),
        explanation: serde_json::json!({ "rules": [] }),
        state: CaseState::Decided,
        continues: vec![],
        wait: None,
        ground: None,
    }
}

/// SHA-256 of the document that all test mails carry.
pub const FORM: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub fn decision(cases: Vec<NewCase>) -> Decision {
    ending(Ending::Cases(cases))
}

pub fn ending(ending: Ending) -> Decision {
    Decision {
        ending,
        head: Some(head("Marie.Curie@Hopital.example")),
        documents: vec![DocumentHead {
            name: "a.pdf".into(),
            media_type: "application/pdf".into(),
            size: 7,
            sha256: FORM.into(),
        }],
        assumed_new: vec![],
        day: date(2026, 11, 23),
        basis: Basis { rules_version: "r1".into(), reader_version: "0.1.0".into() },
        not_answered_because: None,
    }
}

pub fn reply(claimed: &Claimed, numbers: &[CaseNumber]) -> NewReply {
    let names = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    NewReply {
        template: Template::Rejected,
        to: Masked::new("Marie.Curie@Hopital.example"),
        subject: Masked::new(format!("Votre formulaire {names}")),
        message_id: format!("<{}.0@guichet.example>", claimed.sha256),
        attachments: vec![],
        mail: format!("Subject: {names}\r\n\r\n").into_bytes(),
        held: false,
        shadow: false,
        unless_since: None,
        not_before: None,
        within: None,
    }
}

/// A case of a form with answers in the boxes that are searched; the SIRET is written wrong.
pub fn filled(document: &str) -> NewCase {
    let evidence = || Evidence {
        raw: String::new(),
        confidence: 1.0,
        page: 2.into(),
        area: Area::new(0.0, 0.0, 1.0, 1.0),
    };
    let words = |text: &str| Entry::Valid(Masked::new(text), evidence());
    let card = |text: &str| Entry::Valid(CardNumber::parse(text).unwrap(), evidence());
    let mut form = F413 {
        structure_name: words("Centre hôpital de Saint-Évroult"),
        finess: Entry::Valid(Finess::parse("310908306", Profile::Production).unwrap(), evidence()),
        siret: Entry::Wrong(Masked::new("3661318600000"), evidence()),
        rpps_rang: vec![Entry::Wrong(Masked::new("10003456781029"), evidence())],
        ..F413::default()
    };
    form.signatory.last_name = words("BRETON");
    form.signatory.card = card("2900351819");
    form.administrators = vec![
        Administrator { line: 1, card: card("2400319487"), ..Administrator::default() },
        Administrator { line: 2, card: card("2400319487"), ..Administrator::default() },
    ];
    let mut new = case(document);
    new.judged.form = Some(form);
    new
}
