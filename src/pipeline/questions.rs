//! A colleague's answer to a mail that asks something: shown exactly as it will leave, and taken back within
//! the same time as a decision.

use super::Line;
use super::letters::Mailed;
use crate::domain::form::Masked;
use crate::fault::Fault;
use crate::reply::ByHand;
use crate::store::{NewEnd, NewReply, Question, Staffed};
use jiff::{SignedDuration, Timestamp};

impl Line {
    /// The letter that an answer would be, and its plain text. `None`: nobody can be written to.
    pub fn propose_answer(
        &self,
        question: &Question,
        text: &str,
    ) -> Result<Option<(NewReply, Masked)>, Fault> {
        let mailed = Mailed {
            sha256: &question.sha256,
            received_at: question.received_at,
            documents: &question.documents,
            copies: &[],
            letters: question.letters,
        };
        let by_hand = ByHand { remark: Some(text), asks: false, by_person: true };
        self.composed(mailed, &question.head, (&[], &[]), by_hand, self.now())
    }

    /// Closes a question with this answer, which leaves after `undo`. `None`: nobody can be written to.
    pub async fn answer_question(
        &self,
        question: &Question,
        text: &str,
        by: &str,
        undo: SignedDuration,
    ) -> Result<Option<Staffed>, Fault> {
        let Some((mut letter, _)) = self.propose_answer(question, text)? else { return Ok(None) };
        let now = self.now();
        let undo_until = now.saturating_add(undo).unwrap_or(Timestamp::MAX);
        letter.not_before = Some(undo_until);
        let end = NewEnd { note: None, answer: Some((&letter, undo_until)) };
        self.store.close_question(question, &end, by, now).await.map(Some)
    }
}
