//! What stands beside the app for a person: it takes what came, and is shown to a browser on this machine.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::report::Delivery;

/// The app hands it every delivery, and every look of a browser on this machine.
pub trait Front: Send + Sync {
    /// A delivery, as soon as it is known how it is answered.
    fn keep(&self, delivery: Delivery, headers: HeaderMap, body: Bytes);

    /// The answer to a browser.
    fn show(&self, headers: &HeaderMap) -> Response;
}
