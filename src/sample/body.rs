//! The body of a request: read whole and byte for byte, or the reason why there is none.

use std::borrow::Cow;

use axum::body::{Body as Incoming, Bytes};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;

/// How much of a body that is too large is read and dropped, so that its sender comes to read the answer.
const DRAIN_LIMIT: usize = 64 * 1024 * 1024;

/// What came of reading a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// All of it.
    Whole(Bytes),
    /// More than this many bytes.
    TooLarge(usize),
    /// The sender hung up in the middle.
    Cut,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
}

impl Body {
    /// Reads at most `limit` bytes.
    pub(super) async fn read(mut incoming: Incoming, limit: usize) -> Self {
        match Limited::new(&mut incoming, limit).collect().await {
            Ok(collected) => Self::Whole(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                drain(incoming).await;
                Self::TooLarge(limit)
            }
            Err(_) => Self::Cut,
        }
    }

    /// The `type` of a webhook's JSON.
    pub(super) fn event_type(&self) -> Option<String> {
        let Self::Whole(bytes) = self else { return None };
        let envelope: Envelope<'_> = serde_json::from_slice(bytes).ok()?;
        Some(envelope.event_type.into_owned())
    }

    /// Whether all of it is kept.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// What is kept of it.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::TooLarge(_) | Self::Cut => Bytes::new(),
        }
    }
}

async fn drain(mut incoming: Incoming) {
    let mut dropped = 0;
    while let Some(Ok(frame)) = incoming.frame().await {
        dropped += frame.data_ref().map_or(0, Bytes::len);
        if dropped > DRAIN_LIMIT {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_type_is_found_wherever_it_stands() {
        for (body, event_type) in [
            (r#"{"type":"user.created"}"#, Some("user.created")),
            (r#"{"data":{"type":"inner"},"object":"event","type":"user.\u0063reated"}"#, Some("user.created")),
            (r#"{"data":{"type":"inner"}}"#, None),
            (r#"{"type":7}"#, None),
            (r#"{"type":"user.created""#, None),
            ("", None),
        ] {
            let found = Body::Whole(Bytes::from_static(body.as_bytes())).event_type();
            assert_eq!(found.as_deref(), event_type, "{body}");
        }
        assert_eq!(Body::Whole(Bytes::from_static(b"{\"type\":\"\xff\"}")).event_type(), None);
    }

    #[tokio::test]
    async fn a_body_of_the_limit_is_whole_and_one_byte_more_is_not() {
        for (length, body) in [(8, Body::Whole(Bytes::from_static(&[7; 8]))), (9, Body::TooLarge(8))] {
            assert_eq!(Body::read(Incoming::from(vec![7; length]), 8).await, body);
        }
    }
}
