//! The real nginx with the configuration of `deploy/nginx/`, in a folder of its own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::tools::tool;
use crate::wait::PATIENCE;

/// A running nginx; ended when dropped.
pub struct Nginx {
    /// `https://127.0.0.1:<port>`.
    pub url: String,
    child: Child,
    folder: TempDir,
}

impl Nginx {
    /// Starts nginx in front of these daemons (`127.0.0.1:<port>`). Changes of the configuration are made by `edit`, file by file.
    pub fn start(port: u16, daemons: &[&str], edit: impl Fn(&str, String) -> String) -> Option<Self> {
        let folder = tempfile::Builder::new()
            .prefix("tradepost-nginx-")
            .tempdir()
            .expect("a temporary folder");
        let configuration = write_configuration(folder.path(), port, daemons, edit);
        let mut checking = tool("nginx", "nginx-light")?;
        let checked = checking
            .arg("-t")
            .arg("-c")
            .arg(&configuration)
            .output()
            .expect("nginx runs");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .arg(tool("nginx", "nginx-light")?.get_program())
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self {
            url: format!("https://127.0.0.1:{port}"),
            child,
            folder,
        })
    }

    /// Its log of errors.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    /// A client that takes the certificate of the test, from an address of this machine (`127.0.0.2`).
    pub fn client(&self, from: &str) -> reqwest::Client {
        crate::app::client_builder()
            .danger_accept_invalid_certs(true)
            .local_address(from.parse::<std::net::IpAddr>().expect("an address"))
            .build()
            .expect("a client")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(self.child.id().cast_signed()),
            nix::sys::signal::Signal::SIGTERM,
        );
        let _ = self.child.wait();
    }
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// The lines of `deploy/nginx/tradepost-upstream.inc` for a machine.
fn machine(address: &str) -> String {
    format!("server {address} max_fails=1 fail_timeout=2s;\nserver {address} max_fails=0 backup;\n")
}

fn write_configuration(folder: &Path, port: u16, daemons: &[&str], edit: impl Fn(&str, String) -> String) -> PathBuf {
    make_certificate(folder);
    let home = folder.to_str().expect("a temporary path is UTF-8");
    let deployed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx");
    for entry in std::fs::read_dir(deployed).expect("the configuration is there") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_name()
            .expect("a file")
            .to_str()
            .expect("a plain name")
            .to_owned();
        let text = std::fs::read_to_string(&path).expect("it is text");
        let text = text
            .replace(
                &machine("127.0.0.1:8780"),
                &daemons.iter().map(|daemon| machine(daemon)).collect::<String>(),
            )
            .replace("/etc/nginx/", &format!("{home}/"))
            .replace("/etc/ssl/tradepost/", &format!("{home}/"))
            .replace("/var/log/nginx/", &format!("{home}/"))
            .replace("listen 80;", &format!("listen 127.0.0.1:{};", free_port()))
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
            .replace("    listen [::]:80;\n", "")
            .replace("    listen [::]:443 ssl http2;\n", "");
        std::fs::write(folder.join(&name), edit(&name, text)).expect("the folder takes it");
    }
    let main = format!(
        "daemon off; master_process on; pid {home}/pid; error_log {home}/error.log warn; worker_processes 1;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u;\n\
         scgi_temp_path {home}/s; include {home}/tradepost.conf; }}\n"
    );
    let path = folder.join("main.conf");
    std::fs::write(&path, main).expect("the folder takes it");
    path
}

fn make_certificate(folder: &Path) {
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
        .args(["-subj", "/CN=market.example", "-keyout"])
        .arg(folder.join("privkey.pem"))
        .arg("-out")
        .arg(folder.join("fullchain.pem"))
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
}
