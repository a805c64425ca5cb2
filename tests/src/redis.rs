//! The real Redis, in a folder of its own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
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
}

impl Redis {
    /// Starts Redis on a free port. `None` where it is not installed.
    pub fn start() -> Option<Self> {
        let program = tool("redis-server", "redis-server")?;
        let folder = tempfile::Builder::new()
            .prefix("tradepost-redis-")
            .tempdir()
            .expect("a temporary folder");
        let port = free_port();
        Some(Self {
            url: format!("redis://127.0.0.1:{port}"),
            port,
            child: spawn(&program, port, &folder),
            folder,
        })
    }

    /// Ends Redis as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGKILL);
        self.child.wait().expect("Redis ends");
    }

    /// Starts Redis again, empty.
    pub fn restart(&mut self) {
        let program = tool("redis-server", "redis-server").expect("it was there");
        self.child = spawn(&program, self.port, &self.folder);
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

fn spawn(program: &Command, port: u16, folder: &TempDir) -> Child {
    let child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .arg(program.get_program())
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
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
