//! The control API, one method a verb, over the Unix socket.

mod campaigns;
mod catalogue;
mod dead;
mod machines;
mod money;
mod operations;
mod picture;
mod review;

pub use campaigns::Step as CampaignStep;
pub use money::new_credit_key;
pub use operations::{MAX_RATE, Turn};
pub use picture::PictureOf;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tradepost_common::Page;
use tradepost_common::audit::AuditRow;
use tradepost_common::ids::{IdKind, IdMatches, TokenId, UploadId};
use tradepost_common::latency::LatencyRow;
use tradepost_common::overview::{Alert, Overview, WhoAmI};
use tradepost_common::problem::Problem;
use tradepost_common::queues::{QueueRow, SetConcurrency};
use tradepost_common::tokens::TokenRow;
use tradepost_common::uploads::{UploadRow, UploadTrace};

use crate::query::{Query, segment};

/// Nothing on the control socket takes longer; the event stream has no such limit.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The reason why a request failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The daemon answered with a problem.
    Problem(Box<Problem>),
    /// Nobody answers on the socket.
    Unreachable(String),
    /// It answers, but not with what was agreed.
    Protocol(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Unreachable(why) | Self::Protocol(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// The HTTP status of a problem.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// The code of a problem: `case-claimed`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }
}

pub type Reply<T> = Result<T, Failure>;

/// A client of one control socket; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

#[derive(Deserialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Queues {
    queues: Vec<QueueRow>,
}

#[derive(Deserialize)]
struct Latency {
    latency: Vec<LatencyRow>,
}

impl Client {
    pub fn new(socket: PathBuf) -> Reply<Self> {
        let http = reqwest::Client::builder()
            .unix_socket(socket.clone())
            // No certificate is looked at on a Unix socket: none are loaded.
            .tls_certs_only([])
            .user_agent(concat!("tradepost/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Failure::Protocol(format!("cannot make a client: {e}")))?;
        Ok(Self { http, socket })
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub async fn whoami(&self) -> Reply<WhoAmI> {
        self.get("/v1/whoami").await
    }

    pub async fn overview(&self) -> Reply<Overview> {
        self.get("/v1/overview").await
    }

    pub async fn queues(&self) -> Reply<Vec<QueueRow>> {
        self.get::<Queues>("/v1/queues").await.map(|q| q.queues)
    }

    pub async fn pause_queue(&self, name: &str) -> Reply<QueueRow> {
        self.act(Method::POST, &format!("/v1/queues/{}/pause", segment(name)), NOTHING)
            .await
    }

    pub async fn resume_queue(&self, name: &str) -> Reply<QueueRow> {
        self.act(Method::POST, &format!("/v1/queues/{}/resume", segment(name)), NOTHING)
            .await
    }

    /// `None`: as configured.
    pub async fn set_concurrency(&self, name: &str, concurrency: Option<u32>) -> Reply<QueueRow> {
        let path = format!("/v1/queues/{}/concurrency", segment(name));
        self.act(Method::POST, &path, Some(&SetConcurrency { concurrency }))
            .await
    }

    pub async fn acknowledge(&self, code: &str) -> Reply<Alert> {
        let path = format!("/v1/alerts/{}/acknowledge", segment(code));
        self.act(Method::POST, &path, NOTHING).await
    }

    pub async fn alerts(&self) -> Reply<Vec<Alert>> {
        self.get::<Alerts>("/v1/alerts").await.map(|a| a.alerts)
    }

    /// Ids of a kind that begin with a prefix.
    pub async fn ids(&self, prefix: &str, kind: IdKind) -> Reply<IdMatches> {
        let query = Query::default().with("kind", Some(kind));
        self.get(&query.append_to(&format!("/v1/ids/{}", segment(prefix))))
            .await
    }

    /// Newest first; `query` is what follows the question mark.
    pub async fn uploads(&self, query: &Query) -> Reply<Page<UploadRow>> {
        self.get(&query.append_to("/v1/uploads")).await
    }

    pub async fn upload(&self, id: UploadId) -> Reply<UploadTrace> {
        self.get(&format!("/v1/uploads/{id}")).await
    }

    pub async fn latency(&self) -> Reply<Vec<LatencyRow>> {
        self.get::<Latency>("/v1/latency").await.map(|l| l.latency)
    }

    pub async fn tokens(&self, query: &Query) -> Reply<Page<TokenRow>> {
        self.get(&query.append_to("/v1/tokens")).await
    }

    pub async fn revoke_token(&self, id: TokenId) -> Reply<TokenRow> {
        self.act(Method::POST, &format!("/v1/tokens/{id}/revoke"), NOTHING)
            .await
    }

    pub async fn audit(&self, query: &Query) -> Reply<Page<AuditRow>> {
        self.get(&query.append_to("/v1/audit")).await
    }

    /// The open event stream; it ends when the response is dropped.
    pub async fn events(&self) -> Reply<Response> {
        checked(self.send(self.request(Method::GET, "/v1/events")).await?).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://localhost{path}"))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Reply<T> {
        self.act(Method::GET, path, NOTHING).await
    }

    async fn act<B: Serialize, T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&B>) -> Reply<T> {
        let mut request = self.request(method, path).timeout(TIMEOUT);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.read(path, request).await
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, request: RequestBuilder) -> Reply<T> {
        let response = checked(self.send(request).await?).await?;
        let bytes = response.bytes().await.map_err(|e| self.explain(&e))?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Failure::Protocol(format!("{path}: invalid answer of the daemon: {e}")))
    }

    /// For acts of which only matters that they were done.
    async fn done<B: Serialize>(&self, path: &str, body: Option<&B>) -> Reply<()> {
        let mut request = self.request(Method::POST, path).timeout(TIMEOUT);
        if let Some(body) = body {
            request = request.json(body);
        }
        checked(self.send(request).await?).await.map(|_| ())
    }

    async fn send(&self, request: RequestBuilder) -> Reply<Response> {
        request.send().await.map_err(|e| self.explain(&e))
    }

    /// A transport error in words that name the socket and what to do.
    pub fn explain(&self, error: &reqwest::Error) -> Failure {
        let socket = self.socket.display();
        if error.is_timeout() {
            return Failure::Unreachable(format!("no answer within {} s at {socket}", TIMEOUT.as_secs()));
        }
        let cause = root_cause(error);
        // The reason comes first: on a narrow screen the end is cut off.
        Failure::Unreachable(match cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
            Some(ErrorKind::NotFound) => {
                format!("no socket at {socket}. Is the daemon running with this state directory?")
            }
            Some(ErrorKind::ConnectionRefused) => {
                format!("connection refused at {socket}. The daemon is not running: start it with `tradepostd serve`.")
            }
            Some(ErrorKind::PermissionDenied) => {
                format!("permission denied at {socket}. Your user is not in a group that may use it.")
            }
            _ => format!("{cause} at {socket}"),
        })
    }
}

const NOTHING: Option<&()> = None;

fn root_cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
}

/// The response when it is a success, else the problem it carries.
async fn checked(response: Response) -> Reply<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.bytes().await.unwrap_or_default();
    Err(problem_from(status, &body))
}

/// The problem of an error response; one is made up when the body is not one.
pub fn problem_from(status: StatusCode, body: &[u8]) -> Failure {
    serde_json::from_slice(body).map_or_else(
        |_| Failure::Protocol(format!("the daemon answered {status} without a reason")),
        |problem| Failure::Problem(Box::new(problem)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_that_is_no_problem_is_still_explained() {
        let failure = problem_from(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(
            failure.to_string(),
            "the daemon answered 502 Bad Gateway without a reason"
        );
    }
}
