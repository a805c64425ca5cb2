//! A machine that `deploy/deploy` brings versions to. Its service manager is a script.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Options;
use crate::nginx::free_port;

/// A machine; its daemon is killed when dropped.
pub struct Machine {
    root: PathBuf,
    /// `127.0.0.1:<port>`.
    pub address: String,
}

impl Machine {
    /// A machine with its files in a new folder below that one. Nothing runs on it yet.
    pub fn new(folder: &Path, name: &str, options: &Options) -> Self {
        let root = folder.join(name);
        let address = format!("127.0.0.1:{}", free_port());
        std::fs::create_dir(&root).expect("the folder is ours");
        let script = restart_script(&root, &address, options);
        std::fs::write(root.join("restart"), script).expect("the folder is ours");
        Self { root, address }
    }

    /// `deploy/deploy` with these arguments, to be run.
    pub fn deployment(&self, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/deploy");
        let mut command = Command::new(script);
        command
            .args(arguments)
            .env("ROOT", &self.root)
            .env("RESTART", format!("sh {}/restart", self.root.display()))
            .env("HEALTH_URL", format!("http://{}/readyz", self.address));
        command
    }

    /// Runs `deploy/deploy` with these arguments.
    pub fn deploy(&self, arguments: &[&str]) -> Output {
        self.deployment(arguments).output().expect("deploy/deploy runs")
    }

    /// The versions that are kept.
    pub fn versions(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join("versions")).expect("something was deployed");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.into_string().expect("a version is text"))
            .collect();
        names.sort();
        names
    }

    /// The version that is in place.
    pub fn current(&self) -> String {
        let link = std::fs::read_link(self.root.join("current")).expect("something was deployed");
        let name = link.file_name().and_then(|name| name.to_str());
        name.expect("a version is text").to_owned()
    }

    /// The process that was started last.
    pub fn pid(&self) -> Option<i32> {
        let text = std::fs::read_to_string(self.root.join("pid")).ok()?;
        text.trim().parse().ok()
    }

    pub fn socket(&self) -> PathBuf {
        self.root.join("state/control.sock")
    }

    /// The log of all versions so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.root.join("log")).unwrap_or_default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            // An error: it has ended.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// Stops the daemon, waits for its end, and starts the version that is in place.
fn restart_script(root: &Path, address: &str, options: &Options) -> String {
    let mut exports = String::new();
    for (name, value) in options.variables() {
        writeln!(exports, "export {name}='{value}'").expect("writing to memory");
    }
    format!(
        r#"#!/bin/sh
cd {root}
pid=$(cat pid 2>/dev/null || echo none)
[ "$pid" = none ] || kill -TERM "$pid" 2>/dev/null
while readlink "/proc/$pid/exe" >/dev/null 2>&1; do sleep 0.05; done
export TRADEPOST_HTTP__LISTEN={address} TRADEPOST_DAEMON__DRAIN_SECONDS=1 TRADEPOST_HTTP__TRUSTED_PROXIES=1
export TRADEPOST_LIMITS__UPLOAD_STARTS_PER_MINUTE=100000 TRADEPOST_LIMITS__CHANGES_PER_MINUTE=1000000
export TRADEPOST_LIMITS__PAGES_PER_MINUTE=1000000 TRADEPOST_LIMITS__FILES_PER_MINUTE=1000000
export TRADEPOST_LIMITS__SEARCHES_PER_MINUTE=1000000
{exports}setsid current/tradepostd serve --state {root}/state >>log 2>&1 </dev/null 9>&- &
echo $! >pid
"#,
        root = root.display()
    )
}

/// A folder of programs that are this script.
pub fn scripted_programs(folder: &Path, name: &str, script: &str) -> PathBuf {
    let programs = folder.join(name);
    std::fs::create_dir(&programs).expect("the folder is ours");
    for program in ["tradepostd", "tradepost"] {
        let path = programs.join(program);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the folder is ours");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    }
    programs
}

/// An edit of nginx' configuration for load: without the limit of requests. Idle connections end sooner, and so does each stop of a daemon.
pub fn for_load(_: &str, text: String) -> String {
    let lines = text.lines().filter(|line| !line.contains("limit_req "));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    text.replace("keepalive_timeout 4s;", "keepalive_timeout 1s;")
}
