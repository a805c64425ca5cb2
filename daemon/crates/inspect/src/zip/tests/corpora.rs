//! Public collections of hostile and honest archives, where `TRADEPOST_CORPORA` points.
//!
//! `open` checks the records; contents are checked when they are inflated. A hostile archive must be refused by one of the two.
//!
//! | collection | differs from its own verdict | why |
//! |---|---|---|
//! | warehouse/accept | `short_usize`, `short_usize_zip64` open, but are refused when inflated | more data than the headers declare: what hides there is what the files were made to show |
//! | malo/accept | `data_descriptor`, `data_descriptor_zip64` | only the local header says that a descriptor follows; warehouse refuses the same bytes with another date |
//! | | `normal_deflate_zip64_extra` | a ZIP64 field for one size only: readers without ZIP64 see other contents |
//! | yauzl/success | the four encrypted ones | no scanner sees into them |
//! | | `bogus-compression-method` | neither stored nor deflated |
//! | | `sloppy-filenames` | backslash; the headers give two names |
//! | | `unicode-path-extra-field` | a name that is not UTF-8, another one in an extra field |
//!
//! The archives that malo leaves open (`iffy`), and the decisions:
//!
//! | archive | verdict | why |
//! |---|---|---|
//! | `crc_collision_*`, `crc_zero_nonempty` | accepted | a checksum proves no identity; sizes and contents are certain |
//! | `nosubdir` | accepted | most archivers write no entry for a folder |
//! | `prefix*`, `suffix_not_comment`, `8bitcomment` | refused | bytes that belong to no record: readers look for the archive in different places |
//! | `*_cdsize_*` | refused | local headers and directory give other sizes or leave bytes over |
//! | `data_descriptor*` | refused | flags, zeros in the directory, or a descriptor without its signature's length: only some readers see the data |
//! | `extra3byte`, `zip64_extra_too_*`, `zip64_eocd_extensible_data` | refused | fields that a reader must guess at |
//! | `non_ascii_original_name` | refused | not UTF-8, and another name beside it |
//! | `trailing_slash_attr_mismatch` | refused | a folder by name, a file by contents |

use std::path::{Path, PathBuf};

use super::*;

/// The collection's archives, sorted; `None`, with a word about it, when it is not here.
fn collection(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let Some(corpora) = std::env::var_os("TRADEPOST_CORPORA") else {
        println!("skipped: TRADEPOST_CORPORA is not set");
        return None;
    };
    let folder = Path::new(&corpora).join("zip").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    Some(
        paths
            .iter()
            .map(|path| (name(path), std::fs::read(path).unwrap()))
            .collect(),
    )
}

/// The names of those for which the test is true.
fn those(collection: &[(String, Vec<u8>)], test: impl Fn(&[u8]) -> bool) -> Vec<&str> {
    collection
        .iter()
        .filter(|(_, bytes)| test(bytes))
        .map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn warehouse_verdicts_are_those_of_python_s_index() {
    let (Some(hostile), Some(honest)) = (collection("warehouse/reject"), collection("warehouse/accept")) else {
        return;
    };
    assert_eq!((hostile.len(), honest.len()), (35, 10));
    assert_eq!(those(&hostile, |bytes| contents(bytes).is_ok()), [""; 0]);
    assert_eq!(those(&hostile, |bytes| opened(bytes).is_ok()), [""; 0]);
    assert_eq!(those(&honest, |bytes| opened(bytes).is_err()), [""; 0]);
    assert_eq!(
        those(&honest, |bytes| contents(bytes).is_err()),
        ["short_usize.zip", "short_usize_zip64.zip"]
    );
}

#[test]
fn malo_verdicts_are_the_same_and_open_cases_are_decided() {
    let (Some(hostile), Some(honest), Some(open)) = (
        collection("malo/reject"),
        collection("malo/accept"),
        collection("malo/iffy"),
    ) else {
        return;
    };
    assert_eq!(those(&hostile, |bytes| contents(bytes).is_ok()), [""; 0]);
    assert_eq!(
        those(&honest, |bytes| contents(bytes).is_err()),
        [
            "data_descriptor.zip",
            "data_descriptor_zip64.zip",
            "normal_deflate_zip64_extra.zip"
        ]
    );
    assert_eq!(
        those(&open, |bytes| contents(bytes).is_ok()),
        [
            "crc_collision_empty_nonempty.zip",
            "crc_collision_two_nonempty.zip",
            "crc_zero_nonempty.zip",
            "nosubdir.zip",
        ]
    );
}

#[test]
fn yauzl_verdicts_are_the_same_with_known_exceptions() {
    let (Some(hostile), Some(honest)) = (collection("yauzl/failure"), collection("yauzl/success")) else {
        return;
    };
    assert_eq!(those(&hostile, |bytes| contents(bytes).is_ok()), [""; 0]);
    assert_eq!(
        those(&honest, |bytes| contents(bytes).is_err()),
        [
            "bogus-compression-method.zip",
            "sloppy-filenames.zip",
            "traditional-encryption-and-compression.zip",
            "traditional-encryption-and-compression_deprecated.zip",
            "traditional-encryption.zip",
            "traditional-encryption_deprecated.zip",
            "unicode-path-extra-field.zip",
        ]
    );
}
