//! The process of localstripe. It listens on this machine only and keeps nothing on the disk. Its lists are kept by kind: it would look
//! through all its objects for each answer, which is slow after some thousand payments.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const RUN: &str = "
import socket
from aiohttp import web
from localstripe import resources
kinds = {}
def keep(store, key, value):
    dict.__setitem__(store, key, value)
    kinds.setdefault(key.split(':')[0], {})[key] = value
def drop(store, key):
    dict.__delitem__(store, key)
    del kinds[key.split(':')[0]][key]
def of_kind(cls, url, limit=None, starting_after=None, **others):
    if others:
        raise resources.UserError(400, 'Unexpected ' + ', '.join(others))
    found = resources.List(url, limit=limit, starting_after=starting_after)
    found._list = list(kinds.get(cls.object, {}).values())
    return found
resources.Store.__setitem__ = keep
resources.Store.__delitem__ = drop
resources.Store.dump_to_disk = lambda store: None
resources.StripeObject._api_list_all = classmethod(of_kind)
from localstripe.server import app
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(128)
print(listener.getsockname()[1], flush=True)
web.run_app(app, sock=listener, print=None, access_log=None)
";

/// A running server; ends when dropped.
pub struct Server {
    pub url: String,
    child: Child,
}

impl Server {
    /// `None`, with a word about it, where it is not installed.
    pub fn start() -> Option<Self> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/localstripe");
        let python = home.join("bin/python");
        if !home.join(".installed").exists() || !python.exists() {
            let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
            assert!(!ci, "no payment server to test against: run make/stripe");
            println!("SKIPPED: no payment server here; make/stripe installs one");
            return None;
        }
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(python)
            .args(["-c", RUN])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("setpriv is installed");
        let mut port = String::new();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout)
            .read_line(&mut port)
            .expect("the server tells its port");
        let url = format!("http://127.0.0.1:{}", port.trim());
        Some(Self { url, child })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error: it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
