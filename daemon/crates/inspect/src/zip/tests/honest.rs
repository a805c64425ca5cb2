//! Archives as honest archivers write them, byte for byte.

use std::path::Path;
use std::process::{Command, Stdio};

use super::hostile::assert_refused;
use super::raw::{self, DESCRIPTOR, Descriptor, RawEnd, RawMember, UTF8, archive, extra, with_end, zip64, zip64_end};
use super::*;

const TEXT: &[u8] = b"hello hello hello hello hello";

#[track_caller]
fn assert_read(bytes: &[u8], expected: &[(&str, &[u8])]) {
    let expected: Vec<(String, Vec<u8>)> = expected
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
        .collect();
    assert_eq!(contents(bytes), Ok(expected));
}

#[test]
fn what_the_finder_writes_is_read() {
    // Descriptors, UTF-8 names without the flag that says so, Apple's doubles beside the files.
    let unix = extra(0x5855, &[0; 12]);
    let times = extra(0x5855, &[0; 8]);
    let file = |name: &str| {
        let mut member = RawMember::deflated(name, TEXT).streamed(Descriptor::Signed32);
        (member.local.extra, member.central.extra) = (unix.clone(), times.clone());
        member
    };
    let mut folder = RawMember::stored("Größe/", b"");
    (folder.host, folder.attributes) = (3, 0o040_755 << 16);
    folder.local.extra = unix.clone();
    let members = [
        folder,
        file("Größe/a.svg"),
        file("__MACOSX/Größe/._a.svg"),
        file("Größe/.DS_Store"),
    ];
    assert_read(
        &archive(&members),
        &[
            ("Größe", b""),
            ("Größe/a.svg", TEXT),
            ("__MACOSX/Größe/._a.svg", TEXT),
            ("Größe/.DS_Store", TEXT),
        ],
    );
}

#[test]
fn what_windows_explorer_and_7_zip_write_is_read() {
    let mut explorer = RawMember::deflated("icons/a.svg", TEXT);
    (explorer.host, explorer.attributes) = (0, 0x20);
    let mut seven = RawMember::deflated("icons/ü.svg", TEXT).both(|header| header.flags = UTF8);
    seven.central.extra = extra(0x000a, &[0; 32]);
    // The NTFS host, the attributes of DOS, and those of Unix above them.
    (seven.host, seven.attributes) = (11, 0o100_644 << 16 | 0x8020);
    let mut folder = RawMember::stored("empty/", b"");
    (folder.host, folder.attributes) = (0, 0x10);
    assert_read(
        &archive(&[explorer, seven, folder]),
        &[("icons/a.svg", TEXT), ("icons/ü.svg", TEXT), ("empty", b"")],
    );
}

#[test]
fn every_form_of_descriptor_is_read() {
    for form in Descriptor::ALL {
        let one = RawMember::deflated("a", TEXT).streamed(form);
        // Info-ZIP and libarchive know the inflated size when they begin.
        let mut other = RawMember::stored("b", TEXT).streamed(form);
        other.local.inflated_bytes = TEXT.len() as u32;
        assert_read(&archive(&[one, other]), &[("a", TEXT), ("b", TEXT)]);
    }
}

#[test]
fn zip64_fields_that_small_files_do_not_need_are_read() {
    let length = TEXT.len() as u64;
    // Python with `force_zip64`: all ones in the local header only.
    let mut python = RawMember::stored("python", TEXT);
    (python.local.packed_bytes, python.local.inflated_bytes) = (u32::MAX, u32::MAX);
    python.local.extra = zip64(&[length, length]);
    // Python to a pipe: zeros beside it, and a wide descriptor.
    let mut pipe = RawMember::stored("pipe", TEXT).streamed(Descriptor::Signed64);
    (pipe.local.packed_bytes, pipe.local.inflated_bytes) = (u32::MAX, u32::MAX);
    pipe.local.extra = zip64(&[0, 0]);
    let first = archive(&[python.clone(), pipe.clone()]).len() - archive(&[]).len();
    let central_bytes = 46 * 2 + "python".len() + "pipe".len();
    // Node's yazl: three values where two are left out.
    let mut node = RawMember::stored("node", TEXT).streamed(Descriptor::Signed32);
    (node.central.packed_bytes, node.central.inflated_bytes) = (u32::MAX, u32::MAX);
    node.central.extra = zip64(&[length, length, (first - central_bytes) as u64]);
    let end = RawEnd {
        zip64: Some(zip64_end),
        ..RawEnd::default()
    };
    let members = [python, pipe, node];
    let expected: [(&str, &[u8]); 3] = [("python", TEXT), ("pipe", TEXT), ("node", TEXT)];
    assert_read(&archive(&members), &expected);
    assert_read(&with_end(&members, &end), &expected);
    // Every field of the end record may be all ones then.
    let mut ones = with_end(&members, &end);
    let at = ones.len() - 22;
    ones[at + 8..at + 20].fill(0xff);
    assert_read(&ones, &expected);
    // The disk numbers too (zip.js, Microsoft's 3MF): the ZIP64 record has them.
    ones[at + 4..at + 8].fill(0xff);
    assert_read(&ones, &expected);
    let mut without = archive(&members[..2]);
    let at = without.len() - 22;
    without[at + 4..at + 8].fill(0xff);
    assert_refused(&without, "split archive");
    without[at + 4..at + 8].copy_from_slice(&[0xff, 0xff, 1, 0]);
    assert_refused(&without, "split archive");
}

#[test]
fn the_level_of_compression_may_stand_in_one_header_only() {
    for level in [1 << 1, 1 << 2, 3 << 1] {
        let mut perl = RawMember::deflated("a.svg", TEXT);
        perl.central.flags |= level;
        assert_read(&archive(&[perl]), &[("a.svg", TEXT)]);
    }
}

#[test]
fn padding_in_extra_fields_and_comments_are_no_fault() {
    let mut aligned = RawMember::stored("a", TEXT);
    aligned.local.extra = vec![0; 7];
    aligned.comment = "größer".into();
    let path = [&[1][..], &crc32fast::hash(b"a").to_le_bytes(), b"a"].concat();
    aligned.central.extra = extra(0x7075, &path);
    let end = RawEnd {
        comment: "made by hand: größer".into(),
        ..RawEnd::default()
    };
    assert_read(&with_end(&[aligned], &end), &[("a", TEXT)]);
    assert_read(&archive(&[]), &[]);
}

#[test]
fn the_order_of_the_directory_may_be_another_than_that_of_the_data() {
    let members = [RawMember::stored("a", b"first"), RawMember::deflated("b", TEXT)];
    let second_at = 30 + 1 + 5;
    let mut swapped = [members[0].clone(), members[1].clone()];
    swapped[0].offset = Some(0);
    swapped[1].offset = Some(second_at);
    let mut bytes = archive(&swapped);
    let directory = bytes.len() - 22 - 2 * 47;
    let records = bytes[directory..directory + 94].to_vec();
    bytes[directory..directory + 47].copy_from_slice(&records[47..]);
    bytes[directory + 47..directory + 94].copy_from_slice(&records[..47]);
    assert_read(&bytes, &[("b", TEXT), ("a", b"first")]);
}

#[test]
fn a_folder_may_be_deflated_as_nothing() {
    let mut folder = RawMember::stored("d/", b"").both(|header| (header.method, header.packed_bytes) = (8, 2));
    folder.packed = raw::deflate(b"");
    folder.attributes = 0o040_755 << 16;
    assert_eq!(folder.packed.len(), 2);
    let mut sloppy = RawMember::stored("e/", b"").streamed(Descriptor::Signed32);
    sloppy.local.flags = DESCRIPTOR;
    assert!(opened(&archive(&[folder, sloppy])).is_ok());
}

/// Runs a command in a folder with a few files; false, with a word about it, when the program is not there.
fn made(program: &str, arguments: &[&str], folder: &Path, out: &Path) -> bool {
    let out = std::fs::File::create(out).unwrap();
    let run = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(Stdio::null())
        .status();
    match run {
        Ok(status) if status.success() => true,
        Ok(status) => {
            println!("skipped: this {program} does not do what we ask ({status})");
            false
        }
        Err(_) => {
            println!("skipped: there is no {program} here");
            false
        }
    }
}

#[test]
fn archivers_of_this_machine_are_understood() {
    const STREAM: &str = "import os, sys, zipfile
class Pipe:
    def write(self, data): return sys.stdout.buffer.write(data)
    def flush(self): sys.stdout.flush()
with zipfile.ZipFile(Pipe(), 'w', int(sys.argv[1])) as z:
    for name in sorted(os.listdir('.')): z.write(name)
    z.write('a.txt', 'größe/ü.txt')";
    let folder = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 3] = [("a.txt", TEXT), ("empty.txt", b""), ("b.bin", &[7; 9_000])];
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let tar = [
        "-c",
        "--format",
        "zip",
        "-f",
        "/dev/stdout",
        "a.txt",
        "b.bin",
        "empty.txt",
    ];
    const FORCED: &str = "import os, sys, zipfile
with zipfile.ZipFile(sys.stdout.buffer, 'w') as z:
    for name in sorted(os.listdir('.')):
        with z.open(name, 'w', force_zip64=True) as member: member.write(open(name, 'rb').read())";
    const PERL: &str = "use IO::Compress::Zip qw(zip $ZipError); zip [sort glob '*'] => '-' or die $ZipError";
    const PERL_STORED: &str = "use IO::Compress::Zip qw(zip :constants); zip [sort glob '*'] => '-', Zip64 => 1, Method => ZIP_CM_STORE or die";
    const ARCHIVE_ZIP: &str = "use Archive::Zip; my $z = Archive::Zip->new; $z->addFile($_) for sort glob '*'; binmode STDOUT; $z->writeToFileHandle(*STDOUT, 0) and die";
    let runs: [(&str, &[&str]); 16] = [
        ("zip", &["-qr", "-", "."]),
        ("zip", &["-qr0", "-fz", "-", "."]),
        ("7z", &["a", "-tzip", "-so", "-an", "."]),
        ("bsdtar", &tar),
        ("zip", &["-q", "-r", "-9", "-X", "-", "."]),
        ("zip", &["-q", "-r", "-1", "-D", "-", "."]),
        ("zip", &["-q", "-r", "-fd", "-", "."]),
        ("7z", &["a", "-tzip", "-mx=9", "-mcu=on", "-so", "-an", "."]),
        ("7z", &["a", "-tzip", "-mx=0", "-so", "-an", "."]),
        ("python3", &["-c", FORCED]),
        ("perl", &["-e", PERL]),
        ("perl", &["-e", PERL_STORED]),
        ("perl", &["-e", ARCHIVE_ZIP]),
        ("jar", &["-cM", "a.txt", "b.bin", "empty.txt"]),
        ("python3", &["-c", STREAM, "0"]),
        ("python3", &["-c", STREAM, "8"]),
    ];
    let out = tempfile::NamedTempFile::new().unwrap();
    for (program, arguments) in runs {
        if !made(program, arguments, folder.path(), out.path()) {
            continue;
        }
        let found = contents(&std::fs::read(out.path()).unwrap()).unwrap();
        for (name, bytes) in files {
            assert!(
                found.iter().any(|(path, found)| path == name && found == bytes),
                "{program} {arguments:?}: {name} is not as it was"
            );
        }
    }
}
