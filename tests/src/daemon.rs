//! The process of a daemon.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::wait::PATIENCE;

/// Options of a daemon.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `TRADEPOST_*` variables, on top of those of every test.
    pub variables: Vec<(String, String)>,
    /// Descriptors that the daemon may open; as many as this process otherwise.
    pub descriptors: Option<u32>,
    /// The network namespace that it runs in; this one otherwise.
    pub namespace: Option<String>,
}

impl Options {
    /// Adds a configuration key: `http.listen` as `HTTP__LISTEN`.
    pub fn set(mut self, key: &str, value: impl ToString) -> Self {
        self.variables.push((format!("TRADEPOST_{key}"), value.to_string()));
        self
    }

    /// Trusts after so many packs, however young the account is and however few files they have.
    pub fn trusting_after(self, packs: u32) -> Self {
        let without = [
            "TRUSTED_FILES",
            "TRUSTED_ACCOUNT_DAYS",
            "ELITE_FILES",
            "ELITE_ACCOUNT_DAYS",
        ];
        let options = without
            .iter()
            .fold(self, |options, key| options.set(&format!("REVIEW__TRUST__{key}"), 0));
        options.set("REVIEW__TRUST__TRUSTED_AFTER", packs)
    }

    /// The names and values of its environment.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Tells the daemon where its service manager listens.
    pub fn notify_socket(mut self, path: &Path) -> Self {
        let path = path.to_str().expect("a temporary path is UTF-8").to_owned();
        self.variables.push(("NOTIFY_SOCKET".to_owned(), path));
        self
    }

    /// True when a key with this prefix is set.
    fn has(&self, prefix: &str) -> bool {
        let mut keys = self.variables.iter().map(|(variable, _)| variable);
        keys.any(|key| key.trim_start_matches("TRADEPOST_").starts_with(prefix))
    }
}

/// A daemon; stopped when dropped.
pub struct Daemon {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub api: String,
    log: Arc<Mutex<String>>,
}

impl Daemon {
    /// Starts a daemon and waits until it says that it is ready. A new state directory gets a copy of a migrated cluster.
    pub fn start(state: &Path, options: &Options) -> Self {
        if !state.exists() && !options.has("DATABASE__") {
            crate::template::copy_cluster(state);
        }
        let mut child = serve(state, options).spawn().expect("tradepostd starts");
        let stderr = child.stderr.take().expect("stderr is a pipe");
        let log = Arc::new(Mutex::new(String::new()));
        let (ready, api) = mpsc::channel();
        let copy = log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Ok(fields) = serde_json::from_str::<Value>(&line)
                    && fields["message"] == "tradepostd is ready"
                {
                    // Only the first one is waited for.
                    let _ = ready.send(fields["api"].as_str().unwrap_or_default().to_owned());
                }
                let mut copy = copy.lock().expect("no reader panics");
                copy.push_str(&line);
                copy.push('\n');
            }
        });
        match api.recv_timeout(PATIENCE) {
            Ok(api) => Self { child, api, log },
            Err(_) => {
                let _ = child.kill();
                panic!(
                    "tradepostd did not become ready:\n{}",
                    log.lock().expect("no reader panics")
                )
            }
        }
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no reader panics").clone()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the daemon is there");
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the daemon ends")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::SIGTERM);
            self.wait();
        }
    }
}

fn serve(state: &Path, options: &Options) -> Command {
    let mut command = match (options.descriptors, &options.namespace) {
        (None, None) => crate::command("tradepostd"),
        (None, Some(namespace)) => {
            let mut command = crate::without_configuration(Command::new("ip"));
            command
                .args(["netns", "exec", namespace])
                .arg(crate::program("tradepostd"));
            command
        }
        (Some(descriptors), _) => {
            let mut command = crate::without_configuration(Command::new("prlimit"));
            command
                .arg(format!("--nofile={descriptors}:{descriptors}"))
                .arg(crate::program("tradepostd"));
            command
        }
    };
    command
        .arg("serve")
        .arg("--state")
        .arg(state)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
        .env("TRADEPOST_HTTP__LISTEN", "127.0.0.1:0")
        .env("TRADEPOST_LOG__FORMAT", "json");
    // A clamd that this machine happens to run is none of a test's business.
    command
        .env("TRADEPOST_SCANNER__PRIVATE", "true")
        .env("TRADEPOST_LIMITS__UPLOAD_STARTS_PER_MINUTE", "1000");
    // A test is one client with the load of many.
    for kind in ["PAGES", "SEARCHES", "FILES", "CHANGES"] {
        command.env(format!("TRADEPOST_LIMITS__{kind}_PER_MINUTE"), "10000000");
    }
    command.envs(options.variables.iter().cloned());
    command
}

/// The processes (but this one) that run in a folder, were started from it or hold a file of it open.
pub fn processes_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir("/proc")
        .expect("there is a /proc")
        .filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid != std::process::id())
        .filter_map(|pid| command_line_in(pid, folder))
        .collect()
}

/// The command line of a process that has to do with the folder. What ends meanwhile has not.
fn command_line_in(pid: u32, folder: &Path) -> Option<String> {
    let process = Path::new("/proc").join(pid.to_string());
    let bytes = std::fs::read(process.join("cmdline")).ok()?;
    let command_line = String::from_utf8_lossy(&bytes).replace('\0', " ");
    let open = std::fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|fd| fd.path());
    let links = ["cwd", "exe", "root"]
        .map(|link| process.join(link))
        .into_iter()
        .chain(open);
    let uses = links
        .filter_map(|link| std::fs::read_link(link).ok())
        .any(|path| path.starts_with(folder));
    (uses || command_line.contains(folder.to_str()?)).then(|| format!("{pid}: {command_line}"))
}
