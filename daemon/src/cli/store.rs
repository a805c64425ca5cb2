//! `tradepostd store`: the bucket of the objects. Needs no database.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tradepost_store::Store;
use tradepost_store::s3::{Bucket, lifecycle};
use tradepostd::config::{Config, ObjectPlace};
use tradepostd::objects::{self, AREAS};

use super::output::print;
use super::state::{StateArgs, runtime};
use super::transfer;

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Try all that the daemon does with the bucket, and say what is wrong and how to mend it.
    Check(StateArgs),
    /// Copy all objects that the target lacks: from the files of the state directory to the bucket, or back.
    Copy(CopyArgs),
    /// Print the lifecycle rules of the bucket, or set them.
    Lifecycle(LifecycleArgs),
}

#[derive(Debug, Args)]
pub struct LifecycleArgs {
    #[command(flatten)]
    state: StateArgs,
    /// Set the rules. Rules of others stay.
    #[arg(long)]
    apply: bool,
}

#[derive(Debug, Args)]
pub struct CopyArgs {
    #[command(flatten)]
    state: StateArgs,
    from: Place,
    to: Place,
}

/// A place of objects, whatever `objects.store` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Place {
    Files,
    S3,
}

/// Runs the command. The exit code is 1 when something is wrong with the bucket.
pub fn run(command: &StoreCommand) -> anyhow::Result<ExitCode> {
    match command {
        StoreCommand::Check(state) => {
            let (report, code) = check(&state.load()?.0)?;
            print(&report)?;
            Ok(code)
        }
        StoreCommand::Copy(arguments) => {
            let (config, state) = arguments.state.load()?;
            let places = (arguments.from, arguments.to);
            runtime()?.block_on(copy_between(&config, &state, places))
        }
        StoreCommand::Lifecycle(arguments) => {
            let (config, _) = arguments.state.load()?;
            runtime()?.block_on(apply(&config, arguments.apply.then_some(())))
        }
    }
}

/// The state of the store in words, for `tradepostd check` too.
pub fn check(config: &Config) -> anyhow::Result<(String, ExitCode)> {
    if config.objects.bucket().is_none() {
        return Ok(("files in the state directory".to_owned(), ExitCode::SUCCESS));
    }
    runtime()?.block_on(async {
        let bucket = bucket(config).await?;
        let faults = bucket.faults(&AREAS).await;
        let name = format!("the bucket {}", bucket.settings().name);
        if faults.is_empty() {
            return Ok((name, ExitCode::SUCCESS));
        }
        let faults = faults.iter();
        let faults = faults.map(|fault| format!("\n  {}\n    to mend it: {}", fault.what, fault.mend));
        Ok((format!("{name}{}", faults.collect::<String>()), ExitCode::FAILURE))
    })
}

async fn apply(config: &Config, set: Option<()>) -> anyhow::Result<ExitCode> {
    let bucket = bucket(config).await?;
    for rule in bucket.lifecycle_rules(&AREAS)? {
        print(&lifecycle::describe(&rule))?;
    }
    if set.is_some() {
        bucket.apply_rules(&AREAS).await?;
        print(&format!("set on the bucket {}", bucket.settings().name))?;
        return Ok(ExitCode::SUCCESS);
    }
    let missing = bucket.missing_rules(&AREAS).await?;
    print(&format!("{} of them are not set; --apply sets them", missing.len()))?;
    Ok(ExitCode::SUCCESS)
}

async fn copy_between(config: &Config, state: &Path, (from, to): (Place, Place)) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(from != to, "there is nothing to copy from a place to itself");
    let mut config = config.clone();
    config.objects.store = ObjectPlace::S3;
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let bucket = Store::open_bucket(folder.path().to_owned(), bucket(&config).await?)?;
    let files = Store::beside(state.join("objects"))?;
    let (from, to) = match from {
        Place::Files => (files, bucket),
        Place::S3 => (bucket, files),
    };
    let copied = transfer::copy_all(&from, &to).await?;
    print(&transfer::describe(&copied))?;
    Ok(ExitCode::SUCCESS)
}

async fn bucket(config: &Config) -> anyhow::Result<Bucket> {
    let bucket = objects::bucket(config).await?;
    bucket.context("objects are files (objects.store = \"files\"): there is no bucket")
}
