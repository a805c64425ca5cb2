//! Serves a router on a socket so that no client can exhaust it: connections have a bound, heads have a deadline, a refusal arrives
//! although the client still sends, and a stop waits only for requests that run.

mod body;
mod http2;
mod observed;
mod opened;

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Version, header};
use axum::response::Response;
use axum::serve::Listener;
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::body::{Bodies, Counted};
pub use self::observed::{Observed, REQUEST_ID};
use self::opened::{Opened, Protocol};
use crate::error::{ApiError, ApiResult};

/// The limits of a socket.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections; more wait in the queue of the kernel.
    pub connections: usize,
    /// The head of a request must be complete within this time, counted from the last answer: it bounds idle connections, too.
    pub head: Duration,
    /// At a stop, open connections are served for so long without new ones beside them: each answer asks its client to connect anew, which
    /// a proxy then does elsewhere.
    pub farewell: Duration,
}

/// Looks after which an idle connection is closed while three of four places are taken.
const CROWDED_LOOKS: u32 = 2;
const CROWDED_LOOK_EVERY: Duration = Duration::from_secs(1);
/// Descriptors that are not for connections.
const RESERVED_DESCRIPTORS: usize = 192;
/// Bytes of a head.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// A client that was refused may go on sending for so long,
const LINGER: Duration = Duration::from_secs(30);
/// and be silent for so long.
const LINGER_IDLE: Duration = Duration::from_secs(2);
/// At a stop, the last bytes of an answer have this time to leave.
const FLUSH: Duration = Duration::from_secs(1);
/// Clones that are held while no request runs.
const IDLE_COUNT: usize = 2;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Serves `router` until `stop` is cancelled and every request that runs then has its answer. `peer` makes what handlers see as
/// `ConnectInfo`.
pub async fn serve<L, P>(
    mut listener: L,
    router: Router,
    limits: Limits,
    peer: impl Fn(&L::Io, L::Addr) -> P,
    stop: CancellationToken,
) where
    L: Listener,
    P: Clone + Send + Sync + Unpin + 'static,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let end = CancellationToken::new();
    let mut running = JoinSet::new();
    let start = |running: &mut JoinSet<()>, (io, address): (L::Io, L::Addr), place: OwnedSemaphorePermit| {
        let crowd = Crowd {
            places: places.clone(),
            all: limits.connections,
        };
        let (peer, router) = (peer(&io, address), router.clone());
        let stops = Stops {
            stop: stop.clone(),
            end: end.clone(),
        };
        running.spawn(async move {
            run(io, router, ConnectInfo(peer), (crowd, limits.head), stops).await;
            drop(place);
        });
    };
    let accepting = async {
        loop {
            let place = places.clone().acquire_owned().await.expect("nobody closes it");
            let accepted = listener.accept().await;
            while running.try_join_next().is_some() {}
            start(&mut running, accepted, place);
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accepting => {}
    }
    // Those whom the kernel let in already would be reset.
    while let Ok(place) = places.clone().try_acquire_owned()
        && let Some(accepted) = listener.accept().now_or_never()
    {
        start(&mut running, accepted, place);
    }
    drop(listener);
    let all_ended = async { while running.join_next().await.is_some() {} };
    tokio::pin!(all_ended);
    if timeout(limits.farewell, &mut all_ended).await.is_err() {
        end.cancel();
        all_ended.await;
    }
}

/// Lets this process open as many descriptors as the system allows, and answers with a number of connections that leaves enough of
/// them for everything else: files, the database, children, the control socket.
pub fn affordable_connections(wanted: usize) -> usize {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1_024, 1_024));
    let descriptors = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
    // A connection may have a file open.
    let affordable = (descriptors.saturating_sub(RESERVED_DESCRIPTORS) / 2).max(16);
    if affordable < wanted {
        tracing::warn!(
            affordable,
            wanted,
            "fewer connections than http.max_connections: raise the limit of open files"
        );
    }
    affordable.min(wanted)
}

/// Requests of one kind that may run at once. One more is refused: it would only wait for the database.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// # Errors
    /// Overloaded.
    pub fn enter(&self) -> ApiResult<OwnedSemaphorePermit> {
        self.0.clone().try_acquire_owned().map_err(|_| ApiError::Overloaded)
    }
}

/// The stop of a socket, in two steps.
#[derive(Debug, Clone)]
struct Stops {
    /// Nobody new is let in.
    stop: CancellationToken,
    /// Requests that run are the last ones.
    end: CancellationToken,
}

/// The connections of a socket.
#[derive(Debug, Clone)]
struct Crowd {
    places: Arc<Semaphore>,
    all: usize,
}

impl Crowd {
    fn is_dense(&self) -> bool {
        self.places.available_permits() < self.all / 4
    }

    /// Resolves when others need the place of a connection on which nothing was asked for a while. A half-sent head is nothing.
    async fn needs_place(&self, requests: &Arc<()>) {
        let mut looks = 0;
        while looks < CROWDED_LOOKS {
            sleep(CROWDED_LOOK_EVERY).await;
            let is_idle = Arc::strong_count(requests) == IDLE_COUNT;
            looks = if is_idle && self.is_dense() { looks + 1 } else { 0 };
        }
    }
}

async fn run<I, P>(io: I, router: Router, peer: ConnectInfo<P>, (crowd, head): (Crowd, Duration), stops: Stops)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    P: Clone + Send + Sync + Unpin + 'static,
{
    // Every request that runs holds a clone, besides this one and that of the service.
    let requests = Arc::new(());
    let bodies = Arc::<Bodies>::default();
    let (router, counted, dense) = (TowerToHyperService::new(router), requests.clone(), crowd.clone());
    let (stop, counted_bodies) = (stops.stop.clone(), bodies.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let is_http1 = request.version() <= Version::HTTP_11;
        let (answer, counted, bodies) = (router.call(request), counted.clone(), counted_bodies.clone());
        let (dense, stop) = (dense.clone(), stop.clone());
        Box::pin(async move {
            let mut response: Response = answer.await?;
            if !is_http1 {
                response.headers_mut().remove(header::CONNECTION);
            } else if dense.is_dense() || stop.is_cancelled() {
                // Those that wait get their turn; at a stop the next request goes elsewhere.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            Ok::<_, Infallible>(response.map(|body| Counted::new(body, counted, bodies)))
        })
    });
    let opened = tokio::select! {
        opened = timeout(head, Opened::read(io)) => opened,
        () = stops.end.cancelled().then(|()| sleep(FLUSH)) => return,
        () = crowd.needs_place(&requests) => return,
    };
    // Nothing was asked for in time, or the client is gone.
    let Ok(Ok(opened)) = opened else { return };
    let connection = Connection {
        requests,
        bodies,
        crowd,
        head,
        stops,
    };
    match opened.protocol {
        Protocol::Http1 => run_http1(opened, service, connection).await,
        Protocol::Http2 => http2::run(opened, service, connection).await,
    }
}

/// A connection beside its bytes.
struct Connection {
    /// Has [`IDLE_COUNT`] owners while no request runs.
    requests: Arc<()>,
    bodies: Arc<Bodies>,
    crowd: Crowd,
    head: Duration,
    stops: Stops,
}

impl Connection {
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.requests) == IDLE_COUNT
    }
}

async fn run_http1<I, S>(io: Opened<I>, service: S, own: Connection)
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Counted> + Unpin,
    S::Future: Unpin,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(own.head)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(io), service);
    let ended = tokio::select! {
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => Some(ended),
        () = own.stops.end.cancelled() => None,
        () = own.crowd.needs_place(&own.requests) => return,
    };
    let is_gone = match ended {
        Some(ended) => ended.is_err_and(|error| error.is_timeout()),
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            let mut rest = pin!(poll_fn(|context| connection.poll_without_shutdown(context)));
            loop {
                // A half-sent head is no request.
                let is_idle = own.is_idle();
                let patience = if is_idle { FLUSH } else { LOOK_EVERY };
                match timeout(patience, &mut rest).await {
                    Ok(_) => break false,
                    Err(_) if is_idle => break true,
                    Err(_) => {}
                }
            }
        }
    };
    if !is_gone {
        tokio::select! {
            () = linger(connection.into_parts().io.into_inner()) => {}
            () = own.stops.end.cancelled().then(|()| sleep(FLUSH)) => {}
        }
    }
}

/// Closes a connection so that the last answer arrives although the client still sends: unread bytes would make the kernel reset the
/// connection, and the client would see that instead.
async fn linger(mut io: impl AsyncRead + AsyncWrite + Unpin) {
    let draining = async {
        io.shutdown().await?;
        let mut bytes = [0; 16 << 10];
        while let Ok(read) = timeout(LINGER_IDLE, io.read(&mut bytes)).await {
            if read? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    // Too late or gone: nobody is left to hear the answer.
    let _ = timeout(LINGER, draining).await;
}
