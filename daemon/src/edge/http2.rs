//! HTTP/2 without TLS, for clients that know of it beforehand: proxies. The bounds are those of HTTP/1.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::body::{Bodies, Counted};
use super::opened::Opened;
use super::{Connection, FLUSH, LOOK_EVERY, MAX_HEAD_BYTES};

/// Requests of a connection that run at once.
const MAX_STREAMS: u32 = 128;
/// Bytes of an answer that wait until the client reads.
const MAX_SEND_BYTES: usize = 128 << 10;
/// A client must read something of what is sent within this time.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// The requests of a connection: they end with it.
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(stream);
    }
}

pub async fn run<I, S>(io: Opened<I>, service: S, own: Connection)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Counted, Error = Infallible>,
    S::Future: Send + 'static,
{
    let connection = http2::Builder::new(Streams::default())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).expect("a head is small"))
        .max_send_buf_size(MAX_SEND_BYTES)
        // A client that is gone does not answer.
        .keep_alive_interval(own.head)
        .keep_alive_timeout(own.head)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = pin!(connection);
    let mut unread = pin!(nobody_reads(&own.bodies));
    tokio::select! {
        _ = &mut connection => return,
        () = &mut unread => return,
        () = own.stops.stop.cancelled() => {}
        () = own.crowd.needs_place(&own.requests) => {}
        () = idle(&own) => {}
    }
    // GOAWAY: what was asked for is answered, the next request goes elsewhere.
    connection.as_mut().graceful_shutdown();
    loop {
        let was_idle = own.is_idle();
        let patience = if was_idle { FLUSH } else { LOOK_EVERY };
        tokio::select! {
            ended = timeout(patience, &mut connection) => match ended {
                Ok(_) => return,
                Err(_) if was_idle && own.is_idle() => return,
                Err(_) => {}
            },
            () = &mut unread => return,
        }
    }
}

/// Resolves when nothing was asked for as long as the head of a request may take.
async fn idle(own: &Connection) {
    let mut since = Instant::now();
    while since.elapsed() < own.head {
        sleep(WATCH_EVERY).await;
        if !own.is_idle() {
            since = Instant::now();
        }
    }
}

/// Resolves when answers wait and the client reads none of them.
async fn nobody_reads(bodies: &Bodies) {
    let (mut since, mut last) = (Instant::now(), bodies.taken());
    while since.elapsed() < READ_TIMEOUT {
        sleep(WATCH_EVERY).await;
        let taken = bodies.taken();
        if taken.is_none() || taken != last {
            (since, last) = (Instant::now(), taken);
        }
    }
}
