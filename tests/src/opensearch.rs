//! A server that speaks the protocol of OpenSearch and that nobody here wrote: osmem, which `make/opensearch` installs into `.cache/`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Options;

/// A running server with an empty memory; ended when dropped.
pub struct OpenSearch {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    child: Child,
}

impl OpenSearch {
    /// Starts a server on a free port. `None`, with a word about it, where it is not installed.
    pub fn start() -> Option<Self> {
        Self::listen("127.0.0.1:0")
    }

    fn listen(address: &str) -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/opensearch/osmem-server");
        if !program.exists() {
            println!("SKIPPED: no OpenSearch server here; make/opensearch installs it");
            return None;
        }
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(program)
            .args(["-addr", address, "-no-ja", "-no-stdin-watch"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the OpenSearch server starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("it is piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("it says where it is");
        let started: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let url = started["url"].as_str().expect("an address").to_owned();
        Some(Self { url, child })
    }

    /// Ends the server, as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        self.child.wait().expect("the server ends");
    }

    /// Starts the server again at its address; it has forgotten everything.
    pub fn restart(&mut self) {
        self.kill();
        let address = self.url.trim_start_matches("http://").to_owned();
        *self = Self::listen(&address).expect("it was there");
    }

    /// The configuration of a daemon that keeps its index there.
    pub fn options(&self) -> Options {
        Options::default().set("SEARCH__OPENSEARCH_URL", &self.url)
    }
}

impl Drop for OpenSearch {
    fn drop(&mut self) {
        self.kill();
    }
}
