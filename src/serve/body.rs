//! The bodies of a request and its answer, as the server watches over them.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::crowd::Standing;

/// Stands in the extensions of each request: what it is good for decides whether its body may take its time.
#[derive(Clone, Debug, Default)]
pub struct Patience(Arc<AtomicBool>);

impl Patience {
    /// Lets the body come as slowly as it likes, as one that is only passed on.
    pub fn endless(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_endless(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The body did not come whole in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come within {} s", _0.as_secs_f64())]
struct TooSlow(Duration);

/// A request's body that has to come whole within a time.
pub(super) struct Timely {
    inner: Incoming,
    within: Duration,
    until: Pin<Box<Sleep>>,
    patience: Patience,
    standing: Arc<Standing>,
}

impl Timely {
    pub(super) fn new(inner: Incoming, within: Duration, patience: Patience, standing: Arc<Standing>) -> Self {
        if inner.is_end_stream() {
            standing.begin();
        }
        Self { inner, within, until: Box::pin(sleep(within)), patience, standing }
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(None) => {
                self.standing.begin();
                Poll::Ready(None)
            }
            Poll::Ready(Some(frame)) => Poll::Ready(Some(frame.map_err(Into::into))),
            Poll::Pending if self.patience.is_endless() => Poll::Pending,
            Poll::Pending => {
                ready!(self.until.as_mut().poll(context));
                Poll::Ready(Some(Err(TooSlow(self.within).into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body; when it has gone, its connection waits again.
pub(super) struct Answering {
    inner: Body,
    standing: Arc<Standing>,
}

impl Answering {
    pub(super) fn new(inner: Body, standing: Arc<Standing>) -> Self {
        standing.begin();
        Self { inner, standing }
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.standing.wait();
    }
}
