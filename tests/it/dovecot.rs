//! A real Dovecot on loopback, in a temporary folder: one account, a Maildir, plain and TLS ports
//! with a certificate of its own authority. Needs the Debian packages `dovecot-imapd` and `openssl`,
//! which `tests/run` installs; runs as root (its mails then belong to `nobody`) or as anybody.

use guichet::domain::form::Masked;
use guichet::domain::units::Span;
use guichet::intake::imap::{Auth, ImapSettings, Secret, Tls};
use guichet::intake::mailbox::{FilingMode, Folders};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

pub const USER: &str = "f413";
/// With what LOGIN has to quote, and what it cannot.
pub const PASSWORD: &str = "s3\\sa\"mé";

const MISSING: &str = "dovecot-imapd or openssl is missing: tests/run installs them";

/// A mail server that runs until it is dropped.
#[derive(Debug)]
pub struct Dovecot {
    folder: TempDir,
    plain_port: u16,
    tls_port: u16,
    delivered: AtomicU64,
}

impl Dovecot {
    pub fn start() -> Self {
        Self::with("")
    }

    /// Starts with further lines of configuration, after which ours no longer count.
    pub fn with(lines: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("guichet-dovecot-").tempdir().unwrap();
        let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { plain_port: port(), tls_port: port(), delivered: AtomicU64::new(0), folder };
        // the mail and login users have to reach into the folder
        run(Command::new("chmod").arg("755").arg(server.root()));
        make_certificate(server.root());
        for name in ["new", "cur", "tmp"] {
            fs::create_dir_all(server.maildir().join(name)).unwrap();
        }
        if is_root() {
            run(Command::new("chown").args(["-R", "nobody"]).arg(server.root().join("mail")));
        }
        fs::write(server.root().join("dovecot.conf"), server.configuration() + lines).unwrap();
        server.go_on();
        server
    }

    /// Starts it again, on the same ports. The command returns when the ports are open.
    pub fn go_on(&self) {
        // not through a pipe: the daemon would hold it open
        let says = self.root().join("start");
        let mut start = self.dovecot();
        start.stdout(Stdio::null()).stderr(fs::File::create(&says).unwrap());
        let done = start.status().expect(MISSING);
        assert!(done.success(), "{}", fs::read_to_string(says).unwrap());
    }

    /// Stops it: connections are closed.
    pub fn stop(&self) {
        // a session on its own would only notice the end of its master after a while
        self.kick();
        run(self.dovecot().arg("stop"));
    }

    /// Throws every connection of the account out.
    pub fn kick(&self) {
        let mut kick = Command::new("doveadm");
        kick.arg("-c").arg(self.root().join("dovecot.conf")).args(["kick", USER]);
        // 68: nobody was connected
        let done = kick.output().expect(MISSING);
        assert!(matches!(done.status.code(), Some(0 | 68)), "{done:?}");
    }

    fn dovecot(&self) -> Command {
        let mut command = Command::new("dovecot");
        command.arg("-c").arg(self.root().join("dovecot.conf"));
        command
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where the account's INBOX lies.
    pub fn maildir(&self) -> PathBuf {
        self.root().join("mail").join(USER)
    }

    pub fn ca(&self) -> PathBuf {
        self.root().join("ca.pem")
    }

    /// Delivers a mail as a delivery agent does: complete from the first moment it is seen.
    pub fn deliver(&self, mail: &[u8]) {
        self.deliver_at(mail, None);
    }

    /// Delivers a mail received so many seconds after 1970.
    pub fn deliver_at(&self, mail: &[u8], received: Option<u64>) {
        let name = format!("{:08}.guichet.test", self.delivered.fetch_add(1, Ordering::Relaxed));
        let path = self.maildir().join("tmp").join(&name);
        fs::write(&path, mail).unwrap();
        if let Some(seconds) = received {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        }
        fs::rename(path, self.maildir().join("new").join(name)).unwrap();
    }

    /// Delivers so many mails of the same bytes, which lie on the disk a few times.
    pub fn deliver_links(&self, mail: &[u8], count: u32) {
        let one = self.maildir().join("tmp/one");
        for n in 0..count {
            // a file has some ten thousand names at most
            if n % 10_000 == 0 {
                let _ = fs::remove_file(&one);
                fs::write(&one, mail).unwrap();
            }
            // sizes in the name save the server the reading (Maildir++)
            let name = format!("{n:08}.guichet.links,S={0},W={0}", mail.len());
            fs::hard_link(&one, self.maildir().join("new").join(name)).unwrap();
        }
        fs::remove_file(one).unwrap();
    }

    /// The mails in a folder as Dovecot names it on the disk (`.Trait&AOk-s`, or nothing for INBOX):
    /// file name and content, with the line ends of mail (a copy Dovecot makes has those of Unix).
    pub fn mails(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let mut mails = Vec::new();
        for place in ["new", "cur"] {
            let Ok(entries) = fs::read_dir(self.maildir().join(folder).join(place)) else { continue };
            for entry in entries {
                let entry = entry.unwrap();
                let text = fs::read_to_string(entry.path()).unwrap();
                let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
                mails.push((entry.file_name().into_string().unwrap(), lines.into_bytes()));
            }
        }
        mails.sort();
        mails
    }

    /// Settings that lead here, with the certificate's authority.
    pub fn settings(&self, tls: Tls) -> ImapSettings {
        let port = if tls == Tls::Implicit { self.tls_port } else { self.plain_port };
        ImapSettings {
            host: "localhost".into(),
            port: Some(port),
            tls,
            ca: Some(self.ca()),
            user: USER.into(),
            auth: Auth::Password { password: Secret::Value(Masked::new(PASSWORD)) },
            folder: "INBOX".into(),
            filing: FilingMode::Move,
            folders: Folders::default(),
            read_timeout: Span::seconds(20),
            poll_every: Span::hours(1),
        }
    }

    /// Where TLS begins at once.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The table `[mailbox]` of a configuration that leads here over TLS.
    pub fn mailbox_table(&self) -> String {
        self.mailbox_table_at(self.tls_port)
    }

    /// The same by another port of this machine.
    pub fn mailbox_table_at(&self, port: u16) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        format!(
            "[mailbox]\nkind = \"imap\"\nhost = \"localhost\"\nport = {port}\nca = {}\nuser = \"{USER}\"\n\
             auth = {{ method = \"password\", password = {{ value = {} }} }}\npoll_every = \"1 h\"\n",
            quoted(&self.ca().display().to_string()),
            quoted(PASSWORD),
        )
    }

    fn configuration(&self) -> String {
        let root = self.root().display();
        let users = if is_root() {
            String::new()
        } else {
            let name = output(Command::new("id").arg("-un"));
            format!("default_internal_user = {name}\ndefault_login_user = {name}\n")
        };
        let (plain, tls) = (self.plain_port, self.tls_port);
        let owner = if is_root() { "nobody".to_owned() } else { output(Command::new("id").arg("-un")) };
        format!(
            "base_dir = {root}/run\n\
             log_path = {root}/log\n\
             protocols = imap\n\
             listen = 127.0.0.1\n\
             {users}\
             ssl = yes\n\
             ssl_cert = <{root}/cert.pem\n\
             ssl_key = <{root}/key.pem\n\
             disable_plaintext_auth = no\n\
             auth_failure_delay = 0\n\
             mail_location = maildir:~/\n\
             namespace inbox {{\n  inbox = yes\n}}\n\
             passdb {{\n  driver = passwd-file\n  args = {root}/passwd\n}}\n\
             userdb {{\n  driver = static\n  args = uid={owner} gid={group} home={root}/mail/%u\n}}\n\
             service anvil {{\n  chroot =\n}}\n\
             service imap-login {{\n  chroot =\n\
             \x20 inet_listener imap {{\n    port = {plain}\n  }}\n\
             \x20 inet_listener imaps {{\n    port = {tls}\n    ssl = yes\n  }}\n}}\n",
            group = output(Command::new("id").args(["-gn", &owner])),
        )
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // `dovecot stop` would wait for seconds; a test may have stopped it already
        let pid = fs::read_to_string(self.root().join("run/master.pid")).unwrap_or_default();
        if let Some(pid) = pid.trim().parse().ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        // its sessions may write a last index while the folder is removed: once more then, and no
        // longer than they take to end
        let until = Instant::now() + Duration::from_secs(5);
        while fs::remove_dir_all(self.root()).is_err() && self.root().exists() && Instant::now() < until {
            std::thread::yield_now();
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn make_certificate(root: &Path) {
    fs::write(root.join("passwd"), format!("{USER}:{{PLAIN}}{PASSWORD}\n")).unwrap();
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    fs::write(root.join("names"), names).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for line in [
        format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"),
        format!("req {key} -keyout key.pem -out cert.csr -subj /CN=localhost"),
        "x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem"
            .to_owned(),
    ] {
        run(Command::new("openssl").args(line.split(' ')).current_dir(root));
    }
}

fn run(command: &mut Command) {
    output(command);
}

fn output(command: &mut Command) -> String {
    let done = command.output().expect(MISSING);
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}
