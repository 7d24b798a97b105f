//! The form and its evidence as the report shows them: plain strings under the schema's names.

use crate::domain::form::{Administrator, Entry, F413, Field, Masked, Role, Signature};
use crate::domain::sheet::Evidence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

type Text = Option<String>;

#[derive(Debug, Clone, Serialize)]
pub struct Form {
    pub structure: Structure,
    pub signatory: Signatory,
    pub administrators: Vec<AdministratorRow>,
    pub usage: Usage,
    pub certificates: Certificates,
    pub declaration: Declaration,
}

#[derive(Debug, Clone, Serialize)]
pub struct Structure {
    pub name: Text,
    pub finess: Text,
    pub siret: Text,
    pub rpps_rang: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Signatory {
    pub role: Option<Role>,
    pub last_name: Text,
    pub first_names: Text,
    pub phone: Text,
    pub email: Text,
    pub card: Text,
}

#[derive(Debug, Clone, Serialize)]
pub struct AdministratorRow {
    pub card: Text,
    pub last_name: Text,
    pub first_name: Text,
    pub phone: Text,
    pub email: Text,
}

#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    pub purpose: Text,
    pub publisher: Text,
    pub solution: Text,
}

#[derive(Debug, Clone, Serialize)]
pub struct Certificates {
    pub org: Org,
    pub server_ssl: ServerSsl,
    pub server_smime: MailCertificate,
    pub pro: MailCertificate,
}

#[derive(Debug, Clone, Serialize)]
pub struct Org {
    pub requested: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ServerSsl {
    pub requested: bool,
    pub domain: Text,
    pub server: Text,
}

#[derive(Debug, Clone, Serialize)]
pub struct MailCertificate {
    pub requested: bool,
    pub mail_domain: Text,
}

#[derive(Debug, Clone, Serialize)]
pub struct Declaration {
    pub date: Text,
    pub signature: Signature,
    pub stamp: bool,
    pub terms_accepted: Option<bool>,
}

/// What an entry shows: the value, or the words that are not one.
fn shown<T>(entry: &Entry<T>, text: impl Fn(&T) -> &str) -> Text {
    match entry {
        Entry::Blank => None,
        Entry::Wrong(words, _) => Some(words.expose().to_owned()),
        Entry::Valid(value, _) => Some(text(value).to_owned()),
    }
}

fn words(entry: &Entry<Masked>) -> Text {
    shown(entry, Masked::expose)
}

impl From<&F413> for Form {
    fn from(form: &F413) -> Self {
        let asked = &form.certificates;
        Self {
            structure: Structure {
                name: words(&form.structure_name),
                finess: shown(&form.finess, |finess| finess.as_str()),
                siret: shown(&form.siret, |siret| siret.as_str()),
                rpps_rang: form
                    .rpps_rang
                    .iter()
                    .filter_map(|line| shown(line, |rang| rang.as_str()))
                    .collect(),
            },
            signatory: Signatory {
                role: form.signatory.role,
                last_name: words(&form.signatory.last_name),
                first_names: words(&form.signatory.first_names),
                phone: shown(&form.signatory.phone, |phone| phone.as_str()),
                email: shown(&form.signatory.email, |email| email.as_str()),
                card: shown(&form.signatory.card, |card| card.as_str()),
            },
            administrators: form.administrators.iter().map(AdministratorRow::from).collect(),
            usage: Usage {
                purpose: words(&form.purpose),
                publisher: words(&form.publisher),
                solution: words(&form.solution),
            },
            certificates: Certificates {
                org: Org { requested: asked.org.ticked },
                server_ssl: ServerSsl {
                    requested: asked.server_ssl.ticked,
                    domain: shown(&asked.ssl_domain, |domain| domain.as_str()),
                    server: shown(&asked.ssl_server, |server| server.as_str()),
                },
                server_smime: MailCertificate {
                    requested: asked.server_smime.ticked,
                    mail_domain: shown(&asked.smime_mail_domain, |domain| domain.as_str()),
                },
                pro: MailCertificate {
                    requested: asked.pro.ticked,
                    mail_domain: shown(&asked.pro_mail_domain, |domain| domain.as_str()),
                },
            },
            declaration: Declaration {
                date: match &form.date {
                    Entry::Blank => None,
                    Entry::Wrong(words, _) => Some(words.expose().to_owned()),
                    Entry::Valid(date, _) => Some(date.to_string()),
                },
                signature: form.signature,
                stamp: form.stamp,
                terms_accepted: form.terms_accepted,
            },
        }
    }
}

impl From<&Administrator> for AdministratorRow {
    fn from(row: &Administrator) -> Self {
        Self {
            card: shown(&row.card, |card| card.as_str()),
            last_name: words(&row.last_name),
            first_name: words(&row.first_name),
            phone: shown(&row.phone, |phone| phone.as_str()),
            email: shown(&row.email, |email| email.as_str()),
        }
    }
}

/// Evidence by JSON pointer into the form.
pub type EvidenceMap = BTreeMap<String, Shown>;

/// One answer's evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What stood on the page, before normalisation.
    pub raw: String,
    /// 0 to 1.
    pub confidence: f64,
    /// From 1.
    pub page: u32,
    /// x0, y0, x1, y1 in points from the page's top left corner.
    #[serde(rename = "box")]
    pub area: [f64; 4],
}

impl From<&Evidence> for Shown {
    fn from(evidence: &Evidence) -> Self {
        let tenth = |points: f32| (f64::from(points) * 10.0).round() / 10.0;
        let area = evidence.area;
        Self {
            raw: evidence.raw.clone(),
            confidence: evidence.confidence,
            page: evidence.page.page.max(1),
            area: [tenth(area.x0), tenth(area.y0), tenth(area.x1), tenth(area.y1)],
        }
    }
}

/// Every answer's evidence.
#[must_use]
pub fn evidence(form: &F413) -> EvidenceMap {
    form.evidence().into_iter().map(|(field, evidence)| (field.pointer(), Shown::from(evidence))).collect()
}

/// The value a field shows, for letters and lists.
#[must_use]
pub fn field_text(form: &Form, field: Field) -> Option<String> {
    let value = serde_json::to_value(form).ok()?;
    match value.pointer(&field.pointer())? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Bool(ticked) => Some(if *ticked { "oui" } else { "non" }.to_owned()),
        serde_json::Value::Null
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => None,
    }
}
