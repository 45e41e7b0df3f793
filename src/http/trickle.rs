//! A body that comes in pieces with a pause between them, as from a slow sender.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// The rest of a body, and when the next piece of it goes.
pub(super) struct Trickle {
    rest: Bytes,
    piece: usize,
    pause: Duration,
    next: Pin<Box<Sleep>>,
}

impl Trickle {
    /// `pieces` of about the same size; the first goes at once.
    pub(super) fn new(body: Vec<u8>, pieces: usize, pause: Duration) -> Self {
        let piece = body.len().div_ceil(pieces.max(1)).max(1);
        Self { rest: body.into(), piece, pause, next: Box::pin(sleep(Duration::ZERO)) }
    }
}

impl Body for Trickle {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.next.as_mut().poll(context));
        let length = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(length);
        let at = Instant::now() + self.pause;
        self.next.as_mut().reset(at);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    // Exact, so that it goes with a `content-length` and not in chunks, which some servers treat otherwise.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
