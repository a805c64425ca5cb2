//! The real Redis, in a folder of its own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::nginx::free_port;
use crate::tools::tool;
use crate::wait::PATIENCE;

/// A running Redis; ended when dropped.
pub struct Redis {
    /// `redis://127.0.0.1:<port>`.
    pub url: String,
    port: u16,
    child: Child,
    folder: TempDir,
    tls_port: Option<u16>,
}

impl Redis {
    /// Starts Redis on a free port. `None` where it is not installed.
    pub fn start() -> Option<Self> {
        let port = free_port();
        Self::new(format!("redis://127.0.0.1:{port}"), port, None)
    }

    /// Starts Redis with a certificate for `localhost`, which signs itself. `None` where it is not installed.
    pub fn start_with_tls() -> Option<Self> {
        let (port, tls_port) = (free_port(), free_port());
        Self::new(format!("rediss://localhost:{tls_port}"), port, Some(tls_port))
    }

    fn new(url: String, port: u16, tls_port: Option<u16>) -> Option<Self> {
        let program = tool("redis-server", "redis-server")?;
        let folder = tempfile::Builder::new()
            .prefix("tradepost-redis-")
            .tempdir()
            .expect("a temporary folder");
        if tls_port.is_some() {
            make_certificate(folder.path());
        }
        Some(Self {
            url,
            port,
            child: spawn(&program, port, tls_port, &folder),
            folder,
            tls_port,
        })
    }

    /// The file with the certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Ends Redis as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGKILL);
        self.child.wait().expect("Redis ends");
    }

    /// Starts Redis again, empty.
    pub fn restart(&mut self) {
        let program = tool("redis-server", "redis-server").expect("it was there");
        self.child = spawn(&program, self.port, self.tls_port, &self.folder);
    }

    /// The reply to a command without arguments, as `DBSIZE`.
    pub fn ask(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("Redis listens");
        stream
            .write_all(format!("{command}\r\nQUIT\r\n").as_bytes())
            .expect("Redis reads");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("Redis answers");
        reply.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(program: &Command, port: u16, tls_port: Option<u16>, folder: &TempDir) -> Child {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL"])
        .arg(program.get_program())
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path());
    if let Some(tls_port) = tls_port {
        command.args(["--tls-port", &tls_port.to_string(), "--tls-auth-clients", "no"]);
        for (option, name) in [("--tls-cert-file", "certificate.pem"), ("--tls-key-file", "key.pem")] {
            command.arg(option).arg(folder.path().join(name));
        }
    }
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("Redis starts");
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < PATIENCE, "Redis does not listen");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child
}

fn make_certificate(folder: &Path) {
    let settings = "[req]\ndistinguished_name=name\nx509_extensions=server\n[name]\n\
                    [server]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n";
    let path = folder.join("certificate.cnf");
    std::fs::write(&path, settings).expect("the folder takes it");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-config"])
        .arg(path)
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("certificate.pem"))
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
}
