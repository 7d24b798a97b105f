//! Daemons killed and cut off at random moments, with mail coming in all the while: what became of each
//! mail. `cargo bench --bench kills` does the same at length.

use crate::machine::{Machine, Parts, nth, nth_rejected, sender};
use mail_parser::{MessageParser, MimeHeaders as _};
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

/// How much is killed.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub mails: usize,
    /// `kill -9` of a daemon.
    pub kills: usize,
    /// Connections that are reset, every other one to the mailbox and to the relay.
    pub cuts: usize,
    pub daemons: usize,
    pub postgres: bool,
    /// The same moments again, as far as processes keep time.
    pub seed: u64,
}

/// What became of the mails.
#[derive(Debug, Clone)]
pub struct Told {
    pub plan: Plan,
    pub cuts: usize,
    /// Mails with exactly one letter.
    pub once: usize,
    /// Mails with more than one letter.
    pub twice: Vec<String>,
    /// Mails with neither a letter nor a reply whose end is unknown.
    pub lost: Vec<String>,
    /// Replies whose end nobody knows, as `replies list --state unknown` names them, whose letter came …
    pub unknown_came: Vec<String>,
    /// … and whose letter did not.
    pub unknown_did_not: Vec<String>,
    pub cases: usize,
    /// Of these, those of forms that were sent back.
    pub rejected: usize,
    /// Letters that came with other files than belong to them.
    pub torn: usize,
    /// Mails in the folder of handled ones on the server, and left in the inbox.
    pub filed: usize,
    pub left: usize,
    pub verified: bool,
    pub took: Duration,
}

/// Every third form is sent back, with a copy to be corrected.
fn is_rejected(n: usize) -> bool {
    n % 3 == 2
}

/// What is attached to a letter is what belongs to it: nothing where the form was accepted, a whole
/// copy of it where it was sent back, which bears the case's number as its name does.
fn is_whole(letter: &[u8]) -> bool {
    let letter = MessageParser::default().parse(letter).unwrap();
    let to = letter.to().unwrap().first().unwrap().address().unwrap();
    let number = to.trim_start_matches("bureau").split('@').next().unwrap();
    let files: Vec<_> = letter.attachments().collect();
    if !is_rejected(number.parse().unwrap()) {
        return files.is_empty();
    }
    let [file] = files.as_slice() else { return false };
    let Ok(copy) = lopdf::Document::load_mem(file.contents()) else { return false };
    let info = copy.trailer.get_deref(b"Info", &copy).and_then(lopdf::Object::as_dict);
    let title = info.and_then(|info| info.get(b"Title")).and_then(lopdf::Object::as_str).unwrap();
    let name = file.attachment_name().unwrap_or_default();
    name.as_bytes() == [title, b".pdf"].concat()
}

/// Lets mail come in, kills and cuts, and waits until everything has come to an end.
pub fn kills(plan: &Plan) -> Told {
    let parts = Parts { postgres: plan.postgres, proxies: true, ..Parts::default() };
    let mut machine = Machine::of(parts);
    // a mail that its worker died over five times is put aside for a person: here that is not its doing
    let patient = "[daemon]\nmax_attempts = 1000\n";
    machine.configures("guichet", &[&machine.mailbox_table(), &machine.transport_table(), patient]);
    machine.imports();
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    let begun = Instant::now();
    let mut delivered = 0;
    let deliver = |delivered: &mut usize, until: usize, machine: &Machine| {
        while *delivered < until.min(plan.mails) {
            let mail = if is_rejected(*delivered) { nth_rejected(*delivered) } else { nth(*delivered) };
            machine.dovecot.deliver(&mail);
            *delivered += 1;
        }
    };
    for n in 0..plan.daemons {
        machine.starts_nth(n);
    }
    let mut armed = 0;
    for kill in 0..plan.kills {
        // some wait from the start, the others come one by one
        deliver(&mut delivered, plan.mails / 10 + plan.mails * (kill + 1) / plan.kills, &machine);
        while armed < plan.cuts * (kill + 1) / plan.kills {
            // a login is some thousand bytes, a mail some hundred thousand
            let bytes = chance.usize(1..40_000);
            let line = if armed % 2 == 0 { &machine.imap } else { &machine.smtp };
            line.as_ref().unwrap().cuts_after(bytes);
            armed += 1;
        }
        std::thread::sleep(Duration::from_millis(chance.u64(30..700)));
        let whose = chance.usize(0..plan.daemons);
        machine.nth_dies(whose);
        machine.starts_nth(whose);
    }
    deliver(&mut delivered, plan.mails, &machine);
    looks(plan, &machine, begun)
}

fn looks(plan: &Plan, machine: &Machine, begun: Instant) -> Told {
    let unknown = machine.waits_for_ends(plan.mails);
    machine.waits_until("the mails that were sent arrive", || {
        machine.postfix.count() >= plan.mails - unknown.len()
    });
    machine.waits_until("the inbox is empty", || machine.dovecot.mails("").is_empty());
    let took = begun.elapsed();
    let answered = machine.answered();
    let of = |reply: &serde_json::Value| reply["to"].as_str().unwrap().to_owned();
    let named =
        |reply: &serde_json::Value| format!("reply {} to {}", reply["id"].as_str().unwrap(), of(reply));
    let (came, did_not): (Vec<_>, Vec<_>) =
        unknown.iter().partition(|reply| answered.contains_key(&of(reply)));
    let unknown: BTreeSet<String> = unknown.iter().map(of).collect();
    let senders = || (0..plan.mails).map(sender);
    let letters = |sender: &String| answered.get(sender).copied().unwrap_or_default();
    let cases = machine.prints(&["cases", "list", "--limit", "100000", "--json"]);
    let rejected = cases.lines().filter(|case| case.contains("\"rejected\"")).count();
    let cases = cases.lines().count();
    let broken = |line: &Option<crate::proxy::Proxy>| line.as_ref().unwrap().broken();
    Told {
        plan: *plan,
        cuts: broken(&machine.imap) + broken(&machine.smtp),
        once: senders().filter(|sender| letters(sender) == 1).count(),
        twice: senders().filter(|sender| letters(sender) > 1).collect(),
        lost: senders().filter(|sender| letters(sender) == 0 && !unknown.contains(sender)).collect(),
        unknown_came: came.into_iter().map(named).collect(),
        unknown_did_not: did_not.into_iter().map(named).collect(),
        cases,
        rejected,
        torn: machine.postfix.delivered().iter().filter(|letter| !is_whole(letter)).count(),
        filed: machine.dovecot.mails(".Trait&AOk-s").len(),
        left: machine.dovecot.mails("").len(),
        verified: machine.guichet(&["audit", "verify"]).output().unwrap().status.success(),
        took,
    }
}

impl Told {
    /// What should not be.
    pub fn wrong(&self) -> Vec<String> {
        let mails = self.plan.mails;
        let mut wrong = Vec::new();
        let mut unless = |so: bool, what: String| {
            if !so {
                wrong.push(what);
            }
        };
        unless(self.lost.is_empty(), format!("lost: {:?}", self.lost));
        unless(self.twice.is_empty(), format!("answered twice: {:?}", self.twice));
        let accounted = self.once + self.twice.len() + self.unknown_did_not.len();
        unless(accounted == mails, format!("{accounted} of {mails} mails are accounted for"));
        unless(self.cases == mails, format!("{} cases of {mails} mails", self.cases));
        let rejected = (0..mails).filter(|n| is_rejected(*n)).count();
        unless(self.rejected == rejected, format!("{} of {rejected} rejected", self.rejected));
        unless(self.torn == 0, format!("{} letters with other files than theirs", self.torn));
        unless((self.filed, self.left) == (mails, 0), format!("{} filed, {} left", self.filed, self.left));
        unless(self.verified, "audit verify finds something".to_owned());
        unless(self.cuts > 0 || self.plan.cuts == 0, "nothing was cut".to_owned());
        wrong
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = if self.plan.postgres { "PostgreSQL" } else { "SQLite" };
        write!(
            f,
            "{engine:<12} {:>7}  {:>5}  {:>5}  {:>4}  {:>13}  {:>5}  {:>4}  {:>20}  {:>7}  {:>5}  {:>5}  {:>7.0}",
            self.plan.daemons,
            self.plan.mails,
            self.plan.kills,
            self.cuts,
            self.once,
            self.twice.len(),
            self.lost.len(),
            self.unknown_came.len(),
            self.unknown_did_not.len(),
            self.cases,
            self.filed,
            self.took.as_secs_f64(),
        )
    }
}
