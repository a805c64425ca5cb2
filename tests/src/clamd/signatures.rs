//! A signature database as freshclam leaves one: a header with number and time, then a tar. The ending `cud` says that nobody signed it.

use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use crate::packs::eicar;

const NUMBER: u32 = 27_800;
const HEADER_BYTES: usize = 512;
const BLOCK: usize = 512;

/// The daily database of today. It finds the EICAR test file.
pub fn daily() -> Vec<u8> {
    let signature = format!("Eicar-Test-Signature:0:*:{}\n", hex::encode(eicar()));
    let made = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is right")
        .as_secs();
    // Date, number, signatures, level, MD5, signature, builder, seconds. clamd reads the time from the last field.
    let header = format!("ClamAV-VDB:01 Jan 2026 00-00 +0000:{NUMBER}:1:90:X:X:test:{made}");
    let digest = hex::encode(Sha256::digest(&signature));
    let info = format!("{header}\ndaily.ndb:{}:{digest}\n", signature.len());
    let mut database = header.into_bytes();
    database.resize(HEADER_BYTES, b' ');
    // A first member of this name says that the tar is not compressed.
    for (name, text) in [("COPYING", "test\n"), ("daily.info", &info), ("daily.ndb", &signature)] {
        database.extend(member(name, text.as_bytes()));
    }
    database.extend([0; 2 * BLOCK]);
    database
}

/// A member of a tar: a header, then the bytes, both in whole blocks.
fn member(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", bytes.len()));
    put(136, "00000000000\0");
    put(148, "        0");
    put(257, "ustar\u{0}00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut member = [&header, bytes].concat();
    member.resize(member.len().next_multiple_of(BLOCK), 0);
    member
}
