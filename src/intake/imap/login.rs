//! From a connection to a session: greeting, STARTTLS, login, what the server can do.

use super::exchange::{Exchange, Success, Trouble};
use super::settings::{Auth, ImapSettings, Tls};
use super::{Capabilities, capability, fault, stream};
use crate::fault::Fault;
use async_imap::imap_proto::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Connects and logs in.
///
/// # Errors
/// `Never` for a refused password, a certificate that is not good, a server without STARTTLS: a
/// person has to act. A refused token may be a stale one: `Later`, as all else.
pub(super) async fn open(settings: &ImapSettings) -> Result<(Exchange, Option<Vec<String>>), Fault> {
    let host = &settings.host;
    let mut exchange = Exchange::new(stream::connect(settings).await?);
    let (mut authenticated, mut offered) = exchange
        .greeting()
        .await
        .map_err(|trouble| fault(format!("reading the greeting of {host}"), trouble))?;

    if settings.tls == Tls::Starttls {
        if authenticated {
            let why = "the server calls the session authenticated before TLS (PREAUTH)";
            return Err(Fault::never(format!("STARTTLS with {host}"), why));
        }
        exchange.do_it("STARTTLS").await.map_err(|trouble| refused_for_good("STARTTLS", host, trouble))?;
        exchange = Exchange::new(exchange.into_stream().protected(settings).await?);
        // RFC 3501 §6.2.1: what was said before TLS no longer counts
        (authenticated, offered) = (false, None);
    }
    if authenticated {
        return Ok((exchange, offered));
    }
    let success = log_in(&mut exchange, settings, offered.as_deref()).await?;
    Ok((exchange, success.capabilities))
}

async fn log_in(
    exchange: &mut Exchange,
    settings: &ImapSettings,
    offered: Option<&[String]>,
) -> Result<Success, Fault> {
    let (user, host) = (settings.user.as_str(), &settings.host);
    match &settings.auth {
        Auth::Password { password } => {
            if offered.is_some_and(|list| list.iter().any(|name| name == "LOGINDISABLED")) {
                let why = "the server takes no password on this connection (LOGINDISABLED): use TLS";
                return Err(Fault::never(format!("logging in at {host}"), why));
            }
            let password = password.reveal("the IMAP password").await?;
            let mut pieces = login_pieces(user, &password).into_iter();
            let first = pieces.next().unwrap_or_default();
            exchange
                .run_with(&first, &mut |_| {}, &mut |_| pieces.next().map(String::into_bytes))
                .await
                .map_err(|trouble| refused_for_good("logging in", host, trouble))
        }
        Auth::Xoauth2 { token } => {
            let token = token.reveal("the IMAP access token").await?;
            let mut challenge = None;
            let answer = STANDARD.encode(format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}"));
            let mut answer = Some(format!("{answer}\r\n"));
            // a token that is not good is answered by a challenge that says why; only after an
            // empty line comes the NO
            // https://developers.google.com/workspace/gmail/imap/xoauth2-protocol#error_response
            let result = exchange
                .run_with("AUTHENTICATE XOAUTH2", &mut |_| {}, &mut |text| {
                    Some(answer.take().map_or_else(
                        || {
                            challenge = STANDARD.decode(text.trim()).ok();
                            b"\r\n".to_vec()
                        },
                        String::into_bytes,
                    ))
                })
                .await;
            result.map_err(|trouble| {
                let said = challenge.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let said = said.map_or_else(String::new, |said| format!(" ({said})"));
                Fault::later(format!("logging in at {host} by token{said}"), trouble)
            })
        }
    }
}

/// A refusal here lasts until a person changes something, unless the server says it is for now
/// (RFC 5530 §3).
fn refused_for_good(doing: &str, host: &str, trouble: Trouble) -> Fault {
    let doing = format!("{doing} at {host}");
    match &trouble {
        Trouble::Refused { text, .. }
            if !["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"].iter().any(|code| text.contains(code)) =>
        {
            Fault::never(doing, trouble)
        }
        _ => fault(doing, trouble),
    }
}

/// `LOGIN` with its arguments. What a quoted string cannot hold (RFC 3501 §4.3: 8-bit characters,
/// line ends) goes as a literal, whose bytes are sent when the server asks for them.
fn login_pieces(user: &str, password: &str) -> Vec<String> {
    let mut pieces = vec!["LOGIN".to_owned()];
    for argument in [user, password] {
        let Some(last) = pieces.last_mut() else { break };
        if argument.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            last.push(' ');
            last.push_str(&super::quoted(argument));
        } else {
            last.extend([" {", argument.len().to_string().as_str(), "}"]);
            pieces.push(argument.to_owned());
        }
    }
    // the first piece is sent as a command and gets its line end there
    for piece in pieces.iter_mut().skip(1) {
        piece.push_str("\r\n");
    }
    pieces
}

/// What the server can do: what it said with the login, else what it says when asked.
pub(super) async fn ask(exchange: &mut Exchange) -> Result<Capabilities, Trouble> {
    let mut list = Vec::new();
    exchange
        .run("CAPABILITY", &mut |response| {
            if let Response::Capabilities(names) = response {
                list.extend(names.iter().map(capability));
            }
        })
        .await?;
    Ok(Capabilities::from(list.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::login_pieces;

    #[test]
    fn a_password_is_quoted_or_sent_as_a_literal() {
        assert_eq!(login_pieces("f413", r#"a"b\c"#), [r#"LOGIN "f413" "a\"b\\c""#]);
        assert_eq!(login_pieces("f413", "été"), ["LOGIN \"f413\" {5}", "été\r\n"]);
        assert_eq!(login_pieces("hélène", "x"), ["LOGIN {8}", "hélène \"x\"\r\n"]);
        assert_eq!(login_pieces("é", "à"), ["LOGIN {2}", "é {2}\r\n", "à\r\n"]);
    }
}
