//! A form beside the one it follows, for staff, in French.

use super::compared::Comparison;
use crate::domain::finding::Finding;
use crate::domain::form::Field;
use std::fmt::Write;

/// What changed from the earlier form to the later: answers, and findings that are gone, new or still
/// there. Lines ended by `\n`. Holds personal data.
#[must_use]
pub fn beside(comparison: &Comparison) -> String {
    let mut page = String::new();
    // writing to a String cannot fail
    let _ = write_all(&mut page, comparison);
    page
}

fn write_all(page: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let Comparison { before, after, answers, gone, new, changed, still } = comparison;
    writeln!(page, "  Verdict : {} → {}", before.as_str(), after.as_str())?;
    writeln!(page, "  Réponses modifiées : {}", answers.len())?;
    let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "(vide)".to_owned());
    for answer in answers {
        let place = if answer.place.is_empty() { &answer.field } else { &answer.place };
        writeln!(page, "    {place} : {} → {}", or_nothing(&answer.before), or_nothing(&answer.after))?;
    }
    let later: Vec<&Finding> = still.iter().chain(changed.iter().map(|one| &one.after)).collect();
    for (title, findings) in [
        ("Constats levés", gone.iter().collect()),
        ("Constats nouveaux", new.iter().collect()),
        ("Constats qui demeurent", later),
    ] {
        writeln!(page, "  {title} : {}", findings.len())?;
        for Finding { code, field, severity, message } in findings {
            let field = if *field == Field::Document { String::new() } else { format!(" {field}") };
            writeln!(page, "    [{} {code}{field}] {message}", severity.as_str())?;
        }
    }
    Ok(())
}
