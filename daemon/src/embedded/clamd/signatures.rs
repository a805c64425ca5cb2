//! The signatures of a private clamd: the machine's, or the built-in one.

use std::path::{Path, PathBuf};

use crate::clamd::Signatures;
use crate::clamd::probe::eicar;
use crate::embedded::account::Account;
use crate::embedded::server_dir::ServerDir;

/// The official databases; `.cld` is a `.cvd` with updates applied.
const OFFICIAL: [&str; 4] = ["main.cvd", "main.cld", "daily.cvd", "daily.cld"];

/// Checks for official signatures in a folder.
pub fn has_official(folder: &Path) -> bool {
    OFFICIAL.iter().any(|name| folder.join(name).exists())
}

/// The database folder for a private clamd, as its process sees it, and what is in it.
pub fn choose(dir: &ServerDir, account: &Account, machine: &Path) -> anyhow::Result<(PathBuf, Signatures)> {
    if has_official(machine) {
        return Ok((machine.to_owned(), Signatures::Unversioned));
    }
    dir.folder("signatures", account)?;
    let signature = hex::encode(eicar());
    dir.write(
        "signatures/eicar.ndb",
        &format!("Eicar-Test-Signature:0:*:{signature}\n"),
    )?;
    Ok((dir.by_descriptor("signatures"), Signatures::EicarOnly))
}
