//! Each way in which two readers could see two things in one archive.

use super::raw::{DESCRIPTOR, Descriptor, RawMember, UTF8, archive, extra, zip64};
use super::*;

const TEXT: &[u8] = b"hello hello hello hello hello";

#[track_caller]
pub fn assert_refused(bytes: &[u8], message: &str) {
    let faults = contents(bytes).expect_err("accepted");
    assert!(
        faults.iter().any(|fault| fault.contains(message)),
        "{message} is not among {faults:#?}"
    );
}

pub fn a() -> RawMember {
    RawMember::deflated("a", TEXT)
}

pub fn b() -> RawMember {
    RawMember::deflated("b", b"another")
}

type Change = fn(&mut RawMember);

#[test]
fn headers_that_differ_in_anything_are_refused() {
    let changes: [(Change, &str); 7] = [
        (|member| member.local_name = b"b".to_vec(), "its name differs"),
        (|member| member.local_name = b"a.b".to_vec(), "its name differs"),
        (|member| member.local.flags ^= UTF8, "its flags differ"),
        (|member| member.local.method ^= 8, "its compression method differs"),
        (|member| member.local.crc32 ^= 1, "its sizes or its CRC differ"),
        (|member| member.local.packed_bytes ^= 1, "its sizes or its CRC differ"),
        (|member| member.local.inflated_bytes ^= 1, "its sizes or its CRC differ"),
    ];
    for (change, message) in changes {
        let mut member = a();
        change(&mut member);
        assert_refused(&archive(&[member, b()]), message);
    }
    let mut half = a();
    half.local.flags |= DESCRIPTOR;
    assert_refused(&archive(&[half]), "its flags differ");
}

#[test]
fn a_local_header_that_leaves_out_the_inflated_size_alone_is_refused() {
    let streamed = || b().streamed(Descriptor::Signed32);
    let (mut packed_only, mut inflated_only) = (streamed(), streamed());
    packed_only.local.packed_bytes = packed_only.central.packed_bytes;
    assert_refused(&archive(&[packed_only]), "its sizes or its CRC differ");
    inflated_only.local.inflated_bytes = inflated_only.central.inflated_bytes;
    assert!(contents(&archive(&[inflated_only])).is_ok());
}

#[test]
fn a_descriptor_must_be_there_and_agree() {
    assert_refused(
        &archive(&[a().both(|header| header.flags |= DESCRIPTOR), b()]),
        "has no data descriptor",
    );
    for at in 0..16 {
        let mut member = a().streamed(Descriptor::Signed32);
        member.descriptor[at] ^= 1;
        assert_refused(&archive(&[member, b()]), "data descriptor that differs");
    }
    for at in 0..20 {
        let mut member = a().streamed(Descriptor::Bare64);
        member.descriptor[at] ^= 1;
        assert_refused(&archive(&[b(), member]), "data descriptor that differs");
    }
    let mut unannounced = a();
    unannounced.descriptor = a().streamed(Descriptor::Signed32).descriptor;
    assert_refused(&archive(&[unannounced]), "bytes that belong to no entry");
    let mut long = a().streamed(Descriptor::Signed32);
    long.descriptor.push(0);
    assert_refused(
        &archive(&[long]),
        "has no data descriptor after its data, or additional bytes",
    );
}

#[test]
fn stored_data_that_looks_like_its_own_end_is_refused() {
    let inner = [&b"first"[..], b"PK\x07\x08", &[0; 12], b"second"].concat();
    assert!(contents(&archive(&[RawMember::stored("a", &inner)])).is_ok());
    assert_refused(
        &archive(&[RawMember::stored("a", &inner).streamed(Descriptor::Signed32)]),
        "signature of a data descriptor",
    );
    // Also where it lies across two pieces that are read.
    for shift in 0..4 {
        let long = [vec![b'x'; (64 << 10) - shift], b"PK\x07\x08 and more".to_vec()].concat();
        assert_refused(
            &archive(&[RawMember::stored("a", &long).streamed(Descriptor::Signed32)]),
            "signature of a data descriptor",
        );
    }
}

#[test]
fn names_that_a_disk_would_merge_are_refused() {
    let pairs: [(&str, &str, &str); 9] = [
        ("sun\u{fe0f}.svg", "sun.svg", "Unicode"),
        ("so\u{ad}ft.svg", "soft.svg", "Unicode"),
        ("a", "a", "more than once"),
        ("icons/a.svg", "icons/A.svg", "case"),
        ("caf\u{e9}", "cafe\u{301}", "Unicode"),
        ("\u{fb01}le", "file", "Unicode"),
        ("stra\u{df}e", "STRASSE", "Unicode"),
        ("a", "a/b", "in a folder of that name"),
        ("A", "a/b/c", "in a folder of that name"),
    ];
    for (one, other, message) in pairs {
        let members = [RawMember::stored(one, b"1"), RawMember::stored(other, b"2")];
        assert_refused(&archive(&members), message);
        assert_refused(&archive(&[members[1].clone(), members[0].clone()]), message);
    }
    let mut folder = RawMember::stored("a/", b"");
    folder.attributes = 0o040_755 << 16;
    assert_refused(
        &archive(&[RawMember::stored("a", b""), folder]),
        "as a file and as a folder",
    );
    let apart = [
        RawMember::stored("a", b"1"),
        RawMember::stored("a.b/c", b"2"),
        RawMember::stored("a0", b"3"),
    ];
    assert!(contents(&archive(&apart)).is_ok());
}

#[test]
fn names_that_lead_elsewhere_or_deceive_are_refused() {
    let long = "a".repeat(256);
    for name in [
        "../a",
        "/a",
        "C:/a",
        "a\\b",
        "a/../b",
        "a\u{0}b",
        "a\u{202e}gvs",
        "",
        "a//b",
        "./a",
        "CON",
        "x/aux.svg",
        "a.",
        "a /b",
        "a:b",
        "a?",
        long.as_str(),
    ] {
        assert_refused(&archive(&[RawMember::stored(name, TEXT)]), "name that is not allowed");
    }
    assert_refused(&archive(&[a().named(b"\xff\xfe")]), "not UTF-8");
}

#[test]
fn another_name_in_an_extra_field_is_refused() {
    let path = |version: u8, crc: u32, name: &str| {
        extra(0x7075, &[&[version][..], &crc.to_le_bytes(), name.as_bytes()].concat())
    };
    let right = crc32fast::hash(b"a");
    for field in [
        path(1, right, "b"),
        path(1, right ^ 1, "a"),
        path(2, right, "a"),
        path(1, right, ""),
    ] {
        let (mut central, mut local) = (a(), a());
        central.central.extra.clone_from(&field);
        local.local.extra = field;
        assert_refused(&archive(&[central]), "Unicode path");
        assert_refused(&archive(&[local]), "Unicode path");
    }
    let twice = [path(1, right, "a"), path(1, right, "a")].concat();
    assert_refused(&archive(&[a().both(|header| header.extra.clone_from(&twice))]), "twice");
}

#[test]
fn malformed_extra_fields_are_refused() {
    for field in [&b"   "[..], b"\x01\x02", b"up\x09\0\x01", b"xx\xff\xff1234"] {
        let (mut central, mut local) = (a(), a());
        central.central.extra = field.to_vec();
        local.local.extra = field.to_vec();
        assert_refused(&archive(&[central]), "cut off");
        assert_refused(&archive(&[local]), "cut off");
    }
}

#[test]
fn records_in_extra_fields_are_refused() {
    for signature in [b"PK\x05\x06", b"PK\x06\x07", b"PK\x03\x04"] {
        let field = extra(0x6375, signature);
        let (mut central, mut local) = (a(), a());
        central.central.extra.clone_from(&field);
        local.local.extra = field;
        assert_refused(&archive(&[central]), "records of another ZIP");
        assert_refused(&archive(&[local]), "records of another ZIP");
    }
}

#[test]
fn zip64_fields_must_fit_their_header_exactly() {
    let length = TEXT.len() as u64;
    let left_out = |values: &[u64]| {
        RawMember::stored("a", TEXT).both(|header| {
            (header.inflated_bytes, header.packed_bytes) = (u32::MAX, u32::MAX);
            header.extra = zip64(values);
        })
    };
    assert!(contents(&archive(&[left_out(&[length, length])])).is_ok());
    assert!(contents(&archive(&[left_out(&[length, length, 0])])).is_ok());
    for (values, message) in [
        (&[][..], "wrong length"),
        (&[length], "wrong length"),
        (&[length, length, 1], "extra field that differs"),
        (&[length + 1, length], "headers say"),
        (&[length - 1, length], "headers say"),
        (&[u64::MAX, length], "headers say"),
    ] {
        assert_refused(&archive(&[left_out(values)]), message);
    }
    // One size in the header and the other in the field: readers differ in which one they take.
    for values in [&[length][..], &[length, length]] {
        let inflated = RawMember::stored("a", TEXT).both(|header| {
            header.inflated_bytes = u32::MAX;
            header.extra = zip64(values);
        });
        let packed = RawMember::stored("a", TEXT).both(|header| {
            header.packed_bytes = u32::MAX;
            header.extra = zip64(values);
        });
        assert_refused(&archive(&[inflated]), "for one of its sizes");
        let message = if values.len() == 1 {
            "for one of its sizes"
        } else {
            "wrong length"
        };
        assert_refused(&archive(&[packed]), message);
        let mut central = RawMember::stored("a", TEXT);
        central.central.inflated_bytes = u32::MAX;
        central.central.extra = zip64(values);
        assert_refused(&archive(&[central]), "for one of its sizes");
    }
    let missing = RawMember::stored("a", TEXT).both(|header| header.packed_bytes = u32::MAX);
    assert_refused(&archive(&[missing]), "which is missing");
    let endless = RawMember::stored("a", TEXT).both(|header| {
        header.packed_bytes = u32::MAX;
        header.extra = zip64(&[u64::MAX]);
    });
    assert_refused(&archive(&[endless]), "runs into");
    // A redundant field: another packed size is refused at once, another inflated one by the contents.
    let redundant = |values: &[u64]| RawMember::stored("a", TEXT).both(|header| header.extra = zip64(values));
    assert!(contents(&archive(&[redundant(&[length, length])])).is_ok());
    assert_refused(
        &archive(&[redundant(&[length, length + 1])]),
        "extra field that differs",
    );
    assert_refused(&archive(&[redundant(&[length + 1, length])]), "two sizes");
}

#[test]
fn folders_have_no_contents() {
    assert_refused(&archive(&[RawMember::stored("a/", TEXT)]), "folder with contents");
    let mut odd = RawMember::stored("a/", b"").both(|header| header.packed_bytes = 1);
    odd.packed = vec![0];
    assert_refused(&archive(&[odd]), "folder with contents");
}
