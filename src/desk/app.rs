//! The desk as a server: its routes, and what every answer carries.

use super::drawn::Drawn;
use super::password::Passwords;
use super::settings::DeskSettings;
use super::sign_in::Door;
use super::{assets, pages, who};
use crate::fault::Fault;
use crate::openid::Provider;
use crate::pipeline::Line;
use crate::store::{Session, Store, Token};
use crate::watch::Reason;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};

/// What a page may do: load our own style, script and pictures, and send forms to us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// The same, and show a letter in a frame.
pub(super) const FRAMING: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";
/// What a letter in its frame may do: look as it looks, and nothing else.
pub(super) const LETTER: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                                 frame-ancestors 'self'; sandbox";

/// What the pages share.
#[derive(Debug)]
pub struct Desk {
    pub(super) line: Arc<Line>,
    pub(super) settings: DeskSettings,
    pub(super) drawn: Drawn,
    pub(super) door: Door,
    /// Where staff sign in, if not by password alone.
    pub(super) provider: Option<Provider>,
    /// Whoever is on this machine comes in as the account of the demonstration.
    demo: bool,
    /// What a person has to look at, as whoever watches the daemon finds.
    reasons: Option<watch::Receiver<Vec<Reason>>>,
    /// The record is checked by one at a time.
    pub(super) verifying: Mutex<()>,
    /// Counts what was asked.
    asked: watch::Sender<u64>,
}

/// Changes whenever something was asked of the desk.
pub type Asked = watch::Receiver<u64>;

impl Desk {
    /// # Errors
    /// Passwords cannot be compared at the cost that is set.
    pub fn new(line: Arc<Line>, settings: DeskSettings) -> Result<Self, Fault> {
        let door = Door::new(line.store.clone(), Passwords::new()?);
        let openid = settings.openid.clone().zip(settings.address.as_deref());
        let provider = openid.map(|(openid, address)| Provider::new(openid, address));
        let (drawn, asked) = (Drawn::default(), watch::Sender::new(0));
        let verifying = Mutex::new(());
        Ok(Self { line, settings, drawn, door, provider, demo: false, reasons: None, verifying, asked })
    }

    /// The same, of a daemon that is watched.
    #[must_use]
    pub fn watched(self, reasons: watch::Receiver<Vec<Reason>>) -> Self {
        Self { reasons: Some(reasons), ..self }
    }

    /// What a person has to look at now; `None`: nobody watches.
    pub(super) fn health(&self) -> Option<Vec<Reason>> {
        self.reasons.as_ref().map(|reasons| reasons.borrow().clone())
    }

    /// The same, for a demonstration.
    #[must_use]
    pub fn as_demo(self) -> Self {
        Self { demo: true, ..self }
    }

    /// Tells when something is asked.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.asked.subscribe()
    }

    /// Whether somebody comes in without proof: a browser on this machine that asked for this machine
    /// (another site's name may be made to lead here).
    pub(super) fn shows_itself_to(&self, peer: SocketAddr, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let here = name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        self.demo && here && peer.ip().is_loopback()
    }

    /// Where a visitor is: the other end of the line, or whom the proxy says it speaks for.
    pub(super) fn visitor(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let said = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| self.settings.forwarded);
        let last = said.and_then(|line| line.to_str().ok()).and_then(|line| line.rsplit(',').next());
        last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer.ip())
    }

    pub(super) fn store(&self) -> &Store {
        &self.line.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.line.clock.now()
    }

    pub(super) async fn session(&self, token: &Token) -> Result<Option<Session>, Fault> {
        let ends = (self.settings.idle.signed(), self.settings.longest.signed());
        self.store().session(token, self.now(), ends).await
    }

    /// Everything that can be asked of it.
    pub fn routes(self: Arc<Self>) -> Router {
        let inside = Router::new()
            .route("/", get(pages::queue::home))
            .route("/deconnexion", post(pages::sign_in::leave))
            .route("/compte", get(pages::account::page))
            .route("/compte/mot-de-passe", post(pages::account::password))
            .route("/compte/sessions/fermer", post(pages::account::end))
            .route("/compte/sessions/autres", post(pages::account::end_others))
            .route("/lettres", get(pages::letters::letters))
            .route("/lettres/{id}", get(pages::letters::letter))
            .route("/lettres/{id}/lettre.eml", get(pages::letters::mail))
            .route("/lettres/{id}/lettre.html", get(pages::preview::letter_html))
            .route("/lettres/{id}/pieces/{file}", get(pages::preview::letter_file))
            .route("/lettres/{id}/pieces/{file}/pages/{page}", get(pages::preview::letter_page))
            .route("/lettres/{id}/renvoyer", post(pages::letters::resend))
            .route("/lettres/{id}/regler", post(pages::letters::settle))
            .route("/vue-d-ensemble", get(pages::overview::overview))
            .route("/vue-d-ensemble/{file}", get(pages::overview::table))
            .route("/administration", get(pages::administration::page))
            .route("/administration/plafonds", post(pages::administration::reset))
            .route("/administration/courriels/{id}/reprendre", post(pages::administration::unpark))
            .route("/administration/courriels/{id}/courriel.eml", get(pages::administration::mail))
            .route("/administration/alertes/{id}/vue", post(pages::administration::acknowledge))
            .route("/administration/referentiel", get(pages::administration::registry::page))
            .route("/administration/observation", get(pages::administration::shadow::page))
            .route("/administration/observation.csv", get(pages::administration::shadow::table))
            .route("/administration/journal", get(pages::administration::audit::page))
            .route("/administration/journal/verifier", post(pages::administration::audit::verify))
            .route("/administration/journal/exporter", post(pages::administration::audit::export))
            .route(
                "/administration/comptes",
                get(pages::administration::accounts::accounts).post(pages::administration::accounts::add),
            )
            .route(
                "/administration/comptes/{name}/mot-de-passe",
                post(pages::administration::accounts::password),
            )
            .route("/administration/comptes/{name}/role", post(pages::administration::accounts::role))
            .route("/administration/comptes/{name}/fermer", post(pages::administration::accounts::shut))
            .route("/administration/comptes/{name}/ouvrir", post(pages::administration::accounts::open))
            .route("/questions", get(pages::questions::questions))
            .route("/questions/{id}", get(pages::questions::question))
            .route("/questions/{id}/fermer", post(pages::questions::close))
            .route("/questions/{id}/repondre", post(pages::questions::answer))
            .route("/questions/{id}/rouvrir", post(pages::questions::reopen))
            .route("/referentiel", get(pages::registry::page))
            .route("/dossiers", get(pages::queue::queue))
            .route("/dossiers/{number}", get(pages::case::case))
            .route("/dossiers/{number}/pages/{document}/{page}", get(pages::picture::picture))
            .route("/dossiers/{number}/courriel.eml", get(pages::picture::mail))
            .route("/dossiers/{number}/prendre", post(pages::act::take))
            .route("/dossiers/{number}/confier", post(pages::act::hand_over))
            .route("/dossiers/{number}/rendre", post(pages::act::give_back))
            .route("/dossiers/{number}/corriger", post(pages::act::correct))
            .route("/dossiers/{number}/reexaminer", post(pages::act::rejudge))
            .route("/dossiers/{number}/note", post(pages::act::note))
            .route("/dossiers/{number}/annuler", post(pages::act::undo))
            .route("/dossiers/{number}/confirmer", get(pages::confirm::ask).post(pages::confirm::confirm))
            .route("/dossiers/{number}/{decision}/lettre.html", get(pages::preview::html))
            .route("/dossiers/{number}/{decision}/pieces/{file}", get(pages::preview::file))
            .route("/dossiers/{number}/{decision}/pieces/{file}/pages/{page}", get(pages::preview::page))
            .route("/dossiers/{number}/{decision}", get(pages::decide::ask).post(pages::decide::decide))
            .layer(middleware::from_fn_with_state(self.clone(), who::only_staff));
        Router::new()
            .route("/assets/{mark}/{name}", get(assets::get))
            .route("/connexion", get(pages::sign_in::door).post(pages::sign_in::by_password))
            .route("/connexion/openid", get(pages::openid::begin))
            .route("/connexion/openid/retour", get(pages::openid::back))
            .route("/connexion/openid/sortie", get(pages::openid::leave))
            .merge(inside)
            .layer(middleware::from_fn_with_state(self.clone(), headers))
            .with_state(self)
    }

    /// Serves until `stop` changes (or its sender is gone).
    pub async fn serve(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let stopped = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let served = self.routes().into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, served).with_graceful_shutdown(stopped).await;
        if let Err(error) = served {
            tracing::error!(%error, "the desk ended");
        }
    }
}

/// Nothing but our own style, script and pictures is loaded, nobody frames us, nothing is kept.
async fn headers(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    desk.asked.send_modify(|count| *count = count.wrapping_add(1));
    let mut response = next.run(request).await;
    let all = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in all {
        // a letter of ours, and the page around it, have said their own
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if desk.settings.by_https() {
        // half a year (RFC 6797): browsers that were here once do not come by plain HTTP any more
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=15768000"));
    }
    response
}
