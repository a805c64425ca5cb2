mod formats;

use std::io::{Cursor, Write};

use super::*;
use crate::sample::{PackSpec, SampleFile, pack_bytes, zip_bytes};
use zip::write::SimpleFileOptions;

const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><path d='M0 0h1v1z'/></svg>";

fn open(bytes: &[u8], limits: &PackLimits) -> Result<Pack, OpenError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    check(file, limits)
}

/// File and message of every fault.
fn faults_within(bytes: &[u8], limits: &PackLimits) -> Vec<(String, String)> {
    match open(bytes, limits) {
        Err(OpenError::Refused(findings)) => {
            assert!(!findings.is_empty());
            findings
                .into_iter()
                .map(|finding| (finding.file.unwrap_or_default(), finding.message))
                .collect()
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn faults(bytes: &[u8]) -> Vec<(String, String)> {
    faults_within(bytes, &PackLimits::default())
}

#[track_caller]
fn assert_fault(faults: &[(String, String)], file: &str, message: &str) {
    assert!(
        faults.iter().any(|fault| fault.0 == file && fault.1.contains(message)),
        "{file}: {message} is not among {faults:#?}"
    );
}

fn spec(paths: &[&str]) -> PackSpec {
    PackSpec::new(
        "Family",
        "Set",
        paths.iter().map(|&path| SampleFile::new(path, SVG)).collect(),
    )
}

fn manifest(paths: &[&str]) -> Vec<u8> {
    spec(paths).manifest().to_string().into_bytes()
}

/// A pack whose manifest lists `a.svg` and whose ZIP has it and the entries given.
fn with(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let manifest = manifest(&["a.svg"]);
    let all = [("manifest.json", manifest.as_slice()), ("a.svg", SVG)];
    zip_bytes(all.into_iter().chain(entries.iter().copied())).unwrap()
}

/// Replaces every occurrence, in local and central headers alike.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    places
        .into_iter()
        .for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
    bytes
}

#[test]
fn a_sound_pack_gives_its_members_in_the_manifests_order() {
    let mut spec = spec(&["b.svg", "icons/a.svg"]);
    spec.files[0].bytes.extend(b"<!-- b -->");
    let mut pack = open(&pack_bytes(&spec).unwrap(), &PackLimits::default()).unwrap();
    assert_eq!(pack.manifest().files.len(), 2);
    assert_eq!(pack.member(0).unwrap(), spec.files[0].bytes);
    assert_eq!(pack.member(1).unwrap(), SVG);
}

#[test]
fn what_macos_adds_and_folders_are_ignored() {
    assert!(
        open(
            &with(&[("__MACOSX/._a.svg", b"x"), ("icons/.DS_Store", b"x"), ("icons/", b"")]),
            &PackLimits::default()
        )
        .is_ok()
    );
}

#[test]
fn what_is_no_zip_is_told_so() {
    assert_fault(&faults(b""), "", "the pack is empty");
    assert_fault(&faults(b"hello"), "", "not a ZIP");
    assert_fault(&faults(&zip_bytes([]).unwrap()), "", "empty");
    let whole = with(&[]);
    for length in [30, whole.len() / 2, whole.len() - 1] {
        assert_fault(&faults(&whole[..length]), "", "not a complete ZIP");
    }
    let shifted = [b"PK\x03\x04 something else".to_vec(), whole].concat();
    assert_fault(&faults(&shifted), "", "other data before");
}

#[test]
fn the_manifest_and_the_listing_must_say_the_same() {
    let found = faults(
        &zip_bytes([
            ("manifest.json", manifest(&["a.svg", "b.svg"]).as_slice()),
            ("a.svg", SVG),
            ("c.svg", SVG),
        ])
        .unwrap(),
    );
    assert_fault(
        &found,
        "b.svg",
        "listed in the manifest (/files/1) but is not in the pack",
    );
    assert_fault(&found, "c.svg", "not listed");
    assert_eq!(found.len(), 2);
    assert_fault(
        &faults(&zip_bytes([("icons/manifest.json", b"{}".as_slice())]).unwrap()),
        "manifest.json",
        "zip the contents of the folder",
    );
}

#[test]
fn a_faulty_manifest_and_faulty_members_are_told_together() {
    let found = faults(
        &zip_bytes([
            ("manifest.json", b"{".as_slice()),
            ("../a.svg", SVG),
            ("b.zip", b"PK\x03\x04"),
        ])
        .unwrap(),
    );
    assert_fault(&found, "manifest.json", "is not JSON");
    assert_fault(&found, "../a.svg", "name that is not allowed");
    assert_fault(&found, "b.zip", "archive");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "../b.svg",
        "/b.svg",
        "C:/b.svg",
        "x\\b.svg",
        "x/./b.svg",
        "b\u{202E}gvs.svg",
        "b\u{7}.svg",
    ] {
        let shown = crate::text::clean(name, 255);
        assert_fault(&faults(&with(&[(name, SVG)])), &shown, "name that is not allowed");
    }
}

#[test]
fn names_of_one_spelling_are_refused() {
    assert_fault(
        &faults(&replaced(&with(&[("b.svg", SVG)]), b"b.svg", b"a.svg")),
        "a.svg",
        "more than once",
    );
    assert_fault(&faults(&with(&[("A.svg", SVG)])), "A.svg", "case");
}

#[test]
fn archives_links_and_encryption_are_refused() {
    assert_fault(
        &faults(&with(&[("b.svg", &zip_bytes([("c", b"c".as_slice())]).unwrap())])),
        "b.svg",
        "is an archive",
    );
    assert_fault(
        &faults(&with(&[("b.svg", b"\x1f\x8b\x08\x00")])),
        "b.svg",
        "is an archive",
    );

    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("b.svg", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    assert_fault(&faults(&zip.finish().unwrap().into_inner()), "b.svg", "link");

    // The lowest flag bit of the local header (at 6) and of the central record (at 8) says that a member is encrypted.
    let mut bytes = zip_bytes([("b.svg", SVG)]).unwrap();
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    assert_fault(&faults(&bytes), "b.svg", "encrypted");
}

#[test]
fn a_wrong_check_sum_names_its_file() {
    let mut bytes = zip_bytes([("b.svg", SVG)]).unwrap();
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[14] ^= 1;
    bytes[central + 16] ^= 1;
    assert_fault(&faults(&bytes), "b.svg", "damaged");
}

#[test]
fn headers_that_disagree_are_refused() {
    let bytes = with(&[("b.svg", SVG)]);
    let first = bytes.windows(5).position(|window| window == b"b.svg").unwrap();
    let mut changed = bytes.clone();
    changed[first] = b'c';
    assert_fault(&faults(&changed), "b.svg", "damaged");
}

#[test]
fn members_that_share_bytes_are_refused() {
    let bytes = with(&[("b.svg", SVG)]);
    let records: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == b"PK\x01\x02")
        .map(|(at, _)| at)
        .collect();
    let mut overlapping = bytes.clone();
    let (first, second) = (records[1] + 42, records[2] + 42);
    overlapping.copy_within(first..first + 4, second);
    assert_fault(&faults(&overlapping), "a.svg", "overlaps another entry");
}

#[test]
fn every_limit_holds_at_its_edge() {
    let noise = |length: usize| {
        (0..length)
            .map(|at| (at * at % 251) as u8 ^ (at / 7 % 256) as u8)
            .collect::<Vec<u8>>()
    };
    let limits = PackLimits {
        packed_bytes: 1 << 20,
        entries: 4,
        inflated_bytes: 40_000,
        member_bytes: 20_000,
        member_ratio: 50,
        svg_bytes: 10_000,
    };
    let listed = |bytes: &[u8]| {
        let mut spec = spec(&["a.svg"]);
        spec.files[0].bytes = bytes.to_vec();
        pack_bytes(&spec).unwrap()
    };
    assert!(open(&listed(&noise(10_000)), &limits).is_ok());
    assert_fault(
        &faults_within(&listed(&noise(10_001)), &limits),
        "a.svg",
        "more than 10000 bytes, the limit for an SVG",
    );
    assert_fault(
        &faults_within(&with(&[("b.bin", &noise(20_001))]), &limits),
        "b.bin",
        "more than 20000 bytes, the limit for a file",
    );
    assert_fault(
        &faults_within(&listed(&[b' '; 9_000]), &limits),
        "a.svg",
        "50 times its packed size",
    );
    let large = [("b.bin", noise(19_900)), ("c.bin", noise(19_900))];
    let large: Vec<(&str, &[u8])> = large.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    assert_fault(
        &faults_within(&with(&large), &limits),
        "c.bin",
        "the pack inflates to more than 40000 bytes",
    );
    let names: Vec<String> = (0..12).map(|number| format!("{number}.bin")).collect();
    let empty: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    let found = faults_within(&with(&empty[..4]), &limits);
    assert_fault(&found, "", "has 5 files; the limit is 4");
    assert!(
        !faults_within(&with(&empty[..3]), &limits)
            .iter()
            .any(|fault| fault.1.contains("the limit is"))
    );
    assert_fault(&faults_within(&with(&empty), &limits), "", "has 14 entries");
    let tight = PackLimits {
        packed_bytes: 100,
        ..limits
    };
    assert_fault(&faults_within(&with(&[]), &tight), "", "larger than 100 bytes");
}
