//! Other readers read the same from every archive that is accepted; a damaged archive is refused, or read the same.

use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::raw::{Descriptor, RawEnd, RawMember, UTF8, archive, with_end, zip64_end};
use super::*;

/// An honest archive of a few members in every form.
fn honest() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..400),
        (any::<u8>(), 0_usize..70_000).prop_map(|(byte, length)| vec![byte; length]),
    ];
    let member = ("[a-z]{1,6}(/[a-zäß花]{1,6}){0,2}", bytes, any::<bool>(), 0_usize..6);
    let members = proptest::collection::vec(member, 0..6);
    (members, any::<bool>(), "[a-z ]{0,12}").prop_map(|(members, zip64, comment)| {
        let members: Vec<RawMember> = members
            .into_iter()
            .enumerate()
            .map(|(index, (name, bytes, deflated, form))| {
                // A number keeps the names apart.
                let name = format!("{index}{name}");
                let make = if deflated {
                    RawMember::deflated
                } else {
                    RawMember::stored
                };
                let member = make(&name, &bytes).both(|header| header.flags = UTF8);
                match Descriptor::ALL.get(form) {
                    None => member,
                    Some(form) => member.streamed(*form),
                }
            })
            .collect();
        let end = RawEnd {
            zip64: zip64.then_some(zip64_end),
            comment: comment.into_bytes(),
            ..RawEnd::default()
        };
        let mut bytes = with_end(&members, &end);
        if zip64 {
            // As real archivers do: the end record leaves everything to the ZIP64 one.
            let at = bytes.len() - end.comment.len() - 14;
            bytes[at..at + 12].fill(0xff);
        }
        bytes
    })
}

/// The contents that the `zip` crate reads, if it does.
fn by_the_crate(bytes: &[u8]) -> ::zip::result::ZipResult<Vec<(String, Vec<u8>)>> {
    let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes))?;
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index)?;
            let mut inflated = Vec::new();
            file.read_to_end(&mut inflated)?;
            Ok((file.name()?.trim_end_matches('/').to_owned(), inflated))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_zip_crate_reads_what_we_read(bytes in honest()) {
        prop_assert_eq!(contents(&bytes).unwrap(), by_the_crate(&bytes).unwrap());
    }

    #[test]
    fn damage_is_refused_or_changes_nothing(
        bytes in honest(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let whole = contents(&bytes).unwrap();
        let mut damaged = bytes.clone();
        for (at, value) in damage {
            let at = at.index(damaged.len());
            damaged[at] = value;
        }
        if let Ok(read) = contents(&damaged) {
            if let Ok(theirs) = by_the_crate(&damaged) {
                prop_assert_eq!(&read, &theirs);
            }
            for ((_, one), (_, other)) in read.iter().zip(&whole) {
                prop_assert_eq!(one, other);
            }
        }
    }

    #[test]
    fn any_bytes_at_all_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(contents(&bytes).is_err());
        prop_assert!(contents(&[b"PK\x05\x06".to_vec(), bytes].concat()).is_err());
    }
}

#[test]
fn every_flipped_bit_of_an_archive_is_refused_or_changes_nothing() {
    let members = [
        RawMember::deflated("a.svg", b"hello hello hello hello"),
        RawMember::stored("b/c.svg", b"stored").streamed(Descriptor::Signed32),
        RawMember::deflated("b/d.svg", b"streamed streamed").streamed(Descriptor::Bare64),
    ];
    let end = RawEnd {
        zip64: Some(zip64_end),
        comment: b"comment".to_vec(),
        ..RawEnd::default()
    };
    for bytes in [archive(&members), with_end(&members, &end)] {
        let whole = contents(&bytes).unwrap();
        let mut accepted = 0;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                let Ok(read) = contents(&damaged) else { continue };
                accepted += 1;
                assert_eq!(read, whole, "byte {at}, bit {bit}");
            }
            assert!(contents(&bytes[..at]).is_err(), "cut at {at}");
        }
        // Times, versions, permissions and comments are nobody's business here; all else is.
        assert!(accepted < bytes.len() * 8 / 3, "{accepted} flips made no difference");
    }
}

#[test]
fn python_reads_what_we_read() {
    const READ: &str = "import sys, zipfile
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as z:
        for info in z.infolist():
            print(info.filename.rstrip('/').encode().hex(), z.read(info).hex(), sep=':')
    print('end')";
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    let mut expected = String::new();
    let mut paths = Vec::new();
    for number in 0..60 {
        let bytes = honest().new_tree(&mut runner).unwrap().current();
        for (path, inflated) in contents(&bytes).unwrap() {
            expected += &format!("{}:{}\n", hex::encode(path), hex::encode(inflated));
        }
        expected += "end\n";
        let path = folder.path().join(format!("{number}.zip"));
        std::fs::write(&path, bytes).unwrap();
        paths.push(path);
    }
    let Ok(output) = Command::new("python3").args(["-c", READ]).args(&paths).output() else {
        println!("skipped: there is no python3 here");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        String::from_utf8(output.stdout).unwrap() == expected,
        "Python reads something else"
    );
}
