//! The signatures a private clamd uses: the machine's, or the built-in one.

use std::path::{Path, PathBuf};

use super::Signatures;
use crate::embedded::account::Account;
use crate::embedded::place::Place;
use crate::scan::clamd::probe::eicar;

/// The official databases that make a scanner of clamd; `.cld` is a `.cvd` with updates applied.
const OFFICIAL: [&str; 4] = ["main.cvd", "main.cld", "daily.cvd", "daily.cld"];

/// Does the machine have signatures?
pub fn machine_has_any(folder: &Path) -> bool {
    OFFICIAL.iter().any(|name| folder.join(name).exists())
}

/// The database folder for a private clamd, as its process sees it, and what is in it.
pub fn choose(place: &Place, account: &Account, machine: &Path) -> anyhow::Result<(PathBuf, Signatures)> {
    if machine_has_any(machine) {
        return Ok((machine.to_owned(), Signatures::Unversioned));
    }
    place.folder("signatures", account)?;
    let signature = hex::encode(eicar());
    place.write(
        "signatures/eicar.ndb",
        &format!("Eicar-Test-Signature:0:*:{signature}\n"),
    )?;
    Ok((place.by_descriptor("signatures"), Signatures::EicarOnly))
}
