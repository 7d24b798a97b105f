//! What has to be there, and what does not go together: the rules of the fields that look at more than
//! one box ("L'ensemble des champs doit être complété", §3 and §4).

use super::super::applied::Applied;
use super::super::finding::{Code, Finding};
use super::super::form::{Entry, F413, Field, Role, Signature};
use super::super::messages;
use super::super::place::place;
use super::super::sheet::{Mark, Marked, Sheet, Tick};
use super::{ROLES, TYPES, broken};
use std::collections::BTreeMap;

pub(super) fn apply(sheet: &Sheet, form: &F413) -> Vec<Applied> {
    let mut check = Check { sheet, form, applied: Vec::new() };
    check.structure();
    check.signatory();
    check.administrators();
    check.usage();
    check.certificates();
    check.declaration();
    check.applied
}

struct Check<'a> {
    sheet: &'a Sheet,
    form: &'a F413,
    applied: Vec<Applied>,
}

impl Check<'_> {
    fn structure(&mut self) {
        let form = self.form;
        self.filled(Field::StructureName, &form.structure_name);
        let identifiers = [Field::Finess, Field::Siret, Field::RppsRang(0)];
        let none = form.finess.is_blank() && form.siret.is_blank() && form.rpps_rang.is_empty();
        let seen = identifiers.into_iter().all(|field| self.seen(field));
        self.there(Field::Structure, !none, seen);
        let another = !form.finess.is_blank() || !form.siret.is_blank();
        if !form.rpps_rang.is_empty() {
            let found = another.then(|| {
                let message = messages::rpps_rang_beside_another();
                Finding::review(Code::NotApplicable, Field::RppsRangs, message)
            });
            self.applied.push(Applied::of(Code::NotApplicable, Field::RppsRangs, found));
        }
    }

    fn signatory(&mut self) {
        let who = &self.form.signatory;
        let marks = self.marks(ROLES.map(Tick::Role));
        self.there(Field::Role, marks.checked + marks.unsure > 0, self.seen(Field::Role));
        if marks.checked > 0 {
            let several = (marks.checked > 1)
                .then(|| Finding::reject(Code::Ambiguous, Field::Role, messages::several_roles()));
            self.applied.push(Applied::of(Code::Ambiguous, Field::Role, several));
        }
        if who.role == Some(Role::PracticeHolder) {
            let none = self.form.rpps_rang.is_empty() && self.seen(Field::RppsRang(0));
            let found = none.then(|| {
                let message = messages::holder_without_rpps_rang();
                Finding::reject(Code::NotApplicable, Field::Role, message)
            });
            self.applied.push(Applied::of(Code::NotApplicable, Field::Role, found));
        }
        self.filled(Field::LastName, &who.last_name);
        self.filled(Field::FirstNames, &who.first_names);
        self.filled(Field::Phone, &who.phone);
        self.filled(Field::Email, &who.email);
        self.filled(Field::Card, &who.card);
    }

    fn administrators(&mut self) {
        let rows = &self.form.administrators;
        let columns = [
            Field::Administrators,
            Field::AdministratorCard(0),
            Field::AdministratorLastName(0),
            Field::AdministratorFirstName(0),
            Field::AdministratorPhone(0),
            Field::AdministratorEmail(0),
        ];
        let seen = columns.into_iter().all(|field| self.seen(field));
        self.there(Field::Administrators, !rows.is_empty(), seen);
        let mut lines = BTreeMap::new();
        for (n, row) in (0..).zip(rows) {
            self.filled(Field::AdministratorCard(n), &row.card);
            self.filled(Field::AdministratorLastName(n), &row.last_name);
            self.filled(Field::AdministratorFirstName(n), &row.first_name);
            self.filled(Field::AdministratorPhone(n), &row.phone);
            self.filled(Field::AdministratorEmail(n), &row.email);
            let Some(card) = row.card.valid() else { continue };
            let first = *lines.entry(card).or_insert(row.line);
            let field = Field::AdministratorCard(n);
            let again = (first != row.line).then(|| {
                let message = messages::duplicate(&place(field, Some(self.form)), card.as_str(), first);
                Finding::note(Code::Duplicate, field, message)
            });
            self.applied.push(Applied::of(Code::Duplicate, field, again));
        }
    }

    fn usage(&mut self) {
        let form = self.form;
        self.filled(Field::Purpose, &form.purpose);
        self.filled(Field::Publisher, &form.publisher);
        self.filled(Field::Solution, &form.solution);
    }

    fn certificates(&mut self) {
        let asked = &self.form.certificates;
        let marks = self.marks(TYPES.map(|(tick, _)| tick));
        let types = [
            (Field::Org, Field::OrgRequested),
            (Field::ServerSsl, Field::ServerSslRequested),
            (Field::ServerSmime, Field::ServerSmimeRequested),
            (Field::Pro, Field::ProRequested),
        ];
        let seen = self.seen(Field::Certificates)
            && types.into_iter().all(|(group, tick)| self.seen(group) && self.seen(tick));
        self.there(Field::Certificates, marks.checked + marks.unsure > 0, seen);
        let (domain, server) = (shown(&asked.ssl_domain), shown(&asked.ssl_server));
        let either = domain.or(server);
        if either.is_some() {
            let both = domain.zip(server).map(|(domain, server)| {
                let message = messages::both_ssl_lines(domain, server);
                Finding::reject(Code::Ambiguous, Field::ServerSsl, message)
            });
            self.applied.push(Applied::of(Code::Ambiguous, Field::ServerSsl, both));
        }
        if asked.server_ssl.ticked {
            let lines = self.seen(Field::SslDomain) && self.seen(Field::SslServer);
            self.there(Field::ServerSsl, either.is_some(), lines);
        }
        self.unasked(Tick::ServerSsl, Field::ServerSsl, "SERVEUR usage SSL_SERVEUR", either);
        let smime = shown(&asked.smime_mail_domain);
        if asked.server_smime.ticked {
            self.filled(Field::SmimeMailDomain, &asked.smime_mail_domain);
        }
        self.unasked(Tick::ServerSmime, Field::ServerSmime, "SERVEUR usage SMIME", smime);
        let pro = shown(&asked.pro_mail_domain);
        if asked.pro.ticked {
            self.filled(Field::ProMailDomain, &asked.pro_mail_domain);
        }
        self.unasked(Tick::Pro, Field::Pro, "PRO", pro);
    }

    /// A line is filled and its type surely not ticked.
    fn unasked(&mut self, tick: Tick, field: Field, kind: &str, line: Option<&str>) {
        let Some(value) = line else { return };
        let empty = self.sheet.ticks.get(&tick).is_none_or(surely_empty);
        let found =
            empty.then(|| Finding::review(Code::NotRequested, field, messages::not_requested(kind, value)));
        self.applied.push(Applied::of(Code::NotRequested, field, found));
    }

    fn declaration(&mut self) {
        let form = self.form;
        if let Some(terms) = self.sheet.ticks.get(&Tick::Terms) {
            self.there(Field::TermsAccepted, !surely_empty(terms), true);
        }
        self.filled(Field::Date, &form.date);
        let signatures = &self.sheet.digital_signatures;
        let bad = signatures.iter().any(broken);
        if !signatures.is_empty() {
            let message = messages::signature_broken;
            let found = bad.then(|| Finding::reject(Code::SignatureBroken, Field::Signature, message()));
            self.applied.push(Applied::of(Code::SignatureBroken, Field::Signature, found));
        }
        if !bad {
            let signed = !signatures.is_empty()
                || form.signature != Signature::None
                || form.signature_evidence.is_some();
            self.there(Field::Signature, signed, self.seen(Field::Signature));
        }
        let stamped = form.stamp || form.stamp_evidence.is_some();
        self.there(Field::Stamp, stamped, self.seen(Field::Stamp));
    }

    fn filled<T>(&mut self, field: Field, entry: &Entry<T>) {
        self.there(field, !entry.is_blank(), self.seen(field));
    }

    /// `missing`: what has to be there is not, in a place that was seen.
    fn there(&mut self, field: Field, is_there: bool, seen: bool) {
        const UNSEEN: &str = "la case n'a pas été trouvée sur les pages reçues";
        self.applied.push(match (is_there, seen) {
            (true, _) => Applied::passed(Code::Missing, field),
            (false, false) => Applied::not(Code::Missing, field, UNSEEN),
            (false, true) => {
                let message = messages::missing(field, &place(field, Some(self.form)));
                Finding::reject(Code::Missing, field, message).into()
            }
        });
    }

    /// Whether the box stood on a page that was sent, and was found there. Columns of lists are
    /// named by their first row.
    fn seen(&self, field: Field) -> bool {
        let away = |field| self.sheet.absent.contains(&field) || self.sheet.unlocated.contains(&field);
        !away(field) && !away(field.in_row(0))
    }

    fn marks<const N: usize>(&self, boxes: [Tick; N]) -> Marks {
        let count = |wanted| {
            boxes
                .iter()
                .filter(|tick| self.sheet.ticks.get(tick).is_some_and(|one| one.mark == wanted))
                .count()
        };
        Marks { checked: count(Mark::Checked), unsure: count(Mark::Unsure) }
    }
}

fn surely_empty(marked: &Marked) -> bool {
    marked.mark == Mark::Empty && !marked.disagrees
}

struct Marks {
    checked: usize,
    unsure: usize,
}

/// What a line shows, when anything is written there.
fn shown(entry: &Entry<super::DomainName>) -> Option<&str> {
    match entry {
        Entry::Blank => None,
        Entry::Wrong(words, _) => Some(words.expose()),
        Entry::Valid(name, _) => Some(name.as_str()),
    }
}
