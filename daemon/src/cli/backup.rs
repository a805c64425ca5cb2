//! `tradepostd backup`: database, objects and keys, to a folder or a bucket and back.

mod target;
mod tools;

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use tradepost_store::Store;
use tradepostd::catalog::gc;
use tradepostd::config::Config;
use tradepostd::database::{self, Database};
use tradepostd::{objects, state_dir};

use super::output::print;
use super::state::{StateArgs, runtime};
use super::transfer;
use target::Target;

const DUMP: &str = "shop.dump";
/// Lists the objects of a backup, and its keys, a line each.
const CONTENTS: &str = "contents";
const KEYS: [&str; 2] = ["signing.key", "certificate.key"];

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Back up beside a running daemon. A second backup to the same place copies only the objects that are new.
    Create(BackupArgs),
    /// Make a shop of a backup, in a new state directory and, with database.url, an empty database.
    Restore(BackupArgs),
    /// Read a whole backup, and compare every object with its hash.
    Verify(BackupArgs),
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(flatten)]
    state: StateArgs,
    /// The folder of the backup, or s3://BUCKET/PREFIX.
    place: String,
}

/// Runs the command.
pub fn run(command: &BackupCommand) -> anyhow::Result<()> {
    let (BackupCommand::Create(arguments) | BackupCommand::Restore(arguments) | BackupCommand::Verify(arguments)) =
        command;
    let (config, state) = arguments.state.load()?;
    runtime()?.block_on(async {
        let target = Target::parse(&arguments.place, &config).await?;
        match command {
            BackupCommand::Create(_) => create(&config, &state, &target).await,
            BackupCommand::Restore(_) => restore(&config, &state, &target).await,
            BackupCommand::Verify(_) => verify(&config, &target).await,
        }
    })
}

/// The database first: an object exists before the row that names it is committed, and nothing is deleted until the end.
async fn create(config: &Config, state: &Path, target: &Target) -> anyhow::Result<()> {
    let started = Instant::now();
    let scratch = target.scratch(state)?;
    let database = database::open_beside(&config.database, state).await?;
    let mut connection = database.pool.acquire().await?;
    let backed_up = async {
        let _lock = target.lock(&mut connection).await?;
        gc::hold(&mut connection)
            .await
            .context("keeping what is to be copied")?;
        let new = scratch.join("shop.dump.new");
        let mut dump = tools::on_database(config, state, "pg_dump")?;
        tools::run(dump.arg("--format=custom").arg("--file").arg(&new)).await?;
        // The new dump takes the place of the old one when it is whole.
        target.take(DUMP, &new).await?;
        let from = match objects::bucket(config).await? {
            Some(bucket) => Store::open_bucket(scratch.join("fetching"), bucket)?,
            None => Store::beside(state.join("objects"))?,
        };
        let to = target.store(&scratch)?;
        let copied = transfer::copy_all(&from, &to).await?;
        let mut contents = transfer::names_of(&to).await?;
        // A daemon that has never run has none.
        for key in KEYS.into_iter().filter(|key| state.join(key).exists()) {
            let copy = scratch.join(format!("{key}.new"));
            copy_private(&state.join(key), &copy)?;
            target.take(key, &copy).await?;
            contents.insert(key.to_owned());
        }
        let lines: String = contents.into_iter().map(|name| name + "\n").collect();
        let list = scratch.join("contents.new");
        write_private(&list, lines.as_bytes())?;
        target.take(CONTENTS, &list).await?;
        anyhow::Ok(copied)
    };
    let copied = backed_up.await;
    drop(connection);
    database.close().await;
    print(&format!(
        "Backed up to {target} in {:.1} s. {}.",
        started.elapsed().as_secs_f64(),
        transfer::describe(&copied?)
    ))
}

async fn restore(config: &Config, state: &Path, target: &Target) -> anyhow::Result<()> {
    let started = Instant::now();
    ensure!(
        !state.join("postgres").exists(),
        "{} has a database already: restore into a new state directory",
        state.display()
    );
    make_private(state)?;
    let scratch = target.scratch(state)?;
    let dump = target.bring(DUMP, &scratch).await?;
    let dump = dump.with_context(|| format!("{target} has no {DUMP}: it is no backup"))?;
    let _lock = state_dir::take(state)?;
    let database = database::open(&config.database, state).await?;
    let restored = load(&database, config, state, &dump).await;
    database.close().await;
    restored?;
    let to = objects::open(config, state).await?;
    let copied = transfer::copy_all(&target.store(&scratch)?, &to).await?;
    for key in KEYS {
        if let Some(kept) = target.bring(key, &scratch).await? {
            copy_private(&kept, &state.join(key))?;
        }
    }
    print(&format!(
        "Restored into {} in {:.1} s. {}.",
        state.display(),
        started.elapsed().as_secs_f64(),
        transfer::describe(&copied)
    ))
}

async fn verify(config: &Config, target: &Target) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir().context("making a temporary folder")?;
    let dump = target.bring(DUMP, scratch.path()).await?;
    let dump = dump.with_context(|| format!("{target} has no {DUMP}: it is no backup"))?;
    let mut list = tools::program(config, "pg_restore")?;
    tools::run(list.arg("--list").arg(&dump).stdout(Stdio::null())).await?;
    let store = target.store(scratch.path())?;
    let contents = target.bring(CONTENTS, scratch.path()).await?;
    let contents = contents.with_context(|| {
        format!("{target} has no list of its contents: back up to it again, which copies only the objects that are new")
    })?;
    let contents = std::fs::read_to_string(&contents).with_context(|| format!("reading {}", contents.display()))?;
    let mut there = transfer::names_of(&store).await?;
    for key in KEYS {
        if target.bring(key, scratch.path()).await?.is_some() {
            there.insert(key.to_owned());
        }
    }
    let missing: Vec<_> = contents.lines().filter(|name| !there.contains(*name)).collect();
    if !missing.is_empty() {
        bail!(
            "{} of its objects and keys are missing:\n  {}",
            missing.len(),
            missing.join("\n  ")
        );
    }
    let (found, damaged) = transfer::verify_all(&store).await?;
    if !damaged.is_empty() {
        bail!(
            "{} of {} objects are damaged:\n  {}",
            damaged.len(),
            found.seen,
            damaged.join("\n  ")
        );
    }
    print(&format!("The backup is whole: {} objects.", found.seen))
}

async fn load(database: &Database, config: &Config, state: &Path, dump: &Path) -> anyhow::Result<()> {
    let empty = sqlx::query_scalar("select to_regclass('public.accounts') is null");
    let empty: bool = empty.fetch_one(&database.pool).await?;
    ensure!(
        empty,
        "the database of database.url has a shop already: restore into an empty one"
    );
    let mut load = tools::on_database(config, state, "pg_restore")?;
    load.args(["--no-owner", "--single-transaction", "--exit-on-error"]);
    tools::run(load.arg(dump)).await?;
    database::migrate(&database.pool).await
}

fn make_private(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("making {}", folder.display()))
}

/// Copies a file that only its owner may read.
fn copy_private(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    write_private(to, &bytes)
}

fn write_private(to: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(to);
    let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.with_context(|| format!("writing {}", to.display()))
}
