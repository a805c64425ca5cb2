//! A terminal of 80 x 24, in a tmux server of its own.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::wait::eventually;
use crate::{TestApp, program};

const BETWEEN_PRESSES: Duration = Duration::from_secs(1);

/// The tmux server with one window in which the terminal runs; ended when dropped.
pub struct Screen {
    name: String,
}

impl Screen {
    /// Runs `tradepost` on the daemon. `None`, with a word about it, where there is no tmux.
    pub fn open(app: &TestApp) -> Option<Self> {
        Self::open_with(app, &[])
    }

    /// As [`Self::open`], with variables in its environment.
    pub fn open_with(app: &TestApp, variables: &[(&str, &str)]) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            println!("skipped: no tmux here");
            return None;
        }
        // Tests may share a process.
        static OPENED: AtomicU32 = AtomicU32::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let screen = Self {
            name: format!("tradepost-test-{}-{number}", std::process::id()),
        };
        let command = attach(&program("tradepost"), &app.socket(), variables);
        let opened = screen.tmux(&["new-session", "-d", "-x", "80", "-y", "24", &command]);
        assert!(opened.status.success(), "{opened:?}");
        Some(screen)
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Presses a key, by the name that tmux has for it.
    pub fn press(&self, key: &str) {
        let pressed = self.tmux(&["send-keys", key]);
        assert!(pressed.status.success(), "{pressed:?}");
    }

    /// Waits until all these words are on the screen.
    pub async fn shows(&self, words: &[&str]) -> String {
        let what = format!("{words:?} are on the screen");
        eventually(&what, async || {
            let text = self.text();
            if words.iter().all(|words| text.contains(words)) {
                Ok(text)
            } else {
                Err(text)
            }
        })
        .await
    }

    /// Presses a key until the words are there: a screen that has just come up takes no decision, nor does a key held down.
    pub async fn press_until(&self, key: &str, words: &str) -> String {
        let mut pressed: Option<Instant> = None;
        eventually(&format!("{key} brings {words:?}"), async || {
            let text = self.text();
            if text.contains(words) {
                return Ok(text);
            }
            if pressed.is_none_or(|pressed| pressed.elapsed() > BETWEEN_PRESSES) {
                self.press(key);
                pressed = Some(Instant::now());
            }
            Err(text)
        })
        .await
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        // A server of our own, even when the tests run inside of tmux.
        command
            .env_remove("TMUX")
            .args(["-L", &self.name, "-f", "/dev/null"])
            .args(arguments);
        command.output().expect("tmux runs")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn attach(program: &Path, socket: &Path, variables: &[(&str, &str)]) -> String {
    let variables: String = variables
        .iter()
        .map(|(name, value)| format!(" {name}='{value}'"))
        .collect();
    format!(
        "exec env TRADEPOST_SOCKET='{}'{variables} '{}'",
        socket.display(),
        program.display()
    )
}
