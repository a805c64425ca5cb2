//! Goes through the members of a ZIP, as a child takes them out.

use anyhow::bail;
use tradepost_inspect::media::Family;

use super::super::journal::Stamp;
use super::{Content, Entry};
use tradepost_jail::{ArchiveEntry, ArchiveReader};

/// The next file that a picture is made of; counts the others, and how many files the archive says it has.
///
/// # Errors
/// When the archive cannot be taken apart.
pub fn next_member(
    unpacking: &mut ArchiveReader,
    passed_over: &mut u64,
    announced: &mut u64,
) -> anyhow::Result<Option<Entry>> {
    while let Some(news) = unpacking.receive()? {
        let (path, found) = match news {
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
                content: Content::Here(bytes),
            },
        }));
    }
    Ok(None)
}

/// Whether a path stays below the folder that it is joined to.
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
