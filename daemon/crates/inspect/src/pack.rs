//! Opens a pack's ZIP and checks it as a whole. Runs in the jail.
//!
//! Everything that is wrong is collected before anything is given out: first the archive's records, then every member is inflated once, only
//! counted, then the manifest is read and compared with the listing. [`Pack::member`] inflates a second time, so that memory holds one member at
//! most.

mod contents;
mod limits;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use self::contents::count_members;
pub use self::limits::PackLimits;
use super::faults::{Faults, MANIFEST_PATH, PACK_RULE};
use super::manifest::{self, Manifest};
use crate::text::size;
use crate::zip::Archive;
pub use crate::zip::OpenError;

/// A pack without a fault.
#[derive(Debug)]
pub struct Pack {
    archive: Archive<File>,
    manifest: Manifest,
    /// The entry of the archive for each file of the manifest.
    indices: Vec<usize>,
    limits: PackLimits,
}

impl Pack {
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Inflates one file, counted from 0 in the manifest's order.
    pub fn member(&mut self, file: usize) -> io::Result<Vec<u8>> {
        let index = self.indices[file];
        let most = self.limits.member(&self.archive.entries()[index].path).bytes;
        let mut bytes = Vec::new();
        // One more than can be there, so that the reader comes to its proof.
        self.archive
            .reader(index)?
            .take(most.saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Checks everything: the archive, its listing, every member, the manifest, and that the manifest and the listing say the same.
pub fn check(file: File, limits: &PackLimits) -> Result<Pack, OpenError> {
    let mut faults = Faults::default();
    let Some(mut archive) = Archive::read(file, &limits.archive(), &mut faults)? else {
        return Err(OpenError::Refused(faults.into_findings()));
    };
    let files = listing(&archive);
    if files.is_empty() && faults.is_empty() {
        faults.add(PACK_RULE, None, "the pack is empty");
    }
    let listed = files.iter().filter(|file| file.path != MANIFEST_PATH).count();
    if listed > limits.entries as usize {
        faults.add(
            PACK_RULE,
            None,
            format!("the pack has {listed} files; the limit is {}", limits.entries),
        );
    }
    count_members(&mut archive, limits, &mut faults)?;
    let manifest = read_manifest(&mut archive, &files, &mut faults);
    let matched = manifest.and_then(|manifest| {
        let indices = compare(&manifest, &files, &mut faults)?;
        Some((manifest, indices))
    });
    match matched {
        Some((manifest, indices)) if faults.is_empty() => Ok(Pack {
            archive,
            manifest,
            indices,
            limits: limits.clone(),
        }),
        _ => Err(OpenError::Refused(faults.into_findings())),
    }
}

/// A file of the archive that belongs to the pack.
struct Listed {
    /// In the archive.
    index: usize,
    path: String,
    sound: bool,
}

/// The files, without folders and what macOS adds.
fn listing(archive: &Archive<File>) -> Vec<Listed> {
    let entries = archive.entries().iter().enumerate();
    entries
        .filter(|(_, entry)| !entry.is_folder && !is_noise(&entry.path))
        .map(|(index, entry)| Listed {
            index,
            path: entry.path.clone(),
            sound: entry.is_sound(),
        })
        .collect()
}

/// Files that macOS and Windows put beside those of the user: attributes (`._x`), views and thumbnails of folders.
fn is_noise(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("__MACOSX/") || name.starts_with("._") || [".DS_Store", "Thumbs.db", "desktop.ini"].contains(&name)
}

/// Reads the manifest. Its faults do not stop the check of the other files.
fn read_manifest(archive: &mut Archive<File>, files: &[Listed], faults: &mut Faults) -> Option<Manifest> {
    let Some(file) = files.iter().find(|file| file.path == MANIFEST_PATH) else {
        faults.add_manifest("", format!("is missing at the root of the pack{}", hint(files)));
        return None;
    };
    if !file.sound {
        return None;
    }
    let mut bytes = Vec::new();
    let read = archive
        .reader(file.index)
        .and_then(|reader| reader.take(manifest::MAX_BYTES + 1).read_to_end(&mut bytes));
    if read.is_err() {
        // Reported already, with the reason, when the members were counted.
        return None;
    }
    if bytes.len() as u64 > manifest::MAX_BYTES {
        faults.add_manifest("", format!("is larger than {}", size(manifest::MAX_BYTES)));
        return None;
    }
    manifest::parse(&bytes, faults)
}

/// The file that was probably meant as the manifest.
fn hint(files: &[Listed]) -> String {
    let is_manifest = |name: &str| name.eq_ignore_ascii_case(MANIFEST_PATH);
    if let Some(file) = files.iter().find(|file| is_manifest(&file.path)) {
        let path = &file.path;
        return format!(" (there is one called {path:?}: rename it to {MANIFEST_PATH:?}, in small letters)");
    }
    let is_nested = |file: &&Listed| file.path.rsplit_once('/').is_some_and(|(_, name)| is_manifest(name));
    files.iter().find(is_nested).map_or(String::new(), |file| {
        let path = &file.path;
        format!(" (there is one at {path:?}: zip the contents of the folder, not the folder)")
    })
}

/// The composed form (NFC) of a path. macOS decomposes the names of files, and most other programs compose them.
fn composed(path: &str) -> Cow<'_, str> {
    if is_nfc(path) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(path.nfc().collect())
}

/// Every listed file is there and every file there is listed: where, in the manifest's order. Names that differ in their Unicode composition only are the
/// same; the manifest's is used.
fn compare(manifest: &Manifest, files: &[Listed], faults: &mut Faults) -> Option<Vec<usize>> {
    let mut unlisted: HashMap<Cow<'_, str>, usize> =
        files.iter().map(|file| (composed(&file.path), file.index)).collect();
    unlisted.remove(MANIFEST_PATH);
    let indices: Vec<Option<usize>> = manifest
        .files
        .iter()
        .map(|file| unlisted.remove(&composed(file.path.as_str())))
        .collect();
    for (number, file) in manifest
        .files
        .iter()
        .enumerate()
        .filter(|&(number, _)| indices[number].is_none())
    {
        faults.add(
            PACK_RULE,
            Some(file.path.as_str()),
            format!("is listed in the manifest (/files/{number}) but is not in the pack"),
        );
    }
    for file in files.iter().filter(|file| unlisted.contains_key(&composed(&file.path))) {
        faults.add(
            PACK_RULE,
            Some(&file.path),
            "is in the pack but not listed in the manifest",
        );
    }
    indices.into_iter().collect()
}
