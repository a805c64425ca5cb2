//! PostgreSQL's own programs, on the database of the shop.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::process::Command;
use tradepostd::config::Config;
use tradepostd::embedded::postgres::Binaries;
use url::Url;

const DATABASE: &str = "tradepost";

/// A program of PostgreSQL beside its server.
pub fn program(config: &Config, name: &str) -> anyhow::Result<Command> {
    let found = Binaries::find(config.database.bin_dir.as_deref(), None)?;
    let path: PathBuf = found.folder.join(name);
    ensure!(
        path.exists(),
        "{} is missing: apt-get install postgresql-client-{}",
        path.display(),
        found.major
    );
    Ok(Command::new(path))
}

/// The same, connected to the private cluster or to `database.url`. No other user of the machine sees the password.
pub fn on_database(config: &Config, state: &Path, name: &str) -> anyhow::Result<Command> {
    let mut command = program(config, name)?;
    let Some(url) = &config.database.url else {
        command.args(["--username", DATABASE, "--dbname", DATABASE, "--host"]);
        command.arg(state.join("postgres/socket"));
        return Ok(command);
    };
    // The error would quote the URL.
    let mut url =
        Url::parse(url.expose()).map_err(|_| anyhow::anyhow!("database.url is not a valid postgres:// URL"))?;
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", decoded(password)?);
        let _ = url.set_password(None);
    }
    command.args(["--dbname", url.as_str()]);
    Ok(command)
}

/// Text of a URL without its percent signs.
fn decoded(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next(), rest.next()].map(Option::unwrap_or_default);
                hex::decode(digits).context("the password of database.url")?[0]
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).context("the password of database.url is no text")
}

pub async fn run(command: &mut Command) -> anyhow::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_read_as_it_was_meant() {
        assert_eq!(decoded("p%40ss%C3%A9").unwrap(), "p@ssé");
        assert!(decoded("p%4").is_err());
    }
}
