//! The listing of a ZIP: what it says it holds, and everything that is suspicious about that.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::{PackLimits, size};
use crate::faults::{Faults, PACK_RULE};
use crate::magic;
use crate::manifest::unsafe_path;

/// One file of the archive that belongs to the pack.
#[derive(Debug)]
pub struct Entry {
    /// In the archive.
    pub index: usize,
    pub path: String,
    pub packed_bytes: u64,
    /// Whether it makes sense to inflate it.
    pub readable: bool,
}

/// Folders, and what macOS adds to each file, may triple the number of entries.
const OTHER_ENTRIES: u32 = 3;

/// Opens the archive when it is one, whole and not too large.
pub fn open(mut file: File, limits: &PackLimits, faults: &mut Faults) -> io::Result<Option<ZipArchive<File>>> {
    let bytes = file.metadata()?.len();
    let mut head = [0; 4];
    let head_bytes = file.read_at(&mut head, 0)?;
    if bytes > limits.packed_bytes {
        faults.add(
            PACK_RULE,
            None,
            format!("the pack is larger than {}", size(limits.packed_bytes)),
        );
    } else if bytes == 0 {
        faults.add(PACK_RULE, None, "the pack has no bytes at all");
    } else if !magic::is_zip(&head[..head_bytes]) {
        faults.add(PACK_RULE, None, "the pack is not a ZIP file");
    } else if let Some(entries) =
        declared_entries(&file, bytes)?.filter(|&entries| entries > limits.entries.saturating_mul(OTHER_ENTRIES))
    {
        faults.add(
            PACK_RULE,
            None,
            format!(
                "the ZIP has {entries} entries, folders and the like included; the limit is {} files",
                limits.entries
            ),
        );
    } else {
        file.seek(SeekFrom::Start(0))?;
        match ZipArchive::new(file) {
            Ok(archive) if archive.offset() == 0 => return Ok(Some(archive)),
            Ok(_) => faults.add(PACK_RULE, None, "the pack has other data before the ZIP"),
            Err(ZipError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(error);
            }
            Err(error) => faults.add(
                PACK_RULE,
                None,
                format!("the pack is not a whole ZIP file, or is damaged: {error}"),
            ),
        }
    }
    Ok(None)
}

/// The number of entries in the end record, so that a listing of millions is refused before it is read.
fn declared_entries(file: &File, bytes: u64) -> io::Result<Option<u32>> {
    const END_BYTES: u64 = 22;
    const MAX_COMMENT: u64 = 65_535;
    let tail_bytes = bytes.min(END_BYTES + MAX_COMMENT);
    let mut tail = vec![0; tail_bytes as usize];
    file.read_exact_at(&mut tail, bytes - tail_bytes)?;
    let Some(at) = tail.windows(4).rposition(|window| window == b"PK\x05\x06") else {
        return Ok(None);
    };
    Ok(tail
        .get(at + 10..at + 12)
        .map(|count| u32::from(u16::from_le_bytes([count[0], count[1]]))))
}

/// Reads the listing; files of the pack come back, folders and what macOS adds do not.
pub fn read(archive: &mut ZipArchive<File>, file: &File, faults: &mut Faults) -> Vec<Entry> {
    let mut entries: Vec<Entry> = (0..archive.len())
        .filter_map(|index| entry(archive, index, faults))
        .collect();
    if archive.has_duplicate_names() {
        // The archive keeps only one of each, so they are looked for in the raw records.
        match duplicates(file, archive.central_directory_start()) {
            Ok(names) => names
                .iter()
                .for_each(|name| faults.add(PACK_RULE, Some(name), "is in the ZIP more than once")),
            Err(_) => faults.add(PACK_RULE, None, "the ZIP has two files of one name"),
        }
        entries.iter_mut().for_each(|entry| entry.readable = false);
        return entries;
    }
    let mut first: HashMap<String, &str> = HashMap::new();
    for entry in &entries {
        if let Some(other) = first.insert(entry.path.to_lowercase(), &entry.path) {
            faults.add(
                PACK_RULE,
                Some(&entry.path),
                format!("has the same name as {other:?} but for the case of its letters"),
            );
        }
    }
    match archive.has_overlapping_entries() {
        Ok(false) => {}
        Ok(true) => faults.add(PACK_RULE, None, "files of the ZIP share the same bytes"),
        Err(error) => faults.add(PACK_RULE, None, format!("the ZIP is damaged: {error}")),
    }
    entries
}

fn entry(archive: &ZipArchive<File>, index: usize, faults: &mut Faults) -> Option<Entry> {
    let entry = match archive.by_index_data(index) {
        Ok(entry) => entry,
        Err(error) => {
            faults.add(PACK_RULE, None, format!("entry {index} of the ZIP is damaged: {error}"));
            return None;
        }
    };
    let raw = entry.name_raw();
    let Ok(path) = std::str::from_utf8(raw) else {
        faults.add(
            PACK_RULE,
            Some(&String::from_utf8_lossy(raw)),
            "has a name that is not UTF-8",
        );
        return None;
    };
    let is_folder = path.ends_with('/');
    if let Some(reason) = unsafe_path(path.strip_suffix('/').unwrap_or(path)) {
        faults.add(
            PACK_RULE,
            Some(path),
            format!("has a name that is not allowed: it {reason}"),
        );
        return None;
    }
    if is_noise(path) || (is_folder && entry.size() == 0) {
        return None;
    }
    let fault = fault(&entry, is_folder);
    if let Some(fault) = fault {
        faults.add(PACK_RULE, Some(path), fault);
    }
    Some(Entry {
        index,
        path: path.to_owned(),
        packed_bytes: entry.compressed_size(),
        readable: fault.is_none(),
    })
}

/// What forbids even to look into a member.
fn fault(entry: &zip::read::ZipFileEntry<'_>, is_folder: bool) -> Option<&'static str> {
    const FILE_TYPE: u32 = 0o170_000;
    const REGULAR: u32 = 0o100_000;
    if is_folder {
        return Some("is a folder with contents");
    }
    if entry.encrypted() {
        return Some("is encrypted");
    }
    if entry
        .unix_mode()
        .is_some_and(|mode| ![0, REGULAR].contains(&(mode & FILE_TYPE)))
    {
        return Some("is a link or a device, not a file");
    }
    if !matches!(
        entry.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        return Some("is packed in a way that is not accepted (only stored and deflated are)");
    }
    magic::is_archive_name(entry_name(entry)).then_some("is an archive: archives in a pack are not allowed")
}

fn entry_name<'a>(entry: &'a zip::read::ZipFileEntry<'_>) -> &'a str {
    std::str::from_utf8(entry.name_raw()).unwrap_or_default()
}

/// Files that macOS puts into every ZIP it makes.
fn is_noise(path: &str) -> bool {
    path.starts_with("__MACOSX/") || path.rsplit('/').next() == Some(".DS_Store")
}

/// The names that are in the central directory more than once.
fn duplicates(file: &File, directory_start: u64) -> io::Result<Vec<String>> {
    const RECORD_BYTES: usize = 46;
    const MAX_DIRECTORY: u64 = 64 << 20;
    let directory_bytes = file
        .metadata()?
        .len()
        .saturating_sub(directory_start)
        .min(MAX_DIRECTORY);
    let mut directory = vec![0; directory_bytes as usize];
    file.read_exact_at(&mut directory, directory_start)?;
    let mut seen: HashMap<&[u8], u32> = HashMap::new();
    let mut rest = directory.as_slice();
    while rest.starts_with(b"PK\x01\x02") && rest.len() >= RECORD_BYTES {
        let length = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        let (name, extra, comment) = (length(28), length(30), length(32));
        let Some(bytes) = rest.get(RECORD_BYTES..RECORD_BYTES + name) else {
            break;
        };
        *seen.entry(bytes).or_default() += 1;
        rest = rest.get(RECORD_BYTES + name + extra + comment..).unwrap_or_default();
    }
    let mut names: Vec<String> = seen
        .into_iter()
        .filter(|&(_, count)| count > 1)
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect();
    names.sort();
    Ok(names)
}
