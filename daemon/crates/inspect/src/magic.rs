//! Recognizes archives by their content and by their name.

/// True when the bytes begin with the signature of a ZIP, also of an empty one.
pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// True when the bytes begin with the signature of an archive or a compressed file. ISO images need more than 32 KiB.
pub fn is_archive(head: &[u8]) -> bool {
    const MAGICS: [(usize, &[u8]); 22] = [
        (0, b"PK\x03\x04"),
        (0, b"PK\x05\x06"),
        (0, b"PK\x07\x08"),
        (0, b"PK00PK\x03\x04"),
        (0, b"Rar!\x1a\x07"),
        (0, b"RE~^"),
        (0, b"7z\xbc\xaf\x27\x1c"),
        (0, b"\x1f\x8b"),
        (0, b"\x1f\x9d"),
        (0, b"\x1f\xa0"),
        (0, b"BZh"),
        (0, b"\xfd7zXZ\0"),
        (0, b"LZIP"),
        (0, b"\x04\x22\x4d\x18"),
        (0, b"\x28\xb5\x2f\xfd"),
        (0, b"MSCF\0\0\0\0"),
        (0, b"!<arch>\n"),
        (0, b"xar!"),
        (0, b"hsqs"),
        (2, b"-lh"),
        (257, b"ustar"),
        (32_769, b"CD001"),
    ];
    MAGICS
        .iter()
        .any(|(at, magic)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
}

/// True when a ZIP reader, which searches from the end, finds an end of central directory record. `tail` is the file or at least its last
/// 65,557 bytes.
pub fn ends_as_zip(tail: &[u8]) -> bool {
    memchr::memmem::rfind_iter(tail, b"PK\x05\x06").any(|at| {
        let Some(record) = tail.get(at..at + 22) else {
            return false;
        };
        // Chance brings the signature now and then, but hardly the numbers of the only disk (or all ones, with ZIP64) after it.
        let disks = matches!(record[4..8], [0, 0, 0, 0] | [0xff, 0xff, 0xff, 0xff]);
        let comment_bytes = usize::from(u16::from_le_bytes([record[20], record[21]]));
        // Most readers put up with other bytes after the comment.
        disks && tail.len() - (at + record.len()) >= comment_bytes
    })
}

/// True when the extension is that of an archive.
pub fn is_archive_name(path: &str) -> bool {
    const EXTENSIONS: [&str; 33] = [
        "zip", "zipx", "7z", "rar", "tar", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "zst", "tzst", "lz", "lzma",
        "lz4", "z", "jar", "war", "apk", "whl", "cab", "iso", "img", "dmg", "lzh", "lha", "arj", "ace", "cpio", "deb",
        "rpm",
    ];
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| EXTENSIONS.iter().any(|archive| extension.eq_ignore_ascii_case(archive)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_recognized_by_magic_and_by_name() {
        assert!(is_archive(b"PK\x03\x04rest") && !is_archive(b"<svg") && !is_archive(b"P"));
        let end = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0";
        assert!(ends_as_zip(&[b"x", &end[..], b"cc"].concat()) && !ends_as_zip(&[&end[..], b"c"].concat()));
        assert!(!ends_as_zip(b"PK\x05\x06\x01\x02\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0") && !ends_as_zip(b"PK\x05\x06"));
        assert!(is_archive_name("a/b.ZIP") && !is_archive_name("zip") && !is_archive_name("a.svg"));
    }
}
