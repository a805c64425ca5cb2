//! Writes archives record by record, as wrong as a test wants them.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

pub const DESCRIPTOR: u16 = 1 << 3;
pub const UTF8: u16 = 1 << 11;

/// One member; what it says of itself begins true.
#[derive(Clone)]
pub struct RawMember {
    pub name: Vec<u8>,
    pub local_name: Vec<u8>,
    pub packed: Vec<u8>,
    pub local: RawHeader,
    pub central: RawHeader,
    pub descriptor: Vec<u8>,
    /// The offset in the directory, when it is wrong.
    pub offset: Option<u32>,
    pub host: u8,
    pub attributes: u32,
    pub comment: Vec<u8>,
    /// After everything else of it.
    pub gap: Vec<u8>,
}

/// The four forms of a data descriptor: with or without signature, in 32 or 64 bits.
#[derive(Debug, Clone, Copy)]
pub enum Descriptor {
    Bare32,
    Bare64,
    Signed32,
    Signed64,
}

impl Descriptor {
    pub const ALL: [Self; 4] = [Self::Signed32, Self::Bare32, Self::Signed64, Self::Bare64];
}

/// The fields of both headers.
#[derive(Clone)]
pub struct RawHeader {
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub packed_bytes: u32,
    pub inflated_bytes: u32,
    pub extra: Vec<u8>,
}

impl RawMember {
    pub fn stored(name: &str, bytes: &[u8]) -> Self {
        Self::new(name, bytes, bytes.to_vec(), 0)
    }

    pub fn deflated(name: &str, bytes: &[u8]) -> Self {
        Self::new(name, bytes, deflate(bytes), 8)
    }

    fn new(name: &str, bytes: &[u8], packed: Vec<u8>, method: u16) -> Self {
        let header = RawHeader {
            flags: 0,
            method,
            crc32: crc32fast::hash(bytes),
            packed_bytes: packed.len() as u32,
            inflated_bytes: bytes.len() as u32,
            extra: Vec::new(),
        };
        Self {
            name: name.into(),
            local_name: name.into(),
            packed,
            local: header.clone(),
            central: header,
            descriptor: Vec::new(),
            offset: None,
            host: 3,
            attributes: 0o100_644 << 16,
            comment: Vec::new(),
            gap: Vec::new(),
        }
    }

    /// Both headers at once.
    pub fn both(mut self, change: impl Fn(&mut RawHeader)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    pub fn named(mut self, name: &[u8]) -> Self {
        self.name = name.to_vec();
        self.local_name = name.to_vec();
        self
    }

    /// A streaming archiver writes the sizes after the data, in a data descriptor.
    pub fn streamed(self, form: Descriptor) -> Self {
        let mut member = self.both(|header| header.flags |= DESCRIPTOR);
        let about = &member.central;
        let mut descriptor = if matches!(form, Descriptor::Signed32 | Descriptor::Signed64) {
            b"PK\x07\x08".to_vec()
        } else {
            Vec::new()
        };
        descriptor.extend(about.crc32.to_le_bytes());
        for size in [about.packed_bytes, about.inflated_bytes] {
            if matches!(form, Descriptor::Bare64 | Descriptor::Signed64) {
                descriptor.extend(u64::from(size).to_le_bytes());
            } else {
                descriptor.extend(size.to_le_bytes());
            }
        }
        member.descriptor = descriptor;
        (
            member.local.crc32,
            member.local.packed_bytes,
            member.local.inflated_bytes,
        ) = (0, 0, 0);
        member
    }
}

/// A ZIP64 extra field of these values.
pub fn zip64(values: &[u64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    extra(1, &data)
}

pub fn extra(id: u16, data: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Makes ZIP64 end records from the offset, size and count of the directory and their own offset.
pub type Zip64End = fn(u64, u64, u64, u64) -> Vec<u8>;

/// The end records and what is around them.
#[derive(Default)]
pub struct RawEnd {
    pub before_directory: Vec<u8>,
    pub after_directory: Vec<u8>,
    /// Added to both counts, to the directory's size and to its offset.
    pub wrong: (u16, u32, u32),
    pub zip64: Option<Zip64End>,
    pub comment: Vec<u8>,
    pub after: Vec<u8>,
}

/// Honest ZIP64 end records.
pub fn zip64_end(offset: u64, bytes: u64, count: u64, at: u64) -> Vec<u8> {
    let mut end = b"PK\x06\x06".to_vec();
    end.extend(44_u64.to_le_bytes());
    end.extend([45, 3, 45, 0]);
    end.extend([0; 8]);
    for value in [count, count, bytes, offset] {
        end.extend(value.to_le_bytes());
    }
    end.extend(b"PK\x06\x07\0\0\0\0");
    end.extend(at.to_le_bytes());
    end.extend(1_u32.to_le_bytes());
    end
}

/// The archive of these members.
pub fn archive(members: &[RawMember]) -> Vec<u8> {
    with_end(members, &RawEnd::default())
}

pub fn with_end(members: &[RawMember], end: &RawEnd) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let offset = member.offset.unwrap_or(out.len() as u32);
        out.extend(b"PK\x03\x04\x14\0");
        header(&mut out, &member.local, member.local_name.len());
        out.extend(
            [
                &member.local_name[..],
                &member.local.extra,
                &member.packed,
                &member.descriptor,
                &member.gap,
            ]
            .concat(),
        );
        directory.extend(b"PK\x01\x02\x14");
        directory.extend([member.host, 0x14, 0]);
        header(&mut directory, &member.central, member.name.len());
        directory.extend((member.comment.len() as u16).to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(member.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend([&member.name[..], &member.central.extra, &member.comment].concat());
    }
    out.extend(&end.before_directory);
    let (offset, bytes, count) = (out.len() as u32, directory.len() as u32, members.len() as u16);
    out.extend(directory);
    out.extend(&end.after_directory);
    if let Some(records) = end.zip64 {
        let at = out.len() as u64;
        out.extend(records(offset.into(), bytes.into(), count.into(), at));
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = count.wrapping_add(end.wrong.0).to_le_bytes();
    out.extend([count, count].concat());
    out.extend(bytes.wrapping_add(end.wrong.1).to_le_bytes());
    out.extend(offset.wrapping_add(end.wrong.2).to_le_bytes());
    out.extend((end.comment.len() as u16).to_le_bytes());
    out.extend([&end.comment[..], &end.after].concat());
    out
}

fn header(out: &mut Vec<u8>, header: &RawHeader, name_bytes: usize) {
    out.extend(header.flags.to_le_bytes());
    out.extend(header.method.to_le_bytes());
    out.extend([0, 0, 0x21, 0]);
    for value in [header.crc32, header.packed_bytes, header.inflated_bytes] {
        out.extend(value.to_le_bytes());
    }
    out.extend((name_bytes as u16).to_le_bytes());
    out.extend((header.extra.len() as u16).to_le_bytes());
}
