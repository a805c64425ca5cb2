//! Members of a ZIP, as a child unpacks them.

use anyhow::bail;
use tradepost_inspect::media::Family;

use super::super::journal::Stamp;
use super::{Content, Entry};
use tradepost_jail::{ArchiveEntry, ArchiveReader};

/// Returns the next file that is drawn. Counts those of other kinds, and the files that the archive announces.
pub fn next_member(
    archive: &mut ArchiveReader,
    passed_over: &mut u64,
    announced: &mut u64,
) -> anyhow::Result<Option<Entry>> {
    while let Some(entry) = archive.receive()? {
        let (path, found) = match entry {
            ArchiveEntry::Count(count) => {
                *announced += count;
                continue;
            }
            ArchiveEntry::File { file, crc32 } => (file.path, Ok((file.bytes, crc32))),
            ArchiveEntry::Damaged { path, detail } => (path, Err(detail)),
        };
        if Family::of_path(&path).is_none() || path.starts_with("__MACOSX/") {
            *passed_over += 1;
            continue;
        }
        // The archive was checked by a child; a child may have been taken over.
        if !is_inside(&path) {
            bail!("the ZIP has a file that would lie elsewhere: {path:?}");
        }
        return Ok(Some(match found {
            Err(why) => Entry::unreadable(path, why),
            Ok((bytes, crc32)) => Entry {
                name: path,
                stamp: Stamp {
                    size_bytes: bytes.len() as u64,
                    mark: u64::from(crc32),
                },
                content: Content::InMemory(bytes),
            },
        }));
    }
    Ok(None)
}

/// True if a path stays below the folder that it is joined to.
pub fn is_inside(path: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    path.split('/').all(is_plain) && !path.contains(['\0', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_outside_of_the_folder_is_seen() {
        for path in [
            "../a.svg",
            "a/../../b.svg",
            "/a.svg",
            "a//b.svg",
            "a/./b.svg",
            "a\\b.svg",
            "",
        ] {
            assert!(!is_inside(path), "{path:?}");
        }
        assert!(is_inside("a/b..c/.d.svg"));
    }
}
