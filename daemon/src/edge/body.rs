//! The body of an answer, which counts as running until the last byte is handed over.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// The bodies that a connection sends.
#[derive(Debug, Default)]
pub struct Bodies {
    running: AtomicUsize,
    /// Pieces that were taken from all of them.
    taken: AtomicU64,
}

impl Bodies {
    /// The number of pieces that were taken; `None` while nothing is to be sent.
    pub fn taken(&self) -> Option<u64> {
        let is_sending = self.running.load(Ordering::Relaxed) > 0;
        is_sending.then(|| self.taken.load(Ordering::Relaxed))
    }
}

/// A body, and the request that it answers.
pub struct Counted {
    body: Body,
    bodies: Arc<Bodies>,
    _request: Arc<()>,
}

impl Counted {
    pub fn new(body: Body, request: Arc<()>, bodies: Arc<Bodies>) -> Self {
        bodies.running.fetch_add(1, Ordering::Relaxed);
        Self {
            body,
            bodies,
            _request: request,
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.bodies.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.bodies.taken.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
