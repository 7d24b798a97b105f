//! A real Postfix on loopback, in a temporary folder: takes every mail and puts it into one Maildir.
//! Needs root (Postfix does), and the Debian package `postfix`, which `tests/run` installs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A relay that runs until it is dropped.
#[derive(Debug)]
pub struct Postfix {
    folder: TempDir,
    pub port: u16,
}

impl Postfix {
    /// Starts a relay on a free port and returns when it answers.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("guichet-postfix-").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = folder.path();
        // Postfix's own user has to reach into the folder
        Command::new("chmod").arg("755").arg(root).status().unwrap();
        for (name, owner) in [("etc", "root"), ("queue", "root"), ("data", "postfix"), ("mail", "nobody")] {
            std::fs::create_dir(root.join(name)).unwrap();
            Command::new("chown").arg(owner).arg(root.join(name)).status().unwrap();
        }
        std::fs::write(root.join("etc/main.cf"), main_cf(root)).unwrap();
        std::fs::write(root.join("etc/master.cf"), MASTER.replace("PORT", &port.to_string())).unwrap();
        let relay = Self { folder, port };
        relay.postfix("start");
        relay
    }

    fn postfix(&self, verb: &str) {
        let done = Command::new("/usr/sbin/postfix")
            .arg("-c")
            .arg(self.folder.path().join("etc"))
            .arg(verb)
            .output();
        let done = done.expect("postfix is not installed: run tests/run, or apt-get install postfix");
        assert!(done.status.success(), "postfix {verb}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Every mail delivered so far, raw.
    pub fn delivered(&self) -> Vec<Vec<u8>> {
        let folder = self.mail_folder();
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
    }

    /// How many mails were delivered so far.
    pub fn count(&self) -> usize {
        std::fs::read_dir(self.mail_folder()).map_or(0, Iterator::count)
    }

    /// Where the delivered mails lie, a file each.
    pub fn mail_folder(&self) -> PathBuf {
        self.folder.path().join("mail/all/new")
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("/usr/sbin/postfix")
            .arg("-c")
            .arg(self.folder.path().join("etc"))
            .arg("stop")
            .output();
    }
}

fn main_cf(root: &Path) -> String {
    let root = root.display();
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {root}/queue\n\
         data_directory = {root}/data\n\
         command_directory = /usr/sbin\n\
         daemon_directory = /usr/lib/postfix/sbin\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         mynetworks = 127.0.0.0/8\n\
         myhostname = relay.invalid\n\
         mydestination =\n\
         local_recipient_maps =\n\
         relay_domains =\n\
         alias_maps =\n\
         alias_database =\n\
         virtual_mailbox_domains = static:all\n\
         virtual_mailbox_maps = static:all/\n\
         virtual_mailbox_base = {root}/mail\n\
         virtual_minimum_uid = 100\n\
         virtual_uid_maps = static:65534\n\
         virtual_gid_maps = static:65534\n\
         maillog_file = {root}/log\n\
         maillog_file_prefixes = {root}\n\
         smtpd_client_connection_count_limit = 0\n\
         smtpd_peername_lookup = no\n\
         smtpd_recipient_restrictions = permit_mynetworks, reject\n\
         disable_dns_lookups = yes\n\
         in_flow_delay = 0\n"
    )
}

const MASTER: &str = "\
127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
";
