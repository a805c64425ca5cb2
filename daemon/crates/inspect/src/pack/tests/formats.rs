//! Packs of every kind, and what may hide in a member.

use super::*;
use crate::sample::media::honest;

fn pack(kind: &str, files: Vec<SampleFile>) -> Vec<u8> {
    let mut spec = PackSpec::new("Family", "Set", files);
    spec.kind = kind.to_owned();
    pack_bytes(&spec).unwrap()
}

/// Bytes that do not pack.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(next).collect()
}

#[test]
fn files_of_every_format_come_through() {
    for (kind, path, bytes) in honest() {
        let file = SampleFile::new(path, bytes.clone());
        let mut pack = open(&pack(kind.as_str(), vec![file]), &PackLimits::default()).unwrap();
        assert_eq!(pack.manifest().kind, kind);
        assert_eq!(pack.member(0).unwrap(), bytes);
    }
}

#[test]
fn drawings_have_a_limit_of_their_own() {
    let limits = PackLimits {
        svg_bytes: 100,
        member_bytes: 2_000,
        ..PackLimits::default()
    };
    for (kind, path, most, name) in [("icon", "a.svg", 100, "an SVG"), ("texture", "a.png", 2_000, "a file")] {
        let of = |length: usize| {
            let bytes: Vec<u8> = (0..length).map(|at| (at * at % 251) as u8).collect();
            pack(kind, vec![SampleFile::new(path, bytes)])
        };
        assert_eq!(open(&of(most), &limits).unwrap().member(0).unwrap().len(), most);
        let message = format!("inflates to more than {most} bytes, the limit for {name}");
        assert_fault(&faults_within(&of(most + 1), &limits), path, &message);
    }
}

#[test]
fn an_archive_is_found_at_the_end_of_a_member_and_by_its_name() {
    let zip = zip_bytes([("c", b"c".as_slice())]).unwrap();
    // Also behind more than a reader keeps at a time, and with a comment between it and the end.
    for length in [10, 65_550, 131_114, 200_001] {
        let mut hidden = noise(length);
        hidden.extend(&zip);
        assert_fault(&faults(&with(&[("b.bin", &hidden)])), "b.bin", "it ends as a ZIP does");
        let mut commented = hidden.clone();
        let at = commented.len() - 2;
        commented[at..].copy_from_slice(&60_000_u16.to_le_bytes());
        commented.extend(noise(60_000));
        assert_fault(
            &faults(&with(&[("b.bin", &commented)])),
            "b.bin",
            "it ends as a ZIP does",
        );
    }
    for head in [
        &b"\x1f\x8b\x08"[..],
        b"Rar!\x1a\x07\0",
        b"7z\xbc\xaf\x27\x1c",
        b"BZh9",
        b"MSCF\0\0\0\0",
        b"!<arch>\n",
    ] {
        assert_fault(&faults(&with(&[("b.bin", head)])), "b.bin", "is an archive");
    }
    let mut tar = vec![b'x'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    assert_fault(&faults(&with(&[("b.bin", &tar)])), "b.bin", "is an archive");
    for name in ["b.zip", "b.TAR", "x/b.tgz", "b.jar", "b.iso"] {
        assert_fault(&faults(&with(&[(name, b"plain")])), name, "is an archive");
    }
    // Files that macOS adds cannot hide one either.
    let noise = with(&[("__MACOSX/._a.svg", &zip)]);
    assert_fault(&faults(&noise), "__MACOSX/._a.svg", "is an archive");
}

#[test]
fn what_macos_adds_may_be_mostly_zeros() {
    let zeros = vec![0; 60_000];
    let bytes = with(&[("__MACOSX/._a.svg", &zeros), (".DS_Store", &zeros)]);
    assert!(open(&bytes, &PackLimits::default()).is_ok());
    assert_fault(
        &faults(&with(&[("b.bin", &zeros)])),
        "b.bin",
        "50 times its packed size",
    );
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_no_fault_of_the_pack() {
    let bytes = pack("icon", vec![SampleFile::new("a.svg", SVG)]);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let other = file.try_clone().unwrap();
    let mut pack = check(file, &PackLimits::default()).unwrap();
    other.set_len(10).unwrap();
    assert_eq!(pack.member(0).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
