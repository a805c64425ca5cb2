//! Support for tests: one real daemon for each test, driven through its APIs.

pub mod answer;
pub mod app;
pub mod bombs;
pub mod clamd;
pub mod cloudwatch;
pub mod daemon;
pub mod database;
pub mod dead;
pub mod distance;
pub mod events;
pub mod nginx;
pub mod objects;
pub mod opensearch;
pub mod packs;
pub mod peer;
pub mod pictures;
pub mod prometheus;
pub mod proxy;
pub mod queues;
pub mod receivers;
pub mod redis;
pub mod replica;
pub mod review;
pub mod rollout;
pub mod s3;
pub mod shop;
pub mod small_disk;
pub mod sqs;
pub mod stripe;
pub mod template;
pub mod tmux;
pub mod tools;
pub mod topic;
pub mod wait;
pub mod watchdog;

pub mod chaos;
pub mod chaos_deploys;
pub mod chaos_machines;
pub mod chaos_money;
pub mod chaos_packs;
pub mod chaos_search;
pub mod engine;
pub mod load;
pub mod queue_bench;
pub mod server;

pub use answer::Answer;
pub use app::TestApp;
pub use daemon::Options;
pub use packs::PackBuilder;
pub use receivers::Receivers;

/// Resolves when somebody wants this program to end.
pub async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a signal can be waited for");
    tokio::select! {
        // An error: it can not be waited for, and nothing is interrupted.
        Ok(()) = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// The built program of that name, in the folder of the running program or the one above (`make test` builds all of them first).
pub fn program(name: &str) -> std::path::PathBuf {
    let running = std::env::current_exe().expect("a program knows where it is");
    let found = running
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not built: run cargo build --workspace"))
}

/// A call of the built program of that name. What the surroundings have configured is none of a test's business.
pub fn command(name: &str) -> std::process::Command {
    without_configuration(std::process::Command::new(program(name)))
}

fn without_configuration(mut command: std::process::Command) -> std::process::Command {
    let configured = std::env::vars_os().map(|(variable, _)| variable);
    for variable in configured.filter(|variable| variable.to_string_lossy().starts_with("TRADEPOST_")) {
        command.env_remove(variable);
    }
    command
}
