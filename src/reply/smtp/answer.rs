//! What a relay's answer, or its silence, means for the mail that was being handed over.

use crate::domain::mail::Delivery;
use lettre::transport::smtp::Error;

/// How far a mail had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// MAIL FROM
    Sender,
    /// RCPT TO
    Recipient,
    /// DATA, before its 354
    Data,
    /// The mail itself, up to the answer to its final dot
    Content,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "the mail",
        }
    }
}

/// A mail that was not taken, or of which it is not known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub delivery: Delivery,
    /// Without addresses.
    pub said: String,
    /// The relay answered and goes on listening: the line can be used for another mail.
    pub line_is_good: bool,
    /// On a line kept open, the relay had gone before this mail began: a new line decides.
    pub line_was_dead: bool,
    /// The cause is our settings or the relay's policy towards us: staff have to act.
    pub ours: bool,
}

impl Trouble {
    /// No answer came: cut off, garbled, or too late.
    pub fn silence(step: Step, why: &str) -> Self {
        let delivery = match step {
            Step::Sender | Step::Recipient | Step::Data => Delivery::NotYet,
            // some of it was written, so the final dot may have arrived and the mail been taken
            Step::Content => Delivery::Unknown,
        };
        Self {
            delivery,
            said: format!("after {}: {}", step.name(), said(why)),
            line_is_good: false,
            line_was_dead: step == Step::Sender,
            ours: false,
        }
    }

    /// A negative answer, or none.
    pub fn of(step: Step, error: &Error) -> Self {
        let Some(code) = error.status().map(u16::from) else {
            return Self::silence(step, &error.to_string());
        };
        let answer = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        Self::answered(step, code, &answer)
    }

    /// A negative answer with its code (RFC 5321 §4.2).
    fn answered(step: Step, code: u16, answer: &str) -> Self {
        // the relay does not know us, or does not let us send: no fault of this mail's (RFC 4954 §6)
        let ours = matches!(code, 530 | 534 | 535 | 538) || (step == Step::Sender && code >= 500);
        let closing = code == 421;
        Self {
            delivery: if code < 500 || ours { Delivery::NotYet } else { Delivery::Refused },
            said: format!("{} to {}", said(&format!("{code} {answer}")), step.name()),
            line_is_good: !closing,
            line_was_dead: closing && step == Step::Sender,
            ours,
        }
    }
}

/// Characters kept of an answer.
const LONGEST: usize = 300;

/// A relay's words as they may be logged and kept: one line, no addresses, not too long.
pub(super) fn said(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let bare = words.map(|word| if word.contains('@') { "<…>" } else { word });
    bare.collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(step: Step, code: u16) -> Delivery {
        Trouble::answered(step, code, "no").delivery
    }

    #[test]
    fn a_refusal_counts_only_where_it_is_about_the_mail() {
        assert_eq!(delivery(Step::Recipient, 550), Delivery::Refused);
        assert_eq!(delivery(Step::Data, 554), Delivery::Refused);
        assert_eq!(delivery(Step::Content, 552), Delivery::Refused);
        assert_eq!(delivery(Step::Recipient, 451), Delivery::NotYet);
        assert_eq!(delivery(Step::Content, 451), Delivery::NotYet);
        assert_eq!(delivery(Step::Sender, 550), Delivery::NotYet, "our sender address, not the recipient");
        for code in [530, 534, 535, 538] {
            assert_eq!(delivery(Step::Recipient, code), Delivery::NotYet, "{code} is our login");
        }
    }

    #[test]
    fn silence_after_the_mail_leaves_its_end_unknown() {
        let after = |step| Trouble::silence(step, "cut").delivery;
        assert_eq!([Step::Sender, Step::Recipient, Step::Data].map(after), [Delivery::NotYet; 3]);
        assert_eq!(after(Step::Content), Delivery::Unknown);
    }

    #[test]
    fn what_a_relay_says_is_kept_without_addresses() {
        assert_eq!(said("550 5.1.1 <zoe@x.example>:\r\n unknown\u{7} user"), "550 5.1.1 <…> unknown user");
        assert_eq!(said(&"x ".repeat(1000)).chars().count(), LONGEST);
    }
}
