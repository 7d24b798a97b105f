//! What pages load besides themselves: one style, one script, one icon, all our own. Their addresses carry
//! a mark of their content, so that a browser keeps them for good.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

/// A file that pages load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Style,
    Script,
    Icon,
}

impl Asset {
    const ALL: [Self; 3] = [Self::Style, Self::Script, Self::Icon];

    fn name(self) -> &'static str {
        match self {
            Self::Style => "desk.css",
            Self::Script => "desk.js",
            Self::Icon => "icon.svg",
        }
    }

    fn content(self) -> &'static str {
        match self {
            Self::Style => include_str!("assets/desk.css"),
            Self::Script => include_str!("assets/desk.js"),
            Self::Icon => include_str!("assets/icon.svg"),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Icon => "image/svg+xml",
        }
    }

    /// Where it is had.
    pub(super) fn url(self) -> String {
        let hash = Sha256::digest(self.content().as_bytes());
        let mark: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("/assets/{mark}/{}", self.name())
    }
}

/// `GET /assets/{mark}/{name}`
pub(super) async fn get(Path((_, name)): Path<(String, String)>) -> Response {
    match Asset::ALL.into_iter().find(|asset| asset.name() == name) {
        Some(asset) => {
            let head =
                [(CONTENT_TYPE, asset.media_type()), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (head, asset.content()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
