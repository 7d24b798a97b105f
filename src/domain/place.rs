//! Where a field stands on the paper, in the form's own words: what a letter calls
//! "4.1, ligne 2, « N° de carte »" (headings and labels of F413, sections 3 and 4).

use super::form::{F413, Field};

/// The box of a field, named as the requester sees it. Rows of 4.1 are counted as on the paper,
/// which the form knows (`Administrator::line`); without a form the position in the list is taken.
#[must_use]
pub fn place(field: Field, form: Option<&F413>) -> String {
    let line = |n: u8| {
        let on_paper = form.and_then(|form| form.administrators.get(usize::from(n))).map(|row| row.line);
        on_paper.filter(|line| *line > 0).unwrap_or(n.saturating_add(1))
    };
    let cell = |n: u8, label: &str| format!("4.1, ligne {}, « {label} »", line(n));
    match field {
        Field::RppsRang(n) => format!("3.1, « RPPS rang », {}", ordinal(n)),
        Field::Administrator(n) => format!("4.1, ligne {}", line(n)),
        Field::AdministratorCard(n) => cell(n, "N° de carte"),
        Field::AdministratorLastName(n) => cell(n, "Nom figurant sur la carte"),
        Field::AdministratorFirstName(n) => cell(n, "Prénom figurant sur la carte"),
        Field::AdministratorPhone(n) => cell(n, "Téléphone"),
        Field::AdministratorEmail(n) => cell(n, "Email professionnel"),
        Field::Document
        | Field::Structure
        | Field::StructureName
        | Field::Finess
        | Field::Siret
        | Field::RppsRangs
        | Field::Signatory
        | Field::Role
        | Field::LastName
        | Field::FirstNames
        | Field::Phone
        | Field::Email
        | Field::Card
        | Field::Administrators
        | Field::Purpose
        | Field::Publisher
        | Field::Solution
        | Field::Certificates
        | Field::Org
        | Field::OrgRequested
        | Field::ServerSsl
        | Field::ServerSslRequested
        | Field::SslDomain
        | Field::SslServer
        | Field::ServerSmime
        | Field::ServerSmimeRequested
        | Field::SmimeMailDomain
        | Field::Pro
        | Field::ProRequested
        | Field::ProMailDomain
        | Field::Date
        | Field::Signature
        | Field::Stamp
        | Field::TermsAccepted => fixed(field).to_owned(),
    }
}

fn ordinal(n: u8) -> String {
    match n {
        0 => "1er numéro".to_owned(),
        n => format!("{}e numéro", u16::from(n) + 1),
    }
}

/// Boxes that stand on the form once.
fn fixed(field: Field) -> &'static str {
    match field {
        Field::Document => "le document",
        Field::Structure => "3.1, identification de la structure",
        Field::StructureName => "3.1, « Dénomination de la structure »",
        Field::Finess => "3.1, « FINESS »",
        Field::Siret => "3.1, « N° SIRET »",
        Field::RppsRangs | Field::RppsRang(_) => "3.1, « RPPS rang »",
        Field::Signatory => "3.2, identification du signataire",
        Field::Role => "3.2, « Êtes-vous le »",
        Field::LastName => "3.2, « Nom »",
        Field::FirstNames => "3.2, « Prénom(s) »",
        Field::Phone => "3.2, « Téléphone »",
        Field::Email => "3.2, « Email professionnel »",
        Field::Card => "3.2, « N° de carte »",
        Field::Administrators
        | Field::Administrator(_)
        | Field::AdministratorCard(_)
        | Field::AdministratorLastName(_)
        | Field::AdministratorFirstName(_)
        | Field::AdministratorPhone(_)
        | Field::AdministratorEmail(_) => "4.1, administrateurs techniques",
        Field::Purpose => "4.2, « Précisions sur l'usage des certificats et sur votre projet »",
        Field::Publisher => "4.2, « Éditeur de la solution »",
        Field::Solution => "4.2, « Solution utilisée »",
        Field::Certificates => "4.3, types de certificats souhaités",
        Field::Org => "4.3, « Certificat ORG »",
        Field::OrgRequested => "4.3, case « Certificat ORG »",
        Field::ServerSsl => "4.3, « Certificat SERVEUR, usage SSL_SERVEUR »",
        Field::ServerSslRequested => "4.3, case « Certificat SERVEUR, usage SSL_SERVEUR »",
        Field::SslDomain => "4.3, SSL_SERVEUR, « nom de domaine »",
        Field::SslServer => "4.3, SSL_SERVEUR, « restreint au serveur »",
        Field::ServerSmime => "4.3, « Certificat SERVEUR, usage SMIME »",
        Field::ServerSmimeRequested => "4.3, case « Certificat SERVEUR, usage SMIME »",
        Field::SmimeMailDomain => "4.3, SERVEUR SMIME, « nom de domaine de messagerie »",
        Field::Pro => "4.3, « Certificat PRO »",
        Field::ProRequested => "4.3, case « Certificat PRO »",
        Field::ProMailDomain => "4.3, PRO, « nom de domaine de messagerie »",
        Field::Date => "fin de la section 4, « Date »",
        Field::Signature => "fin de la section 4, « Signature »",
        Field::Stamp => "fin de la section 4, « Cachet de la structure »",
        Field::TermsAccepted => "fin de la section 4, conditions générales d'utilisation",
    }
}

#[cfg(test)]
mod tests {
    use super::super::form::Administrator;
    use super::*;

    #[test]
    fn a_row_is_counted_as_on_the_paper() {
        let rows = [1, 3].map(|line| Administrator { line, ..Administrator::default() });
        let form = F413 { administrators: rows.to_vec(), ..F413::default() };
        let card = Field::AdministratorCard(1);
        assert_eq!(place(card, Some(&form)), "4.1, ligne 3, « N° de carte »");
        assert_eq!(place(card, None), "4.1, ligne 2, « N° de carte »");
    }

    #[test]
    fn lines_of_a_list_are_named_in_french() {
        assert_eq!(place(Field::RppsRang(0), None), "3.1, « RPPS rang », 1er numéro");
        assert_eq!(place(Field::RppsRang(255), None), "3.1, « RPPS rang », 256e numéro");
    }
}
