//! The short form of `make chaos`: workers killed and the database crashed under load, on either backend.

use std::process::Output;

use tradepost_tests::program;
use tradepost_tests::sqs::{Sqs, credentials};

fn chaos(arguments: &[&str]) -> Output {
    std::process::Command::new(program("chaos"))
        .args(arguments)
        .envs(credentials())
        .output()
        .unwrap()
}

fn run(backend: &str) {
    let output = chaos(&[
        "run",
        "--backend",
        backend,
        "--messages",
        "1000",
        "--kills",
        "10",
        "--restarts",
        "1",
        "--poison",
        "20",
    ]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn nothing_is_lost_or_doubled_on_postgres() {
    run("postgres");
}

#[test]
fn nothing_is_lost_or_doubled_on_sqs() {
    if Sqs::start().is_some() {
        run("sqs");
    }
}

#[test]
fn nonsense_is_refused() {
    for arguments in [
        &["run", "--workers", "0"][..],
        &["run", "--messages", "5", "--poison", "6"],
        &["run", "--messages", "-1"],
        &["run", "--backend", "carrier-pigeon"],
        &["orphans", "--kills", "0"],
        &["orphans", "--seconds", "0"],
        &["worker", "{}"],
        &[],
    ] {
        let output = chaos(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
}
