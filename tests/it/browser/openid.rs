//! Coming in by a real OpenID provider.

use super::Browser;
use crate::desk::TestDesk;
use crate::visitor::Served;
use guichet::clock::{Clock as _, SystemClock};
use guichet::desk::DeskSettings;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// `oidc-provider` for one desk, until the test ends.
struct Node {
    child: Child,
    /// It says more than its issuer, and ends where nobody listens.
    _says: BufReader<ChildStdout>,
    issuer: String,
}

impl Node {
    fn start(desk: SocketAddr) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
        assert!(folder.join("node_modules").exists(), "run tests/run, which installs tests/node");
        let mut child = Command::new("node")
            .args(["provider.mjs", &format!("http://{desk}")])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let mut issuer = String::new();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        says.read_line(&mut issuer).unwrap();
        Self { child, _says: says, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn somebody_signs_in_at_a_real_provider_and_out_of_both() {
    let desk = TestDesk::new().await;
    // the provider's clock does not stand still
    desk.clock.advance(SystemClock.now().duration_since(desk.now()));
    let add = ["desk", "user", "add", "ada", "--role", "agent", "--shown", "Ada L.", "--oidc-only"];
    desk.prints(&[add.as_slice(), &["--known-as", "899700218896"]].concat());
    let mut node = None;
    let settings = async |address: SocketAddr| -> DeskSettings {
        let started = Node::start(address);
        let table = format!(
            "address = \"http://{address}\"\n[openid]\nissuer = \"{}\"\nclient_id = \"guichet\"\n\
             client_secret = {{ value = \"a secret: with %, + and &\" }}\nscopes = [\"openid\", \"profile\"]\n\
             name_claim = \"preferred_username\"\nlabel = \"Pro Santé Connect\"\n",
            started.issuer
        );
        node = Some(started);
        toml::from_str(&table).unwrap()
    };
    let served = Box::pin(Served::at(desk, settings, |desk| desk)).await;
    let tab = Browser::open().stranger(&served).await;

    tab.goes("/lettres").await;
    tab.sees("Ou par mot de passe").await;
    tab.opens("#fournisseur").await;
    tab.fills("input[name=login]", "f:7:899700218896").await;
    tab.fills("input[name=password]", "whatever").await;
    tab.presses_through("Enter").await;
    tab.opens("button[type=submit]").await;
    assert_eq!(tab.url().await, "/lettres");
    tab.sees("Ada L.").await;
    assert_eq!(tab.finds("document.cookie").await, "");

    tab.opens(".who button").await;
    tab.sees("Votre session chez Pro Santé Connect reste ouverte.").await;
    tab.opens("#sortie").await;
    tab.opens("button[value=yes]").await;
    assert_eq!(tab.url().await, "/connexion");
    tab.sees("Se connecter avec Pro Santé Connect").await;

    // another person, whom no account knows
    tab.opens("#fournisseur").await;
    tab.fills("input[name=login]", "f:7:810001288385").await;
    tab.fills("input[name=password]", "whatever").await;
    tab.presses_through("Enter").await;
    tab.opens("button[type=submit]").await;
    tab.sees("n'est rattachée à aucun compte").await;
    assert_eq!(tab.of("#identifiant", "textContent").await, "f:7:810001288385");
    // the page that said so, and what the provider's own pages would load
    let there = &node.as_ref().unwrap().issuer;
    let known =
        |said: &String| said.contains("403") || said.contains(there) || said.contains("fonts.googleapis.com");
    let ours: Vec<_> = tab.troubles().into_iter().filter(|said| !known(said)).collect();
    assert_eq!(ours, Vec::<String>::new());
    served.desk.adds_up().await;
}
