//! `tradepostd check`: checks the configuration, and what the machine has of what it asks for.

use std::process::ExitCode;

use anyhow::Context as _;
use tradepost_common::queues::Backend;
use tradepostd::config::Config;
use tradepostd::embedded::clamd;
use tradepostd::embedded::postgres::Binaries;
use tradepostd::queues::sqs_server;
use tradepostd::{cloudwatch, public};

use super::output::print;
use super::state::StateArgs;
use super::store;

/// Prints a report. The exit code is 1 when something is missing that the daemon can not start without.
pub fn run(state: &StateArgs) -> anyhow::Result<ExitCode> {
    let (config, state) = state.load()?;
    let (database, database_code) = database(&config);
    let (objects, objects_code) = store::check(&config)?;
    print("configuration  ok")?;
    print(&format!("state          {}", state.display()))?;
    print(&format!("public API     {}", config.http.listen))?;
    print(&format!("database       {database}"))?;
    print(&format!("objects        {objects}"))?;
    print(&format!("queues         {}", queues(&config)))?;
    print(&format!("scanner        {}", scanner(&config)))?;
    print(&format!("CloudWatch     {}", cloudwatch(&config)?))?;
    let presets = config.previews.load_presets()?;
    let names: Vec<&str> = presets.iter().map(|preset| preset.name.as_str()).collect();
    print(&format!("presets        {}", names.join(", ")))?;
    Ok(if database_code == ExitCode::SUCCESS {
        objects_code
    } else {
        database_code
    })
}

fn database(config: &Config) -> (String, ExitCode) {
    if config.database.url.is_some() {
        return (
            "the server named in database.url (not asked)".to_owned(),
            ExitCode::SUCCESS,
        );
    }
    match Binaries::find(config.database.bin_dir.as_deref(), None) {
        Ok(found) => {
            let text = format!(
                "a private cluster, PostgreSQL {} in {}",
                found.major,
                found.folder.display()
            );
            (text, ExitCode::SUCCESS)
        }
        Err(error) => (error.to_string(), ExitCode::FAILURE),
    }
}

fn cloudwatch(config: &Config) -> anyhow::Result<String> {
    let Some(namespace) = &config.cloudwatch.namespace else {
        return Ok("not used (cloudwatch.namespace)".to_owned());
    };
    let routes = public::openapi().to_json().context("writing the OpenAPI document")?;
    let routes = routes.matches("\"operationId\"").count();
    let (metrics, dollars) = cloudwatch::cost(&config.cloudwatch, routes);
    Ok(format!(
        "namespace {namespace}, at most {metrics} metrics, {dollars:.2} US dollars a month for each machine"
    ))
}

fn queues(config: &Config) -> String {
    match config.queues.backend {
        Backend::Postgres => "tables of the database".to_owned(),
        Backend::Sqs => format!(
            "{}, names start with {:?} (not asked)",
            sqs_server(&config.aws),
            config.queues.prefix
        ),
    }
}

fn scanner(config: &Config) -> String {
    match (&config.scanner.socket, clamd::find_program()) {
        (Some(address), _) => format!("the clamd at {address}"),
        (None, Some(program)) => format!("a clamd that runs already, else a private one ({})", program.display()),
        (None, None) => {
            "only a clamd that runs already; for a private one: apt-get install clamav-daemon. Without any, uploads wait"
                .to_owned()
        }
    }
}
