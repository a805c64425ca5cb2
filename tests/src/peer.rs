//! The control socket as another Unix user sees it. Only root can become somebody else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;
use serde_json::Value;

use crate::TestApp;

/// The user that a stranger is, and the one group it is in.
pub const STRANGER: &str = "nobody";
pub const STRANGERS_GROUP: &str = "nogroup";

/// Is the test allowed to switch users? Prints a note when it is not.
pub fn may_be_a_stranger() -> bool {
    let may = nix::unistd::geteuid().is_root();
    if !may {
        println!("skipped: only root can become another user");
    }
    may
}

/// Lets everybody reach the control socket, as a socket of systemd with a mode of 0666 would.
pub fn open_socket(app: &TestApp) {
    let folder = app.state.parent().expect("the state directory is in a folder");
    for (path, mode) in [(folder, 0o711), (app.state.as_path(), 0o711), (&app.socket(), 0o666)] {
        set_mode(path, mode);
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// A request to the control socket as the stranger.
pub fn as_stranger(app: &TestApp, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    as_user(app.socket(), STRANGER, method, path, body)
}

/// A request to a control socket as a user of the strangers' group, by name or by number.
pub fn as_user(socket: PathBuf, user: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid",
        user,
        "--regid",
        STRANGERS_GROUP,
        "--clear-groups",
        "--",
        "curl",
        "--silent",
    ]);
    command.args([
        "--max-time",
        "30",
        "--request",
        method,
        "--write-out",
        "\\n%{http_code}",
        "--unix-socket",
    ]);
    command.arg(socket).arg(format!("http://localhost{path}"));
    if let Some(body) = body {
        command.args([
            "--header",
            "content-type: application/json",
            "--data",
            &body.to_string(),
        ]);
    }
    let output = command.output().expect("setpriv and curl are installed");
    let text = String::from_utf8(output.stdout).expect("an answer is text");
    let (body, status) = text.rsplit_once('\n').expect("curl tells the status");
    let status = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
    (
        status.expect("the control socket answers"),
        serde_json::from_str(body).unwrap_or(Value::Null),
    )
}
