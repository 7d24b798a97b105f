//! The desk as a server: its routes, and what every answer carries.

use super::drawn::Drawn;
use super::settings::DeskSettings;
use super::{assets, pages, who};
use crate::fault::Fault;
use crate::pipeline::Line;
use crate::store::{Session, Store, Token};
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the pages share.
#[derive(Debug)]
pub struct Desk {
    pub(super) line: Arc<Line>,
    pub(super) settings: DeskSettings,
    pub(super) drawn: Drawn,
}

impl Desk {
    #[must_use]
    pub fn new(line: Arc<Line>, settings: DeskSettings) -> Self {
        Self { line, settings, drawn: Drawn::default() }
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
            .route("/dossiers", get(pages::queue::queue))
            .route("/dossiers/{number}", get(pages::case::case))
            .route("/dossiers/{number}/pages/{document}/{page}", get(pages::picture::picture))
            .route("/dossiers/{number}/courriel.eml", get(pages::picture::mail))
            .route("/dossiers/{number}/prendre", post(pages::act::take))
            .route("/dossiers/{number}/rendre", post(pages::act::give_back))
            .route("/dossiers/{number}/corriger", post(pages::act::correct))
            .route("/dossiers/{number}/reexaminer", post(pages::act::rejudge))
            .route("/dossiers/{number}/note", post(pages::act::note))
            .route("/dossiers/{number}/annuler", post(pages::act::undo))
            .route("/dossiers/{number}/{decision}", get(pages::decide::ask).post(pages::decide::decide))
            .layer(middleware::from_fn_with_state(self.clone(), who::only_staff));
        Router::new()
            .route("/assets/{mark}/{name}", get(assets::get))
            .merge(inside)
            .layer(middleware::from_fn(headers))
            .with_state(self)
    }

    /// Serves until `stop` changes (or its sender is gone).
    pub async fn serve(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let stopped = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let served = axum::serve(listener, self.routes()).with_graceful_shutdown(stopped).await;
        if let Err(error) = served {
            tracing::error!(%error, "the desk ended");
        }
    }
}

/// Nothing but our own style, script and pictures is loaded, nobody frames us, nothing is kept.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let all = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in all {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
