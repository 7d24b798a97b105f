//! The example configuration is complete, and the configuration is strict.

use crate::desk::fixture;
use guichet::config::{Config, MailboxSettings, TransportSettings};
use guichet::domain::policy::Policy;

const LEAST: &str = "[mailbox]\nkind = \"folder\"\npath = \"/m\"\n[transport]\nkind = \"folder\"\npath = \"/r\"\n\
                     [store]\nurl = \"sqlite:/g.db\"\n[identity]\nfrom = \"a@b.example\"\n";

fn example() -> String {
    std::fs::read_to_string(fixture("../config/guichet.toml")).unwrap()
}

/// The example with every line that is commented out as a value put to work, but for those that
/// stand beside another choice of the same key.
#[test]
fn the_example_is_read_and_says_the_defaults() {
    let config = Config::parse(&example()).unwrap();
    assert!(matches!(config.mailbox, Some(MailboxSettings::Imap(_))));
    assert!(matches!(config.transport, Some(TransportSettings::Smtp(_))));
    assert_eq!(config.policy(), Policy::default());
    let least = Config::parse(LEAST).unwrap();
    for (said, default) in [
        (format!("{:?}", config.daemon), format!("{:?}", least.daemon)),
        (format!("{:?}", config.desk), format!("{:?}", least.desk)),
        (format!("{:?}", config.sandbox), format!("{:?}", least.sandbox)),
        (format!("{:?}", config.signatures), format!("{:?}", least.signatures)),
        (format!("{:?}", config.registry), format!("{:?}", least.registry)),
        (format!("{:?}", config.replies), format!("{:?}", least.replies)),
        (format!("{:?}", config.retention), format!("{:?}", least.retention)),
        (format!("{:?}", config.mail), format!("{:?}", least.mail)),
        (format!("{:?}", config.letters), format!("{:?}", least.letters)),
    ] {
        assert_eq!(said, default);
    }
}

#[test]
fn certificates_to_trust_are_read_with_the_configuration() {
    let load = |trust: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guichet.toml");
        let text = example().replace("trust = []", &format!("trust = [{trust:?}]"));
        std::fs::write(&path, text).unwrap();
        Config::load(&path).unwrap().sandbox().map(|sandbox| sandbox.trust.size())
    };
    let at = |name: &str| fixture(&format!("signatures/{name}")).display().to_string();
    let (one, all) = (load(&at("trust/root.pem")).unwrap(), load(&at("trust")).unwrap());
    assert!(one > 500 && all > 2 * one, "{one} {all}");
    for wrong in [at("once-pades.pdf"), at("nowhere.pem")] {
        let refused = load(&wrong).unwrap_err().to_string();
        assert!(refused.contains("signatures.trust") && refused.contains(&wrong), "{refused}");
    }
}

#[test]
fn what_the_example_comments_out_is_right_too() {
    let mut put_to_work = String::new();
    for line in example().lines() {
        // a table that is not there unless it is wanted
        if let Some(table) = line.strip_prefix("# [").and_then(|rest| rest.strip_suffix(']')) {
            put_to_work.push_str(&format!("[{table}]\n"));
            continue;
        }
        match line
            .strip_prefix("# ")
            .filter(|rest| rest.split_once(" = ").is_some_and(|(key, _)| is_key(key)))
        {
            // the other way to log in stands for the first
            Some(rest) if rest.starts_with("auth = ") => {
                let kept: Vec<_> = put_to_work.lines().filter(|line| !line.starts_with("auth = ")).collect();
                put_to_work = format!("{}\n{rest}\n", kept.join("\n"));
            }
            Some(rest) => put_to_work.push_str(&format!("{rest}\n")),
            None => put_to_work.push_str(&format!("{line}\n")),
        }
    }
    assert!(put_to_work.contains("\nauthserv_id = ") && put_to_work.contains("xoauth2"));
    Config::parse(&put_to_work).unwrap();
}

fn is_key(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Every key of every table, misspelt: refused, and the message names it.
#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    let text = example();
    let mut tried = 0;
    for (n, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once(" = ").filter(|(key, _)| is_key(key)) else { continue };
        if key == "kind" {
            continue;
        }
        let wrong: Vec<_> = text
            .lines()
            .enumerate()
            .map(|(at, old)| if at == n { format!("{key}x = {value}") } else { old.to_owned() })
            .collect();
        let error = Config::parse(&wrong.join("\n")).expect_err(key).to_string();
        assert!(error.contains(&format!("{key}x")), "{key}: {error}");
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for (from, to) in [
        ("min_confidence = 0.90", "min_confidence = 1.5"),
        ("senders = 2", "senders = 0"),
        ("lease = \"1 min\"", "lease = \"0 s\""),
        ("look_every = \"1 s\"", "look_every = \"0 s\""),
        ("wall = \"30 s\"", "wall = \"30\""),
        ("max_mail = \"40 MiB\"", "max_mail = 40"),
        ("automatic = [\"accepted\"", "automatic = [\"perhaps\""),
        ("card_types = [\"CPS\"", "card_types = [\"XYZ\""),
    ] {
        let text = example();
        assert!(text.contains(from), "{from}");
        assert!(Config::parse(&text.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn plain_is_refused_for_another_machine_unless_forced() {
    let with = |imap: (&str, &str), smtp: (&str, &str)| {
        Config::parse(&format!(
            "[mailbox]\nkind = \"imap\"\nhost = \"{}\"\ntls = \"{}\"\nuser = \"f413\"\n\
             auth = {{ method = \"password\", password = {{ file = \"/p\" }} }}\n\
             [transport]\nkind = \"smtp\"\nhost = \"{}\"\ntls = \"{}\"\n\
             [store]\nurl = \"sqlite:/g.db\"\n[identity]\nfrom = \"a@b.example\"\n",
            imap.0, imap.1, smtp.0, smtp.1
        ))
        .map_err(|error| error.to_string())
    };
    for here in ["localhost", "127.0.0.1", "127.8.8.8", "::1"] {
        with((here, "plain"), (here, "plain")).unwrap();
    }
    for away in ["mail.example", "192.0.2.1", "0.0.0.0", "2001:db8::1", "localhost.example"] {
        for (imap, smtp, table) in [
            ((away, "plain"), ("localhost", "plain"), "mailbox.tls"),
            (("localhost", "plain"), (away, "plain"), "transport.tls"),
        ] {
            let error = with(imap, smtp).expect_err(away);
            assert!(error.contains(table) && error.contains(away), "{error}");
        }
        for tls in ["implicit", "starttls", "plain_anywhere"] {
            with((away, tls), (away, tls)).unwrap();
        }
    }
}

#[test]
fn passwords_do_not_pass_in_the_clear_between_machines() {
    let with =
        |desk: &str| Config::parse(&format!("{LEAST}\n[desk]\n{desk}\n")).map_err(|error| error.to_string());
    let error = with("listen = \"192.0.2.1:8413\"").unwrap_err();
    assert!(error.contains("desk.listen") && error.contains("desk.address"), "{error}");
    with("listen = \"192.0.2.1:8413\"\naddress = \"http://desk.example\"").unwrap_err();
    with("listen = \"192.0.2.1:8413\"\naddress = \"https://desk.example\"").unwrap();
    with("listen = \"[::1]:8413\"").unwrap();
    for wrong in ["desk.example", "https://", "https://desk.example/", "ftp://desk.example", "https://a b"] {
        let error = with(&format!("address = \"{wrong}\"")).unwrap_err();
        assert!(error.contains("desk.address"), "{error}");
    }
}
