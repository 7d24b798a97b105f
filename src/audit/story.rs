//! What the events say of one message: the state that its rows must be in.

use super::decided::AtTheDesk;
use super::rows::EventRow;
use serde_json::Value;
use std::collections::BTreeMap;

/// A message by its events.
#[derive(Default)]
pub(super) struct Story {
    pub(super) kept: Option<Told>,
    /// Where it was seen: mailbox, UIDVALIDITY, UID.
    pub(super) seen: Vec<(String, i64, i64)>,
    /// How it ended last, and the event; `None`: not yet, or it was taken up again.
    pub(super) end: Option<(End, Told)>,
    pub(super) not_answered: Option<Told>,
    /// Nothing was answered, and an event says why.
    pub(super) spared: bool,
    pub(super) cases: BTreeMap<i64, CaseTold>,
    pub(super) replies: BTreeMap<i64, ReplyTold>,
    pub(super) purged: Option<Told>,
    /// Who closed the question last, and whether it was opened again since.
    pub(super) question: Option<(bool, Told)>,
}

/// An event, as far as the rows are concerned.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) event: i64,
    pub(super) at: i64,
    pub(super) by: String,
    pub(super) detail: Value,
    pub(super) aside: Option<Value>,
    /// What stands beside it, as it is.
    pub(super) text: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Parked,
    Cases,
    Repeat,
    Question,
    Automatic,
}

/// A case: how it was opened, and what later events made of it.
pub(super) struct CaseTold {
    pub(super) opened: Told,
    pub(super) verdict: Value,
    pub(super) state: Value,
    pub(super) report: Value,
    pub(super) explanation: Value,
    /// The event that said verdict or report last.
    pub(super) decided: (i64, i64),
    /// The event that said last what it is filed under.
    pub(super) filed: Told,
    /// What staff said that they decided, in order.
    pub(super) staff: Vec<Told>,
    /// What they did with it at the desk.
    pub(super) at_the_desk: AtTheDesk,
}

/// A reply: how it came to be, and where it stands.
pub(super) struct ReplyTold {
    pub(super) made: Told,
    /// The states it can be in after its last event.
    pub(super) states: &'static [&'static str],
    /// The last event that ended an attempt.
    pub(super) ended: Option<Told>,
    /// Attempts that ended, by number.
    pub(super) attempts: BTreeMap<i64, Told>,
    /// Whether its last event is the end of an attempt.
    pub(super) at_rest: bool,
}

impl Told {
    fn new(row: &EventRow) -> Self {
        let text = row.text.clone();
        let by = row.actor.clone();
        Self { event: row.id, at: row.at, by, detail: row.detail(), aside: row.aside(), text }
    }

    /// What the event says under this key; `None` where it is of a version that did not say it.
    pub(super) fn says(&self, key: &str) -> Option<&Value> {
        self.detail.get(key)
    }

    /// What stands beside the event in this place; `None` also where it was purged.
    pub(super) fn beside(&self, pointer: &str) -> Option<&Value> {
        self.aside.as_ref()?.pointer(pointer)
    }
}

impl Story {
    pub(super) fn of(events: &[EventRow]) -> Self {
        let mut story = Self::default();
        for row in events {
            story.add(row);
        }
        story
    }

    fn add(&mut self, row: &EventRow) {
        let told = Told::new(row);
        match row.kind.as_str() {
            "message_kept" | "copy_seen" => {
                let number = |key| told.says(key).and_then(Value::as_i64).unwrap_or_default();
                let mailbox = told.says("mailbox").and_then(Value::as_str).unwrap_or_default().to_owned();
                self.seen.push((mailbox, number("uidvalidity"), number("uid")));
                if row.kind == "message_kept" {
                    self.kept = Some(told);
                }
            }
            "message_parked" => self.end = Some((End::Parked, told)),
            "message_unparked" => self.end = None,
            "case_repeated" => self.end = Some((End::Repeat, told)),
            "question_kept" => self.end = Some((End::Question, told)),
            "question_closed" => self.question = Some((true, told)),
            "question_reopened" => self.question = Some((false, told)),
            "automatic_kept" => self.end = Some((End::Automatic, told)),
            "not_answered" => self.not_answered = Some(told),
            "reply_spared" => self.spared = true,
            "purged" => self.purged = Some(told),
            _ => match (row.reply_id, row.case_id) {
                (Some(reply), _) => self.reply(reply, &row.kind, told),
                (None, Some(case)) => self.case(case, &row.kind, told),
                (None, None) => {}
            },
        }
    }

    fn case(&mut self, id: i64, kind: &str, told: Told) {
        if kind == "case_opened" {
            self.end = Some((End::Cases, told.clone()));
            let of = |key: &str| told.says(key).cloned().unwrap_or_default();
            let (verdict, state, report) = (of("verdict"), of("state"), of("report_sha256"));
            let explanation = of("explanation_sha256");
            let decided = (told.event, told.at);
            let (staff, filed) = (Vec::new(), told.clone());
            let at_the_desk = AtTheDesk::default();
            let case = CaseTold {
                opened: told,
                verdict,
                state,
                report,
                explanation,
                decided,
                filed,
                staff,
                at_the_desk,
            };
            self.cases.insert(id, case);
        } else if kind == "staff_decided" {
            self.cases.entry(id).and_modify(|case| case.staff.push(told));
        } else if let Some(case) = self.cases.get_mut(&id) {
            case.at_the_desk.add(kind, &told);
            // whatever changes a case says what is new
            let places = [
                ("verdict", &mut case.verdict),
                ("report_sha256", &mut case.report),
                ("explanation_sha256", &mut case.explanation),
            ];
            for (key, place) in places {
                if let Some(new) = told.says(key) {
                    *place = new.clone();
                    case.decided = (told.event, told.at);
                }
            }
            if let Some(new) = told.says("state") {
                case.state = new.clone();
            }
            // those of a version before did not say it
            if told.says("report_sha256").is_some() && told.says("text_sha256").is_some() {
                case.filed = told;
            }
        }
    }

    fn reply(&mut self, id: i64, kind: &str, told: Told) {
        let (states, ends): (&'static [&'static str], bool) = match kind {
            "reply_due" => (&["due", "sending"], false),
            "reply_held" | "reply_withdrawn" => (&["held"], false),
            "reply_resent" => (&["due", "sending"], false),
            "reply_put_off" => (&["due", "sending"], true),
            "reply_sent" => (&["sent"], true),
            "reply_refused" => (&["refused"], true),
            "reply_unknown" => (&["unknown"], true),
            _ => return,
        };
        if matches!(kind, "reply_due" | "reply_held") {
            let attempts = BTreeMap::new();
            self.replies.insert(id, ReplyTold { made: told, states, ended: None, attempts, at_rest: false });
        } else if let Some(reply) = self.replies.get_mut(&id) {
            reply.states = states;
            reply.at_rest = ends && states != ["due", "sending"];
            if ends {
                if let Some(attempt) = told.says("attempt").and_then(Value::as_i64) {
                    reply.attempts.insert(attempt, told.clone());
                }
                reply.ended = Some(told);
            }
        }
    }
}
