//! Whether the trusted mail server vouches for the From domain: its `Authentication-Results`
//! (RFC 8601), and no other's.

use super::mime::Headers;
use crate::domain::mail::SenderCheck;

/// What the topmost `Authentication-Results` of `authserv_id` says of `from_domain`.
///
/// - `dmarc=pass` for this domain, or an aligned DKIM or SPF pass (RFC 7489 §3.1) → verified.
/// - `dmarc=fail` → failed, whatever the policy asks: the domain's owner says it is not his mail.
/// - Everything else → unknown. A broken DKIM signature counts as none (RFC 6376 §6.1), and SPF
///   alone fails on every forwarded mail: neither accuses anybody.
///
/// Others' headers are ignored: a sender can write any. The topmost of ours is the one our server
/// put there last; RFC 8601 §5 has it remove forged ones.
#[must_use]
pub fn check(headers: &Headers, authserv_id: Option<&str>, from_domain: Option<&str>) -> SenderCheck {
    let (Some(ours), Some(domain)) = (authserv_id, from_domain) else { return SenderCheck::Unknown };
    let Some(results) = headers
        .all("authentication-results")
        .map(parse)
        .find(|results| results.authserv_id.eq_ignore_ascii_case(ours))
        .map(|results| results.methods)
    else {
        return SenderCheck::Unknown;
    };
    let dmarc = results.iter().find(|result| result.name == "dmarc");
    match dmarc.map(|result| result.verdict.as_str()) {
        Some("fail") => return SenderCheck::Failed,
        Some("pass") if dmarc.and_then(|result| result.domain("header.from")).is_none_or(|d| d == domain) => {
            return SenderCheck::Verified;
        }
        _ => {}
    }
    let vouched = results.iter().filter(|result| result.verdict == "pass").any(|result| {
        let property = match result.name.as_str() {
            "dkim" => result.domain("header.d").or_else(|| result.domain("header.i")),
            "spf" => result.domain("smtp.mailfrom"),
            _ => None,
        };
        property.is_some_and(|other| aligned(&other, domain))
    });
    if vouched { SenderCheck::Verified } else { SenderCheck::Unknown }
}

/// Relaxed alignment (RFC 7489 §3.1.1): the same domain, or one inside the other. No one signs for
/// a public suffix, so the list of them is not needed.
fn aligned(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        outer.contains('.')
            && inner.strip_suffix(outer).is_some_and(|left| left.is_empty() || left.ends_with('.'))
    };
    inside(one, other) || inside(other, one)
}

#[derive(Debug, Default)]
struct Results {
    /// Empty where the server names none (Exchange Online).
    authserv_id: String,
    methods: Vec<Method>,
}

#[derive(Debug)]
struct Method {
    name: String,
    verdict: String,
    /// `ptype.property` and value, as written.
    properties: Vec<(String, String)>,
}

impl Method {
    /// The domain of a property that holds a domain or an address.
    fn domain(&self, property: &str) -> Option<String> {
        let value = &self.properties.iter().find(|(name, _)| name == property)?.1;
        let domain = value.rsplit_once('@').map_or(value.as_str(), |(_, domain)| domain);
        (!domain.is_empty()).then(|| domain.trim_end_matches('.').to_ascii_lowercase())
    }
}

/// RFC 8601 §2.2, leniently: whatever is not `name=value` is passed over.
fn parse(value: &str) -> Results {
    let mut results = Results::default();
    for (number, statement) in statements(value).into_iter().enumerate() {
        let mut pairs = statement.iter().filter_map(|word| word.split_once('='));
        if number == 0 && !statement.first().is_some_and(|word| word.contains('=')) {
            results.authserv_id = statement.into_iter().next().unwrap_or_default();
            continue;
        }
        let Some((method, verdict)) = pairs.next() else { continue };
        let method = method.split_once('/').map_or(method, |(method, _version)| method);
        results.methods.push(Method {
            name: method.to_ascii_lowercase(),
            verdict: verdict.to_ascii_lowercase(),
            properties: pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
        });
    }
    results
}

/// Words between semicolons, without comments (nested, RFC 5322 §3.2.2), quotes removed, white
/// space around `=` closed up.
fn statements(value: &str) -> Vec<Vec<String>> {
    let mut statements = vec![Vec::new()];
    let mut word = String::new();
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for c in value.chars().chain([';']) {
        if escaped {
            escaped = false;
            if depth == 0 {
                word.push(c);
            }
            continue;
        }
        match c {
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            _ if quoted => word.push(c),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => {
                end_word(&mut word, &mut statements);
                statements.push(Vec::new());
            }
            c if c.is_whitespace() => end_word(&mut word, &mut statements),
            c => word.push(c),
        }
    }
    // An open quote or comment swallowed the rest: what was said before counts.
    end_word(&mut word, &mut statements);
    statements.retain(|words| !words.is_empty());
    statements
}

fn end_word(word: &mut String, statements: &mut [Vec<String>]) {
    if word.is_empty() {
        return;
    }
    let word = std::mem::take(word);
    let Some(words) = statements.last_mut() else { return };
    match words.last_mut() {
        Some(before) if before.ends_with('=') || word.starts_with('=') => before.push_str(&word),
        _ => words.push(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fields: &[&str]) -> SenderCheck {
        let raw =
            fields.iter().fold(String::new(), |raw, value| raw + "Authentication-Results: " + value + "\r\n");
        check(&Headers::read(raw.as_bytes()), Some("mx.ans.example"), Some("chu.example"))
    }

    #[test]
    fn what_our_server_says_counts() {
        use SenderCheck::{Failed, Unknown, Verified};
        for (value, expected) in [
            ("mx.ans.example; dmarc=pass header.from=chu.example", Verified),
            ("mx.ans.example 1; dmarc=pass (p=REJECT sp=NONE) header.from=CHU.example", Verified),
            ("MX.ANS.EXAMPLE; dmarc = pass", Verified),
            ("mx.ans.example; dmarc=pass header.from=other.example", Unknown),
            ("mx.ans.example; dkim=pass header.d=chu.example", Verified),
            ("mx.ans.example; dkim=pass header.i=@mail.chu.example", Verified),
            ("mx.ans.example; dkim=pass header.d=bulk.example; spf=pass smtp.mailfrom=bulk.example", Unknown),
            ("mx.ans.example; spf=pass (sender \\) ok (nested)) smtp.mailfrom=\"a@chu.example\"", Verified),
            ("mx.ans.example; spf=pass smtp.helo=chu.example", Unknown),
            ("mx.ans.example; dkim=pass header.d=notchu.example", Unknown),
            ("mx.ans.example; dkim=pass header.d=example", Unknown),
            ("mx.ans.example; dkim=pass header.d=chu.example; dmarc=fail header.from=chu.example", Failed),
            ("mx.ans.example; dkim=fail header.d=chu.example; spf=fail smtp.mailfrom=chu.example", Unknown),
            ("mx.ans.example; dmarc=temperror", Unknown),
            ("mx.ans.example; (dmarc=pass)", Unknown),
            ("mx.ans.example; none", Unknown),
            ("", Unknown),
        ] {
            assert_eq!(said(&[value]), expected, "{value}");
        }
    }

    #[test]
    fn others_and_older_ones_do_not() {
        use SenderCheck::{Failed, Unknown};
        assert_eq!(said(&["mx.elsewhere.example; dmarc=pass header.from=chu.example"]), Unknown);
        assert_eq!(said(&["mx.ans.example; dmarc=fail", "mx.ans.example; dmarc=pass"]), Failed);
        assert_eq!(said(&["gateway.example; dmarc=pass", "mx.ans.example; dmarc=fail"]), Failed);
    }

    #[test]
    fn a_server_without_a_name_is_configured_as_the_empty_one() {
        let headers = Headers::read(
            b"Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=chu.example; dmarc=fail action=none\r\n",
        );
        assert_eq!(check(&headers, Some(""), Some("chu.example")), SenderCheck::Failed);
        assert_eq!(check(&headers, Some("mx.ans.example"), Some("chu.example")), SenderCheck::Unknown);
        assert_eq!(check(&headers, None, Some("chu.example")), SenderCheck::Unknown);
        assert_eq!(check(&headers, Some(""), None), SenderCheck::Unknown);
    }
}
