//! A server that speaks the protocol of SQS and that nobody here wrote: ministack, which `make/sqs` installs into `.cache/`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::QueueAttributeName;

use crate::Options;
use crate::wait::PATIENCE;

pub(crate) const REGION: &str = "eu-central-1";
const KEY: &str = "test";
const STARTS: u32 = 5;

/// The server of this process, with queues of one test's own.
#[derive(Debug, Clone)]
pub struct Sqs {
    /// `http://127.0.0.1:<port>`.
    pub endpoint: String,
    /// The prefix of this test's queue names.
    pub prefix: String,
}

impl Sqs {
    /// Starts the server unless this process has one. `None`, with a word about it, where it is not installed.
    pub fn start() -> Option<Self> {
        static SERVER: OnceLock<Option<SocketAddr>> = OnceLock::new();
        static TESTS: AtomicU32 = AtomicU32::new(0);
        let address = (*SERVER.get_or_init(serve))?;
        let number = TESTS.fetch_add(1, Ordering::Relaxed);
        Some(Self {
            endpoint: format!("http://{address}"),
            prefix: format!("t{}-{number}-", std::process::id()),
        })
    }

    /// The configuration of a daemon that uses these queues.
    pub fn options(&self) -> Options {
        let mut options = Options::default()
            .set("QUEUES__BACKEND", "sqs")
            .set("QUEUES__PREFIX", &self.prefix)
            .set("QUEUES__LONG_POLL_SECONDS", 2)
            .set("AWS__REGION", REGION)
            .set("AWS__ENDPOINT", &self.endpoint);
        let keys = credentials().map(|(name, value)| (name.to_owned(), value.to_owned()));
        options.variables.extend(keys);
        options
    }

    /// A client of the server, for what the daemon never does.
    pub fn client(&self) -> Client {
        let [(_, id), (_, key)] = credentials();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&self.endpoint)
            .credentials_provider(Credentials::new(id, key, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Client::from_conf(config.build())
    }

    /// The URL of one of this test's queues: `render-bulk`.
    pub async fn url(&self, name: &str) -> String {
        let found = self
            .client()
            .get_queue_url()
            .queue_name(format!("{}{name}", self.prefix));
        found
            .send()
            .await
            .expect("there is this queue")
            .queue_url
            .expect("it has a URL")
    }

    /// Messages in one of this test's queues, visible or not.
    pub async fn count(&self, name: &str) -> i64 {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let asked = self.client().get_queue_attributes().queue_url(self.url(name).await);
        let answer = asked.set_attribute_names(Some(counts.to_vec())).send().await;
        let attributes = answer
            .expect("the server answers")
            .attributes
            .expect("there are attributes");
        attributes.values().filter_map(|count| count.parse::<i64>().ok()).sum()
    }

    /// Runs `tradepostd queues` with these arguments.
    pub fn queues(&self, arguments: &[&str]) -> std::process::Output {
        self.queues_with(arguments, &self.options())
    }

    /// Runs `tradepostd queues` with these arguments, configured like this.
    pub fn queues_with(&self, arguments: &[&str], options: &Options) -> std::process::Output {
        let mut command = crate::command("tradepostd");
        command.arg("queues").args(arguments).args(["--state", "/nonexistent"]);
        command.envs(options.variables.iter().cloned());
        command.output().expect("tradepostd runs")
    }
}

/// The credentials that the server accepts, as environment variables for its clients.
pub fn credentials() -> [(&'static str, &'static str); 2] {
    [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", KEY)]
}

/// Starts the server for the rest of this process. The kernel ends it when the thread that started it ends, so that thread
/// never does.
fn serve() -> Option<SocketAddr> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/ministack");
    let python = home.join("bin/python");
    if !home.join(".installed").exists() || !python.exists() {
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
        assert!(!ci, "no SQS server to test against: run make/sqs");
        println!("SKIPPED: no SQS server here; make/sqs installs one");
        return None;
    }
    let (started, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let server = (0..STARTS).find_map(|_| try_to_serve(&python, &home));
        let (mut child, address) = server.expect("the SQS server starts");
        started.send(address).expect("somebody waits for it");
        let ended = child.wait();
        panic!("the SQS server ended: {ended:?}");
    });
    Some(address.recv().expect("the SQS server starts"))
}

/// `None` when somebody else took the port meanwhile.
fn try_to_serve(python: &Path, home: &Path) -> Option<(Child, SocketAddr)> {
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("there is a free port");
    let tmp: PathBuf = home.join("tmp");
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL"])
        .arg(python)
        .args(["-m", "ministack"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", tmp)
        .env("GATEWAY_PORT", address.port().to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("LOG_LEVEL", "WARNING")
        .envs(credentials())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("setpriv is installed");
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if child.try_wait().expect("it is our child").is_some() {
            return None;
        }
        if is_healthy(address) {
            return Some((child, address));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // It never came up; the next one may.
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn is_healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ministack/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
