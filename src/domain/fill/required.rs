//! What has to be there, and what does not go together: the rules of the fields that look at more than
//! one box ("L'ensemble des champs doit être complété", §3 and §4).

use super::super::finding::{Code, Finding};
use super::super::form::{Entry, F413, Field, Role, Signature};
use super::super::messages;
use super::super::place::place;
use super::super::sheet::{Mark, Marked, Sheet, Tick};
use super::{ROLES, TYPES, broken};
use std::collections::BTreeMap;

pub(super) fn findings(sheet: &Sheet, form: &F413) -> Vec<Finding> {
    let mut check = Check { sheet, form, found: Vec::new() };
    check.structure();
    check.signatory();
    check.administrators();
    check.usage();
    check.certificates();
    check.declaration();
    check.found
}

struct Check<'a> {
    sheet: &'a Sheet,
    form: &'a F413,
    found: Vec<Finding>,
}

impl Check<'_> {
    fn structure(&mut self) {
        let form = self.form;
        self.filled(Field::StructureName, &form.structure_name);
        let identifiers = [Field::Finess, Field::Siret, Field::RppsRang(0)];
        let none = form.finess.is_blank() && form.siret.is_blank() && form.rpps_rang.is_empty();
        if none && identifiers.into_iter().all(|field| self.seen(field)) {
            self.missing(Field::Structure);
        }
        let another = !form.finess.is_blank() || !form.siret.is_blank();
        if another && !form.rpps_rang.is_empty() {
            let message = messages::rpps_rang_beside_another();
            self.found.push(Finding::review(Code::NotApplicable, Field::RppsRangs, message));
        }
    }

    fn signatory(&mut self) {
        let who = &self.form.signatory;
        match self.marks(ROLES.map(Tick::Role)) {
            Marks { checked: 0, unsure: 0 } if self.seen(Field::Role) => self.missing(Field::Role),
            Marks { checked: 2.., .. } => {
                self.found.push(Finding::reject(Code::Ambiguous, Field::Role, messages::several_roles()));
            }
            Marks { .. } => {}
        }
        let holder = who.role == Some(Role::PracticeHolder);
        if holder && self.form.rpps_rang.is_empty() && self.seen(Field::RppsRang(0)) {
            let message = messages::holder_without_rpps_rang();
            self.found.push(Finding::reject(Code::NotApplicable, Field::Role, message));
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
        if rows.is_empty() && columns.into_iter().all(|field| self.seen(field)) {
            self.missing(Field::Administrators);
        }
        let mut lines = BTreeMap::new();
        for (n, row) in (0..).zip(rows) {
            self.filled(Field::AdministratorCard(n), &row.card);
            self.filled(Field::AdministratorLastName(n), &row.last_name);
            self.filled(Field::AdministratorFirstName(n), &row.first_name);
            self.filled(Field::AdministratorPhone(n), &row.phone);
            self.filled(Field::AdministratorEmail(n), &row.email);
            let Some(card) = row.card.valid() else { continue };
            let first = *lines.entry(card).or_insert(row.line);
            if first != row.line {
                let field = Field::AdministratorCard(n);
                let message = messages::duplicate(&place(field, Some(self.form)), card.as_str(), first);
                self.found.push(Finding::note(Code::Duplicate, field, message));
            }
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
        if marks.checked == 0 && marks.unsure == 0 && seen {
            self.missing(Field::Certificates);
        }
        let (domain, server) = (shown(&asked.ssl_domain), shown(&asked.ssl_server));
        if let (Some(domain), Some(server)) = (domain, server) {
            let message = messages::both_ssl_lines(domain, server);
            self.found.push(Finding::reject(Code::Ambiguous, Field::ServerSsl, message));
        }
        let either = domain.or(server);
        let lines = self.seen(Field::SslDomain) && self.seen(Field::SslServer);
        if asked.server_ssl.ticked && either.is_none() && lines {
            self.missing(Field::ServerSsl);
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
        let empty = self.sheet.ticks.get(&tick).is_none_or(surely_empty);
        if let (Some(value), true) = (line, empty) {
            self.found.push(Finding::review(Code::NotRequested, field, messages::not_requested(kind, value)));
        }
    }

    fn declaration(&mut self) {
        let form = self.form;
        if self.sheet.ticks.get(&Tick::Terms).is_some_and(surely_empty) {
            self.missing(Field::TermsAccepted);
        }
        self.filled(Field::Date, &form.date);
        let signatures = &self.sheet.digital_signatures;
        if signatures.iter().any(broken) {
            let message = messages::signature_broken();
            self.found.push(Finding::reject(Code::SignatureBroken, Field::Signature, message));
        } else if signatures.is_empty()
            && form.signature == Signature::None
            && form.signature_evidence.is_none()
            && self.seen(Field::Signature)
        {
            self.missing(Field::Signature);
        }
        if !form.stamp && form.stamp_evidence.is_none() && self.seen(Field::Stamp) {
            self.missing(Field::Stamp);
        }
    }

    fn filled<T>(&mut self, field: Field, entry: &Entry<T>) {
        if entry.is_blank() && self.seen(field) {
            self.missing(field);
        }
    }

    fn missing(&mut self, field: Field) {
        let message = messages::missing(field, &place(field, Some(self.form)));
        self.found.push(Finding::reject(Code::Missing, field, message));
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
