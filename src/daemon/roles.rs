//! What a daemon does of the line: all of it, or the part that its machine is for.

use std::fmt;

/// The parts of the line that one daemon does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Takes mail in, and files it on the server: needs the mailbox.
    pub intake: bool,
    /// Reads, judges and records: needs neither mailbox nor relay.
    pub decide: bool,
    /// Sends the letters: needs the relay.
    pub answer: bool,
    /// Serves the desk to staff, where `desk.listen` says.
    pub desk: bool,
}

impl Roles {
    pub const ALL: Self = Self { intake: true, decide: true, answer: true, desk: true };
    pub const NONE: Self = Self { intake: false, decide: false, answer: false, desk: false };
}

impl fmt::Display for Roles {
    /// `intake, decide, answer, desk`, or some of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all =
            [(self.intake, "intake"), (self.decide, "decide"), (self.answer, "answer"), (self.desk, "desk")];
        let mine: Vec<_> = all.into_iter().filter_map(|(does, name)| does.then_some(name)).collect();
        f.write_str(&mine.join(", "))
    }
}
