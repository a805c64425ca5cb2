//! Proves that a scanner answers, finds the EICAR test file, and scans files whole up to a size.
//!
//! clamd replies OK to a file over its MaxFileSize without scanning it. Its configuration may be unreadable, or newer than the
//! process, so a file with the test file at its very end is the proof. MaxRecursion and MaxFiles do not matter: whatever is
//! published is scanned by itself, not inside its archive.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, repeat};

use super::{ScanError, ScanLimits, ScannerAddress, Verdict, scan};

/// The time for a small file; all threads of the scanner may be busy.
const SMALL_FILE_TIMEOUT: Duration = Duration::from_secs(5);
/// Sizes that are tried when the wanted one is too large.
const SMALLER_MIB: [u64; 16] = [1024, 512, 256, 200, 128, 100, 64, 50, 32, 25, 20, 16, 10, 5, 2, 1];
/// The EICAR test file, in halves so that no scanner reports this program.
const EICAR: (&str, &str) = (
    r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR",
    "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
);
const PAD_NAME: &[u8] = b"pad";
const EICAR_NAME: &[u8] = b"eicar.com";
/// Bytes of the archive that are neither of its members.
const FRAME_BYTES: u64 = (30 + 46) * 2 + 22 + 2 * (PAD_NAME.len() + EICAR_NAME.len()) as u64;

/// The test file that every scanner knows.
pub fn eicar() -> Vec<u8> {
    format!("{}{}", EICAR.0, EICAR.1).into_bytes()
}

/// Checks that the scanner calls harmless bytes clean.
pub async fn answers(address: &ScannerAddress) -> Result<(), ScanError> {
    let harmless = b"tradepost tests whether the scanner answers";
    match scan(
        address,
        &harmless[..],
        harmless.len() as u64,
        limits(1 << 20, SMALL_FILE_TIMEOUT),
    )
    .await?
    {
        Verdict::Clean => Ok(()),
        other => Err(ScanError::Unintelligible(format!("{other:?} for harmless bytes"))),
    }
}

/// Checks that the scanner finds the EICAR test file.
///
/// # Errors
/// [`ScanError::FindsNothing`] when it calls the test file clean.
pub async fn finds_test_file(address: &ScannerAddress) -> Result<(), ScanError> {
    let bytes = eicar();
    match scan(
        address,
        bytes.as_slice(),
        bytes.len() as u64,
        limits(1 << 20, SMALL_FILE_TIMEOUT),
    )
    .await?
    {
        Verdict::Infected { .. } => Ok(()),
        Verdict::Clean | Verdict::Unscannable { .. } => Err(ScanError::FindsNothing),
    }
}

/// Finds the largest size, at most `wanted_bytes`, up to which the scanner scans files whole.
///
/// # Errors
/// [`ScanError::FindsNothing`] when it finds nothing in a file of any size.
pub async fn largest_scanned(address: &ScannerAddress, wanted_bytes: u64, timeout: Duration) -> Result<u64, ScanError> {
    let smaller = SMALLER_MIB
        .iter()
        .map(|mib| mib << 20)
        .filter(|size| *size < wanted_bytes);
    for size_bytes in std::iter::once(wanted_bytes).chain(smaller) {
        let found = scan(
            address,
            archive(size_bytes),
            archive_bytes(size_bytes),
            limits(u64::MAX, timeout),
        )
        .await;
        match found {
            Ok(Verdict::Infected { .. }) => return Ok(size_bytes),
            // Too large for it, reported or not; it may also have closed the connection before it could report.
            Ok(Verdict::Clean | Verdict::Unscannable { .. }) | Err(ScanError::Closed(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Err(ScanError::FindsNothing)
}

fn limits(max_bytes: u64, timeout: Duration) -> ScanLimits {
    ScanLimits {
        max_bytes,
        timeout,
        silent_after: None,
    }
}

fn archive_bytes(size_bytes: u64) -> u64 {
    size_bytes.max(FRAME_BYTES + eicar().len() as u64)
}

/// A ZIP of `size_bytes`: zeros, then the test file. The official signatures know it only at the beginning of a file, and what
/// is unpacked is one.
fn archive(size_bytes: u64) -> impl AsyncRead + Unpin {
    let eicar = eicar();
    let pad = archive_bytes(size_bytes) - FRAME_BYTES - eicar.len() as u64;
    let size = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
    let head = local(PAD_NAME, size(pad), 0);
    let second_at = size(head.len() as u64 + pad);
    let mut tail = local(EICAR_NAME, size(eicar.len() as u64), crc32(&eicar));
    tail.extend(&eicar);
    let directory_at = u64::from(second_at) + tail.len() as u64;
    let first = central(PAD_NAME, size(pad), 0, 0);
    let second = central(EICAR_NAME, size(eicar.len() as u64), crc32(&eicar), second_at);
    let directory_bytes = size((first.len() + second.len()) as u64);
    tail.extend(first);
    tail.extend(second);
    tail.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    tail.extend(directory_bytes.to_le_bytes());
    tail.extend(size(directory_at).to_le_bytes());
    tail.extend([0, 0]);
    std::io::Cursor::new(head)
        .chain(repeat(0).take(pad))
        .chain(std::io::Cursor::new(tail))
}

/// The fields that both headers of a stored member share: flags, method, time, checksum, sizes and the length of the name.
fn common(name: &[u8], size: u32, crc: u32) -> Vec<u8> {
    let mut bytes = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    bytes.extend(crc.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend([name.len() as u8, 0, 0, 0]);
    bytes
}

fn local(name: &[u8], size: u32, crc: u32) -> Vec<u8> {
    [b"PK\x03\x04", common(name, size, crc).as_slice(), name].concat()
}

fn central(name: &[u8], size: u32, crc: u32, at: u32) -> Vec<u8> {
    let rest = [&[0; 10][..], &at.to_le_bytes(), name].concat();
    [b"PK\x01\x02\x0a\0", common(name, size, crc).as_slice(), &rest].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_probe_is_an_archive_of_exactly_the_size_with_the_test_file_at_its_end() {
        for size_bytes in [0, 300, 1 << 20] {
            let mut bytes = Vec::new();
            archive(size_bytes).read_to_end(&mut bytes).await.unwrap();
            assert_eq!(bytes.len() as u64, archive_bytes(size_bytes));
            let at = bytes.windows(68).position(|window| window == eicar()).unwrap();
            assert!(bytes.len() - at < 300, "{at} of {}", bytes.len());
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
            let mut found = Vec::new();
            std::io::Read::read_to_end(&mut zip.by_name("eicar.com").unwrap(), &mut found).unwrap();
            assert_eq!(found, eicar());
        }
    }
}
