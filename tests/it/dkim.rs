//! Letters signed for their domain: dkimpy, which shares no code with guichet, verifies what a real relay
//! delivered, by the record that `guichet doctor` says is to be published.

use crate::machine::{Machine, nth, nth_rejected};
use guichet::reply::smtp::{DkimSettings, Smtp, SmtpSettings, Tls};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Debian packages `python3-dkim` and `python3-nacl`, which `tests/run` installs. The DNS is two
/// arguments: a name, and the record that stands there.
const VERIFIER: &str = r#"
import sys, dkim
name, record = sys.argv[1].encode(), sys.argv[2].encode()
def asked(of, timeout=5):
    return record if of.rstrip(b".") == name else None
for path in sys.argv[3:]:
    try:
        holds = dkim.verify(open(path, "rb").read(), dnsfunc=asked)
    except dkim.DKIMException:
        holds = False
    print("holds" if holds else "broken")
"#;

const RSA: [&str; 5] = ["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"];
const ED25519: [&str; 3] = ["genpkey", "-algorithm", "ed25519"];

fn key(folder: &Path, arguments: &[&str]) -> PathBuf {
    let file = folder.join("dkim.pem");
    let made = Command::new("openssl").args(arguments).arg("-out").arg(&file).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    file
}

/// What `doctor` says is to be published: the name, and the record's strings as one.
fn published(machine: &Machine) -> (String, String) {
    let said = machine.prints(&["doctor"]);
    let line = said.lines().find(|line| line.contains("_domainkey")).expect(&said);
    let name = line.split_whitespace().find(|word| word.contains("_domainkey")).unwrap();
    let strings: Vec<_> = line.split('"').skip(1).step_by(2).collect();
    assert!(strings.iter().all(|text| (1..=255).contains(&text.len())), "{line}");
    (name.trim_end_matches(':').to_owned(), strings.concat())
}

/// What the verifier says of each mail.
fn verified(folder: &Path, (name, record): &(String, String), mails: &[Vec<u8>]) -> Vec<String> {
    let mut verifier = Command::new("/usr/bin/python3");
    verifier.args(["-c", VERIFIER, name, record]);
    for (n, mail) in mails.iter().enumerate() {
        let file = folder.join(format!("{n}.eml"));
        std::fs::write(&file, mail).unwrap();
        verifier.arg(file);
    }
    let said = verifier.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn replaced(mail: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(mail).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    text.replacen(from, to, 1).into_bytes()
}

/// The signature's field in one line.
fn signature(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail).replace("\r\n", "\n");
    let (_, rest) = text.split_once("DKIM-Signature:").unwrap();
    let more = rest.split('\n').skip(1).take_while(|line| line.starts_with(' '));
    rest.split('\n').take(1).chain(more).map(str::trim).collect()
}

#[test]
fn a_letter_bears_a_signature_that_others_verify_and_that_breaks_when_it_is_changed() {
    let mut machine = Machine::new();
    let folder = machine.folder.path().to_owned();
    let (mut sent, mut records) = (0, Vec::new());
    for (algorithm, arguments) in [("rsa-sha256", &RSA[..]), ("ed25519-sha256", &ED25519[..])] {
        let dkim = format!(
            "[transport.dkim]\ndomain = \"guichet.example\"\nselector = \"f413\"\nkey_file = {:?}\n",
            key(&folder, arguments)
        );
        machine.configures("guichet", &[&machine.mailbox_table(), &machine.transport_table(), &dkim]);
        let record = published(&machine);
        assert_eq!(record.0, "f413._domainkey.guichet.example");
        let known: Vec<_> = machine.postfix.delivered();
        machine.starts();
        // one with a file that goes back
        machine.dovecot.deliver(&nth(sent));
        machine.dovecot.deliver(&nth_rejected(sent + 1));
        sent += 2;
        machine.waits_for_replies(sent);
        let letters: Vec<_> =
            machine.postfix.delivered().into_iter().filter(|mail| !known.contains(mail)).collect();
        machine.waits_until("both settled", || machine.listed("sent").len() == sent);
        machine.dies();
        assert!(letters.iter().all(|mail| signature(mail).contains(&format!("a={algorithm};"))));
        assert_eq!(verified(&folder, &record, &letters), ["holds", "holds"], "{algorithm}");
        let letter = letters.iter().find(|mail| !String::from_utf8_lossy(mail).contains("application/pdf"));
        let letter = letter.unwrap();
        let wrong = [
            replaced(letter, "Cordialement", "Cordialment"),
            replaced(letter, "\nSubject: ", "\nSubject: Re: "),
            replaced(letter, "\nFrom: ", "\nFrom: eve@guichet.example\nFrom: "),
            replaced(letter, "\nTo: ", "\nTo: eve@guichet.example, "),
        ];
        assert_eq!(verified(&folder, &record, &wrong), ["broken"; 4], "{algorithm}");
        records.push((record, letter.clone()));
    }
    // with the other's key nothing holds
    assert_eq!(verified(&folder, &records[0].0, &[records[1].1.clone()]), ["broken"]);
    // what is kept is what was composed; sent again, it is signed as it was
    machine.prints(&["audit", "verify"]);
    let before = machine.postfix.delivered();
    let newest = machine
        .listed("sent")
        .iter()
        .map(|row| row["id"].as_str().unwrap().parse::<i64>().unwrap())
        .max()
        .unwrap();
    machine.prints(&["replies", "resend", &newest.to_string(), "--as", "Ada"]);
    machine.starts();
    machine.waits_for_replies(sent + 1);
    let again: Vec<_> =
        machine.postfix.delivered().into_iter().filter(|mail| !before.contains(mail)).collect();
    assert_eq!(again.len(), 1);
    assert!(before.iter().any(|mail| signature(mail) == signature(&again[0])));
}

#[test]
fn a_key_that_cannot_sign_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |domain: &str, key_file: PathBuf| {
        let dkim = DkimSettings { domain: domain.into(), selector: "s".into(), key_file };
        let dkim = Some(Box::new(dkim));
        let settings = SmtpSettings { dkim, ..SmtpSettings::new("localhost", Tls::Plain) };
        Smtp::new(settings).err().map(|fault| fault.to_string()).unwrap_or_default()
    };
    let short = ["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:1024"];
    let told = refused("x.example", key(folder.path(), &short));
    assert!(told.contains("2048 bits") && told.contains("dkim.pem"), "{told}");
    let curve = ["genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    assert!(refused("x.example", key(folder.path(), &curve)).contains("RSA or Ed25519"));
    let locked = [&RSA[..], &["-aes256", "-pass", "pass:x"]].concat();
    assert!(refused("x.example", key(folder.path(), &locked)).contains("not encrypted"));
    assert!(refused("x.example", folder.path().join("nowhere")).contains("nowhere"));
    let good = key(folder.path(), &RSA);
    assert!(refused("x.example; b=", good.clone()).contains("transport.dkim.domain"));
    assert_eq!(refused("x.example", good), "");
}
