//! Scanners for tests: the real clamd that somebody else runs, and one that misbehaves as it is told.

mod fake;
mod signatures;

pub use fake::{FakeClamd, Manner};

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The process; killed when dropped.
pub struct Clamd(Child);

impl Clamd {
    /// Starts clamd in `folder`, with signatures of today; it listens at `socket` when it is ready. `None` where it is not installed.
    pub fn start(folder: &Path, socket: &Path) -> Option<Self> {
        Self::start_with(folder, socket, "")
    }

    /// Starts clamd with more lines in its configuration.
    pub fn start_with(folder: &Path, socket: &Path, configuration: &str) -> Option<Self> {
        let program = ["/usr/sbin/clamd", "/usr/bin/clamd", "/usr/local/sbin/clamd"]
            .iter()
            .find(|path| Path::new(path).exists());
        let Some(program) = program else {
            println!("skipped: no clamd here");
            return None;
        };
        let database = folder.join("signatures");
        std::fs::create_dir_all(&database).expect("the folder is ours");
        std::fs::write(database.join("daily.cud"), signatures::daily()).expect("the folder is ours");
        let file = folder.join("clamd.conf");
        let text = format!(
            "Foreground yes\nLocalSocket {}\nFixStaleSocket yes\nDatabaseDirectory {}\nTemporaryDirectory {}\n{configuration}\n",
            socket.display(),
            database.display(),
            folder.display()
        );
        std::fs::write(&file, text).expect("the folder is ours");
        let mut command = Command::new(program);
        command
            .arg("--config-file")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Some(Self(command.spawn().expect("clamd starts")))
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
