//! Archives whose parts lie where they should not, and members that are not what a pack may have.

use super::hostile::{a, assert_refused, b};
use super::raw::{RawEnd, RawMember, archive, deflate, extra, with_end, zip64_end};
use super::*;

const TEXT: &[u8] = b"hello hello hello hello hello";

#[test]
fn members_lie_back_to_back_from_the_first_byte() {
    let mut gap = a();
    gap.gap = b"hidden".to_vec();
    assert_refused(&archive(&[gap.clone(), b()]), "belong to no entry");
    assert_refused(&archive(&[b(), gap]), "belong to no entry");
    let mut twin = b();
    twin.offset = Some(0);
    assert_refused(&archive(&[a(), twin]), "its name differs");
    // The quoted kind of overlap: the data of one member contains the whole other.
    let inner = archive(&[b()]);
    let mut outer = RawMember::stored("a", &inner[..inner.len() - 22 - 47]);
    outer.gap = Vec::new();
    let mut quoted = b();
    quoted.offset = Some(31);
    let mut bytes = archive(&[outer, quoted]);
    // The record of `b` itself is not there any more: only the directory is.
    let real = bytes
        .windows(5)
        .rposition(|window| window == b"PK\x03\x04\x14")
        .unwrap();
    let record_bytes = inner.len() - 22 - 47;
    bytes.drain(real..real + record_bytes);
    let at = bytes.len() - 6;
    let offset = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) - record_bytes as u32;
    bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
    assert_refused(&bytes, "overlaps another entry");
    let beyond = a().both(|header| header.packed_bytes += 500);
    assert_refused(&archive(&[beyond]), "runs into");
    let mut nowhere = a();
    nowhere.offset = Some(u32::MAX - 1);
    assert_refused(&archive(&[nowhere]), "no local file header");
}

#[test]
fn nothing_may_lie_before_between_or_after() {
    let end = |change: fn(&mut RawEnd)| {
        let mut end = RawEnd::default();
        change(&mut end);
        with_end(&[a(), b()], &end)
    };
    assert_refused(
        &[b"#!/bin/sh\n".to_vec(), archive(&[a()])].concat(),
        "other data before",
    );
    assert_refused(&[archive(&[b()]), archive(&[a()])].concat(), "other data before");
    assert_refused(&end(|end| end.before_directory = vec![0; 9]), "belong to no entry");
    assert_refused(
        &end(|end| end.after_directory = vec![0; 9]),
        "between its central directory",
    );
    assert_refused(&end(|end| end.after = b"more".to_vec()), "other data after");
    assert_refused(&end(|end| end.wrong = (1, 0, 0)), "fewer entries");
    assert_refused(&end(|end| end.wrong = (u16::MAX, 0, 0)), "more entries");
    assert_refused(&end(|end| end.wrong = (0, 1, 0)), "an impossible offset");
    assert_refused(
        &end(|end| end.wrong = (0, u32::MAX, 0)),
        "between its central directory",
    );
    assert_refused(&end(|end| end.wrong = (0, 0, 1)), "an impossible offset");
    assert_refused(&end(|end| end.wrong = (0, u32::MAX, 1)), "directory");
    assert_refused(
        &end(|end| end.comment = b"PK\x03\x04".to_vec()),
        "records of another ZIP",
    );
    assert_refused(&end(|end| end.comment = b"\xff".to_vec()), "comment that is not UTF-8");
    let inner = archive(&[b()]);
    let nested = with_end(
        &[a()],
        &RawEnd {
            comment: inner,
            ..RawEnd::default()
        },
    );
    assert!(contents(&nested).is_err());
}

#[test]
fn zip64_end_records_must_agree_and_lie_in_place() {
    let with = |zip64: fn(u64, u64, u64, u64) -> Vec<u8>| {
        with_end(
            &[a()],
            &RawEnd {
                zip64: Some(zip64),
                ..RawEnd::default()
            },
        )
    };
    assert!(contents(&with(zip64_end)).is_ok());
    assert_refused(
        &with(|offset, bytes, count, at| zip64_end(offset + 1, bytes, count, at)),
        "records that differ",
    );
    assert_refused(
        &with(|offset, bytes, count, at| zip64_end(offset, bytes, count + 1, at)),
        "records that differ",
    );
    assert_refused(
        &with(|offset, bytes, count, at| zip64_end(offset, bytes, count, at - 1)),
        "locator",
    );
    assert_refused(
        &with(|_, _, _, _| b"PK\x06\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0".to_vec()),
        "ZIP64",
    );
    assert_refused(
        &with(|offset, bytes, count, at| zip64_end(offset, bytes, count, at)[..56].to_vec()),
        "between its central directory",
    );
    // More in the record than its fields, disks, and a record between the locator and the end.
    for (at, value, message) in [
        (4, 45, "additional data"),
        (16, 1, "split archive"),
        (60, 1, "split archive"),
        (72, 2, "split archive"),
    ] {
        let mut bytes = with(zip64_end);
        let start = bytes.windows(4).position(|window| window == b"PK\x06\x06").unwrap();
        bytes[start + at] = value;
        assert_refused(&bytes, message);
    }
    assert_refused(
        &with(|offset, bytes, count, at| [zip64_end(offset, bytes, count, at), vec![0; 4]].concat()),
        "between its central directory",
    );
}

#[test]
fn volumes_encryption_links_and_other_packing_are_refused() {
    for (flag, message) in [
        (0, "encrypted"),
        (6, "encrypted"),
        (13, "encrypted"),
        (5, "flags"),
        (4, "flags"),
        (15, "flags"),
    ] {
        assert_refused(&archive(&[a().both(|header| header.flags |= 1 << flag)]), message);
    }
    for id in [0x9901, 0x0017] {
        let field = extra(id, &[0; 7]);
        assert_refused(
            &archive(&[a().both(|header| header.extra.clone_from(&field))]),
            "encrypted",
        );
    }
    for method in [1, 6, 9, 12, 14, 93, 95, 99] {
        assert_refused(
            &archive(&[a().both(|header| header.method = method)]),
            "compression method",
        );
    }
    for kind in [0o010_000, 0o020_000, 0o040_000, 0o060_000, 0o120_000, 0o140_000] {
        let mut member = a();
        member.attributes = (kind | 0o644) << 16;
        assert_refused(&archive(&[member]), "link or a device");
    }
    for (host, attributes) in [(0, 0x400), (11, 0x400), (0, 0x10), (0, 0x08), (3, 0x40)] {
        let mut member = a();
        (member.host, member.attributes) = (host, attributes);
        assert_refused(&archive(&[member]), "link or a device");
    }
    let link = [&[0; 4][..], &0o120_777_u16.to_le_bytes(), &[0; 8], b"/etc/passwd"].concat();
    let old = [&[0; 12][..], b"/etc/passwd"].concat();
    for field in [extra(0x756e, &link), extra(0x000d, &old)] {
        assert_refused(
            &archive(&[a().both(|header| header.extra.clone_from(&field))]),
            "link or a device",
        );
    }
    let mut bytes = archive(&[a()]);
    let disk = bytes.len() - 18;
    bytes[disk] = 1;
    assert_refused(&bytes, "split archive");
    let mut bytes = archive(&[a()]);
    let record = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[record + 34] = 1;
    assert_refused(&bytes, "split archive");
}

#[test]
fn packed_data_ends_where_it_should() {
    let packed = |packed: Vec<u8>| {
        let mut member = a().both(|header| header.packed_bytes = packed.len() as u32);
        member.packed = packed;
        archive(&[member])
    };
    assert_refused(
        &packed([deflate(TEXT), b"!".to_vec()].concat()),
        "other data after the end",
    );
    assert_refused(
        &packed([deflate(TEXT), vec![0; 200_000]].concat()),
        "other data after the end",
    );
    assert_refused(&packed(deflate(TEXT)[..5].to_vec()), "cut off");
    assert_refused(&packed(Vec::new()), "cut off");
    assert_refused(&packed(b"\xff\xff\xff".to_vec()), "not packed properly");
    assert_refused(&archive(&[a().both(|header| header.crc32 ^= 1)]), "CRC");
    assert_refused(
        &archive(&[a().both(|header| header.inflated_bytes -= 1)]),
        "more than the",
    );
    assert_refused(
        &archive(&[a().both(|header| header.inflated_bytes += 1)]),
        "headers say",
    );
    // A gigabyte of zeros that says that it is small: nothing beyond what it says is inflated.
    let bomb = deflate(&vec![0; 32 << 20]);
    assert_refused(&packed(bomb), "more than the 29 bytes");
}

#[test]
fn an_archive_of_too_many_entries_is_refused_before_its_directory_is_read() {
    let members: Vec<RawMember> = (0..10)
        .map(|number| RawMember::stored(&number.to_string(), b""))
        .collect();
    let limits = |entries, packed_bytes| Limits { entries, packed_bytes };
    let bytes = archive(&members);
    let length = bytes.len() as u64;
    let open = |limits: Limits| Archive::open(Cursor::new(bytes.as_slice()), &limits);
    assert!(open(limits(10, length)).is_ok());
    assert!(open(limits(9, length)).is_err());
    assert!(open(limits(10, length - 1)).is_err());
    // All ones in the end record do not hide the count.
    let hidden = with_end(
        &members,
        &RawEnd {
            wrong: (u16::MAX - 10, 0, 0),
            zip64: Some(zip64_end),
            ..RawEnd::default()
        },
    );
    let refused = Archive::open(Cursor::new(hidden.as_slice()), &limits(9, 1 << 20));
    assert!(matches!(refused, Err(OpenError::Refused(findings)) if findings[0].message.contains("has 10 entries")));
}

#[test]
fn a_version_that_there_is_not_is_refused() {
    let bytes = archive(&[a()]);
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    for at in [4, central + 6] {
        let mut changed = bytes.clone();
        changed[at] = 63;
        assert!(contents(&changed).is_ok());
        changed[at] = 64;
        assert_refused(&changed, "a version of the ZIP format");
    }
}
