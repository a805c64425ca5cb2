//! Receivers of mails and webhooks that nobody here wrote: aiosmtpd and standardwebhooks, which `make/receivers` installs into `.cache/`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::Options;
use crate::wait::PATIENCE;

/// A script of `tests/receivers/`. `None`, with a word about it, where what it needs is not installed.
fn script(name: &str) -> Option<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let home = root.join(".cache/receivers");
    let python = home.join("bin/python");
    if !home.join(".installed").exists() || !python.exists() {
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
        assert!(!ci, "nothing reads mails and webhooks: run make/receivers");
        println!("SKIPPED: nothing reads mails and webhooks here; make/receivers installs what does");
        return None;
    }
    let mut command = Command::new(python);
    command.arg(root.join("tests/receivers").join(name));
    Some(command)
}

/// The places where a file for the bank breaks the schema of pain.001.001.03; empty: none. `None`: nothing checks it here.
pub fn schema_errors(xml: &str) -> Option<String> {
    let mut child = script("pain001.py")?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(xml.as_bytes()).expect("python reads");
    drop(stdin);
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Running receivers; they end with this.
pub struct Receivers {
    pub smtp_port: u16,
    /// `http://127.0.0.1:<port>`.
    pub http: String,
    received: mpsc::UnboundedReceiver<Value>,
    child: Child,
}

impl Receivers {
    /// Starts them. `None`, with a word about it, where they are not installed.
    pub fn start() -> Option<Self> {
        let mut child = script("receive.py")?
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
        let first = lines.next().expect("the receivers start").expect("they print text");
        let ports: Value = serde_json::from_str(&first).expect("they print JSON");
        let (sender, received) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let value = serde_json::from_str(&line).expect("the receivers print JSON");
                // An error: the test is over.
                let _ = sender.send(value);
            }
        });
        let port = |name: &str| u16::try_from(ports[name].as_u64().expect("a port")).expect("a port");
        Some(Self {
            smtp_port: port("smtp"),
            http: format!("http://127.0.0.1:{}", port("http")),
            received,
            child,
        })
    }

    /// The configuration of a daemon that sends to them.
    pub fn options(&self) -> Options {
        Options::default()
            .set("MAIL__HOST", "127.0.0.1")
            .set("MAIL__PORT", self.smtp_port)
            .set("MAIL__SECURITY", "none")
            .set("MAIL__FROM", "Shop <shop@example.org>")
            .set("WEBHOOKS__ALLOW_LOOPBACK", true)
            .set("QUEUES__BACKOFF_SECONDS", 0)
    }

    /// Tells the receiver of webhooks the secret of a path, so that it verifies signatures.
    pub async fn knows(&self, path: &str, secret: &Value) {
        let client = crate::app::client_builder().build().expect("a client");
        let told = client
            .post(format!("{}/secret", self.http))
            .json(&json!({ "path": path, "secret": secret }));
        told.send().await.expect("the receiver listens");
    }

    /// The next mail or webhook.
    pub async fn next(&mut self) -> Value {
        let next = tokio::time::timeout(PATIENCE, self.received.recv()).await;
        next.expect("something comes").expect("the receivers run")
    }

    /// The next mail or webhook that is `good`; others are passed over.
    pub async fn next_where(&mut self, good: impl Fn(&Value) -> bool) -> Value {
        loop {
            let next = self.next().await;
            if good(&next) {
                return next;
            }
        }
    }

    /// The next mail to an address.
    pub async fn mail_to(&mut self, address: &str) -> Value {
        self.next_where(|value| value["to"][0] == address).await
    }

    /// Everything that has come.
    pub fn so_far(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.received.try_recv().ok()).collect()
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A header of a mail.
pub fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().expect("a mail has headers");
    let found = headers
        .iter()
        .find(|pair| pair[0].as_str().is_some_and(|has| has.eq_ignore_ascii_case(name)));
    found.and_then(|pair| pair[1].as_str()).unwrap_or_default()
}

/// The token of the link in a mail.
pub fn token_in(text: &Value) -> String {
    let text = text.as_str().expect("a mail has a text");
    let (_, rest) = text
        .split_once("?token=")
        .unwrap_or_else(|| panic!("no link in {text}"));
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}
