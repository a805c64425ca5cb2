//! `tradepostd backup`: database, objects and keys, to a folder and back.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use tokio::process::Command;
use tradepost_store::Store;
use tradepostd::catalog::gc;
use tradepostd::config::Config;
use tradepostd::database::{self, Database};
use tradepostd::embedded::postgres::Binaries;
use tradepostd::{objects, state_dir};

use super::output::print;
use super::state::{StateArgs, runtime};
use super::transfer;

const DUMP: &str = "shop.dump";
const KEYS: [&str; 2] = ["signing.key", "certificate.key"];
const DATABASE: &str = "tradepost";

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Back up beside a running daemon. A second backup into the same folder copies only the objects that are new.
    Create(FolderArgs),
    /// Make a shop of a backup, in a new state directory.
    Restore(FolderArgs),
    /// Read a whole backup, and compare every object with its hash.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub struct FolderArgs {
    #[command(flatten)]
    state: StateArgs,
    /// The folder of the backup.
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The folder of the backup.
    folder: PathBuf,
}

/// Runs the command.
pub fn run(command: &BackupCommand) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        match command {
            BackupCommand::Create(arguments) => {
                let (config, state) = arguments.state.load()?;
                create(&config, &state, &arguments.folder).await
            }
            BackupCommand::Restore(arguments) => {
                let (config, state) = arguments.state.load()?;
                restore(&config, &state, &arguments.folder).await
            }
            BackupCommand::Verify(arguments) => verify(&arguments.folder).await,
        }
    })
}

/// The database first: an object exists before the row that names it is committed, and nothing is deleted until the end.
async fn create(config: &Config, state: &Path, folder: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    make_private(folder)?;
    let database = database::open_beside(&config.database, state).await?;
    let mut connection = database.pool.acquire().await?;
    gc::hold(&mut connection)
        .await
        .context("keeping what is to be copied")?;
    let backed_up = async {
        if config.database.url.is_none() {
            dump(config, state, folder).await?;
        }
        let from = match objects::bucket(config).await? {
            Some(bucket) => Store::open_bucket(folder.join("fetching"), bucket)?,
            None => Store::beside(state.join("objects"))?,
        };
        let copied = transfer::copy_all(&from, &Store::beside(folder.join("objects"))?).await?;
        copy_keys(state, folder)?;
        anyhow::Ok(copied)
    };
    let copied = backed_up.await;
    drop(connection);
    database.close().await;
    let copied = copied?;
    if config.database.url.is_some() {
        print(
            "The database is the server's (database.url): its snapshot must be older than this backup of the objects.",
        )?;
    }
    print(&format!(
        "Backed up to {} in {:.1} s. {}.",
        folder.display(),
        started.elapsed().as_secs_f64(),
        transfer::describe(&copied)
    ))
}

async fn restore(config: &Config, state: &Path, folder: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    ensure!(
        config.database.url.is_none(),
        "restore the database of database.url with its own tools, then copy the objects back"
    );
    let dump = folder.join(DUMP);
    ensure!(dump.exists(), "{} has no {DUMP}: it is no backup", folder.display());
    let cluster = state.join("postgres");
    ensure!(
        !cluster.exists(),
        "{} has a database already: restore into a new state directory",
        state.display()
    );
    make_private(state)?;
    let _lock = state_dir::take(state)?;
    let database = database::open(&config.database, state).await?;
    let restored = load(&database, config, state, &dump).await;
    database.close().await;
    restored?;
    let to = objects::open(config, state).await?;
    let copied = transfer::copy_all(&Store::beside(folder.join("objects"))?, &to).await?;
    copy_keys(folder, state)?;
    print(&format!(
        "Restored into {} in {:.1} s. {}.",
        state.display(),
        started.elapsed().as_secs_f64(),
        transfer::describe(&copied)
    ))
}

async fn verify(folder: &Path) -> anyhow::Result<()> {
    let dump = folder.join(DUMP);
    if dump.exists() {
        let mut list = Command::new(program(&Config::default(), "pg_restore")?);
        run_tool(list.arg("--list").arg(&dump).stdout(Stdio::null())).await?;
    }
    let (found, damaged) = transfer::verify_all(&Store::beside(folder.join("objects"))?).await?;
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

/// The new dump takes the place of the old one when it is whole.
async fn dump(config: &Config, state: &Path, folder: &Path) -> anyhow::Result<()> {
    let new = folder.join("shop.dump.new");
    let mut dump = Command::new(program(config, "pg_dump")?);
    dump.args([
        "--format=custom",
        "--username",
        DATABASE,
        "--dbname",
        DATABASE,
        "--host",
    ]);
    run_tool(dump.arg(state.join("postgres/socket")).arg("--file").arg(&new)).await?;
    std::fs::rename(&new, folder.join(DUMP)).context("putting the dump into its place")
}

async fn load(database: &Database, config: &Config, state: &Path, dump: &Path) -> anyhow::Result<()> {
    let mut load = Command::new(program(config, "pg_restore")?);
    load.args(["--no-owner", "--single-transaction", "--exit-on-error"]);
    load.args(["--username", DATABASE, "--dbname", DATABASE, "--host"]);
    run_tool(load.arg(state.join("postgres/socket")).arg(dump)).await?;
    database::migrate(&database.pool).await
}

/// A program of PostgreSQL beside its server.
fn program(config: &Config, name: &str) -> anyhow::Result<PathBuf> {
    let found = Binaries::find(config.database.bin_dir.as_deref(), None)?;
    let path = found.folder.join(name);
    ensure!(
        path.exists(),
        "{} is missing: apt-get install postgresql-client-{}",
        path.display(),
        found.major
    );
    Ok(path)
}

async fn run_tool(command: &mut Command) -> anyhow::Result<()> {
    let name = command.as_std().get_program().to_owned();
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().await;
    let output = output.with_context(|| format!("starting {}", name.display()))?;
    ensure!(
        output.status.success(),
        "{} ended with {}: {}",
        name.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn make_private(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("making {}", folder.display()))
}

/// A daemon that has never run has none.
fn copy_keys(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut there = KEYS.into_iter().filter(|key| from.join(key).exists());
    there.try_for_each(|key| copy_private(&from.join(key), &to.join(key)))
}

/// Copies a file that only its owner may read.
fn copy_private(from: &Path, to: &Path) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let bytes = std::fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(to);
    let written = file.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()));
    written.with_context(|| format!("writing {}", to.display()))
}
