//! A daemon of its own for each test: embedded, in a temporary state directory, on a free port.

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::answer::Answer;
use crate::daemon::{Daemon, Options};
use crate::events::Events;
use crate::wait::PATIENCE;

/// A running daemon.
pub struct TestApp {
    pub state: PathBuf,
    /// `http://127.0.0.1:<port>`.
    pub api: String,
    pub http: reqwest::Client,
    control: reqwest::Client,
    daemon: Daemon,
    options: Options,
    // Last: deleted when nothing runs in it any more.
    _folder: TempDir,
}

impl TestApp {
    /// Starts a daemon as it is without configuration.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Starts a daemon.
    pub fn start_with(options: Options) -> Self {
        Self::start_in(&std::env::temp_dir(), options)
    }

    /// Starts a daemon with its state in a new folder below that one.
    pub fn start_in(parent: &Path, options: Options) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tradepost-test-")
            .tempdir_in(parent)
            .expect("a temporary folder");
        let state = folder.path().join("state");
        let daemon = Daemon::start(&state, &options);
        let control = control_client(&state);
        let (api, http) = (daemon.api.clone(), http_client());
        Self {
            state,
            api,
            http,
            control,
            daemon,
            options,
            _folder: folder,
        }
    }

    /// Kills the daemon as `kill -9` does; its servers go with it.
    pub fn kill(&mut self) {
        self.daemon.signal(Signal::SIGKILL);
        self.daemon.wait();
    }

    /// Starts the daemon again on the same state.
    pub fn restart(&mut self) {
        self.daemon = Daemon::start(&self.state, &self.options);
        self.api = self.daemon.api.clone();
        // Connections to the one that ended are of no use.
        (self.http, self.control) = (http_client(), control_client(&self.state));
    }

    /// Stops the daemon as systemd does. Answers with its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.daemon.signal(Signal::SIGTERM);
        let code = self.daemon.wait().code();
        let log = self.log();
        assert!(!log.contains("panicked"), "it panicked while it stopped: {log}");
        code
    }

    pub fn pid(&self) -> i32 {
        self.daemon.pid().as_raw()
    }

    /// The daemon's log so far.
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Runs `tradepostd` with these arguments on the same state, configured as the daemon.
    pub fn tradepostd(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = crate::command("tradepostd");
        command
            .args(arguments)
            .env("TRADEPOST_STATE", &self.state)
            .envs(self.options.variables.iter().cloned());
        command.output().expect("tradepostd runs")
    }

    /// Runs `tradepost` with these arguments on the control socket.
    pub fn tradepost(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = crate::command("tradepost");
        command
            .args(arguments)
            .env("TRADEPOST_SOCKET", self.socket())
            .output()
            .expect("tradepost runs")
    }

    pub fn socket(&self) -> PathBuf {
        self.state.join("control.sock")
    }

    /// The file of a content-addressed object. `area` is the first part of its key: `m` members, `r` renditions.
    pub fn stored(&self, area: &str, name: &str) -> PathBuf {
        self.state.join("objects").join(area).join(&name[..2]).join(name)
    }

    /// A token of a trusted contributor.
    pub fn trusted(&self, account: &str) -> String {
        self.token(&["--account", account, "--trust", "trusted"])
    }

    /// A token made with these arguments.
    pub fn token(&self, arguments: &[&str]) -> String {
        let output = self.tradepostd(&[&["token", "create"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .expect("a token is text")
            .trim()
            .to_owned()
    }

    /// A request to the public API. Answers with the status and the JSON body (null when there is none).
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }

    /// A request to the public API, to be changed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api))
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        self.call(Method::GET, path, token, None).await
    }

    /// A request to the control socket.
    pub async fn control(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.control.request(method, format!("http://localhost{path}"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }

    /// A request to the control socket, to be changed and sent.
    pub fn control_request(&self, method: Method, path: &str) -> RequestBuilder {
        self.control.request(method, format!("http://localhost{path}"))
    }

    /// A request to the control socket that changes something.
    pub async fn act(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.control(Method::POST, path, Some(body)).await
    }

    /// The event stream of the control socket.
    pub async fn events(&self) -> Events {
        Events::open(&self.control).await
    }

    /// The reply of the control socket to a GET that succeeds.
    pub async fn look(&self, path: &str) -> Value {
        let (status, body) = self.control(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Announces bytes. Answers with the started upload.
    pub async fn announce(&self, token: &str, size_bytes: usize, sha256: &str) -> Value {
        let body = json!({ "file_name": "pack.zip", "size_bytes": size_bytes, "sha256": sha256 });
        let (status, started) = self.call(Method::POST, "/v1/uploads", Some(token), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{started}");
        started
    }

    /// PUTs bytes to a signed URL.
    pub async fn put(&self, started: &Value, bytes: Vec<u8>) -> (StatusCode, Value) {
        let put = &started["put"];
        let mut request = self.http.put(put["url"].as_str().expect("a URL")).body(bytes);
        for (name, value) in put["headers"].as_object().expect("headers") {
            // The client counts by itself.
            if name != "content-length" {
                request = request.header(name, value.as_str().expect("text"));
            }
        }
        answer(request).await
    }

    /// Announces a pack and PUTs its bytes. Answers with the upload's id.
    pub async fn receive(&self, token: &str, pack: &[u8]) -> String {
        let started = self
            .announce(token, pack.len(), &hex::encode(Sha256::digest(pack)))
            .await;
        let (status, body) = self.put(&started, pack.to_vec()).await;
        assert!(status.is_success(), "{status}: {body}");
        started["id"].as_str().expect("an id").to_owned()
    }

    /// Uploads a whole pack. Answers with the upload's id.
    pub async fn upload(&self, token: &str, pack: &[u8]) -> String {
        let id = self.receive(token, pack).await;
        let (status, body) = self.complete(token, &id).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        id
    }

    /// Says that the bytes of an upload are complete.
    pub async fn complete(&self, token: &str, id: &str) -> (StatusCode, Value) {
        self.call(Method::POST, &format!("/v1/uploads/{id}/complete"), Some(token), None)
            .await
    }

    /// Every row of a list of the public API, page by page.
    pub async fn rows(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let (status, page) = self.get(&format!("{path}{joint}limit=200{cursor}"), None).await;
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
            rows.extend(page["rows"].as_array().expect("a page has rows").iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    /// Fails when anything is in the public catalogue.
    pub async fn assert_nothing_is_published(&self) {
        for path in ["/v1/families", "/v1/sets", "/v1/items"] {
            assert_eq!(self.rows(path).await, Vec::<Value>::new(), "{path}");
        }
    }

    /// Waits until the upload comes to rest. Answers with its trace.
    pub async fn settled(&self, id: &str) -> Value {
        const AT_REST: [&str; 4] = ["published", "rejected", "in_review", "expired"];
        let path = format!("/v1/uploads/{id}");
        self.until(&path, |trace| {
            trace["upload"]["state"]
                .as_str()
                .is_some_and(|state| AT_REST.contains(&state))
        })
        .await
    }

    /// Uploads a pack and waits until it comes to rest.
    pub async fn upload_and_settle(&self, token: &str, pack: &[u8]) -> Value {
        let id = self.upload(token, pack).await;
        self.settled(&id).await
    }

    /// Looks at a page of the control API after every event until `good` is true of it.
    pub async fn until(&self, path: &str, good: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            let mut events = self.events().await;
            loop {
                let page = self.look(path).await;
                if good(&page) {
                    return page;
                }
                events.wait().await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(page) => page,
            Err(_) => panic!("waited in vain at {path}: {}\n{}", self.look(path).await, self.log()),
        }
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = Answer::to(request).await;
    (answer.status, answer.json())
}

/// reqwest builds no client without a TLS provider, even for plain HTTP.
pub fn client_builder() -> reqwest::ClientBuilder {
    // An error: another test of this process has installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// A client for plain HTTP.
pub fn http_client() -> reqwest::Client {
    client_builder()
        .build()
        .expect("a client without TLS roots can be made")
}

fn control_client(state: &Path) -> reqwest::Client {
    client_builder()
        .unix_socket(state.join("control.sock"))
        .build()
        .expect("a client")
}
