//! Mails that ask something: whether each is closed, when and by whom, as the events say.

use super::message::Look;
use super::rows;
use super::story::End;
use crate::fault::Fault;

impl Look<'_> {
    /// A question that is kept has its row, and nothing else has; it is closed as the last event says.
    pub(super) async fn question(&mut self) -> Result<(), Fault> {
        let id = self.message.id;
        let rows: Vec<(Option<i64>, Option<String>)> =
            rows::of(self.at, "SELECT closed_at, closed_by FROM questions WHERE message_id = $1", id).await?;
        let asks = matches!(self.story.end, Some((End::Question, _))) && self.story.purged.is_none();
        if rows.len() != usize::from(asks) {
            let event = self.story.end.as_ref().map(|(_, told)| told.event);
            self.found.add(
                event,
                format!("message {id} stands among the questions, or does not, against its events"),
            );
        }
        let told = self.story.question.as_ref();
        let closed =
            told.filter(|(closed, _)| *closed).map(|(_, told)| (Some(told.at), Some(told.by.clone())));
        for row in rows {
            if row != closed.clone().unwrap_or_default() {
                let event = told.map(|(_, told)| told.event);
                self.found.add(
                    event,
                    format!("who has dealt with the question of message {id} is not what was told"),
                );
            }
        }
        Ok(())
    }
}
