//! django-hordak and @vendure/core on the same server, each in a process and a database of its own.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use tokio::process::Command;
use tradepost_tests::TestApp;

use super::Options;

/// Transfers a second; `None` where it is not installed.
pub async fn hordak(app: &TestApp, options: &Options, round: usize) -> anyhow::Result<Option<f64>> {
    let mut command = Command::new(".cache/hordak/bin/python");
    command.arg("tests/bench/hordak/transfers.py");
    let answer = measure(
        app,
        command,
        ".cache/hordak/.installed",
        &format!("hordak_{round}"),
        options,
    )
    .await?;
    Ok(answer.map(|answer| rate(&answer, "transfers")))
}

/// Orders a second; `None` where it is not installed.
pub async fn vendure(app: &TestApp, options: &Options, round: usize) -> anyhow::Result<Option<f64>> {
    let mut command = Command::new("node");
    command
        .arg("--no-deprecation")
        .arg(".cache/vendure/vendure.js")
        .env("NODE_ENV", "production");
    let answer = measure(
        app,
        command,
        ".cache/vendure/.installed",
        &format!("vendure_{round}"),
        options,
    )
    .await?;
    Ok(answer.map(|answer| rate(&answer, "orders")))
}

fn rate(answer: &Value, what: &str) -> f64 {
    answer[what].as_f64().unwrap_or(f64::NAN) / answer["seconds"].as_f64().unwrap_or(f64::NAN)
}

/// Runs a program on an empty database. Answers with the JSON of its last line.
async fn measure(
    app: &TestApp,
    mut command: Command,
    installed: &str,
    database: &str,
    options: &Options,
) -> anyhow::Result<Option<Value>> {
    if !Path::new(installed).exists() {
        return Ok(None);
    }
    let db = app.database().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {database}")))
        .execute(&db)
        .await?;
    let output = command
        .arg(app.state.join("postgres/socket"))
        .arg(database)
        .arg(options.clients.to_string())
        .arg(options.turn.to_string())
        .kill_on_drop(true)
        .output()
        .await
        .context("starting it")?;
    anyhow::ensure!(
        output.status.success(),
        "{database}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let last = text.lines().last().context("no figure")?;
    Ok(Some(serde_json::from_str(last)?))
}
